#include "client/change.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "client/copies.h"

/* ---- layers ---- */

hp_cell *hp_change_top(hp_engine *engine, const hp_cell *site) {
    return hp_engine_cell_at(engine, site->slot);
}

hp_cell *hp_change_below(hp_engine *engine, const hp_cell *layer) {
    return hp_engine_cell_at(engine, layer->tally.below);
}

static hp_cell *layer_with(hp_engine *engine, const hp_cell *site, const void *replacement) {
    hp_cell *layer = hp_change_top(engine, site);
    while (layer != NULL && layer->tally.replacement != replacement)
        layer = hp_change_below(engine, layer);
    return layer;
}

/*
 * A thread inside a layer may be on its way to the cell that lay below it when it was called. Were that cell
 * laid again above the layer, the thread would come through the layer twice. So a cell that had another above
 * it is not laid again while somebody is inside, or could be, of what it would lie on.
 */
static int is_quiet(hp_engine *engine, const hp_cell *site) {
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
    const void *aim = hp_engine_aim(engine, site);
    *found = site->plant;
    if (site->plant.planted && hp_plant_intact(&site->plant, aim))
        return S_OK;
    if (site->plant.planted && hp_change_top(engine, site) != NULL)
        return hp_change_note_foreign(entry, trouble);
    found->planted = 0; /* a revert had to leave it as somebody else had made it */
    if (hp_plant_is_idle(found, aim) && hp_plant_has_body(found, site->slot))
        return S_OK;
    /* Another image may lie here by now. */
    HRESULT hr = look_at_new(image, entry, 1, found, trouble);
    if (SUCCEEDED(hr) &&
        (found->prologue == HP_FORM_INSTRUCTION || site->plant.prologue == HP_FORM_INSTRUCTION))
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
    if (FAILED(hr))
        return hr;
    hp_plant known = add->site->plant;
    known.planted = found.planted;
    if (memcmp(&found, &known, sizeof found) != 0)
        add->site->slot = found.entry + found.length;
    add->site->plant = found;
    return S_OK;
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
    add->site->slot = found.prologue == HP_FORM_INSTRUCTION ? NULL : found.entry + found.length;
    hr = hp_plant_reach(&found, hp_engine_aim(change->engine, add->site));
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, NULL) : S_OK;
}

/* The given one, one that was used before, or a new one. */
static HRESULT find_layer(hp_change *change, hp_change_add *add, hp_trouble *trouble) {
    hp_engine *engine = change->engine;
    const int quiet = is_quiet(engine, add->site);
    if (add->given != NULL && (quiet || !add->given->covered)) {
        add->cell = add->given;
        return S_OK;
    }
    for (hp_cell *cell = add->site; cell != NULL; cell = hp_engine_cell(engine, cell->next))
        if (cell->tally.replacement == NULL ||
            ((quiet || !cell->covered) && is_free(cell, add->stack_words))) {
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
        add->original = hp_engine_below(change->engine, there);
        return S_OK;
    }
    hr = find_layer(change, add, trouble);
    if (SUCCEEDED(hr))
        add->original = hp_engine_below(change->engine, add->cell);
    return hr;
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
        const void *aim = hp_engine_aim(change->engine, site);
        if (!site->plant.planted && !hp_plant_is_idle(&site->plant, aim)) {
            change->failed = i;
            return hp_trouble_set(trouble, HP_E_FOREIGN_BYTES, NULL, "its code changed in the meantime");
        }
        /* From now on callers may have `original`: it must lead somewhere. */
        if (!change->adds[i].there && change->adds[i].cell->tally.below == NULL)
            change->adds[i].cell->tally.below = site->slot;
    }
    return S_OK;
}

static HRESULT prepare(hp_change *change, hp_trouble *trouble) {
    uint32_t fresh = 0;
    for (size_t i = 0; i < change->add_count; i++)
        fresh += hp_engine_find(change->engine, change->adds[i].entry) == NULL;
    HRESULT hr = hp_engine_claim_begin(change->engine, fresh, &change->claim);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, NULL);
    for (size_t i = 0; i < change->add_count && SUCCEEDED(hr); i++) {
        change->failed = i;
        hr = judge(change, &change->adds[i], (uint32_t)(change->add_count - i), trouble);
    }
    if (FAILED(hr))
        return hr;
    change->failed = change->add_count;
    hr = hp_copies_make(change, trouble);
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
    hp_copies_discard(change);
    hp_engine_leave(change->engine);
}

HRESULT hp_change_make(hp_change *change, hp_trouble *trouble) {
    HRESULT hr = hp_change_prepare(change, trouble);
    if (SUCCEEDED(hr))
        hp_change_apply(change);
    return hr;
}
