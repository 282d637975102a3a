/**
 * @file engine.h
 * What all patches of a process have in common: which functions are or were patched, and the memory for it.
 * There is one engine in a process however many of its modules were linked with this code, so that their
 * patches can lie on one another: the first makes it, the others find it. It belongs to no module and is
 * never freed.
 */
#ifndef HP_CLIENT_ENGINE_H
#define HP_CLIENT_ENGINE_H

#include "client/region.h"

typedef struct hp_engine hp_engine;

/**
 * Find or make the engine, and lock it. Nothing of it changes but by whoever holds the lock.
 *
 * @return S_OK; E_OUTOFMEMORY; HP_E_ENGINE_VERSION if a module of another release was first; HP_E_PATCH_STATE
 *         if this thread holds it already; HRESULT_FROM_WIN32(WAIT_TIMEOUT) if another module takes too long
 */
HRESULT hp_engine_enter(hp_engine **engine, hp_trouble *trouble);

void hp_engine_leave(hp_engine *engine);

/** A function's first cell by its entry, NULL if it was never patched. Constant time. */
hp_cell *hp_engine_find(hp_engine *engine, const unsigned char *entry);

/** The region of a cell. */
hp_region *hp_engine_region(hp_engine *engine, const hp_cell *cell);

/** hp_region_thunk, _below and _aim of a cell, wherever it lies. */
unsigned char *hp_engine_thunk(hp_engine *engine, const hp_cell *cell);
unsigned char *hp_engine_below(hp_engine *engine, const hp_cell *cell);
const void *hp_engine_aim(hp_engine *engine, const hp_cell *cell);

/** The cell of a number, as in hp_cell.next; NULL for 0. */
hp_cell *hp_engine_cell(hp_engine *engine, uint32_t number);

/** Number of a cell. */
uint32_t hp_engine_number(hp_engine *engine, const hp_cell *cell);

/** The cell whose thunk stands at an address; NULL if there is none. */
hp_cell *hp_engine_cell_at(hp_engine *engine, const void *code);

/** Cells that were taken for a change that may still be given up. Zero-initialise. */
typedef struct hp_engine_claim {
    uint32_t regions; /**< that existed before */
    uint32_t *used;   /**< their `used` before */
} hp_engine_claim;

/**
 * Prepare for taking cells.
 *
 * @param functions  so many functions may be entered
 * @return S_OK or E_OUTOFMEMORY
 */
HRESULT hp_engine_claim_begin(hp_engine *engine, uint32_t functions, hp_engine_claim *claim);

/**
 * Take a cell near an image: zeroed.
 *
 * @param more  how many will still be taken for the same image, this one included: a new region has room for
 *              all of them
 */
HRESULT hp_engine_take(hp_engine *engine, const hp_plant_image *image, uint32_t more, hp_cell **cell,
                       hp_trouble *trouble);

/** Enter a function's first cell, whose plant is filled in, into the index. Cannot fail after a claim. */
void hp_engine_keep(hp_engine *engine, hp_cell *cell);

/** All cells that were taken since are for good. */
void hp_engine_claim_end(hp_engine_claim *claim);

/** Give all cells back that were taken since. None was entered into the index. */
void hp_engine_claim_undo(hp_engine *engine, hp_engine_claim *claim);

/** First cells of all functions, in no order; *context is 0 at the beginning. NULL at the end. */
hp_cell *hp_engine_next(hp_engine *engine, uint32_t *context);

/** How many functions are entered. */
uint32_t hp_engine_count(const hp_engine *engine);

/** Bytes of memory that the index takes. */
size_t hp_engine_index_bytes(const hp_engine *engine);

#endif
