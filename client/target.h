/**
 * @file target.h
 * A target: one function of the app that is, or was, redirected. Made once per function and never freed,
 * because a thread may stand in its thunk at any time; a later attach takes the same one again. So memory is
 * bounded by the number of functions, not of attaches.
 */
#ifndef HP_CLIENT_TARGET_H
#define HP_CLIENT_TARGET_H

#include "client/plant.h"
#include "idl/trouble.h"
#include "proxygen/thunk.h"

typedef struct hp_binding hp_binding;
typedef struct hp_target hp_target;

struct hp_target {
    hp_context context;  /**< first, so that dispatch finds the target from what the thunk names */
    void *thunk;         /**< x64: the pointer slot that the planted jump goes through */
    SRWLOCK lock;        /**< held shared for the few instructions in which a call takes its binding */
    hp_binding *binding; /**< who answers calls; NULL: the original */
    hp_plant plant;      /**< the code bytes */
    hp_target *next;     /**< in the list of all targets */
};

/** Targets that an attach is about to use, with the memory that was made for new ones. */
typedef struct hp_target_batch {
    void *region;     /**< NULL if no new target was needed */
    hp_target *fresh; /**< new targets, not yet in the list of all */
    size_t fresh_count;
} hp_target_batch;

/** The target of a function that was redirected before, or NULL. Caller holds the attach lock. */
hp_target *hp_target_find(const unsigned char *entry);

/**
 * Make targets for functions that have none: thunks written, memory executable, but no byte of the app
 * touched.
 *
 * @param base     where the image begins; on x64 the slots must be within 2 GB of every function in it
 * @param span     bytes of the image
 * @param plants   what hp_plant_inspect said of each function
 * @param count    number of plants, at least 1
 * @param batch    receives the new targets in the order of plants
 * @return S_OK, HP_E_NO_ROOM_NEAR, HP_E_DYNAMIC_CODE, or what VirtualProtect says;
 *         nothing is left allocated then
 */
HRESULT hp_target_make(const unsigned char *base, size_t span, const hp_plant *plants, size_t count,
                       hp_target_batch *batch, hp_trouble *trouble);

/** Give back a batch none of whose targets was planted. */
void hp_target_discard(hp_target_batch *batch);

/** Enter a batch into the list of all targets. From then on it is never freed. Cannot fail. */
void hp_target_keep(hp_target_batch *batch);

/** Set who answers calls, NULL for the original. Calls under way keep the binding that they began with. */
void hp_target_bind(hp_target *target, hp_binding *binding);

#endif
