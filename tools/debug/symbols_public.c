#include "tools/debug/symbols_public.h"

#include <stdlib.h>
#include <string.h>

/** Names that a C++ compiler made: MSVC's, and those of the Itanium ABI, on x86 with one more "_". */
static int is_mangled(const wchar_t *name) {
    return name[0] == L'?' || wcsncmp(name, L"_Z", 2) == 0 || wcsncmp(name, L"__Z", 3) == 0;
}

int hp_symbols_public_add(hp_symbols_public *list, uint32_t rva, const wchar_t *name) {
    if (is_mangled(name))
        return 1;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        hp_pe_symbol *items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return 0;
        list->items = items;
        list->capacity = capacity;
    }
    char *text = hp_symbols_ask_utf8(name);
    if (!text)
        return 0;
    list->items[list->count++] =
        (hp_pe_symbol){.name = text, .length = strlen(text), .rva = rva, .is_function = 1, .is_external = 1};
    return 1;
}

static int compare(const void *one, const void *other) {
    const hp_pe_symbol *a = one, *b = other;
    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return strcmp(a->name, b->name);
}

void hp_symbols_public_give(hp_symbols_public *list, hp_symbols *symbols) {
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare);
    symbols->publics = (hp_coff){.arch = symbols->arch, .count = list->count, .symbols = list->items};
    *list = (hp_symbols_public){0};
    for (size_t i = 0; i < symbols->count; i++) {
        hp_symbol *symbol = &symbols->items[i];
        size_t count, length;
        const hp_pe_symbol *found = hp_coff_find(&symbols->publics, symbol->rva, &count);
        for (size_t k = 0; k < count; k++) {
            const char *bare = hp_coff_bare(&symbols->publics, found + k, &length, NULL);
            if (length == strlen(symbol->name) && memcmp(bare, symbol->name, length) == 0)
                symbol->is_plain = 1;
        }
    }
}

void hp_symbols_public_drop(hp_coff *publics) {
    for (size_t i = 0; i < publics->count; i++)
        free((void *)(uintptr_t)publics->symbols[i].name);
    hp_coff_free(publics);
}

void hp_symbols_public_free(hp_symbols_public *list) {
    hp_coff publics = {.count = list->count, .symbols = list->items};
    hp_symbols_public_drop(&publics);
    *list = (hp_symbols_public){0};
}
