#include "tools/debug/symbols_ask.h"

#include <stdlib.h>
#include <string.h>

#include "tools/debug/types_list.h"

/** Parameters as the function itself lists them. */
typedef struct own {
    uint32_t count;
    uint32_t type[HP_TYPES_LIST_MAX];
    char *name[HP_TYPES_LIST_MAX];
} own;

/**
 * What the function itself lists: parameters, then variables. Each id that Wine hands out for the first time
 * makes all later ones slower, so it is asked for as few as may hold all parameters.
 */
static void read_own(const hp_symbols *symbols, const hp_symbol *symbol, uint32_t limit, own *it) {
    uint32_t *ids = NULL;
    uint32_t count = limit ? hp_symbols_ask_children(symbols, symbol->id, limit, &ids) : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = hp_symbols_ask(symbols, ids[i], TI_GET_SYMTAG, 0) == HP_TAG_DATA
                            ? hp_symbols_ask(symbols, ids[i], TI_GET_DATAKIND, 0)
                            : 0;
        if ((kind != HP_DATA_PARAMETER && kind != HP_DATA_OBJECT) || it->count == HP_TYPES_LIST_MAX)
            continue;
        if (!symbols->is_pdb || it->count == 0) // of a PDB, the function's type knows better
            it->type[it->count] = hp_symbols_ask(symbols, ids[i], TI_GET_TYPE, 0);
        it->name[it->count++] = hp_symbols_ask_name(symbols, ids[i]);
    }
    free(ids);
}

/** The function's own entries, and the types of its type where those do not do. */
static void read_list(hp_symbols *symbols, const hp_symbol *symbol, hp_types_list *list, own *it) {
    enum {
        MARKS = 2,
        OBJECT = 1
    }; // of a PDB: where the body begins and ends; `this`, which the type leaves out
    list->known = hp_symbols_ask(symbols, symbol->type, TI_GET_SYMTAG, 0) == HP_TAG_FUNCTION_TYPE;
    if (!list->known)
        return;
    uint32_t count = hp_symbols_ask(symbols, symbol->type, TI_GET_CHILDRENCOUNT, 0);
    list->too_many = count > HP_TYPES_LIST_MAX;
    list->count = list->too_many ? HP_TYPES_LIST_MAX : count;
    read_own(symbols, symbol, list->count + (symbols->is_pdb ? MARKS + OBJECT : 0), it);
    if (!symbols->is_pdb && it->count == list->count) { // each function has a type of its own: spare it
        list->result = hp_symbols_ask(symbols, symbol->type, TI_GET_TYPE, 0);
        memcpy(list->type, it->type, sizeof list->type);
        return;
    }
    const hp_types_node *node =
        hp_types_node_get(symbols, symbol->type); // of a PDB: shared by functions alike
    list->result = node->target;
    if (list->count > node->count)
        list->count = (uint32_t)node->count;
    if (list->count > 0)
        memcpy(list->type, node->parameters, list->count * sizeof *list->type);
}

/** A PDB has "..." as a last parameter without a type. Wine gives long double none either, so they are
 * counted. */
static void find_dots(const hp_symbols *symbols, const hp_fact *fact, uint32_t given, hp_types_list *list) {
    list->is_variadic = fact && fact->is_variadic;
    if (!symbols->is_pdb || list->count == 0)
        return;
    uint32_t last = list->type[list->count - 1];
    int without_type = last == 0 || hp_symbols_ask(symbols, last, TI_GET_SYMTAG, 0) == 0;
    if (without_type && (list->is_variadic || given == list->count - 1)) {
        list->is_variadic = 1;
        list->count--;
    }
}

void hp_types_list_read(hp_symbols *symbols, const hp_symbol *symbol, const hp_fact *fact,
                        hp_types_list *list) {
    *list = (hp_types_list){0};
    own it = {0};
    read_list(symbols, symbol, list, &it);
    list->named = it.count;
    list->has_object =
        (fact && fact->has_object) || (it.count > 0 && it.name[0] && strcmp(it.name[0], "this") == 0);
    int adds =
        symbols->is_pdb && list->has_object && it.count > 0 && it.name[0] && strcmp(it.name[0], "this") == 0;
    find_dots(symbols, fact, it.count - (uint32_t)adds, list);
    if (adds && list->count < HP_TYPES_LIST_MAX) { // the type of a PDB leaves it out
        memmove(list->type + 1, list->type, list->count * sizeof *list->type);
        list->type[0] = it.type[0];
        list->count++;
    }
    list->agrees = list->count == it.count;
    for (uint32_t i = 0; i < it.count; i++) {
        if (list->agrees && hp_types_text_is_name(it.name[i]))
            list->name[i] = it.name[i];
        else
            free(it.name[i]);
    }
}

void hp_types_list_free(hp_types_list *list) {
    for (uint32_t i = 0; i < HP_TYPES_LIST_MAX; i++)
        free(list->name[i]);
    *list = (hp_types_list){0};
}
