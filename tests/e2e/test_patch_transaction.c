/*
 * All or nothing, and one step after the other: a transaction that fails has changed no byte and can be tried
 * again; what is done twice is refused or counts as done; what is not counted is not waited for. Argument
 * "dynamic-code": the child of the test of that name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/patch_host.h"
#include "e2e/patch_world.h"
#include "support/process.h"

enum { FUNCTIONS = 3, IN_FORCE = 0, NOT_ENFORCED = 3, WRONG = 4, SOON = 30000 };

static HMODULE module;
static patch_module_function *scale;
static patch_code before[FUNCTIONS];

static const char two[] = "i32(i32, i32)";
static int (*below_sum)(int, int);
static int new_sum(int a, int b) {
    return below_sum(a, b) * 10 + 1;
}

static int (*below_export)(int, int);
static int new_export(int a, int b) {
    return below_export(a, b) * 10 + 1;
}

static patch_module_function *below_scale;
static int new_scale(int a) {
    return below_scale(a) * 10 + 1;
}

static int new_plain(void) {
    return 6;
}

static int new_many(int count, ...) {
    return -count;
}

static int set_up(void **state) {
    (void)state;
    module = LoadLibraryW(L"fixture_patch_module.dll");
    if (module == NULL)
        return 1;
    void *address = (void *)(uintptr_t)GetProcAddress(module, "patch_module_scale");
    scale = (patch_module_function *)(uintptr_t)address;
    before[0] = patch_code_of(PATCH_ADDRESS(patch_host_sum));
    before[1] = patch_code_of(PATCH_ADDRESS(patch_host_export));
    before[2] = patch_code_of(address);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return !FreeLibrary(module);
}

static hp_patch *open_three(void) {
    hp_patch *patch = patch_open();
    assert_int_equal(
        patch_add(patch, NULL, "patch_host_sum", PATCH_ADDRESS(new_sum), two, (void **)(void *)&below_sum),
        S_OK);
    assert_int_equal(patch_add(patch, NULL, "patch_host_export", PATCH_ADDRESS(new_export), two,
                               (void **)(void *)&below_export),
                     S_OK);
    assert_int_equal(patch_add(patch, module, "patch_module_scale", PATCH_ADDRESS(new_scale), "i32(i32)",
                               (void **)(void *)&below_scale),
                     S_OK);
    return patch;
}

static void assert_all(int shift, int tail) {
    assert_int_equal(patch_host_sum(3, 4), 7 * shift + tail);
    assert_int_equal(patch_host_export(3, 4), 12 * shift + tail);
    assert_int_equal(scale(8), 16 * shift + tail);
}

static void assert_untouched(void) {
    for (int i = 0; i < FUNCTIONS; i++)
        patch_assert_reverted(&before[i]);
    assert_all(1, 0);
}

/* Any of the three, also the last, when two others are ready: it becomes unpatchable after it was added. */
static void commit_that_one_function_refuses_changes_no_byte_and_names_it(void **state) {
    (void)state;
    static const char *const names[FUNCTIONS] = {"patch_host_sum", "patch_host_export", "patch_module_scale"};
    for (int i = 0; i < FUNCTIONS; i++)
        for (int way = 0; way < 2; way++) {
            hp_patch *patch = open_three();
            patch_poke(before[i].entry - (way ? 3 : 0), "\xC3", 1);
            const patch_code spoilt = patch_code_of(before[i].entry);
            const HRESULT hr = hp_patch_commit(patch);
            assert_true(FAILED(hr));
            assert_string_equal(patch_trouble(patch, hr).name, names[i]);
            assert_true(patch_code_same(&spoilt));
            for (int other = 0; other < FUNCTIONS; other++)
                assert_true(other == i || patch_code_same(&before[other]));
            patch_restore(&before[i]);
            assert_untouched();
            /* The reason is gone: the same transaction can be committed. */
            assert_int_equal(hp_patch_commit(patch), S_OK);
            assert_all(10, 1);
            patch_end(patch);
            assert_untouched();
        }
}

static void transaction_that_is_closed_before_its_commit_changes_nothing(void **state) {
    (void)state;
    hp_patch_close(open_three());
    for (int i = 0; i < FUNCTIONS; i++)
        assert_true(patch_code_same(&before[i]));
}

static void steps_out_of_order_are_refused(void **state) {
    (void)state;
    hp_patch *patch = open_three();
    assert_int_equal(hp_patch_revert(patch), HP_E_PATCH_STATE);
    assert_int_equal(hp_patch_drain(patch, 0), HP_E_PATCH_STATE);
    assert_untouched();
    assert_int_equal(hp_patch_commit(patch), S_OK);
    assert_int_equal(hp_patch_commit(patch), HP_E_PATCH_STATE);
    assert_int_equal(hp_patch_drain(patch, 0), HP_E_PATCH_STATE);
    assert_int_equal(patch_add(patch, NULL, "patch_host_plain", PATCH_ADDRESS(new_plain), "i32()", NULL),
                     HP_E_PATCH_STATE);
    assert_int_equal(patch_trouble(patch, HP_E_PATCH_STATE).result, HP_E_PATCH_STATE);
    assert_all(10, 1);
    assert_int_equal(hp_patch_revert(patch), S_OK);
    assert_int_equal(hp_patch_revert(patch), HP_E_PATCH_STATE);
    assert_int_equal(hp_patch_drain(patch, SOON), S_OK);
    hp_patch_close(patch);
    assert_untouched();
}

static void what_is_ours_already_counts_as_done_and_is_not_reverted_twice(void **state) {
    (void)state;
    hp_patch *first = open_three(), *second = open_three();
    assert_int_equal(hp_patch_commit(first), S_OK);
    assert_int_equal(hp_patch_commit(second), S_FALSE);
    assert_all(10, 1); /* once, not 711 */
    assert_int_equal(hp_patch_revert(second), S_OK);
    assert_all(10, 1);
    hp_patch_close(second);
    assert_all(10, 1);
    patch_end(first);
    assert_untouched();
}

static void what_is_ours_in_part_is_completed(void **state) {
    (void)state;
    hp_patch *one = patch_open();
    assert_int_equal(
        patch_add(one, NULL, "patch_host_sum", PATCH_ADDRESS(new_sum), two, (void **)(void *)&below_sum),
        S_OK);
    assert_int_equal(hp_patch_commit(one), S_OK);
    hp_patch *three = open_three();
    assert_int_equal(hp_patch_commit(three), S_OK);
    assert_all(10, 1);
    patch_end(three);
    assert_int_equal(patch_host_sum(3, 4), 71);
    assert_int_equal(patch_host_export(3, 4), 12);
    patch_end(one);
    assert_untouched();
}

/* ---- uncounted ---- */

static void uncounted_replacements_work_but_cannot_be_drained(void **state) {
    (void)state;
    const patch_code plain = patch_code_of(PATCH_ADDRESS(patch_host_plain));
    const patch_code many = patch_code_of(PATCH_ADDRESS(patch_host_many));
    int (*original)(int, ...) = NULL;
    hp_patch *patch = patch_open();
    assert_int_equal(patch_add(patch, NULL, "patch_host_plain", PATCH_ADDRESS(new_plain), NULL, NULL), S_OK);
    assert_int_equal(patch_add(patch, NULL, "patch_host_many", PATCH_ADDRESS(new_many),
                               "i32(i32 count, ..., i32, i32)", (void **)(void *)&original),
                     S_OK);
    assert_int_equal(hp_patch_commit(patch), S_OK);
    assert_int_equal(patch_host_plain(), 6);
    assert_int_equal(patch_host_many(2, 30, 40), -2);
    assert_int_equal(original(5, 1, 2, 3, 4, 5), 15);
    assert_int_equal(patch_info(plain.entry, S_OK).counted, 0);
    assert_int_equal(patch_info(many.entry, S_OK).counted, 0);
    assert_int_equal(hp_patch_revert(patch), S_OK);
    assert_int_equal(hp_patch_drain(patch, 0), HP_E_PATCH_UNCOUNTED);
    hp_patch_close(patch);
    assert_int_equal(patch_host_plain(), 5);
    assert_int_equal(patch_host_many(2, 30, 40), 70);
    patch_assert_reverted(&plain);
    patch_assert_reverted(&many);
}

/* ---- dynamic code: a policy that a process cannot take back ---- */

static int run_without_dynamic_code(void) {
    PROCESS_MITIGATION_DYNAMIC_CODE_POLICY policy = {.ProhibitDynamicCode = 1};
    if (!SetProcessMitigationPolicy(ProcessDynamicCodePolicy, &policy, sizeof policy))
        return NOT_ENFORCED;
    void *code = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    if (code != NULL)
        return NOT_ENFORCED;
    const patch_code found = patch_code_of(PATCH_ADDRESS(patch_host_plain));
    hp_patch *patch = NULL;
    if (FAILED(hp_patch_open(&patch)) ||
        FAILED(patch_add(patch, NULL, "patch_host_plain", PATCH_ADDRESS(new_plain), NULL, NULL)))
        return WRONG;
    const HRESULT hr = hp_patch_commit(patch);
    hp_patch_close(patch);
    return hr == HP_E_DYNAMIC_CODE && patch_code_same(&found) && patch_host_plain() == 5 ? IN_FORCE : WRONG;
}

static void process_without_dynamic_code_is_left_as_it_is(void **state) {
    (void)state;
    wchar_t exe[MAX_PATH];
    PROCESS_INFORMATION child;
    DWORD code;
    assert_in_range(GetModuleFileNameW(NULL, exe, MAX_PATH), 1, MAX_PATH - 1);
    assert_true(process_start(exe, L"dynamic-code", NULL, &child));
    assert_int_equal(WaitForSingleObject(child.hProcess, SOON), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(child.hProcess, &code));
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
    if (code == NOT_ENFORCED) {
        print_message("this system does not enforce ProcessDynamicCodePolicy\n");
        skip();
    }
    assert_int_equal(code, IN_FORCE);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "dynamic-code") == 0)
        return run_without_dynamic_code();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_that_one_function_refuses_changes_no_byte_and_names_it),
        cmocka_unit_test(transaction_that_is_closed_before_its_commit_changes_nothing),
        cmocka_unit_test(steps_out_of_order_are_refused),
        cmocka_unit_test(what_is_ours_already_counts_as_done_and_is_not_reverted_twice),
        cmocka_unit_test(what_is_ours_in_part_is_completed),
        cmocka_unit_test(uncounted_replacements_work_but_cannot_be_drained),
        cmocka_unit_test(process_without_dynamic_code_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
