/**
 * @file chaos_memory.h
 * Memory that the code of this EXE, so also hotpatch::client, has allocated and not freed.
 *
 * Counted piece by piece: the size of the process says nothing, as under Wine 8 RPC loses memory with each
 * connection that breaks, and a thread's own block is kept for a later one. Nor does a walk of the process
 * heap: malloc has a heap of its own. Strings, arrays and answers are COM's: chaos_spy.h. Not counted: the
 * memory of streams (GlobalAlloc), which COM frees for us.
 */
#ifndef HP_TESTS_E2E_CHAOS_MEMORY_H
#define HP_TESTS_E2E_CHAOS_MEMORY_H

/** Begin: what is allocated from now on. Fails the test if it cannot. Once. */
void chaos_memory_open(void);

/** Pieces that are there of those that were made since: of malloc and the like, HeapAlloc, VirtualAlloc,
 * views of files, objects of thread pools. */
int chaos_memory_count(void);

/** From now on, pieces are new. */
void chaos_memory_mark(void);

/** Print the new ones that are there, by the place that made them, as comments of TAP. */
void chaos_memory_print(void);

#endif
