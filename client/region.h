/**
 * @file region.h
 * Memory near an image for what patches need: cells of data, one for each patched function and one more for
 * each further patch that lies on it, and for each cell the machine code that goes with it. All code of a
 * region is written when the region is made; then its pages are made executable and never written again.
 * Nothing of it is ever freed once it was used, because a thread may stand anywhere in it.
 *
 *     code   tally routine, then for each cell: thunk (16), jump to what lies below (8), x86: jump through
 *     the
 *            slot (8)
 *     data   header, cells
 */
#ifndef HP_CLIENT_REGION_H
#define HP_CLIENT_REGION_H

#include "client/plant.h"
#include "proxygen/tally.h"

/**
 * One function that is or was patched, with the patch that was laid on it first (a layer). Further layers of
 * the same function have cells of their own, linked by `next`, of which only entry, flags and tally are used.
 */
typedef struct hp_cell {
    void *volatile slot; /**< what the planted jump leads to: the thunk of the topmost layer, or the body */
    hp_plant plant;
    uint32_t next : 28;   /**< number of the function's next cell, 0: none */
    uint32_t owned : 1;   /**< the layer belongs to somebody: it is not reused */
    uint32_t linked : 1;  /**< the layer lies on the function */
    uint32_t further : 1; /**< a cell for a further layer */
    uint32_t covered : 1; /**< another layer was laid over this one since it was laid */
    hp_tally tally;       /**< the layer; flags of the function's first cell count changes to the function */
} hp_cell;

/** A region, at the beginning of its data. */
typedef struct hp_region {
    unsigned char *code; /**< also where its memory begins */
    size_t size;         /**< bytes, code and data */
    uint32_t first;      /**< number of its first cell; numbers begin with 1 */
    uint32_t capacity;   /**< cells */
    uint32_t used;
    hp_cell *cells;
} hp_region;

/**
 * Make a region.
 *
 * @param image  x64: every byte of it will be within reach of every slot
 * @param cells  least capacity; more if the granularity of memory leaves room
 * @return S_OK, HP_E_NO_ROOM_NEAR, HP_E_DYNAMIC_CODE, or what VirtualProtect says; nothing is left then
 */
HRESULT hp_region_make(const hp_plant_image *image, uint32_t cells, hp_region **region, hp_trouble *trouble);

/** Give a region back that was never used. NULL is fine. */
void hp_region_discard(hp_region *region);

/** Could functions of this image have their cells here? */
int hp_region_reaches(const hp_region *region, const hp_plant_image *image);

/**
 * Memory near an image, writable, pages of size bytes; NULL: none. Freed with VirtualFree(at, 0,
 * MEM_RELEASE).
 */
void *hp_region_near(const hp_plant_image *image, size_t size);

/** Thunk of a cell of this region: what enters the layer's replacement. */
unsigned char *hp_region_thunk(const hp_region *region, const hp_cell *cell);

/** Code that runs what lies below a layer: what its replacement has as `original`. */
unsigned char *hp_region_below(const hp_region *region, const hp_cell *cell);

/** What the planted jump is aimed at: x64 the slot, x86 a jump through it. */
const void *hp_region_aim(const hp_region *region, const hp_cell *cell);

/** The cell whose thunk stands at an address; NULL if it is none of this region. */
hp_cell *hp_region_cell_at(const hp_region *region, const void *code);

/** Bytes of code and of data that one cell takes. */
extern const size_t hp_region_code_bytes;

#endif
