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
 * Send a call that is packed.
 *
 * @param name      of the function
 * @param call      the frame; still the caller's
 * @param reply     empty; receives what came back, cleared by the caller
 * @param reach     receives how far it came, on failure
 * @param detail    receives what the update says about its failure, UTF-8; empty if nothing
 * @param capacity  bytes at detail
 * @return S_OK; HP_E_UPDATE_GONE if the update's process or object is gone; the update's own error code if it
 *         refused the call; COM's error
 */
HRESULT hp_transport_send(hp_session *session, BSTR name, SAFEARRAY *call, VARIANT *reply, hp_reach *reach,
                          char *detail, size_t capacity);

/** An update's own error code as far as it may be believed: what we find out ourselves it cannot say. */
HRESULT hp_transport_believe(HRESULT result);

/**
 * Read what hp_transport_send gave: hostile until checked. The frame points into it.
 *
 * @return S_OK, HP_E_FRAME_...
 */
HRESULT hp_transport_unpack(const VARIANT *answer, hp_frame *reply);

/**
 * Invoke a member by its id.
 *
 * @param arguments  in reverse order, as DISPPARAMS wants them; still the caller's
 * @param result     empty; receives the result, nothing on failure; NULL allowed
 * @param detail     receives the server's error text, UTF-8, may be NULL
 * @return as Invoke, but the scode of an exception in place of DISP_E_EXCEPTION, and HP_E_UPDATE_GONE for
 *         every code that means that nobody is there any more
 */
HRESULT hp_transport_ask(IDispatch *update, DISPID member, VARIANT *arguments, unsigned count,
                         VARIANT *result, char *detail, size_t capacity);

/**
 * Tell an update that this client goes.
 *
 * @param process  of the update; NULL if it is not known
 * @return S_OK, HP_E_UPDATE_GONE, or as hp_transport_ask
 */
HRESULT hp_transport_disconnect(IDispatch *update, HANDLE process);

#endif
