#include "client/change.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#if HP_X64
#include "client/instruction.h"
#endif

/* ---- layers ---- */

hp_cell *hp_change_top(hp_engine *engine, const hp_cell *site) {
    return hp_engine_cell_at(engine, site->slot);
}

hp_cell *hp_change_below(hp_engine *engine, const hp_cell *layer) {
    return hp_engine_cell_at(engine, layer->tally.below);
}

static const void *aim_of(hp_engine *engine, const hp_cell *site) {
    return hp_region_aim(hp_engine_region(engine, site), site);
}

static hp_cell *layer_with(hp_engine *engine, const hp_cell *site, const void *replacement) {
    hp_cell *layer = hp_change_top(engine, site);
    while (layer != NULL && layer->tally.replacement != replacement)
        layer = hp_change_below(engine, layer);
    return layer;
}

/*
 * May a cell be laid on its function again? A thread inside a layer may be on its way to what lay below that
 * when it was called. If that were this cell, and the cell was laid above the layer now, the thread would
 * come through the layer twice. So not while somebody is inside, or could be, of what the cell would lie on.
 */
static int may_lie_on(hp_engine *engine, const hp_cell *site) {
    const hp_cell *layer = hp_change_top(engine, site);
    for (; layer != NULL; layer = hp_change_below(engine, layer))
        if (layer->tally.stack_words == HP_TALLY_UNCOUNTED || layer->tally.inside != 0)
            return 0;
    return 1;
}

/* May another replacement of the same function have this cell? */
static int is_free(const hp_cell *cell, uint16_t stack_words) {
    /* A thread that has read the old number of words may still be on its way in. */
    return !cell->owned && !cell->linked && cell->tally.inside == 0 && cell->tally.stack_words == stack_words;
}

/* ---- prepare ---- */

/* A function that is not patched, as far as we know. */
static HRESULT look_at_new(hp_plant_image *image, unsigned char *entry, int known, hp_plant *found,
                           hp_trouble *trouble) {
    hp_trouble own = {0};
    HRESULT hr = hp_plant_inspect(image, entry, found, &own);
    if (hr == HP_E_FOREIGN_BYTES || (known && hr == HP_E_PAD_OCCUPIED))
        return hp_change_note_foreign(entry, trouble);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, "%s", own.detail) : hr;
}

/* What stands there; for a function that is patched already, what stood there. */
static HRESULT look_at(hp_engine *engine, hp_plant_image *image, unsigned char *entry, const hp_cell *site,
                       hp_plant *found, hp_trouble *trouble) {
    if (site == NULL)
        return look_at_new(image, entry, 0, found, trouble);
    const void *aim = aim_of(engine, site);
    *found = site->plant;
    if (site->plant.planted)
        return hp_plant_intact(&site->plant, aim) ? S_OK : hp_change_note_foreign(entry, trouble);
    if (hp_plant_is_idle(&site->plant, aim))
        return S_OK;
    /* Another image may lie here by now. */
    HRESULT hr = look_at_new(image, entry, 1, found, trouble);
    if (SUCCEEDED(hr) &&
        (found->prologue == HP_PROLOGUE_INSTRUCTION || site->plant.prologue == HP_PROLOGUE_INSTRUCTION))
        return hp_trouble_set(trouble, HP_E_FOREIGN_BYTES, NULL,
                              "it is not what it was when it was patched first");
    return hr;
}

HRESULT hp_change_inspect(hp_plant_image *image, unsigned char *entry, hp_trouble *trouble) {
    hp_engine *engine;
    hp_plant found;
    HRESULT hr = hp_engine_enter(&engine, trouble);
    if (FAILED(hr))
        return hr;
    hr = look_at(engine, image, entry, hp_engine_find(engine, entry), &found, trouble);
    hp_engine_leave(engine);
    return hr;
}

static HRESULT judge_known(hp_change *change, hp_change_add *add, hp_trouble *trouble) {
    hp_plant found;
    HRESULT hr = look_at(change->engine, add->image, add->entry, add->site, &found, trouble);
    if (SUCCEEDED(hr) && memcmp(&found, &add->site->plant, sizeof found) != 0) {
        add->site->plant = found;
        add->site->slot = found.entry + found.length;
    }
    return hr;
}

/* The jump must not be laid over another function that is patched, nor by that one's jump over this one. */
static HRESULT refuse_neighbours(hp_change *change, const hp_change_add *add, hp_trouble *trouble) {
    for (int side = -HP_PLANT_ROOM; side <= HP_PLANT_ROOM; side += 2 * HP_PLANT_ROOM) {
        const hp_cell *neighbour = hp_engine_find(change->engine, add->entry + side);
        if (neighbour != NULL && neighbour->plant.planted)
            return hp_trouble_set(trouble, HP_E_OVERLAP, NULL,
                                  "a patched function lies right beside it, at %p",
                                  (void *)neighbour->plant.entry);
    }
    return S_OK;
}

static HRESULT judge_new(hp_change *change, hp_change_add *add, uint32_t more, hp_trouble *trouble) {
    hp_plant found;
    HRESULT hr = hp_plant_inspect(add->image, add->entry, &found, trouble);
    if (SUCCEEDED(hr))
        hr = hp_engine_take(change->engine, add->image, more, &add->site, trouble);
    if (FAILED(hr))
        return hr;
    add->site->plant = found;
    add->site->slot = found.prologue == HP_PROLOGUE_INSTRUCTION ? NULL : found.entry + found.length;
    hr = hp_plant_reach(&found, aim_of(change->engine, add->site));
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, NULL) : S_OK;
}

/* The given one, one that was used before, or a new one. */
static HRESULT find_layer(hp_change *change, hp_change_add *add, hp_trouble *trouble) {
    hp_engine *engine = change->engine;
    const int again = may_lie_on(engine, add->site);
    if (add->given != NULL && again) {
        add->cell = add->given;
        return S_OK;
    }
    for (hp_cell *cell = add->site; cell != NULL; cell = hp_engine_cell(engine, cell->next))
        if (cell->tally.replacement == NULL || (again && is_free(cell, add->stack_words))) {
            add->cell = cell;
            return S_OK;
        }
    HRESULT hr = hp_engine_take(engine, add->image, 1, &add->cell, trouble);
    if (FAILED(hr))
        return hr;
    add->cell->plant.entry = add->entry;
    add->cell->further = 1;
    return S_OK;
}

static HRESULT judge(hp_change *change, hp_change_add *add, uint32_t more, hp_trouble *trouble) {
    uintptr_t replacement = (uintptr_t)add->replacement, entry = (uintptr_t)add->entry;
    if (replacement + HP_PLANT_ROOM >= entry && replacement < entry + 16)
        return hp_trouble_set(trouble, HP_E_OVERLAP, NULL, "the replacement lies at %p", add->replacement);
    add->site = hp_engine_find(change->engine, add->entry);
    HRESULT hr =
        add->site != NULL ? judge_known(change, add, trouble) : judge_new(change, add, more, trouble);
    if (SUCCEEDED(hr) && !add->site->plant.planted)
        hr = refuse_neighbours(change, add, trouble);
    if (FAILED(hr))
        return hr;
    hp_cell *there = layer_with(change->engine, add->site, add->replacement);
    add->there = there != NULL;
    if (there != NULL) {
        add->original = hp_region_below(hp_engine_region(change->engine, there), there);
        return S_OK;
    }
    hr = find_layer(change, add, trouble);
    if (SUCCEEDED(hr))
        add->original = hp_region_below(hp_engine_region(change->engine, add->cell), add->cell);
    return hr;
}

/* First instructions of two bytes and more run elsewhere; the copies go into pages of their own. */
static HRESULT copy_instructions(hp_change *change, hp_trouble *trouble) {
#if HP_X64
    size_t count = 0, done = 0;
    hp_plant_image *image = NULL;
    for (size_t i = 0; i < change->add_count; i++)
        if (change->adds[i].site->slot == NULL) {
            count++;
            image = image == NULL ? change->adds[i].image : image;
        }
    if (count == 0)
        return S_OK;
    const size_t size = count * HP_INSTRUCTION_COPY;
    unsigned char *place = change->copies = hp_region_near(image, size);
    if (place == NULL)
        return hp_trouble_set(trouble, HP_E_NO_ROOM_NEAR, NULL, "%llu bytes are needed",
                              (unsigned long long)size);
    for (size_t i = 0; i < change->add_count; i++) {
        hp_cell *site = change->adds[i].site;
        if (site->slot != NULL)
            continue;
        change->failed = i;
        HRESULT hr = hp_instruction_copy(site->plant.entry, site->plant.length, place + done);
        if (FAILED(hr))
            return hp_trouble_set(trouble, hr, NULL, "its first instruction refers to data");
        site->slot = place + done;
        done += HP_INSTRUCTION_COPY;
    }
    DWORD before;
    change->failed = change->add_count;
    if (HP_FAULT("make copies executable") || !VirtualProtect(place, size, PAGE_EXECUTE_READ, &before))
        return hp_trouble_set(trouble, hp_window_error(), NULL, "copies of first instructions");
    FlushInstructionCache(GetCurrentProcess(), place, size);
#else
    (void)change;
    (void)trouble;
#endif
    return S_OK;
}

/* Will nothing be left on the function? Only lowest layers are asked; a change removes a layer once. */
static int empties(hp_change *change, const hp_change_remove *remove) {
    hp_cell *site = hp_engine_find(change->engine, remove->cell->plant.entry);
    for (size_t i = 0; i < change->add_count; i++)
        if (change->adds[i].site == site && !change->adds[i].there)
            return 0;
    return hp_change_top(change->engine, site) == remove->cell &&
           hp_change_below(change->engine, remove->cell) == NULL && site->plant.planted;
}

static HRESULT open_window(hp_change *change, hp_trouble *trouble) {
    size_t count = 0, room = change->add_count + change->remove_count;
    hp_plant **plants = HP_FAULT("memory for the list of changes") ? NULL : calloc(room + 1, sizeof *plants);
    if (plants == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < change->add_count; i++)
        if (!change->adds[i].there && !change->adds[i].site->plant.planted)
            plants[count++] = &change->adds[i].site->plant;
    for (size_t i = 0; i < change->remove_count; i++)
        if (empties(change, &change->removes[i]))
            plants[count++] = &hp_engine_find(change->engine, change->removes[i].cell->plant.entry)->plant;
    HRESULT hr = hp_window_open(plants, count, &change->window, trouble);
    free(plants);
    return hr;
}

/* Whoever patched since we looked is seen now; the rest is a handful of stores. */
static HRESULT look_again(hp_change *change, hp_trouble *trouble) {
    for (size_t i = 0; i < change->add_count; i++) {
        const hp_cell *site = change->adds[i].site;
        const void *aim = aim_of(change->engine, site);
        if (!site->plant.planted && !hp_plant_is_idle(&site->plant, aim)) {
            change->failed = i;
            return hp_trouble_set(trouble, HP_E_FOREIGN_BYTES, NULL, "its code changed in the meantime");
        }
    }
    return S_OK;
}

static HRESULT prepare(hp_change *change, hp_trouble *trouble) {
    HRESULT hr = hp_engine_claim_begin(change->engine, (uint32_t)change->add_count, &change->claim);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, NULL);
    for (size_t i = 0; i < change->add_count && SUCCEEDED(hr); i++) {
        change->failed = i;
        hr = judge(change, &change->adds[i], (uint32_t)(change->add_count - i), trouble);
    }
    if (FAILED(hr))
        return hr;
    change->failed = change->add_count;
    hr = copy_instructions(change, trouble);
    if (SUCCEEDED(hr))
        hr = open_window(change, trouble);
    if (SUCCEEDED(hr))
        hr = look_again(change, trouble);
    return hr;
}

HRESULT hp_change_prepare(hp_change *change, hp_trouble *trouble) {
    change->failed = change->add_count;
    HRESULT hr = hp_engine_enter(&change->engine, trouble);
    if (FAILED(hr))
        return hr;
    hr = prepare(change, trouble);
    if (FAILED(hr))
        hp_change_abandon(change);
    return hr;
}

/* Cells that were there before keep what a failure might have left in them: nothing that counts. */
void hp_change_abandon(hp_change *change) {
    hp_window_close(&change->window);
    for (size_t i = 0; i < change->add_count; i++)
        change->adds[i].cell = change->adds[i].site = NULL;
    hp_engine_claim_undo(change->engine, &change->claim);
    if (change->copies != NULL)
        VirtualFree(change->copies, 0, MEM_RELEASE);
    change->copies = NULL;
    hp_engine_leave(change->engine);
}

HRESULT hp_change_make(hp_change *change, hp_trouble *trouble) {
    HRESULT hr = hp_change_prepare(change, trouble);
    if (SUCCEEDED(hr))
        hp_change_apply(change);
    return hr;
}
