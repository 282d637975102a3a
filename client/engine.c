#include "client/engine_shared.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "idl/fault.h"

/* Changes whenever hp_engine, hp_region, hp_cell or hp_tally does: modules of different releases may meet. */
enum { VERSION = 1, PATIENCE_MS = 10000 };

/* A page of its own that is only readable, so that it is not found by chance in somebody's buffer. */
typedef struct anchor {
    char magic[16];
    uint32_t version;
    uint32_t size; /* of hp_engine */
    const struct anchor *self;
    hp_engine *engine;
} anchor;

static const char magic[16] = "Hotpatch engine";

/* ---- one engine for the process ---- */

static size_t page_size(void) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
}

static const anchor *find_anchor(void) {
    const size_t page = page_size();
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize) {
        anchor seen;
        SIZE_T got;
        if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE && info.Protect == PAGE_READONLY &&
            info.RegionSize == page && info.BaseAddress == info.AllocationBase &&
            ReadProcessMemory(GetCurrentProcess(), info.BaseAddress, &seen, sizeof seen, &got) &&
            got == sizeof seen && memcmp(seen.magic, magic, sizeof magic) == 0 &&
            seen.self == info.BaseAddress)
            return info.BaseAddress;
    }
    return NULL;
}

static const anchor *make_anchor(void) {
    const size_t page = page_size();
    DWORD before;
    unsigned char *memory = HP_FAULT("memory for the engine")
                                ? NULL
                                : VirtualAlloc(NULL, 2 * page, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (memory == NULL)
        return NULL;
    anchor *made = (anchor *)(void *)memory;
    *made = (anchor){.version = VERSION, .size = sizeof(hp_engine), .self = made};
    memcpy(made->magic, magic, sizeof magic);
    made->engine = (hp_engine *)(void *)(memory + page);
    made->engine->lock = (SRWLOCK)SRWLOCK_INIT;
    if (HP_FAULT("protection of the engine") || !VirtualProtect(memory, page, PAGE_READONLY, &before)) {
        VirtualFree(memory, 0, MEM_RELEASE);
        return NULL;
    }
    return made;
}

/* Two modules that begin at once must not make two. The name is only a lock: nothing is read from it. */
static HRESULT find_or_make(hp_engine **engine, hp_trouble *trouble) {
    wchar_t name[64];
    swprintf(name, 64, L"Local\\hotpatch-engine-%lu", (unsigned long)GetCurrentProcessId());
    HANDLE mutex = HP_FAULT("mutex of the engine") ? NULL : CreateMutexW(NULL, FALSE, name);
    if (mutex == NULL)
        return hp_trouble_set_last_error(trouble, NULL, "CreateMutex");
    DWORD waited = WaitForSingleObject(mutex, PATIENCE_MS);
    if (waited != WAIT_OBJECT_0 && waited != WAIT_ABANDONED) {
        CloseHandle(mutex);
        return hp_trouble_set(trouble, HRESULT_FROM_WIN32(WAIT_TIMEOUT), NULL, "somebody holds the mutex %ls",
                              name);
    }
    const anchor *found = find_anchor();
    if (found == NULL)
        found = make_anchor();
    ReleaseMutex(mutex);
    CloseHandle(mutex);
    if (found == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    if (found->version != VERSION || found->size != sizeof(hp_engine))
        return hp_trouble_set(trouble, HP_E_ENGINE_VERSION, NULL, "it has version %lu, this module %d",
                              (unsigned long)found->version, VERSION);
    *engine = found->engine;
    return S_OK;
}

HRESULT hp_engine_enter(hp_engine **engine, hp_trouble *trouble) {
    static hp_engine *volatile known;
    hp_engine *it = known;
    HRESULT hr = it != NULL ? S_OK : find_or_make(&it, trouble);
    *engine = it;
    if (it == NULL)
        return hr;
    known = it;
    /* A replacement of something that is called below must not come back in here: it would wait for ever. */
    if (it->owner == GetCurrentThreadId())
        return hp_trouble_set(trouble, HP_E_PATCH_STATE, NULL,
                              "called by a replacement, from inside of the engine");
    AcquireSRWLockExclusive(&it->lock);
    it->owner = GetCurrentThreadId();
    return S_OK;
}

void hp_engine_leave(hp_engine *engine) {
    engine->owner = 0;
    ReleaseSRWLockExclusive(&engine->lock);
}

/* ---- regions ---- */

/* Few: one for each neighbourhood of images, and one for each batch that is larger than what is left. */
hp_region *hp_engine_region(hp_engine *engine, const hp_cell *cell) {
    for (uint32_t i = engine->region_count; i-- > 0;) {
        hp_region *region = engine->regions[i];
        if (cell >= region->cells && cell < region->cells + region->capacity)
            return region;
    }
    return NULL;
}

unsigned char *hp_engine_thunk(hp_engine *engine, const hp_cell *cell) {
    return hp_region_thunk(hp_engine_region(engine, cell), cell);
}

unsigned char *hp_engine_below(hp_engine *engine, const hp_cell *cell) {
    return hp_region_below(hp_engine_region(engine, cell), cell);
}

const void *hp_engine_aim(hp_engine *engine, const hp_cell *cell) {
    return hp_region_aim(hp_engine_region(engine, cell), cell);
}

hp_cell *hp_engine_cell(hp_engine *engine, uint32_t number) {
    for (uint32_t i = engine->region_count; i-- > 0;) {
        const hp_region *region = engine->regions[i];
        if (number >= region->first)
            return number != 0 ? &region->cells[number - region->first] : NULL;
    }
    return NULL;
}

uint32_t hp_engine_number(hp_engine *engine, const hp_cell *cell) {
    const hp_region *region = hp_engine_region(engine, cell);
    return region->first + (uint32_t)(cell - region->cells);
}

hp_cell *hp_engine_cell_at(hp_engine *engine, const void *code) {
    hp_cell *cell = NULL;
    for (uint32_t i = engine->region_count; i-- > 0 && cell == NULL;)
        cell = hp_region_cell_at(engine->regions[i], code);
    return cell;
}

static HRESULT add_region(hp_engine *engine, const hp_plant_image *image, uint32_t cells,
                          hp_trouble *trouble) {
    hp_region *region;
    hp_region **list = HP_FAULT("memory for the list of regions")
                           ? NULL
                           : hp_engine_index_allocate((engine->region_count + 1) * sizeof *list);
    if (list == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    HRESULT hr = hp_region_make(image, cells, &region, trouble);
    if (FAILED(hr)) {
        hp_engine_index_release(list);
        return hr;
    }
    if (engine->region_count != 0)
        memcpy(list, engine->regions, engine->region_count * sizeof *list);
    region->first = engine->cells + 1;
    list[engine->region_count] = region;
    if (engine->regions != NULL)
        hp_engine_index_release(engine->regions);
    engine->regions = list;
    engine->region_count++;
    engine->cells += region->capacity;
    return S_OK;
}

HRESULT hp_engine_take(hp_engine *engine, const hp_plant_image *image, uint32_t more, hp_cell **cell,
                       hp_trouble *trouble) {
    for (;;) {
        for (uint32_t i = engine->region_count; i-- > 0;) {
            hp_region *region = engine->regions[i];
            if (region->used == region->capacity || !hp_region_reaches(region, image))
                continue;
            *cell = &region->cells[region->used++];
            return S_OK;
        }
        HRESULT hr = add_region(engine, image, more, trouble);
        if (FAILED(hr))
            return hr;
    }
}

/* ---- claims ---- */

HRESULT hp_engine_claim_begin(hp_engine *engine, uint32_t functions, hp_engine_claim *claim) {
    *claim = (hp_engine_claim){.regions = engine->region_count};
    claim->used = HP_FAULT("memory for a change")
                      ? NULL
                      : hp_engine_index_allocate((engine->region_count + 1) * sizeof *claim->used);
    HRESULT hr = claim->used != NULL ? hp_engine_index_grow(engine, functions) : E_OUTOFMEMORY;
    if (FAILED(hr)) {
        hp_engine_claim_end(claim);
        return hr;
    }
    for (uint32_t i = 0; i < engine->region_count; i++)
        claim->used[i] = engine->regions[i]->used;
    return S_OK;
}

void hp_engine_claim_end(hp_engine_claim *claim) {
    if (claim->used != NULL)
        hp_engine_index_release(claim->used);
    *claim = (hp_engine_claim){0};
}

void hp_engine_claim_undo(hp_engine *engine, hp_engine_claim *claim) {
    if (claim->used == NULL)
        return; /* it did not begin */
    while (engine->region_count > claim->regions) {
        hp_region *region = engine->regions[--engine->region_count];
        engine->cells -= region->capacity;
        hp_region_discard(region);
    }
    for (uint32_t i = 0; i < claim->regions; i++) {
        hp_region *region = engine->regions[i];
        memset(&region->cells[claim->used[i]], 0, (region->used - claim->used[i]) * sizeof(hp_cell));
        region->used = claim->used[i];
    }
    hp_engine_claim_end(claim);
}
