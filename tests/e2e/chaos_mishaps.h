/**
 * @file chaos_mishaps.h
 * What befalls the update in the chaos test.
 */
#ifndef HP_TESTS_E2E_CHAOS_MISHAPS_H
#define HP_TESTS_E2E_CHAOS_MISHAPS_H

#include "e2e/storm_dice.h"

enum chaos_mishap {
    MISHAP_KILL = 0,
    MISHAP_KILL_NEWBORN, /* and the ones that follow, just as they start */
    MISHAP_SUSPEND,      /* for a while */
    MISHAP_FREEZE,       /* for ever */
    MISHAP_FAULT,
    MISHAP_EXIT,
    MISHAP_ABORT,
    MISHAP_OVERFLOW,
    MISHAP_HANG_ONE, /* one call */
    MISHAP_HANG_ALL,
    MISHAP_GARBAGE,    /* instead of answers to calls */
    MISHAP_NO_OFFER,   /* instead of what it offers, when it is attached to */
    MISHAP_VERSION,    /* the other version is registered */
    MISHAP_UNREGISTER, /* and registered again */
    MISHAPS
};

extern const char *const chaos_mishap_names[MISHAPS];

/** One that is to happen next; some happen more often. */
int chaos_mishap_choose(storm_dice *dice);

/**
 * Let it happen, and wait until all functions are answered by the update again. Fails the test if that does
 * not come to pass.
 * @return 1; 0 if the update was not there any more, so that it did not happen
 */
int chaos_mishap_happen(int mishap, storm_dice *dice);

/** Wait until all functions are answered by who. Fails the test if that does not come to pass. */
void chaos_mishap_recover(void);

#endif
