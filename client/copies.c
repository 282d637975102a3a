#include "client/copies.h"

#include <stdlib.h>

#include "idl/fault.h"

#if HP_X64
#include "client/instruction.h"

/* The copies for one image. */
typedef struct hp_copies {
    struct hp_copies *next;
    unsigned char *place;
    size_t size, used; /* bytes */
} hp_copies;

static int is_wanting(const hp_change_add *add, const hp_plant_image *image) {
    return add->site->slot == NULL && add->image == image;
}

static HRESULT allocate(hp_change *change, hp_plant_image *image, hp_trouble *trouble) {
    hp_copies *copies = HP_FAULT("memory for copies") ? NULL : calloc(1, sizeof *copies);
    if (copies == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < change->add_count; i++)
        copies->size += is_wanting(&change->adds[i], image) ? HP_INSTRUCTION_COPY : 0;
    copies->place = hp_region_near(image, copies->size);
    if (copies->place == NULL) {
        hp_trouble_set(trouble, HP_E_NO_ROOM_NEAR, NULL, "%llu bytes are needed",
                       (unsigned long long)copies->size);
        free(copies);
        return HP_E_NO_ROOM_NEAR;
    }
    copies->next = change->copies;
    change->copies = copies;
    return S_OK;
}

static HRESULT fill(hp_change *change, const hp_plant_image *image, hp_trouble *trouble) {
    hp_copies *copies = change->copies;
    for (size_t i = 0; i < change->add_count; i++) {
        hp_cell *site = change->adds[i].site;
        if (!is_wanting(&change->adds[i], image))
            continue;
        unsigned char *place = copies->place + copies->used;
        HRESULT hr = hp_instruction_copy(site->plant.entry, site->plant.length, place);
        if (FAILED(hr)) {
            change->failed = i;
            return hp_trouble_set(trouble, hr, NULL, "its first instruction cannot be copied");
        }
        copies->used += HP_INSTRUCTION_COPY;
        site->slot = place;
    }
    DWORD before;
    if (HP_FAULT("make copies executable") ||
        !VirtualProtect(copies->place, copies->size, PAGE_EXECUTE_READ, &before))
        return hp_trouble_set(trouble, hp_window_error(), NULL, "copies of first instructions");
    FlushInstructionCache(GetCurrentProcess(), copies->place, copies->size);
    return S_OK;
}

HRESULT hp_copies_make(hp_change *change, hp_trouble *trouble) {
    HRESULT hr = S_OK;
    for (size_t i = 0; i < change->add_count && SUCCEEDED(hr); i++) {
        if (change->adds[i].site->slot != NULL)
            continue;
        hr = allocate(change, change->adds[i].image, trouble);
        if (SUCCEEDED(hr))
            hr = fill(change, change->adds[i].image, trouble);
    }
    return hr;
}

static void forget(hp_change *change, int free_memory) {
    while (change->copies != NULL) {
        hp_copies *copies = change->copies;
        change->copies = copies->next;
        if (free_memory)
            VirtualFree(copies->place, 0, MEM_RELEASE);
        free(copies);
    }
}
#else
HRESULT hp_copies_make(hp_change *change, hp_trouble *trouble) {
    (void)change;
    (void)trouble;
    return S_OK;
}

static void forget(hp_change *change, int free_memory) {
    (void)change;
    (void)free_memory;
}
#endif

void hp_copies_discard(hp_change *change) {
    forget(change, 1);
}

void hp_copies_keep(hp_change *change) {
    forget(change, 0);
}
