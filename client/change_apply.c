/* The half of a change that cannot fail. */
#include "client/copies.h"

#include <stdio.h>
#include <wchar.h>

/* Complete before it is published: a thread may run it from the next instruction on. */
static void lay(hp_engine *engine, hp_change_add *add) {
    hp_cell *site = add->site, *cell = add->cell;
    if (cell->further && cell->tally.replacement == NULL) {
        cell->next = site->next;
        site->next = hp_engine_number(engine, cell) & 0x0FFFFFFFu;
    }
    hp_cell *top = hp_change_top(engine, site);
    if (top != NULL)
        top->covered = 1;
    cell->covered = 0;
    cell->tally.below = site->slot;
    cell->tally.stack_words = add->stack_words;
    if (add->given != NULL)
        add->given->owned = 0;
    cell->owned = 1;
    cell->linked = 1;
    InterlockedExchangePointer(&cell->tally.replacement, add->replacement);
    site->tally.flags++;
    if (hp_engine_find(engine, add->entry) == NULL)
        hp_engine_keep(engine, site);
    InterlockedExchangePointer(&site->slot, hp_engine_thunk(engine, cell));
    if (!site->plant.planted)
        hp_plant_commit(&site->plant, hp_engine_aim(engine, site));
}

/* Who is on his way into the layer goes on below it. */
static void unlink_layer(hp_engine *engine, hp_cell *site, hp_cell *cell) {
    void *const thunk = hp_engine_thunk(engine, cell);
    if (site->slot == thunk) {
        InterlockedExchangePointer(&site->slot, cell->tally.below);
    } else {
        hp_cell *upper = hp_change_top(engine, site);
        while (upper != NULL && upper->tally.below != thunk)
            upper = hp_change_below(engine, upper);
        if (upper != NULL)
            InterlockedExchangePointer(&upper->tally.below, cell->tally.below);
    }
    InterlockedExchangePointer(&cell->tally.replacement, hp_engine_below(engine, cell));
    cell->linked = 0;
    site->tally.flags++;
}

static HRESULT take_off(hp_engine *engine, hp_cell *cell, int *reverted) {
    hp_cell *site = hp_engine_find(engine, cell->plant.entry);
    if (!cell->linked)
        return S_OK;
    unlink_layer(engine, site, cell);
    if (hp_change_top(engine, site) != NULL || !site->plant.planted)
        return S_OK;
    if (!hp_plant_intact(&site->plant, hp_engine_aim(engine, site)))
        return HP_E_FOREIGN_BYTES; /* what is left of our jump leads to the body by now */
    hp_plant_revert(&site->plant);
    *reverted = 1;
    return S_OK;
}

/* Threads that were running right before the jumps have left them once all processors have answered. */
static void tidy_up(hp_change *change) {
    FlushProcessWriteBuffers();
    for (size_t i = 0; i < change->remove_count; i++) {
        const hp_cell *site = hp_engine_find(change->engine, change->removes[i].cell->plant.entry);
        if (SUCCEEDED(change->removes[i].result) && !site->plant.planted &&
            hp_plant_is_idle(&site->plant, hp_engine_aim(change->engine, site)))
            hp_plant_tidy(&site->plant, hp_engine_aim(change->engine, site));
    }
}

void hp_change_apply(hp_change *change) {
    for (size_t i = 0; i < change->add_count; i++)
        if (!change->adds[i].there)
            lay(change->engine, &change->adds[i]);
    int reverted = 0;
    for (size_t i = 0; i < change->remove_count; i++)
        change->removes[i].result = take_off(change->engine, change->removes[i].cell, &reverted);
    if (reverted)
        tidy_up(change);
    hp_window_close(&change->window);
    hp_engine_claim_end(&change->claim);
    hp_copies_keep(change);
    hp_engine_leave(change->engine);
}

HRESULT hp_change_disown(hp_cell *const *cells, size_t count) {
    hp_engine *engine;
    HRESULT hr = hp_engine_enter(&engine, NULL);
    if (FAILED(hr))
        return hr;
    for (size_t i = 0; i < count; i++)
        if (cells[i] != NULL)
            cells[i]->owned = 0;
    hp_engine_leave(engine);
    return S_OK;
}

HRESULT hp_change_note_foreign(const unsigned char *entry, hp_trouble *trouble) {
    wchar_t file[MAX_PATH];
    char where[3 * MAX_PATH + 32] = "";
    HMODULE module;
    const void *destination = hp_plant_destination(entry);
    if (destination != NULL)
        snprintf(where, sizeof where, ", a jump to %p", destination);
    if (destination != NULL &&
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                               GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (const wchar_t *)destination, &module) &&
        GetModuleFileNameW(module, file, MAX_PATH) != 0)
        snprintf(where, sizeof where, ", a jump to %p in %ls", destination, file);
    return hp_trouble_set(trouble, HP_E_FOREIGN_BYTES, NULL, "it begins with %02X %02X %02X %02X%s", entry[0],
                          entry[1], entry[2], entry[3], where);
}

HRESULT hp_change_compare(const unsigned char *entry, const unsigned char *end, const void *expected,
                          size_t size, hp_trouble *trouble) {
    hp_engine *engine;
    const unsigned char *wanted = expected;
    HRESULT hr = hp_engine_enter(&engine, trouble);
    if (FAILED(hr))
        return hr;
    const hp_cell *site = hp_engine_find(engine, entry);
    const int planted = site != NULL && site->plant.planted;
    const uint16_t word = planted ? site->plant.word : 0;
    hp_engine_leave(engine);
    if (size > (size_t)(end - entry))
        return hp_trouble_set(trouble, HP_E_BYTES_DIFFER, NULL, "the image ends before them");
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = planted && i < sizeof word ? (unsigned char)(word >> i * 8) : entry[i];
        if (byte != wanted[i])
            return hp_trouble_set(trouble, HP_E_BYTES_DIFFER, NULL, "byte %zu is %02X and not %02X", i, byte,
                                  wanted[i]);
    }
    return S_OK;
}
