#include "client/pool.h"

#include <malloc.h>
#include <stdlib.h>

#include "client/dispatch.h"
#include "client/exiting.h"
#include "client/session.h"
#include "client/task.h"
#include "client/transport.h"
#include "idl/fault.h"
#include "idl/log.h"
#include "idl/protocol.h"

enum { AGAIN_MS = 1000 };

void hp_pool_free(hp_pool_channel *it) {
    if (it == NULL)
        return;
    hp_channel_close(&it->channel);
    if (it->errand.work != NULL)
        CloseThreadpoolWork(it->errand.work);
    _aligned_free(it);
}

/* In the reverse order of the parameters. Handles have 32 significant bits. */
static HRESULT ask(IDispatch *update, const hp_channel_handles *handles, hp_trouble *trouble) {
    char detail[256];
    VARIANT value[3], nothing;
    const HANDLE handle[3] = {handles->update_event, handles->app_event, handles->section};
    for (int i = 0; i < 3; i++) {
        V_VT(&value[i]) = VT_I4;
        V_I4(&value[i]) = HandleToLong(handle[i]);
    }
    VariantInit(&nothing);
    HRESULT hr = hp_transport_ask(update, HP_DISPID_OPEN_CHANNEL, value, 3, &nothing, detail, sizeof detail);
    if (SUCCEEDED(hr))
        VariantClear(&nothing);
    if (hr == DISP_E_MEMBERNOTFOUND || hr == DISP_E_UNKNOWNNAME || hr == E_NOTIMPL)
        return hp_trouble_set(trouble, HP_E_TRANSPORT, NULL, "it was built with an older Hotpatch");
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, "%s", detail) : S_OK;
}

/* A call into a channel that nobody serves would wait for ever. */
static HRESULT check_joined(const hp_channel *channel, hp_trouble *trouble) {
    return channel->area->joined == (LONG)HP_CHANNEL_MAGIC
               ? S_OK
               : hp_trouble_set(trouble, HP_E_TRANSPORT, NULL,
                                "it has not taken the channel that it was given");
}

/* The answer of an abandoned call has come, or never will. Runs on a pool thread. */
static void reap(void *context) {
    hp_pool_channel *it = context;
    hp_session *session = it->session;
    hp_channel_head head;
    uintptr_t before = hp_dispatch_enter();
    it->channel.wait.cancel = NULL;
    if (SUCCEEDED(hp_channel_receive(&it->channel, HP_FRAME_MAX, &head, 0)) && SUCCEEDED((HRESULT)head.what))
        InterlockedIncrement64(&session->counts.late);
    InterlockedDecrement(&session->abandoned);
    hp_pool_drop(session, it);
    hp_session_release(session);
    hp_dispatch_leave(before);
}

HRESULT hp_pool_make(IDispatch *update, HANDLE process, hp_pool_channel **made, hp_trouble *trouble) {
    hp_channel_handles handles;
    *made = NULL;
    if (process == NULL)
        return hp_trouble_set(trouble, HP_E_TRANSPORT, NULL, "its process cannot be opened");
    hp_pool_channel *it =
        HP_FAULT("memory for a channel") ? NULL : _aligned_malloc(sizeof *it, MEMORY_ALLOCATION_ALIGNMENT);
    if (it == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "a channel");
    *it = (hp_pool_channel){0};
    HRESULT hr = hp_channel_make(process, hp_exiting_handle(), &it->channel, &handles);
    if (SUCCEEDED(hr)) {
        hr = ask(update, &handles, trouble);
        if (SUCCEEDED(hr))
            hr = check_joined(&it->channel, trouble);
        CloseHandle(handles.section);
    } else {
        hp_trouble_set(trouble, hr, NULL, "a channel could not be made");
    }
    if (SUCCEEDED(hr))
        *made = it;
    else
        hp_pool_free(it);
    return hr;
}

/* The list's own functions are calls of the system. */
static hp_pool_channel *pop(hp_pool *pool) {
    hp_pool_channel *it = InterlockedExchangePointer((void *volatile *)&pool->last, NULL);
    return it != NULL ? it : (hp_pool_channel *)(void *)InterlockedPopEntrySList(&pool->idle);
}

HRESULT hp_pool_open(hp_session *session, hp_pool_channel *first) {
    hp_pool *pool = &session->pool;
    InitializeSListHead(&pool->idle);
    HRESULT hr = hp_apartment_prepare(&session->apartment, reap, first, &first->errand);
    if (FAILED(hr))
        return hr;
    pool->count = 1;
    pool->is_open = 1;
    hp_pool_give(session, first);
    return S_OK;
}

void hp_pool_close(hp_session *session) {
    if (!session->pool.is_open)
        return;
    session->pool.is_open = 0;
    for (hp_pool_channel *it; (it = pop(&session->pool)) != NULL;)
        hp_pool_free(it);
}

void hp_pool_forget(hp_session *session) {
    if (!session->pool.is_open)
        return;
    InterlockedExchangePointer((void *volatile *)&session->pool.last, NULL);
    InterlockedFlushSList(&session->pool.idle);
}

void hp_pool_give(hp_session *session, hp_pool_channel *it) {
    if (it->channel.capacity > HP_CHANNEL_KEEP && !hp_exiting_now())
        hp_channel_trim(&it->channel);
    it = InterlockedExchangePointer((void *volatile *)&session->pool.last, it);
    if (it != NULL)
        InterlockedPushEntrySList(&session->pool.idle, &it->entry);
}

void hp_pool_drop(hp_session *session, hp_pool_channel *it) {
    if (hp_exiting_now())
        return; /* the heap's lock may be held for ever */
    hp_pool_free(it);
    InterlockedDecrement(&session->pool.count);
}

void hp_pool_abandon(hp_session *session, hp_pool_channel *it) {
    if (hp_exiting_now())
        return;
    it->session = session;
    hp_session_hold(session);
    InterlockedIncrement(&session->abandoned);
    hp_apartment_start(&it->errand);
}

/* The opening of a channel: a call of its own, that may be left behind. */
typedef struct opening {
    hp_task task;
    hp_session *session;
    hp_pool_channel *made;
    int is_taken;
} opening;

static void run_task(hp_task *task) {
    opening *it = (opening *)(void *)task;
    hp_trouble trouble = {0};
    hp_session *session = it->session;
    hp_pool_channel *made;
    HRESULT hr = hp_pool_make(session->update, session->process, &made, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_apartment_prepare(&session->apartment, reap, made, &made->errand);
    if (SUCCEEDED(hr)) {
        it->made = made;
        return;
    }
    hp_pool_free(made);
    hp_log_trouble(HP_LOG_DEBUG, &trouble);
    session->pool.again = hp_target_clock(GetTickCount64() + AGAIN_MS);
}

static void count_late(hp_task *task) {
    InterlockedDecrement(&((opening *)(void *)task)->session->abandoned);
}

/* What came too late for one call is there for the next. */
static void dispose_task(hp_task *task) {
    opening *it = (opening *)(void *)task;
    hp_session *session = it->session;
    if (it->made != NULL)
        hp_pool_give(session, it->made);
    else if (!it->is_taken)
        InterlockedDecrement(&session->pool.count);
    free(it);
    hp_session_release(session);
}

/* One more. Its place has been counted. */
static hp_pool_channel *open_one(hp_session *session, ULONGLONG until) {
    hp_pool_channel *made = NULL;
    opening *it = HP_FAULT("memory for the opening of a channel") ? NULL : calloc(1, sizeof *it);
    if (it == NULL) {
        InterlockedDecrement(&session->pool.count);
        return NULL;
    }
    it->session = session;
    hp_session_hold(session);
    hp_task_open(&it->task, run_task, dispose_task);
    it->task.late = count_late;
    InterlockedIncrement(&session->waiting);
    HRESULT hr = hp_task_run(&it->task, &session->apartment, hp_wait_left(until));
    InterlockedDecrement(&session->waiting);
    if (hr == HP_E_DEADLINE) {
        InterlockedIncrement(&session->abandoned);
        session->pool.again = hp_target_clock(GetTickCount64() + AGAIN_MS); /* one such is enough */
    } else if (SUCCEEDED(hr)) {
        made = it->made;
        it->is_taken = made != NULL;
        it->made = NULL;
    }
    hp_task_release(&it->task);
    return made;
}

hp_pool_channel *hp_pool_take(hp_session *session, ULONGLONG until) {
    hp_pool *pool = &session->pool;
    hp_pool_channel *it = pop(pool);
    if (it != NULL)
        return it;
    if (session->gone || hp_target_clock(GetTickCount64()) < pool->again || hp_exiting_now())
        return NULL;
    if (InterlockedIncrement(&pool->count) <= HP_CHANNEL_MOST)
        return open_one(session, until);
    InterlockedDecrement(&pool->count);
    return NULL;
}
