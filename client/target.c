#include "client/target.h"

#include <string.h>

#include "client/dispatch.h"
#include "idl/fault.h"

static hp_target *all_targets;

hp_target *hp_target_find(const unsigned char *entry) {
    for (hp_target *target = all_targets; target != NULL; target = target->next)
        if (target->plant.entry == entry)
            return target;
    return NULL;
}

static uintptr_t round_up(uintptr_t value, uintptr_t unit) {
    return (value + unit - 1) / unit * unit;
}

#if HP_X64
static const uintptr_t REACH =
    0x7FFF0000u; /* of a signed 32-bit displacement, less a margin of one granule */

/* Free pages from an address on; 0 if it is not free. */
static size_t free_from(uintptr_t at, MEMORY_BASIC_INFORMATION *info) {
    if (VirtualQuery((void *)at, info, sizeof *info) != sizeof *info || info->State != MEM_FREE)
        return 0;
    return (uintptr_t)info->BaseAddress + info->RegionSize - at;
}

static void *try_at(uintptr_t place, size_t size) {
    return VirtualAlloc((void *)place, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void *reserve_above(uintptr_t low, uintptr_t high, size_t size, uintptr_t granule) {
    MEMORY_BASIC_INFORMATION info;
    for (uintptr_t at = round_up(low, granule); at <= high;
         at = round_up((uintptr_t)info.BaseAddress + info.RegionSize, granule)) {
        info.RegionSize = 0;
        void *memory = free_from(at, &info) >= size ? try_at(at, size) : NULL;
        if (memory != NULL || info.RegionSize == 0)
            return memory;
    }
    return NULL;
}

/*
 * Asked in the middle of a region, VirtualQuery tells where it ends but not where it begins, unless it is
 * allocated. So steps over what is free are those of the granule.
 */
static void *reserve_below(uintptr_t low, uintptr_t high, size_t size, uintptr_t granule) {
    MEMORY_BASIC_INFORMATION info;
    for (uintptr_t at = high / granule * granule; at >= low && at >= granule;) {
        info.RegionSize = 0;
        void *memory = free_from(at, &info) >= size ? try_at(at, size) : NULL;
        if (memory != NULL || info.RegionSize == 0)
            return memory;
        uintptr_t taken = info.State == MEM_FREE ? at : (uintptr_t)info.AllocationBase;
        at = (taken - 1) / granule * granule;
    }
    return NULL;
}
#endif

/* Writable memory for slots and thunks; on x64 within reach of the whole image. */
static void *allocate_near(const unsigned char *base, size_t span, size_t size) {
    if (HP_FAULT("memory for thunks"))
        return NULL;
#if HP_X64
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    uintptr_t granule = system.dwAllocationGranularity;
    uintptr_t image = (uintptr_t)base, end = image + span;
    uintptr_t lowest = (uintptr_t)system.lpMinimumApplicationAddress;
    uintptr_t low =
        end > REACH && end - REACH > lowest ? round_up(end - REACH, granule) : round_up(lowest, granule);
    uintptr_t high = image + REACH - size;
    void *memory = reserve_above(end, high, size, granule);
    return memory != NULL ? memory : reserve_below(low, image - 1, size, granule);
#else
    (void)base;
    (void)span;
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
#endif
}

static HRESULT fill_target(hp_target *target, unsigned char *thunk, const hp_plant *plant) {
    target->plant = *plant;
    target->thunk = thunk;
    InitializeSRWLock(&target->lock);
    target->context.original = hp_plant_body(plant);
    target->context.dispatch = hp_dispatch_call;
    target->context.enter = (void *)(uintptr_t)hp_spill_enter;
    hp_thunk_write(thunk, &target->context);
    return hp_plant_aim(&target->plant, &target->thunk, thunk);
}

HRESULT hp_target_make(const unsigned char *base, size_t span, const hp_plant *plants, size_t count,
                       hp_target_batch *batch, hp_trouble *trouble) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    *batch = (hp_target_batch){0};
    /* Code pages first, data pages behind: never one page for both. */
    size_t code = round_up(count * HP_THUNK_SIZE, system.dwPageSize);
    size_t size = round_up(code + count * sizeof(hp_target), system.dwPageSize);
    unsigned char *region = allocate_near(base, span, size);
    if (region == NULL)
        return hp_trouble_set(trouble, HP_E_NO_ROOM_NEAR, NULL, "%llu bytes are needed",
                              (unsigned long long)size);
    memset(region, 0xCC, code);
    hp_target *fresh = (hp_target *)(void *)(region + code);
    HRESULT hr = S_OK;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        hr = fill_target(&fresh[i], region + i * HP_THUNK_SIZE, &plants[i]);
    DWORD before;
    if (SUCCEEDED(hr) &&
        (HP_FAULT("make thunks executable") || !VirtualProtect(region, code, PAGE_EXECUTE_READ, &before)))
        hr = hp_plant_protection_error();
    if (FAILED(hr)) {
        VirtualFree(region, 0, MEM_RELEASE);
        return hp_trouble_set(trouble, hr, NULL, "thunks could not be made");
    }
    FlushInstructionCache(GetCurrentProcess(), region, code);
    *batch = (hp_target_batch){.region = region, .fresh = fresh, .fresh_count = count};
    return S_OK;
}

void hp_target_discard(hp_target_batch *batch) {
    if (batch->region != NULL)
        VirtualFree(batch->region, 0, MEM_RELEASE);
    *batch = (hp_target_batch){0};
}

void hp_target_keep(hp_target_batch *batch) {
    for (size_t i = 0; i < batch->fresh_count; i++) {
        batch->fresh[i].next = all_targets;
        all_targets = &batch->fresh[i];
    }
    *batch = (hp_target_batch){0};
}

void hp_target_bind(hp_target *target, hp_binding *binding) {
    AcquireSRWLockExclusive(&target->lock);
    target->binding = binding;
    ReleaseSRWLockExclusive(&target->lock);
}
