// Modules of PDBs that lie, and what wants to keep its reader busy. Whoever takes quadratic time here is
// ended by the test's time limit.
#include "facts_build_pdb_test.h"

#define MEGABYTE ((size_t)1 << 20)

static void section_beyond_those_of_the_image_has_no_code(void **state) {
    (void)state;
    static const unsigned sections[] = {0, 5, 97, 0x7fff, 0xffff};
    for (unsigned i = 0; i < 5; i++)
        facts_procedure(&pdb, 0, S_GPROC32, 0, sections[i], 0, "nowhere");
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, PE_TEXT_SIZE, "behind");
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, UINT32_MAX, "far");
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, PE_TEXT_SIZE - 1, "last");
    read_it();
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts_named(&facts, "last")->rva, PE_TEXT + PE_TEXT_SIZE - 1);
}

// What a procedure outside of the image would have inlined has no copy.
static void copy_in_a_procedure_that_is_not_there_does_not_count(void **state) {
    (void)state;
    const uint32_t id = facts_id(&pdb, 0, facts_type_function(&pdb, T_INT), "away");
    facts_site(&pdb, 0, id); // in none
    facts_procedure(&pdb, 0, S_GPROC32, 0, 9, 0, "nowhere");
    facts_site(&pdb, 0, id);
    read_it();
    assert_int_equal(facts.count, 0);
}

// Where a module's sizes stand in the list of modules.
static void modules_that_overrun_are_damage(void **state) {
    (void)state;
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
    static const uint32_t lies[] = {100000, 0x7fffffff, UINT32_MAX};
    for (unsigned field = 0; field < 3; field++) {
        for (unsigned i = 0; i < 3; i++) {
            facts_pdb_make(&pdb);
            facts_set(&pdb.file, pdb.streams[FACTS_DBI] + 64 + 36 + 4 * field, lies[i]);
            assert_int_equal(try_it(), HP_E_DEBUG_INFO);
        }
    }
    read_it();
}

static void list_of_modules_that_overruns_is_damage(void **state) {
    (void)state;
    static const uint32_t lies[] = {1, 63, 100, 1000, UINT32_MAX};
    for (unsigned i = 0; i < 5; i++) {
        facts_pdb_make(&pdb);
        facts_set(&pdb.file, pdb.streams[FACTS_DBI] + 24, lies[i]);
        assert_int_equal(try_it(), HP_E_DEBUG_INFO);
    }
}

static void stream_that_is_not_there_is_no_module(void **state) {
    (void)state;
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
    facts_procedure(&pdb, 1, S_GPROC32, 0, 1, 1, "g");
    facts_pdb_make(&pdb);
    pdb.file.at[pdb.streams[FACTS_DBI] + 64 + 34] = 0xff; // 0xffff: none
    pdb.file.at[pdb.streams[FACTS_DBI] + 64 + 35] = 0xff;
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 1);
    facts_named(&facts, "g");
    pdb.file.at[pdb.streams[FACTS_DBI] + 64 + 35] = 0x7f; // one that does not exist
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

// A function without code, with these lines; the file that it gets.
static const char *file_of(const facts_bytes *lines) {
    const uint32_t id = facts_id(&pdb, 0, facts_type_function(&pdb, T_INT), "away");
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
    facts_site(&pdb, 0, id);
    facts_put(&pdb.lines[0], lines->at, lines->size);
    read_it();
    return facts_named(&facts, "away")->file;
}

static void places_of_files_outside_are_unknown(void **state) {
    (void)state;
    static const uint32_t places[] = {0, 5, 8, 0x7fffffff, UINT32_MAX}, names[] = {0, 3, 1000, UINT32_MAX};
    for (unsigned i = 0; i < 20; i++) {
        facts_bytes lines = {0};
        facts_text(&pdb.names, "a.h");
        const uint32_t words[] = {0xf4, 8, names[i % 4], 0, 0xf6, 16, 0, 0x1000, places[i / 4], 12};
        facts_put(&lines, words, sizeof words);
        const char *file = file_of(&lines);
        facts_drop(&lines);
        if (i == 0)
            assert_string_equal(file, "a.h");
        else if (i / 4 > 0 || i % 4 > 1)
            assert_null(file);
        facts_pdb_drop(&pdb);
    }
}

static void parts_that_lie_about_their_size_end(void **state) {
    (void)state;
    static const uint32_t lies[] = {0, 1, 17, 100, 0x7fffffff, UINT32_MAX};
    for (unsigned i = 0; i < 18; i++) {
        facts_bytes lines = {0};
        uint32_t words[] = {0xf4, 8, 0, 0, 0xf6, 20, 1, 0x1000, 0, 12, 0};
        words[i < 6 ? 1 : i < 12 ? 5 : 10] = lies[i % 6]; // sizes of the parts; how many more files
        facts_put(&lines, words, sizeof words);
        file_of(&lines);
        facts_drop(&lines);
        facts_pdb_drop(&pdb);
    }
}

static void names_that_lie_are_none(void **state) {
    (void)state;
    static const uint32_t lies[] = {1000, 0x7fffffff, UINT32_MAX};
    for (unsigned at = 28; at < 64; at += at == 28 ? 11 : 4) { // the length, then each word behind the text
        for (unsigned i = 0; i < 3; i++) {
            facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
            facts_text(&pdb.names, "a.h");
            facts_pdb_make(&pdb);
            facts_set(&pdb.file, pdb.streams[FACTS_INFO] + at, lies[i]);
            assert_int_equal(try_it(), S_OK);
            facts_pdb_drop(&pdb);
        }
    }
}

// 16,000 parameters of a type that is 10,000 types deep, for each of 15,000 functions.
static void parameters_that_all_share_are_read(void **state) {
    (void)state;
    uint32_t deep = facts_type_of(&pdb, LF_POINTER, T_INT, 0x1000c);
    for (unsigned i = 0; i < 10000; i++)
        deep = facts_type_of(&pdb, LF_MODIFIER, deep, 0);
    static uint32_t list[16001];
    list[0] = 16000;
    for (unsigned i = 1; i <= 16000; i++)
        list[i] = deep;
    const uint32_t words[] = {T_INT, 0, facts_type(&pdb, LF_ARGLIST, list, 16001)};
    const uint32_t type = facts_type(&pdb, LF_PROCEDURE, words, 3);
    for (uint32_t i = 0; pdb.symbols[0].size < MEGABYTE; i++)
        facts_procedure(&pdb, 0, S_GPROC32, type, 1, i % PE_TEXT_SIZE, "f");
    read_it();
    assert_int_equal(facts.items[0].parameters, HP_FACT_PARAMETERS);
}

// Every copied function could be any of the functions.
static void one_name_for_all_is_refused(void **state) {
    (void)state;
    const uint32_t type = facts_type_function(&pdb, T_INT);
    for (uint32_t i = 0; i < 20000; i++)
        facts_procedure(&pdb, 0, S_GPROC32, type, 1, i % PE_TEXT_SIZE, "f");
    for (uint32_t i = 0; i < 20000; i++)
        facts_site(&pdb, 0, facts_id(&pdb, 0, type, "f"));
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

// One scope of 60,000 characters around 30,000 names.
static void scope_that_all_share_is_measured_no_further_than_needed(void **state) {
    (void)state;
    static char scope[60001];
    memset(scope, 's', sizeof scope - 1);
    const uint32_t type = facts_type_function(&pdb, T_INT), around = facts_id_scope(&pdb, scope);
    facts_procedure(&pdb, 0, S_GPROC32, type, 1, 0, "f");
    for (uint32_t i = 0; i < 30000; i++)
        facts_site(&pdb, 0, facts_id(&pdb, around, type, "g"));
    read_it();
    assert_int_equal(facts.count, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, drop)
    const struct CMUnitTest tests[] = {
        TEST(section_beyond_those_of_the_image_has_no_code),
        TEST(copy_in_a_procedure_that_is_not_there_does_not_count),
        TEST(modules_that_overrun_are_damage),
        TEST(list_of_modules_that_overruns_is_damage),
        TEST(stream_that_is_not_there_is_no_module),
        TEST(places_of_files_outside_are_unknown),
        TEST(parts_that_lie_about_their_size_end),
        TEST(names_that_lie_are_none),
        TEST(parameters_that_all_share_are_read),
        TEST(one_name_for_all_is_refused),
        TEST(scope_that_all_share_is_measured_no_further_than_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
