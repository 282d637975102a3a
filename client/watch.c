#include "hotpatch/client.h"

#include <stdlib.h>
#include <wchar.h>

#include "client/com.h"
#include "client/exiting.h"
#include "client/health.h"
#include "client/mark.h"
#include "idl/fault.h"
#include "idl/log.h"
#include "registry/class_notice.h"

enum { RETRY_MS = 250, RETRY_DOUBLINGS = 6, DAMAGED_MS = 1000 };

struct hp_watch {
    wchar_t progid[HP_CLASS_PROGID_CHARS];
    hp_watch_options options;
    HANDLE stop;    /* set by hp_com_unwatch */
    HANDLE changed; /* set by the registry */
    HANDLE thread;
    hp_session *session; /* attached by this watch, observed; NULL if none */
    unsigned failures;   /* in a row, counting an update that soon died as one */
    ULONGLONG damaged;   /* since when the class has been half written at each look; 0: it is not */
    ULONGLONG retry_at;  /* no new try before, unless the class is another one; 0: nothing to wait for */
    ULONGLONG since;     /* when the session began */
    uint64_t tried;      /* mark of the class that was last attached to, successfully or not */
    int hopeless;        /* only a change of that class can help */
    int blind;           /* the registry cannot be watched, and that was said */
};

static void tell(const hp_watch *watch, hp_event_kind kind, HRESULT result, const char *message,
                 const hp_report *report) {
    if (watch->options.sink == NULL)
        return;
    const hp_event event = {
        .kind = kind, .result = result, .message = message, .progid = watch->progid, .report = report};
    watch->options.sink(watch->options.context, &event);
}

static void tell_of_function(const hp_watch *watch, const wchar_t *function, LONG news) {
    int opened = news == HP_NEWS_OPENED;
    const hp_event event = {.kind = opened ? HP_EVENT_OPENED : HP_EVENT_CLOSED,
                            .result = opened ? HP_E_BREAKER_OPEN : S_OK,
                            .message = opened ? hp_error_what(HP_E_BREAKER_OPEN)
                                              : "the update answers its calls again",
                            .progid = watch->progid,
                            .function = function};
    watch->options.sink(watch->options.context, &event);
}

/* What calls have found out since the last look. The session is not held while the sink runs: it may detach,
 * which would wait for us. */
static void tell_news(const hp_watch *watch) {
    wchar_t function[256] = {0}; /* as long as a name can be */
    size_t at = 0;
    if (watch->session == NULL || watch->options.sink == NULL)
        return;
    for (LONG news; (news = hp_health_take_news(watch->session, &at, function, 256)) != 0;)
        tell_of_function(watch, function, news);
}

static DWORD back_off(const hp_watch *watch) {
    unsigned doublings = watch->failures < RETRY_DOUBLINGS ? watch->failures : RETRY_DOUBLINGS;
    uint64_t first = watch->options.retry_ms != 0 ? watch->options.retry_ms : RETRY_MS;
    return (DWORD)((first << doublings) < INFINITE ? first << doublings : INFINITE - 1);
}

/* Worth another try although the registry has not changed: the update itself may do better next time. */
static int is_passing(HRESULT hr) {
    switch (hr) {
    case HP_E_SERVER_EXITED:
    case HP_E_SERVER_SILENT:
    case HP_E_UPDATE_GONE:
    case HP_E_DEADLINE:
    case HP_E_CLASS_DAMAGED:
    case HP_E_SERVER_MISSING: /* it may be being copied */
    case HP_E_SERVER_NOT_EXECUTABLE:
    case HP_E_NO_ROOM_NEAR:
    case HP_E_PROGID_UNKNOWN: /* it went while we were at it: the next look tells */
    case HP_E_TARGET_TAKEN:   /* by another ProgID, until that one is detached */
    case HP_E_FOREIGN_BYTES:
    case CO_E_SERVER_STOPPING:
    case E_OUTOFMEMORY:
        return 1;
    default:
        return HRESULT_FACILITY(hr) != FACILITY_ITF; /* the system's, COM's, or what an update made up */
    }
}

static void let_go(hp_watch *watch) {
    if (watch->session != NULL)
        hp_session_unobserve(watch->session);
    watch->session = NULL;
}

static HRESULT detach_quietly(const hp_watch *watch) {
    uint32_t drain = watch->options.attach.drain_timeout_ms;
    return hp_com_detach(watch->progid, drain != 0 ? drain : HP_COM_DRAIN_TIMEOUT_MS);
}

static void detach(hp_watch *watch) {
    let_go(watch);
    HRESULT hr = detach_quietly(watch);
    if (hr != HP_E_NOT_ATTACHED) /* else the app was faster, and knows */
        tell(watch, HP_EVENT_DETACHED, hr, "the class is gone: the app's own code is back", NULL);
}

static DWORD schedule_retry(hp_watch *watch) {
    DWORD wait = back_off(watch);
    watch->failures++;
    watch->retry_at = GetTickCount64() + wait;
    return wait;
}

/* Somebody may be about to register it, or to unregister: said only if it stays. */
static int is_being_written(hp_watch *watch, HRESULT hr) {
    if (hr != HP_E_CLASS_DAMAGED)
        return 0;
    if (watch->damaged == 0)
        watch->damaged = GetTickCount64();
    return GetTickCount64() - watch->damaged < DAMAGED_MS;
}

/* Returns how long to wait until the next try, INFINITE if only a change can help. */
static DWORD attach(hp_watch *watch) {
    hp_report *report;
    HRESULT hr = hp_com_attach_until(watch->progid, &watch->options.attach, watch->stop, &report);
    const char *message = report != NULL ? report->message : hp_error_what(hr);
    DWORD wait = INFINITE;
    const int quiet = is_being_written(watch, hr);
    watch->retry_at = 0;
    watch->hopeless = FAILED(hr) && !is_passing(hr);
    if (SUCCEEDED(hr)) {
        let_go(watch);
        watch->session = hp_com_observe(watch->progid);
        watch->since = GetTickCount64();
        if (hr != S_FALSE)
            tell(watch, HP_EVENT_ATTACHED, hr, message, report);
    } else {
        if (!watch->hopeless)
            wait = schedule_retry(watch);
        if (quiet && wait > DAMAGED_MS) { /* whoever is at it will soon be done */
            wait = DAMAGED_MS;
            watch->retry_at = GetTickCount64() + wait;
        }
        if (!quiet && hr != HP_E_PROGID_UNKNOWN && hr != HRESULT_FROM_WIN32(ERROR_CANCELLED))
            tell(watch, HP_EVENT_FAILED, hr, message, report);
    }
    hp_report_free(report);
    return wait;
}

/* The update died. One that lived for a while has earned a quick restart; one that keeps dying has not. */
static DWORD lose(hp_watch *watch) {
    tell_news(watch);
    if (watch->session->hung)
        tell(watch, HP_EVENT_HUNG, HP_E_DEADLINE,
             "the update missed several deadlines in a row and was ended", NULL);
    let_go(watch);
    if (GetTickCount64() - watch->since > (ULONGLONG)back_off(watch) * 2)
        watch->failures = 0;
    DWORD wait = schedule_retry(watch);
    tell(watch, HP_EVENT_LOST, HP_E_UPDATE_GONE, hp_error_what(HP_E_UPDATE_GONE), NULL);
    return wait;
}

/* A class is registered: is there anything to do about it now? */
static DWORD follow_class(hp_watch *watch, const hp_class_found *found) {
    if (watch->session != NULL && hp_session_serves(watch->session, found))
        return INFINITE;
    ULONGLONG now = GetTickCount64();
    uint64_t mark = hp_mark_of(found);
    if (mark == watch->tried && watch->hopeless)
        return INFINITE;
    if (mark == watch->tried && now < watch->retry_at)
        return (DWORD)(watch->retry_at - now);
    if (mark != watch->tried)
        watch->failures = 0;
    watch->tried = mark;
    return attach(watch);
}

/* Look at the world and follow it. Returns how long to wait for events at most. */
static DWORD follow(hp_watch *watch) {
    if (watch->session != NULL && hp_session_has_ended(watch->session)) {
        /* The app has detached by itself. That stands until the class changes. */
        watch->hopeless = 1;
        let_go(watch);
    }
    if (watch->session != NULL && hp_session_is_gone(watch->session))
        return lose(watch);
    tell_news(watch);
    hp_class_found found;
    HRESULT hr = hp_class_lookup(watch->progid, &found, NULL);
    if (hr != HP_E_CLASS_DAMAGED)
        watch->damaged = 0;
    if (FAILED(hr) && hr != HP_E_PROGID_UNKNOWN)
        return follow_class(watch, NULL);
    if (SUCCEEDED(hr)) {
        DWORD wait = follow_class(watch, &found);
        hp_class_free(&found);
        return wait;
    }
    watch->failures = 0;
    watch->retry_at = 0;
    watch->tried = 0;
    watch->hopeless = 0;
    detach(watch);
    return INFINITE;
}

/* Wait for the next thing to happen. Returns 1 if it is the end. */
static int wait_for_event(const hp_watch *watch, DWORD wait) {
    HANDLE events[5] = {watch->stop, watch->changed};
    DWORD count = 2;
    if (watch->session != NULL) {
        events[count++] = watch->session->lost;
        events[count++] = watch->session->news;
        if (watch->session->process != NULL)
            events[count++] = watch->session->process;
    }
    DWORD woken = WaitForMultipleObjects(count, events, FALSE, wait);
    if (woken == WAIT_FAILED) /* no reason to spin */
        woken = WaitForSingleObject(watch->stop, back_off(watch));
    return woken == WAIT_OBJECT_0;
}

static DWORD WINAPI run(void *context) {
    hp_watch *watch = context;
    for (int stopped = 0; !stopped;) {
        hp_class_notice notice;
        HRESULT armed = hp_class_notice_open(watch->changed, &notice);
        DWORD wait = follow(watch);
        if (FAILED(armed)) {
            hp_log_write(watch->blind ? HP_LOG_DEBUG : HP_LOG_WARNING,
                         "%ls: changes of the registry cannot be seen (0x%08lX)", watch->progid,
                         (unsigned long)armed);
            wait = wait < back_off(watch) ? wait : back_off(watch);
        }
        watch->blind = FAILED(armed);
        stopped = wait_for_event(watch, wait);
        hp_class_notice_close(&notice);
    }
    let_go(watch);
    return 0;
}

static void free_watch(hp_watch *watch) {
    if (watch->thread != NULL)
        CloseHandle(watch->thread);
    if (watch->changed != NULL)
        CloseHandle(watch->changed);
    if (watch->stop != NULL)
        CloseHandle(watch->stop);
    free(watch);
}

HRESULT hp_com_watch(const wchar_t *progid, const hp_watch_options *options, hp_watch **watch) {
    static const hp_watch_options defaults = {.size = sizeof defaults,
                                              .attach = {.size = sizeof defaults.attach}};
    if (watch == NULL)
        return E_INVALIDARG;
    *watch = NULL;
    if (options != NULL && options->size != sizeof *options)
        return E_INVALIDARG;
    HRESULT hr = hp_com_check(progid, options != NULL ? &options->attach : NULL);
    if (FAILED(hr))
        return hr;
    if (hp_exiting_now())
        return HRESULT_FROM_WIN32(ERROR_SHUTDOWN_IN_PROGRESS);
    hp_watch *made = HP_FAULT("memory for the watch") ? NULL : calloc(1, sizeof *made);
    if (made == NULL)
        return E_OUTOFMEMORY;
    wcscpy(made->progid, progid);
    made->options = options != NULL ? *options : defaults;
    made->stop = HP_FAULT("event for stopping") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
    made->changed = HP_FAULT("event for changes") ? NULL : CreateEventW(NULL, FALSE, FALSE, NULL);
    hp_class_notice notice = {0};
    hr = made->stop != NULL && made->changed != NULL ? hp_class_notice_open(made->changed, &notice)
                                                     : E_OUTOFMEMORY;
    hp_class_notice_close(&notice);
    if (SUCCEEDED(hr))
        hr = hp_exiting_hold();
    if (SUCCEEDED(hr)) {
        made->thread = HP_FAULT("thread of the watch") ? NULL : CreateThread(NULL, 0, run, made, 0, NULL);
        hr = made->thread != NULL ? S_OK : E_OUTOFMEMORY;
        if (FAILED(hr))
            hp_exiting_release();
    }
    if (FAILED(hr)) {
        free_watch(made);
        return hr;
    }
    *watch = made;
    return S_OK;
}

void hp_com_unwatch(hp_watch *watch) {
    if (watch == NULL)
        return;
    if (hp_exiting_now()) { /* its thread is gone already */
        hp_com_detach(watch->progid, 0);
        return;
    }
    SetEvent(watch->stop);
    WaitForSingleObject(watch->thread, INFINITE);
    detach_quietly(watch);
    free_watch(watch);
    hp_exiting_release();
}
