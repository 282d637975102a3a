#include "client/errand.h"

#include <stdlib.h>
#include <string.h>

#include "client/dispatch.h"
#include "client/exiting.h"
#include "client/task.h"
#include "client/transport.h"
#include "idl/array.h"
#include "idl/fault.h"

/* A packed call, and what comes of it. */
typedef struct errand {
    hp_task task; /* of one that has a deadline */
    hp_session *session;
    BSTR name; /* the binding's, which is there as long as the session is held */
    SAFEARRAY *call;
    VARIANT reply;
    HRESULT result;
    hp_reach reach;
    char detail[sizeof((hp_crossing *)0)->detail];
} errand;

static HRESULT pack(const hp_binding *binding, hp_crossing *crossing, errand *it) {
    it->session = binding->session;
    it->name = binding->name;
    VariantInit(&it->reply);
    return hp_array_make(&crossing->call, &it->call);
}

static void send_call(errand *it) {
    it->result = hp_transport_send(it->session, it->name, it->call, &it->reply, &it->reach, it->detail,
                                   sizeof it->detail);
}

/* What came back, to the caller. */
static HRESULT hand_over(errand *it, hp_crossing *crossing) {
    crossing->hold = it->reply;
    V_VT(&it->reply) = VT_EMPTY;
    crossing->reach = it->reach;
    memcpy(crossing->detail, it->detail, sizeof it->detail);
    return SUCCEEDED(it->result) ? hp_transport_unpack(&crossing->hold, &crossing->reply) : it->result;
}

static void clear(errand *it) {
    VariantClear(&it->reply);
    if (it->call != NULL)
        SafeArrayDestroy(it->call);
}

static void run_task(hp_task *task) {
    send_call((errand *)(void *)task);
}

static void drop_answer(hp_task *task) {
    errand *it = (errand *)(void *)task;
    if (SUCCEEDED(it->result))
        InterlockedIncrement64(&it->session->counts.late);
    InterlockedDecrement(&it->session->abandoned);
}

static void dispose_task(hp_task *task) {
    errand *it = (errand *)(void *)task;
    hp_session *session = it->session;
    clear(it);
    free(it);
    hp_session_release(session); /* maybe the last reference: then the update is let go of here */
}

static HRESULT run_with_deadline(const hp_binding *binding, hp_crossing *crossing) {
    errand *it = HP_FAULT("memory for a call with a deadline") ? NULL : calloc(1, sizeof *it);
    if (it == NULL)
        return E_OUTOFMEMORY;
    hp_session_hold(binding->session);
    hp_task_open(&it->task, run_task, dispose_task);
    it->task.late = drop_answer;
    it->result = HP_E_DEADLINE; /* until it has run */
    HRESULT hr = pack(binding, crossing, it);
    InterlockedIncrement(&it->session->waiting);
    if (SUCCEEDED(hr))
        hr = hp_task_run(&it->task, &it->session->apartment, crossing->deadline_ms);
    InterlockedDecrement(&it->session->waiting);
    if (hr == HP_E_DEADLINE) {
        crossing->reach = it->task.is_begun ? HP_REACH_MAYBE : HP_REACH_NOT_RUN;
        InterlockedIncrement(&it->session->abandoned);
    } else if (SUCCEEDED(hr)) {
        hr = hand_over(it, crossing);
    }
    hp_task_release(&it->task);
    return hr;
}

static void send_directly(void *context) {
    uintptr_t before = hp_dispatch_enter();
    send_call(context);
    hp_dispatch_leave(before);
}

HRESULT hp_errand_run(const hp_binding *binding, hp_crossing *crossing) {
    crossing->exiting = hp_exiting_now(); /* COM may wait for threads that are gone */
    if (crossing->exiting)
        return E_ABORT;
    if (crossing->deadline_ms != 0)
        return run_with_deadline(binding, crossing);
    errand it = {0};
    HRESULT hr = pack(binding, crossing, &it);
    if (SUCCEEDED(hr))
        hr = hp_apartment_run(&it.session->apartment, send_directly, &it);
    if (SUCCEEDED(hr))
        hr = hand_over(&it, crossing);
    clear(&it);
    return hr;
}
