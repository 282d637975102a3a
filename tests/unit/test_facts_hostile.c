// DWARF that lies: each time either damage with a reason, or facts that keep what facts.h promises.
#include "facts_build_test.h"

static void refused(void) {
    facts_unit_end(&dwarf);
    facts_dwarf_refused(&dwarf);
}

// A function with code, one that is completed, one that is inlined, one that is split, types in a circle of
// three.
static void make_much(void) {
    const uint32_t number = facts_entry(&dwarf, A_INT, NULL), constant = facts_refer(&dwarf, A_CONST, number);
    const uint32_t pointer = facts_refer(&dwarf, A_POINTER, constant);
    facts_entry(&dwarf, A_STRUCT, "player");
    const uint32_t method = facts_entry(&dwarf, A_METHOD, "set");
    facts_end(&dwarf);
    facts_refer(&dwarf, A_COMPLETED, method);
    facts_number(&dwarf.info, FACTS_BASE + 0x1100, 8);
    facts_refer(&dwarf, A_PARAMETER, pointer);
    facts_end(&dwarf);
    const uint32_t inlined = facts_entry(&dwarf, A_ABSTRACT, "away");
    facts_number(&dwarf.info, 0x501, 2);
    facts_refer(&dwarf, A_PARAMETER, pointer);
    facts_end(&dwarf);
    facts_entry(&dwarf, A_FUNCTION, "caller");
    facts_number(&dwarf.info, FACTS_BASE + 0x1000, 8);
    facts_number(&dwarf.info, 0x701, 2);
    facts_refer(&dwarf, A_PARAMETER, pointer);
    facts_entry(&dwarf, A_DOTS, NULL);
    facts_refer(&dwarf, A_COPY, inlined);
    facts_end(&dwarf);
    facts_entry(&dwarf, A_SPLIT, "split");
    facts_number(&dwarf.info, 0, 4);
    facts_number(&dwarf.ranges, FACTS_BASE + 0x1200, 8);
    facts_number(&dwarf.ranges, FACTS_BASE + 0x1210, 8);
    facts_number(&dwarf.ranges, 0, 8);
    facts_number(&dwarf.ranges, 0, 8);
    facts_text(&dwarf.text, "text");
    static const uint16_t odd[] = {HP_DW_AT_NAME, FORM_STRP, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 0, odd);
    facts_entry(&dwarf, A_ODD, NULL);
    facts_number(&dwarf.info, 0, 4);
}

static void sound_sample_is_read(void **state) {
    (void)state;
    make_much();
    read_it();
    assert_int_equal(facts.count, 4);
    assert_int_equal(facts_named(&facts, "player::set")->const_behind, 1);
    assert_int_equal(facts_named(&facts, "away")->inlined, 1);
    assert_true(facts_named(&facts, "caller")->is_variadic);
    assert_int_equal(facts_named(&facts, "split")->rva, 0x1200);
}

static void every_section_may_end_anywhere(void **state) {
    (void)state;
    make_much();
    facts_unit_end(&dwarf);
    const size_t sizes[] = {dwarf.abbrev.size, dwarf.text.size, dwarf.line.size, dwarf.ranges.size,
                            dwarf.info.size};
    for (size_t section = 0; section < 5; section++) {
        for (size_t size = 0; size < sizes[section]; size++) {
            size_t limits[5] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
            limits[section] = size;
            const HRESULT hr = facts_dwarf_read(&dwarf, limits, &facts);
            hp_facts_free(&facts);
            // Entries are needed, texts, files and ranges are not.
            if (section == 0 || (section == 4 && size))
                assert_int_equal(hr, HP_E_DEBUG_INFO);
            else
                assert_int_equal(hr, S_OK);
        }
    }
}

static void every_byte_may_be_another(void **state) {
    (void)state;
    static const unsigned char values[] = {0, 1, 0x0f, 0x13, 0x7f, 0x80, 0xff};
    make_much();
    facts_unit_end(&dwarf);
    facts_bytes *const sections[] = {&dwarf.abbrev, &dwarf.line, &dwarf.ranges, &dwarf.info};
    size_t refusals = 0;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < sections[i]->size * sizeof values; k++) {
            unsigned char *byte = &sections[i]->at[k / sizeof values];
            const unsigned char was = *byte;
            *byte = values[k % sizeof values];
            refusals += facts_dwarf_read(&dwarf, NULL, &facts) != S_OK;
            hp_facts_free(&facts);
            *byte = was;
        }
    }
    assert_true(refusals > 100);
}

// An entry of one attribute with this form; the caller adds its value.
static void odd_entry(unsigned attribute, unsigned form) {
    const uint16_t attributes[] = {(uint16_t)attribute, (uint16_t)form, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 0, attributes);
    facts_entry(&dwarf, A_ODD, NULL);
}

static void number_of_more_than_64_bits_is_damage(void **state) {
    (void)state;
    odd_entry(HP_DW_AT_DECL_LINE, FORM_UDATA);
    facts_put(&dwarf.info, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10); // the largest one
    read_it();
    dwarf.info.size -= 2;
    facts_put(&dwarf.info, "\x02", 1);
    refused();
    dwarf.info.size -= 2;
    facts_put(&dwarf.info, "\x80\x80\x80\x80\x80\x80", 6); // never ends
    refused();
}

static void code_of_more_than_64_bits_is_damage(void **state) {
    (void)state;
    facts_put(&dwarf.info, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
    refused();
    dwarf.info.size = dwarf.info.size - 11;
    facts_put(&dwarf.abbrev, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
    refused();
}

static void unknown_form_is_damage(void **state) {
    (void)state;
    static const uint16_t forms[] = {0, 2, 0x1a, 0x1b, 0x1e, 0x21, 0x22, 0x2c, 0x1f02 + 0x100, 0xffff};
    const size_t size = dwarf.info.size, abbrevs = dwarf.abbrev.size;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        dwarf.info.size = size;
        dwarf.abbrev.size = abbrevs;
        odd_entry(HP_DW_AT_NAME, forms[i]);
        facts_number(&dwarf.info, 0, 8);
        refused();
    }
}

static void form_that_names_itself_is_damage(void **state) {
    (void)state;
    odd_entry(HP_DW_AT_DECL_LINE, FORM_INDIRECT);
    facts_uleb(&dwarf.info, FORM_DATA1);
    facts_number(&dwarf.info, 7, 1);
    read_it();
    dwarf.info.size -= 3;
    for (unsigned i = 0; i < 100; i++)
        facts_uleb(&dwarf.info, FORM_INDIRECT);
    refused();
}

static void unknown_abbreviation_is_damage(void **state) {
    (void)state;
    facts_entry(&dwarf, A_ODD, NULL);
    refused();
}

// Which of the two would be meant?
static void abbreviation_that_is_declared_twice_is_damage(void **state) {
    (void)state;
    odd_entry(HP_DW_AT_DECL_LINE, FORM_DATA1);
    facts_number(&dwarf.info, 0, 1);
    read_it();
    dwarf.info.size -= 1;
    static const uint16_t other[] = {HP_DW_AT_DECL_LINE, FORM_UDATA, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 0, other);
    refused();
}

static void abbreviations_outside_are_damage(void **state) {
    (void)state;
    facts_unit_end(&dwarf);
    facts_set(&dwarf.info, 6, (uint32_t)dwarf.abbrev.size + 2);
    facts_dwarf_refused(&dwarf);
    facts_set(&dwarf.info, 6, UINT32_MAX);
    facts_dwarf_refused(&dwarf);
}

static void abbreviation_of_too_many_attributes_is_damage(void **state) {
    (void)state;
    static uint16_t many[2 * 257 + 2];
    for (size_t i = 0; i < 2 * 257; i += 2) {
        many[i] = HP_DW_AT_EXTERNAL;
        many[i + 1] = FORM_PRESENT;
    }
    facts_abbrev(&dwarf, A_ODD, HP_DW_STRUCTURE, 0, many + 2); // 256 are enough for everybody
    facts_abbrev(&dwarf, A_ODD + 1, HP_DW_STRUCTURE, 0, many + 4);
    read_it();
    facts_abbrev(&dwarf, A_ODD + 2, HP_DW_STRUCTURE, 0, many);
    facts_dwarf_refused(&dwarf);
}

static void text_outside_is_no_name(void **state) {
    (void)state;
    static const uint16_t odd[] = {HP_DW_AT_NAME, FORM_STRP, HP_DW_AT_LOW_PC, FORM_ADDR, 0, 0};
    facts_abbrev(&dwarf, A_ODD, HP_DW_SUBPROGRAM, 0, odd);
    facts_text(&dwarf.text, "text");
    facts_put(&dwarf.text, "no end", 6);
    static const uint32_t offsets[] = {0, 4, 5, 12, UINT32_MAX};
    for (unsigned i = 0; i < 5; i++) {
        facts_refer(&dwarf, A_ODD, offsets[i]);
        facts_number(&dwarf.info, FACTS_BASE + 0x1000 + i, 8);
    }
    read_it();
    assert_int_equal(facts.count, 5);
    assert_string_equal(facts.items[0].name, "text");
    assert_string_equal(facts.items[1].name, "");
    for (unsigned i = 2; i < 5; i++)
        assert_null(facts.items[i].name);
}

static void references_outside_lead_nowhere(void **state) {
    (void)state;
    static const uint32_t places[] = {0, 1, 0x7fffffff, UINT32_MAX - 1, UINT32_MAX};
    for (unsigned i = 0; i < 5; i++) {
        facts_instance(&dwarf, places[i], 0x1000 + i);
        facts_refer(&dwarf, A_COMPLETED, places[i]);
        facts_number(&dwarf.info, FACTS_BASE + 0x2000 + i, 8);
        facts_refer(&dwarf, A_PARAMETER, places[i]);
        facts_refer(&dwarf, A_PARAMETER, facts_refer(&dwarf, A_POINTER, places[i]));
        facts_refer(&dwarf, A_COPY, places[i]);
        facts_end(&dwarf);
        facts_entry(&dwarf, A_SPLIT, "split");
        facts_number(&dwarf.info, places[i], 4);
    }
    read_it();
    assert_int_equal(facts.count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(facts.items[i].const_behind, 0);
}

static void file_that_is_not_there_is_unknown(void **state) {
    (void)state;
    for (unsigned file = 0; file < 256; file += 51) {
        facts_entry(&dwarf, A_FUNCTION, "f");
        facts_number(&dwarf.info, FACTS_BASE + 0x1000 + file, 8);
        facts_number(&dwarf.info, file, 1);
        facts_number(&dwarf.info, 3, 1);
        facts_end(&dwarf);
    }
    read_it();
    assert_int_equal(facts.count, 6);
    for (size_t i = 0; i < 6; i++)
        assert_null(facts.items[i].file);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, drop)
    const struct CMUnitTest tests[] = {
        TEST(sound_sample_is_read),
        TEST(every_section_may_end_anywhere),
        TEST(every_byte_may_be_another),
        TEST(number_of_more_than_64_bits_is_damage),
        TEST(code_of_more_than_64_bits_is_damage),
        TEST(unknown_form_is_damage),
        TEST(form_that_names_itself_is_damage),
        TEST(unknown_abbreviation_is_damage),
        TEST(abbreviation_that_is_declared_twice_is_damage),
        TEST(abbreviations_outside_are_damage),
        TEST(abbreviation_of_too_many_attributes_is_damage),
        TEST(text_outside_is_no_name),
        TEST(references_outside_lead_nowhere),
        TEST(file_that_is_not_there_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
