/**
 * @file functable_prepared.h
 * For functable.c: the table that "hotpatch prepare" wrote into a loaded image.
 */
#ifndef HP_PROXYGEN_FUNCTABLE_PREPARED_H
#define HP_PROXYGEN_FUNCTABLE_PREPARED_H

#include "proxygen/functable.h"
#include "proxygen/view.h"

/**
 * Find and open it.
 *
 * @param table  receives it; all zero if the image has none
 * @return S_OK, also without a table; HP_E_TABLE_DAMAGED, HP_E_TABLE_STALE, HP_E_TABLE_VERSION
 */
HRESULT hp_functable_prepared_open(hp_view *view, hp_table *table, hp_trouble *trouble);

#endif
