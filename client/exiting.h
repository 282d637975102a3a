/**
 * @file exiting.h
 * Is this process on its way out? When ExitProcess delivers DLL_PROCESS_DETACH, all threads but one have been
 * ended, wherever they stood: nobody answers any more, no pool runs anything, and a lock that somebody held
 * is held for ever. So no call leaves over COM then; an update
 * may answer through shared memory, which needs no other thread (route.c).
 *
 * Source: ExitProcess, Microsoft Learn: all threads but the caller's are terminated, then "the states of all
 * of the threads terminated become signaled", then the DLLs get DLL_PROCESS_DETACH. So a thread that does
 * nothing but wait tells by its handle. (An atexit handler of the EXE runs before all that, and is nothing
 * special.)
 */
#ifndef HP_CLIENT_EXITING_H
#define HP_CLIENT_EXITING_H

#include "hotpatch/base.h"

/**
 * From here on until hp_exiting_release, hp_exiting_now knows: there is the thread that tells. Counted; one
 * for all. It keeps this module loaded.
 *
 * @return S_OK, E_OUTOFMEMORY
 */
HRESULT hp_exiting_hold(void);

/** End of it. With the last one the thread ends, soon. Does not wait. */
void hp_exiting_release(void);

/** Is the process exiting? 0 also if nobody holds: it is not known then. A system call; any thread. */
int hp_exiting_now(void);

/** What is signalled when the process is exiting, for waits; not to be closed. Only while somebody holds. */
HANDLE hp_exiting_handle(void);

/**
 * Take a lock, unless that would take for ever.
 *
 * @return 1: it is held, exclusively; 0: it is not, and the process is exiting
 */
int hp_exiting_lock(SRWLOCK *lock);

/** The same, shared. */
int hp_exiting_lock_shared(SRWLOCK *lock);

#endif
