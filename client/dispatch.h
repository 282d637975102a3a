/**
 * @file dispatch.h
 * What a redirected call runs into: from the spill routine to the transport and
 * back. Any thread, any apartment.
 *
 * The caller never notices the machinery: GetLastError and errno are kept, and
 * whatever goes wrong runs the original.
 */
#ifndef HP_CLIENT_DISPATCH_H
#define HP_CLIENT_DISPATCH_H

#include "proxygen/registers.h"

/** Prepare what every call needs, once per process. S_OK or E_OUTOFMEMORY. */
HRESULT hp_dispatch_prepare(void);

/**
 * From here on until hp_dispatch_leave, redirected functions that this thread calls run their original code:
 * Hotpatch's own work, and COM's inside it, must not depend on itself. Nests.
 *
 * @return what hp_dispatch_leave wants back
 */
uintptr_t hp_dispatch_enter(void);

/** End of it. */
void hp_dispatch_leave(uintptr_t before);

/**
 * On the thread of a call, inside: the app's own code runs now, for the sake of this session. What
 * hp_dispatch_enter returns to it tells which.
 *
 * @param session  NULL: it has come back
 */
void hp_dispatch_note(const void *session);

/** The hp_dispatch_function of every thunk. */
uintptr_t hp_dispatch_call(hp_registers *registers, hp_context *context);

#endif
