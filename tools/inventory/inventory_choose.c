#include "tools/inventory/inventory_choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/debug/select.h"

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

static int is_alias(const hp_inventory *inventory, const hp_table_function *function) {
    for (size_t i = 0; i < inventory->alias_count; i++)
        if (inventory->aliases[i] == function->name)
            return 1;
    return 0;
}

/* Those that were left out, each kind with an example: who asked for them wants to know why. */
static HRESULT refuse_unmatched(const hp_inventory *inventory, const char *pattern, const char *option,
                                hp_trouble *trouble) {
    static const char *const reasons[] = {
        [HP_INVENTORY_FILTERED] = "no --function pattern names it",
        [HP_INVENTORY_FOREIGN] = "its source file is not below your --sources",
        [HP_INVENTORY_UNNAMED] = "its name cannot be written",
    };
    char detail[sizeof trouble->detail] = "";
    size_t length = 0, count[3] = {0};
    const hp_inventory_left *example[3] = {0};
    for (size_t i = 0; i < inventory->left_count; i++) {
        const hp_inventory_left *left = &inventory->left[i];
        if (hp_select_matches(left->name, pattern) && count[left->reason]++ == 0)
            example[left->reason] = left;
    }
    for (size_t i = 0; i < 3 && length < sizeof detail; i++) {
        if (example[i] == NULL)
            continue;
        char more[32] = "";
        const char *file = example[i]->file != NULL ? example[i]->file : "";
        if (count[i] > 1)
            snprintf(more, sizeof more, " and %zu more", count[i] - 1);
        length += (size_t)snprintf(detail + length, sizeof detail - length, "; left out: %.80s%s%.80s%s (%s)",
                                   example[i]->name, *file != 0 ? " of " : "", file, more, reasons[i]);
    }
    return hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, pattern, "%s: no function %s matches it%s", option,
                          length > 0 ? "that is listed" : "of the image", detail);
}

size_t hp_inventory_choose_refused(const hp_inventory *inventory, const char *pattern, size_t *matches,
                                   const hp_table_function **example) {
    const int is_full = is_full_name(inventory, pattern);
    size_t refused = 0;
    *matches = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        const hp_table_function *function = &inventory->functions[i];
        if (is_full ? strcmp(function->name, pattern) != 0 : !hp_select_matches(function->name, pattern))
            continue;
        ++*matches;
        if (FAILED(function->callable) && refused++ == 0)
            *example = function;
    }
    return refused;
}

/* A pattern that names one function means it; one with wildcards means those that can be offered. */
static HRESULT offer(hp_inventory *inventory, const char *pattern, hp_trouble *trouble) {
    size_t matches;
    const hp_table_function *bad = NULL;
    const int is_full = is_full_name(inventory, pattern);
    const int is_name = is_full || strpbrk(pattern, "*?") == NULL;
    const size_t refused = hp_inventory_choose_refused(inventory, pattern, &matches, &bad);
    if (matches == 0)
        return refuse_unmatched(inventory, pattern, "--offer", trouble);
    if (refused > 0 && is_name)
        return hp_trouble_set(trouble, bad->callable, bad->name, "it cannot be offered: %s", bad->signature);
    if (refused == matches)
        return hp_trouble_set(trouble, bad->callable, pattern,
                              "--offer: it matches %zu functions, none of which can be offered; %.100s, for "
                              "one: %s",
                              matches, bad->name, bad->signature);
    for (size_t i = 0; i < inventory->count; i++) {
        hp_table_function *function = &inventory->functions[i];
        if (is_full ? strcmp(function->name, pattern) == 0 : hp_select_matches(function->name, pattern))
            function->offered |= SUCCEEDED(function->callable) && (is_name || !is_alias(inventory, function));
    }
    return S_OK;
}

static HRESULT check_patterns(const hp_inventory *inventory, const hp_inventory_options *options,
                              hp_trouble *trouble) {
    for (size_t p = 0; p < options->function_count; p++) {
        size_t found = 0;
        for (size_t i = 0; i < inventory->count && found == 0; i++)
            found += (size_t)hp_select_matches(inventory->functions[i].name, options->functions[p]);
        if (found == 0)
            return refuse_unmatched(inventory, options->functions[p], "--function", trouble);
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
