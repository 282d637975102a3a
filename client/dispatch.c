#include "client/dispatch.h"

#include <errno.h>

#include "client/answer.h"
#include "idl/fault.h"

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

void hp_dispatch_note(const void *session) {
    static const char nobody;
    TlsSetValue((DWORD)inside_slot, (void *)(uintptr_t)(session != NULL ? session : &nobody));
}

uintptr_t hp_dispatch_call(hp_registers *registers, hp_context *context) {
    if (hp_target_is_shut((const hp_target *)(const void *)context))
        return HP_RETURN_ORIGINAL;
    DWORD last_error = GetLastError();
    int *const error = &errno; /* a call of the C library */
    const int last_errno = *error;
    uintptr_t action = HP_RETURN_ORIGINAL;
    /* A slot that cannot be set (it may need memory) would leave the way open to endless recursion. */
    if (TlsGetValue((DWORD)inside_slot) == NULL && TlsSetValue((DWORD)inside_slot, (void *)1)) {
        action = hp_answer_call((hp_target *)(void *)context, registers);
        hp_dispatch_leave(0);
    }
    *error = last_errno;
    SetLastError(last_error);
    return action;
}
