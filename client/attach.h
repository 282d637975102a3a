/**
 * @file attach.h
 * One attach, from ProgID to redirected functions, in two halves: reach may take long and changes nothing, so
 * it holds no lock; commit does everything else that can fail, and then a change that cannot.
 */
#ifndef HP_CLIENT_ATTACH_H
#define HP_CLIENT_ATTACH_H

#include "client/plan.h"
#include "client/session.h"
#include "client/start.h"
#include "hotpatch/client.h"

/**
 * Everything that one attach gathers on its way. Zero-initialise, set the first
 * three, end with hp_attach_end.
 */
typedef struct hp_attach {
    const wchar_t *progid;            /**< checked for length */
    const hp_attach_options *options; /**< complete, checked */
    HANDLE cancel;                    /**< event that ends a wait for the update's start; NULL for none */
    hp_apartment apartment;
    hp_class_found found;
    IDispatch *update;
    hp_started started; /**< the update, if it was started here */
    HANDLE process;     /**< of the update that COM has started, SYNCHRONIZE; NULL if it was not opened */
    hp_pool_channel *channel;    /**< the session's first; NULL: calls go over COM */
    hp_transport_kind transport; /**< what calls use, once that is known */
    char transport_detail[192];  /**< why they do not use shared memory, if that was wanted */
    hp_functable table;
    hp_offer offer;
    hp_plan plan;
    hp_session *current;  /**< during commit */
    hp_session *session;  /**< what was made, observed; NULL if nothing was */
    hp_session *given_up; /**< the same of an attach that failed */
    size_t redirected;    /**< functions that now run in the update */
    hp_trouble trouble;
    HRESULT result;
} hp_attach;

/**
 * Find the class, start the update, ask what it offers. Any apartment; inside hp_dispatch_enter.
 *
 * @param current  the session under this ProgID, observed by the caller; NULL for none
 * @return S_OK; S_FALSE if current serves this very class already; else as hp_com_attach_ex
 */
HRESULT hp_attach_reach(hp_attach *it, hp_session *current);

/**
 * Plan and change. The caller holds the attach lock and links it->session, which has the owner's reference,
 * in place of current, which then owns no target any more and is to be closed.
 *
 * @param current  the session under this ProgID now
 * @return as hp_com_attach_ex
 */
HRESULT hp_attach_commit(hp_attach *it, hp_session *current);

/**
 * Say and report what happened, and free everything. No lock is held.
 *
 * @param report  may be NULL
 * @return it->result
 */
HRESULT hp_attach_end(hp_attach *it, hp_report **report);

/**
 * Give every target of a session its original code back. Calls inside go on; the
 * caller lets go of the session.
 *
 * @return S_OK; HP_E_FOREIGN_BYTES if one had been changed by somebody else and was left alone (its
 *         thunk runs the original); or what making the code writable gives: then all jumps stay,
 *         and all thunks run the originals
 */
HRESULT hp_attach_revert(hp_session *session, hp_trouble *trouble);

#endif
