#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/patch_callers.h"

enum { CALLERS = 4, FUNCTIONS = 4, TAILS = 5 };

/* What layers make of a result: nothing, version 2, version 3, 3 on top of 2, 2 on top of 3. */
static const struct { int64_t shift, tail; } tails[TAILS] = {{1, 0}, {10, 2}, {10, 3}, {100, 23}, {100, 32}};

typedef struct caller {
    HANDLE thread;
    volatile LONG seen[FUNCTIONS][TAILS]; /* set by the caller, cleared by who waits */
    volatile LONG wrong;
} caller;

static caller callers[CALLERS];
static volatile LONG stop;
static patch_module_function *call_scale;

static void judge(caller *me, int function, int64_t result, int64_t base) {
    for (int i = 0; i < TAILS; i++)
        if (result == base * tails[i].shift + tails[i].tail) {
            me->seen[function][i] = 1;
            return;
        }
    InterlockedIncrement(&me->wrong);
}

static DWORD WINAPI call_all(void *context) {
    caller *me = context;
    for (int i = 1; !stop; i = i % 1000 + 1) {
        judge(me, 0, patch_host_sum(i, 4), i + 4);
        judge(me, 1, patch_host_export(i, 4), i * 4);
        judge(me, 2, patch_host_mix(i, 2.0, 3, 4, 5.0f, (uint64_t)1 << 40, 7), i + 21 + ((int64_t)1 << 40));
        judge(me, 3, call_scale(i), 2 * i);
    }
    return 0;
}

void patch_callers_start(patch_module_function *scale) {
    memset(callers, 0, sizeof callers);
    stop = 0;
    call_scale = scale;
    for (int i = 0; i < CALLERS; i++) {
        callers[i].thread = CreateThread(NULL, 0, call_all, &callers[i], 0, NULL);
        assert_non_null(callers[i].thread);
    }
}

static int is_known(int tail) {
    for (int i = 0; i < TAILS; i++)
        if (tails[i].tail == tail)
            return i;
    fail_msg("no layers give %d", tail);
    return 0;
}

void patch_callers_await(int tail) {
    const int which = is_known(tail);
    for (int i = 0; i < CALLERS; i++)
        for (int f = 0; f < FUNCTIONS; f++)
            callers[i].seen[f][which] = 0;
    for (int i = 0; i < CALLERS; i++)
        for (int f = 0; f < FUNCTIONS; f++)
            while (!callers[i].seen[f][which] && !callers[i].wrong)
                Sleep(0);
}

void patch_callers_stop(void) {
    LONG wrong = 0;
    stop = 1;
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(WaitForSingleObject(callers[i].thread, INFINITE), WAIT_OBJECT_0);
        CloseHandle(callers[i].thread);
        wrong += callers[i].wrong;
    }
    assert_int_equal(wrong, 0);
}
