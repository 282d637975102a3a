// Which function of the app an update's is taken for.
#include "client/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned char image[4096];

static void code(void) {}

/* An app: "open" and two static functions prepared, one of these marked too. */
static hp_functable table;
static unsigned char *bytes;
static hp_function marked = {.name = "marked", .compiler = HP_COMPILER_GNU, .patchable = 1};

static int make(void **state) {
    (void)state;
#define PREPARED                                                                                             \
    .signature = "i32(i32)", .size = 16, .form = HP_FORM_NOPS, .room = 16, .compiler = HP_COMPILER_GNU
    const hp_table_function functions[] = {
        {PREPARED, .name = "open", .short_length = 4, .rva = 0x100},
        {PREPARED, .name = "parse@a.c", .short_length = 5, .rva = 0x200, .is_static = 1},
        {PREPARED, .name = "marked@a.c", .short_length = 6, .rva = 0x300, .is_static = 1},
        {PREPARED, .name = "acme::add(i32)", .short_length = 9, .rva = 0x400},
    };
    const hp_table_about about = {.arch = HP_ARCH_HERE, .image_size = sizeof image, .writer = "test"};
    size_t size;
    if (hp_table_make(&about, functions, sizeof functions / sizeof *functions, &bytes, &size, NULL) != S_OK)
        return 1;
    marked.address = (unsigned char *)(uintptr_t)code;
    table = (hp_functable){.base = image, .image_size = sizeof image, .count = 1, .functions = &marked};
    return hp_table_open(bytes, size, &table.prepared, NULL) != S_OK;
}

static int release(void **state) {
    (void)state;
    free(bytes);
    return 0;
}

/* Is there a function for it? Whether its code can be patched is another matter: there is none. */
static int is_found(const char *name) {
    char text[64], signature[] = "i32(i32)";
    strcpy(text, name);
    hp_offer_item item = {.name = text, .signature = signature};
    const hp_offer offer = {.count = 1, .items = &item};
    hp_plan plan;
    hp_trouble trouble = {0};
    assert_int_equal(hp_plan_make(&offer, &table, NULL, &plan, &trouble), S_OK);
    const int found = plan.items[0].result != HP_E_NAME_UNKNOWN;
    assert_true(found || plan.items[0].detail[0] != '\0');
    hp_plan_free(&plan);
    return found;
}

static void update_finds_what_has_its_name(void **state) {
    (void)state;
    assert_true(is_found("open"));
    assert_true(is_found("parse@a.c"));
    assert_true(is_found("acme::add"));
    assert_true(is_found("open(i32)"));
    assert_false(is_found("close"));
}

static void static_function_is_not_linked_with_one_that_is_not(void **state) {
    (void)state;
    assert_false(is_found("parse"));
    assert_false(is_found("parse@b.c"));
    assert_false(is_found("open@a.c"));
}

static void mark_is_found_by_its_plain_name(void **state) {
    (void)state;
    assert_true(is_found("marked"));
    assert_true(is_found("marked@a.c"));
}

/* As hp_plan_make would have judged them. */
static void make_good(hp_plan_item *item, const hp_offer_item *offer) {
    *item = (hp_plan_item){.offer = offer};
    assert_int_equal(hp_signature_parse(offer->signature, HP_ARCH_HERE, &item->marshal.signature, NULL),
                     S_OK);
}

static void policy_that_does_not_fit_is_the_verdict_on_that_function_only(void **state) {
    (void)state;
    char names[][8] = {"add", "make", "refused"};
    char signatures[][24] = {"i32(i32)", "struct{i32[4]}(i32)", "struct{i32[4]}(i32)"};
    hp_offer_item offers[3] = {0};
    hp_plan_item items[3];
    for (size_t i = 0; i < 3; i++) {
        offers[i].name = names[i];
        offers[i].signature = signatures[i];
        make_good(&items[i], &offers[i]);
    }
    items[2].result = HP_E_NOT_PATCHABLE;
    hp_plan plan = {.count = 3, .good = 2, .items = items};
    hp_policy value = {.size = sizeof value, .action = HP_FAILURE_VALUE};
    hp_attach_options options = {.size = sizeof options};
    hp_plan_hold_policies(&plan, &options);
    assert_int_equal(plan.good, 2);
    options.policy = &value;
    for (int i = 0; i < 2; i++) { /* what was judged once is not counted again */
        hp_plan_hold_policies(&plan, &options);
        assert_int_equal(plan.good, 1);
        assert_int_equal(items[0].result, S_OK);
        assert_int_equal(items[1].result, HP_E_POLICY);
        assert_non_null(strstr(items[1].detail, "structure"));
        assert_int_equal(items[2].result, HP_E_NOT_PATCHABLE);
    }
    hp_trouble trouble = {0};
    assert_int_equal(hp_plan_verdict(&plan, &trouble), HP_E_POLICY);
    assert_string_equal(trouble.thing, "make");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_finds_what_has_its_name),
        cmocka_unit_test(static_function_is_not_linked_with_one_that_is_not),
        cmocka_unit_test(mark_is_found_by_its_plain_name),
        cmocka_unit_test(policy_that_does_not_fit_is_the_verdict_on_that_function_only),
    };
    return cmocka_run_group_tests(tests, make, release);
}
