/**
 * @file guard.h
 * What a thread needs while replacements run on it: stack enough to report that its stack is used up, and
 * somebody who notices if it ends.
 *
 * A replacement that ends its thread (ExitThread, TerminateThread, a fault that the system cannot deliver)
 * leaves a call that nobody answers, and a caller that waits for ever. So the process is ended then: COM
 * tells every caller, and each runs the app's own code.
 */
#ifndef HP_SERVER_GUARD_H
#define HP_SERVER_GUARD_H

#include "hotpatch/base.h"

/**
 * Before a replacement is called, on its thread. The first time on a thread takes some microseconds. It
 * cannot fail: what the system refuses is done without. Nests. Thread-safe.
 *
 * @return for hp_guard_leave
 */
void *hp_guard_enter(void);

/** After the call, however it ended. */
void hp_guard_leave(void *it);

/** Exit code of a process that was ended because a thread with a call on it did. */
#define HP_GUARD_EXIT_CODE 0x8004022Au /* HP_E_REPLACEMENT_FAULT */

#endif
