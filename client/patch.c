#include "hotpatch/patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/transaction.h"
#include "idl/fault.h"

/*
 * What a transaction knows of a function until it is committed; afterwards its layer is all that is kept.
 * References on modules: of the function's, and of the replacement's.
 */

static HRESULT trouble_of(hp_patch *patch, HRESULT hr, const char *thing, const char *detail) {
    return hp_trouble_set(&patch->trouble, hr, thing, "%s", detail != NULL ? detail : "");
}

static HRESULT begin(hp_patch *patch, hp_patch_state state) {
    memset(&patch->trouble, 0, sizeof patch->trouble);
    if (patch->state == state)
        return S_OK;
    static const char *const names[] = {"open", "committed", "reverted"};
    return hp_trouble_set(&patch->trouble, HP_E_PATCH_STATE, NULL, "it is %s, and has to be %s",
                          names[patch->state], names[state]);
}

HRESULT hp_patch_open(hp_patch **patch) {
    if (patch == NULL)
        return E_POINTER;
    *patch = HP_FAULT("memory for a transaction") ? NULL : calloc(1, sizeof **patch);
    if (*patch == NULL)
        return E_OUTOFMEMORY;
    hp_resolve_begin(&(*patch)->resolver);
    return S_OK;
}

/* ---- add ---- */

static HRESULT check_identity(hp_patch *patch, const hp_patch_function *function, const hp_resolved *found,
                              const char *name) {
    char text[32];
    if (function->identity == NULL)
        return S_OK;
    hp_functable_identity_text(&found->identity, text, sizeof text);
    if (strcmp(text, function->identity) == 0)
        return S_OK;
    return hp_trouble_set(&patch->trouble, HP_E_IMAGE_DIFFERS, name, "it is %s and not %.40s", text,
                          function->identity);
}

static HRESULT find_image(hp_patch *patch, const hp_resolved *found, uint32_t *index) {
    for (uint32_t i = 0; i < patch->image_count; i++)
        if (patch->images[i].base == found->base) {
            *index = i;
            return S_OK;
        }
    hp_plant_image *images = HP_FAULT("memory for images")
                                 ? NULL
                                 : realloc(patch->images, (patch->image_count + 1) * sizeof *images);
    if (images == NULL)
        return trouble_of(patch, E_OUTOFMEMORY, NULL, NULL);
    patch->images = images;
    images[patch->image_count] = (hp_plant_image){.base = found->base, .size = found->size};
    *index = patch->image_count++;
    return S_OK;
}

static HRESULT make_room(hp_patch *patch) {
    if (patch->count < patch->capacity)
        return S_OK;
    size_t capacity = patch->capacity != 0 ? patch->capacity * 2 : 16;
    hp_patch_item *items =
        HP_FAULT("memory for functions") ? NULL : realloc(patch->items, capacity * sizeof *items);
    if (items == NULL)
        return trouble_of(patch, E_OUTOFMEMORY, NULL, NULL);
    patch->items = items;
    patch->capacity = capacity;
    return S_OK;
}

static HRESULT check_arguments(hp_patch *patch, const hp_patch_function *function) {
    if (function == NULL || function->size != sizeof *function || function->replacement == NULL ||
        (function->name == NULL) == (function->address == NULL) ||
        (function->expected == NULL) != (function->expected_size == 0))
        return trouble_of(patch, E_INVALIDARG, NULL,
                          "it needs its size, a replacement, and either a name or an address");
    return S_OK;
}

/* All that is known beforehand; committing looks again. */
static HRESULT judge(hp_patch *patch, const hp_patch_function *function, const hp_resolved *found,
                     const char *name, hp_patch_item *item) {
    HRESULT hr = check_identity(patch, function, found, name);
    if (SUCCEEDED(hr))
        hr = hp_transaction_words(patch, function->signature, name, &item->stack_words);
    if (SUCCEEDED(hr))
        hr = find_image(patch, found, &item->image);
    if (SUCCEEDED(hr))
        hr = hp_change_inspect(&patch->images[item->image], found->entry, &patch->trouble);
    if (SUCCEEDED(hr) && function->expected != NULL)
        hr = hp_change_compare(found->entry, found->base + found->size, function->expected,
                               function->expected_size, &patch->trouble);
    if (SUCCEEDED(hr))
        hr = hp_transaction_hold(patch, found->entry);
    if (SUCCEEDED(hr))
        hr = hp_transaction_hold(patch, function->replacement);
    return SUCCEEDED(hr) ? make_room(patch) : hr;
}

static void name_trouble(hp_patch *patch, const hp_patch_function *function) {
    if (function->name != NULL)
        hp_text_copy(patch->trouble.thing, sizeof patch->trouble.thing, function->name);
    else
        snprintf(patch->trouble.thing, sizeof patch->trouble.thing, "%p", function->address);
}

HRESULT hp_patch_add(hp_patch *patch, const hp_patch_function *function) {
    hp_resolved found;
    if (patch == NULL)
        return E_POINTER;
    HRESULT hr = begin(patch, HP_PATCH_OPEN);
    if (SUCCEEDED(hr))
        hr = check_arguments(patch, function);
    if (FAILED(hr))
        return hr;
    hr = function->name != NULL
             ? hp_resolve_name(&patch->resolver, function->module, function->name, &found, &patch->trouble)
             : hp_resolve_address(&patch->resolver, function->address, &found, &patch->trouble);
    hp_patch_item item = {.entry = NULL};
    if (SUCCEEDED(hr))
        hr = judge(patch, function, &found, function->name, &item);
    if (SUCCEEDED(hr) && hp_transaction_find(patch, found.entry) != NULL)
        hr = trouble_of(patch, HP_E_NAME_DUPLICATE, NULL, "the transaction has it already");
    if (FAILED(hr)) {
        hp_trouble_set(&patch->trouble, hr, NULL, NULL);
        name_trouble(patch, function);
        return hr;
    }
    item.entry = found.entry;
    item.replacement = function->replacement;
    item.original = function->original;
    return hp_transaction_append(patch, &item, function->name);
}

/* ---- commit ---- */

static hp_change_add *make_adds(hp_patch *patch) {
    hp_change_add *adds = HP_FAULT("memory for a commit") ? NULL : calloc(patch->count + 1, sizeof *adds);
    for (size_t i = 0; adds != NULL && i < patch->count; i++) {
        const hp_patch_item *item = &patch->items[i];
        adds[i] = (hp_change_add){.image = &patch->images[item->image],
                                  .entry = item->entry,
                                  .replacement = item->replacement,
                                  .stack_words = item->stack_words};
    }
    return adds;
}

/* Before the first call can come. */
static void give_originals(hp_patch *patch, const hp_change_add *adds) {
    patch->layer_count = 0;
    for (size_t i = 0; i < patch->count; i++) {
        if (patch->items[i].original != NULL)
            *patch->items[i].original = adds[i].original;
        if (!adds[i].there)
            patch->layers[patch->layer_count++] = adds[i].cell;
    }
}

HRESULT hp_patch_commit(hp_patch *patch) {
    if (patch == NULL)
        return E_POINTER;
    HRESULT hr = begin(patch, HP_PATCH_OPEN);
    if (FAILED(hr))
        return hr;
    hp_change change = {.adds = make_adds(patch), .add_count = patch->count, .failed = patch->count};
    patch->layers = HP_FAULT("memory for layers") ? NULL : calloc(patch->count + 1, sizeof(hp_cell *));
    if (change.adds == NULL || patch->layers == NULL)
        hr = trouble_of(patch, E_OUTOFMEMORY, NULL, NULL);
    if (SUCCEEDED(hr))
        hr = hp_change_prepare(&change, &patch->trouble);
    if (SUCCEEDED(hr)) {
        give_originals(patch, change.adds);
        hp_change_apply(&change);
        patch->state = HP_PATCH_COMMITTED;
        hp_transaction_forget(patch);
    } else {
        if (change.adds != NULL && change.failed < patch->count)
            hp_transaction_name(patch, change.failed);
        free(patch->layers);
        patch->layers = NULL;
    }
    free(change.adds);
    return FAILED(hr) ? hr : patch->layer_count == 0 && patch->count != 0 ? S_FALSE : S_OK;
}

/* ---- revert, drain, close ---- */

HRESULT hp_patch_revert(hp_patch *patch) {
    if (patch == NULL)
        return E_POINTER;
    HRESULT hr = begin(patch, HP_PATCH_COMMITTED);
    if (FAILED(hr))
        return hr;
    hp_change change = {.remove_count = patch->layer_count};
    change.removes =
        HP_FAULT("memory for a revert") ? NULL : calloc(patch->layer_count + 1, sizeof *change.removes);
    if (change.removes == NULL)
        return trouble_of(patch, E_OUTOFMEMORY, NULL, NULL);
    for (size_t i = 0; i < patch->layer_count; i++)
        change.removes[i].cell = patch->layers[i];
    hr = hp_change_make(&change, &patch->trouble);
    if (SUCCEEDED(hr))
        patch->state = HP_PATCH_REVERTED;
    for (size_t i = 0; i < patch->layer_count && SUCCEEDED(hr); i++)
        if (FAILED(change.removes[i].result)) {
            hr = hp_change_note_foreign(patch->layers[i]->plant.entry, &patch->trouble);
            snprintf(patch->trouble.thing, sizeof patch->trouble.thing, "%p",
                     (void *)patch->layers[i]->plant.entry);
        }
    free(change.removes);
    return hr;
}

HRESULT hp_patch_drain(hp_patch *patch, uint32_t timeout_ms) {
    if (patch == NULL)
        return E_POINTER;
    HRESULT hr = begin(patch, HP_PATCH_REVERTED);
    const ULONGLONG start = GetTickCount64();
    for (size_t i = 0; i < patch->layer_count && SUCCEEDED(hr); i++) {
        const hp_tally *tally = &patch->layers[i]->tally;
        /* The way out of a replacement is one instruction: it tells nobody, so we look. */
        while (tally->stack_words != HP_TALLY_UNCOUNTED && tally->inside != 0 && SUCCEEDED(hr)) {
            if (timeout_ms != INFINITE && GetTickCount64() - start >= timeout_ms)
                hr = hp_trouble_set(&patch->trouble, HP_E_CALL_BUSY, NULL, "%ld calls are inside",
                                    (long)tally->inside);
            else
                Sleep(1);
        }
    }
    for (size_t i = 0; i < patch->layer_count && SUCCEEDED(hr); i++)
        if (patch->layers[i]->tally.stack_words == HP_TALLY_UNCOUNTED)
            hr = trouble_of(patch, HP_E_PATCH_UNCOUNTED, NULL, NULL);
    if (SUCCEEDED(hr))
        patch->drained = 1;
    return hr;
}

void hp_patch_close(hp_patch *patch) {
    if (patch == NULL)
        return;
    hp_transaction_forget(patch);
    /* Cells of calls that are inside are not reused before they have left, whoever owns them. */
    if (patch->state == HP_PATCH_REVERTED)
        hp_change_disown(patch->layers, patch->layer_count);
    if (patch->state == HP_PATCH_OPEN || patch->drained)
        hp_transaction_let_go(patch);
    free(patch->modules);
    free(patch->images);
    free(patch->layers);
    free(patch);
}

HRESULT hp_patch_explain(const hp_patch *patch, hp_patch_trouble *trouble) {
    if (patch == NULL || trouble == NULL || trouble->size != sizeof *trouble)
        return E_INVALIDARG;
    trouble->result = patch->trouble.result;
    hp_text_copy(trouble->name, sizeof trouble->name, patch->trouble.thing);
    hp_text_copy(trouble->detail, sizeof trouble->detail, patch->trouble.detail);
    return trouble->result;
}
