/**
 * @file leash.h
 * How a thread that waits for an update ends it, while another thread is stuck in a call of it.
 */
#ifndef HP_CLIENT_LEASH_H
#define HP_CLIENT_LEASH_H

#include "hotpatch/base.h"

/** Zero-initialise. */
typedef struct hp_leash {
    SRWLOCK lock;
    HANDLE process; /**< NULL: none was started yet, or it is not ours to end */
    int is_cut;
} hp_leash;

/**
 * A process was started. If the leash was cut meanwhile, it is ended at once.
 *
 * @param process  with the right to end it; still the caller's
 */
void hp_leash_tie(hp_leash *leash, HANDLE process);

/** It is not ours any more: from now on nothing happens to it. */
void hp_leash_untie(hp_leash *leash);

/** End the process, and each one that is tied from now on. */
void hp_leash_cut(hp_leash *leash);

#endif
