/**
 * @file session.h
 * A session: one update that the app is attached to, and its bindings, one per redirected function. Lives
 * until the owner has let go and the last call inside has returned; the update is let go of then.
 */
#ifndef HP_CLIENT_SESSION_H
#define HP_CLIENT_SESSION_H

#include <oaidl.h>

#include "client/apartment.h"
#include "client/circuit.h"
#include "client/pool.h"
#include "client/target.h"
#include "hotpatch/client.h"
#include "proxygen/marshal.h"
#include "registry/class.h"

typedef struct hp_session hp_session;

/** How far a call came. */
typedef enum hp_reach {
    HP_REACH_HERE =
        0, /**< it did not leave this process, for a reason that has nothing to do with the update */
    HP_REACH_NOT_RUN, /**< it is certain that the update has not begun to run it */
    HP_REACH_MAYBE,   /**< it may have run */
} hp_reach;

/** A call on its way over and back. */
typedef struct hp_crossing {
    hp_frame call, reply;
    VARIANT hold; /**< keeps the reply's bytes; the caller clears it with VariantClear */
    /** the same in shared memory: the caller gives it back with hp_pool_give; NULL: none */
    hp_pool_channel *channel;
    uint32_t deadline_ms; /**< how long it may take; 0: as long as it likes */
    hp_reach reach;       /**< set by the transport */
    int exiting;      /**< set by the transport: this process is exiting, the call is to run the original */
    char detail[640]; /**< of a failure, UTF-8; empty if nothing is known */
} hp_crossing;

/**
 * Carries a call over and back. The caller's memory is touched on its own thread only, and not any more once
 * this has returned.
 *
 * @param binding   which function
 * @param crossing  call as hp_marshal_gather described it, hold empty, channel NULL; receives the rest
 * @return S_OK; any failure if exiting is set; HP_E_UPDATE_GONE, HP_E_TRANSPORT, HP_E_FRAME_...,
 *         HP_E_DEADLINE, the update's own error, or what packing and COM give
 */
typedef HRESULT hp_transport(const hp_binding *binding, hp_crossing *crossing);

struct hp_binding {
    hp_session *session;
    hp_target *target;
    BSTR name;
    uint32_t number; /**< of the function, in the update's list of names */
    hp_marshal marshal;
    hp_policy policy;
    hp_circuit circuit;       /**< under health_lock, but for reading state and failures */
    volatile LONG complained; /**< a failed call of this function was logged: the next ones are debug lines */
    volatile LONG news;       /**< HP_NEWS_..., for the watch to tell */
};

enum { HP_NEWS_OPENED = 1, HP_NEWS_CLOSED = 2 };

/** What calls have come to. Written with interlocked functions. */
typedef struct hp_session_counts {
    volatile LONG64 calls, failures, retries, late;
    volatile LONG64 by_com; /**< of calls, those that COM carried */
} hp_session_counts;

struct hp_session {
    volatile LONG references; /**< the owner's, and one per call inside; 0: ended, the update is let go of */
    /** keep what follows readable, not the update: one each, and one for all references */
    volatile LONG observers;
    volatile LONG closed; /**< the owner has let go, or is about to */
    volatile LONG gone;   /**< the update is dead: calls run the original at once */
    HANDLE lost;          /**< event, set with gone: a watch waits for it */
    HANDLE news;          /**< event: a circuit has opened or closed, or the update hangs */
    SRWLOCK health_lock;
    hp_breaker breaker;       /**< without a zero */
    volatile LONG hangs;      /**< deadlines missed in a row, by all functions together */
    volatile LONG hang_noted; /**< they were too many */
    volatile LONG hung;       /**< the update was ended because of them */
    volatile LONG waiting;    /**< calls inside that hold the session twice, as another thread sends them */
    volatile LONG abandoned;  /**< calls inside for which nobody waits any more */
    hp_session_counts counts;
    HMODULE module; /**< image whose functions are redirected, kept loaded */
    hp_apartment apartment;
    hp_apartment_errand farewell; /**< releases the update, prepared when there still was a way to fail */
    int ended;                    /**< it has done so */
    hp_transport *transport;
    hp_pool pool; /**< is_open: calls go through shared memory */
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

/** One more reference, unless the session has ended. Caller has a reference or an observation. */
int hp_session_try_hold(hp_session *session);

/**
 * One less; with the last one the update is let go of, in the multithreaded apartment. That is waited for,
 * for some seconds; an update that does not listen is ended. Any thread.
 */
void hp_session_release(hp_session *session);

/**
 * Keep the structure, but not the update, while it is looked at. Caller holds a reference or the attach lock.
 */
void hp_session_observe(hp_session *session);

/** End of it. */
void hp_session_unobserve(hp_session *session);

/** Has its owner let go of it? Calls may still be inside. */
int hp_session_has_ended(const hp_session *session);

/**
 * The owner lets go: waits until calls have left or time is up, and drops its reference in either case. If
 * only calls are left then for which nobody waits any more, the update is ended, if it was started here;
 * such calls are waited for some seconds at most.
 *
 * @param own  calls inside that are this thread's own: waiting for them would be in vain
 * @return S_OK or HP_E_CALL_BUSY
 */
HRESULT hp_session_close(hp_session *session, int own, uint32_t timeout_ms);

/**
 * Note that the update is dead: calls whose policy is plain run the original without coming here from now on.
 * Returns 1 the first time. Any thread with a reference or an observation.
 */
int hp_session_lose(hp_session *session);

/** Has the update's process ended, or was it found gone by a call? */
int hp_session_is_gone(hp_session *session);

/** Is the session attached to this very class, from this very EXE, and alive? */
int hp_session_serves(hp_session *session, const hp_class_found *found);

/** End the update's process, if it was started here. Returns 1 if it was. */
int hp_session_end_update(hp_session *session);

/** Does the session answer calls of this target? */
int hp_session_owns(const hp_session *session, const hp_target *target);

#endif
