#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts_build_pdb.h"
#include "pe_build.h"

// Records and symbols begin with their length, which does not count itself, and end on four bytes.
static size_t begin(facts_bytes *bytes, unsigned kind) {
    const size_t at = bytes->size;
    facts_number(bytes, 0, 2);
    facts_number(bytes, kind, 2);
    return at;
}

static void end(facts_bytes *bytes, size_t at) {
    while (bytes->size % 4)
        facts_number(bytes, 0, 1);
    const size_t length = bytes->size - at - 2;
    if (length > UINT16_MAX)
        abort();
    memcpy(bytes->at + at, &length, 2);
}

static uint32_t next(const facts_pdb *pdb, uint32_t *count) {
    return (pdb->first ? pdb->first : 0x1000) + (*count)++;
}

uint32_t facts_type(facts_pdb *pdb, unsigned kind, const uint32_t *words, size_t count) {
    const size_t at = begin(&pdb->types, kind);
    facts_put(&pdb->types, words, 4 * count);
    end(&pdb->types, at);
    return next(pdb, &pdb->type_count);
}

uint32_t facts_type_of(facts_pdb *pdb, unsigned kind, uint32_t type, uint32_t word) {
    const uint32_t words[] = {type, word};
    return facts_type(pdb, kind, words, 2);
}

uint32_t facts_type_function(facts_pdb *pdb, uint32_t parameter) {
    const uint32_t list[] = {1, parameter};
    const uint32_t words[] = {T_INT, 0x10000, facts_type(pdb, LF_ARGLIST, list, 2)};
    return facts_type(pdb, LF_PROCEDURE, words, 3);
}

uint32_t facts_id(facts_pdb *pdb, uint32_t scope, uint32_t type, const char *name) {
    const size_t at = begin(&pdb->ids, LF_FUNC_ID);
    facts_number(&pdb->ids, scope, 4);
    facts_number(&pdb->ids, type, 4);
    facts_text(&pdb->ids, name);
    end(&pdb->ids, at);
    return next(pdb, &pdb->id_count);
}

uint32_t facts_id_scope(facts_pdb *pdb, const char *name) {
    const size_t at = begin(&pdb->ids, LF_STRING_ID);
    facts_number(&pdb->ids, 0, 4);
    facts_text(&pdb->ids, name);
    end(&pdb->ids, at);
    return next(pdb, &pdb->id_count);
}

size_t facts_symbol(facts_pdb *pdb, unsigned module, unsigned kind) {
    return begin(&pdb->symbols[module], kind);
}

void facts_symbol_end(facts_pdb *pdb, unsigned module, size_t at) {
    end(&pdb->symbols[module], at);
}

void facts_compiler(facts_pdb *pdb, unsigned module, unsigned language, const char *version) {
    facts_bytes *symbols = &pdb->symbols[module];
    const size_t at = begin(symbols, 0x113c);
    facts_number(symbols, language, 4);
    facts_put(symbols, "\xd0\0\x13\0\x1d\0\x1\0\0\0\x13\0\x1d\0\x1\0\0", 18);
    facts_text(symbols, version);
    end(symbols, at);
}

void facts_procedure(facts_pdb *pdb, unsigned module, unsigned kind, uint32_t type, unsigned section,
                     uint32_t offset, const char *name) {
    static const char zeros[24];
    facts_bytes *symbols = &pdb->symbols[module];
    const size_t at = begin(symbols, kind);
    facts_put(symbols, zeros, sizeof zeros);
    facts_number(symbols, type, 4);
    facts_number(symbols, offset, 4);
    facts_number(symbols, section, 2);
    facts_number(symbols, 0, 1);
    facts_text(symbols, name);
    end(symbols, at);
}

void facts_site(facts_pdb *pdb, unsigned module, uint32_t id) {
    facts_bytes *symbols = &pdb->symbols[module];
    const size_t at = begin(symbols, 0x114d);
    facts_number(symbols, 0, 8);
    facts_number(symbols, id, 4);
    end(symbols, at);
}

void facts_lines(facts_pdb *pdb, unsigned module, uint32_t id, uint32_t name, uint32_t line) {
    facts_bytes *lines = &pdb->lines[module];
    facts_number(lines, 0xf4, 4); // checksums: one, of no bytes
    facts_number(lines, 8, 4);
    facts_number(lines, name, 4);
    facts_number(lines, 0, 4);
    facts_number(lines, 0xf6, 4);
    facts_number(lines, 16, 4);
    facts_number(lines, 0, 4);
    facts_number(lines, id, 4);
    facts_number(lines, 0, 4);
    facts_number(lines, line, 4);
}

static void add_info(facts_bytes *stream) {
    static const uint32_t head[] = {20000404, 1, 1, 1, 2, 3, 4};
    static const uint32_t table[] = {1, 2, 1, 1, 0, 0, FACTS_NAMES}; // count, room, used, deleted, the pair
    facts_put(stream, head, sizeof head);
    facts_number(stream, 7, 4);
    facts_text(stream, "/names");
    facts_put(stream, table, sizeof table);
}

static void add_types(const facts_pdb *pdb, facts_bytes *stream, const facts_bytes *records, uint32_t count) {
    const uint32_t first = pdb->first ? pdb->first : 0x1000;
    const uint32_t head[14] = {20040203, 56, first, first + count, (uint32_t)records->size};
    facts_put(stream, head, sizeof head);
    facts_put(stream, records->at, records->size);
}

static void add_modules(const facts_pdb *pdb, facts_bytes *stream) {
    facts_bytes list = {0};
    static const char zeros[34];
    for (unsigned i = 0; i < FACTS_MODULES; i++) {
        facts_put(&list, zeros, sizeof zeros);
        facts_number(&list, FACTS_MODULE + i, 2);
        facts_number(&list, pdb->symbols[i].size + 4, 4);
        facts_number(&list, 0, 4);
        facts_number(&list, pdb->lines[i].size, 4);
        facts_put(&list, zeros, 16);
        facts_put(&list, "a.obj\0a.obj\0", 12);
    }
    const uint32_t head[16] = {UINT32_MAX, 19990903, 1, 0, 0, 0, (uint32_t)list.size};
    facts_put(stream, head, sizeof head);
    facts_put(stream, list.at, list.size);
    facts_drop(&list);
}

static void add_module(const facts_pdb *pdb, unsigned module, facts_bytes *stream) {
    facts_number(stream, 4, 4);
    facts_put(stream, pdb->symbols[module].at, pdb->symbols[module].size);
    facts_put(stream, pdb->lines[module].at, pdb->lines[module].size);
}

static void add_names(const facts_pdb *pdb, facts_bytes *stream) {
    const uint32_t head[] = {0xeffeeffe, 1, (uint32_t)pdb->names.size};
    facts_put(stream, head, sizeof head);
    facts_put(stream, pdb->names.at, pdb->names.size);
}

// Up to the end of a block; at least to the beginning of one.
static void pad(facts_bytes *file) {
    while (file->size % FACTS_BLOCK)
        facts_number(file, 0, 1);
}

static void add_directory(facts_pdb *pdb) {
    facts_bytes *file = &pdb->file, directory = {0};
    facts_number(&directory, FACTS_STREAMS, 4);
    for (unsigned i = 0; i < FACTS_STREAMS; i++)
        facts_number(&directory, pdb->sizes[i], 4);
    for (unsigned i = 0; i < FACTS_STREAMS; i++)
        for (size_t at = 0; at < pdb->sizes[i]; at += FACTS_BLOCK)
            facts_number(&directory, (pdb->streams[i] + at) / FACTS_BLOCK, 4);
    pdb->directory = file->size;
    pdb->blocks = file->size + 4 + 4 * FACTS_STREAMS;
    facts_put(file, directory.at, directory.size);
    pad(file);
    pdb->map = file->size;
    for (size_t at = pdb->directory; at < pdb->map; at += FACTS_BLOCK)
        facts_number(file, at / FACTS_BLOCK, 4);
    pad(file);
    facts_set(file, 40, (uint32_t)(file->size / FACTS_BLOCK));
    facts_set(file, 44, (uint32_t)directory.size);
    facts_set(file, 52, (uint32_t)(pdb->map / FACTS_BLOCK));
    facts_drop(&directory);
}

void facts_pdb_make(facts_pdb *pdb) {
    facts_bytes streams[FACTS_STREAMS] = {{0}};
    add_info(&streams[FACTS_INFO]);
    add_types(pdb, &streams[FACTS_TPI], &pdb->types, pdb->type_count);
    add_types(pdb, &streams[FACTS_IPI], &pdb->ids, pdb->id_count);
    add_modules(pdb, &streams[FACTS_DBI]);
    add_names(pdb, &streams[FACTS_NAMES]);
    for (unsigned i = 0; i < FACTS_MODULES; i++)
        add_module(pdb, i, &streams[FACTS_MODULE + i]);

    static const char magic[] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                                "DS\0\0";
    const uint32_t head[] = {FACTS_BLOCK, 1, 0, 0, 0, 0};
    facts_drop(&pdb->file);
    facts_put(&pdb->file, magic, 32);
    facts_put(&pdb->file, head, sizeof head);
    pad(&pdb->file);
    for (unsigned i = 0; i < FACTS_STREAMS; i++) {
        pdb->streams[i] = pdb->file.size;
        pdb->sizes[i] = streams[i].size;
        facts_put(&pdb->file, streams[i].at, streams[i].size);
        pad(&pdb->file);
        facts_drop(&streams[i]);
    }
    add_directory(pdb);
}

HRESULT facts_pdb_read(const facts_pdb *pdb, size_t limit, hp_facts *facts) {
    static pe_image image;
    hp_pe pe;
    const char *reason = NULL;
    pe_build(&image, HP_ARCH_X64, 0);
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, &reason), S_OK);
    const size_t size = limit < pdb->file.size ? limit : pdb->file.size;
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, pdb->file.at, size);
    const HRESULT hr = hp_facts_pdb(copy, size, &pe, facts, &reason);
    free(copy);
    facts_expect_sane(hr, facts, reason);
    return hr;
}

void facts_pdb_drop(facts_pdb *pdb) {
    facts_drop(&pdb->types);
    facts_drop(&pdb->ids);
    facts_drop(&pdb->names);
    for (unsigned i = 0; i < FACTS_MODULES; i++) {
        facts_drop(&pdb->symbols[i]);
        facts_drop(&pdb->lines[i]);
    }
    facts_drop(&pdb->file);
    *pdb = (facts_pdb){0};
}
