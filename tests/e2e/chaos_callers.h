/**
 * @file chaos_callers.h
 * The app's threads in the chaos test: in apartments of every kind, they call all functions without a pause
 * and judge every answer.
 */
#ifndef HP_TESTS_E2E_CHAOS_CALLERS_H
#define HP_TESTS_E2E_CHAOS_CALLERS_H

#include "e2e/chaos_app.h"

enum { CHAOS_CALLERS = 8 };

/** What they have seen. Counted since the start of the process. */
typedef struct chaos_seen {
    volatile LONG answers[CHAOS_FUNCTIONS][CHAOS_WHO]; /**< right ones, by function and by who gave them */
    volatile LONG fixed;                               /**< right ones that were the policy's value */
    volatile LONG begun, returned;                     /**< calls */
    volatile LONG wrong;
    volatile LONG longest_ms[CHAOS_FUNCTIONS];
    char first_wrong[256];
} chaos_seen;

extern chaos_seen chaos_seen_so_far;

/** Auto-reset event, set after each answer of an update, and by whoever has news for who waits. */
extern HANDLE chaos_progress;

/** Start them. Fails the test if it cannot. */
void chaos_callers_start(uint64_t seed);

/** End them. Fails the test if a call does not return. */
void chaos_callers_stop(void);

/**
 * Judge every ticket that was given out, once nobody runs any more: fails the test if one was run twice or by
 * nobody. Forgets them.
 * @return tickets that an update ran for nothing: its answer did not arrive, or not in time
 */
LONG chaos_callers_settle(void);

#endif
