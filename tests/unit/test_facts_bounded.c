// DWARF that wants to keep its reader busy: circles, depth, and what many share. Whoever takes quadratic time
// here is ended by the test's time limit.
#include "facts_build_test.h"

#define MEGABYTE ((size_t)1 << 20)

// Offset that the next entry will have.
static uint32_t here(void) {
    return (uint32_t)(dwarf.info.size - dwarf.unit);
}

static void circle_of_origins_ends(void **state) {
    (void)state;
    facts_instance(&dwarf, here(), 0x1000); // itself
    const uint32_t first = here(), size = 14;
    facts_instance(&dwarf, first + size, 0x2000); // each other
    facts_instance(&dwarf, first, 0x3000);
    assert_int_equal(here(), first + 2 * size);
    facts_function(&dwarf, "sound", 0x4000, 1);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 4);
    assert_int_equal(facts_named(&facts, "sound")->rva, 0x4000);
}

static void circle_of_specifications_ends(void **state) {
    (void)state;
    static const uint16_t odd[] = {HP_DW_AT_SPECIFICATION, FORM_REF4, HP_DW_AT_NAME, FORM_STRING, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 1, odd);
    facts_refer(&dwarf, A_ODD, here()); // a class that completes itself, around a function that does
    facts_text(&dwarf.info, "box");
    facts_refer(&dwarf, A_COMPLETED, here());
    facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
    facts_end(&dwarf);
    facts_end(&dwarf);
    static const uint16_t nameless[] = {HP_DW_AT_SPECIFICATION, FORM_REF4, 0, 0};
    facts_abbrev(&dwarf, A_ODD + 1, HP_DW_STRUCTURE, 1, nameless);
    facts_refer(&dwarf, A_ODD + 1, here() + 5); // two around each other, and no name that could get too long
    facts_refer(&dwarf, A_ODD + 1, here());
    facts_function(&dwarf, "lost", 0x2000, 1);
    facts_end(&dwarf);
    facts_end(&dwarf);
    facts_function(&dwarf, "sound", 0x4000, 1);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 3);
    assert_null(facts.items[0].name);
    assert_null(facts.items[1].name);
    facts_named(&facts, "sound");
}

static void circle_of_types_ends(void **state) {
    (void)state;
    const uint32_t itself = facts_refer(&dwarf, A_CONST, here());
    const uint32_t pair = facts_refer(&dwarf, A_TYPEDEF, here() + 5);
    facts_refer(&dwarf, A_TYPEDEF, pair);
    const uint32_t pointer = facts_refer(&dwarf, A_POINTER, here());
    const uint32_t away = facts_refer(&dwarf, A_POINTER, itself);
    facts_entry(&dwarf, A_FUNCTION, "f");
    facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
    facts_number(&dwarf.info, 0x101, 2);
    const uint32_t types[] = {itself, pair, pointer, away};
    for (unsigned i = 0; i < 4; i++)
        facts_refer(&dwarf, A_PARAMETER, types[i]);
    facts_refer(&dwarf, A_PARAMETER, here());
    facts_end(&dwarf);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.items[0].parameters, 5);
    assert_int_equal(facts.items[0].const_behind, 8); // a const that never ends is one
}

static void depth_is_limited(void **state) {
    (void)state;
    const size_t begin = dwarf.info.size;
    for (unsigned i = 0; i < 1000; i++)
        facts_entry(&dwarf, A_STRUCT, "s");
    assert_int_equal(try_it(), S_OK);
    dwarf.info.size = begin;
    for (unsigned i = 0; i < 300000; i++)
        facts_entry(&dwarf, A_STRUCT, "s");
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

static void ends_without_beginnings_are_passed_over(void **state) {
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        facts_end(&dwarf);
    facts_function(&dwarf, "sound", 0x4000, 1);
    assert_int_equal(try_it(), S_OK);
    facts_named(&facts, "sound");
}

static void lies_about_the_next_sibling_are_not_followed(void **state) {
    (void)state;
    static const uint16_t odd[] = {0x01, FORM_REF4, 0, 0}; // DW_AT_sibling
    static const uint32_t lies[] = {0, 1, 0x0b, UINT32_MAX};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 1, odd);
    for (unsigned i = 0; i < 4; i++) {
        facts_refer(&dwarf, A_ODD, lies[i]);
        facts_function(&dwarf, "inside", 0x1000 + i, 1);
        facts_end(&dwarf);
    }
    facts_refer(&dwarf, A_ODD, here()); // itself
    facts_end(&dwarf);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 4);
}

static void lengths_that_lie_are_damage(void **state) {
    (void)state;
    static const uint16_t odd[] = {0x02, FORM_BLOCK4, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 0, odd);
    facts_refer(&dwarf, A_ODD, UINT32_MAX);
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
    dwarf.info.size -= 6;
    assert_int_equal(try_it(), S_OK);
    static const uint32_t lies[] = {1, 6, 0x7fffffff, 0xfffffff0, UINT32_MAX};
    for (unsigned i = 0; i < 5; i++) {
        facts_set(&dwarf.info, dwarf.unit, lies[i]);
        facts_dwarf_refused(&dwarf);
    }
}

// A chain as long as any that is followed, and a function of 32 parameters at its end.
static uint32_t long_chain(void) {
    uint32_t constant = facts_entry(&dwarf, A_INT, NULL);
    for (unsigned i = 0; i < 62; i++)
        constant = facts_refer(&dwarf, A_TYPEDEF, constant);
    uint32_t pointer = facts_refer(&dwarf, A_POINTER, facts_refer(&dwarf, A_CONST, constant));
    for (unsigned i = 0; i < 62; i++)
        pointer = facts_refer(&dwarf, A_TYPEDEF, pointer);
    const uint32_t function = facts_entry(&dwarf, A_ABSTRACT, "f");
    facts_number(&dwarf.info, 0x101, 2);
    for (unsigned i = 0; i < HP_FACT_PARAMETERS; i++)
        facts_refer(&dwarf, A_PARAMETER, pointer);
    facts_end(&dwarf);
    return function;
}

static void one_long_chain_is_followed(void **state) {
    (void)state;
    facts_instance(&dwarf, long_chain(), 0x1000);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.items[0].parameters, HP_FACT_PARAMETERS);
    assert_int_equal(facts.items[0].const_behind, UINT32_MAX);
}

static void chain_that_all_share_is_refused(void **state) {
    (void)state;
    const uint32_t function = long_chain();
    for (uint32_t i = 0; dwarf.info.size < MEGABYTE; i++)
        facts_instance(&dwarf, function, 0x1000 + i);
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

// 20,000 parameters of one function, all of one type that is 20,000 types deep.
static void many_parameters_of_one_deep_type_are_read(void **state) {
    (void)state;
    uint32_t deep = facts_entry(&dwarf, A_INT, NULL);
    for (unsigned i = 0; i < 20000; i++)
        deep = facts_refer(&dwarf, A_CONST, deep);
    deep = facts_refer(&dwarf, A_POINTER, deep);
    facts_entry(&dwarf, A_FUNCTION, "f");
    facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
    facts_number(&dwarf.info, 0x101, 2);
    for (unsigned i = 0; i < 20000; i++)
        facts_refer(&dwarf, A_PARAMETER, deep);
    facts_end(&dwarf);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.items[0].parameters, HP_FACT_PARAMETERS);
}

// Eight megabytes of name for the only file of 60,000 functions.
static void file_name_that_all_share_is_measured_no_further_than_needed(void **state) {
    (void)state;
    dwarf.line.size -= 14;
    facts_number(&dwarf.line, 0, 1);
    static char part[4096];
    memset(part, 'n', sizeof part);
    for (size_t i = 0; i < 8 * MEGABYTE; i += sizeof part)
        facts_put(&dwarf.line, part, sizeof part);
    facts_number(&dwarf.line, 0, 5);
    facts_set(&dwarf.line, 0, (uint32_t)(dwarf.line.size - 4));
    for (uint32_t i = 0; dwarf.info.size < MEGABYTE; i++)
        facts_function(&dwarf, "f", 0x1000 + i, 1);
    assert_int_equal(try_it(), S_OK);
    assert_null(facts.items[0].file);
}

static void compiler_that_many_units_name_is_limited(void **state) {
    (void)state;
    static const uint16_t odd[] = {HP_DW_AT_PRODUCER, FORM_STRP, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_UNIT, 0, odd);
    facts_put(&dwarf.text, "GNU ", 4);
    for (size_t i = 0; i < 16000; i++)
        facts_number(&dwarf.text, ' ', 1);
    facts_number(&dwarf.text, 0, 1);
    for (unsigned i = 0; i < 100; i++)
        facts_refer(&dwarf, A_ODD, 0);
    assert_int_equal(try_it(), S_OK);
    while (dwarf.info.size < MEGABYTE)
        facts_refer(&dwarf, A_ODD, 0);
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

// Every unit begins at another place of one large table.
static void abbreviations_that_overlap_are_limited(void **state) {
    (void)state;
    static const uint16_t none[] = {0, 0};
    for (unsigned i = 0; i < 50000; i++)
        facts_abbrev(&dwarf, A_ODD + i, HP_DW_STRUCTURE, 0, none);
    facts_unit_end(&dwarf);
    for (uint32_t i = 0; i < 40000; i++) {
        facts_unit_header(&dwarf, 4);
        facts_set(&dwarf.info, dwarf.unit + 6, (uint32_t)(dwarf.abbrev.size - 6 * (40000 - i)));
        facts_unit_end(&dwarf);
    }
    facts_dwarf_refused(&dwarf);
}

// Attributes that take no bytes: a megabyte of entries has 256 million of them.
static void attributes_without_bytes_end(void **state) {
    (void)state;
    static uint16_t many[2 * 256 + 2];
    for (size_t i = 0; i < 2 * 256; i += 2) {
        many[i] = HP_DW_AT_EXTERNAL;
        many[i + 1] = FORM_PRESENT;
    }
    facts_abbrev(&dwarf, A_ODD, 0x34, 0, many);
    for (size_t i = 0; i < MEGABYTE; i++)
        facts_number(&dwarf.info, A_ODD, 1);
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, drop)
    const struct CMUnitTest tests[] = {
        TEST(circle_of_origins_ends),
        TEST(circle_of_specifications_ends),
        TEST(circle_of_types_ends),
        TEST(depth_is_limited),
        TEST(ends_without_beginnings_are_passed_over),
        TEST(lies_about_the_next_sibling_are_not_followed),
        TEST(lengths_that_lie_are_damage),
        TEST(one_long_chain_is_followed),
        TEST(chain_that_all_share_is_refused),
        TEST(many_parameters_of_one_deep_type_are_read),
        TEST(file_name_that_all_share_is_measured_no_further_than_needed),
        TEST(compiler_that_many_units_name_is_limited),
        TEST(abbreviations_that_overlap_are_limited),
        TEST(attributes_without_bytes_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
