/**
 * @file errand.h
 * The COM transport of a call: packed on the thread that calls, sent from the multithreaded apartment, and
 * given up there when its deadline passes. (COM has no deadline of its own, and CoCancelCall does not reach
 * every call.)
 */
#ifndef HP_CLIENT_ERRAND_H
#define HP_CLIENT_ERRAND_H

#include "client/session.h"

/**
 * An hp_transport. A call with a deadline is sent by another thread; if the deadline passes first, this
 * returns HP_E_DEADLINE at once, and the other thread drops the answer when it comes. It holds the session
 * until then.
 */
HRESULT hp_errand_run(const hp_binding *binding, hp_crossing *crossing);

#endif
