#include "tools/command/twins.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) {
    const hp_twins_item *a = left, *b = right;
    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

HRESULT hp_twins_make(const hp_table *table, hp_twins *twins) {
    *twins = (hp_twins){.table = table, .items = calloc((size_t)table->count + 1, sizeof *twins->items)};
    if (twins->items == NULL)
        return E_OUTOFMEMORY;
    for (uint32_t i = 0; i < table->count; i++) {
        hp_table_function function;
        hp_table_get(table, i, &function);
        if (function.rva != 0)
            twins->items[twins->count++] = (hp_twins_item){function.rva, i};
    }
    qsort(twins->items, twins->count, sizeof *twins->items, compare);
    return S_OK;
}

/* The first one at this RVA or behind it. */
static uint32_t place_of(const hp_twins *twins, uint32_t rva) {
    uint32_t low = 0, high = twins->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (twins->items[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *hp_twins_find(const hp_twins *twins, const hp_table_function *function) {
    /* Names differ: the second one at the latest is another function. */
    for (uint32_t i = place_of(twins, function->rva);
         i < twins->count && twins->items[i].rva == function->rva; i++) {
        hp_table_function other;
        hp_table_get(twins->table, twins->items[i].index, &other);
        if (strcmp(other.name, function->name) != 0)
            return other.name;
    }
    return NULL;
}

int hp_twins_at(const hp_twins *twins, uint32_t rva, uint32_t *index) {
    const uint32_t place = place_of(twins, rva);
    if (place == twins->count || twins->items[place].rva != rva)
        return 0;
    *index = twins->items[place].index;
    return 1;
}

void hp_twins_free(hp_twins *twins) {
    free(twins->items);
    *twins = (hp_twins){0};
}
