/**
 * @file offer.h
 * What an update offers: asked over IDispatch, and not believed until checked.
 */
#ifndef HP_CLIENT_OFFER_H
#define HP_CLIENT_OFFER_H

#include <oaidl.h>

#include "idl/trouble.h"
#include "proxygen/functable.h"

/** One replacement. */
typedef struct hp_offer_item {
    char *name;       /**< checked by hp_name_check */
    char *signature;  /**< text, not yet parsed; NULL if the update could not give it */
    HRESULT result;   /**< S_OK, or why there is no signature */
    char detail[160]; /**< what is known beyond that code; may be empty */
} hp_offer_item;

/** Everything that attach needs of an update. Freed with hp_offer_free. */
typedef struct hp_offer {
    uint32_t pid; /**< of the update's process, as it says */
    size_t count;
    hp_offer_item *items; /**< in the update's order */
} hp_offer;

/**
 * Ask: protocol version, image identity, process id, names, signatures; and say who we are (Connect).
 *
 * @param update   in the multithreaded apartment, like the calling thread
 * @param table    the app's functions: only of those a signature is asked for
 * @param offer    receives the answers, also those that were had before a failure
 * @return S_OK; HP_E_SERVER_NOT_HOTPATCH, HP_E_PROTOCOL, HP_E_SERVER_ARCHITECTURE, HP_E_NO_EXPORTS,
 *         HP_E_NAME_..., HP_E_UPDATE_GONE, E_OUTOFMEMORY
 */
HRESULT hp_offer_ask(IDispatch *update, const hp_functable *table, hp_offer *offer, hp_trouble *trouble);

void hp_offer_free(hp_offer *offer);

#endif
