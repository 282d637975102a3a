/*
 * What the macros make of C++ functions in use.cpp is found under the name that was written, leads to the
 * function itself whatever the linker calls it, and can be redirected and given back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hotpatch/patch.h"

int use_call(int which, int a); // of use.cpp

enum { ARGUMENT = 20 };

static int replacement(int a) {
    return a + 1000;
}

static void redirected(int which, const char *name, int original) {
    hp_patch *patch = NULL;
    assert_int_equal(hp_patch_open(&patch), S_OK);
    const hp_patch_function function = {.size = sizeof function,
                                        .name = name,
                                        .replacement = (void *)(uintptr_t)replacement,
                                        .signature = "i32(i32 a)"};
    assert_int_equal(use_call(which, ARGUMENT), original);
    assert_int_equal(hp_patch_add(patch, &function), S_OK);
    assert_int_equal(hp_patch_commit(patch), S_OK);
    assert_int_equal(use_call(which, ARGUMENT), ARGUMENT + 1000);
    assert_int_equal(hp_patch_revert(patch), S_OK);
    assert_int_equal(use_call(which, ARGUMENT), original);
    assert_int_equal(hp_patch_drain(patch, INFINITE), S_OK);
    hp_patch_close(patch);
}

static void mangled_name(void **state) {
    (void)state;
    redirected(0, "use_plain", ARGUMENT + 1);
}

static void extern_c(void **state) {
    (void)state;
    redirected(1, "use_c", 2 * ARGUMENT);
}

static void in_a_namespace(void **state) {
    (void)state;
    redirected(2, "twice", 2 * ARGUMENT);
}

static void overloaded(void **state) {
    (void)state;
    redirected(3, "use_overloaded", ARGUMENT + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mangled_name),
        cmocka_unit_test(extern_c),
        cmocka_unit_test(in_a_namespace),
        cmocka_unit_test(overloaded),
    };
    return cmocka_run_group_tests_name("cxx-macros", tests, NULL, NULL);
}
