#include "client/region.h"

#include <string.h>

#include "client/window.h"
#include "idl/fault.h"

enum {
    JUMPS = HP_X64 ? 1 : 2, /* x86: the planted jump is direct, so the slot needs a jump of its own */
    CELL_CODE = HP_TALLY_THUNK_SIZE + JUMPS * HP_TALLY_JUMP_SIZE,
    INT3 = 0xCC,
};

const size_t hp_region_code_bytes = CELL_CODE;

_Static_assert(sizeof(hp_cell) == (HP_X64 ? 48 : 32), "cells are counted in tens of thousands");

static uintptr_t round_up(uintptr_t value, uintptr_t unit) {
    return (value + unit - 1) / unit * unit;
}

#if HP_X64
/* Of a signed 32-bit displacement, less a margin of one granule. */
static const uintptr_t REACH = 0x7FFF0000u;

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

void *hp_region_near(const hp_plant_image *image, size_t size) {
    if (HP_FAULT("memory for thunks"))
        return NULL;
#if HP_X64
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    uintptr_t granule = system.dwAllocationGranularity;
    uintptr_t base = (uintptr_t)image->base, end = base + image->size;
    uintptr_t lowest = (uintptr_t)system.lpMinimumApplicationAddress;
    uintptr_t low =
        end > REACH && end - REACH > lowest ? round_up(end - REACH, granule) : round_up(lowest, granule);
    uintptr_t high = base + REACH - size;
    void *memory = reserve_above(end, high, size, granule);
    return memory != NULL ? memory : reserve_below(low, base - 1, size, granule);
#else
    (void)image;
    return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
#endif
}

int hp_region_reaches(const hp_region *region, const hp_plant_image *image) {
#if HP_X64
    uintptr_t low = (uintptr_t)region->code, high = low + region->size;
    uintptr_t base = (uintptr_t)image->base, end = base + image->size;
    return (low > base ? high - base : end - low) <= REACH;
#else
    (void)region;
    (void)image;
    return 1;
#endif
}

/* Code pages first, data pages behind: never one page for both. The unwind entry stands before the header. */
typedef struct plan {
    size_t code, size;
    uint32_t capacity;
} plan;

#if HP_X64
typedef RUNTIME_FUNCTION unwind_entry;
#else
typedef uint32_t unwind_entry;
#endif

enum { HEADER = (sizeof(hp_region) + sizeof(unwind_entry) + 15) / 16 * 16 };

static plan measure(uint32_t cells) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    const size_t page = system.dwPageSize, granule = system.dwAllocationGranularity;
    plan it = {.capacity = cells};
    it.code = round_up(HP_TALLY_ROUTINE_SIZE + (size_t)cells * CELL_CODE, page);
    it.size = round_up(it.code + HEADER + (size_t)cells * sizeof(hp_cell), page);
    /* Address space is given out in granules: what is left of the last one holds more cells. */
    size_t whole = round_up(it.size, granule);
    size_t more = (whole - HP_TALLY_ROUTINE_SIZE - HEADER - 2 * page) / (CELL_CODE + sizeof(hp_cell));
    if (cells < more && cells < 1024) {
        it.capacity = (uint32_t)more;
        it.code = round_up(HP_TALLY_ROUTINE_SIZE + more * CELL_CODE, page);
        it.size = whole;
    }
    return it;
}

static unsigned char *code_of(const hp_region *region, const hp_cell *cell) {
    return region->code + HP_TALLY_ROUTINE_SIZE + (size_t)(cell - region->cells) * CELL_CODE;
}

unsigned char *hp_region_thunk(const hp_region *region, const hp_cell *cell) {
    return code_of(region, cell);
}

unsigned char *hp_region_below(const hp_region *region, const hp_cell *cell) {
    return code_of(region, cell) + HP_TALLY_THUNK_SIZE;
}

const void *hp_region_aim(const hp_region *region, const hp_cell *cell) {
    if (HP_X64)
        return (const void *)&cell->slot;
    return code_of(region, cell) + HP_TALLY_THUNK_SIZE + HP_TALLY_JUMP_SIZE;
}

hp_cell *hp_region_cell_at(const hp_region *region, const void *code) {
    uintptr_t offset = (uintptr_t)code - (uintptr_t)region->code - HP_TALLY_ROUTINE_SIZE;
    if ((uintptr_t)code < (uintptr_t)region->code + HP_TALLY_ROUTINE_SIZE || offset % CELL_CODE != 0 ||
        offset / CELL_CODE >= region->capacity)
        return NULL;
    return &region->cells[offset / CELL_CODE];
}

static void write_code(const hp_region *region, size_t code) {
    memset(region->code, INT3, code);
    hp_tally_write_routine(region->code);
    for (uint32_t i = 0; i < region->capacity; i++) {
        hp_cell *cell = &region->cells[i];
        unsigned char *at = code_of(region, cell);
        hp_tally_write_thunk(at, &cell->tally, region->code);
        hp_tally_write_jump(at + HP_TALLY_THUNK_SIZE, &cell->tally.below);
        if (!HP_X64)
            hp_tally_write_jump(at + HP_TALLY_THUNK_SIZE + HP_TALLY_JUMP_SIZE, &cell->slot);
    }
}

/* So that stack walks and exceptions pass through. */
static int describe(hp_region *region) {
#if HP_X64
    RUNTIME_FUNCTION *entry = (RUNTIME_FUNCTION *)(void *)(region + 1);
    hp_tally_describe(entry);
    return !HP_FAULT("unwind data of thunks") &&
           RtlAddFunctionTable(entry, 1, (DWORD64)(uintptr_t)region->code);
#else
    (void)region;
    return 1;
#endif
}

HRESULT hp_region_make(const hp_plant_image *image, uint32_t cells, hp_region **region, hp_trouble *trouble) {
    plan it = measure(cells);
    unsigned char *memory = hp_region_near(image, it.size);
    *region = NULL;
    if (memory == NULL)
        return hp_trouble_set(trouble, HP_E_NO_ROOM_NEAR, NULL, "%llu bytes are needed",
                              (unsigned long long)it.size);
    hp_region *made = (hp_region *)(void *)(memory + it.code);
    *made = (hp_region){.code = memory, .size = it.size, .capacity = it.capacity};
    made->cells = (hp_cell *)(void *)((unsigned char *)made + HEADER);
    write_code(made, it.code);
    DWORD before;
    HRESULT hr = S_OK;
    if (HP_FAULT("make thunks executable") || !VirtualProtect(memory, it.code, PAGE_EXECUTE_READ, &before))
        hr = hp_window_error();
    else if (!describe(made))
        hr = E_OUTOFMEMORY;
    if (FAILED(hr)) {
        VirtualFree(memory, 0, MEM_RELEASE);
        return hp_trouble_set(trouble, hr, NULL, "thunks could not be made");
    }
    FlushInstructionCache(GetCurrentProcess(), memory, it.code);
    *region = made;
    return S_OK;
}

void hp_region_discard(hp_region *region) {
    if (region == NULL)
        return;
#if HP_X64
    RtlDeleteFunctionTable((RUNTIME_FUNCTION *)(void *)(region + 1));
#endif
    VirtualFree(region->code, 0, MEM_RELEASE);
}
