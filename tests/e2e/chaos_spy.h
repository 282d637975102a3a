/**
 * @file chaos_spy.h
 * Memory of COM's task allocator in this process: strings and arrays, whether made here or by a proxy that
 * has unpacked an answer, which are the caller's to free (IMallocSpy).
 */
#ifndef HP_TESTS_E2E_CHAOS_SPY_H
#define HP_TESTS_E2E_CHAOS_SPY_H

/** Begin: what is allocated from now on. Fails the test if it cannot. Once. */
void chaos_spy_open(void);

/** Pieces that are there of those that were made since. */
int chaos_spy_count(void);

#endif
