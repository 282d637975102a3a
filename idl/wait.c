#include "idl/wait.h"

/*
 * MOST is about what it takes to wake a process that sleeps, and to be answered: so who calls an update that
 * slept catches the answer awake, and does not have to be woken in turn. Between two looks at the clock lie as
 * many at the counter as a busy side needs.
 */
enum { LEAST_US = 2, MOST_US = 200, LOOKS = 64 };

static LONGLONG clock_now(void) {
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    return now.QuadPart;
}

void hp_wait_prepare(hp_wait *wait) {
    SYSTEM_INFO system;
    LARGE_INTEGER second;
    GetSystemInfo(&system);
    QueryPerformanceFrequency(&second);
    wait->least = second.QuadPart * LEAST_US / 1000000;
    /* Alone, it would only keep the other side away. */
    wait->most = system.dwNumberOfProcessors > 1 ? second.QuadPart * MOST_US / 1000000 : 0;
    wait->spin = wait->most;
}

/* With more threads than processors the other side may be waiting for this very one. */
static int spin(const hp_wait *wait, const volatile LONG *counter, uint32_t target) {
    LONGLONG began = 0;
    while (wait->spin > 0) {
        for (int i = 0; i < LOOKS; i++) {
            if (hp_wait_has_come(counter, target))
                return 1;
            YieldProcessor();
        }
        if (*wait->closed)
            return 0;
        const LONGLONG now = clock_now();
        if (began == 0)
            began = now;
        else if (now - began >= wait->spin)
            return 0;
        SwitchToThread();
    }
    return 0;
}

uint32_t hp_wait_left(ULONGLONG until) {
    if (until == 0)
        return INFINITE;
    ULONGLONG now = GetTickCount64();
    return now >= until ? 0 : until - now < INFINITE ? (uint32_t)(until - now) : INFINITE - 1;
}

static HRESULT sleep_until(const hp_wait *wait, const volatile LONG *counter, uint32_t target,
                           ULONGLONG until) {
    const HANDLE any[3] = {wait->event, wait->process, wait->cancel};
    for (;;) {
        if (hp_wait_has_come(counter, target))
            return S_OK;
        HRESULT hr = S_OK;
        const uint32_t left = hp_wait_left(until);
        if (*wait->closed)
            hr = HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE);
        else if (left == 0)
            hr = HP_E_DEADLINE;
        else
            switch (WaitForMultipleObjects(wait->cancel != NULL ? 3 : 2, any, FALSE, left)) {
            case WAIT_OBJECT_0:
                break;
            case WAIT_OBJECT_0 + 1:
                hr = HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE);
                break;
            case WAIT_OBJECT_0 + 2:
                hr = HRESULT_FROM_WIN32(ERROR_CANCELLED);
                break;
            case WAIT_TIMEOUT:
                hr = HP_E_DEADLINE;
                break;
            default: /* no event: WAIT_ABANDONED_0 and the like */
                hr = HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE);
                break;
            }
        if (FAILED(hr)) /* the last word may have come meanwhile */
            return hp_wait_has_come(counter, target) ? S_OK : hr;
    }
}

/*
 * The next wait is expected to be like this one. A sleep that was short would have been spared by spinning:
 * without that, two sides that have begun to sleep would go on to, as each wakes the other too late.
 */
static void adapt(hp_wait *wait, LONGLONG slept) {
    if (slept < wait->most)
        wait->spin = wait->most;
    else if (wait->spin / 2 >= wait->least)
        wait->spin /= 2;
}

HRESULT hp_wait_until(hp_wait *wait, const volatile LONG *counter, uint32_t target, ULONGLONG until) {
    if (spin(wait, counter, target)) {
        if (wait->spin < wait->most)
            wait->spin = wait->spin * 2 < wait->most ? wait->spin * 2 : wait->most;
        return S_OK;
    }
    const LONGLONG began = clock_now();
    InterlockedExchange(wait->sleeps, 1); /* full barrier: the look behind it comes later */
    HRESULT hr = sleep_until(wait, counter, target, until);
    InterlockedExchange(wait->sleeps, 0);
    adapt(wait, clock_now() - began);
    return hr;
}
