// Facts of real programs: facts_sample.c and .cpp, with DWARF of this preset's compiler and of clang, and
// with PDBs. Arguments: "dwarf" or "pdb", the C image, the C++ image, the folder of the sources.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts_support.h"

typedef struct sample {
    unsigned char *bytes, *debug;
    hp_pe pe;
    hp_facts facts;
    char source[512];
} sample;

static int is_pdb;
static sample c, cxx;

static void load(sample *it, const char *image) {
    size_t size, debug_size;
    const char *reason = NULL;
    it->bytes = facts_read_file(image, &size);
    assert_int_equal(hp_pe_open(it->bytes, size, &it->pe, &reason), S_OK);
    HRESULT hr;
    if (is_pdb) {
        char path[512];
        snprintf(path, sizeof path, "%s", image);
        memcpy(strrchr(path, '.'), ".pdb", 5);
        it->debug = facts_read_file(path, &debug_size);
        hr = hp_facts_pdb(it->debug, debug_size, &it->pe, &it->facts, &reason);
        unsigned char signature[16];
        uint32_t age;
        assert_true(hp_facts_pdb_name(&it->pe, signature, &age).size > 0);
        assert_int_equal(hp_facts_pdb_fits(it->debug, debug_size, signature, age), 1);
        signature[15] ^= 1;
        assert_int_equal(hp_facts_pdb_fits(it->debug, debug_size, signature, age), 0);
    } else {
        hr = hp_facts_dwarf(&it->pe, &it->facts, &reason);
    }
    if (hr != S_OK)
        fail_msg("%s: 0x%08x %s", image, (unsigned)hr, reason ? reason : "");
}

static void unload(sample *it) {
    hp_facts_free(&it->facts);
    free(it->bytes);
    free(it->debug);
}

static const hp_fact *named(const char *name) {
    return facts_named(&c.facts, name);
}

static void expect(const sample *it, const char *name, unsigned parameters, unsigned const_behind) {
    const hp_fact *fact = facts_named(&it->facts, name);
    if (fact->parameters != parameters || fact->const_behind != const_behind)
        fail_msg("%s: %u parameters, const 0x%x; expected %u, 0x%x", name, fact->parameters,
                 fact->const_behind, parameters, const_behind);
}

static void only_a_function_without_a_prototype_is_said_to_have_none(void **state) {
    (void)state;
    assert_int_equal(named("facts_old")->is_unprototyped, !is_pdb);
    for (size_t i = 0; i < c.facts.count; i++)
        if (c.facts.items[i].name && strncmp(c.facts.items[i].name, "facts_", 6) == 0 &&
            strcmp(c.facts.items[i].name, "facts_old") != 0 && c.facts.items[i].is_unprototyped)
            fail_msg("%s", c.facts.items[i].name);
    for (size_t i = 0; i < cxx.facts.count; i++)
        assert_false(cxx.facts.items[i].is_cxx && cxx.facts.items[i].is_unprototyped);
}

static void order_is_as_promised(void **state) {
    (void)state;
    facts_expect_order(&c.facts);
    facts_expect_order(&cxx.facts);
}

static void addresses_are_those_of_the_entries(void **state) {
    (void)state;
    static const char *const names[] = {"facts_plain", "facts_const",  "facts_typedefs", "facts_variadic",
                                        "facts_none",  "facts_caller", "facts_fastcall"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const uint32_t rva = facts_export(&c.pe, names[i]);
        assert_int_not_equal(rva, 0);
        assert_int_equal(named(names[i])->rva, rva);
        assert_ptr_equal(hp_facts_find(&c.facts, rva), named(names[i]));
    }
}

static void const_behind_a_pointer_is_seen_through_typedefs(void **state) {
    (void)state;
    expect(&c, "facts_plain", 2, 0);
    expect(&c, "facts_const", 6, 0x15);
    expect(&c, "facts_typedefs", 6, 0x07);
    expect(&c, "facts_static", 1, 1);
    expect(&c, "facts_fastcall", 3, 2);
    expect(&c, "facts_none", 0, 0);
}

static void parameter_that_the_optimiser_dropped_is_counted(void **state) {
    (void)state;
    expect(&c, "facts_unused", 3, 2);
}

static void dots_are_seen_and_are_no_parameter(void **state) {
    (void)state;
    expect(&c, "facts_variadic", 1, 1);
    assert_true(named("facts_variadic")->is_variadic);
    assert_false(named("facts_plain")->is_variadic);
    assert_true(facts_named(&cxx.facts, "many")->is_variadic);
    expect(&cxx, "many", 1, 1);
}

static void static_functions_are_told_apart(void **state) {
    (void)state;
    assert_true(named("facts_plain")->is_external);
    assert_false(named("facts_static")->is_external);
    assert_false(named("facts_partly")->is_external);
}

static void inlined_copies_are_counted(void **state) {
    (void)state;
    assert_int_equal(named("facts_plain")->inlined, 0);
    assert_int_equal(named("facts_partly")->inlined, 2);
    assert_int_equal(named("facts_inlined_away")->inlined, 3); // two of them within another copy
    assert_int_equal(named("facts_inlined_deep")->inlined, 1);
    assert_int_not_equal(named("facts_partly")->rva, 0);
}

static void inlined_away_function_has_a_name_and_a_place(void **state) {
    (void)state;
    const hp_fact *away = named("facts_inlined_away");
    assert_int_equal(away->rva, 0);
    assert_true(facts_ends(away->file, "tests/unit/facts_sample.c"));
    assert_int_equal(away->line, facts_line_of(c.source, "// FACTS_LINE_INLINED"));
    expect(&c, "facts_inlined_away", 1, 1);
    assert_int_equal(c.facts.count - c.facts.with_code, 2);

    const hp_fact *method = facts_named(&cxx.facts, "acme::player::soon");
    assert_int_equal(method->rva, 0);
    assert_int_equal(method->inlined, 2);
    assert_true(facts_ends(method->file, "tests/unit/facts_sample.cpp"));
    assert_int_equal(method->line, facts_line_of(cxx.source, "// FACTS_LINE_SOON"));
    const hp_fact *function = facts_named(&cxx.facts, "acme::score::away");
    assert_int_equal(function->rva, 0);
    assert_int_equal(function->line, facts_line_of(cxx.source, "// FACTS_LINE_AWAY"));
}

static void methods_have_an_object(void **state) {
    (void)state;
    expect(&cxx, "acme::player::get", 2, 1);
    expect(&cxx, "acme::player::set", 2, 2);
    expect(&cxx, "acme::player::make", 1, 1);
    expect(&cxx, "acme::player::soon", 2, 3);
    assert_true(facts_named(&cxx.facts, "acme::player::get")->has_object);
    assert_true(facts_named(&cxx.facts, "acme::player::set")->has_object);
    assert_true(facts_named(&cxx.facts, "acme::player::soon")->has_object);
    assert_false(facts_named(&cxx.facts, "acme::player::make")->has_object);
    assert_false(facts_named(&cxx.facts, "acme::use")->has_object);
    assert_false(named("facts_plain")->has_object);
}

static void references_are_told_from_pointers(void **state) {
    (void)state;
    expect(&cxx, "acme::use", 4, 0x9);
    assert_int_equal(facts_named(&cxx.facts, "acme::use")->reference, 0x7);
    assert_int_equal(facts_named(&cxx.facts, "acme::player::set")->reference, 0x2);
    assert_int_equal(facts_named(&cxx.facts, "twice<int>")->reference, 0);
    assert_int_equal(named("facts_const")->reference, 0);
}

static void overloads_are_two_functions(void **state) {
    (void)state;
    unsigned count = 0;
    for (size_t i = 0; i < cxx.facts.with_code; i++)
        count += cxx.facts.items[i].name && strcmp(cxx.facts.items[i].name, "acme::score::add") == 0;
    assert_int_equal(count, 2);
}

static void language_and_compiler_are_known(void **state) {
    (void)state;
    const hp_compiler expected = is_pdb ? HP_COMPILER_CLANG : HP_COMPILER_HERE;
    assert_int_equal(named("facts_plain")->compiler, expected);
    assert_int_equal(named("facts_inlined_away")->compiler, expected);
    assert_false(named("facts_plain")->is_cxx);
    const hp_fact *use = facts_named(&cxx.facts, "acme::use");
    assert_int_equal(use->compiler, HP_COMPILER_CLANG);
    assert_true(use->is_cxx);
    assert_false(named("facts_plain")->is_free); // -O2, or unknown
}

static void pdb_of_an_image_is_named(void **state) {
    (void)state;
    unsigned char signature[16] = {0};
    static const unsigned char zeros[16];
    uint32_t age = 0;
    const hp_span name = hp_facts_pdb_name(&c.pe, signature, &age);
    if (!is_pdb) {
        assert_int_equal(name.size, 0);
        return;
    }
    static const char end[] = "facts_pdb.pdb";
    assert_true(name.size >= sizeof end - 1);
    assert_memory_equal(name.at + name.size - (sizeof end - 1), end, sizeof end - 1);
    assert_int_equal(age, 1);
    assert_memory_not_equal(signature, zeros, sizeof signature);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_as_promised),
        cmocka_unit_test(only_a_function_without_a_prototype_is_said_to_have_none),
        cmocka_unit_test(addresses_are_those_of_the_entries),
        cmocka_unit_test(const_behind_a_pointer_is_seen_through_typedefs),
        cmocka_unit_test(parameter_that_the_optimiser_dropped_is_counted),
        cmocka_unit_test(dots_are_seen_and_are_no_parameter),
        cmocka_unit_test(static_functions_are_told_apart),
        cmocka_unit_test(inlined_copies_are_counted),
        cmocka_unit_test(inlined_away_function_has_a_name_and_a_place),
        cmocka_unit_test(methods_have_an_object),
        cmocka_unit_test(references_are_told_from_pointers),
        cmocka_unit_test(overloads_are_two_functions),
        cmocka_unit_test(language_and_compiler_are_known),
        cmocka_unit_test(pdb_of_an_image_is_named),
    };
    if (argc != 5) {
        fprintf(stderr, "facts: dwarf|pdb, the C image, the C++ image and the folder of the sources\n");
        return 1;
    }
    is_pdb = strcmp(argv[1], "pdb") == 0;
    load(&c, argv[2]);
    load(&cxx, argv[3]);
    snprintf(c.source, sizeof c.source, "%s/facts_sample.c", argv[4]);
    snprintf(cxx.source, sizeof cxx.source, "%s/facts_sample.cpp", argv[4]);
    const int failed = cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
    unload(&c);
    unload(&cxx);
    return failed;
}
