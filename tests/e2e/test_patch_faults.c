/*
 * Every step of a transaction that can fail fails once: no byte of code, no protection, no executable memory
 * and no handle may be different afterwards, and the next try must succeed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "e2e/patch_world.h"
#include "hotpatch/function.h"
#include "idl/fault.h"

HP_PATCHABLE(int, faulty_one, (int a)) {
    return a + 1;
}
HP_PATCHABLE(int, faulty_two, (int a)) {
    return a + 2;
}
HP_PATCHABLE(int, faulty_three, (int a)) {
    return a + 3;
}

static int (*below_one)(int);

static int new_one(int a) {
    return below_one(a) + 10;
}
static int new_two(int a) {
    return a + 20;
}

typedef struct world {
    patch_code code[3];
    SIZE_T executable, writable_code;
    DWORD handles;
} world;

static DWORD count_handles(void) {
    DWORD count = 0, flags;
    for (uintptr_t value = 4; value < 0x1000; value += 4)
        count += GetHandleInformation((HANDLE)value, &flags) != 0;
    return count;
}

static world look(void) {
    world it = {.code = {patch_code_of(PATCH_ADDRESS(faulty_one)), patch_code_of(PATCH_ADDRESS(faulty_two)),
                         patch_code_of(PATCH_ADDRESS(faulty_three))},
                .handles = count_handles()};
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize) {
        if (info.State != MEM_COMMIT)
            continue;
        if ((info.Protect & (PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) != 0)
            it.writable_code += info.RegionSize;
        else if ((info.Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ)) != 0)
            it.executable += info.RegionSize;
    }
    return it;
}

static void assert_unchanged(const world *before, const char *step) {
    world now = look();
    for (int i = 0; i < 3; i++)
        if (memcmp(now.code[i].bytes, before->code[i].bytes, sizeof now.code[i].bytes) != 0)
            fail_msg("%s: function %d is not as it was", step, i);
    if (now.executable != before->executable || now.writable_code != before->writable_code)
        fail_msg("%s: executable memory is not as it was", step);
    if (now.handles != before->handles)
        fail_msg("%s: %lu handles, and %lu before", step, now.handles, before->handles);
}

static char failed_step[64];

/* Steps counted; notes which one failed. */
static unsigned disarm(void) {
    unsigned steps = hp_fault_count();
    strncpy(failed_step, hp_fault_name(), sizeof failed_step - 1);
    hp_fault_arm(0);
    return steps;
}

static HRESULT add_both(hp_patch *patch) {
    HRESULT hr =
        patch_add(patch, NULL, "faulty_one", PATCH_ADDRESS(new_one), "i32(i32)", (void **)(void *)&below_one);
    return SUCCEEDED(hr) ? patch_add(patch, NULL, "faulty_two", PATCH_ADDRESS(new_two), "i32(i32)", NULL)
                         : hr;
}

static HRESULT open_to_commit(hp_patch **patch) {
    *patch = NULL;
    HRESULT hr = hp_patch_open(patch);
    if (SUCCEEDED(hr))
        hr = add_both(*patch);
    return SUCCEEDED(hr) ? hp_patch_commit(*patch) : hr;
}

static void transaction_fails_at_every_step_and_leaves_nothing(void **state) {
    (void)state;
    unsigned n = 1, steps = 0;
    for (;; n++) {
        hp_patch *patch;
        const world before = look();
        hp_fault_arm(n);
        HRESULT hr = open_to_commit(&patch);
        steps = disarm();
        if (steps < n) { /* nothing was left to fail */
            assert_int_equal(hr, S_OK);
            patch_end(patch);
            break;
        }
        if (FAILED(hr)) {
            hp_patch_trouble trouble = {.size = sizeof trouble};
            assert_int_equal(patch != NULL ? hp_patch_explain(patch, &trouble) : hr, hr);
            hp_patch_close(patch);
            assert_unchanged(&before, failed_step);
        } else {
            assert_int_equal(faulty_one(0) + faulty_two(0), 11 + 20);
            patch_end(patch); /* a step that can be done without */
        }
        assert_int_equal(faulty_one(0) + faulty_two(0) + faulty_three(0), 6);
    }
    print_message("# a transaction has %u steps that can fail\n", steps);
    assert_true(steps >= 15);
}

/* What was reverted may be tried again; what was not is still in force. */
static void revert_that_fails_changes_nothing_and_can_be_repeated(void **state) {
    (void)state;
    const world original = look();
    hp_patch *patch;
    assert_int_equal(open_to_commit(&patch), S_OK);
    unsigned n = 1;
    for (;; n++) {
        const world before = look();
        hp_fault_arm(n);
        HRESULT hr = hp_patch_revert(patch);
        unsigned steps = disarm();
        if (SUCCEEDED(hr)) {
            assert_true(steps < n);
            break;
        }
        assert_unchanged(&before, failed_step);
        assert_int_equal(faulty_one(0) + faulty_two(0), 11 + 20);
    }
    assert_true(n > 3);
    assert_int_equal(hp_patch_drain(patch, 0), S_OK);
    hp_patch_close(patch);
    assert_unchanged(&original, "revert");
    assert_int_equal(faulty_one(0) + faulty_two(0), 3);
}

static void second_layer_fails_at_every_step_and_leaves_the_first(void **state) {
    (void)state;
    hp_patch *first, *second;
    assert_int_equal(open_to_commit(&first), S_OK);
    for (unsigned n = 1;; n++) {
        const world before = look();
        hp_fault_arm(n);
        HRESULT hr = hp_patch_open(&second);
        if (SUCCEEDED(hr))
            hr = patch_add(second, NULL, "faulty_one", PATCH_ADDRESS(new_two), NULL, NULL);
        if (SUCCEEDED(hr))
            hr = hp_patch_commit(second);
        unsigned steps = disarm();
        if (steps < n) {
            assert_int_equal(faulty_one(0), 20);
            assert_int_equal(hp_patch_revert(second), S_OK);
            hp_patch_close(second);
            break;
        }
        if (FAILED(hr)) {
            if (second != NULL)
                hp_patch_close(second);
            assert_unchanged(&before, failed_step);
        } else {
            assert_int_equal(hp_patch_revert(second), S_OK);
            hp_patch_close(second);
        }
        second = NULL;
        assert_int_equal(faulty_one(0), 11);
    }
    patch_end(first);
}

/* ERROR_DYNAMIC_CODE_BLOCKED, which Wine never gives. */
static void process_without_dynamic_code_is_told_so(void **state) {
    (void)state;
    enum { DYNAMIC_CODE_BLOCKED = 1655 };
    unsigned told = 0;
    for (unsigned n = 1;; n++) {
        hp_patch *patch;
        const world before = look();
        hp_fault_arm(n);
        hp_fault_arm_error(DYNAMIC_CODE_BLOCKED);
        HRESULT hr = open_to_commit(&patch);
        unsigned steps = disarm();
        if (steps < n) {
            patch_end(patch);
            break;
        }
        if (FAILED(hr) && strncmp(failed_step, "make ", 5) == 0) {
            assert_int_equal(hr, HP_E_DYNAMIC_CODE);
            patch_trouble(patch, HP_E_DYNAMIC_CODE);
            told++;
        }
        if (FAILED(hr)) {
            hp_patch_close(patch);
            assert_unchanged(&before, failed_step);
        } else {
            patch_end(patch);
        }
    }
    assert_true(told >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transaction_fails_at_every_step_and_leaves_nothing), /* first: also the engine */
        cmocka_unit_test(revert_that_fails_changes_nothing_and_can_be_repeated),
        cmocka_unit_test(second_layer_fails_at_every_step_and_leaves_the_first),
        cmocka_unit_test(process_without_dynamic_code_is_told_so),
    };
    return cmocka_run_group_tests_name("patch-faults", tests, NULL, NULL);
}
