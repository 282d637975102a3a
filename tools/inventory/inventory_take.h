/**
 * @file inventory_take.h
 * For inventory.c: one function after the other, from debug information into the inventory.
 */
#ifndef HP_TOOLS_INVENTORY_TAKE_H
#define HP_TOOLS_INVENTORY_TAKE_H

#include "tools/image/coff.h"
#include "tools/inventory/inventory.h"
#include "tools/image/marked.h"
#include "tools/debug/types.h"

/** Everything that is read. */
typedef struct hp_inventory_maker {
    const hp_pe *pe;
    const hp_inventory_options *options;
    hp_inventory *inventory;
    hp_trouble *trouble;
    hp_facts facts;
    hp_symbols symbols;
    hp_coff coff;
    hp_marked *marks;
    size_t mark_count;
    hp_types_call *call; /* scratch */
} hp_inventory_maker;

/** The linker's names of functions. */
const hp_coff *hp_inventory_take_names(const hp_inventory_maker *it);

/** A function that is not one's own: remembered if a pattern names it. */
HRESULT hp_inventory_take_foreign(hp_inventory_maker *it, const char *name, const char *file);

/** A function that has code, and its aliases. @return as hp_inventory_make */
HRESULT hp_inventory_take_symbol(hp_inventory_maker *it, const hp_symbol *symbol);

/** A function that has none of its own: it is nowhere but in its callers, or was folded. */
HRESULT hp_inventory_take_ghost(hp_inventory_maker *it, const hp_fact *fact);

#endif
