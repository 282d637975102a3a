#include "client/health.h"

#include <wchar.h>

#include "client/exiting.h"
#include "client/policy.h"
#include "idl/log.h"

enum { FAILURES = 8, PROBE_MS = 1000, HANGS = 3 };

static uint32_t or_default(uint32_t value, uint32_t otherwise) {
    return value != 0 ? value : otherwise;
}

void hp_health_prepare(hp_session *session, const hp_breaker *breaker) {
    session->breaker = (hp_breaker){.failures = or_default(breaker->failures, FAILURES),
                                    .probe_ms = or_default(breaker->probe_ms, PROBE_MS),
                                    .hangs = or_default(breaker->hangs, HANGS)};
}

hp_circuit_ticket hp_health_admit(hp_binding *binding) {
    hp_session *session = binding->session;
    /* Without the lock in the usual case, and where it is not due yet: what changes meanwhile comes too late
     * for this call. */
    hp_circuit_state state = *(volatile hp_circuit_state *)&binding->circuit.state;
    if (state == HP_CIRCUIT_CLOSED)
        return HP_CIRCUIT_CALL;
    if (state == HP_CIRCUIT_PROBING || GetTickCount64() < *(volatile uint64_t *)&binding->circuit.due)
        return HP_CIRCUIT_REFUSED;
    if (!hp_exiting_lock(&session->health_lock))
        return HP_CIRCUIT_REFUSED;
    hp_circuit_ticket ticket = hp_circuit_admit(&binding->circuit, GetTickCount64());
    ReleaseSRWLockExclusive(&session->health_lock);
    return ticket;
}

static void tell(hp_binding *binding, LONG news) {
    InterlockedExchange(&binding->news, news);
    SetEvent(binding->session->news);
}

static void succeed(hp_binding *binding, hp_circuit_ticket ticket) {
    hp_session *session = binding->session;
    InterlockedIncrement64(&session->counts.calls);
    if (session->hangs != 0)
        InterlockedExchange(&session->hangs, 0);
    if (ticket == HP_CIRCUIT_CALL && *(volatile uint32_t *)&binding->circuit.failures == 0)
        return;
    if (!hp_exiting_lock(&session->health_lock))
        return;
    int closed = hp_circuit_succeed(&binding->circuit, ticket);
    if (closed)
        tell(binding, HP_NEWS_CLOSED); /* under the lock: the last word counts */
    ReleaseSRWLockExclusive(&session->health_lock);
    if (closed && !hp_exiting_now()) /* behind the log stands the app, whose locks may be held for ever */
        hp_log_write(HP_LOG_INFO, "%ls: the update answers its calls again", binding->name);
}

static void fail(hp_binding *binding, hp_circuit_ticket ticket, HRESULT result) {
    hp_session *session = binding->session;
    AcquireSRWLockExclusive(&session->health_lock);
    const uint64_t now = GetTickCount64();
    int opened =
        hp_circuit_fail(&binding->circuit, ticket, now, session->breaker.failures, session->breaker.probe_ms);
    /* A call that began before it opened may fail when a try is due already. */
    if (binding->circuit.state == HP_CIRCUIT_OPEN && now < binding->circuit.due &&
        hp_policy_is_plain(&binding->policy))
        hp_target_shut(binding->target, binding, binding->circuit.due);
    if (opened)
        tell(binding, HP_NEWS_OPENED);
    ReleaseSRWLockExclusive(&session->health_lock);
    if (opened) {
        hp_trouble trouble = {0};
        hp_trouble_set_wide(&trouble, HP_E_BREAKER_OPEN, binding->name, "%lu calls in a row; the last: %s",
                            (unsigned long)session->breaker.failures, hp_error_what(result));
        hp_log_trouble(HP_LOG_WARNING, &trouble);
    }
}

/* One that does not answer again and again is ended, to be started anew. */
static void note_hang(hp_session *session) {
    if (session->breaker.hangs == UINT32_MAX ||
        (uint32_t)InterlockedIncrement(&session->hangs) < session->breaker.hangs)
        return;
    if (InterlockedExchange(&session->hang_noted, 1) != 0)
        return;
    session->hung = 1; /* before the watch sees the end of the process */
    if (!hp_session_end_update(session)) {
        session->hung = 0;
        hp_log_write(HP_LOG_WARNING, "%ls: the update hangs; it was not started here, so it is not ended",
                     session->progid);
        return;
    }
    hp_log_write(HP_LOG_ERROR, "%ls: the update missed %lu deadlines in a row and was ended", session->progid,
                 (unsigned long)session->breaker.hangs);
    hp_session_lose(session);
}

void hp_health_note(hp_binding *binding, hp_circuit_ticket ticket, HRESULT result, hp_reach reach) {
    hp_session *session = binding->session;
    if (SUCCEEDED(result)) {
        succeed(binding, ticket);
    } else if (reach == HP_REACH_HERE) {
        AcquireSRWLockExclusive(&session->health_lock);
        hp_circuit_give_back(&binding->circuit, ticket);
        ReleaseSRWLockExclusive(&session->health_lock);
    } else if (result == HP_E_UPDATE_GONE) {
        if (hp_session_lose(session))
            hp_log_write(HP_LOG_ERROR, "%ls: the update has died: the app goes on in its own code",
                         session->progid);
    } else {
        fail(binding, ticket, result);
        if (result == HP_E_DEADLINE)
            note_hang(session);
        else
            InterlockedExchange(&session->hangs, 0);
    }
}

uint32_t hp_health_open(hp_session *session) {
    uint32_t open = 0;
    AcquireSRWLockExclusive(&session->health_lock);
    for (size_t i = 0; i < session->count; i++)
        open += session->bindings[i].circuit.state != HP_CIRCUIT_CLOSED;
    ReleaseSRWLockExclusive(&session->health_lock);
    return open;
}

LONG hp_health_take_news(hp_session *session, size_t *at, wchar_t *function, size_t capacity) {
    LONG news = 0;
    if (!hp_session_try_hold(session))
        return 0;
    for (; *at < session->count && news == 0; ++*at) {
        news = InterlockedExchange(&session->bindings[*at].news, 0);
        if (news != 0)
            wcsncpy(function, session->bindings[*at].name, capacity - 1);
    }
    hp_session_release(session);
    return news;
}
