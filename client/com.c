#include "client/com.h"

#include <wchar.h>

#include "client/attach.h"
#include "client/dispatch.h"
#include "client/exiting.h"
#include "client/health.h"
#include "client/policy.h"
#include "client/report.h"
#include "idl/log.h"

/* One attach or detach at a time; the list of sessions is looked at under the lock only. */
static SRWLOCK attach_lock = SRWLOCK_INIT;
static hp_session *all_sessions;

static hp_session **find(const wchar_t *progid) {
    hp_session **at = &all_sessions;
    while (*at != NULL && _wcsicmp((*at)->progid, progid) != 0)
        at = &(*at)->next;
    return at;
}

static int is_progid(const wchar_t *progid) {
    return progid != NULL && progid[0] != L'\0' &&
           wcsnlen(progid, HP_CLASS_PROGID_CHARS) < HP_CLASS_PROGID_CHARS;
}

static int are_options(const hp_attach_options *options) {
    return options == NULL ||
           (options->size == sizeof *options &&
            (options->flags & ~(HP_ATTACH_PARTIAL | HP_ATTACH_ALLOW_ELEVATED)) == 0 &&
            (unsigned)options->transport <= HP_TRANSPORT_SHARED && SUCCEEDED(hp_policy_check(options)));
}

HRESULT hp_com_check(const wchar_t *progid, const hp_attach_options *options) {
    return is_progid(progid) && are_options(options) ? S_OK : E_INVALIDARG;
}

/* The older session's functions belong to the newer one already; what is left is to let its calls finish. */
static void retire(hp_session *session, int own, uint32_t timeout_ms) {
    if (hp_session_close(session, own, timeout_ms != 0 ? timeout_ms : HP_COM_DRAIN_TIMEOUT_MS) ==
        HP_E_CALL_BUSY)
        hp_log_write(HP_LOG_WARNING,
                     "calls are still inside the older update; it is let go of when the last returns");
}

/* Nothing was tried: the report says why. */
static HRESULT refuse(HRESULT hr, const wchar_t *progid, const char *why, hp_report **report) {
    static const hp_plan nothing = {0};
    hp_trouble trouble = {0};
    hp_trouble_set_wide(&trouble, hr, progid, "%s", why);
    hp_log_trouble(HP_LOG_ERROR, &trouble);
    if (report != NULL)
        *report = hp_report_make(hr, &trouble, &nothing, 0, NULL, 0);
    if (report != NULL)
        hp_report_note_transport(report, HP_TRANSPORT_AUTO, "");
    return hr;
}

/* What was made takes the place of what was there, which is returned. The attach lock is held. */
static hp_session *commit(hp_attach *it) {
    hp_session **at = find(it->progid), *current = *at;
    hp_attach_commit(it, current);
    if (it->session == NULL)
        return NULL;
    it->session->next = current != NULL ? current->next : NULL;
    *at = it->session;
    return current;
}

HRESULT hp_com_attach_until(const wchar_t *progid, const hp_attach_options *options, HANDLE cancel,
                            hp_report **report) {
    static const hp_attach_options defaults = {.size = sizeof defaults};
    if (report != NULL)
        *report = NULL;
    HRESULT hr = hp_com_check(progid, options);
    if (FAILED(hr))
        return refuse(hr, progid,
                      is_progid(progid) ? "size, flags or policies of the options"
                                        : "a ProgID has 1 to 39 characters",
                      report);
    if (hp_exiting_now())
        return refuse(HRESULT_FROM_WIN32(ERROR_SHUTDOWN_IN_PROGRESS), progid, "the process is exiting",
                      report);
    hr = hp_dispatch_prepare();
    if (FAILED(hr))
        return refuse(hr, progid, "no thread-local slot is left", report);
    hr = hp_exiting_hold();
    if (FAILED(hr))
        return refuse(hr, progid, "no thread can be made", report);
    hp_attach it = {.progid = progid, .options = options != NULL ? options : &defaults, .cancel = cancel};
    uintptr_t before = hp_dispatch_enter();
    hp_session *seen = hp_com_observe(progid), *older = NULL;
    /* Without the lock: an update that is slow or hangs must not keep anybody from detaching. */
    hr = hp_attach_reach(&it, seen);
    if (seen != NULL)
        hp_session_unobserve(seen);
    if (hr == S_OK) {
        AcquireSRWLockExclusive(&attach_lock);
        older = commit(&it);
        ReleaseSRWLockExclusive(&attach_lock);
    }
    hr = hp_attach_end(&it, report);
    if (older != NULL)
        retire(older, before == (uintptr_t)older, it.options->drain_timeout_ms);
    hp_exiting_release();
    hp_dispatch_leave(before);
    return hr;
}

HRESULT hp_com_attach_ex(const wchar_t *progid, const hp_attach_options *options, hp_report **report) {
    return hp_com_attach_until(progid, options, NULL, report);
}

HRESULT hp_com_attach(const wchar_t *progid) {
    return hp_com_attach_ex(progid, NULL, NULL);
}

HRESULT hp_com_detach(const wchar_t *progid, uint32_t timeout_ms) {
    if (!is_progid(progid))
        return E_INVALIDARG;
    if (hp_exiting_now()) {
        /* No other thread is left, and who held the lock may be gone. */
        if (*find(progid) != NULL)
            hp_pool_forget(*find(progid));
        return S_OK; /* the update sees the end of this process */
    }
    HRESULT hr = hp_dispatch_prepare();
    if (FAILED(hr))
        return hr;
    hp_trouble trouble = {0};
    uintptr_t before = hp_dispatch_enter();
    AcquireSRWLockExclusive(&attach_lock);
    hp_session **at = find(progid), *session = *at;
    if (session != NULL) {
        hr = hp_attach_revert(session, &trouble);
        *at = session->next;
    }
    ReleaseSRWLockExclusive(&attach_lock);
    if (session == NULL) {
        hr = HP_E_NOT_ATTACHED;
    } else {
        if (FAILED(hr))
            hp_log_trouble(HP_LOG_ERROR, &trouble);
        HRESULT drained = hp_session_close(session, before == (uintptr_t)session, timeout_ms);
        hr = FAILED(hr) ? hr : drained;
        hp_log_write(HP_LOG_INFO, "%ls: detached", progid);
    }
    hp_dispatch_leave(before);
    return hr;
}

HRESULT hp_com_unregister(const wchar_t *progid) {
    if (!is_progid(progid))
        return E_INVALIDARG;
    HRESULT detached = hp_com_detach(progid, HP_COM_DRAIN_TIMEOUT_MS);
    hp_trouble trouble = {0};
    HRESULT hr = hp_class_unregister_progid(progid, &trouble);
    if (FAILED(hr))
        hp_log_trouble(HP_LOG_ERROR, &trouble);
    return FAILED(detached) && detached != HP_E_NOT_ATTACHED ? detached : hr;
}

hp_session *hp_com_observe(const wchar_t *progid) {
    AcquireSRWLockExclusive(&attach_lock);
    hp_session *session = *find(progid);
    if (session != NULL)
        hp_session_observe(session);
    ReleaseSRWLockExclusive(&attach_lock);
    return session;
}

static uint64_t count_of(volatile LONG64 *counter) {
    return (uint64_t)InterlockedCompareExchange64(counter, 0, 0);
}

HRESULT hp_com_status(const wchar_t *progid, hp_session_status *status) {
    if (!is_progid(progid) || status == NULL || status->size != sizeof *status)
        return E_INVALIDARG;
    if (hp_exiting_now())
        return HP_E_NOT_ATTACHED;
    AcquireSRWLockExclusive(&attach_lock);
    hp_session *session = *find(progid);
    if (session != NULL) {
        /* This lock keeps the owner's reference: what is above it are calls. */
        LONG inside = session->references - 1 - session->waiting;
        const uint64_t calls = count_of(&session->counts.calls);
        const uint64_t by_com = count_of(&session->counts.by_com); /* counted earlier than the call */
        *status =
            (hp_session_status){.size = sizeof *status,
                                .server_pid = session->pid,
                                .functions = (uint32_t)session->count,
                                .gone = (uint32_t)hp_session_is_gone(session),
                                .open = hp_health_open(session),
                                .inside = inside > 0 ? (uint32_t)inside : 0,
                                .calls = calls,
                                .failures = count_of(&session->counts.failures),
                                .retries = count_of(&session->counts.retries),
                                .late_answers = count_of(&session->counts.late),
                                .transport = session->pool.is_open ? HP_TRANSPORT_SHARED : HP_TRANSPORT_COM,
                                .channels = (uint32_t)session->pool.count,
                                .shared_calls = calls > by_com ? calls - by_com : 0};
    }
    ReleaseSRWLockExclusive(&attach_lock);
    return session != NULL ? S_OK : HP_E_NOT_ATTACHED;
}
