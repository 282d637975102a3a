#include "idl/wait.h"

/*
 * A look takes some 10 to 50 ns, by the processor: MOST is about what sleeping and being woken costs. Not
 * more: two sides that the system has put on one processor would go on to take turns there, and who sleeps is
 * woken on another one.
 */
enum { LEAST = 64, MOST = 2048, LOOKS_PER_YIELD = 64, SHORT_US = 300 };

void hp_wait_prepare(hp_wait *wait) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    wait->most =
        system.dwNumberOfProcessors > 1 ? MOST : 0; /* alone, it would only keep the other side away */
    wait->spins = wait->most;
}

/* With more threads than processors the other side may be waiting for this very one. */
static int spin(const hp_wait *wait, const volatile LONG *counter, uint32_t target) {
    for (uint32_t i = 1; i <= wait->spins; i++) {
        if (hp_wait_has_come(counter, target))
            return 1;
        YieldProcessor();
        if (i % LOOKS_PER_YIELD == 0) {
            if (*wait->closed)
                return 0;
            SwitchToThread();
        }
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
    LARGE_INTEGER second;
    QueryPerformanceFrequency(&second);
    if (slept < second.QuadPart * SHORT_US / 1000000)
        wait->spins = wait->most;
    else if (wait->spins / 2 >= LEAST)
        wait->spins /= 2;
}

HRESULT hp_wait_until(hp_wait *wait, const volatile LONG *counter, uint32_t target, ULONGLONG until) {
    if (spin(wait, counter, target)) {
        if (wait->spins < wait->most)
            wait->spins = wait->spins * 2 < wait->most ? wait->spins * 2 : wait->most;
        return S_OK;
    }
    LARGE_INTEGER began, ended;
    QueryPerformanceCounter(&began);
    InterlockedExchange(wait->sleeps, 1); /* full barrier: the look behind it comes later */
    HRESULT hr = sleep_until(wait, counter, target, until);
    InterlockedExchange(wait->sleeps, 0);
    QueryPerformanceCounter(&ended);
    adapt(wait, ended.QuadPart - began.QuadPart);
    return hr;
}
