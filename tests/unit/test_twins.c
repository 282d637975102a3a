// Functions that share their code are found, and a table made to make that slow does not.
#include "tools/command/twins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LISTED .signature = "void()", .compiler = HP_COMPILER_GNU, .patchable = HP_E_ADDRESS_SHARED

/* A table of these functions; bytes are the caller's. */
static unsigned char *open_table(const hp_table_function *functions, uint32_t count, hp_table *table) {
    const hp_table_about about = {.image_size = 0x7FFFFFFF, .arch = HP_ARCH_X64, .writer = "test"};
    unsigned char *bytes;
    size_t size;
    assert_int_equal(hp_table_make(&about, functions, count, &bytes, &size, NULL), S_OK);
    assert_int_equal(hp_table_open(bytes, size, table, NULL), S_OK);
    return bytes;
}

static void other_name_of_the_same_code_is_found(void **state) {
    const hp_table_function functions[] = {{LISTED, .name = "a", .rva = 0x20},
                                           {LISTED, .name = "b", .rva = 0x10},
                                           {LISTED, .name = "c", .rva = 0x20},
                                           {LISTED, .name = "d"},
                                           {LISTED, .name = "e"}};
    hp_table table;
    hp_twins twins;
    (void)state;
    unsigned char *bytes = open_table(functions, 5, &table);
    assert_int_equal(hp_twins_make(&table, &twins), S_OK);
    assert_string_equal(hp_twins_find(&twins, &functions[0]), "c");
    assert_string_equal(hp_twins_find(&twins, &functions[2]), "a");
    assert_null(hp_twins_find(&twins, &functions[1]));
    assert_null(hp_twins_find(&twins, &functions[3])); // none of the two has code
    assert_null(hp_twins_find(&twins, &(hp_table_function){.name = "x", .rva = 0x21}));
    hp_twins_free(&twins);
    free(bytes);
}

/* Comparing each with each would not end within any test's time: 2^36 comparisons. */
static void look_ups_of_a_large_table_do_not_take_its_square(void **state) {
    enum { COUNT = 1 << 18, ALONE = COUNT / 2 };
    hp_table_function *functions = calloc(COUNT, sizeof *functions);
    char(*names)[12] = calloc(COUNT, sizeof *names);
    hp_table table;
    hp_twins twins;
    (void)state;
    assert_true(functions && names);
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "f%lu", (unsigned long)i);
        functions[i] = (hp_table_function){LISTED, .name = names[i], .rva = i < ALONE ? 0x1000 + i : 0x100};
    }
    unsigned char *bytes = open_table(functions, COUNT, &table);
    assert_int_equal(hp_twins_make(&table, &twins), S_OK);
    for (uint32_t i = 0; i < COUNT; i++)
        if ((hp_twins_find(&twins, &functions[i]) == NULL) != (i < ALONE))
            fail_msg("function %lu", (unsigned long)i);
    hp_twins_free(&twins);
    free(bytes);
    free(names);
    free(functions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_name_of_the_same_code_is_found),
        cmocka_unit_test(look_ups_of_a_large_table_do_not_take_its_square),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
