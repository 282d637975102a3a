/*
 * Transactions that are refused: each reason has its error and names the function, and no byte changes. And
 * what may follow what: open, add, commit, revert, drain, close.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/patch_host.h"
#include "e2e/patch_world.h"
#include "proxygen/functable.h"

enum { IDENTITY = 64 };

/* patch_bad.S */
int patch_bad_room(void), patch_bad_alignment(void), patch_bad_short(void), patch_bad_thunk(void),
    patch_bad_goal(void), patch_bad_call(void), patch_bad_loop(void);

static const char two[] = "i32(i32 a, i32 b)";
static HMODULE module;

static int (*below_sum)(int, int);
static int new_sum(int a, int b) {
    return below_sum(a, b) * 10 + 1;
}

static int (*below_export)(int, int);
static int new_export(int a, int b) {
    return below_export(a, b) * 10 + 1;
}

static int new_scale(int a) {
    return 100 * a;
}

static int new_plain(void) {
    return 6;
}

static int set_up(void **state) {
    (void)state;
    module = LoadLibraryW(L"fixture_patch_module.dll");
    return module == NULL;
}

static int tear_down(void **state) {
    (void)state;
    return !FreeLibrary(module);
}

static HRESULT add_sum(hp_patch *patch) {
    return patch_add(patch, NULL, "patch_host_sum", PATCH_ADDRESS(new_sum), two, (void **)(void *)&below_sum);
}

static HRESULT add_export(hp_patch *patch) {
    return patch_add(patch, NULL, "patch_host_export", PATCH_ADDRESS(new_export), two,
                     (void **)(void *)&below_export);
}

/* ---- one function ---- */

/* Whatever the reason, the rest of the transaction goes on as if it had not been asked for. */
static void unpatchable_functions_are_refused_each_with_its_reason(void **state) {
    (void)state;
    const struct {
        int (*function)(void);
        HRESULT result;
    } bad[] = {
        {patch_bad_room, HP_E_PAD_OCCUPIED},
        {patch_bad_alignment, HP_E_ENTRY_MISALIGNED},
        {patch_bad_thunk, HP_E_LINK_THUNK},
        /* A real first instruction is moved on x64 only. */
        {patch_bad_short, HP_X64 ? HP_E_TOO_SHORT : HP_E_NOT_PATCHABLE},
        {patch_bad_call, HP_X64 ? HP_E_INSTRUCTION : HP_E_NOT_PATCHABLE},
        {patch_bad_loop, HP_X64 ? HP_E_INSTRUCTION : HP_E_NOT_PATCHABLE},
    };
    const patch_code sum = patch_code_of(PATCH_ADDRESS(patch_host_sum));
    hp_patch *patch = patch_open();
    assert_int_equal(add_sum(patch), S_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *address = PATCH_ADDRESS(bad[i].function);
        const patch_code code = patch_code_of(address);
        assert_int_equal(patch_add_at(patch, address, PATCH_ADDRESS(new_plain), "i32()", NULL),
                         bad[i].result);
        assert_string_not_equal(patch_trouble(patch, bad[i].result).name, "");
        assert_true(patch_code_same(&code));
    }
    assert_true(patch_code_same(&sum));
    assert_int_equal(hp_patch_commit(patch), S_OK);
    assert_int_equal(patch_host_sum(3, 4), 71);
    patch_end(patch);
    patch_assert_reverted(&sum);
}

static void data_and_addresses_outside_of_images_are_refused(void **state) {
    (void)state;
    static int data;
    hp_patch *patch = patch_open();
    void *heap = HeapAlloc(GetProcessHeap(), 0, 64);
    void *const addresses[] = {&data, heap, (void *)(uintptr_t)16, (void *)(UINTPTR_MAX - 15)};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_int_equal(patch_add_at(patch, addresses[i], PATCH_ADDRESS(new_plain), NULL, NULL),
                         HP_E_NOT_PATCHABLE);
    assert_int_equal(patch_add(patch, module, "patch_module_data", PATCH_ADDRESS(new_plain), NULL, NULL),
                     HP_E_NOT_PATCHABLE);
    HeapFree(GetProcessHeap(), 0, heap);
    hp_patch_close(patch);
}

static void names_that_do_not_stand_for_one_function_are_refused(void **state) {
    (void)state;
    const struct {
        const char *name;
        HRESULT result;
        const char *detail;
    } bad[] = {
        {"patch_module_nobody", HP_E_NAME_UNKNOWN, ""},
        {"patch_module_forwarded", HP_E_FORWARDER, "GetTickCount"},
        {"patch_module_shared", HP_E_ADDRESS_SHARED, "patch_module_alias"},
        {"patch_module_alias", HP_E_ADDRESS_SHARED, "patch_module_shared"},
    };
    hp_patch *patch = patch_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(patch_add(patch, module, bad[i].name, PATCH_ADDRESS(new_scale), "i32(i32)", NULL),
                         bad[i].result);
        const hp_patch_trouble trouble = patch_trouble(patch, bad[i].result);
        assert_string_equal(trouble.name, bad[i].name);
        assert_non_null(strstr(trouble.detail, bad[i].detail));
    }
    hp_patch_close(patch);
}

/* Whoever gives the address knows that it has two names. */
static void function_with_two_names_is_patched_by_its_address(void **state) {
    (void)state;
    void *address = (void *)(uintptr_t)GetProcAddress(module, "patch_module_shared");
    patch_module_function *shared = (patch_module_function *)(uintptr_t)address;
    const patch_code code = patch_code_of(address);
    hp_patch *patch = patch_open();
    assert_int_equal(patch_add_at(patch, address, PATCH_ADDRESS(new_scale), "i32(i32)", NULL), S_OK);
    assert_int_equal(hp_patch_commit(patch), S_OK);
    assert_int_equal(shared(2), 200);
    patch_end(patch);
    assert_int_equal(shared(2), 6);
    patch_assert_reverted(&code);
}

static void function_is_added_once(void **state) {
    (void)state;
    hp_patch *patch = patch_open();
    assert_int_equal(add_sum(patch), S_OK);
    assert_int_equal(add_sum(patch), HP_E_NAME_DUPLICATE);
    assert_int_equal(patch_add_at(patch, PATCH_ADDRESS(patch_host_sum), PATCH_ADDRESS(new_export), two, NULL),
                     HP_E_NAME_DUPLICATE);
    assert_int_equal(add_export(patch), S_OK);
    hp_patch_close(patch);
}

static void replacement_inside_of_what_is_replaced_is_refused(void **state) {
    (void)state;
    unsigned char *entry = PATCH_ADDRESS(patch_host_sum);
    hp_patch *patch = patch_open();
    HRESULT hr = S_OK;
    for (int i = -5; i < 2; i++) {
        hp_patch_close(patch);
        patch = patch_open();
        hr = patch_add_at(patch, entry, entry + i, two, NULL);
        if (SUCCEEDED(hr))
            hr = hp_patch_commit(patch);
        assert_int_equal(hr, HP_E_OVERLAP);
    }
    hp_patch_close(patch);
    assert_int_equal(patch_host_sum(3, 4), 7);
}

static void arguments_that_make_no_sense_are_refused(void **state) {
    (void)state;
    hp_patch *patch = patch_open();
    void *sum = PATCH_ADDRESS(patch_host_sum), *new = PATCH_ADDRESS(new_sum);
    const hp_patch_function bad[] = {
        {.size = 4, .name = "patch_host_sum", .replacement = new},
        {.size = sizeof *bad, .name = "patch_host_sum"},
        {.size = sizeof *bad, .replacement = new},
        {.size = sizeof *bad, .address = sum, .replacement = new, .expected_size = 2},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hp_patch_add(patch, &bad[i]), E_INVALIDARG);
    assert_int_equal(patch_add_at(patch, sum, new, "i32(i32 a", NULL), HP_E_SIGNATURE_SYNTAX);
    hp_patch_close(patch);
}

static void null_pointers_are_refused_and_not_followed(void **state) {
    (void)state;
    const hp_patch_function function = {.size = sizeof function};
    hp_patch_trouble trouble = {.size = sizeof trouble};
    hp_patch *patch = patch_open();
    const HRESULT results[] = {
        hp_patch_open(NULL),
        hp_patch_add(NULL, &function),
        hp_patch_add(patch, NULL),
        hp_patch_commit(NULL),
        hp_patch_revert(NULL),
        hp_patch_drain(NULL, 0),
        hp_patch_explain(NULL, &trouble),
        hp_patch_explain(patch, NULL),
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        assert_true(results[i] == E_POINTER || results[i] == E_INVALIDARG);
    hp_patch_close(patch);
    hp_patch_close(NULL);
}

/* ---- made for another build ---- */

static void image_has_to_be_the_one_that_is_expected(void **state) {
    (void)state;
    char identity[IDENTITY];
    hp_identity is;
    assert_int_equal(hp_functable_identity(module, &is), S_OK);
    hp_functable_identity_text(&is, identity, sizeof identity);
    hp_patch_function function = {.size = sizeof function,
                                  .module = module,
                                  .name = "patch_module_scale",
                                  .replacement = PATCH_ADDRESS(new_scale),
                                  .signature = "i32(i32)",
                                  .identity = identity};
    hp_patch *patch = patch_open();
    const char last = identity[strlen(identity) - 1];
    identity[strlen(identity) - 1] = last == '0' ? '1' : '0';
    assert_int_equal(hp_patch_add(patch, &function), HP_E_IMAGE_DIFFERS);
    assert_string_equal(patch_trouble(patch, HP_E_IMAGE_DIFFERS).name, "patch_module_scale");
    identity[strlen(identity) - 1] = last;
    assert_int_equal(hp_patch_add(patch, &function), S_OK);
    assert_int_equal(patch_trouble(patch, S_OK).result, S_OK);
    hp_patch_close(patch);
}

static void entry_has_to_hold_the_bytes_that_are_expected(void **state) {
    (void)state;
    unsigned char expected[8];
    memcpy(expected, patch_code_of(PATCH_ADDRESS(patch_host_sum)).bytes + PATCH_ROOM, sizeof expected);
    hp_patch_function function = {.size = sizeof function,
                                  .name = "patch_host_sum",
                                  .replacement = PATCH_ADDRESS(new_sum),
                                  .signature = two,
                                  .original = (void **)(void *)&below_sum,
                                  .expected = expected,
                                  .expected_size = sizeof expected};
    hp_patch *patch = patch_open();
    for (size_t i = 0; i < sizeof expected; i++) {
        expected[i] ^= 1;
        assert_int_equal(hp_patch_add(patch, &function), HP_E_BYTES_DIFFER);
        assert_string_equal(patch_trouble(patch, HP_E_BYTES_DIFFER).name, "patch_host_sum");
        expected[i] ^= 1;
    }
    assert_int_equal(hp_patch_add(patch, &function), S_OK);
    assert_int_equal(hp_patch_commit(patch), S_OK);
    /* Another layer may expect the same: what it was made for is the function, not our jump. */
    hp_patch *upper = patch_open();
    function.replacement = PATCH_ADDRESS(new_export);
    function.original = (void **)(void *)&below_export;
    assert_int_equal(hp_patch_add(upper, &function), S_OK);
    assert_int_equal(hp_patch_commit(upper), S_OK);
    assert_int_equal(patch_host_sum(3, 4), 711);
    patch_end(patch);
    assert_int_equal(patch_host_sum(3, 4), 71);
    patch_end(upper);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpatchable_functions_are_refused_each_with_its_reason),
        cmocka_unit_test(data_and_addresses_outside_of_images_are_refused),
        cmocka_unit_test(names_that_do_not_stand_for_one_function_are_refused),
        cmocka_unit_test(function_with_two_names_is_patched_by_its_address),
        cmocka_unit_test(function_is_added_once),
        cmocka_unit_test(replacement_inside_of_what_is_replaced_is_refused),
        cmocka_unit_test(arguments_that_make_no_sense_are_refused),
        cmocka_unit_test(null_pointers_are_refused_and_not_followed),
        cmocka_unit_test(image_has_to_be_the_one_that_is_expected),
        cmocka_unit_test(entry_has_to_hold_the_bytes_that_are_expected),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
