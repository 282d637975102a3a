/**
 * @file target.h
 * A target: one function of the app that is, or was, redirected to an update. Made once per function and
 * never freed, because a thread may stand in its thunk at any time; a later attach takes the same one again.
 * So memory is bounded by the number of functions, not of attaches. (Who attaches over somebody else's patch
 * takes a new cell each time, see client/change.c.)
 */
#ifndef HP_CLIENT_TARGET_H
#define HP_CLIENT_TARGET_H

#include "client/change.h"
#include "idl/trouble.h"
#include "proxygen/thunk.h"

typedef struct hp_binding hp_binding;
typedef struct hp_target hp_target;

struct hp_target {
    hp_context context;  /**< first, so that dispatch finds the target from what the thunk names */
    void *thunk;         /**< the replacement that is laid on the function */
    SRWLOCK lock;        /**< held shared for the few instructions in which a call takes its binding */
    hp_binding *binding; /**< who answers calls; NULL: the original */
    /** hp_target_clock until which calls run the original without further ado; 0: they do not */
    volatile DWORD shut_until;
    unsigned char *entry;
    hp_cell *cell;  /**< the layer, NULL until it is laid first */
    uint8_t wanted; /**< scratch for whoever holds the attach lock */
};

/** Targets that an attach is about to use, with the memory that was made for new ones. */
typedef struct hp_target_batch {
    void *region;     /**< NULL if no new target was needed */
    hp_target *fresh; /**< new targets, not yet in the list of all */
    size_t fresh_count;
    hp_target **all; /**< list of all with room for the new ones */
} hp_target_batch;

/** The target of a function that was redirected before, or NULL. Caller holds the attach lock. */
hp_target *hp_target_find(const unsigned char *entry);

/** Does the thunk lie on its function, as far as we know? */
int hp_target_is_laid(const hp_target *target);

/**
 * Make targets for functions that have none: thunks written, memory executable. context.original is filled in
 * by whoever lays them on. Caller holds the attach lock.
 *
 * @param entries  of the functions
 * @param count    at least 1
 * @param batch    receives the new targets in the order of entries
 * @return S_OK, E_OUTOFMEMORY, HP_E_DYNAMIC_CODE, or what VirtualProtect says; nothing is left allocated then
 */
HRESULT hp_target_make(unsigned char *const *entries, size_t count, hp_target_batch *batch,
                       hp_trouble *trouble);

/** Give back a batch none of whose targets was laid on a function. */
void hp_target_discard(hp_target_batch *batch);

/** Enter a batch into the list of all targets. From then on it is never freed. Cannot fail. */
void hp_target_keep(hp_target_batch *batch);

/** Set who answers calls, NULL for the original. Calls under way keep the binding that they began with. */
void hp_target_bind(hp_target *target, hp_binding *binding);

/** While this binding answers calls, they run the original without asking it. Until the next hp_target_bind.
 */
void hp_target_bypass(hp_target *target, const hp_binding *binding);

/** Milliseconds of GetTickCount64, coarse enough that 32 bits last for thousands of years. */
static inline DWORD hp_target_clock(uint64_t milliseconds) {
    return (DWORD)(milliseconds >> 6);
}

/** The same until then, GetTickCount64, and not quite as cheap. From then on dispatch asks who answers. */
void hp_target_shut(hp_target *target, const hp_binding *binding, uint64_t until);

/** Is it shut now? */
static inline int hp_target_is_shut(const hp_target *target) {
    return hp_target_clock(GetTickCount64()) < target->shut_until;
}

#endif
