// Memory for thunks: in reach of the image, executable or writable but never both, given back if it is not
// used.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/target.h"
#include "hotpatch/function.h"
#include "proxygen/functable.h"

HP_PATCHABLE(int, target_one, (void)) {
    return 1;
}
HP_PATCHABLE(int, target_two, (void)) {
    return 2;
}

typedef int function(void);

static hp_functable table;
static hp_plant plants[2];

static void inspect_plants(void) {
    static function *const functions[2] = {target_one, target_two};
    for (int i = 0; i < 2; i++)
        assert_int_equal(hp_plant_inspect(table.base, table.image_size,
                                          (unsigned char *)(uintptr_t)functions[i], &plants[i], NULL),
                         S_OK);
}

static DWORD protection_of(const void *at) {
    MEMORY_BASIC_INFORMATION info;
    assert_int_equal(VirtualQuery(at, &info, sizeof info), sizeof info);
    assert_int_equal(info.State, MEM_COMMIT);
    return info.Protect;
}

static HRESULT make(hp_target_batch *batch) {
    return hp_target_make(table.base, table.image_size, plants, 2, batch, NULL);
}

/* Pages that are writable and executable at once. */
static size_t writable_code(void) {
    size_t total = 0;
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && (info.Protect & (PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)))
            total += info.RegionSize;
    return total;
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
        assert_ptr_equal(target->plant.entry, plants[i].entry);
        assert_ptr_equal(target->context.original, hp_plant_body(&plants[i]));
        assert_null(target->binding);
    }
    hp_target_discard(&batch);
}

static void every_slot_is_within_reach_of_the_whole_image(void **state) {
    (void)state;
    hp_target_batch batch;
    assert_int_equal(make(&batch), S_OK);
#if HP_X64
    const int64_t first = (int64_t)(intptr_t)table.base, last = first + (int64_t)table.image_size;
    for (int i = 0; i < 2; i++) {
        const int64_t slot = (int64_t)(intptr_t)&batch.fresh[i].thunk;
        assert_true(slot - first == (int32_t)(slot - first));
        assert_true(slot - last == (int32_t)(slot - last));
    }
#endif
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
    assert_null(hp_target_find(plants[0].entry));
    hp_target_discard(&batch); /* nothing is left to give back */
}

#if HP_X64
/* All free address space around the image, taken; freed with free_all. */
typedef struct taken {
    void *at[4096];
    size_t count;
} taken;

/* Largest pieces first, down to the granule: nothing remains in which memory could be reserved. */
static void take_range(taken *all, uintptr_t low, uintptr_t high) {
    typedef void *WINAPI alloc_function(HANDLE, void *, SIZE_T, ULONG, ULONG, MEM_EXTENDED_PARAMETER *,
                                        ULONG);
    alloc_function *alloc = (alloc_function *)(void (*)(void))GetProcAddress(
        GetModuleHandleW(L"kernelbase.dll"), "VirtualAlloc2");
    assert_non_null(alloc);
    MEM_ADDRESS_REQUIREMENTS where = {.LowestStartingAddress = (void *)low,
                                      .HighestEndingAddress = (void *)(high - 1)};
    MEM_EXTENDED_PARAMETER how = {.Type = MemExtendedParameterAddressRequirements, .Pointer = &where};
    for (SIZE_T size = (SIZE_T)1 << 31; size >= 0x10000; size /= 2)
        for (void *got; (got = alloc(NULL, NULL, size, MEM_RESERVE, PAGE_NOACCESS, &how, 1)) != NULL;) {
            assert_true(all->count < sizeof all->at / sizeof *all->at);
            all->at[all->count++] = got;
        }
}

static void free_all(taken *all) {
    while (all->count > 0)
        VirtualFree(all->at[--all->count], 0, MEM_RELEASE);
}

static void full_neighbourhood_is_reported_and_not_worked_around(void **state) {
    (void)state;
    static taken all;
    const uintptr_t image = (uintptr_t)table.base, reach = 0x80000000u;
    const uintptr_t high = (image + table.image_size + reach + 0xFFFF) & ~(uintptr_t)0xFFFF;
    take_range(&all, image > reach + 0x10000 ? image - reach : 0x10000, high);
    assert_true(all.count > 0);
    hp_target_batch batch;
    hp_trouble trouble = {0};
    HRESULT hr = hp_target_make(table.base, table.image_size, plants, 2, &batch, &trouble);
    void *region = batch.region;
    free_all(&all);
    assert_int_equal(hr, HP_E_NO_ROOM_NEAR);
    assert_int_equal(trouble.result, HP_E_NO_ROOM_NEAR);
    assert_null(region);
    assert_int_equal(make(&batch), S_OK); /* now there is room */
    hp_target_discard(&batch);
}

static void slot_out_of_reach_is_refused(void **state) {
    (void)state;
    hp_plant plant = plants[0];
    void *const *far_slot = (void *const *)(uintptr_t)(plant.entry + 0x80000008u);
    assert_int_equal(hp_plant_aim(&plant, far_slot, NULL), HP_E_NO_ROOM_NEAR);
}
#endif

static void planted_target_leaves_no_page_writable_and_executable(void **state) {
    (void)state;
    const size_t before = writable_code();
    const DWORD code = protection_of(plants[0].entry);
    unsigned char bytes[2][32];
    for (int i = 0; i < 2; i++)
        memcpy(bytes[i], plants[i].entry - 16, sizeof bytes[i]);
    hp_target_batch batch;
    assert_int_equal(make(&batch), S_OK);
    hp_target *targets = batch.fresh;
    hp_plant *both[2] = {&targets[0].plant, &targets[1].plant};
    for (int round = 0; round < 2; round++) {
        hp_plant_window window;
        assert_int_equal(hp_plant_open(both, 2, &window, NULL), S_OK);
        for (int i = 0; i < 2; i++)
            (round == 0 ? hp_plant_commit : hp_plant_revert)(both[i]);
        hp_plant_close(&window);
        assert_int_equal(writable_code(), before);
        assert_int_equal(protection_of(plants[0].entry), code);
        assert_int_equal(protection_of(targets[0].thunk), PAGE_EXECUTE_READ);
        for (int i = 0; i < 2; i++)
            assert_int_equal(memcmp(bytes[i], plants[i].entry - 16, sizeof bytes[i]) == 0, round == 1);
    }
    hp_target_keep(&batch); /* for good: what follows finds it */
    assert_null(batch.region);
    for (int i = 0; i < 2; i++)
        assert_ptr_equal(hp_target_find(plants[i].entry), &targets[i]);
    assert_null(hp_target_find(plants[0].entry + 1));
    assert_int_equal(target_one() + target_two(), 3);
}

static int set_up(void **state) {
    (void)state;
    if (hp_functable_open(GetModuleHandleW(NULL), &table, NULL) != S_OK)
        return -1;
    inspect_plants();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_functable_close(&table);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thunks_are_executable_and_data_is_writable),
        cmocka_unit_test(every_slot_is_within_reach_of_the_whole_image),
        cmocka_unit_test(discarded_memory_is_free_again),
#if HP_X64
        cmocka_unit_test(full_neighbourhood_is_reported_and_not_worked_around),
        cmocka_unit_test(slot_out_of_reach_is_refused),
#endif
        cmocka_unit_test(planted_target_leaves_no_page_writable_and_executable),
    };
    return cmocka_run_group_tests_name("target", tests, set_up, tear_down);
}
