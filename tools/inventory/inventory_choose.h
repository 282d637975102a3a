/**
 * @file inventory_choose.h
 * For inventory.c: what becomes of equal names, and which functions are offered. Pure.
 */
#ifndef HP_TOOLS_INVENTORY_CHOOSE_H
#define HP_TOOLS_INVENTORY_CHOOSE_H

#include "tools/inventory/inventory.h"

/** Sort by name, and keep one function of each name: one with code; with HP_E_NAME_DUPLICATE if there are
 * several. */
void hp_inventory_choose_one_each(hp_inventory *inventory);

/**
 * Mark what the patterns offer. Patterns with wildcards do not offer aliases: whoever gets both names of a
 * function would have to choose one.
 *
 * @return S_OK, or what hp_inventory_make says of patterns
 */
HRESULT hp_inventory_choose_offers(hp_inventory *inventory, const hp_inventory_options *options,
                                   hp_trouble *trouble);

/**
 * Functions that a pattern of the offers matches, but that cannot be offered.
 *
 * @param matches  receives how many match at all
 * @param example  receives the first that cannot be offered; untouched if there is none
 * @return how many cannot
 */
size_t hp_inventory_choose_refused(const hp_inventory *inventory, const char *pattern, size_t *matches,
                                   const hp_table_function **example);

#endif
