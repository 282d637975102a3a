#include "client/session.h"

#include <stdlib.h>
#include <wchar.h>

#include "client/dispatch.h"
#include "client/exiting.h"
#include "client/goodbye.h"
#include "client/policy.h"
#include "idl/fault.h"
#include "idl/log.h"

/*
 * Owners that wait for calls to leave share one condition, which is never freed: a call that drops its
 * reference must not touch the session afterwards, for it may be gone.
 */
static SRWLOCK drain_lock = SRWLOCK_INIT;
static CONDITION_VARIABLE drain_progress = CONDITION_VARIABLE_INIT;
static volatile LONG drain_waiters;

/* A proxy is released where it lives. Nobody calls any more. Runs on a pool thread, with an observation of
 * its own: an update that hangs may keep it for ever. */
static void end(void *context) {
    hp_session *session = context;
    uintptr_t before = hp_dispatch_enter();
    hp_pool_close(session); /* first: each one keeps the update's object */
    if (session->update != NULL)
        hp_goodbye_say(session->update, session->process);
    session->update = NULL;
    if (session->let_go != NULL)
        SetEvent(session->let_go);
    for (size_t i = 0; i < session->count; i++)
        SysFreeString(session->bindings[i].name);
    free(session->bindings);
    session->bindings = NULL;
    if (session->module != NULL)
        FreeLibrary(session->module);
    CloseThreadpoolWork(session->farewell.work);
    hp_apartment_release(&session->apartment);
    hp_exiting_release();
    AcquireSRWLockExclusive(&drain_lock);
    session->ended = 1;
    ReleaseSRWLockExclusive(&drain_lock);
    WakeAllConditionVariable(&drain_progress);
    hp_session_unobserve(session);
    hp_dispatch_leave(before);
}

hp_session *hp_session_make(const wchar_t *progid, hp_apartment *apartment) {
    hp_session *session = HP_FAULT("memory for the session") ? NULL : calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->observers = 1;
    session->lost = HP_FAULT("event of the loss") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
    session->news = HP_FAULT("event for news") ? NULL : CreateEventW(NULL, FALSE, FALSE, NULL);
    HRESULT told = hp_exiting_hold();
    if (FAILED(told) || session->lost == NULL || session->news == NULL ||
        FAILED(hp_apartment_prepare(apartment, end, session, &session->farewell))) {
        if (SUCCEEDED(told))
            hp_exiting_release();
        hp_session_unobserve(session);
        return NULL;
    }
    session->references = 1;
    InitializeSRWLock(&session->health_lock);
    wcsncpy(session->progid, progid, HP_CLASS_PROGID_CHARS - 1);
    session->apartment = *apartment;
    *apartment = (hp_apartment){0};
    return session;
}

void hp_session_observe(hp_session *session) {
    InterlockedIncrement(&session->observers);
}

void hp_session_unobserve(hp_session *session) {
    if (InterlockedDecrement(&session->observers) > 0)
        return;
    free(session->exe);
    if (session->process != NULL)
        CloseHandle(session->process);
    if (session->let_go != NULL)
        CloseHandle(session->let_go);
    if (session->lost != NULL)
        CloseHandle(session->lost);
    if (session->news != NULL)
        CloseHandle(session->news);
    free(session);
}

int hp_session_has_ended(const hp_session *session) {
    return session->closed || session->references == 0;
}

void hp_session_hold(hp_session *session) {
    InterlockedIncrement(&session->references);
}

int hp_session_try_hold(hp_session *session) {
    for (LONG seen = session->references; seen > 0;) {
        LONG before = InterlockedCompareExchange(&session->references, seen + 1, seen);
        if (before == seen)
            return 1;
        seen = before;
    }
    return 0;
}

static uint32_t time_left(ULONGLONG start, uint32_t timeout_ms) {
    if (timeout_ms == INFINITE)
        return INFINITE;
    ULONGLONG passed = GetTickCount64() - start;
    return passed >= timeout_ms ? 0 : (uint32_t)(timeout_ms - passed);
}

static int wait_for_end(const hp_session *session, uint32_t timeout_ms) {
    ULONGLONG start = GetTickCount64();
    AcquireSRWLockExclusive(&drain_lock);
    for (uint32_t left; !session->ended && (left = time_left(start, timeout_ms)) != 0;)
        SleepConditionVariableSRW(&drain_progress, &drain_lock, left, 0);
    int ended = session->ended;
    ReleaseSRWLockExclusive(&drain_lock);
    return ended;
}

/* The update is told, and is ended if it does not listen. */
static void say_farewell(hp_session *session) {
    enum { PATIENCE_MS = 2000 };
    InterlockedIncrement(&session->observers);
    hp_apartment_start(&session->farewell);
    if (wait_for_end(session, PATIENCE_MS))
        return;
    hp_log_write(HP_LOG_WARNING, "%ls: the update does not take leave%s", session->progid,
                 hp_session_end_update(session) ? "; it was ended" : "");
    wait_for_end(session, PATIENCE_MS);
}

void hp_session_release(hp_session *session) {
    if (InterlockedDecrement(&session->references) == 0) {
        say_farewell(session);
        hp_session_unobserve(session);
        return;
    }
    /* Both sides are full barriers: either the owner sees the lower count, or we see that it waits. */
    if (drain_waiters != 0 && hp_exiting_lock(&drain_lock)) {
        ReleaseSRWLockExclusive(&drain_lock);
        WakeAllConditionVariable(&drain_progress);
    }
}

/* Calls for which nobody waits any more are not waited for without end, either. */
static uint32_t time_to_drain(const hp_session *session, int own, ULONGLONG start, uint32_t timeout_ms) {
    enum { ABANDONED_MS = 5000 };
    int in_vain = timeout_ms > ABANDONED_MS && session->references - 1 - own <= session->abandoned;
    return time_left(start, in_vain ? ABANDONED_MS : timeout_ms);
}

HRESULT hp_session_close(hp_session *session, int own, uint32_t timeout_ms) {
    ULONGLONG start = GetTickCount64();
    session->closed = 1;
    InterlockedIncrement(&drain_waiters);
    AcquireSRWLockExclusive(&drain_lock);
    for (uint32_t left;
         session->references > 1 + own && (left = time_to_drain(session, own, start, timeout_ms)) != 0;)
        SleepConditionVariableSRW(&drain_progress, &drain_lock, left, 0);
    ReleaseSRWLockExclusive(&drain_lock);
    InterlockedDecrement(&drain_waiters);
    /* The abandoned ones are seen first: one that leaves meanwhile is then taken for one that stays. */
    LONG abandoned = session->abandoned;
    HRESULT hr = session->references - 1 > abandoned ? HP_E_CALL_BUSY : S_OK;
    if (abandoned > 0 && session->references - 1 - own <= abandoned)
        hp_session_end_update(session);
    hp_session_release(session);
    return hr;
}

static void bypass(hp_session *session) {
    if (!hp_session_try_hold(session))
        return; /* it answers nobody any more */
    for (size_t i = 0; i < session->count; i++)
        if (hp_policy_is_plain(&session->bindings[i].policy))
            hp_target_bypass(session->bindings[i].target, &session->bindings[i]);
    hp_session_release(session);
}

int hp_session_lose(hp_session *session) {
    if (InterlockedExchange(&session->gone, 1) != 0)
        return 0;
    bypass(session);
    SetEvent(session->lost);
    return 1;
}

int hp_session_end_update(hp_session *session) {
    return session->let_go != NULL && session->process != NULL && TerminateProcess(session->process, 1);
}

int hp_session_is_gone(hp_session *session) {
    if (session->process != NULL && WaitForSingleObject(session->process, 0) == WAIT_OBJECT_0)
        hp_session_lose(session);
    return session->gone != 0;
}

int hp_session_serves(hp_session *session, const hp_class_found *found) {
    return found != NULL && IsEqualCLSID(&session->clsid, &found->clsid) &&
           _wcsicmp(session->exe, found->exe) == 0 && !hp_session_is_gone(session);
}

int hp_session_owns(const hp_session *session, const hp_target *target) {
    return target->binding != NULL && target->binding->session == session;
}
