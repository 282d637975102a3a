#include "server/lifetime.h"

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"

// References: 0 before the first one, STOPPED after the last one or when nobody came.
#define STOPPED (-1L)

// Our count and COM's change together. Otherwise the one that takes COM's to 0, which suspends the
// class objects, and the one that takes ours to 0 may be two threads, and the class objects are
// resumed by a server that ends.
static SRWLOCK lock = SRWLOCK_INIT;
static LONG references;
static LONG total; // that there ever were
static LONG orphans;
static HANDLE stopped, orphaned;

HRESULT hp_lifetime_open(hp_trouble *trouble) {
    references = 0;
    stopped = HP_FAULT("event of the end") ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
    orphaned = HP_FAULT("event of a client's end") ? NULL : CreateEventW(NULL, FALSE, FALSE, NULL);
    if (stopped && orphaned)
        return S_OK;
    HRESULT hr = hp_trouble_set_last_error(trouble, NULL, "CreateEvent");
    hp_lifetime_close();
    return hr;
}

void hp_lifetime_close(void) {
    if (stopped)
        CloseHandle(stopped);
    if (orphaned)
        CloseHandle(orphaned);
    stopped = orphaned = NULL;
}

void hp_lifetime_orphan(void) {
    AcquireSRWLockExclusive(&lock);
    ++orphans;
    ReleaseSRWLockExclusive(&lock);
    SetEvent(orphaned);
}

void hp_lifetime_mourn(void) {
    AcquireSRWLockExclusive(&lock);
    --orphans;
    ReleaseSRWLockExclusive(&lock);
}

HRESULT hp_lifetime_enter(void) {
    AcquireSRWLockExclusive(&lock);
    HRESULT hr = references == STOPPED ? CO_E_SERVER_STOPPING : S_OK;
    if (SUCCEEDED(hr)) {
        ++references;
        ++total;
        CoAddRefServerProcess();
    }
    ReleaseSRWLockExclusive(&lock);
    return hr;
}

void hp_lifetime_leave(void) {
    AcquireSRWLockExclusive(&lock);
    CoReleaseServerProcess(); // the last one suspends the class objects: who comes now gets a new process
    if (--references == 0) {
        references = STOPPED;
        SetEvent(stopped);
    }
    ReleaseSRWLockExclusive(&lock);
}

// Nobody held a reference, so nobody has suspended the class objects. First that, then the second look: who
// comes in between is served, who comes later gets a new process.
static int end_of_idling(void) {
    CoSuspendClassObjects();
    AcquireSRWLockExclusive(&lock);
    int ends = references == 0;
    if (ends)
        references = STOPPED;
    else if (references != STOPPED)
        CoResumeClassObjects();
    ReleaseSRWLockExclusive(&lock);
    return ends;
}

// Other clients may still be there, and go later. Nothing is cleaned up: a call that hangs may hold whatever
// that needs.
static void outlast_orphans(void) {
    enum { PATIENCE_MS = 5000 };
    for (LONG left = 1; left > 0;) {
        if (WaitForSingleObject(stopped, PATIENCE_MS) == WAIT_OBJECT_0)
            return;
        AcquireSRWLockShared(&lock);
        left = orphans;
        int alone = left > 0 && references == left;
        ReleaseSRWLockShared(&lock);
        if (alone) {
            hp_log_write(HP_LOG_WARNING,
                         "%ld calls do not return, and nobody waits for them: the server ends", left);
            TerminateProcess(GetCurrentProcess(), (UINT)HP_E_CALL_BUSY);
        }
    }
}

static int is_stopped(uint32_t timeout_ms) {
    const HANDLE any[2] = {stopped, orphaned};
    for (;;) {
        DWORD woken = WaitForMultipleObjects(2, any, FALSE, timeout_ms);
        if (woken != WAIT_OBJECT_0 + 1)
            return woken == WAIT_OBJECT_0;
        outlast_orphans();
    }
}

HRESULT hp_lifetime_wait(uint32_t idle_ms) {
    if (is_stopped(idle_ms))
        return S_OK;
    AcquireSRWLockShared(&lock);
    int idle = references == 0;
    ReleaseSRWLockShared(&lock);
    if (idle && end_of_idling()) {
        hp_log_write(HP_LOG_INFO, "nobody connected within %lu ms: the server ends", (unsigned long)idle_ms);
        return S_FALSE;
    }
    is_stopped(INFINITE);
    return S_OK;
}

LONG hp_lifetime_total(void) {
    AcquireSRWLockShared(&lock);
    LONG seen = total;
    ReleaseSRWLockShared(&lock);
    return seen;
}
