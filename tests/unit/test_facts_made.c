// Facts of DWARF that is made by hand: what no sample program is sure to have.
#include "facts_build_test.h"
#include "pe_build.h"

static void parameters_are_described(void **state) {
    (void)state;
    const uint32_t number = facts_entry(&dwarf, A_INT, NULL), constant = facts_refer(&dwarf, A_CONST, number);
    const uint32_t pointer = facts_refer(&dwarf, A_POINTER, facts_refer(&dwarf, A_TYPEDEF, constant));
    facts_entry(&dwarf, A_FUNCTION, "f");
    facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
    facts_number(&dwarf.info, 0x701, 2); // file 1, line 7
    facts_refer(&dwarf, A_PARAMETER, number);
    facts_refer(&dwarf, A_PARAMETER, pointer);
    facts_refer(&dwarf, A_PARAMETER, constant);
    facts_entry(&dwarf, A_DOTS, NULL);
    facts_end(&dwarf);
    read_it();
    const hp_fact *f = facts_named(&facts, "f");
    assert_int_equal(f->rva, 0x1000);
    assert_int_equal(f->parameters, 3);
    assert_int_equal(f->const_behind, 2);
    assert_true(f->is_variadic);
    assert_true(f->is_external);
    assert_string_equal(f->file, "/src/a.c");
    assert_int_equal(f->line, 7);
    assert_int_equal(f->compiler, HP_COMPILER_GNU);
    assert_false(f->is_cxx);
}

// Texts as compilers write them.
static void optimiser_is_known_from_the_options(void **state) {
    (void)state;
    static const struct {
        const char *name, *producer;
        unsigned is_free, compiler;
    } units[] = {
        {"none", "GNU C11 12-win32 -mtune=generic -march=x86-64 -g -gdwarf-4", 1, HP_COMPILER_GNU},
        {"zero", "GNU C++17 12-win32 -mtune=generic -O0 -gdwarf-4", 1, HP_COMPILER_GNU},
        {"zero_last", "GNU C11 12-win32 -gdwarf-4 -O2 -O0", 1, HP_COMPILER_GNU},
        {"two_last", "GNU C11 12-win32 -gdwarf-4 -O0 -O2", 0, HP_COMPILER_GNU},
        {"one", "GNU C11 12-win32 -O1", 0, HP_COMPILER_GNU},
        {"bare", "GNU C11 12-win32 -O", 0, HP_COMPILER_GNU},
        {"kept", "GNU C11 12-win32 -gdwarf-4 -O2 -fkeep-static-functions", 1, HP_COMPILER_GNU},
        {"not_kept", "GNU C11 12-win32 -O2 -fkeep-static-functions -fno-keep-static-functions", 0,
         HP_COMPILER_GNU},
        {"clang", "Debian clang version 14.0.6", 0, HP_COMPILER_CLANG},
        {"clang_zero", "clang version 14.0.6 /usr/bin/clang -O0 -gdwarf-4", 1, HP_COMPILER_CLANG},
        {"clang_kept", "clang version 14.0.6 clang -O2 -fkeep-static-functions", 0, HP_COMPILER_CLANG},
        {"other", "Acme C 1.0 -O0", 0, 0},
    };
    enum { COUNT = sizeof units / sizeof *units };
    for (unsigned i = 0; i < COUNT; i++) {
        facts_unit_end(&dwarf);
        facts_unit(&dwarf, units[i].producer, 0x0c);
        facts_function(&dwarf, units[i].name, 0x1000 + i, i);
    }
    read_it();
    for (unsigned i = 0; i < COUNT; i++) {
        const hp_fact *fact = facts_named(&facts, units[i].name);
        if (fact->is_free != units[i].is_free || fact->compiler != units[i].compiler)
            fail_msg("%s: is_free %u, compiler %u", units[i].producer, fact->is_free, fact->compiler);
    }
}

static void pair_of_addresses(uint64_t from, uint64_t to) {
    facts_number(&dwarf.ranges, from, 8);
    facts_number(&dwarf.ranges, to, 8);
}

static void split_function(const char *name) {
    facts_entry(&dwarf, A_SPLIT, name);
    facts_number(&dwarf.info, dwarf.ranges.size, 4);
}

// gcc puts the part that is seldom run elsewhere, before or behind the other.
static void split_function_is_found_at_its_entry_not_at_its_cold_part(void **state) {
    (void)state;
    split_function("cold_behind");
    pair_of_addresses(FACTS_BASE + 0x1530, FACTS_BASE + 0x157c);
    pair_of_addresses(FACTS_BASE + 0x7cac, FACTS_BASE + 0x7cdb);
    pair_of_addresses(0, 0);
    split_function("cold_before");
    pair_of_addresses(FACTS_BASE + 0x1600, FACTS_BASE + 0x1680);
    pair_of_addresses(FACTS_BASE + 0x1010, FACTS_BASE + 0x1020);
    pair_of_addresses(0, 0);
    split_function("relative");
    pair_of_addresses(UINT64_MAX, FACTS_BASE + 0x2000); // selects another base
    pair_of_addresses(0x100, 0x100);                    // an empty range is none
    pair_of_addresses(0x110, 0x120);
    pair_of_addresses(0x10, 0x20);
    pair_of_addresses(0, 0);
    read_it();
    assert_int_equal(facts.with_code, 3);
    assert_int_equal(facts_named(&facts, "cold_behind")->rva, 0x1530);
    assert_int_equal(facts_named(&facts, "cold_before")->rva, 0x1600);
    assert_int_equal(facts_named(&facts, "relative")->rva, 0x2110);
}

static void discarded_function_is_none(void **state) {
    (void)state;
    facts_function(&dwarf, "kept", 0x1000, 1);
    facts_entry(&dwarf, A_FUNCTION, "gone");
    facts_number(&dwarf.info, 0, 8); // the linker leaves 0
    facts_number(&dwarf.info, 0x201, 2);
    facts_end(&dwarf);
    split_function("gone_too");
    pair_of_addresses(0, 0);
    read_it();
    assert_int_equal(facts.count, 1);
    facts_named(&facts, "kept");
}

static uint32_t abstract_function(const char *name, unsigned line) {
    const uint32_t at = facts_entry(&dwarf, A_ABSTRACT, name);
    facts_number(&dwarf.info, 1, 1);
    facts_number(&dwarf.info, line, 1);
    facts_end(&dwarf);
    return at;
}

static void caller(const char *name, uint32_t rva, uint32_t copied, unsigned copies) {
    facts_entry(&dwarf, A_FUNCTION, name);
    facts_number(&dwarf.info, FACTS_BASE + rva, 8);
    facts_number(&dwarf.info, 0x901, 2);
    for (unsigned i = 0; i < copies; i++)
        facts_refer(&dwarf, A_COPY, copied);
    facts_end(&dwarf);
}

// An inline function of a header: code in one unit, copies in both; another one has no code at all.
static void one_function_of_several_units_is_one(void **state) {
    (void)state;
    uint32_t shared = abstract_function("shared", 3);
    facts_instance(&dwarf, shared, 0x1000);
    caller("first", 0x1100, shared, 1);
    caller("second", 0x1200, abstract_function("away", 4), 2);
    facts_unit_end(&dwarf);
    facts_unit(&dwarf, "GNU C11 12-win32 -O2", 0x0c);
    shared = abstract_function("shared", 3);
    caller("third", 0x1300, shared, 2);
    caller("fourth", 0x1400, abstract_function("away", 4), 3);
    read_it();
    assert_int_equal(facts_named(&facts, "shared")->rva, 0x1000);
    assert_int_equal(facts_named(&facts, "shared")->inlined, 3);
    assert_int_equal(facts_named(&facts, "away")->rva, 0);
    assert_int_equal(facts_named(&facts, "away")->inlined, 5);
    assert_int_equal(facts.count, 6);
}

// The same name on another line is another function.
static void namesakes_stay_apart(void **state) {
    (void)state;
    caller("a", 0x1000, abstract_function("twin", 3), 1);
    caller("b", 0x1100, abstract_function("twin", 4), 2);
    read_it();
    assert_int_equal(facts.count - facts.with_code, 2);
    assert_int_equal(facts.items[2].inlined, 1);
    assert_int_equal(facts.items[3].inlined, 2);
}

static void folded_functions_are_one_with_what_is_true_of_all(void **state) {
    (void)state;
    const uint32_t number = facts_entry(&dwarf, A_INT, NULL);
    const uint32_t pointer = facts_refer(&dwarf, A_POINTER, facts_refer(&dwarf, A_CONST, number));
    const char *const names[] = {"one", "two"};
    for (unsigned i = 0; i < 2; i++) {
        facts_entry(&dwarf, A_FUNCTION, names[i]);
        facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
        facts_number(&dwarf.info, 0x101, 2);
        facts_refer(&dwarf, A_PARAMETER, pointer);
        facts_refer(&dwarf, A_PARAMETER, i ? number : pointer);
        if (i)
            facts_entry(&dwarf, A_DOTS, NULL);
        facts_end(&dwarf);
    }
    read_it();
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts.items[0].const_behind, 1);
    assert_true(facts.items[0].is_variadic);
}

// As long as a name may be, and a byte longer: that one is left out, not cut off.
static void name_that_is_too_long_is_left_out(void **state) {
    (void)state;
    char name[HP_FACTS_TEXT_MAX + 2];
    memset(name, 'n', sizeof name);
    name[HP_FACTS_TEXT_MAX + 1] = 0;
    facts_function(&dwarf, name, 0x1000, 1);
    facts_function(&dwarf, name + 1, 0x2000, 2);
    read_it();
    assert_int_equal(facts.count, 2);
    assert_null(facts.items[0].name);
    assert_string_equal(facts.items[1].name, name + 1);
}

static void unit_of_version_5_is_passed_over_but_not_alone(void **state) {
    (void)state;
    facts_function(&dwarf, "f", 0x1000, 1);
    facts_unit_end(&dwarf);
    facts_unit_header(&dwarf, 5);
    read_it();
    facts_named(&facts, "f");
    hp_facts_free(&facts);
    dwarf.info.size = 0;
    facts_unit_header(&dwarf, 5);
    facts_unit_end(&dwarf);
    const hp_dwarf_sections sections = {.info = {.at = dwarf.info.at, .size = dwarf.info.size}};
    const char *reason = NULL;
    assert_int_equal(hp_facts_dwarf_read(&sections, &facts, &reason), HP_E_DEBUG_INFO);
    assert_non_null(strstr(reason, "version 5"));
}

// Facts of an image whose one section of debug information is called this and begins like that.
static HRESULT facts_of_image(const char *name, const char *begin, const char **reason) {
    static pe_image image;
    pe_build(&image, HP_ARCH_X64, PE_SYMBOLS);
    memcpy(image.bytes + image.strings + 4, name, strlen(name) + 1);
    memcpy(image.bytes + pe_get_32(&image, pe_section(&image, 4) + 20), begin, 4);
    hp_pe pe;
    hp_pe_section section;
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, reason), S_OK);
    assert_true(hp_pe_section_find(&pe, name, &section));
    return hp_facts_dwarf(&pe, &facts, reason);
}

static void compressed_sections_are_refused_with_the_reason(void **state) {
    (void)state;
    const char *reason = NULL;
    assert_int_equal(facts_of_image(".zdebug_info", "ZLIB", &reason), HP_E_DEBUG_INFO);
    assert_non_null(strstr(reason, "compressed"));
    assert_int_equal(facts_of_image(".debug_info", "ZLIB", &reason), HP_E_DEBUG_INFO);
    assert_non_null(strstr(reason, "compressed"));
    assert_int_equal(facts_of_image(".debug_info", "\1\0\0\0", &reason), HP_E_DEBUG_INFO); // as in ELF
    assert_non_null(reason);
    assert_int_equal(facts_of_image(".debug_none", "ZLIB", &reason), S_OK); // no DWARF at all
    assert_null(reason);
    assert_int_equal(facts.count, 0);
}

// What a K&R definition does not say is said neither of C++ nor where there is nothing to promote.
static void function_without_a_prototype_is_told(void **state) {
    (void)state;
    static const uint16_t prototyped[] = {
        HP_DW_AT_NAME, FORM_STRING, HP_DW_AT_LOW_PC, FORM_ADDR, HP_DW_AT_PROTOTYPED, FORM_PRESENT, 0, 0};
    static const struct {
        const char *name;
        unsigned language, abbrev, parameters, expected;
    } functions[] = {{"old", 0x0c, A_FUNCTION, 1, 1},
                     {"prototyped", 0x0c, A_ODD, 1, 0},
                     {"nothing", 0x0c, A_FUNCTION, 0, 0},
                     {"cxx", 0x04, A_FUNCTION, 1, 0}};
    facts_abbrev(&dwarf, A_ODD, HP_DW_SUBPROGRAM, 1, prototyped);
    for (unsigned i = 0; i < 4; i++) {
        facts_unit_end(&dwarf);
        facts_unit(&dwarf, "GNU 12", functions[i].language);
        const uint32_t number = facts_entry(&dwarf, A_INT, NULL);
        facts_entry(&dwarf, functions[i].abbrev, functions[i].name);
        facts_number(&dwarf.info, FACTS_BASE + 0x1000 + i, 8);
        if (functions[i].abbrev == A_FUNCTION)
            facts_number(&dwarf.info, 0x101, 2);
        if (functions[i].parameters)
            facts_refer(&dwarf, A_PARAMETER, number);
        facts_end(&dwarf);
    }
    read_it();
    for (unsigned i = 0; i < 4; i++)
        if (facts_named(&facts, functions[i].name)->is_unprototyped != functions[i].expected)
            fail_msg("%s", functions[i].name);
}

static size_t link_of_image(const void *link, size_t size, uint32_t *checksum) {
    static pe_image image;
    pe_build(&image, HP_ARCH_X64, PE_SYMBOLS);
    memcpy(image.bytes + image.strings + 4, ".gnu_debuglink", 15);
    memcpy(image.bytes + pe_get_32(&image, pe_section(&image, 4) + 20), link, size);
    hp_pe pe;
    const char *reason;
    assert_int_equal(hp_pe_open(image.bytes, image.size, &pe, &reason), S_OK);
    const hp_span name = hp_facts_link_name(&pe, checksum);
    assert_true(name.size == 0 || memcmp(name.at, link, name.size) == 0);
    return name.size;
}

static void link_to_a_debug_file_has_name_and_checksum(void **state) {
    (void)state;
    uint32_t checksum = 0;
    assert_int_equal(link_of_image("a.d\0\1\2\3\4", 8, &checksum), 3);
    assert_int_equal(checksum, 0x04030201);
    assert_int_equal(link_of_image("ab.d\0\0\0\0\5\6\7\x88", 12, &checksum), 4);
    assert_int_equal(checksum, 0x88070605);
    assert_int_equal(link_of_image("b/a.d\0\0\0\1\2\3\4", 12, &checksum), 0);
    assert_int_equal(link_of_image("", 1, &checksum), 0);
    assert_int_equal(hp_facts_link_checksum("123456789", 9), 0xCBF43926); // the usual check value
    assert_int_equal(hp_facts_link_checksum("", 0), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, drop)
    const struct CMUnitTest tests[] = {
        TEST(parameters_are_described),
        TEST(optimiser_is_known_from_the_options),
        TEST(split_function_is_found_at_its_entry_not_at_its_cold_part),
        TEST(discarded_function_is_none),
        TEST(one_function_of_several_units_is_one),
        TEST(namesakes_stay_apart),
        TEST(folded_functions_are_one_with_what_is_true_of_all),
        TEST(name_that_is_too_long_is_left_out),
        TEST(unit_of_version_5_is_passed_over_but_not_alone),
        TEST(compressed_sections_are_refused_with_the_reason),
        TEST(function_without_a_prototype_is_told),
        TEST(link_to_a_debug_file_has_name_and_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
