/**
 * @file call.h
 * Execution of one call: a call frame in, the replacement run, a reply frame out.
 */
#ifndef HP_SERVER_CALL_H
#define HP_SERVER_CALL_H

#include "server/exports.h"

#include <oaidl.h>

/** A call that has run. */
typedef struct hp_call {
    hp_frame frame; /**< the reply; its blocks point into what follows */
    hp_invocation invocation;
} hp_call;

/**
 * Run a replacement on the calling thread. Nothing is locked meanwhile.
 *
 * @param exports  all of them
 * @param item     which one
 * @param bytes    the call frame, hostile until checked; nobody else may change it until hp_call_end, and
 *                 the replacement works on it
 * @param size     bytes there
 * @param call     receives the reply on success, ended with hp_call_end
 * @param trouble  receives the failure with the function's name; may be NULL
 * @return as hp_call_execute
 */
HRESULT hp_call_begin(const hp_exports *exports, const hp_export *item, unsigned char *bytes, size_t size,
                      hp_call *call, hp_trouble *trouble);

/** Free what a call that has run holds. */
void hp_call_end(hp_call *call);

/**
 * The same with an array as its reply.
 *
 * @param exports  all of them
 * @param item     which one
 * @param bytes    as above, at any address
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
