/**
 * @file transport.h
 * How a frame crosses to the update by COM: IDispatch::Invoke of Call, frames as SAFEARRAYs of bytes.
 */
#ifndef HP_CLIENT_TRANSPORT_H
#define HP_CLIENT_TRANSPORT_H

#include "client/session.h"

/**
 * Shall a call be tried again? One that certainly did not run is (RPC_S_CALL_FAILED_DNE), some hundred times:
 * RPC may have kept connections to a dead process that had the same id as the update, and each try clears one
 * away.
 *
 * @param hr       of the last try
 * @param tries    0 at first, counted up
 * @param process  of the update, whose end ends the tries; NULL if it is not known
 */
int hp_transport_retry(HRESULT hr, int *tries, HANDLE process);

/**
 * An hp_transport.
 *
 * @return S_OK; HP_E_UPDATE_GONE if the update's process or object is gone; the update's own error code if it
 *         refused the call; HP_E_FRAME_..., E_OUTOFMEMORY or COM's error
 */
HRESULT hp_transport_invoke(const hp_binding *binding, hp_frame *call, hp_frame *reply, VARIANT *hold);

/**
 * Invoke a member by its id.
 *
 * @param arguments  in reverse order, as DISPPARAMS wants them; still the caller's
 * @param result     receives the result; NULL allowed
 * @param detail     receives the server's error text, UTF-8, may be NULL
 * @return as Invoke, but the scode of an exception in place of DISP_E_EXCEPTION, and HP_E_UPDATE_GONE for
 *         every code that means that nobody is there any more
 */
HRESULT hp_transport_ask(IDispatch *update, DISPID member, VARIANT *arguments, unsigned count,
                         VARIANT *result, char *detail, size_t capacity);

/**
 * Release an update's object so that the update learns of it: it is told by a call first. RPC may have kept a
 * connection to a dead process that had the same id, and a release is lost on it without a word.
 *
 * @param process  of the update; NULL if it is not known
 */
void hp_transport_release(IDispatch *update, HANDLE process);

#endif
