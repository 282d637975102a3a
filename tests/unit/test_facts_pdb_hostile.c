// PDBs that lie: each time either damage with a reason, or facts that keep what facts.h promises.
#include "facts_build_pdb_test.h"

// A function with code, one without, and one that is static.
static void make_much(void) {
    const uint32_t constant = facts_type_of(&pdb, LF_MODIFIER, T_INT, 1);
    const uint32_t type = facts_type_function(&pdb, facts_type_of(&pdb, LF_POINTER, constant, 0x1000c));
    const uint32_t away = facts_id(&pdb, facts_id_scope(&pdb, "acme"), type, "away");
    facts_compiler(&pdb, 0, 1, "clang version 14.0.6");
    facts_procedure(&pdb, 0, S_GPROC32, type, 1, 0x10, "shown");
    facts_site(&pdb, 0, away);
    facts_lines(&pdb, 0, away, facts_text(&pdb.names, "c:\\a.h"), 12);
    facts_procedure(&pdb, 1, S_LPROC32, type, 1, 0x20, "hidden");
    facts_pdb_make(&pdb);
}

static void refused(void) {
    assert_int_equal(try_it(), HP_E_DEBUG_INFO);
}

static void sound_sample_is_read(void **state) {
    (void)state;
    make_much();
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 3);
    assert_int_equal(facts_named(&facts, "acme::away")->inlined, 1);
    assert_int_equal(facts_named(&facts, "shown")->const_behind, 1);
    assert_int_equal(facts_named(&facts, "hidden")->rva, PE_TEXT + 0x20);
}

static void file_may_end_anywhere(void **state) {
    (void)state;
    make_much();
    for (size_t size = 0; size < pdb.map; size++) {
        hp_facts_free(&facts);
        assert_int_equal(facts_pdb_read(&pdb, size, &facts), HP_E_DEBUG_INFO);
    }
}

static void damage(size_t begin, size_t size) {
    static const unsigned char values[] = {0, 1, 0x0a, 0x7f, 0x80, 0xff};
    for (size_t at = begin; at < begin + size; at++) {
        const unsigned char was = pdb.file.at[at];
        for (size_t i = 0; i < sizeof values; i++) {
            pdb.file.at[at] = values[i];
            try_it(); // checks what comes out
        }
        pdb.file.at[at] = was;
    }
}

static void every_byte_may_be_another(void **state) {
    (void)state;
    make_much();
    damage(0, 56);
    damage(pdb.directory, pdb.map - pdb.directory < 128 ? pdb.map - pdb.directory : 128);
    damage(pdb.map, 4);
    for (unsigned i = 0; i < FACTS_STREAMS; i++)
        damage(pdb.streams[i], pdb.sizes[i]);
    assert_int_equal(try_it(), S_OK);
}

static void header_that_lies_is_damage(void **state) {
    (void)state;
    make_much();
    static const struct {
        size_t at;
        uint32_t value;
    } lies[] = {{32, 0},          {32, 256},    {32, 511},       {32, 513},        {32, 1 << 17},
                {32, UINT32_MAX}, {44, 0},      {44, 3},         {44, 0x7fffffff}, {44, UINT32_MAX},
                {52, 0x7fffffff}, {52, 100000}, {52, UINT32_MAX}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint32_t was;
        memcpy(&was, pdb.file.at + lies[i].at, 4);
        facts_set(&pdb.file, lies[i].at, lies[i].value);
        refused();
        facts_set(&pdb.file, lies[i].at, was);
    }
    assert_int_equal(try_it(), S_OK);
}

static void stream_sizes_that_lie_are_damage(void **state) {
    (void)state;
    make_much();
    static const uint32_t sizes[] = {UINT32_MAX - 1, 0x80000000, 0x7fffffff, 100000};
    for (unsigned i = 0; i < 4; i++) {
        facts_set(&pdb.file, pdb.directory + 4 + 4 * FACTS_DBI, sizes[i]);
        refused();
    }
    facts_set(&pdb.file, pdb.directory + 4 + 4 * FACTS_DBI, UINT32_MAX); // deleted
    refused();
    facts_set(&pdb.file, pdb.directory, UINT32_MAX); // so many streams
    refused();
}

// Every block of every stream is the super block, the directory, the map or the first stream.
static void blocks_that_are_shared_end(void **state) {
    (void)state;
    make_much();
    const size_t places[] = {0, pdb.directory, pdb.map, pdb.streams[FACTS_INFO], pdb.file.size};
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned k = 0; k < 7; k++)
            facts_set(&pdb.file, pdb.blocks + 4 * k, (uint32_t)(places[i] / FACTS_BLOCK));
        try_it(); // checks what comes out
    }
    refused();                                                        // the last one is behind the end
    facts_set(&pdb.file, pdb.map, (uint32_t)(pdb.map / FACTS_BLOCK)); // a directory that is its own map
    refused();
}

// A stream of 60 blocks, all the same one: more than the file has.
static void stream_that_repeats_a_block_is_limited(void **state) {
    (void)state;
    make_much();
    const size_t block = pdb.map + FACTS_BLOCK;
    facts_set(&pdb.file, pdb.map, (uint32_t)(block / FACTS_BLOCK));
    facts_set(&pdb.file, 44, FACTS_BLOCK);
    facts_number(&pdb.file, 4, 4); // streams
    for (unsigned i = 0; i < 4; i++)
        facts_number(&pdb.file, i == FACTS_TPI ? 60 * FACTS_BLOCK : 0, 4);
    for (unsigned i = 0; i < 60; i++)
        facts_number(&pdb.file, pdb.streams[FACTS_TPI] / FACTS_BLOCK, 4);
    while (pdb.file.size % FACTS_BLOCK)
        facts_number(&pdb.file, 0, 1);
    refused();
}

static void types_out_of_range_are_none(void **state) {
    (void)state;
    static const uint32_t types[] = {0, 1, 0x74, 0xfff, 0x2000, 0x7fffffff, 0x80000000, UINT32_MAX};
    for (unsigned i = 0; i < 8; i++) {
        const uint32_t broken = facts_type_of(&pdb, LF_PROCEDURE, types[i], 0);
        facts_procedure(&pdb, 0, S_GPROC32, types[i], 1, 8 * i, "bare");
        facts_procedure(&pdb, 0, S_GPROC32_ID, types[i], 1, 8 * i + 1, "id");
        facts_procedure(&pdb, 0, S_GPROC32, facts_type_function(&pdb, types[i]), 1, 8 * i + 2, "f");
        facts_procedure(&pdb, 0, S_GPROC32, broken, 1, 8 * i + 3, "broken"); // too short
        facts_site(&pdb, 0, types[i]);
    }
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(facts.items[i].const_behind, 0);
}

static void types_in_a_circle_end(void **state) {
    (void)state;
    const uint32_t itself = facts_type_of(&pdb, LF_MODIFIER, 0x1000, 0);
    const uint32_t first = facts_type_of(&pdb, LF_POINTER, 0x1002, 0x1000c);
    const uint32_t second = facts_type_of(&pdb, LF_POINTER, first, 0x1000c);
    const uint32_t to_itself = facts_type_of(&pdb, LF_POINTER, itself, 0x1000c);
    const uint32_t list[] = {4, itself, first, second, to_itself};
    assert_int_equal(second, 0x1002);
    const uint32_t words[] = {T_INT, 0x40000, facts_type(&pdb, LF_ARGLIST, list, 5)};
    const uint32_t own[] = {T_INT, 0x40000, 0x1006}; // a function that is its own list of parameters
    facts_procedure(&pdb, 0, S_GPROC32, facts_type(&pdb, LF_PROCEDURE, words, 3), 1, 0, "f");
    facts_procedure(&pdb, 0, S_GPROC32, facts_type(&pdb, LF_PROCEDURE, own, 3), 1, 1, "g");
    const uint32_t id = facts_id(&pdb, 0x1000, 0x1000, "h"); // an id that is its own scope
    facts_site(&pdb, 0, id);
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts_named(&facts, "f")->parameters, 4);
    assert_int_equal(facts_named(&facts, "g")->parameters, 0);
    assert_int_equal(facts_named(&facts, "h")->inlined, 1);
}

static void numbers_of_types_do_not_run_over(void **state) {
    (void)state;
    pdb.first = UINT32_MAX - 2;
    const uint32_t type = facts_type_function(&pdb, UINT32_MAX);
    facts_procedure(&pdb, 0, S_GPROC32, type, 1, 0, "f");
    facts_procedure(&pdb, 0, S_GPROC32, facts_type_function(&pdb, 0), 1, 1, "g"); // number 0, and so on
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts_named(&facts, "f")->parameters, 1);
    assert_int_equal(facts_named(&facts, "g")->parameters, 0);
}

static void record_without_a_kind_is_no_type(void **state) {
    (void)state;
    facts_number(&pdb.types, 0, 2); // two records of no bytes, one of one
    facts_number(&pdb.types, 0, 2);
    facts_number(&pdb.types, 0x000001, 3);
    facts_procedure(&pdb, 0, S_GPROC32, 0x1000, 1, 0, "f");
    facts_procedure(&pdb, 0, S_GPROC32, 0x1002, 1, 1, "g");
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 2);
    facts_number(&pdb.types, 0xffff, 2); // longer than what is left
    facts_pdb_make(&pdb);
    refused();
}

static void symbol_without_a_kind_is_damage(void **state) {
    (void)state;
    for (uint32_t length = 0; length < 2; length++) {
        facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
        facts_number(&pdb.symbols[0], length, 4);
        facts_pdb_make(&pdb);
        refused();
        facts_drop(&pdb.symbols[0]);
    }
    facts_number(&pdb.symbols[0], 0xffff, 4); // longer than what is left
    facts_pdb_make(&pdb);
    refused();
}

// A known kind that ends too early is passed over, like an unknown one.
static void symbol_that_is_too_short_is_passed_over(void **state) {
    (void)state;
    static const unsigned kinds[] = {S_GPROC32, S_LPROC32_ID, 0x114d, 0x115d, 0x1116, 0x113c, 0xffff, 0};
    for (unsigned i = 0; i < 8; i++)
        facts_symbol_end(&pdb, 0, facts_symbol(&pdb, 0, kinds[i]));
    facts_procedure(&pdb, 0, S_GPROC32, 0, 1, 0, "f");
    facts_pdb_make(&pdb);
    assert_int_equal(try_it(), S_OK);
    assert_int_equal(facts.count, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, drop)
    const struct CMUnitTest tests[] = {
        TEST(sound_sample_is_read),
        TEST(file_may_end_anywhere),
        TEST(every_byte_may_be_another),
        TEST(header_that_lies_is_damage),
        TEST(stream_sizes_that_lie_are_damage),
        TEST(blocks_that_are_shared_end),
        TEST(stream_that_repeats_a_block_is_limited),
        TEST(types_out_of_range_are_none),
        TEST(types_in_a_circle_end),
        TEST(numbers_of_types_do_not_run_over),
        TEST(record_without_a_kind_is_no_type),
        TEST(symbol_without_a_kind_is_damage),
        TEST(symbol_that_is_too_short_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
