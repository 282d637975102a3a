#include "tools/inventory/inventory_alias.h"

#include <string.h>

/* More names for one entry nobody writes; a file may be made for the purpose. */
enum { NAMES_MAX = 256 };

/* Behind namespaces: where extern "C" stands in one, symbols have no more of the name. */
static const char *last_part(const char *name) {
    for (const char *at; (at = strstr(name, "::")) != NULL;)
        name = at + 2;
    return name;
}

static int is_equal(const char *name, size_t length, const char *text) {
    return length == strlen(text) && memcmp(name, text, length) == 0;
}

/* Itanium C++ ABI, 5.1.2; Microsoft's begin with "?". */
static int is_mangled(const char *name, size_t length) {
    return length > 2 && (memcmp(name, "_Z", 2) == 0 || *name == '?');
}

/* A name that somebody wrote. */
static int is_written(const hp_pe_symbol *symbol, const char *name, size_t length) {
    return length > 0 && *name != '.' && !is_mangled(name, length) && !hp_coff_is_clone(symbol);
}

static int has_own(const hp_coff *symbols, const hp_pe_symbol *first, size_t count,
                   const hp_inventory_entry *entry) {
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *name = hp_coff_bare(symbols, first + i, &length, NULL);
        if (is_mangled(name, length) || is_equal(name, length, last_part(entry->name)))
            return 1;
    }
    return entry->is_cxx;
}

static int is_repeated(const hp_coff *symbols, const hp_pe_symbol *first, size_t index, const char *name,
                       size_t length) {
    for (size_t i = 0; i < index; i++) {
        size_t other;
        const char *bare = hp_coff_bare(symbols, first + i, &other, NULL);
        if (other == length && memcmp(bare, name, length) == 0)
            return 1;
    }
    return 0;
}

int hp_inventory_alias_next(const hp_coff *symbols, const hp_inventory_entry *entry, size_t *at,
                            hp_inventory_alias *alias) {
    size_t count;
    const hp_pe_symbol *first = hp_coff_find(symbols, entry->rva, &count);
    if (count > NAMES_MAX)
        count = NAMES_MAX;
    if (*at >= count || !has_own(symbols, first, count, entry))
        return 0;
    while (*at < count) {
        const size_t index = (*at)++;
        size_t length;
        const char *name = hp_coff_bare(symbols, first + index, &length, NULL);
        if (!is_written(first + index, name, length) || is_equal(name, length, last_part(entry->name)) ||
            is_repeated(symbols, first, index, name, length))
            continue;
        *alias = (hp_inventory_alias){name, length, !first[index].is_external};
        return 1;
    }
    return 0;
}

int hp_inventory_alias_is_folded(const hp_facts *facts, const hp_inventory_alias *alias) {
    for (size_t i = facts->with_code; i < facts->count; i++) {
        const hp_fact *fact = &facts->items[i];
        if (fact->is_gone && fact->name != NULL &&
            is_equal(alias->name, alias->length, last_part(fact->name)))
            return 1;
    }
    return 0;
}

uint32_t hp_inventory_alias_place(const hp_coff *symbols, const hp_facts *facts, const hp_fact *gone) {
    const char *wanted = last_part(gone->name);
    for (size_t i = 0; i < symbols->count; i++) {
        size_t length;
        const hp_pe_symbol *symbol = &symbols->symbols[i];
        const char *name = hp_coff_bare(symbols, symbol, &length, NULL);
        if (!is_equal(name, length, wanted) || symbol->is_external != gone->is_external)
            continue;
        const hp_fact *there = hp_facts_find(facts, symbol->rva);
        if (there == NULL || there->name == NULL || strcmp(there->name, gone->name) != 0)
            return symbol->rva;
    }
    return 0;
}
