#include "tools/inventory/inventory.h"

#include <stdlib.h>

#include "tools/debug/debugfile.h"
#include "tools/inventory/inventory_choose.h"
#include "tools/inventory/inventory_take.h"

typedef hp_inventory_maker maker;

static HRESULT read_marks(maker *it) {
    hp_marked mark;
    size_t at = 0, count = 0;
    HRESULT hr;
    while ((hr = hp_marked_next(it->pe, &at, &mark)) == S_OK)
        count++;
    if (FAILED(hr))
        return hp_trouble_set(it->trouble, hr, ".hpfn", "the entry that ends at offset %zu", at);
    it->marks = calloc(count + 1, sizeof *it->marks);
    if (it->marks == NULL)
        return E_OUTOFMEMORY;
    at = 0;
    while (it->mark_count < count && hp_marked_next(it->pe, &at, &it->marks[it->mark_count]) == S_OK)
        it->mark_count++;
    return S_OK;
}

static HRESULT take_all(maker *it) {
    const size_t ghosts = it->facts.count - it->facts.with_code;
    const size_t names = hp_inventory_take_names(it)->count; /* no more aliases than that */
    it->inventory->functions =
        calloc(it->symbols.count + ghosts + names + 1, sizeof *it->inventory->functions);
    it->inventory->left =
        calloc(it->symbols.count + it->symbols.other_count + ghosts + 1, sizeof *it->inventory->left);
    it->inventory->aliases = calloc(names + 1, sizeof *it->inventory->aliases);
    it->call = malloc(sizeof *it->call);
    if (it->inventory->functions == NULL || it->inventory->aliases == NULL || it->inventory->left == NULL ||
        it->call == NULL)
        return E_OUTOFMEMORY;
    HRESULT hr = S_OK;
    for (size_t i = 0; i < it->symbols.other_count && SUCCEEDED(hr); i++)
        hr = hp_inventory_take_foreign(it, it->symbols.others[i].name, it->symbols.others[i].file);
    for (size_t i = 0; i < it->symbols.count && SUCCEEDED(hr); i++)
        hr = hp_inventory_take_symbol(it, &it->symbols.items[i]);
    for (size_t i = it->facts.with_code; i < it->facts.count && SUCCEEDED(hr); i++)
        hr = hp_inventory_take_ghost(it, &it->facts.items[i]);
    if (SUCCEEDED(hr))
        hp_inventory_choose_one_each(it->inventory);
    it->inventory->seen = it->symbols.seen;
    return hr;
}

HRESULT hp_inventory_make(const wchar_t *path, const hp_pe *pe, const hp_inventory_options *options,
                          hp_inventory *inventory, hp_trouble *trouble) {
    *inventory = (hp_inventory){0};
    maker it = {.pe = pe, .options = options, .inventory = inventory, .trouble = trouble};
    const hp_sources sources = {options->source_count, options->sources};
    HRESULT hr = hp_debugfile_facts(path, pe, &it.facts, trouble);
    if (SUCCEEDED(hr))
        hr = hp_symbols_open(path, pe->arch, &sources, &it.facts, &it.symbols, trouble);
    if (SUCCEEDED(hr))
        hr = hp_coff_open(pe, &it.coff);
    if (SUCCEEDED(hr))
        hr = read_marks(&it);
    if (SUCCEEDED(hr))
        hr = take_all(&it);
    if (SUCCEEDED(hr))
        hr = hp_inventory_choose_offers(inventory, options, trouble);
    free(it.call);
    free(it.marks);
    hp_coff_free(&it.coff);
    hp_symbols_close(&it.symbols);
    hp_facts_free(&it.facts);
    if (FAILED(hr)) {
        hp_inventory_free(inventory);
        hp_trouble_set(trouble, hr, NULL, NULL); /* unless somebody said more */
    }
    return hr;
}

void hp_inventory_free(hp_inventory *inventory) {
    free(inventory->functions);
    free((void *)inventory->aliases);
    free(inventory->left);
    hp_arena_free(&inventory->texts);
    *inventory = (hp_inventory){0};
}
