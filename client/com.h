/**
 * @file com.h
 * Inside: what the watch needs beyond the public functions of hotpatch/client.h.
 */
#ifndef HP_CLIENT_COM_H
#define HP_CLIENT_COM_H

#include "client/session.h"
#include "hotpatch/client.h"

/** How long an older update's calls are waited for where nobody says. */
enum { HP_COM_DRAIN_TIMEOUT_MS = 5000 };

/**
 * Is it a ProgID that could be registered, and options that this release understands (NULL
 * is)? Then S_OK, else E_INVALIDARG.
 */
HRESULT hp_com_check(const wchar_t *progid, const hp_attach_options *options);

/** The session under a ProgID, observed for the caller (hp_session_unobserve); NULL for none. Thread-safe. */
hp_session *hp_com_observe(const wchar_t *progid);

/**
 * hp_com_attach_ex, with an event that ends the wait for the update's start.
 *
 * @param cancel  NULL for none
 * @return as hp_com_attach_ex; HRESULT_FROM_WIN32(ERROR_CANCELLED)
 */
HRESULT hp_com_attach_until(const wchar_t *progid, const hp_attach_options *options, HANDLE cancel,
                            hp_report **report);

#endif
