// Full names of functions, from what debug information calls them.
#include "tools/inventory/inventory_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char text[HP_NAME_MAX + 1];

static void assert_name(const char *name, const char *parameters, const char *file, const char *full,
                        size_t short_length) {
    assert_int_equal(hp_inventory_name_make(name, parameters, file, text), short_length);
    assert_string_equal(text, full);
}

static void plain_function_keeps_its_name(void **state) {
    (void)state;
    assert_name("score_add", NULL, NULL, "score_add", 9);
}

static void overloads_differ_by_their_parameters(void **state) {
    (void)state;
    assert_name("acme::add", "(i32,i32)", NULL, "acme::add(i32,i32)", 9);
    assert_name("acme::add", "(f64)", NULL, "acme::add(f64)", 9);
    assert_name("op::operator()", "(i32)", NULL, "op::operator()(i32)", 14);
}

static void static_functions_differ_by_their_file(void **state) {
    (void)state;
    assert_name("helper", NULL, "src/a.c", "helper@src/a.c", 6);
    assert_name("helper", "(i32)", "src/my file.cpp", "helper(i32)@src/my%20file.cpp", 6);
}

static void unnamed_namespace_is_left_out_however_it_is_spelled(void **state) {
    (void)state;
    assert_name("f", "(i32)", "a.cpp", "f(i32)@a.cpp", 1); // gcc's DWARF, as Wine tells it
    assert_name("(anonymous namespace)::f", "(i32)", "a.cpp", "f(i32)@a.cpp", 1);
    assert_name("`anonymous-namespace'::f", "(i32)", "a.cpp", "f(i32)@a.cpp", 1);
    assert_name("`anonymous%20namespace'::f", NULL, NULL, "f", 1);
    assert_name("acme::{anonymous}::f", NULL, NULL, "acme::f", 7);
    assert_name("acme::(anonymous%20namespace)::inner::(anonymous namespace)::f", NULL, NULL,
                "acme::inner::f", 14);
    assert_name("twice<acme::(anonymous%20namespace)::money>", NULL, NULL, "twice<acme::money>", 18);
}

static void name_that_cannot_be_written_is_refused(void **state) {
    (void)state;
    assert_int_equal(hp_inventory_name_make("", NULL, NULL, text), 0);
    assert_int_equal(hp_inventory_name_make("two words", NULL, NULL, text), 0);
    assert_int_equal(hp_inventory_name_make("quo\"te", NULL, NULL, text), 0);
    assert_int_equal(hp_inventory_name_make("f", "(i32", NULL, text), 0);
    assert_int_equal(hp_inventory_name_make("f", NULL, "", text), 0);
}

static void name_that_is_too_long_is_not_cut(void **state) {
    (void)state;
    char name[HP_NAME_MAX + 3];
    memset(name, 'a', sizeof name);
    name[HP_NAME_MAX] = '\0';
    assert_int_equal(hp_inventory_name_make(name, NULL, NULL, text), HP_NAME_MAX);
    assert_int_equal(hp_inventory_name_make(name, "(i32)", NULL, text), 0);
    name[HP_NAME_MAX] = 'a';
    name[HP_NAME_MAX + 1] = '\0';
    assert_int_equal(hp_inventory_name_make(name, NULL, NULL, text), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_function_keeps_its_name),
        cmocka_unit_test(overloads_differ_by_their_parameters),
        cmocka_unit_test(static_functions_differ_by_their_file),
        cmocka_unit_test(unnamed_namespace_is_left_out_however_it_is_spelled),
        cmocka_unit_test(name_that_cannot_be_written_is_refused),
        cmocka_unit_test(name_that_is_too_long_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
