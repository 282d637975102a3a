/**
 * @file pool.h
 * The channels of a session. A call takes one that is free, the one that was used last first, and gives it
 * back; with none free, one more is opened, up to HP_CHANNEL_MOST. Without locks: the process may end while a
 * thread stands anywhere in here.
 */
#ifndef HP_CLIENT_POOL_H
#define HP_CLIENT_POOL_H

#include <oaidl.h>

#include "client/apartment.h"
#include "idl/channel.h"
#include "idl/trouble.h"

struct hp_session;

/** One channel. */
typedef struct hp_pool_channel {
    SLIST_ENTRY entry; /**< first: it has to be aligned */
    hp_channel channel;
    struct hp_session *session; /**< held, of an abandoned one */
    hp_apartment_errand errand; /**< waits for the answer of a call that was abandoned */
} hp_pool_channel;

/** Part of a session; zero: no channels. */
typedef struct hp_pool {
    hp_pool_channel *volatile last; /**< that was used last, if it is free */
    SLIST_HEADER idle;              /**< the others that are free */
    volatile LONG count;            /**< that are there, or are being opened */
    int is_open;                    /**< calls may travel this way */
    volatile DWORD again;           /**< hp_target_clock before which no more are opened, as it failed */
} hp_pool;

/**
 * Have an update serve one more channel. In the multithreaded apartment.
 *
 * @param update     has this process as its client
 * @param process    of the update; stays open as long as the channel
 * @param made       receives it, freed by hp_pool_free or given to a session
 * @return S_OK; HP_E_TRANSPORT if the update knows no channels; E_OUTOFMEMORY, or what making and COM give
 */
HRESULT hp_pool_make(IDispatch *update, HANDLE process, hp_pool_channel **made, hp_trouble *trouble);

/** Close a channel. NULL is allowed. */
void hp_pool_free(hp_pool_channel *it);

/** Let a new session use channels, of which this is the first. S_OK or E_OUTOFMEMORY. */
HRESULT hp_pool_open(struct hp_session *session, hp_pool_channel *first);

/** Close all channels. Nobody calls any more. */
void hp_pool_close(struct hp_session *session);

/** The process is exiting: no more calls get a channel. Frees nothing. */
void hp_pool_forget(struct hp_session *session);

/**
 * A channel for a call. The caller holds the session.
 *
 * @param until  GetTickCount64 when the call's deadline passes; 0 for none
 * @return NULL: none is free, and no more can be had now
 */
hp_pool_channel *hp_pool_take(struct hp_session *session, ULONGLONG until);

/** The call is done: another one may have it. */
void hp_pool_give(struct hp_session *session, hp_pool_channel *it);

/** The channel is of no more use. */
void hp_pool_drop(struct hp_session *session, hp_pool_channel *it);

/**
 * The call goes on in the update, but nobody waits for it: the channel is closed, and the session let go of,
 * when it has come back. Until then it counts as an abandoned call.
 */
void hp_pool_abandon(struct hp_session *session, hp_pool_channel *it);

#endif
