// fixture_table IN OUT old|new|names|lie|stale|wild : a copy of an image with a function table made by hand,
// for `hotpatch list` and `hotpatch diff`. "lie" has a function outside of the code, "stale" is of another
// build, "names" is new with two names for "same", "wild" has a source file whose name controls terminals.
#include "proxygen/fingerprint.h"
#include "tools/image/pe_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxygen/table.h"

#define GOOD .size = 40, .line = 7, .form = HP_FORM_NOPS, .room = 16, .compiler = HP_COMPILER_GNU

static unsigned char *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(64 << 20);
    *size = file && bytes ? fread(bytes, 1, 64 << 20, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

static uint32_t fill(hp_table_function *functions, const char *kind, uint32_t code) {
    const int names = !strcmp(kind, "names"), new = names || !strcmp(kind, "new"), lie = !strcmp(kind, "lie");
    const hp_table_function all[] = {
        {GOOD, .name = "same", .signature = "i32(i32 a)", .file = "a.c", .rva = code, .offered = 1},
        {GOOD, .name = "acme::add(i32)", .signature = new ? "i64(i32 a)" : "i32(i32 a)", .file = "a.c",
         .rva = code + 16},
        {GOOD, .name = "point",
         .signature = new ? "i32(struct p{i32 y;i32 x} v)" : "i32(struct p{i32 x;i32 y} v)", .file = "b.c",
         .rva = code + 32, .partly_inlined = 1},
        {.name = "gone",
         .signature = "void()",
         .file = "b.c",
         .compiler = HP_COMPILER_GNU,
         .patchable = HP_E_INLINED},
        {.name = "twin",
         .signature = "void()",
         .rva = code,
         .compiler = HP_COMPILER_GNU,
         .patchable = HP_E_ADDRESS_SHARED},
        {GOOD, .name = "secret", .signature = "parameter 1, p: no length", .rva = lie ? 16 : code + 48,
         .callable = HP_E_SIGNATURE_UNKNOWN},
        {GOOD, .name = "same(i32)", .signature = "i32(i32 a)", .rva = code + 80, .offered = 1},
        {GOOD, .name = new ? "fresh" : "stale", .signature = "void()", .rva = code + 64},
    };
    const uint32_t count = sizeof all / sizeof *all;
    memcpy(functions, all, sizeof all);
    functions[0].offered = (uint8_t) new;
    if (!strcmp(kind, "wild"))
        functions[0].file = "a\x1B[2J\xC2\x9B"
                            "2J\xE2\x80\xAE\x9B.c";
    if (!names)
        functions[count - 2] = functions[count - 1];
    return names ? count : count - 1;
}

/** Writes the copy; what main returns. */
static int copy_with_table(const unsigned char *image, size_t size, const char *out, const char *kind) {
    hp_pe pe;
    hp_pe_section text;
    hp_table_function functions[16];
    unsigned char *table, *copy;
    size_t table_size, copy_size, place;
    if (FAILED(hp_pe_open(image, size, &pe, NULL)) || !hp_pe_section_find(&pe, ".text", &text))
        return 3;
    const uint32_t count = fill(functions, kind, text.rva);
    const hp_table_about about = {
        .timestamp = pe.timestamp, .image_size = pe.image_size + 65536, .arch = pe.arch, .writer = "fixture"};
    if (FAILED(hp_table_make(&about, functions, count, &table, &table_size, NULL)) ||
        FAILED(
            hp_pe_write_rcdata(&pe, HP_TABLE_RESOURCE, table, table_size, &copy, &copy_size, &place, NULL)))
        return 4;
    if (FAILED(hp_pe_open(copy, copy_size, &pe, NULL)))
        return 5;
    hp_table_seal(copy + place, table_size, pe.image_size, hp_pe_fingerprint(&pe) + !strcmp(kind, "stale"));
    hp_pe_write_checksum(copy, copy_size);
    FILE *file = fopen(out, "wb");
    return file && fwrite(copy, 1, copy_size, file) == copy_size && !fclose(file) ? 0 : 6;
}

int main(int argc, char **argv) {
    size_t size;
    if (argc != 4)
        return 2;
    unsigned char *image = read_all(argv[1], &size);
    const int code = copy_with_table(image, size, argv[2], argv[3]);
    free(image);
    return code;
}
