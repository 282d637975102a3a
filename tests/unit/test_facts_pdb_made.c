// Facts of PDBs that are made by hand: what Microsoft's compiler writes, and what no sample is sure to have.
#include "facts_build_pdb_test.h"

static uint32_t pointer_to_const(void) {
    return facts_type_of(&pdb, LF_POINTER, facts_type_of(&pdb, LF_MODIFIER, T_INT, 1), 0x1000c);
}

// Procedures that name an id instead of a type.
static void procedures_of_microsofts_compiler_are_read(void **state) {
    (void)state;
    const uint32_t type = facts_type_function(&pdb, pointer_to_const());
    facts_compiler(&pdb, 0, 1, "Microsoft (R) Optimizing Compiler");
    facts_procedure(&pdb, 0, S_GPROC32_ID, facts_id(&pdb, 0, type, "shown"), 1, 0x10, "shown");
    facts_procedure(&pdb, 0, S_LPROC32_ID, facts_id(&pdb, 0, type, "hidden"), 1, 0x20, "hidden");
    facts_compiler(&pdb, 1, 0, "clang version 14.0.6");
    facts_procedure(&pdb, 1, S_GPROC32, type, 1, 0x30, "other");
    read_it();
    static const struct {
        const char *name;
        uint32_t rva;
        unsigned is_external, is_cxx, compiler;
    } expected[] = {{"shown", PE_TEXT + 0x10, 1, 1, HP_COMPILER_MSVC},
                    {"hidden", PE_TEXT + 0x20, 0, 1, HP_COMPILER_MSVC},
                    {"other", PE_TEXT + 0x30, 1, 0, HP_COMPILER_CLANG}};
    assert_int_equal(facts.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        const hp_fact *fact = facts_named(&facts, expected[i].name);
        assert_int_equal(fact->rva, expected[i].rva);
        assert_int_equal(fact->is_external, expected[i].is_external);
        assert_int_equal(fact->is_cxx, expected[i].is_cxx);
        assert_int_equal(fact->compiler, expected[i].compiler);
        assert_int_equal(fact->parameters, 1);
        assert_int_equal(fact->const_behind, 1);
        assert_int_equal(fact->is_free, 0);
    }
}

// The linker folds what has the same code (/OPT:ICF).
static void folded_functions_are_one_with_what_is_true_of_all(void **state) {
    (void)state;
    facts_procedure(&pdb, 0, S_GPROC32, facts_type_function(&pdb, pointer_to_const()), 1, 0x10, "one");
    facts_procedure(&pdb, 1, S_GPROC32, facts_type_function(&pdb, T_INT), 1, 0x10, "two");
    read_it();
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts.items[0].rva, PE_TEXT + 0x10);
    assert_int_equal(facts.items[0].const_behind, 0);
    assert_int_equal(facts.items[0].is_folded, 1);
}

// Static functions of one name, in two files.
static void functions_of_the_same_name_are_folded_too(void **state) {
    (void)state;
    const uint32_t type = facts_type_function(&pdb, T_INT);
    facts_procedure(&pdb, 0, S_LPROC32, type, 1, 0x10, "same");
    facts_procedure(&pdb, 1, S_LPROC32, type, 1, 0x10, "same");
    facts_procedure(&pdb, 1, S_LPROC32, type, 1, 0x20, "alone");
    read_it();
    assert_int_equal(facts.count, 2);
    assert_int_equal(facts_named(&facts, "same")->is_folded, 1);
    assert_int_equal(facts_named(&facts, "alone")->is_folded, 0);
}

static void copies_are_counted_over_modules(void **state) {
    (void)state;
    const uint32_t type = facts_type_function(&pdb, T_INT), name = facts_text(&pdb.names, "c:\\a.h");
    const uint32_t scope = facts_id_scope(&pdb, "`anonymous namespace'");
    const uint32_t away = facts_id(&pdb, scope, type, "away"), partly = facts_id(&pdb, 0, type, "partly");
    const uint32_t own = facts_id(&pdb, 0, type, "own");
    facts_procedure(&pdb, 0, S_GPROC32, type, 1, 0x10, "partly");
    facts_procedure(&pdb, 0, S_LPROC32, type, 1, 0x20, "own"); // the other module has another one
    for (unsigned module = 0; module < 2; module++) {
        facts_procedure(&pdb, module, S_GPROC32, type, 1, 0x30 + 0x10 * module, module ? "b" : "a");
        facts_site(&pdb, module, away);
        facts_site(&pdb, module, partly);
        facts_site(&pdb, module, partly);
        facts_lines(&pdb, module, away, name, 12);
    }
    facts_site(&pdb, 1, own);
    facts_lines(&pdb, 1, own, name, 13);
    read_it();
    const hp_fact *fact = facts_named(&facts, "`anonymous namespace'::away");
    assert_int_equal(fact->rva, 0);
    assert_int_equal(fact->inlined, 2);
    assert_string_equal(fact->file, "c:\\a.h");
    assert_int_equal(fact->line, 12);
    assert_int_equal(facts_named(&facts, "partly")->inlined, 4);
    assert_int_equal(hp_facts_find(&facts, PE_TEXT + 0x20)->inlined, 0);
    assert_int_equal(facts.count - facts.with_code, 2); // the other "own"
}

static void many_parameters_and_dots_are_seen(void **state) {
    (void)state;
    uint32_t list[1 + 40 + 1] = {41}; // 40 parameters, and "..."
    for (unsigned i = 1; i <= 40; i++)
        list[i] = T_INT;
    const uint32_t words[] = {T_INT, 0x290000, facts_type(&pdb, LF_ARGLIST, list, 42)};
    facts_procedure(&pdb, 0, S_GPROC32, facts_type(&pdb, LF_PROCEDURE, words, 3), 1, 0x10, "f");
    read_it();
    assert_int_equal(facts.items[0].parameters, HP_FACT_PARAMETERS);
    assert_true(facts.items[0].is_variadic);
}

// The modes of a pointer: 1 and 4 are references, 2 and 3 point to members.
static void references_are_told_from_pointers(void **state) {
    (void)state;
    static const unsigned is_reference[] = {0, 1, 0, 0, 1}, is_const[] = {1, 1, 0, 0, 1};
    const uint32_t constant = facts_type_of(&pdb, LF_MODIFIER, T_INT, 1);
    for (uint32_t mode = 0; mode < 5; mode++) {
        const uint32_t pointer = facts_type_of(&pdb, LF_POINTER, constant, 0x1000c | mode << 5);
        facts_procedure(&pdb, 0, S_GPROC32, facts_type_function(&pdb, pointer), 1, mode, "f");
    }
    read_it();
    for (unsigned mode = 0; mode < 5; mode++) {
        assert_int_equal(facts.items[mode].reference, is_reference[mode]);
        assert_int_equal(facts.items[mode].const_behind, is_const[mode]);
    }
}

static int fits(size_t size, const uint32_t guid[4], uint32_t age) {
    unsigned char signature[16];
    memcpy(signature, guid, sizeof signature);
    return hp_facts_pdb_fits(pdb.file.at, size, signature, age);
}

static void pdb_of_another_build_does_not_fit(void **state) {
    (void)state;
    static const uint32_t own[4] = {1, 2, 3, 4}, other[4] = {1, 2, 3, 5};
    facts_pdb_make(&pdb);
    facts_set(&pdb.file, pdb.streams[FACTS_DBI] + 8, 3);
    const size_t size = pdb.file.size;
    assert_int_equal(fits(size, own, 3), 1);
    assert_int_equal(fits(size, own, 1), 1); // something was added to it
    assert_int_equal(fits(size, own, 4), 0);
    assert_int_equal(fits(size, other, 3), 0);
    assert_int_equal(fits(60, own, 3), -1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, drop)
    const struct CMUnitTest tests[] = {
        TEST(procedures_of_microsofts_compiler_are_read),
        TEST(folded_functions_are_one_with_what_is_true_of_all),
        TEST(functions_of_the_same_name_are_folded_too),
        TEST(copies_are_counted_over_modules),
        TEST(many_parameters_and_dots_are_seen),
        TEST(references_are_told_from_pointers),
        TEST(pdb_of_another_build_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
