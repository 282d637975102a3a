// Image files: what is in them, and what happens if they lie.
#include "pe_build_test.h"

#include "proxygen/fingerprint.h"

static HRESULT reopen(void) {
    const char *reason = NULL;
    const HRESULT hr = hp_pe_open(image.bytes, image.size, &pe, &reason);
    assert_int_equal(hr == S_OK, reason == NULL);
    return hr;
}

static void both_architectures_open(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, 0);
    assert_int_equal(pe.arch, HP_ARCH_X64);
    assert_true(pe.image_base == 0x140000000);
    assert_int_equal(pe.section_count, 4);
    assert_int_equal(pe.entry_point, PE_TEXT + 0x10);
    assert_int_equal(pe.timestamp, 0x5F3759DF);
    assert_int_equal(pe.image_size, 0x6000);
    assert_int_equal(pe.headers_size, PE_HEADERS);
    assert_int_equal(pe.is_dll, 0);
    assert_int_equal(pe.directories, 16);
    pe_put_16(&image, image.coff + 18, 0x2022);
    assert_int_equal(reopen(), S_OK);
    assert_int_equal(pe.is_dll, 1);
    open_image(HP_ARCH_X86, PE_CHECKSUM);
    assert_int_equal(pe.arch, HP_ARCH_X86);
    assert_true(pe.image_base == 0x400000);
    assert_int_equal(pe.checksum, pe_checksum(image.bytes, image.size, image.optional + 64));
    pe_build_low(&image, HP_ARCH_X64);
    assert_int_equal(reopen(), S_OK);
}

static void other_machine_is_named_as_such(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, 0);
    pe_put_16(&image, image.coff, 0xAA64);
    const char *reason;
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, &reason), HP_E_SERVER_ARCHITECTURE);
    assert_non_null(strstr(reason, "x64"));
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, NULL), HP_E_SERVER_ARCHITECTURE);
    assert_null(pe.bytes);
}

// Memory of exactly that size: the sanitizer sees one byte too many.
static void truncated_anywhere_is_no_crash(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, PE_RESOURCES | PE_SYMBOLS | PE_OVERLAY);
        const size_t needed = image.symbols; // the symbols are not the loader's
        for (size_t size = 0; size <= image.size; size++) {
            unsigned char *bytes = malloc(size + !size);
            assert_non_null(bytes);
            memcpy(bytes, image.bytes, size);
            const HRESULT hr = hp_pe_open(bytes, size, &pe, NULL);
            assert_int_equal(hr, size < needed ? HP_E_IMAGE_DAMAGED : S_OK);
            if (hr == S_OK)
                pe_walk(&pe);
            free(bytes);
        }
    }
}

static void damaged_anywhere_is_no_crash(void **state) {
    (void)state;
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    size_t opened = 0;
    for (unsigned i = 0; i < 2; i++) {
        open_image(i ? HP_ARCH_X64 : HP_ARCH_X86, PE_RESOURCES | PE_SYMBOLS);
        unsigned char *bytes = malloc(image.size);
        assert_non_null(bytes);
        memcpy(bytes, image.bytes, image.size);
        for (size_t at = 0; at < image.size; at++) {
            for (size_t v = 0; v < sizeof values; v++) {
                bytes[at] = values[v];
                if (hp_pe_open(bytes, image.size, &pe, NULL) == S_OK) {
                    pe_walk(&pe);
                    opened++;
                }
            }
            bytes[at] = image.bytes[at];
        }
        free(bytes);
    }
    assert_true(opened > image.size);
}

// Where it is, and what stands there instead.
enum { OPTIONAL_HEADER, COFF_HEADER, FILE_START, SECTION_1, SECTION_2 };
static const struct {
    int from;
    unsigned at;
    uint32_t value;
} lies[] = {
    {FILE_START, 0, 0x4D5A},
    {FILE_START, 60, 0},
    {FILE_START, 60, 0x3C},
    {FILE_START, 60, 0xFFFFFFFF},
    {FILE_START, 60, 0x13F0},
    {FILE_START, 60, 0x90},
    {COFF_HEADER, 2, 0x3759DF00u << 8},
    {COFF_HEADER, 2, 97},
    {COFF_HEADER, 2, 0xFFFF},
    {COFF_HEADER, 2, 19},
    {COFF_HEADER, 16, 0x002200F0 - 1},
    {COFF_HEADER, 16, 0x00220000},
    {COFF_HEADER, 16, 0x0022FFFF},
    {COFF_HEADER, 18, 0x020B0020},
    {OPTIONAL_HEADER, 0, 0x10B},
    {OPTIONAL_HEADER, 16, 0x8000},
    {OPTIONAL_HEADER, 32, 0},
    {OPTIONAL_HEADER, 32, 0x1800},
    {OPTIONAL_HEADER, 32, 256},
    {OPTIONAL_HEADER, 32, 0x2000},
    {OPTIONAL_HEADER, 36, 0},
    {OPTIONAL_HEADER, 36, 0x300},
    {OPTIONAL_HEADER, 36, 256},
    {OPTIONAL_HEADER, 36, 0x2000},
    {OPTIONAL_HEADER, 36, 0x20000},
    {OPTIONAL_HEADER, 56, 0},
    {OPTIONAL_HEADER, 56, 0x3000},
    {OPTIONAL_HEADER, 56, 0x80000001},
    {OPTIONAL_HEADER, 60, 0},
    {OPTIONAL_HEADER, 60, 0x1F0},
    {OPTIONAL_HEADER, 60, 0x401},
    {OPTIONAL_HEADER, 60, 0xFFFFFFFF},
    {SECTION_1, 12, 0},
    {SECTION_1, 12, 0x1001},
    {SECTION_1, 12, 0x3000},
    {SECTION_1, 12, 0xFFFFF000},
    {SECTION_1, 8, 0x1001},
    {SECTION_1, 8, 0xFFFFFFFF},
    {SECTION_1, 16, 0x201},
    {SECTION_1, 16, 0xFFFFFFFF},
    {SECTION_1, 20, 0x200},
    {SECTION_1, 20, 0x410},
    {SECTION_1, 20, 0x600},
    {SECTION_1, 20, 0xFFFFFE00},
    {SECTION_2, 8, 0x2001},
    {SECTION_2, 12, 0x1000},
    {SECTION_2, 12, 0x5000},
};

static void headers_that_lie_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        open_image(HP_ARCH_X64, PE_RESOURCES);
        const size_t from[] = {image.optional, image.coff, 0, pe_section(&image, 0), pe_section(&image, 1)};
        pe_put_32(&image, from[lies[i].from] + lies[i].at, lies[i].value);
        if (reopen() != HP_E_IMAGE_DAMAGED)
            fail_msg("lie number %u is believed", (unsigned)i);
    }
}

static void sections_may_be_unordered_in_the_file_only(void **state) {
    (void)state;
    open_image(HP_ARCH_X86, 0);
    pe_put_32(&image, pe_section(&image, 0) + 20, 0x600);
    pe_put_32(&image, pe_section(&image, 2) + 20, 0x400);
    assert_int_equal(reopen(), S_OK);
    pe_put_32(&image, pe_section(&image, 0) + 12, PE_PDATA);
    pe_put_32(&image, pe_section(&image, 2) + 12, PE_TEXT);
    assert_int_equal(reopen(), HP_E_IMAGE_DAMAGED);
}

static void directories_are_never_more_than_fit(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_RESOURCES);
    pe_put_32(&image, image.directories - 4, 0xFFFFFFFF); // the loader takes 16
    assert_int_equal(reopen(), S_OK);
    assert_int_equal(pe.directories, 16);
    pe_put_32(&image, image.directories - 4, 2);
    assert_int_equal(reopen(), S_OK);
    assert_null(hp_pe_directory(&pe, HP_PE_RESOURCES).at);
    assert_null(hp_pe_rcdata(&pe, "ALPHA").at);
    pe_put_32(&image, image.directories - 4, 16);
    pe_put_16(&image, image.coff + 16, 112 + 15 * 8);
    assert_int_equal(reopen(), HP_E_IMAGE_DAMAGED);
}

static void sections_are_found_by_name_and_place(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_SYMBOLS);
    hp_pe_section section;
    assert_true(hp_pe_section_find(&pe, ".debug_info", &section));
    assert_int_equal(section.rva, 0x7000);
    assert_int_equal(section.raw_size, 0x200);
    assert_true(hp_pe_section_at(&pe, PE_BSS + 0x17FF, &section));
    assert_string_equal(section.name, ".bss");
    assert_int_equal(section.raw, 0);
    assert_false(hp_pe_section_at(&pe, PE_BSS + 0x1800, &section));
    assert_true(hp_pe_section_at(&pe, PE_RELOC + 0x1FF, &section)); // VirtualSize is 0
    assert_false(hp_pe_section_at(&pe, 0, &section));
    assert_false(hp_pe_section_find(&pe, ".debug", &section));
    assert_string_equal(section.name, "");
}

static void name_outside_of_the_string_table_stays(void **state) {
    (void)state;
    static const char *const names[] = {"/999", "/3", "/0", "/4x", "/", "//", "//AAAA!A", "//999999"};
    hp_pe_section section;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        open_image(HP_ARCH_X64, PE_SYMBOLS);
        memset(image.bytes + pe_section(&image, 4), 0, 8);
        memcpy(image.bytes + pe_section(&image, 4), names[i], strlen(names[i]));
        assert_int_equal(reopen(), S_OK);
        hp_pe_section_get(&pe, 4, &section);
        assert_string_equal(section.name, names[i]);
    }
    memcpy(image.bytes + pe_section(&image, 4), "//AAAAAE", 8); // 4, in base 64
    hp_pe_section_get(&pe, 4, &section);
    assert_string_equal(section.name, ".debug_info");
    memcpy(image.bytes + pe_section(&image, 4), "eightlng", 8);
    hp_pe_section_get(&pe, 4, &section);
    assert_string_equal(section.name, "eightlng");
}

static void bytes_are_only_what_the_file_holds(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, 0);
    assert_ptr_equal(hp_pe_bytes(&pe, PE_TEXT + 1, PE_TEXT_SIZE - 1).at, image.bytes + 0x401);
    assert_int_equal(hp_pe_bytes(&pe, PE_TEXT, PE_TEXT_SIZE).size, PE_TEXT_SIZE);
    assert_ptr_equal(hp_pe_bytes(&pe, 0, PE_HEADERS).at, image.bytes);
    static const uint32_t none[][2] = {{PE_TEXT, PE_TEXT_SIZE + 1}, {PE_TEXT, 0},     {PE_BSS, 1},
                                       {PE_HEADERS - 1, 2},         {PE_TEXT - 1, 2}, {PE_RELOC, 0x201},
                                       {PE_RELOC + 0x200, 1},       {0xFFFFFFFF, 1},  {PE_TEXT, 0xFFFFFFFF},
                                       {0xFFFFFFFF, 0xFFFFFFFF}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const hp_span span = hp_pe_bytes(&pe, none[i][0], none[i][1]);
        assert_null(span.at);
        assert_int_equal(span.size, 0);
    }
    pe_put_32(&image, pe_section(&image, 0) + 8, 0xF00); // more in memory than in the file
    assert_int_equal(reopen(), S_OK);
    assert_int_equal(hp_pe_bytes(&pe, PE_TEXT, 0x200).size, 0x200);
    assert_null(hp_pe_bytes(&pe, PE_TEXT, 0x201).at);
}

static void directory_that_lies_outside_is_absent(void **state) {
    (void)state;
    open_image(HP_ARCH_X64, PE_OVERLAY | PE_CERTIFICATE);
    assert_int_equal(hp_pe_directory(&pe, HP_PE_EXCEPTIONS).size, 24);
    assert_memory_equal(hp_pe_directory(&pe, HP_PE_CERTIFICATES).at, "appended data", 13);
    assert_null(hp_pe_directory(&pe, HP_PE_DEBUG).at);
    assert_null(hp_pe_directory(&pe, 99).at);
    static const uint32_t places[][2] = {
        {PE_PDATA, 25}, {0, 24}, {PE_PDATA, 0}, {PE_BSS, 24}, {0xFFFFFFF0, 0x20}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        pe_put_32(&image, image.directories + 8 * HP_PE_EXCEPTIONS, places[i][0]);
        pe_put_32(&image, image.directories + 8 * HP_PE_EXCEPTIONS + 4, places[i][1]);
        assert_null(hp_pe_directory(&pe, HP_PE_EXCEPTIONS).at);
    }
    pe_put_32(&image, image.directories + 8 * HP_PE_CERTIFICATES + 4, 14);
    assert_null(hp_pe_directory(&pe, HP_PE_CERTIFICATES).at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_architectures_open),
        cmocka_unit_test(other_machine_is_named_as_such),
        cmocka_unit_test(truncated_anywhere_is_no_crash),
        cmocka_unit_test(damaged_anywhere_is_no_crash),
        cmocka_unit_test(headers_that_lie_are_refused),
        cmocka_unit_test(sections_may_be_unordered_in_the_file_only),
        cmocka_unit_test(directories_are_never_more_than_fit),
        cmocka_unit_test(sections_are_found_by_name_and_place),
        cmocka_unit_test(name_outside_of_the_string_table_stays),
        cmocka_unit_test(bytes_are_only_what_the_file_holds),
        cmocka_unit_test(directory_that_lies_outside_is_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
