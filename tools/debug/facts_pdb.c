#include "tools/debug/facts_pdb.h"

#include <stdlib.h>

/* Streams with fixed numbers; that of ids is the same wherever it is. */
enum { STREAM_INFO = 1, STREAM_TYPES = 2, STREAM_MODULES = 3, STREAM_IDS = 4 };

enum { NO_STREAM = 0xffff, NAMES_MAGIC = (int)0xeffeeffe, DEBUG_CODEVIEW = 2 };

/* Number of a stream that has a name: names, then a hash table of pairs, offset of the name and number. */
static uint32_t named_stream(hp_span info, const char *name) {
    hp_cursor cursor = hp_cursor_open(info, 28); // behind version, signature, age, GUID
    const uint32_t size = hp_cursor_u32(&cursor);
    const hp_span texts = {.at = hp_cursor_take(&cursor, size), .size = size};
    const uint32_t count = hp_cursor_u32(&cursor);
    hp_cursor_u32(&cursor);                  // capacity
    for (unsigned set = 0; set < 2; set++) { // which slots are used, which were
        const uint32_t words = hp_cursor_u32(&cursor);
        hp_cursor_take(&cursor, 4 * (uint64_t)words);
    }
    for (uint32_t i = 0; i < count && !cursor.failed; i++) {
        hp_cursor at = hp_cursor_open(texts, hp_cursor_u32(&cursor));
        const uint32_t number = hp_cursor_u32(&cursor);
        const unsigned char *text = hp_cursor_take(&at, strlen(name) + 1);
        if (text && !cursor.failed && memcmp(text, name, strlen(name) + 1) == 0)
            return number;
    }
    return HP_PDB_NONE;
}

static HRESULT read_names(hp_pdb *pdb) {
    hp_span info, stream;
    HRESULT hr = hp_facts_pdb_msf_stream(pdb, STREAM_INFO, &info);
    if (hr == S_OK)
        hr = hp_facts_pdb_msf_stream(pdb, named_stream(info, "/names"), &stream);
    if (hr != S_OK)
        return hr;
    hp_cursor cursor = hp_cursor_open(stream, 0);
    if (hp_cursor_u32(&cursor) != (uint32_t)NAMES_MAGIC)
        return S_OK; // files are unknown then, and nothing else
    hp_cursor_u32(&cursor);
    const uint32_t size = hp_cursor_u32(&cursor);
    pdb->names = (hp_span){.at = hp_cursor_take(&cursor, size), .size = size};
    if (!pdb->names.at)
        pdb->names.size = 0;
    while (pdb->names.size && pdb->names.at[pdb->names.size - 1] != 0)
        pdb->names.size--; // so that every text in it has an end
    return S_OK;
}

static HRESULT read_types(hp_pdb *pdb) {
    hp_span types, ids;
    HRESULT hr = hp_facts_pdb_msf_stream(pdb, STREAM_TYPES, &types);
    if (hr == S_OK)
        hr = hp_facts_pdb_type_open(pdb, types, &pdb->types);
    if (hr == S_OK)
        hr = hp_facts_pdb_msf_stream(pdb, STREAM_IDS, &ids);
    return hr == S_OK ? hp_facts_pdb_type_open(pdb, ids, &pdb->ids) : hr;
}

static HRESULT read_module(hp_pdb *pdb, hp_cursor *cursor, uint32_t index) {
    hp_pdb_module module = {.index = index};
    const unsigned char *begin = cursor->at;
    hp_cursor_take(cursor, 4 + 28 + 2); // unused, its first section contribution, flags
    const uint16_t number = hp_cursor_u16(cursor);
    module.symbols = hp_cursor_u32(cursor);
    module.c11 = hp_cursor_u32(cursor);
    module.c13 = hp_cursor_u32(cursor);
    hp_cursor_take(cursor, 2 + 2 + 4 + 4 + 4); // files, padding, unused, names
    hp_cursor_text(cursor);                    // of the module
    hp_cursor_text(cursor);                    // of the object or archive
    if (cursor->failed)
        return hp_facts_pdb_damaged(pdb, "the list of modules in the PDB is damaged");
    const size_t over = (size_t)(cursor->at - begin) % 4;
    if (over)
        hp_cursor_take(cursor, 4 - over);
    if (number == NO_STREAM)
        return S_OK;
    hp_span stream;
    const HRESULT hr = hp_facts_pdb_msf_stream(pdb, number, &stream);
    return hr == S_OK ? hp_facts_pdb_module_read(pdb, &module, stream) : hr;
}

static HRESULT read_modules(hp_pdb *pdb) {
    hp_span stream;
    HRESULT hr = hp_facts_pdb_msf_stream(pdb, STREAM_MODULES, &stream);
    hp_cursor cursor = hp_cursor_open(stream, 24);
    const uint32_t size = hp_cursor_u32(&cursor);
    cursor = hp_cursor_open(stream, 64); // behind the header
    if (hr == S_OK && (cursor.failed || size > hp_cursor_left(&cursor)))
        hr = hp_facts_pdb_damaged(pdb, "the PDB has no list of modules");
    if (hr == S_OK)
        cursor.end = cursor.at + size;
    for (uint32_t i = 0; hr == S_OK && hp_cursor_left(&cursor); i++)
        hr = read_module(pdb, &cursor, i);
    return hr;
}

HRESULT hp_facts_pdb(const void *bytes, size_t size, const hp_pe *pe, hp_facts *facts, const char **reason) {
    hp_pdb pdb = {.pe = pe};
    hp_facts_list list = {0};
    *facts = (hp_facts){0};
    HRESULT hr = hp_facts_pdb_msf_open(&pdb, (hp_span){.at = bytes, .size = size});
    if (hr == S_OK)
        hr = read_names(&pdb);
    if (hr == S_OK)
        hr = read_types(&pdb);
    if (hr == S_OK)
        hr = read_modules(&pdb);
    if (hr == S_OK)
        hr = hp_facts_pdb_resolve(&pdb, &list);
    if (hr == S_OK)
        hr = hp_facts_list_finish(&list, facts);
    hp_facts_list_free(&list);
    free(pdb.types.offsets);
    free(pdb.ids.offsets);
    free(pdb.procedures);
    free(pdb.inlinees);
    hp_facts_pdb_msf_free(&pdb.msf);
    if (reason)
        *reason = pdb.reason;
    return hr;
}

hp_span hp_facts_pdb_name(const hp_pe *pe, unsigned char signature[16], uint32_t *age) {
    hp_cursor directory = hp_cursor_open(hp_pe_directory(pe, HP_PE_DEBUG), 0);
    while (hp_cursor_left(&directory) >= 28) {
        hp_cursor_take(&directory, 12); // characteristics, time, version
        const uint32_t type = hp_cursor_u32(&directory);
        const uint32_t size = hp_cursor_u32(&directory);
        hp_cursor_u32(&directory); // rva: may be 0, the place in the file may not
        const uint32_t place = hp_cursor_u32(&directory);
        hp_cursor record = hp_cursor_open((hp_span){.at = pe->bytes, .size = pe->size}, place);
        if (type != DEBUG_CODEVIEW || size < 24 || size > hp_cursor_left(&record))
            continue;
        record.end = record.at + size;
        if (memcmp(hp_cursor_take(&record, 4), "RSDS", 4) != 0)
            continue;
        memcpy(signature, hp_cursor_take(&record, 16), 16);
        *age = hp_cursor_u32(&record);
        const unsigned char *name = record.at, *nul = memchr(name, 0, hp_cursor_left(&record));
        return (hp_span){.at = name, .size = nul ? (size_t)(nul - name) : hp_cursor_left(&record)};
    }
    return (hp_span){0};
}
