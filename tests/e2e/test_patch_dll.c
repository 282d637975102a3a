/*
 * Patch DLLs, each with an engine of its own, on the functions of a program and of another of its modules:
 * loaded, stacked, taken away in any order and unloaded, while threads are calling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "e2e/patch_callers.h"
#include "e2e/patch_load.h"
#include "e2e/patch_world.h"

enum { LOADS = 50, SOON = 30000 };

static HMODULE module;
static patch_module_function *scale;
static patch_code before[4]; /* of what PATCH_QUICK stands for */

/* Every function gives its result with these layers on it: 7 becomes 7 * shift + tail. */
static void assert_layers(int shift, int tail) {
    assert_int_equal(patch_host_sum(3, 4), 7 * shift + tail);
    assert_int_equal(patch_host_export(3, 4), 12 * shift + tail);
    assert_true(patch_host_mix(1, 2.5, 3, -4, 5.5f, 6, 7) == 20 * shift + tail);
    assert_int_equal(scale(8), 16 * shift + tail);
}

static void assert_untouched(void) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        patch_assert_reverted(&before[i]);
    assert_layers(1, 0);
}

static int set_up(void **state) {
    (void)state;
    module = LoadLibraryW(L"fixture_patch_module.dll");
    assert_non_null(module);
    void *address = patch_export(module, "patch_module_scale");
    scale = (patch_module_function *)(uintptr_t)address;
    before[0] = patch_code_of(PATCH_ADDRESS(patch_host_sum));
    before[1] = patch_code_of(PATCH_ADDRESS(patch_host_export));
    before[2] = patch_code_of(PATCH_ADDRESS(patch_host_mix));
    before[3] = patch_code_of(address);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return FreeLibrary(module) ? 0 : 1;
}

static void functions_of_exe_and_module_are_redirected_by_name_and_back(void **state) {
    (void)state;
    assert_layers(1, 0);
    const patch_loaded v2 = patch_load(2);
    assert_untouched();
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_layers(10, 2);
    assert_int_equal(v2.calls->below_sum(3, 4), 7);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        assert_false(patch_code_same(&before[i]));
    patch_take_away(&v2);
    assert_untouched();
}

static void newer_layer_is_removed_first(void **state) {
    (void)state;
    const patch_loaded v2 = patch_load(2), v3 = patch_load(3);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_int_equal(v3.calls->apply(PATCH_QUICK), S_OK);
    assert_layers(100, 23);
    assert_int_equal(v3.calls->below_sum(3, 4), 72);
    assert_int_equal(v2.calls->below_sum(3, 4), 7);
    patch_take_away(&v3);
    assert_layers(10, 2);
    assert_int_equal(v2.calls->below_sum(3, 4), 7);
    patch_take_away(&v2);
    assert_untouched();
}

static void older_layer_is_removed_first_from_under_the_newer(void **state) {
    (void)state;
    const patch_loaded v2 = patch_load(2), v3 = patch_load(3);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_int_equal(v3.calls->apply(PATCH_QUICK), S_OK);
    assert_layers(100, 23);
    patch_take_away(&v2); /* what v3 has as its original must not lead into it any more */
    assert_layers(10, 3);
    assert_int_equal(v3.calls->below_sum(3, 4), 7);
    patch_take_away(&v3);
    assert_untouched();
}

static void layer_that_comes_back_lies_on_top(void **state) {
    (void)state;
    patch_loaded v2 = patch_load(2);
    const patch_loaded v3 = patch_load(3);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_int_equal(v3.calls->apply(PATCH_QUICK), S_OK);
    patch_take_away(&v2);
    v2 = patch_load(2);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_layers(100, 32);
    assert_int_equal(v2.calls->below_sum(3, 4), 73);
    patch_take_away(&v3);
    assert_layers(10, 2);
    patch_take_away(&v2);
    assert_untouched();
}

/* Version 3 covers two of the four functions only. */
static void layers_of_each_function_are_its_own(void **state) {
    (void)state;
    const patch_loaded v2 = patch_load(2), v3 = patch_load(3);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_int_equal(v3.calls->apply(1u << PATCH_SUM | 1u << PATCH_SCALE), S_OK);
    assert_int_equal(patch_host_sum(3, 4), 723);
    assert_int_equal(patch_host_export(3, 4), 122);
    assert_int_equal(scale(8), 1623);
    patch_take_away(&v2);
    assert_int_equal(patch_host_sum(3, 4), 73);
    assert_int_equal(patch_host_export(3, 4), 12);
    assert_int_equal(scale(8), 163);
    patch_take_away(&v3);
    assert_untouched();
}

static void dll_is_loaded_and_unloaded_again_and_again_under_calling_threads(void **state) {
    (void)state;
    patch_callers_start(scale);
    for (int i = 0; i < LOADS; i++) {
        const patch_loaded v2 = patch_load(2);
        assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
        patch_callers_await(2);
        patch_take_away(&v2);
        patch_callers_await(0);
    }
    patch_callers_stop();
    assert_untouched();
}

static void stacked_dlls_come_and_go_in_any_order_under_calling_threads(void **state) {
    (void)state;
    patch_callers_start(scale);
    for (int i = 0; i < LOADS; i++) {
        const int first = 2 + i % 2, second = 5 - first;
        const patch_loaded lower = patch_load(first), upper = patch_load(second);
        assert_int_equal(lower.calls->apply(PATCH_QUICK), S_OK);
        assert_int_equal(upper.calls->apply(PATCH_QUICK), S_OK);
        patch_callers_await(10 * first + second);
        patch_take_away(i / 2 % 2 ? &lower : &upper);
        patch_callers_await(i / 2 % 2 ? second : first);
        patch_take_away(i / 2 % 2 ? &upper : &lower);
    }
    patch_callers_stop();
    assert_untouched();
}

/* ---- a call that stays inside ---- */

typedef struct held {
    HANDLE inside, leave, thread;
    volatile LONG result;
} held;

static DWORD WINAPI call_hold(void *context) {
    held *it = context;
    it->result = patch_host_hold(it->inside, it->leave);
    return 0;
}

static void hold(held *it) {
    it->inside = CreateEventW(NULL, FALSE, FALSE, NULL);
    it->leave = CreateEventW(NULL, FALSE, FALSE, NULL);
    it->thread = CreateThread(NULL, 0, call_hold, it, 0, NULL);
    assert_non_null(it->thread);
    assert_int_equal(WaitForSingleObject(it->inside, SOON), WAIT_OBJECT_0);
}

static void release(held *it, int result) {
    assert_true(SetEvent(it->leave));
    assert_int_equal(WaitForSingleObject(it->thread, SOON), WAIT_OBJECT_0);
    assert_int_equal(it->result, result);
    CloseHandle(it->inside);
    CloseHandle(it->leave);
    CloseHandle(it->thread);
}

static void drain_is_busy_while_a_call_is_inside(void **state) {
    (void)state;
    held it, other;
    const patch_loaded v2 = patch_load(2);
    assert_int_equal(v2.calls->apply(1u << PATCH_HOLD), S_OK);
    hold(&it);
    hold(&other);
    assert_int_equal(patch_info(PATCH_ADDRESS(patch_host_hold), S_OK).inside, 2);
    assert_int_equal(v2.calls->revert(), S_OK);
    assert_int_equal(patch_host_hold(NULL, NULL), 1); /* new calls are not held */
    assert_int_equal(v2.calls->drain(0), HP_E_CALL_BUSY);
    assert_int_equal(v2.calls->drain(20), HP_E_CALL_BUSY);
    release(&other, 12);
    assert_int_equal(v2.calls->drain(20), HP_E_CALL_BUSY);
    assert_int_equal(patch_info(PATCH_ADDRESS(patch_host_hold), S_OK).inside, 1);
    release(&it, 12); /* what it has as its original still works */
    assert_int_equal(v2.calls->drain(SOON), S_OK);
    assert_int_equal(patch_info(PATCH_ADDRESS(patch_host_hold), S_OK).inside, 0);
    v2.calls->close();
    patch_unload(&v2);
}

/* The lower layer is reverted and drained while a call stands in the upper one, and goes through it later. */
static void call_inside_the_upper_layer_goes_past_a_lower_one_that_is_gone(void **state) {
    (void)state;
    held it;
    const patch_loaded v2 = patch_load(2), v3 = patch_load(3);
    assert_int_equal(v2.calls->apply(1u << PATCH_HOLD), S_OK);
    assert_int_equal(v3.calls->apply(1u << PATCH_HOLD), S_OK);
    hold(&it);
    patch_take_away(&v2);
    release(&it, 13);
    patch_take_away(&v3);
    assert_int_equal(patch_host_hold(NULL, NULL), 1);
}

static DWORD WINAPI drain_it(void *context) {
    const patch_loaded *v2 = context;
    return (DWORD)v2->calls->drain(INFINITE);
}

static void drain_without_limit_ends_when_the_last_call_has_left(void **state) {
    (void)state;
    held it;
    DWORD result;
    patch_loaded v2 = patch_load(2);
    assert_int_equal(v2.calls->apply(1u << PATCH_HOLD), S_OK);
    hold(&it);
    assert_int_equal(v2.calls->revert(), S_OK);
    HANDLE thread = CreateThread(NULL, 0, drain_it, &v2, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 50), WAIT_TIMEOUT);
    release(&it, 12);
    assert_int_equal(WaitForSingleObject(thread, SOON), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &result));
    assert_int_equal((HRESULT)result, S_OK);
    CloseHandle(thread);
    v2.calls->close();
    patch_unload(&v2);
}

/* Versions 4 and 5 are never unloaded again: these two come last. */
static void transaction_that_was_not_drained_keeps_its_module(void **state) {
    (void)state;
    held it;
    const patch_loaded v4 = patch_load(4);
    assert_int_equal(v4.calls->apply(1u << PATCH_HOLD), S_OK);
    hold(&it);
    assert_int_equal(v4.calls->revert(), S_OK);
    v4.calls->close();
    assert_true(FreeLibrary(v4.module));
    assert_ptr_equal(GetModuleHandleW(v4.name), v4.module);
    release(&it, 14);
}

static void transaction_that_is_closed_without_revert_stays_in_force(void **state) {
    (void)state;
    const patch_loaded v5 = patch_load(5);
    assert_int_equal(v5.calls->apply(PATCH_QUICK), S_OK);
    v5.calls->close();
    assert_true(FreeLibrary(v5.module));
    assert_ptr_equal(GetModuleHandleW(v5.name), v5.module);
    assert_layers(10, 5);
    /* Others still come and go above it. */
    const patch_loaded v2 = patch_load(2);
    assert_int_equal(v2.calls->apply(PATCH_QUICK), S_OK);
    assert_layers(100, 52);
    patch_take_away(&v2);
    assert_layers(10, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_exe_and_module_are_redirected_by_name_and_back),
        cmocka_unit_test(newer_layer_is_removed_first),
        cmocka_unit_test(older_layer_is_removed_first_from_under_the_newer),
        cmocka_unit_test(layer_that_comes_back_lies_on_top),
        cmocka_unit_test(layers_of_each_function_are_its_own),
        cmocka_unit_test(dll_is_loaded_and_unloaded_again_and_again_under_calling_threads),
        cmocka_unit_test(stacked_dlls_come_and_go_in_any_order_under_calling_threads),
        cmocka_unit_test(drain_is_busy_while_a_call_is_inside),
        cmocka_unit_test(call_inside_the_upper_layer_goes_past_a_lower_one_that_is_gone),
        cmocka_unit_test(drain_without_limit_ends_when_the_last_call_has_left),
        cmocka_unit_test(transaction_that_was_not_drained_keeps_its_module),
        cmocka_unit_test(transaction_that_is_closed_without_revert_stays_in_force),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
