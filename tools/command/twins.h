/**
 * @file twins.h
 * Functions of a table that share their code, found without comparing each with each: a table may be made
 * for the purpose. Pure.
 */
#ifndef HP_TOOLS_TWINS_H
#define HP_TOOLS_TWINS_H

#include "proxygen/table.h"

/** One function's place. */
typedef struct hp_twins_item {
    uint32_t rva, index;
} hp_twins_item;

/** All functions of a table that have code, by RVA, then in the table's order. Freed with hp_twins_free. */
typedef struct hp_twins {
    const hp_table *table;
    hp_twins_item *items;
    uint32_t count;
} hp_twins;

/** Make it: sorts once. @param table  must stay as long as the result is used @return S_OK, E_OUTOFMEMORY */
HRESULT hp_twins_make(const hp_table *table, hp_twins *twins);

/** The first other function on the same code, by name; NULL if there is none. Logarithmic; thread-safe. */
const char *hp_twins_find(const hp_twins *twins, const hp_table_function *function);

/** The first function of the table at this RVA. @return 1; 0 if there is none. Logarithmic; thread-safe. */
int hp_twins_at(const hp_twins *twins, uint32_t rva, uint32_t *index);

void hp_twins_free(hp_twins *twins);

#endif
