/**
 * @file goodbye.h
 * Letting go of an update's object so that the update learns of it: it is told by a call first. RPC may have
 * kept a connection to a dead process that had the same id, and a release is lost on it without a word.
 */
#ifndef HP_CLIENT_GOODBYE_H
#define HP_CLIENT_GOODBYE_H

#include <oaidl.h>

#include "client/apartment.h"

/**
 * Say it and release the object. In the multithreaded apartment. An update that hangs keeps the caller.
 *
 * @param process  of the update; NULL if it is not known
 */
void hp_goodbye_say(IDispatch *update, HANDLE process);

/**
 * The same by another thread, which is waited for, but not for ever.
 *
 * @param process  of the update; NULL if it is not known; still the caller's
 * @return S_OK; HP_E_DEADLINE: the other thread is still at it, and keeps the object until the update listens
 *         or ends; E_OUTOFMEMORY: nothing was released
 */
HRESULT hp_goodbye_within(IDispatch *update, HANDLE process, const hp_apartment *apartment,
                          uint32_t timeout_ms);

#endif
