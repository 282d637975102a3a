#include "tools/inventory_choose.h"

#include <stdlib.h>
#include <string.h>

#include "tools/select.h"

static int compare_names(const void *a, const void *b) {
    const hp_table_function *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    if (order != 0)
        return order;
    return (x->rva == 0) - (y->rva == 0); /* those with code first */
}

/* One name stands for one function. The first of several is kept, so that it can be shown why none is
 * patchable. */
void hp_inventory_choose_one_each(hp_inventory *inventory) {
    size_t kept = 0;
    qsort(inventory->functions, inventory->count, sizeof *inventory->functions, compare_names);
    for (size_t i = 0; i < inventory->count; i++) {
        hp_table_function *last = kept > 0 ? &inventory->functions[kept - 1] : NULL;
        if (last == NULL || strcmp(last->name, inventory->functions[i].name) != 0) {
            inventory->functions[kept++] = inventory->functions[i];
        } else if (inventory->functions[i].rva != 0) {
            last->patchable = HP_E_NAME_DUPLICATE;
            last->form = HP_FORM_NONE;
            last->callable = HP_E_NAME_DUPLICATE;
            last->signature = "several functions have this name";
            last->offered = 0;
        }
    }
    inventory->count = kept;
}

/* C++ has "*" in names: "f(player*)" is also a pattern for "f(player&)". */
static int is_full_name(const hp_inventory *inventory, const char *pattern) {
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->functions[i].name, pattern) == 0)
            return 1;
    return 0;
}

/* A pattern that names one function means it; one with wildcards means those that can be offered. */
static HRESULT offer(hp_inventory *inventory, const char *pattern, hp_trouble *trouble) {
    size_t found = 0;
    const int is_full = is_full_name(inventory, pattern);
    const int is_name = is_full || strpbrk(pattern, "*?") == NULL;
    for (size_t i = 0; i < inventory->count; i++) {
        hp_table_function *function = &inventory->functions[i];
        if (is_full ? strcmp(function->name, pattern) != 0 : !hp_select_matches(function->name, pattern))
            continue;
        found++;
        if (SUCCEEDED(function->callable))
            function->offered = 1;
        else if (is_name)
            return hp_trouble_set(trouble, function->callable, function->name, "it cannot be offered: %s",
                                  function->signature);
    }
    return found > 0 ? S_OK : hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, pattern, "no function matches it");
}

static HRESULT check_patterns(const hp_inventory *inventory, const hp_inventory_options *options,
                              hp_trouble *trouble) {
    for (size_t p = 0; p < options->function_count; p++) {
        size_t found = 0;
        for (size_t i = 0; i < inventory->count; i++)
            found += (size_t)hp_select_matches(inventory->functions[i].name, options->functions[p]);
        if (found == 0)
            return hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, options->functions[p],
                                  "no function of these sources matches it");
    }
    return S_OK;
}

HRESULT hp_inventory_choose_offers(hp_inventory *inventory, const hp_inventory_options *options,
                                   hp_trouble *trouble) {
    HRESULT hr = check_patterns(inventory, options, trouble);
    for (size_t i = 0; i < options->offer_count && SUCCEEDED(hr); i++)
        hr = offer(inventory, options->offers[i], trouble);
    return hr;
}
