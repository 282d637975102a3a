#include "pe_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pe_fill.h"

#define ENOUGH 0x1800
enum { HEADER = 40 };

const pe_resource pe_build_resources[] = {
    {.type = "TEXT", .name_id = 5, .language = 1031, .code_page = 1252, .data = "first"},
    {.type_id = 10, .name = "ALPHA", .language = 1031, .data = "zweites"},
    {.type_id = 10, .name = "ALPHA", .language = 1033, .code_page = 65001, .data = "second"},
    {.type_id = 10, .name = "BETA", .language = 0, .data = "third one"},
    {.type_id = 10, .name_id = 7, .language = 0, .data = "4"},
    {.type_id = 16, .name_id = 1, .language = 1033, .data = "the fifth resource"},
    {0},
};

void pe_put_16(pe_image *image, size_t at, unsigned value) {
    if (at + 2 > ENOUGH)
        abort();
    image->bytes[at] = (unsigned char)value;
    image->bytes[at + 1] = (unsigned char)(value >> 8);
}

void pe_put_32(pe_image *image, size_t at, uint32_t value) {
    pe_put_16(image, at, value & 0xFFFF);
    pe_put_16(image, at + 2, value >> 16);
}

uint32_t pe_get_32(const pe_image *image, size_t at) {
    const unsigned char *b = image->bytes + at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

size_t pe_section(const pe_image *image, unsigned index) {
    return image->sections + index * (size_t)HEADER;
}

uint32_t pe_checksum(const unsigned char *bytes, size_t size, size_t field) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i += 2) {
        uint32_t word = bytes[i] | (i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0);
        if (i == field || i == field + 2)
            word = 0;
        sum += word;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum + (uint32_t)size;
}

// Section headers are counted as they come.
static void add_section(pe_image *image, const char *name, uint32_t rva, uint32_t size, uint32_t raw,
                        uint32_t raw_size, uint32_t traits) {
    const unsigned count = image->bytes[image->coff + 2];
    const size_t at = pe_section(image, count);
    memcpy(image->bytes + at, name, strlen(name));
    pe_put_32(image, at + 8, size);
    pe_put_32(image, at + 12, rva);
    pe_put_32(image, at + 16, raw_size);
    pe_put_32(image, at + 20, raw);
    pe_put_32(image, at + 36, traits);
    image->bytes[image->coff + 2] = (unsigned char)(count + 1);
    const uint32_t alignment = pe_get_32(image, image->optional + 32);
    pe_put_32(image, image->optional + 56,
              (rva + (size ? size : raw_size) + alignment - 1) & ~(alignment - 1));
    if (raw + raw_size > image->size)
        image->size = raw + raw_size;
}

static void add_headers(pe_image *image, hp_arch arch, uint32_t alignment, unsigned parts) {
    const int wide = arch == HP_ARCH_X64;
    const uint32_t signature = parts & PE_NO_STUB ? 0x40 : parts & PE_SHORT_STUB ? 0x78 : 0x80;
    memcpy(image->bytes, "MZ", 2);
    pe_put_32(image, 60, signature);
    for (uint32_t at = 0x40; at < signature; at++)
        image->bytes[at] = (unsigned char)at; // the DOS program
    memcpy(image->bytes + signature, "PE\0\0", 4);
    image->coff = signature + 4;
    image->optional = signature + 24;
    image->directories = image->optional + (wide ? 112 : 96);
    image->sections = image->directories + 128;
    pe_put_16(image, image->coff, wide ? 0x8664 : 0x14C);
    pe_put_32(image, image->coff + 4, 0x5F3759DF); // time stamp
    pe_put_16(image, image->coff + 16, (unsigned)(image->sections - image->optional));
    pe_put_16(image, image->coff + 18, wide ? 0x0022 : 0x0102);
    pe_put_16(image, image->optional, wide ? 0x20B : 0x10B);
    pe_put_32(image, image->optional + 8, 0x800); // initialised data
    pe_put_32(image, image->optional + 16, PE_TEXT + 0x10);
    pe_put_32(image, image->optional + (wide ? 24 : 28), wide ? 0x40000000 : 0x00400000);
    if (wide)
        pe_put_32(image, image->optional + 28, 1);
    pe_put_32(image, image->optional + 32, alignment);
    pe_put_32(image, image->optional + 36, alignment < 512 ? alignment : 512);
    pe_put_32(image, image->optional + 60, PE_HEADERS);
    pe_put_32(image, image->directories - 4, 16);
    image->size = PE_HEADERS;
}

static int same_text(const char *one, const char *other) {
    return one && other ? strcmp(one, other) == 0 : one == other;
}

// Where the next parts of the tree go; a resource's directories come one behind the other.
static size_t put_text(pe_image *image, size_t tree, size_t *at, const char *text) {
    const size_t place = *at - tree;
    pe_put_16(image, *at, (unsigned)strlen(text));
    *at += 2;
    for (; *text; ++text, *at += 2)
        pe_put_16(image, *at, (unsigned char)*text);
    return place;
}

// One entry more in the directory at this offset of the tree; its target is *next, given as much room.
static size_t enter(pe_image *image, size_t tree, size_t directory, const char *name, uint32_t id,
                    size_t *next, size_t room, size_t *text) {
    const size_t count = tree + directory + (name ? 12 : 14);
    const unsigned entries = image->bytes[tree + directory + 12] + image->bytes[tree + directory + 14];
    const size_t at = tree + directory + 16 + 8 * (size_t)entries, target = *next;
    image->bytes[count]++;
    pe_put_32(image, at, name ? 0x80000000 | (uint32_t)put_text(image, tree, text, name) : id);
    pe_put_32(image, at + 4, (uint32_t)target | (room > 16 ? 0x80000000 : 0));
    *next += room;
    return target;
}

// Room for three entries in each directory; 16 bytes are a data entry.
static void add_tree(pe_image *image, size_t tree, uint32_t rva) {
    enum { DIRECTORY = 16 + 3 * 8 };
    size_t next = DIRECTORY, text = tree + 0x200, data = tree + 0x280, type = 0, name = 0;
    const pe_resource *before = NULL;
    for (const pe_resource *r = pe_build_resources; r->data; before = r++) {
        const int new_type = !before || !same_text(before->type, r->type) || before->type_id != r->type_id;
        if (new_type)
            type = enter(image, tree, 0, r->type, r->type_id, &next, DIRECTORY, &text);
        if (new_type || !same_text(before->name, r->name) || before->name_id != r->name_id)
            name = enter(image, tree, type, r->name, r->name_id, &next, DIRECTORY, &text);
        const size_t leaf = tree + enter(image, tree, name, NULL, r->language, &next, 16, &text);
        pe_put_32(image, leaf, rva + (uint32_t)(data - tree));
        pe_put_32(image, leaf + 4, (uint32_t)strlen(r->data));
        pe_put_32(image, leaf + 8, r->code_page);
        memcpy(image->bytes + data, r->data, strlen(r->data));
        data += (strlen(r->data) + 7) / 8 * 8;
    }
    image->tree = tree;
    image->tree_size = data - tree;
    pe_put_32(image, image->directories + 8 * HP_PE_RESOURCES, rva);
    pe_put_32(image, image->directories + 8 * HP_PE_RESOURCES + 4, (uint32_t)image->tree_size);
}

static void add_symbol(pe_image *image, const char *name, uint32_t long_name, uint32_t value, int section,
                       unsigned type, unsigned class, unsigned auxiliaries) {
    const size_t at = image->size;
    image->size += 18 + 18 * (size_t)auxiliaries;
    if (name)
        memcpy(image->bytes + at, name, strlen(name));
    else
        pe_put_32(image, at + 4, long_name);
    pe_put_32(image, at + 8, value);
    pe_put_16(image, at + 12, (unsigned)section);
    pe_put_16(image, at + 14, type);
    image->bytes[at + 16] = (unsigned char)class;
    image->bytes[at + 17] = (unsigned char)auxiliaries;
    memset(image->bytes + at + 18, 'a', 18 * (size_t)auxiliaries);
    pe_put_32(image, image->coff + 12, pe_get_32(image, image->coff + 12) + 1 + auxiliaries);
}

static void add_symbols(pe_image *image) {
    static const char strings[] = "\0\0\0\0.debug_info\0a_rather_long_name";
    image->symbols = image->size;
    pe_put_32(image, image->coff + 8, (uint32_t)image->symbols);
    add_symbol(image, ".file", 0, 0, -2, 0, 103, 1);
    add_symbol(image, "main", 0, 0x10, 1, 0x20, 2, 0);
    add_symbol(image, NULL, 16, 0x20, 1, 0x20, 3, 1);
    add_symbol(image, "eight_ch", 0, 4, 2, 0, 2, 0);
    add_symbol(image, "absolute", 0, 77, -1, 0, 2, 0);
    add_symbol(image, "beyond", 0, 0x10000, 1, 0x20, 2, 0);
    image->strings = image->size;
    memcpy(image->bytes + image->size, strings, sizeof strings);
    pe_put_32(image, image->size, sizeof strings);
    image->size += sizeof strings;
}

void pe_build(pe_image *image, hp_arch arch, unsigned parts) {
    *image = (pe_image){.size = 0};
    add_headers(image, arch, 0x1000, parts);
    add_section(image, ".text", PE_TEXT, PE_TEXT_SIZE, 0x400, 0x200, 0x60000020);
    add_section(image, ".bss", PE_BSS, 0x1800, 0, 0, 0xC0000080);
    add_section(image, ".pdata", PE_PDATA, 24, 0x600, 0x200, 0x40000040);
    add_section(image, ".reloc", PE_RELOC, 0, 0x800, 0x200, 0x42000040); // the other size counts
    memset(image->bytes + 0x400, 0x90, PE_TEXT_SIZE);
    memset(image->bytes + 0x600, 'p', 24);
    memset(image->bytes + 0x800, 'r', 12);
    if (arch == HP_ARCH_X64) {
        pe_put_32(image, image->directories + 8 * HP_PE_EXCEPTIONS, PE_PDATA);
        pe_put_32(image, image->directories + 8 * HP_PE_EXCEPTIONS + 4, 24);
    }
    pe_put_32(image, image->directories + 8 * HP_PE_RELOCATIONS, PE_RELOC);
    pe_put_32(image, image->directories + 8 * HP_PE_RELOCATIONS + 4, 12);
    if (parts & PE_RESOURCES) {
        add_tree(image, 0xA00, PE_RSRC);
        add_section(image, ".rsrc", PE_RSRC, (uint32_t)image->tree_size, 0xA00, 0x400, 0x40000040);
    }
    if (parts & PE_SYMBOLS) {
        add_section(image, "/4", 0x7000, 0x100, (uint32_t)image->size, 0x200, 0x42000040);
        memset(image->bytes + image->size - 0x200, 'd', 0x100);
        add_symbols(image);
    }
    if (parts & PE_OVERLAY) {
        memcpy(image->bytes + image->size, "appended data", 13);
        if (parts & PE_CERTIFICATE) {
            pe_put_32(image, image->directories + 8 * HP_PE_CERTIFICATES, (uint32_t)image->size);
            pe_put_32(image, image->directories + 8 * HP_PE_CERTIFICATES + 4, 13);
        }
        image->size += 13;
    }
    if (parts & PE_FULL)
        pe_fill(image->bytes);
    const size_t field = image->optional + 64;
    if (parts & PE_CHECKSUM)
        pe_put_32(image, field, pe_checksum(image->bytes, image->size, field));
}

void pe_build_low(pe_image *image, hp_arch arch) {
    *image = (pe_image){.size = 0};
    add_headers(image, arch, 32, 0);
    pe_put_32(image, image->optional + 16, PE_HEADERS);
    add_section(image, ".text", PE_HEADERS, 0x100, PE_HEADERS, 0x100, 0x60000020);
    add_section(image, ".data", 0x500, 0x60, 0x500, 0x60, 0xC0000040);
}

size_t pe_walk(const hp_pe *pe) {
    size_t sum = 0, at = 0;
    hp_pe_section section;
    hp_pe_symbol symbol;
    for (uint16_t i = 0; i < pe->section_count; i++) {
        hp_pe_section_get(pe, i, &section);
        const hp_span bytes =
            hp_pe_bytes(pe, section.rva, section.raw_size < section.size ? section.raw_size : section.size);
        for (size_t k = 0; k < bytes.size; k++)
            sum += bytes.at[k];
        sum += strlen(section.name);
    }
    for (unsigned i = 0; i < 17; i++) {
        const hp_span bytes = hp_pe_directory(pe, i);
        for (size_t k = 0; k < bytes.size; k++)
            sum += bytes.at[k];
    }
    while (hp_pe_symbol_next(pe, &at, &symbol)) {
        for (size_t k = 0; k < symbol.length; k++)
            sum += (unsigned char)symbol.name[k];
    }
    const hp_span data = hp_pe_rcdata(pe, "ALPHA");
    for (size_t k = 0; k < data.size; k++)
        sum += data.at[k];
    return sum + (size_t)hp_pe_fingerprint(pe) + (size_t)hp_pe_section_find(pe, ".debug_info", &section);
}
