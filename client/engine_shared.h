/**
 * @file engine_shared.h
 * The inside of an engine, for engine.c and engine_index.c only.
 */
#ifndef HP_CLIENT_ENGINE_SHARED_H
#define HP_CLIENT_ENGINE_SHARED_H

#include "client/engine.h"

/** What is in here must not change without the version in engine.c: modules of different releases may meet.
 */
struct hp_engine {
    SRWLOCK lock;
    volatile DWORD owner; /* thread that holds the lock, 0: none */
    uint32_t region_count;
    uint32_t cells; /* in all regions */
    hp_region **regions;
    uint32_t count;    /* functions in the index */
    uint32_t capacity; /* of the index: a power of two, at most three quarters of it are used */
    uint32_t *index;   /* cell numbers, hashed by entry; 0: free */
};

/** Zeroed memory of the process heap, NULL if there is none: memory of one module's C library may go with the
 * module. */
void *hp_engine_index_allocate(size_t size);

void hp_engine_index_release(void *memory);

/** Room in the index for so many functions more. @return S_OK or E_OUTOFMEMORY: then it is as it was */
HRESULT hp_engine_index_grow(hp_engine *engine, uint32_t functions);

#endif
