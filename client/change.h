/**
 * @file change.h
 * Layers laid on functions and taken off them, all together or not at all. Prepare does all that can fail;
 * apply cannot. In between the engine is locked and the code is writable, so the two follow one another
 * quickly.
 */
#ifndef HP_CLIENT_CHANGE_H
#define HP_CLIENT_CHANGE_H

#include "client/engine.h"
#include "client/window.h"

/** A layer that is to be laid on a function. */
typedef struct hp_change_add {
    hp_plant_image *image; /**< of the function */
    unsigned char *entry;
    void *replacement;
    uint16_t stack_words; /**< or HP_TALLY_UNCOUNTED */
    hp_cell *given;       /**< the caller's own, from an earlier change, taken off; NULL for none */
    uint8_t there;        /**< out: this replacement lay on the function already; nothing is done then */
    hp_cell *cell;        /**< out: the layer; not always the given one, which then belongs to nobody */
    void *original;       /**< out: code that runs what lies below */
    /* for prepare and apply */
    hp_cell *site; /**< the function's first cell */
} hp_change_add;

/** A layer that is to be taken off. */
typedef struct hp_change_remove {
    hp_cell *cell;
    HRESULT result; /**< out: HP_E_FOREIGN_BYTES if the function's code was left alone */
} hp_change_remove;

/** A change. Zero-initialise, fill in the first four. */
typedef struct hp_change {
    hp_change_add *adds; /**< no function twice */
    size_t add_count;
    hp_change_remove *removes; /**< no cell twice, and none that the same change adds */
    size_t remove_count;
    /* for prepare and apply */
    hp_engine *engine;
    hp_engine_claim claim;
    hp_window window;
    struct hp_copies *copies; /**< first instructions that were moved */
    size_t failed; /**< out: index of the add that prepare failed at; add_count if it is about none */
} hp_change;

/**
 * Judge all functions, take memory and make the code writable. The engine is locked on success.
 *
 * @return S_OK; as hp_plant_inspect; HP_E_FOREIGN_BYTES if a function's code is neither as it was found nor
 *         as we left it; HP_E_OVERLAP; HP_E_NO_ROOM_NEAR, HP_E_DYNAMIC_CODE, E_OUTOFMEMORY,
 *         HP_E_ENGINE_VERSION: then nothing is changed and nothing locked
 */
HRESULT hp_change_prepare(hp_change *change, hp_trouble *trouble);

/** Do it, and unlock. Cannot fail. */
void hp_change_apply(hp_change *change);

/** Give up what was prepared, and unlock. */
void hp_change_abandon(hp_change *change);

/** Both. */
HRESULT hp_change_make(hp_change *change, hp_trouble *trouble);

/** Could a function be patched? As hp_change_prepare judges it; nothing is changed. */
HRESULT hp_change_inspect(hp_plant_image *image, unsigned char *entry, hp_trouble *trouble);

/**
 * Does a function begin with these bytes, as it was before it was patched?
 *
 * @param end  of what may be read
 * @return S_OK or HP_E_BYTES_DIFFER
 */
HRESULT hp_change_compare(const unsigned char *entry, const unsigned char *end, const void *expected,
                          size_t size, hp_trouble *trouble);

/** Say in trouble who has changed a function: what its first bytes lead to, and in which module that is. */
HRESULT hp_change_note_foreign(const unsigned char *entry, hp_trouble *trouble);

/** The cell of a layer becomes free for other replacements of the same function, once nobody is inside. */
HRESULT hp_change_disown(hp_cell *const *cells, size_t count);

/** Topmost layer of a function, NULL if none lies on it. The engine is locked. */
hp_cell *hp_change_top(hp_engine *engine, const hp_cell *site);

/** The layer below, NULL if it is the lowest. */
hp_cell *hp_change_below(hp_engine *engine, const hp_cell *layer);

#endif
