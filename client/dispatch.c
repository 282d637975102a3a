#include "client/dispatch.h"

#include <errno.h>

#include "client/session.h"
#include "idl/fault.h"
#include "idl/log.h"

/* TlsAlloc and not _Thread_local: mingw's emulation of the latter allocates, and the app
 * may have redirected malloc. */
static volatile LONG inside_slot = (LONG)TLS_OUT_OF_INDEXES;

HRESULT hp_dispatch_prepare(void) {
    if (inside_slot != (LONG)TLS_OUT_OF_INDEXES)
        return S_OK;
    DWORD slot = HP_FAULT("thread-local slot") ? TLS_OUT_OF_INDEXES : TlsAlloc();
    if (slot == TLS_OUT_OF_INDEXES)
        return E_OUTOFMEMORY;
    if (InterlockedCompareExchange(&inside_slot, (LONG)slot, (LONG)TLS_OUT_OF_INDEXES) !=
        (LONG)TLS_OUT_OF_INDEXES)
        TlsFree(slot); /* another thread was faster */
    return S_OK;
}

uintptr_t hp_dispatch_enter(void) {
    uintptr_t before = (uintptr_t)TlsGetValue((DWORD)inside_slot);
    TlsSetValue((DWORD)inside_slot, (void *)1);
    return before;
}

void hp_dispatch_leave(uintptr_t before) {
    TlsSetValue((DWORD)inside_slot, (void *)before);
}

/* The binding that this call will finish with, and a reference to its session; NULL: run the original. */
static const hp_binding *take_binding(hp_target *target) {
    AcquireSRWLockShared(&target->lock);
    const hp_binding *binding = target->binding;
    if (binding != NULL)
        hp_session_hold(binding->session);
    ReleaseSRWLockShared(&target->lock);
    return binding;
}

typedef struct errand {
    const hp_binding *binding;
    hp_frame call, reply;
    VARIANT hold;
    HRESULT result;
} errand;

/* In the multithreaded apartment, maybe on a pool thread. The caller's memory is
 * touched on its own thread only. */
static void carry(void *context) {
    errand *it = context;
    uintptr_t before = hp_dispatch_enter();
    it->result = it->binding->session->transport(it->binding, &it->call, &it->reply, &it->hold);
    hp_dispatch_leave(before);
}

static HRESULT exchange(errand *it, hp_registers *registers, uintptr_t *action) {
    const hp_binding *binding = it->binding;
    HRESULT hr = hp_marshal_gather(&binding->marshal, registers, &it->call);
    if (SUCCEEDED(hr))
        hr = hp_apartment_run(&binding->session->apartment, carry, it);
    if (SUCCEEDED(hr))
        hr = it->result;
    if (SUCCEEDED(hr))
        hr = hp_marshal_accept(&binding->marshal, registers, &it->call, &it->reply, action);
    VariantClear(&it->hold);
    return hr;
}

static void complain(const hp_binding *binding, HRESULT result) {
    if (result == HP_E_UPDATE_GONE && hp_session_lose(binding->session))
        hp_log_write(HP_LOG_ERROR, "%ls: the update has died: the app goes on in its own code",
                     binding->session->progid);
    volatile LONG *complained = (volatile LONG *)&binding->complained;
    hp_trouble trouble = {0};
    hp_trouble_set_wide(&trouble, result, binding->name, "the call ran in the app's own code");
    hp_log_trouble(InterlockedExchange(complained, 1) == 0 ? HP_LOG_WARNING : HP_LOG_DEBUG, &trouble);
}

static uintptr_t run_binding(const hp_binding *binding, hp_registers *registers) {
    if (binding->session->gone)
        return HP_RETURN_ORIGINAL;
    errand it;
    uintptr_t action = HP_RETURN_ORIGINAL;
    it.binding = binding;
    VariantInit(&it.hold);
    HRESULT hr = exchange(&it, registers, &action);
    if (FAILED(hr)) {
        complain(binding, hr);
        return HP_RETURN_ORIGINAL;
    }
    return action;
}

uintptr_t hp_dispatch_call(hp_registers *registers, hp_context *context) {
    DWORD last_error = GetLastError();
    int last_errno = errno;
    uintptr_t action = HP_RETURN_ORIGINAL;
    /* A slot that cannot be set (it may need memory) would leave the way open to endless recursion. */
    if (TlsGetValue((DWORD)inside_slot) == NULL && TlsSetValue((DWORD)inside_slot, (void *)1)) {
        const hp_binding *binding = take_binding((hp_target *)(void *)context);
        if (binding != NULL) {
            action = run_binding(binding, registers);
            hp_session_release(binding->session);
        }
        hp_dispatch_leave(0);
    }
    errno = last_errno;
    SetLastError(last_error);
    return action;
}
