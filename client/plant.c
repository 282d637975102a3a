#include "client/plant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "idl/log.h"

enum {
    ROOM = sizeof(uint64_t), /* what one store can replace before the entry */
#if HP_X64
    JUMP = 6,     /* jmp [rip+rel32] */
    HOP = 0xF8EB, /* jmp short -8 */
#else
    JUMP = 5,     /* jmp rel32 */
    HOP = 0xF9EB, /* jmp short -7 */
#endif
    LEA_RSP_SIZE = 8,
};

static uint16_t load_word(const unsigned char *at) {
    uint16_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t load_room(const unsigned char *entry) {
    uint64_t room;
    memcpy(&room, entry - ROOM, sizeof room);
    return room;
}

static int is_code(const unsigned char *at) {
    MEMORY_BASIC_INFORMATION info;
    const DWORD executable =
        PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    return VirtualQuery(at, &info, sizeof info) == sizeof info && info.State == MEM_COMMIT &&
           (info.Protect & executable) != 0;
}

/* The kernel's patches and others' begin a function with one of these. */
static int is_jump(const unsigned char *entry) {
    return entry[0] == 0xE9 || entry[0] == 0xEB || (entry[0] == 0xFF && entry[1] == 0x25);
}

static HRESULT find_prologue(const unsigned char *entry, hp_prologue *prologue) {
#if HP_X64
    static const unsigned char lea_rsp[LEA_RSP_SIZE] = {0x48, 0x8D, 0xA4, 0x24, 0, 0, 0, 0};
    if (memcmp(entry, lea_rsp, sizeof lea_rsp) == 0) {
        *prologue = HP_PROLOGUE_LEA_RSP;
        return S_OK;
    }
#else
    if (entry[0] == 0x8B && entry[1] == 0xFF) {
        *prologue = HP_PROLOGUE_MOV_EDI;
        return S_OK;
    }
#endif
    if (entry[0] == 0x90 && entry[1] == 0x90)
        *prologue = HP_PROLOGUE_NOPS;
    else if (entry[0] == 0x66 && entry[1] == 0x90)
        *prologue = HP_PROLOGUE_NOP2;
    else
        return is_jump(entry) ? HP_E_FOREIGN_BYTES : HP_E_NOT_PATCHABLE;
    return S_OK;
}

static int is_filler(const unsigned char *at, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0x90 && at[i] != 0xCC)
            return 0;
    return 1;
}

HRESULT hp_plant_inspect(const unsigned char *base, size_t size, unsigned char *entry, hp_plant *plant,
                         hp_trouble *trouble) {
    memset(plant, 0, sizeof *plant);
    uintptr_t offset = (uintptr_t)entry - (uintptr_t)base;
    if ((uintptr_t)entry < (uintptr_t)base || offset < ROOM || offset > size || size - offset < LEA_RSP_SIZE)
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL,
                              "the address lies outside of the image's code");
    if (!is_code(entry) || !is_code(entry - ROOM))
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL, "the address does not hold code");
    /* 8-aligned: the room is one aligned store, and the word cannot straddle a cache line. */
    if ((uintptr_t)entry % ROOM != 0)
        return hp_trouble_set(trouble, HP_E_ENTRY_MISALIGNED, NULL, "the entry is not 8-aligned");
    HRESULT hr = find_prologue(entry, &plant->prologue);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "it begins with %02X %02X %02X %02X", entry[0], entry[1],
                              entry[2], entry[3]);
    if (!is_filler(entry - JUMP, JUMP))
        return hp_trouble_set(trouble, HP_E_PAD_OCCUPIED, NULL, "%d bytes of 90 or CC are needed", JUMP);
    plant->entry = entry;
    plant->room = load_room(entry);
    plant->word = load_word(entry);
    return S_OK;
}

unsigned char *hp_plant_body(const hp_plant *plant) {
    return plant->entry + (plant->prologue == HP_PROLOGUE_LEA_RSP ? LEA_RSP_SIZE : sizeof plant->word);
}

HRESULT hp_plant_aim(hp_plant *plant, void *const *slot, const void *thunk) {
    unsigned char bytes[ROOM];
    memcpy(bytes, &plant->room, sizeof bytes);
    unsigned char *jump = bytes + ROOM - JUMP;
#if HP_X64
    (void)thunk;
    int64_t distance = (int64_t)((uintptr_t)slot - (uintptr_t)plant->entry);
    if (distance != (int32_t)distance)
        return HP_E_NO_ROOM_NEAR;
    *jump++ = 0xFF;
    *jump++ = 0x25;
#else
    (void)slot;
    int32_t distance = (int32_t)((uintptr_t)thunk - (uintptr_t)plant->entry);
    *jump++ = 0xE9;
#endif
    int32_t relative = (int32_t)distance; /* the jump ends where the function begins */
    memcpy(jump, &relative, sizeof relative);
    memcpy(&plant->jump, bytes, sizeof plant->jump);
    return S_OK;
}

static size_t page_size(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

static int compare_entries(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)(*(hp_plant *const *)a)->entry, y = (uintptr_t)(*(hp_plant *const *)b)->entry;
    return (x > y) - (x < y);
}

/* Pages that the plants touch, each page once, as runs that one protection covers. */
static size_t collect_runs(hp_plant *const *sorted, size_t count, hp_plant_run *runs) {
    const uintptr_t page = page_size();
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uintptr_t first = ((uintptr_t)sorted[i]->entry - ROOM) & ~(page - 1);
        uintptr_t last = ((uintptr_t)sorted[i]->entry + sizeof sorted[i]->word - 1) & ~(page - 1);
        for (uintptr_t at = first; at <= last; at += page) {
            if (used != 0 && at <= (uintptr_t)runs[used - 1].start)
                continue;
            runs[used++] = (hp_plant_run){.start = (unsigned char *)at, .size = page};
        }
    }
    return used;
}

#ifndef ERROR_DYNAMIC_CODE_BLOCKED
#define ERROR_DYNAMIC_CODE_BLOCKED 1655L
#endif

HRESULT hp_plant_protection_error(void) {
    DWORD error = GetLastError();
    return error == ERROR_DYNAMIC_CODE_BLOCKED ? HP_E_DYNAMIC_CODE : HRESULT_FROM_WIN32(error);
}

static HRESULT open_runs(hp_plant_window *window, hp_trouble *trouble) {
    for (size_t i = 0; i < window->count; i++) {
        hp_plant_run *run = &window->runs[i];
        if (!HP_FAULT("make code writable") &&
            VirtualProtect(run->start, run->size, PAGE_EXECUTE_READWRITE, &run->protection))
            continue;
        HRESULT hr = hp_plant_protection_error();
        window->count = i;
        return hp_trouble_set(trouble, hr, NULL, "VirtualProtect of the code at %p failed",
                              (void *)run->start);
    }
    return S_OK;
}

HRESULT hp_plant_open(hp_plant *const *plants, size_t count, hp_plant_window *window, hp_trouble *trouble) {
    *window = (hp_plant_window){0};
    if (count == 0)
        return S_OK;
    hp_plant **sorted = HP_FAULT("memory for the order of functions") ? NULL : calloc(count, sizeof *sorted);
    hp_plant_run *runs = HP_FAULT("memory for pages") ? NULL : calloc(count * 2, sizeof *runs);
    if (sorted == NULL || runs == NULL) {
        free(sorted);
        free(runs);
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    }
    memcpy(sorted, plants, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_entries);
    window->runs = runs;
    window->count = collect_runs(sorted, count, runs);
    HRESULT hr = open_runs(window, trouble);
    /* Whoever patched since we looked is seen now; the rest of the commit is a handful of stores. */
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        if (!plants[i]->planted && !hp_plant_is_idle(plants[i]))
            hr = hp_trouble_set(trouble, HP_E_FOREIGN_BYTES, NULL, "the code at %p changed during attach",
                                (void *)plants[i]->entry);
    free(sorted);
    if (FAILED(hr))
        hp_plant_close(window);
    return hr;
}

void hp_plant_close(hp_plant_window *window) {
    for (size_t i = window->count; i-- > 0;) {
        hp_plant_run *run = &window->runs[i];
        DWORD ignored;
        if (!VirtualProtect(run->start, run->size, run->protection, &ignored))
            hp_log_write(HP_LOG_ERROR, "the code at %p stays writable: VirtualProtect failed (error %lu)",
                         (void *)run->start, GetLastError());
        FlushInstructionCache(GetCurrentProcess(), run->start, run->size);
    }
    free(window->runs);
    *window = (hp_plant_window){0};
}

/* Both sides of the loop are aligned: one locked instruction, seen by other processors as a whole. */
static void store_room(unsigned char *entry, uint64_t room) {
    volatile LONG64 *at = (volatile LONG64 *)(void *)(entry - ROOM);
    for (LONG64 seen = (LONG64)load_room(entry), before;; seen = before) {
        before = InterlockedCompareExchange64(at, (LONG64)room, seen);
        if (before == seen)
            return;
    }
}

static void store_word(unsigned char *entry, uint16_t word) {
    *(volatile uint16_t *)(void *)entry = word;
    MemoryBarrier();
}

void hp_plant_commit(hp_plant *plant) {
    store_room(plant->entry, plant->jump);
    store_word(plant->entry, (uint16_t)HOP);
    plant->planted = 1;
}

int hp_plant_intact(const hp_plant *plant) {
    return plant->planted && load_room(plant->entry) == plant->jump &&
           load_word(plant->entry) == (uint16_t)HOP;
}

/* Would a thread that stands at the jump run on into the function if the original room came back under it? */
static int is_runnable(const hp_plant *plant) {
    unsigned char bytes[ROOM];
    memcpy(bytes, &plant->room, sizeof bytes);
    for (int i = ROOM - JUMP; i < ROOM; i++)
        if (bytes[i] != 0x90)
            return 0;
    return 1;
}

void hp_plant_revert(hp_plant *plant) {
    store_word(plant->entry, plant->word);
    if (is_runnable(plant))
        store_room(plant->entry, plant->room);
    plant->planted = 0;
}

int hp_plant_is_idle(const hp_plant *plant) {
    uint64_t room = load_room(plant->entry);
    return !plant->planted && load_word(plant->entry) == plant->word &&
           (room == plant->room || room == plant->jump);
}
