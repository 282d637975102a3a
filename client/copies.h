/**
 * @file copies.h
 * Copies of first instructions, through which functions that were compiled without filler at their entry go
 * on running. x64 only; they lie in pages of their own near their image, and are never freed once they were
 * used.
 */
#ifndef HP_CLIENT_COPIES_H
#define HP_CLIENT_COPIES_H

#include "client/change.h"

/**
 * Make what functions of a change need and have not got: those whose slot is NULL receive it.
 *
 * @return S_OK; HP_E_NO_ROOM_NEAR, HP_E_DYNAMIC_CODE, E_OUTOFMEMORY, with change->failed where it is about
 *         one function; hp_copies_discard then gives all back
 */
HRESULT hp_copies_make(hp_change *change, hp_trouble *trouble);

/** Give back the copies of a change that is given up. */
void hp_copies_discard(hp_change *change);

/** The copies of a change are for good. */
void hp_copies_keep(hp_change *change);

#endif
