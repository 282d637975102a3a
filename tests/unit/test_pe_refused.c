// A resource is not added to an image file: no room, a signature, resources that lie.
#include "pe_build_test.h"

#include "tools/image/pe_write.h"

#define NAME "HOTPATCHDATA"

static void expect_refusal(HRESULT expected) {
    unsigned char *copy = image.bytes;
    size_t size = 1;
    const char *reason = NULL;
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "data", 4, &copy, &size, NULL, &reason), expected);
    assert_null(copy);
    assert_int_equal(size, 0);
    assert_non_null(reason);
}

static void no_place_for_a_header_is_told(void **state) {
    (void)state;
    for (size_t at = 0; at < 40; at++) { // bound imports stand there
        open_image(HP_ARCH_X64, PE_RESOURCES | PE_NO_STUB);
        image.bytes[pe_section(&image, 5) + at] = 1;
        expect_refusal(HP_E_IMAGE_ROOM);
    }
    open_image(HP_ARCH_X64, PE_RESOURCES | PE_NO_STUB);
    pe_put_32(&image, image.optional + 60, (uint32_t)pe_section(&image, 6) - 1);
    expect_refusal(HP_E_IMAGE_ROOM);
    open_image(HP_ARCH_X64, 0);
    pe_put_32(&image, image.directories - 4, 2);
    expect_refusal(HP_E_IMAGE_ROOM);
    pe_build_low(&image, HP_ARCH_X64);
    image.size += 64; // mapped as it is: what follows would be in the way
    expect_refusal(HP_E_IMAGE_ROOM);
}

static void as_many_sections_as_there_can_be(void **state) {
    (void)state;
    static unsigned char bytes[0x1400];
    open_image(HP_ARCH_X64, 0);
    memcpy(bytes, image.bytes, image.sections);
    for (unsigned i = 0; i < 96; i++) { // without contents, one page each
        unsigned char *header = bytes + image.sections + 40 * (size_t)i;
        header[8] = 1;
        header[13] = (unsigned char)((i + 2) << 4);
        header[14] = (unsigned char)((i + 2) >> 4);
    }
    bytes[image.coff + 2] = 95;
    memcpy(bytes + image.optional + 60, "\0\x14\0", 4);
    memcpy(bytes + image.optional + 56, "\0\0\x10", 4);
    memset(bytes + image.sections + 40 * 95, 0, 40);
    assert_int_equal(hp_pe_open(bytes, sizeof bytes, &pe, NULL), S_OK);
    unsigned char *copy, *again;
    size_t size;
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "the 96th", 8, &copy, &size, NULL, NULL), S_OK);
    assert_int_equal(hp_pe_open(copy, size, &pe, NULL), S_OK);
    assert_int_equal(pe.section_count, 96);
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "replaced", 8, &again, &size, NULL, NULL), S_OK);
    free(copy);
    free(again);
    bytes[image.coff + 2] = 96;
    memset(bytes + image.sections + 40 * 95 + 8, 1, 1);
    bytes[image.sections + 40 * 95 + 13] = 0x10;
    bytes[image.sections + 40 * 95 + 14] = 6;
    assert_int_equal(hp_pe_open(bytes, sizeof bytes, &pe, NULL), S_OK);
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "x", 1, &copy, &size, NULL, NULL), HP_E_IMAGE_ROOM);
}

// What lies outside now would be found in the new section.
static void directory_behind_all_sections_is_refused(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, 0);
    pe_put_32(&image, image.directories + 8 * HP_PE_RELOCATIONS, 0x6000);
    expect_refusal(HP_E_IMAGE_DAMAGED);
    open_image(HP_ARCH_X64, 0); // an empty section has a place of its own
    pe_put_32(&image, pe_section(&image, 3) + 16, 0);
    unsigned char *copy;
    size_t size;
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "x", 1, &copy, &size, NULL, NULL), S_OK);
    assert_int_equal(hp_pe_open(copy, size, &pe, NULL), S_OK);
    assert_null(hp_pe_directory(&pe, HP_PE_RELOCATIONS).at);
    free(copy);
}

static void signed_image_is_refused(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_OVERLAY | PE_CERTIFICATE);
    expect_refusal(HP_E_IMAGE_SIGNED);
    pe_put_32(&image, image.directories + 8 * HP_PE_CERTIFICATES, 0); // a size alone
    expect_refusal(HP_E_IMAGE_SIGNED);
}

static void name_has_to_be_a_name(void **state) {
    (void)state;
    static const char longest[] = "A123456789B123456789C123456789D123456789E123456789F123456789_123";
    static const char *const bad[] = {
        "",      "data", "A B",
        "A\xC4", "A\n",  "A123456789B123456789C123456789D123456789E123456789F123456789_1234"};
    open_image(HP_ARCH_X64, 0);
    unsigned char *copy;
    size_t size;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hp_pe_write_rcdata(&pe, bad[i], "x", 1, &copy, &size, NULL, NULL), E_INVALIDARG);
    assert_int_equal(hp_pe_write_rcdata(&pe, longest, "x", 1, &copy, &size, NULL, NULL), S_OK);
    free(copy);
}

static void too_large_is_refused_before_memory_is_asked_for(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, 0);
    unsigned char *copy;
    size_t size;
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "x", 0x80000000u, &copy, &size, NULL, NULL),
                     HP_E_FRAME_TOO_LARGE);
    assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "x", 0x7FFFF000u, &copy, &size, NULL, NULL),
                     HP_E_FRAME_TOO_LARGE);
}

static void tree_that_lies_is_refused(void **state) {
    (void)state;
    enum { TYPE = 0, NAME_LEVEL = 40, LANGUAGE = 80, LEAF = 120 }; // offsets of the first of each
    static const struct {
        unsigned at;
        uint32_t value;
    } lies[] = {
        {TYPE + 16 + 4, 0x80000000}, // a cycle: the root in itself
        {NAME_LEVEL + 16 + 4, 0x80000000},
        {NAME_LEVEL + 16 + 4, 0x80000000 | NAME_LEVEL},
        {LANGUAGE + 16 + 4, 0x80000000 | LANGUAGE}, // a fourth level
        {TYPE + 16 + 4, LEAF},                      // one level
        {NAME_LEVEL + 16 + 4, LEAF},                // two
        {TYPE + 16 + 4, 0x800003F1},                // outside
        {TYPE + 16 + 4, 0xFFFFFFFF},
        {LANGUAGE + 16 + 4, 0x3F1},
        {LANGUAGE + 16 + 4, 0x7FFFFFFF},
        {TYPE + 16, 0xFFFFFFFF},
        {TYPE + 16, 0x800003FF},
        {TYPE + 12, 0xFFFFFFFF},
        {NAME_LEVEL + 12, 0xFFFF},
        {LEAF, PE_RSRC + 0x400},
        {LEAF, PE_BSS},
        {LEAF, 0xFFFFFFFF},
        {LEAF + 4, 0x10000},
        {LEAF + 4, 0xFFFFFFFF},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        open_image(HP_ARCH_X64, PE_RESOURCES);
        pe_put_32(&image, image.tree + lies[i].at, lies[i].value);
        expect_refusal(HP_E_IMAGE_DAMAGED);
    }
    open_image(HP_ARCH_X64, PE_RESOURCES);
    pe_put_32(&image, image.directories + 16, 0x7000); // the directory itself
    expect_refusal(HP_E_IMAGE_DAMAGED);
    pe_put_32(&image, image.directories + 20, 0);
    expect_refusal(HP_E_IMAGE_DAMAGED);
}

static void tree_damaged_anywhere_is_no_crash(void **state) {
    (void)state;
    static const uint32_t values[] = {0, 1, 0x80000000, 0x80000028, 0xFFFFFFFF, 0x3FF, PE_RSRC + 0x3FE};
    open_image(HP_ARCH_X86, PE_RESOURCES);
    size_t written = 0, refused = 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t at = image.tree; at < image.tree + image.tree_size; at += 2) {
            unsigned char *copy, before[4];
            size_t size;
            memcpy(before, image.bytes + at, 4);
            pe_put_32(&image, at, values[i]);
            const HRESULT hr = hp_pe_write_rcdata(&pe, NAME, "x", 1, &copy, &size, NULL, NULL);
            assert_true(hr == S_OK || hr == HP_E_IMAGE_DAMAGED);
            written += hr == S_OK;
            refused += hr != S_OK;
            free(copy);
            memcpy(image.bytes + at, before, 4);
        }
    }
    assert_true(written > 100 && refused > 100);
}

// Few bytes that stand for many entries, or for much data: directories and data that are shared.
static void tree_that_grows_is_refused(void **state) {
    (void)state;
    enum { ENTRIES = 180, DIRECTORY = 16 + 8 * ENTRIES, LEAF = 2 * DIRECTORY };
    for (unsigned kind = 0; kind < 3; kind++) {
        open_image(HP_ARCH_X64, PE_RESOURCES);
        image.size = sizeof image.bytes;
        memset(image.bytes + image.tree, 0, image.size - image.tree);
        pe_put_32(&image, pe_section(&image, 4) + 8, 0xE00);
        pe_put_32(&image, pe_section(&image, 4) + 16, 0xE00);
        pe_put_32(&image, image.directories + 20, 0xE00);
        // Kind 0: 180 types, all with the same 180 names, each with the same 3 languages.
        const unsigned counts[] = {kind ? 1 : ENTRIES, kind == 1 ? 40 : ENTRIES, 3};
        const size_t at[] = {0, DIRECTORY, LEAF};
        for (unsigned level = 0; level < 3; level++) {
            pe_put_16(&image, image.tree + at[level] + 14, counts[level]);
            for (unsigned i = 0; i < counts[level]; i++) {
                pe_put_32(&image, image.tree + at[level] + 16 + 8 * i, i + 1);
                pe_put_32(&image, image.tree + at[level] + 20 + 8 * i,
                          level < 2 ? 0x80000000 | (uint32_t)at[level + 1] : LEAF + 40);
            }
        }
        pe_put_32(&image, image.tree + LEAF + 40, PE_TEXT);
        pe_put_32(&image, image.tree + LEAF + 44, kind ? 16 : 0); // 1920 bytes, 8640 bytes
        if (kind != 1) {
            expect_refusal(HP_E_IMAGE_DAMAGED);
            continue;
        }
        unsigned char *copy;
        size_t size;
        assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), S_OK);
        assert_int_equal(hp_pe_write_rcdata(&pe, NAME, "x", 1, &copy, &size, NULL, NULL), S_OK);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_place_for_a_header_is_told),
        cmocka_unit_test(as_many_sections_as_there_can_be),
        cmocka_unit_test(directory_behind_all_sections_is_refused),
        cmocka_unit_test(signed_image_is_refused),
        cmocka_unit_test(name_has_to_be_a_name),
        cmocka_unit_test(too_large_is_refused_before_memory_is_asked_for),
        cmocka_unit_test(tree_that_lies_is_refused),
        cmocka_unit_test(tree_damaged_anywhere_is_no_crash),
        cmocka_unit_test(tree_that_grows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
