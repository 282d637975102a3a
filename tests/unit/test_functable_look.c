// Marked and prepared functions of one image, looked up together.
#include "proxygen/functable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned char image[4096];

/** An image with these functions in its prepared table. */
static hp_functable table;
static unsigned char *bytes;

static hp_table_function prepared(const char *name, uint32_t rva, const char *signature) {
    return (hp_table_function){.name = name,
                               .signature = signature,
                               .rva = rva,
                               .size = 16,
                               .form = HP_FORM_NOPS,
                               .room = 16,
                               .short_length = (uint8_t)strcspn(name, "(@"),
                               .compiler = HP_COMPILER_GNU};
}

static int make(void **state) {
    (void)state;
    hp_table_function functions[] = {
        prepared("add", 0x100, "i32(i32,i32)"),
        prepared("helper@a.c", 0x200, "void(i32)"),
        prepared("twice@a.c", 0x300, "i32(i32)"),
        prepared("twice@b.c", 0x340, "i32(i32)"),
        prepared("hidden", 0x380, "parameter 1: x"),
        prepared("marked", 0x400, "f64(struct box{i32 id;f64 m[4]})"),
        prepared("other", 0x440, "f32(f32)"),
        prepared("gone", 0, "no code"),
    };
    functions[1].offered = functions[1].is_static = 1;
    functions[4].callable = HP_E_SIGNATURE_UNKNOWN;
    functions[7].patchable = HP_E_INLINED;
    functions[7].callable = HP_E_SIGNATURE_UNKNOWN;
    functions[7].size = functions[7].room = 0;
    functions[7].form = HP_FORM_NONE;
    const hp_table_about about = {.arch = HP_ARCH_HERE, .image_size = sizeof image, .writer = "test"};
    size_t size;
    if (hp_table_make(&about, functions, sizeof functions / sizeof *functions, &bytes, &size, NULL) != S_OK)
        return 1;
    table = (hp_functable){.base = image, .image_size = sizeof image};
    return hp_table_open(bytes, size, &table.prepared, NULL) != S_OK;
}

static int release(void **state) {
    (void)state;
    free(bytes);
    return 0;
}

static HRESULT look(const char *name, hp_function *function) {
    memset(function, 0x55, sizeof *function);
    return hp_functable_look(&table, name, strlen(name), function);
}

static void assert_signature(const hp_function *function, const char *expected) {
    char *signature = (char *)(uintptr_t)1;
    assert_int_equal(hp_functable_signature(&table, function, &signature), S_OK);
    if (expected)
        assert_string_equal(signature, expected);
    else
        assert_null(signature);
    free(signature);
}

static void prepared_function_needs_no_mark(void **state) {
    (void)state;
    hp_function function;
    assert_int_equal(look("add", &function), S_OK);
    assert_ptr_equal(function.address, image + 0x100);
    assert_signature(&function, "i32(i32,i32)");
    assert_true(function.patchable && function.prepared && !function.exported && !function.duplicate);
    assert_null(function.replacement);
}

static void only_what_is_offered_is_a_replacement(void **state) {
    (void)state;
    hp_function function;
    assert_int_equal(look("helper", &function), S_OK); // without its file
    assert_true(function.exported);
    assert_ptr_equal(function.replacement, image + 0x200);
}

static void what_hinders_a_function_is_kept(void **state) {
    (void)state;
    hp_function function;
    assert_int_equal(look("hidden", &function), S_OK);
    assert_signature(&function, NULL);
    assert_int_equal(function.callable, HP_E_SIGNATURE_UNKNOWN);
    char text[] = "-----------------";
    hp_functable_hindrance(&table, &function, text, sizeof text);
    assert_string_equal(text, "parameter 1: x");
    hp_functable_hindrance(&table, &function, text, 10);
    assert_string_equal(text, "parameter");
    assert_int_equal(look("add", &function), S_OK);
    hp_functable_hindrance(&table, &function, text, sizeof text);
    assert_string_equal(text, ""); // and no signature
    assert_int_equal(look("gone", &function), S_OK);
    assert_false(function.patchable);
    assert_null(function.address);
    assert_int_equal(function.verdict, HP_E_INLINED);
}

static void ambiguous_and_unknown_names_are_told_apart(void **state) {
    (void)state;
    hp_function function;
    assert_int_equal(look("twice", &function), HP_E_NAME_DUPLICATE);
    assert_int_equal(look("twice@b.c", &function), S_OK);
    assert_ptr_equal(function.address, image + 0x340);
    assert_int_equal(look("nobody", &function), HP_E_NAME_UNKNOWN);
}

static void mark_without_signature_takes_that_of_the_debug_information(void **state) {
    (void)state;
    hp_function marks[] = {
        {.name = "marked", .address = image + 0x400, .compiler = HP_COMPILER_GNU, .patchable = 1}};
    hp_function function;
    table.functions = marks;
    table.count = 1;
    assert_int_equal(look("marked", &function), S_OK);
    assert_signature(&function, "f64(struct box{i32 id;f64 m[4]})");
    marks[0].signature = "f64(f64 written)";
    assert_int_equal(look("marked", &function), S_OK);
    assert_signature(&function, "f64(f64 written)");
    table.functions = NULL;
    table.count = 0;
}

static void mark_of_another_function_of_that_name_keeps_to_itself(void **state) {
    (void)state;
    hp_function marks[] = {
        {.name = "other", .address = image + 0x800, .compiler = HP_COMPILER_GNU, .patchable = 1}};
    hp_function function;
    table.functions = marks;
    table.count = 1;
    assert_int_equal(look("other", &function), S_OK);
    assert_ptr_equal(function.address, image + 0x800);
    assert_signature(&function, NULL);
    char text[] = "-";
    hp_functable_hindrance(&table, &function, text, sizeof text);
    assert_string_equal(text, ""); // nothing is known of it
    table.functions = NULL;
    table.count = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prepared_function_needs_no_mark),
        cmocka_unit_test(only_what_is_offered_is_a_replacement),
        cmocka_unit_test(what_hinders_a_function_is_kept),
        cmocka_unit_test(ambiguous_and_unknown_names_are_told_apart),
        cmocka_unit_test(mark_without_signature_takes_that_of_the_debug_information),
        cmocka_unit_test(mark_of_another_function_of_that_name_keeps_to_itself),
    };
    return cmocka_run_group_tests(tests, make, release);
}
