#include "tools/debug/facts_list.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX ((size_t)64 << 20)

void *hp_facts_list_grow(void *items, size_t *capacity, size_t count, size_t size) {
    if (count < *capacity)
        return items;
    const size_t more = *capacity ? 2 * *capacity : 64;
    if (more > SIZE_MAX / 2 / size)
        return NULL;
    void *grown = realloc(items, more * size);
    if (grown)
        *capacity = more;
    return grown;
}

static HRESULT add_text(hp_facts_list *list, const char *text, size_t *at) {
    *at = 0;
    if (!text)
        return S_OK;
    const size_t size = strlen(text) + 1;
    if (list->used + size > TEXTS_MAX)
        return HP_E_DEBUG_INFO;
    if (list->used + size > list->room) {
        const size_t room = 2 * (list->used + size) + 4096;
        char *grown = realloc(list->texts, room);
        if (!grown)
            return E_OUTOFMEMORY;
        list->texts = grown;
        list->room = room;
    }
    if (!list->used)
        list->texts[list->used++] = 0; // offset 0 is no text
    memcpy(list->texts + list->used, text, size);
    *at = list->used;
    list->used += size;
    return S_OK;
}

HRESULT hp_facts_list_add(hp_facts_list *list, const hp_fact *fact, const char *name, const char *file) {
    hp_facts_item *items = hp_facts_list_grow(list->items, &list->capacity, list->count, sizeof *items);
    if (!items)
        return E_OUTOFMEMORY;
    list->items = items;
    hp_facts_item item = {.fact = *fact};
    HRESULT hr = add_text(list, name, &item.name);
    if (hr == S_OK)
        hr = add_text(list, file, &item.file);
    if (hr == S_OK)
        list->items[list->count++] = item;
    return hr;
}

static int by_text(const char *a, const char *b) {
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int same_function(const void *left, const void *right) {
    const hp_fact *a = left, *b = right;
    int order = by_text(a->name, b->name);
    if (!order)
        order = by_text(a->file, b->file);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Those with code come first within one function, so that a group can be told at its beginning. */
static int by_function(const void *left, const void *right) {
    const hp_fact *a = left, *b = right;
    const int order = same_function(a, b);
    return order ? order : (a->rva == 0) - (b->rva == 0);
}

static int by_rva(const void *left, const void *right) {
    const hp_fact *a = left, *b = right;
    if (a->rva && b->rva && a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    if (!a->rva != !b->rva)
        return !a->rva - !b->rva;
    return same_function(a, b);
}

static uint32_t sum(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* Items are sorted by_function. @return how many are left */
static size_t merge_functions(hp_fact *items, size_t count) {
    size_t left = 0;
    for (size_t i = 0, end; i < count; i = end) {
        uint32_t copies = 0;
        size_t coded = 0;
        for (end = i; end < count && same_function(&items[i], &items[end]) == 0; end++) {
            coded += items[end].rva != 0;
            if (!items[end].rva)
                copies = sum(copies, items[end].inlined);
            items[i].is_gone &= items[end].is_gone;
        }
        const size_t kept = coded ? coded : 1;
        for (size_t k = 0; k < kept; k++) {
            items[left] = items[i + k];
            items[left].inlined = coded ? sum(items[i + k].inlined, copies) : copies;
            left++;
        }
    }
    return left;
}

/* Items with code come first and are sorted by_rva. @return how many are left of them */
static size_t merge_folded(hp_fact *items, size_t count, int one_each) {
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        hp_fact *last = left ? &items[left - 1] : NULL;
        if (!last || last->rva != items[i].rva) {
            items[left++] = items[i];
            continue;
        }
        last->is_folded |= one_each != 0;
        last->const_behind &= items[i].const_behind;
        last->reference &= items[i].reference;
        last->is_free &= items[i].is_free;
        last->is_guarded &= items[i].is_guarded;
        last->is_variadic |= items[i].is_variadic;
        last->is_unprototyped |= items[i].is_unprototyped;
        if (last->inlined < items[i].inlined)
            last->inlined = items[i].inlined;
    }
    return left;
}

HRESULT hp_facts_list_finish(hp_facts_list *list, hp_facts *facts) {
    *facts = (hp_facts){0};
    if (!list->count) {
        hp_facts_list_free(list);
        return S_OK;
    }
    hp_fact *items = malloc(list->count * sizeof *items);
    if (!items) {
        hp_facts_list_free(list);
        return E_OUTOFMEMORY;
    }
    for (size_t i = 0; i < list->count; i++) {
        items[i] = list->items[i].fact;
        items[i].name = list->items[i].name ? list->texts + list->items[i].name : NULL;
        items[i].file = list->items[i].file ? list->texts + list->items[i].file : NULL;
    }
    size_t count = list->count;
    qsort(items, count, sizeof *items, by_function);
    count = merge_functions(items, count);
    qsort(items, count, sizeof *items, by_rva);
    size_t coded = 0;
    while (coded < count && items[coded].rva)
        coded++;
    facts->with_code = merge_folded(items, coded, list->one_each);
    memmove(items + facts->with_code, items + coded, (count - coded) * sizeof *items);
    facts->count = facts->with_code + (count - coded);
    facts->items = items;
    facts->texts = list->texts;
    list->texts = NULL;
    const HRESULT hr = hp_facts_enum_finish(list, facts);
    hp_facts_list_free(list);
    if (FAILED(hr))
        hp_facts_free(facts);
    return hr;
}

void hp_facts_list_free(hp_facts_list *list) {
    free(list->items);
    free(list->texts);
    free(list->enums);
    *list = (hp_facts_list){0};
}
