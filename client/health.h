/**
 * @file health.h
 * What calls say about their update: counted, and turned into circuits that open and an update that is ended.
 * Any thread that holds the session.
 */
#ifndef HP_CLIENT_HEALTH_H
#define HP_CLIENT_HEALTH_H

#include "client/session.h"

/** Take over what the app wants of the breaker; zeros become the defaults. */
void hp_health_prepare(hp_session *session, const hp_breaker *breaker);

/** May this call be tried? The ticket goes to hp_health_note. */
hp_circuit_ticket hp_health_admit(hp_binding *binding);

/** A call that was admitted has ended so. */
void hp_health_note(hp_binding *binding, hp_circuit_ticket ticket, HRESULT result, hp_reach reach);

/**
 * What calls have found out of a function since it was last asked.
 *
 * @param session   observed by the caller, not held
 * @param at        where to go on; 0 at first
 * @param function  receives its name; all zeros before
 * @param capacity  characters there
 * @return HP_NEWS_...; 0: there is nothing more to tell
 */
LONG hp_health_take_news(hp_session *session, size_t *at, wchar_t *function, size_t capacity);

/** Functions whose circuit is not closed. */
uint32_t hp_health_open(hp_session *session);

#endif
