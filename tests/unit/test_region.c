/*
 * client/region: memory within reach of an image, executable or writable but never both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/region.h"

static hp_plant_image image;

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
    const uintptr_t base = (uintptr_t)image.base, reach = 0x80000000u;
    const uintptr_t high = (base + image.size + reach + 0xFFFF) & ~(uintptr_t)0xFFFF;
    take_range(&all, base > reach + 0x10000 ? base - reach : 0x10000, high);
    assert_true(all.count > 0);
    hp_region *region;
    hp_trouble trouble = {0};
    HRESULT hr = hp_region_make(&image, 2, &region, &trouble);
    free_all(&all);
    assert_int_equal(hr, HP_E_NO_ROOM_NEAR);
    assert_int_equal(trouble.result, HP_E_NO_ROOM_NEAR);
    assert_null(region);
    assert_int_equal(hp_region_make(&image, 2, &region, NULL), S_OK); /* now there is room */
    hp_region_discard(region);
}
#endif

/* Code pages that nobody can write to, data pages that are not executable, cells that know their code. */
static void regions_are_executable_or_writable_and_all_of_one_piece(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 500, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hp_region *region;
        MEMORY_BASIC_INFORMATION info;
        assert_int_equal(hp_region_make(&image, sizes[i], &region, NULL), S_OK);
        assert_true(region->capacity >= sizes[i]);
        assert_true(region->size <= 0x10000 || region->capacity == sizes[i]);
        const hp_cell *last = &region->cells[region->capacity - 1];
        assert_true((uintptr_t)(last + 1) <= (uintptr_t)region->code + region->size);
        const void *const code[] = {region->code, hp_region_below(region, last)};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(VirtualQuery(code[k], &info, sizeof info), sizeof info);
            assert_int_equal(info.Protect, PAGE_EXECUTE_READ);
        }
        assert_int_equal(VirtualQuery(last, &info, sizeof info), sizeof info);
        assert_int_equal(info.Protect, PAGE_READWRITE);
        assert_ptr_equal(hp_region_cell_at(region, hp_region_thunk(region, last)), last);
        assert_null(hp_region_cell_at(region, hp_region_thunk(region, last) + 1));
        assert_null(hp_region_cell_at(region, hp_region_below(region, last)));
        assert_null(hp_region_cell_at(region, region->code - 1));
        assert_null(hp_region_cell_at(region, region->cells));
        hp_region_discard(region);
    }
}

static int set_up(void **state) {
    (void)state;
    const IMAGE_DOS_HEADER *dos = (const void *)GetModuleHandleW(NULL);
    image.base = (unsigned char *)GetModuleHandleW(NULL);
    image.size =
        ((const IMAGE_NT_HEADERS *)(const void *)(image.base + dos->e_lfanew))->OptionalHeader.SizeOfImage;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
#if HP_X64
        cmocka_unit_test(full_neighbourhood_is_reported_and_not_worked_around),
#endif
        cmocka_unit_test(regions_are_executable_or_writable_and_all_of_one_piece),
    };
    return cmocka_run_group_tests_name("region", tests, set_up, NULL);
}
