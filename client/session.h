/**
 * @file session.h
 * A session: one update that the app is attached to, and its bindings, one per redirected function. Lives
 * until the owner has let go and the last call inside has returned; the update is let go of then.
 */
#ifndef HP_CLIENT_SESSION_H
#define HP_CLIENT_SESSION_H

#include <oaidl.h>

#include "client/apartment.h"
#include "client/target.h"
#include "proxygen/marshal.h"
#include "registry/class.h"

typedef struct hp_session hp_session;

/**
 * Carries a call over and back.
 *
 * @param binding  which function
 * @param call     as hp_marshal_gather described it
 * @param reply    receives the reply
 * @param hold     receives what keeps the reply's bytes; the caller clears it with VariantClear
 */
typedef HRESULT hp_transport(const hp_binding *binding, hp_frame *call, hp_frame *reply, VARIANT *hold);

struct hp_binding {
    hp_session *session;
    hp_target *target;
    BSTR name;
    hp_marshal marshal;
    volatile LONG complained; /**< a failed call of this function was logged: the next ones are debug lines */
};

struct hp_session {
    volatile LONG references; /**< the owner's, and one per call inside; 0: ended, the update is let go of */
    /** keep what follows readable, not the update: one each, and one for all references */
    volatile LONG observers;
    volatile LONG gone; /**< the update is dead: calls run the original at once */
    HANDLE lost;        /**< event, set with gone: a watch waits for it */
    HMODULE module;     /**< image whose functions are redirected, kept loaded */
    hp_apartment apartment;
    hp_apartment_errand farewell; /**< releases the update, prepared when there still was a way to fail */
    hp_transport *transport;
    IDispatch *update;
    /** Of the update, SYNCHRONIZE; NULL if it could not be opened. Kept open until the update's proxy is
     * gone, which keeps the process id from being given to the next update: RPC keeps what it knows of a
     * process by its id for as long as there is a proxy. */
    HANDLE process;
    HANDLE let_go; /**< event, set once the update was let go of; NULL if it was not started here */
    uint32_t pid;
    CLSID clsid;
    wchar_t progid[HP_CLASS_PROGID_CHARS]; /**< as given to attach */
    wchar_t *exe;
    size_t count;
    hp_binding *bindings;
    hp_session *next; /**< in com.c's list */
};

/**
 * A session with one reference, nothing attached. Takes the apartment over on
 * success only. NULL without memory.
 */
hp_session *hp_session_make(const wchar_t *progid, hp_apartment *apartment);

/** One more reference. */
void hp_session_hold(hp_session *session);

/** One less; with the last one the update is let go of, in the multithreaded apartment. Any thread. */
void hp_session_release(hp_session *session);

/**
 * Keep the structure, but not the update, while it is looked at. Caller holds a reference or the attach lock.
 */
void hp_session_observe(hp_session *session);

/** End of it. */
void hp_session_unobserve(hp_session *session);

/** Has its last reference gone? */
int hp_session_has_ended(const hp_session *session);

/**
 * The owner lets go: waits until calls have left or time is up, and drops its reference in either case.
 *
 * @return S_OK or HP_E_CALL_BUSY
 */
HRESULT hp_session_close(hp_session *session, uint32_t timeout_ms);

/** Note that the update is dead. Returns 1 the first time. Any thread with a reference or an observation. */
int hp_session_lose(hp_session *session);

/** Has the update's process ended, or was it found gone by a call? */
int hp_session_is_gone(hp_session *session);

/** Is the session attached to this very class, from this very EXE, and alive? */
int hp_session_serves(hp_session *session, const hp_class_found *found);

/** Does the session answer calls of this target? */
int hp_session_owns(const hp_session *session, const hp_target *target);

#endif
