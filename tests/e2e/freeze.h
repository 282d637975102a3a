/**
 * @file freeze.h
 * Another process that stands still: all of its threads are suspended. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_FREEZE_H
#define HP_TESTS_E2E_FREEZE_H

#include <windows.h>

/** A process that was frozen. */
typedef struct freeze freeze;

/**
 * Suspend every thread of a process, if it has not ended. When this returns, none of them runs. Only for a
 * process whose threads do not end meanwhile: under Wine 8 GetThreadContext, with which this waits for a
 * suspended thread to stand still, may wait for ever for one that ends instead.
 */
freeze *freeze_begin(DWORD pid);

/** The same, but the threads may still be about to stand still, and may end at any time. */
freeze *freeze_begin_soon(DWORD pid);

/** Let it run again; frees it. NULL is allowed. */
void freeze_thaw(freeze *it);

/** Forget about it: the process has ended. Frees it; NULL is allowed. */
void freeze_forget(freeze *it);

#endif
