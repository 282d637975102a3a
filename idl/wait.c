#include "idl/wait.h"

/*
 * A look takes some 10 to 50 ns, by the processor: MOST is about what sleeping and being woken costs. To move
 * costs as much, so that MOVE_MS bounds what is lost where there is no better place.
 */
enum { LEAST = 64, MOST = 2048, LOOKS_PER_YIELD = 64, SHORT_US = 300, CROWDED = 4, MOVE_MS = 2 };

void hp_wait_prepare(hp_wait *wait) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    wait->most =
        system.dwNumberOfProcessors > 1 ? MOST : 0; /* alone, it would only keep the other side away */
    wait->spins = wait->most;
}

static LONG here(void) {
    return 1 + (LONG)GetCurrentProcessorNumber();
}

/*
 * This thread is the library's own. Where it may run stays narrowed until it sleeps: who lets go of a place
 * by a call of the system may be put back at once, to where the system took that call.
 */
static void move(hp_wait *wait) {
    DWORD_PTR all, of_system;
    const ULONGLONG now = GetTickCount64();
    const DWORD number = GetCurrentProcessorNumber();
    wait->crowded = 0;
    /* In several groups of processors neither numbers nor masks mean one thing. */
    if (now - wait->moved < MOVE_MS || number >= 8 * sizeof all || GetActiveProcessorGroupCount() != 1)
        return;
    wait->moved = now;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &all, &of_system))
        return;
    const DWORD_PTR others = all & ~((DWORD_PTR)1 << number);
    const DWORD_PTR before = others != 0 ? SetThreadAffinityMask(GetCurrentThread(), others) : 0;
    if (before == 0)
        return;
    if (before != all && before != wait->narrow) { /* somebody else, a replacement say, has a place for it */
        SetThreadAffinityMask(GetCurrentThread(), before);
        return;
    }
    wait->wide = all;
    wait->narrow = others;
}

/* Unless somebody else has meanwhile said where this thread shall run. */
static void widen(hp_wait *wait) {
    const DWORD_PTR before = SetThreadAffinityMask(GetCurrentThread(), wait->wide);
    if (before != 0 && before != wait->narrow)
        SetThreadAffinityMask(GetCurrentThread(), before);
    wait->wide = 0;
}

/* With more threads than processors the other side may be waiting for this very one. */
static int spin(hp_wait *wait, const volatile LONG *counter, uint32_t target) {
    int yielded = 0;
    for (uint32_t i = 1; i <= wait->spins; i++) {
        if (hp_wait_has_come(counter, target)) {
            if (wait->moves)
                wait->crowded = yielded && *wait->place == here() ? wait->crowded + 1 : 0;
            return 1;
        }
        YieldProcessor();
        if (i % LOOKS_PER_YIELD == 0) {
            if (*wait->closed)
                return 0;
            if (!yielded && !wait->moves)
                *wait->place = here();
            yielded = 1;
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
    if (wait->crowded >= CROWDED)
        move(wait);
    if (spin(wait, counter, target)) {
        if (wait->spins < wait->most)
            wait->spins = wait->spins * 2 < wait->most ? wait->spins * 2 : wait->most;
        return S_OK;
    }
    LARGE_INTEGER began, ended;
    if (wait->wide != 0)
        widen(wait);
    QueryPerformanceCounter(&began);
    InterlockedExchange(wait->sleeps, 1); /* full barrier: the look behind it comes later */
    HRESULT hr = sleep_until(wait, counter, target, until);
    InterlockedExchange(wait->sleeps, 0);
    QueryPerformanceCounter(&ended);
    adapt(wait, ended.QuadPart - began.QuadPart);
    return hr;
}
