/**
 * @file commit.h
 * From a plan to redirected functions. Prepare does all that can fail; apply cannot.
 */
#ifndef HP_CLIENT_COMMIT_H
#define HP_CLIENT_COMMIT_H

#include "client/plan.h"
#include "hotpatch/client.h"

/** A change that is ready. Zero-initialise; ended by hp_commit_apply. */
typedef struct hp_commit {
    hp_session *session;   /**< gets the bindings */
    hp_session *current;   /**< loses its targets; NULL for none */
    hp_target_batch batch; /**< targets that are new */
    hp_plant_image image;  /**< of all of them */
    hp_change change;      /**< what is laid on functions, and what is taken off */
    hp_target **laid;      /**< targets of change.adds, in this order */
} hp_commit;

/**
 * Make bindings, targets and thunks, and the code writable. No byte of code has changed afterwards.
 *
 * @param plan     its good items are used; their targets are filled in
 * @param table    of the image
 * @param options  complete; their policies are chosen from
 * @param session  receives bindings; still unknown to any target
 * @param current  the older session, or NULL
 * @return S_OK; E_OUTOFMEMORY, HP_E_POLICY, HP_E_NO_ROOM_NEAR, HP_E_DYNAMIC_CODE,
 *         HP_E_FOREIGN_BYTES...; nothing is left behind then
 */
HRESULT hp_commit_prepare(hp_plan *plan, const hp_functable *table, const hp_attach_options *options,
                          hp_session *session, hp_session *current, hp_commit *commit, hp_trouble *trouble);

/** Do it: bind, plant, unbind and revert what the older session has and the newer has not. Cannot fail. */
void hp_commit_apply(hp_commit *commit);

#endif
