/**
 * @file plan.h
 * What an attach is about to change: the update's offer held against the app's
 * function table. Changes nothing.
 */
#ifndef HP_CLIENT_PLAN_H
#define HP_CLIENT_PLAN_H

#include "client/offer.h"
#include "client/session.h"
#include "hotpatch/client.h"
#include "proxygen/functable.h"

/** One function. */
typedef struct hp_plan_item {
    const hp_offer_item *offer;
    HRESULT result;      /**< S_OK: can be redirected */
    char detail[512];    /**< what is known beyond the code */
    hp_marshal marshal;  /**< how its calls travel */
    char *own_signature; /**< the app's, the plan's own; NULL if it has none */
    unsigned char *entry;
    hp_target *target; /**< from an earlier attach, else NULL until hp_commit_prepare */
} hp_plan_item;

/** All functions that the update offers, in its order. Freed with hp_plan_free. */
typedef struct hp_plan {
    size_t count;
    size_t good; /**< items that can be redirected */
    hp_plan_item *items;
} hp_plan;

/**
 * Make the plan.
 *
 * @param offer    must outlive the plan
 * @param table    of the image that is to be patched
 * @param current  the session whose functions may be taken over; NULL for none
 * @return S_OK, whatever the verdicts on single functions; E_OUTOFMEMORY
 */
HRESULT hp_plan_make(const hp_offer *offer, const hp_functable *table, const hp_session *current,
                     hp_plan *plan, hp_trouble *trouble);

/**
 * Hold the good items against the policies of the attach: one that cannot have its policy gets HP_E_POLICY
 * and is good no more. Cannot fail.
 *
 * @param options  complete
 */
void hp_plan_hold_policies(hp_plan *plan, const hp_attach_options *options);

/** The first verdict that is not S_OK, noted in trouble with the function's name; S_OK if there is none. */
HRESULT hp_plan_verdict(const hp_plan *plan, hp_trouble *trouble);

void hp_plan_free(hp_plan *plan);

#endif
