#include "tools/debug/facts_list.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *left, const void *right) {
    const hp_fact_enum *a = left, *b = right;
    return strcmp(a->name, b->name);
}

HRESULT hp_facts_enum_add(hp_facts_list *list, const char *name, uint32_t size, int is_unsigned) {
    enum { NAME_MAX_BYTES = 255 };
    const int is_size = size == 1 || size == 2 || size == 4 || size == 8;
    if (!name || !*name || !is_size || strnlen(name, NAME_MAX_BYTES + 1) > NAME_MAX_BYTES)
        return S_OK;
    hp_fact_enum *grown =
        hp_facts_list_grow(list->enums, &list->enum_capacity, list->enum_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    list->enums = grown;
    grown[list->enum_count++] =
        (hp_fact_enum){.name = name, .size = (uint8_t)size, .is_unsigned = (uint8_t)(is_unsigned != 0)};
    return S_OK;
}

/* One of each name. What units do not agree about is of no known size. */
static size_t merge(hp_fact_enum *enums, size_t count) {
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        hp_fact_enum *last = left ? &enums[left - 1] : NULL;
        if (!last || strcmp(last->name, enums[i].name) != 0)
            enums[left++] = enums[i];
        else if (last->size != enums[i].size || last->is_unsigned != enums[i].is_unsigned)
            last->size = 0;
    }
    return left;
}

HRESULT hp_facts_enum_finish(hp_facts_list *list, hp_facts *facts) {
    if (!list->enum_count)
        return S_OK;
    qsort(list->enums, list->enum_count, sizeof *list->enums, by_name);
    list->enum_count = merge(list->enums, list->enum_count);
    size_t room = 0;
    for (size_t i = 0; i < list->enum_count; i++)
        room += strlen(list->enums[i].name) + 1;
    char *at = malloc(room ? room : 1);
    if (!at)
        return E_OUTOFMEMORY;
    facts->enum_texts = at;
    for (size_t i = 0; i < list->enum_count; i++) {
        const size_t size = strlen(list->enums[i].name) + 1;
        memcpy(at, list->enums[i].name, size);
        list->enums[i].name = at;
        at += size;
    }
    facts->enums = list->enums;
    facts->enum_count = list->enum_count;
    list->enums = NULL;
    list->enum_count = list->enum_capacity = 0;
    return S_OK;
}

const hp_fact_enum *hp_facts_enum_find(const hp_facts *facts, const char *name) {
    const hp_fact_enum wanted = {.name = name};
    const hp_fact_enum *found =
        facts->enum_count ? bsearch(&wanted, facts->enums, facts->enum_count, sizeof *facts->enums, by_name)
                          : NULL;
    return found && found->size ? found : NULL;
}
