// Thunks that lead to dispatch: executable or writable but never both, given back if they are not used, and
// found again by the function.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/target.h"
#include "hotpatch/function.h"

HP_PATCHABLE(int, target_one, (void)) {
    return 1;
}
HP_PATCHABLE(int, target_two, (void)) {
    return 2;
}

typedef int function(void);

static unsigned char *entries[2];

static DWORD protection_of(const void *at) {
    MEMORY_BASIC_INFORMATION info;
    assert_int_equal(VirtualQuery(at, &info, sizeof info), sizeof info);
    assert_int_equal(info.State, MEM_COMMIT);
    return info.Protect;
}

static HRESULT make(hp_target_batch *batch) {
    return hp_target_make(entries, 2, batch, NULL);
}

static void thunks_are_executable_and_data_is_writable(void **state) {
    (void)state;
    hp_target_batch batch;
    assert_int_equal(make(&batch), S_OK);
    assert_int_equal(batch.fresh_count, 2);
    for (int i = 0; i < 2; i++) {
        hp_target *target = &batch.fresh[i];
        assert_int_equal(protection_of(target->thunk), PAGE_EXECUTE_READ);
        assert_int_equal(protection_of(target), PAGE_READWRITE);
        assert_ptr_equal(hp_thunk_context(target->thunk), &target->context);
        assert_ptr_equal(target->entry, entries[i]);
        assert_false(hp_target_is_laid(target));
        assert_null(target->binding);
    }
    hp_target_discard(&batch);
}

static void discarded_memory_is_free_again(void **state) {
    (void)state;
    hp_target_batch batch;
    assert_int_equal(make(&batch), S_OK);
    void *region = batch.region;
    hp_target_discard(&batch);
    assert_null(batch.region);
    MEMORY_BASIC_INFORMATION info;
    assert_int_equal(VirtualQuery(region, &info, sizeof info), sizeof info);
    assert_int_equal(info.State, MEM_FREE);
    assert_null(hp_target_find(entries[0]));
    hp_target_discard(&batch); /* nothing is left to give back */
}

static void kept_targets_are_found_by_their_functions(void **state) {
    (void)state;
    hp_target_batch batch;
    assert_int_equal(make(&batch), S_OK);
    hp_target *targets = batch.fresh;
    hp_target_keep(&batch); /* for good */
    assert_null(batch.region);
    for (int i = 0; i < 2; i++)
        assert_ptr_equal(hp_target_find(entries[i]), &targets[i]);
    assert_null(hp_target_find(entries[0] + 1));
    assert_int_equal(target_one() + target_two(), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thunks_are_executable_and_data_is_writable),
        cmocka_unit_test(discarded_memory_is_free_again),
        cmocka_unit_test(kept_targets_are_found_by_their_functions),
    };
    /* In the order of their addresses or not: both are found. */
    entries[0] = (unsigned char *)(uintptr_t)target_two;
    entries[1] = (unsigned char *)(uintptr_t)target_one;
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
