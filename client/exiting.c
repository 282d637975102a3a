#include "client/exiting.h"

#include "idl/fault.h"

/* The thread that tells. The lock is for who makes or ends it; who finds users above 0 adds one without. */
static SRWLOCK sentinel_lock = SRWLOCK_INIT;
static volatile LONG users;
static HANDLE sentinel, sentinel_stop; /* there while users is not 0 */

static HMODULE this_module(DWORD flags) {
    static const char here;
    HMODULE module = NULL;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | flags, (const wchar_t *)(const void *)&here,
                       &module);
    return module;
}

static DWORD WINAPI stand_by(void *stop) {
    WaitForSingleObject(stop, INFINITE);
    CloseHandle(stop);
    FreeLibraryAndExitThread(this_module(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT), 0);
}

/* Under the lock. */
static HRESULT make_sentinel(void) {
    enum { STACK_BYTES = 65536 };
    sentinel_stop = HP_FAULT("event of the sentinel") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
    if (sentinel_stop == NULL)
        return E_OUTOFMEMORY;
    HMODULE module = this_module(0); /* the thread lets go of it */
    sentinel = HP_FAULT("sentinel") ? NULL
                                    : CreateThread(NULL, STACK_BYTES, stand_by, sentinel_stop,
                                                   STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (sentinel != NULL)
        return S_OK;
    CloseHandle(sentinel_stop);
    if (module != NULL)
        FreeLibrary(module);
    return E_OUTOFMEMORY;
}

/* One more user, if there is one. */
static int join(void) {
    for (LONG seen = users; seen > 0;) {
        LONG before = InterlockedCompareExchange(&users, seen + 1, seen);
        if (before == seen)
            return 1;
        seen = before;
    }
    return 0;
}

HRESULT hp_exiting_hold(void) {
    if (join())
        return S_OK;
    AcquireSRWLockExclusive(&sentinel_lock);
    HRESULT hr = S_OK;
    if (!join()) {
        hr = make_sentinel();
        if (SUCCEEDED(hr))
            InterlockedExchange(&users, 1);
    }
    ReleaseSRWLockExclusive(&sentinel_lock);
    return hr;
}

void hp_exiting_release(void) {
    for (LONG seen = users; seen > 1;) {
        LONG before = InterlockedCompareExchange(&users, seen - 1, seen);
        if (before == seen)
            return;
        seen = before;
    }
    AcquireSRWLockExclusive(&sentinel_lock);
    if (InterlockedDecrement(&users) == 0) {
        CloseHandle(sentinel);
        SetEvent(sentinel_stop);
    }
    ReleaseSRWLockExclusive(&sentinel_lock);
}

int hp_exiting_now(void) {
    if (!join())
        return 0;
    int exiting = WaitForSingleObject(sentinel, 0) == WAIT_OBJECT_0;
    if (exiting)
        InterlockedDecrement(&users); /* no lock any more: its owner may be gone */
    else
        hp_exiting_release();
    return exiting;
}

HANDLE hp_exiting_handle(void) {
    return sentinel;
}

int hp_exiting_lock(SRWLOCK *lock) {
    if (!TryAcquireSRWLockExclusive(lock)) {
        if (hp_exiting_now())
            return 0;
        AcquireSRWLockExclusive(lock);
    }
    return 1;
}

int hp_exiting_lock_shared(SRWLOCK *lock) {
    if (!TryAcquireSRWLockShared(lock)) {
        if (hp_exiting_now())
            return 0;
        AcquireSRWLockShared(lock);
    }
    return 1;
}
