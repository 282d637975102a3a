#include "client/session.h"

#include <stdlib.h>
#include <wchar.h>

#include "client/transport.h"
#include "idl/fault.h"

/*
 * Owners that wait for calls to leave share one condition, which is never freed: a call that drops its
 * reference must not touch the session afterwards, for it may be gone.
 */
static SRWLOCK drain_lock = SRWLOCK_INIT;
static CONDITION_VARIABLE drain_progress = CONDITION_VARIABLE_INIT;
static volatile LONG drain_waiters;

static void release_update(void *context) {
    hp_session *session = context;
    if (session->update != NULL)
        hp_transport_release(session->update, session->process);
    session->update = NULL;
    if (session->let_go != NULL)
        SetEvent(session->let_go);
}

hp_session *hp_session_make(const wchar_t *progid, hp_apartment *apartment) {
    hp_session *session = HP_FAULT("memory for the session") ? NULL : calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->lost = HP_FAULT("event of the loss") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
    if (session->lost == NULL ||
        FAILED(hp_apartment_prepare(apartment, release_update, session, &session->farewell))) {
        if (session->lost != NULL)
            CloseHandle(session->lost);
        free(session);
        return NULL;
    }
    session->references = 1;
    session->observers = 1;
    wcsncpy(session->progid, progid, HP_CLASS_PROGID_CHARS - 1);
    session->apartment = *apartment;
    *apartment = (hp_apartment){0};
    return session;
}

/* A proxy is released where it lives. Nobody calls any more. */
static void end(hp_session *session) {
    hp_apartment_finish(&session->farewell);
    for (size_t i = 0; i < session->count; i++)
        SysFreeString(session->bindings[i].name);
    free(session->bindings);
    session->bindings = NULL;
    hp_apartment_release(&session->apartment);
    if (session->module != NULL)
        FreeLibrary(session->module);
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
    CloseHandle(session->lost);
    free(session);
}

int hp_session_has_ended(const hp_session *session) {
    return session->references == 0;
}

void hp_session_hold(hp_session *session) {
    InterlockedIncrement(&session->references);
}

void hp_session_release(hp_session *session) {
    if (InterlockedDecrement(&session->references) == 0) {
        end(session);
        hp_session_unobserve(session);
        return;
    }
    /* Both sides are full barriers: either the owner sees the lower count, or we see that it waits. */
    if (drain_waiters != 0) {
        AcquireSRWLockExclusive(&drain_lock);
        ReleaseSRWLockExclusive(&drain_lock);
        WakeAllConditionVariable(&drain_progress);
    }
}

static uint32_t time_left(ULONGLONG start, uint32_t timeout_ms) {
    if (timeout_ms == INFINITE)
        return INFINITE;
    ULONGLONG passed = GetTickCount64() - start;
    return passed >= timeout_ms ? 0 : (uint32_t)(timeout_ms - passed);
}

HRESULT hp_session_close(hp_session *session, uint32_t timeout_ms) {
    ULONGLONG start = GetTickCount64();
    InterlockedIncrement(&drain_waiters);
    AcquireSRWLockExclusive(&drain_lock);
    for (uint32_t left; session->references > 1 && (left = time_left(start, timeout_ms)) != 0;)
        SleepConditionVariableSRW(&drain_progress, &drain_lock, left, 0);
    ReleaseSRWLockExclusive(&drain_lock);
    InterlockedDecrement(&drain_waiters);
    HRESULT hr = session->references > 1 ? HP_E_CALL_BUSY : S_OK;
    hp_session_release(session);
    return hr;
}

int hp_session_lose(hp_session *session) {
    if (InterlockedExchange(&session->gone, 1) != 0)
        return 0;
    SetEvent(session->lost);
    return 1;
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
