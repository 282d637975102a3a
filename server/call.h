/**
 * @file call.h
 * Execution of one call: a call frame in, the replacement run, a reply frame out.
 */
#ifndef HP_SERVER_CALL_H
#define HP_SERVER_CALL_H

#include "server/exports.h"

#include <oaidl.h>

/**
 * Run a replacement on the calling thread. Nothing is locked meanwhile.
 *
 * @param exports  all of them
 * @param item     which one
 * @param bytes    the call frame, hostile until checked; must not change during the call
 * @param size     bytes there
 * @param reply    receives an array of VT_UI1 with the reply frame, which the caller
 *                 destroys; NULL: no reply is wanted
 * @param trouble  receives the failure with the function's name; may be NULL
 * @return S_OK; HP_E_FRAME_..., E_OUTOFMEMORY: the replacement did not run, or (only E_OUTOFMEMORY,
 *         HP_E_FRAME_TOO_LARGE) its reply could not be made, which the detail says; HP_E_REPLACEMENT_FAULT:
 *         it was broken off, the detail says by which exception and where. Nothing is leaked but what the
 *         replacement itself had open. Thread-safe.
 */
HRESULT hp_call_execute(const hp_exports *exports, const hp_export *item, const unsigned char *bytes,
                        size_t size, SAFEARRAY **reply, hp_trouble *trouble);

#endif
