#include "client/task.h"

#include <objbase.h>

#include "client/dispatch.h"
#include "hotpatch/error.h"
#include "idl/fault.h"

void hp_task_open(hp_task *task, void (*run)(hp_task *), void (*dispose)(hp_task *)) {
    *task = (hp_task){.run = run,
                      .dispose = dispose,
                      .references = 1,
                      .lock = SRWLOCK_INIT,
                      .ended = CONDITION_VARIABLE_INIT};
}

void hp_task_release(hp_task *task) {
    if (InterlockedDecrement(&task->references) > 0)
        return;
    if (task->event != NULL)
        CloseHandle(task->event);
    task->dispose(task);
}

/* What nobody waits for any more is not begun. */
static int begin(hp_task *task) {
    AcquireSRWLockExclusive(&task->lock);
    int wanted = task->is_begun = !task->is_abandoned;
    ReleaseSRWLockExclusive(&task->lock);
    return wanted;
}

static void work(void *context) {
    hp_task *task = context;
    uintptr_t before = hp_dispatch_enter();
    /* Membership of its own: who waits for the task may let go of the apartment, and of the task. */
    HRESULT com = CoInitializeEx(NULL, COINIT_MULTITHREADED | COINIT_DISABLE_OLE1DDE);
    if (begin(task))
        task->run(task);
    AcquireSRWLockExclusive(&task->lock);
    task->is_done = 1;
    int abandoned = task->is_abandoned;
    ReleaseSRWLockExclusive(&task->lock);
    WakeConditionVariable(&task->ended);
    if (task->event != NULL)
        SetEvent(task->event);
    if (abandoned && task->late != NULL)
        task->late(task);
    hp_task_release(task);
    if (SUCCEEDED(com))
        CoUninitialize();
    hp_dispatch_leave(before);
}

HRESULT hp_task_start(hp_task *task, const hp_apartment *apartment) {
    InterlockedIncrement(&task->references);
    HRESULT hr = hp_apartment_submit(apartment, work, task);
    if (FAILED(hr))
        InterlockedDecrement(&task->references);
    return hr;
}

static void wait_by_condition(hp_task *task, uint32_t timeout_ms) {
    ULONGLONG until = GetTickCount64() + timeout_ms, now = 0;
    AcquireSRWLockExclusive(&task->lock);
    while (!task->is_done && (timeout_ms == INFINITE || (now = GetTickCount64()) < until))
        SleepConditionVariableSRW(&task->ended, &task->lock,
                                  timeout_ms == INFINITE ? INFINITE : (DWORD)(until - now), 0);
    ReleaseSRWLockExclusive(&task->lock);
}

/* With abandon, who is not done by now is nobody's any more. */
static HRESULT look(hp_task *task, int abandon) {
    AcquireSRWLockExclusive(&task->lock);
    int done = task->is_done;
    task->is_abandoned = !done && abandon;
    ReleaseSRWLockExclusive(&task->lock);
    return done ? S_OK : HP_E_DEADLINE;
}

HRESULT hp_task_wait(hp_task *task, uint32_t timeout_ms, HANDLE cancel) {
    DWORD woken = WAIT_TIMEOUT;
    if (cancel == NULL) {
        wait_by_condition(task, timeout_ms);
    } else {
        const HANDLE any[2] = {task->event, cancel};
        woken = WaitForMultipleObjects(2, any, FALSE, timeout_ms);
    }
    HRESULT hr = look(task, 0);
    return FAILED(hr) && woken == WAIT_OBJECT_0 + 1 ? HRESULT_FROM_WIN32(ERROR_CANCELLED) : hr;
}

HRESULT hp_task_abandon(hp_task *task) {
    return look(task, 1);
}

HRESULT hp_task_run(hp_task *task, const hp_apartment *apartment, uint32_t deadline_ms) {
    HRESULT hr = hp_task_start(task, apartment);
    if (FAILED(hr))
        return hr;
    hp_task_wait(task, deadline_ms, NULL);
    return hp_task_abandon(task);
}
