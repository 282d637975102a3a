// Which functions a pattern offers.
#include "tools/inventory_choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A fresh inventory with these functions. */
static hp_inventory inventory_of(hp_table_function *functions, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        functions[i] =
            (hp_table_function){.name = names[i], .rva = (uint32_t)(0x1000 + 16 * i), .signature = "i32()"};
    return (hp_inventory){.functions = functions, .count = count};
}

static HRESULT offer(hp_inventory *inventory, const char *pattern) {
    const hp_inventory_options options = {.offers = &pattern, .offer_count = 1};
    hp_trouble trouble = {0};
    return hp_inventory_choose_offers(inventory, &options, &trouble);
}

static const char *const names[] = {"f(acme::player&)", "f(acme::player*)", "g"};
enum { COUNT = 3 };

static void full_name_with_a_star_is_no_pattern(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    (void)state;
    assert_int_equal(offer(&inventory, "f(acme::player*)"), S_OK);
    assert_false(functions[0].offered);
    assert_true(functions[1].offered);
    assert_false(functions[2].offered);
}

static void full_name_with_a_star_that_has_no_signature_is_refused(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    (void)state;
    functions[1].callable = HP_E_SIGNATURE_UNKNOWN;
    assert_int_equal(offer(&inventory, "f(acme::player*)"), HP_E_SIGNATURE_UNKNOWN);
    assert_int_equal(offer(&inventory, "f(*)"), S_OK); // a pattern leaves it out
    assert_true(functions[0].offered);
    assert_false(functions[1].offered);
}

static void short_name_offers_all_overloads(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    (void)state;
    assert_int_equal(offer(&inventory, "f"), S_OK);
    assert_true(functions[0].offered && functions[1].offered);
    assert_false(functions[2].offered);
    assert_int_equal(offer(&inventory, "h"), HP_E_NAME_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_name_with_a_star_is_no_pattern),
        cmocka_unit_test(full_name_with_a_star_that_has_no_signature_is_refused),
        cmocka_unit_test(short_name_offers_all_overloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
