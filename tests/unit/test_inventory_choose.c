// Which functions a pattern offers.
#include "tools/inventory/inventory_choose.h"

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

/* What is said when this pattern is refused. */
static const char *refusal(hp_inventory *inventory, const char *function, const char *offered) {
    static hp_trouble trouble;
    const hp_inventory_options options = {.functions = &function,
                                          .function_count = function != NULL,
                                          .offers = &offered,
                                          .offer_count = offered != NULL};
    trouble = (hp_trouble){0};
    assert_true(FAILED(hp_inventory_choose_offers(inventory, &options, &trouble)));
    return trouble.detail;
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

static void pattern_that_matches_nothing_at_all_says_so(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    (void)state;
    assert_string_equal(refusal(&inventory, "h*", NULL), "--function: no function of the image matches it");
    assert_string_equal(refusal(&inventory, NULL, "h*"), "--offer: no function of the image matches it");
}

static void pattern_for_what_was_left_out_says_what_and_why(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    hp_inventory_left left[] = {{"h", NULL, HP_INVENTORY_FILTERED},
                                {"hard", "lib/h.c", HP_INVENTORY_FOREIGN},
                                {"hash", "lib/h.c", HP_INVENTORY_FOREIGN},
                                {"i", "", HP_INVENTORY_FOREIGN}};
    inventory.left = left;
    inventory.left_count = sizeof left / sizeof *left;
    (void)state;
    assert_string_equal(
        refusal(&inventory, NULL, "h"),
        "--offer: no function that is listed matches it; left out: h (no --function pattern names it)");
    assert_string_equal(
        refusal(&inventory, "ha*", NULL),
        "--function: no function that is listed matches it; left out: hard of lib/h.c and 1 more "
        "(its source file is not below your --sources)");
    assert_non_null(strstr(refusal(&inventory, "h*", NULL), "left out: h (no"));
    assert_non_null(strstr(refusal(&inventory, "h*", NULL), "left out: hard of"));
    assert_non_null(strstr(refusal(&inventory, "i", NULL), "left out: i (its source"));
}

static void pattern_none_of_whose_functions_can_be_offered_is_refused(void **state) {
    hp_table_function functions[COUNT];
    hp_inventory inventory = inventory_of(functions, names, COUNT);
    (void)state;
    functions[0].callable = functions[1].callable = HP_E_SIGNATURE_UNKNOWN;
    functions[0].signature = "parameter 1";
    assert_string_equal(
        refusal(&inventory, NULL, "f*"),
        "--offer: it matches 2 functions, none of which can be offered; f(acme::player&), for one: "
        "parameter 1");
    assert_int_equal(offer(&inventory, "*"), S_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_name_with_a_star_is_no_pattern),
        cmocka_unit_test(full_name_with_a_star_that_has_no_signature_is_refused),
        cmocka_unit_test(short_name_offers_all_overloads),
        cmocka_unit_test(pattern_that_matches_nothing_at_all_says_so),
        cmocka_unit_test(pattern_for_what_was_left_out_says_what_and_why),
        cmocka_unit_test(pattern_none_of_whose_functions_can_be_offered_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
