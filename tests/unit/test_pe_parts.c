// Symbols, resources and the fingerprint of an image file, and what happens if they lie.
#include "pe_build_test.h"

#include "proxygen/fingerprint.h"

static size_t count_symbols(void) {
    hp_pe_symbol symbol;
    size_t at = 0, count = 0;
    while (hp_pe_symbol_next(&pe, &at, &symbol))
        count++;
    assert_int_equal(hp_pe_symbol_next(&pe, &at, &symbol), 0);
    return count;
}

static void expect_symbol(size_t *at, const char *name, uint32_t rva, int is_function, int is_external) {
    hp_pe_symbol symbol;
    assert_int_equal(hp_pe_symbol_next(&pe, at, &symbol), 1);
    assert_int_equal(symbol.length, strlen(name));
    assert_memory_equal(symbol.name, name, symbol.length);
    assert_int_equal(symbol.rva, rva);
    assert_int_equal(symbol.is_function, is_function);
    assert_int_equal(symbol.is_external, is_external);
}

// Not the file's name, not the absolute one, not the one behind the end of its section.
static void symbols_are_those_in_sections(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_SYMBOLS | PE_OVERLAY);
    size_t at = 0;
    expect_symbol(&at, "main", PE_TEXT + 0x10, 1, 1);
    expect_symbol(&at, "a_rather_long_name", PE_TEXT + 0x20, 1, 0);
    expect_symbol(&at, "eight_ch", PE_BSS + 4, 0, 1);
    hp_pe_symbol symbol;
    assert_int_equal(hp_pe_symbol_next(&pe, &at, &symbol), 0);
    open_image(HP_ARCH_X64, 0);
    assert_int_equal(count_symbols(), 0);
}

static void symbol_table_outside_is_none(void **state) {
    (void)state;
    static const uint32_t lies[][2] = {
        {0xFFFFFFFF, 8}, {0, 8}, {PE_HEADERS, 0xFFFFFFFF}, {0x100, 1}, {1, 0x0E38E38F}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        open_image(HP_ARCH_X64, PE_SYMBOLS);
        pe_put_32(&image, image.coff + 8, lies[i][0]);
        pe_put_32(&image, image.coff + 12, lies[i][1]);
        open_again();
        assert_int_equal(pe.symbol_count, 0);
        assert_null(pe.strings.at);
        assert_int_equal(count_symbols(), 0);
    }
}

static void string_table_that_lies_ends_the_walk(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 3, 4, 20, 0xFFFFFFFF, 0x1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        open_image(HP_ARCH_X64, PE_SYMBOLS);
        pe_put_32(&image, image.strings, sizes[i]);
        open_again();
        assert_int_equal(count_symbols(), 1); // "main" stands in its record
    }
    open_image(HP_ARCH_X64, PE_SYMBOLS);
    memset(image.bytes + image.strings + 16, 'x', image.size - image.strings - 16); // never terminated
    assert_int_equal(count_symbols(), 1);
    open_image(HP_ARCH_X64, PE_SYMBOLS);
    pe_put_32(&image, image.symbols + 3 * 18 + 4, 0xFFFFFFFF);
    assert_int_equal(count_symbols(), 1);
}

static void auxiliaries_do_not_lead_outside(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_SYMBOLS);
    image.bytes[image.symbols + 2 * 18 + 17] = 6;
    assert_int_equal(count_symbols(), 0);
    image.bytes[image.symbols + 2 * 18 + 17] = 5;
    assert_int_equal(count_symbols(), 1);
}

// lld leaves the strings, for the names of sections.
static void string_table_without_symbols_is_used(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_SYMBOLS);
    pe_put_32(&image, image.coff + 8, (uint32_t)image.strings);
    pe_put_32(&image, image.coff + 12, 0);
    open_again();
    hp_pe_section section;
    assert_true(hp_pe_section_find(&pe, ".debug_info", &section));
    assert_int_equal(pe.symbols, 0);
}

static void resource_is_found_by_name(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, PE_RESOURCES);
        const hp_span data = hp_pe_rcdata(&pe, "ALPHA");
        assert_int_equal(data.size, 7);
        assert_memory_equal(data.at, "zweites", 7);
        assert_int_equal(hp_pe_rcdata(&pe, "BETA").size, 9);
        static const char *const none[] = {"ALPH", "ALPHAA", "alpha", "", "TEXT", "7"};
        for (size_t k = 0; k < sizeof none / sizeof *none; k++)
            assert_null(hp_pe_rcdata(&pe, none[k]).at);
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, 0);
        assert_null(hp_pe_rcdata(&pe, "ALPHA").at);
    }
}

// Every field of the tree in turn: never a crash, never bytes from outside of the file.
static void resource_tree_that_lies_is_no_crash(void **state) {
    (void)state;
    static const uint32_t lies[] = {0,          1,          0x80000000, 0x80000028,
                                    0xFFFFFFFF, 0x7FFFFFFF, 0x00010000, 0x0000FFFF,
                                    0xFFFF0000, 0x3FF,      0x800003FF, PE_RSRC + 0x3FF};
    size_t lost = 0;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        open_image(HP_ARCH_X64, PE_RESOURCES);
        for (size_t at = image.tree; at < image.tree + image.tree_size; at += 4) {
            const uint32_t before = pe_get_32(&image, at);
            pe_put_32(&image, at, lies[i]);
            const hp_span data = hp_pe_rcdata(&pe, "ALPHA");
            lost += data.at == NULL;
            if (data.at)
                assert_true(data.at >= image.bytes && data.size <= image.size &&
                            data.at + data.size <= image.bytes + image.size);
            pe_put_32(&image, at, before);
        }
    }
    assert_true(lost > 50);
}

static void directory_of_resources_may_end_early(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES); // some linkers count the directories only
    pe_put_32(&image, image.directories + 8 * HP_PE_RESOURCES + 4, 16);
    assert_int_equal(hp_pe_rcdata(&pe, "ALPHA").size, 7);
    pe_put_32(&image, image.directories + 8 * HP_PE_RESOURCES + 4, 0x1000);
    assert_null(hp_pe_rcdata(&pe, "ALPHA").at);
}

// As fingerprint.h and pe.h describe it, from what the loader makes of the file.
static uint64_t fingerprint_of_loaded(void) {
    static unsigned char memory[0x10000];
    memset(memory, 0, sizeof memory);
    memcpy(memory, image.bytes, PE_HEADERS);
    hp_fingerprint_section code[96];
    size_t count = 0;
    for (unsigned i = 0; i < image.bytes[image.coff + 2]; i++) {
        const size_t at = pe_section(&image, i);
        const uint32_t raw_size = pe_get_32(&image, at + 16), rva = pe_get_32(&image, at + 12);
        const uint32_t size = pe_get_32(&image, at + 8) ? pe_get_32(&image, at + 8) : raw_size;
        memcpy(memory + rva, image.bytes + pe_get_32(&image, at + 20), raw_size < size ? raw_size : size);
        if (pe_get_32(&image, at + 36) & 0x20000000)
            code[count++] = (hp_fingerprint_section){rva, size};
    }
    const size_t pdata = image.directories + 24, reloc = image.directories + 40;
    const hp_fingerprint_parts parts = {
        .machine = (uint16_t)pe_get_32(&image, image.coff),
        .timestamp = pe_get_32(&image, image.coff + 4),
        .entry_point = pe_get_32(&image, image.optional + 16),
        .sections = code,
        .section_count = count,
        .exceptions = pe_get_32(&image, pdata) ? memory + pe_get_32(&image, pdata) : NULL,
        .exceptions_size = pe_get_32(&image, pdata + 4),
        .relocations = memory + pe_get_32(&image, reloc),
        .relocations_size = pe_get_32(&image, reloc + 4),
    };
    return hp_fingerprint_compute(&parts);
}

static void fingerprint_is_that_of_the_loaded_image(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, PE_RESOURCES | PE_SYMBOLS | PE_CHECKSUM);
        assert_true(hp_pe_fingerprint(&pe) == fingerprint_of_loaded());
    }
}

static void fingerprint_knows_the_build_and_nothing_else(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES | PE_SYMBOLS);
    const uint64_t before = hp_pe_fingerprint(&pe);
    open_image(HP_ARCH_X64, PE_CHECKSUM | PE_OVERLAY | PE_CERTIFICATE); // stripped, signed
    assert_true(hp_pe_fingerprint(&pe) == before);
    pe_put_32(&image, image.optional + 24, 0x50000000); // loaded elsewhere
    pe_put_32(&image, image.optional + 56, 0x9000);
    image.bytes[0x400] ^= 1; // relocated, redirected
    open_again();
    assert_true(hp_pe_fingerprint(&pe) == before);
    const size_t builds[] = {image.coff + 4, image.optional + 16,    pe_section(&image, 0) + 8, 0x600,
                             0x80B,          image.directories + 28, image.directories + 44};
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        image.bytes[builds[i]] ^= 1;
        open_again();
        assert_true(hp_pe_fingerprint(&pe) != before);
        image.bytes[builds[i]] ^= 1;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_those_in_sections),
        cmocka_unit_test(symbol_table_outside_is_none),
        cmocka_unit_test(string_table_that_lies_ends_the_walk),
        cmocka_unit_test(auxiliaries_do_not_lead_outside),
        cmocka_unit_test(string_table_without_symbols_is_used),
        cmocka_unit_test(resource_is_found_by_name),
        cmocka_unit_test(resource_tree_that_lies_is_no_crash),
        cmocka_unit_test(directory_of_resources_may_end_early),
        cmocka_unit_test(fingerprint_is_that_of_the_loaded_image),
        cmocka_unit_test(fingerprint_knows_the_build_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
