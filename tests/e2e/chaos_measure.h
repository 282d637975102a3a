/**
 * @file chaos_measure.h
 * What this process has of everything that can leak.
 */
#ifndef HP_TESTS_E2E_CHAOS_MEASURE_H
#define HP_TESTS_E2E_CHAOS_MEASURE_H

#include <stddef.h>
#include <stdint.h>

enum { CHAOS_TYPES = 24, CHAOS_TYPE_CHARS = 24 };

typedef struct chaos_measure {
    struct {
        char type[CHAOS_TYPE_CHARS]; /**< "" after the last */
        int count;
    } handles[CHAOS_TYPES];
    int threads;
    unsigned long blocks, bytes; /**< of the process heap, in use */
    unsigned long private_bytes;
} chaos_measure;

/** Threads of this process. */
int chaos_measure_threads(void);

void chaos_measure_take(chaos_measure *measure);

/** Handles of a type, 0 if there are none. */
int chaos_measure_handles(const chaos_measure *measure, const char *type);

/** Print what has changed, as comments of TAP. */
void chaos_measure_print(const char *what, const chaos_measure *before, const chaos_measure *after);

#endif
