/**
 * @file approach.h
 * The first half of an attach, the part that may take long: the update is started and asked what it offers.
 */
#ifndef HP_CLIENT_APPROACH_H
#define HP_CLIENT_APPROACH_H

#include "client/attach.h"

/**
 * Fill in table, update, started, offer, trouble and result. Needs found and apartment. Inside
 * hp_dispatch_enter.
 *
 * Where there is a deadline or an event that cancels, another thread does it. If that passes first, an update
 * that was started is ended, which frees that thread from whatever call of it it is stuck in; should it stay
 * stuck all the same (an update that COM has started), it is left behind, and cleans up when it can.
 *
 * @return it->result; HP_E_DEADLINE, HRESULT_FROM_WIN32(ERROR_CANCELLED)
 */
HRESULT hp_approach_run(hp_attach *it);

/** The image whose functions are redirected. */
HMODULE hp_approach_module(const hp_attach *it);

#endif
