/*
 * Eight threads call 64 functions as fast as they can, while two more lay transactions on the same functions,
 * move them to newer ones and take them off. No thread is ever stopped. Every call gives the old result or a
 * new one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "e2e/patch_stress.h"
#include "e2e/patch_world.h"

enum {
    CALLERS = 8,
    PATCHERS = 2,
    CALLS = 300000, /* of each caller, at least */
    CYCLES = 1000,  /* of each patcher, at least */
    DRAIN = 30000,
};

/* One of the two that patch: layers 2 * number and 2 * number + 1 are its own. */
typedef struct patcher {
    HANDLE thread;
    int number, counted;
    LONG cycles;
    HRESULT result; /* of the first call that failed */
    int line;
} patcher;

static patcher patchers[PATCHERS];
static patch_code before[STRESS_FUNCTIONS];
static volatile LONG callers_ready, patchers_ready, patchers_failed, wrong_results, wrong_example, stop;
static volatile LONG64 patched_results;

/* ---- callers ---- */

/* Each layer once at most; uncounted replacements do not go down. */
static int is_right(int number, uint32_t x, uint32_t result, int counted) {
    const uint32_t layers = result >> 16;
    if ((result & 0xFFFF) != stress_plain(number, x) || (layers & ~0x1111u) != 0)
        return 0;
    return counted || (layers & (layers - 1)) == 0;
}

/* Ready when it has called often enough, and has seen functions patched and not. */
static DWORD WINAPI call_all(void *context) {
    const int counted = *(const int *)context;
    LONG calls = 0, wrong = 0, patched = 0; /* of its own: nothing shared slows the loop down */
    for (uint32_t x = 1, ready = 0; !stop; x = x * 1664525 + 1013904223) {
        for (int i = 0; i < STRESS_FUNCTIONS; i++) {
            const uint32_t result = stress_call(i, x);
            if (!is_right(i, x, result, counted)) {
                wrong++;
                InterlockedExchange(&wrong_example, (LONG)(result ^ stress_plain(i, x)));
            }
            patched += result >> 16 != 0;
            calls++;
        }
        if (!ready && calls >= CALLS && patched != 0 && patched != calls) {
            ready = 1;
            InterlockedIncrement(&callers_ready);
        }
    }
    InterlockedAdd(&wrong_results, wrong);
    InterlockedAdd64(&patched_results, patched);
    return (DWORD)calls;
}

/* ---- patchers ---- */

static int failed(patcher *me, HRESULT result, int line) {
    me->result = result;
    me->line = line;
    patchers_failed = 1;
    return 1;
}

#define TRY(call, expected)                                                                                  \
    do {                                                                                                     \
        const HRESULT tried = (call);                                                                        \
        if (tried != (expected))                                                                             \
            return failed(me, FAILED(tried) ? tried : E_FAIL, __LINE__);                                     \
    } while (0)

/* All functions, or only a few in a row, or one. */
static int is_member(LONG cycle, int number) {
    static const int sizes[] = {STRESS_FUNCTIONS, 1, 9, 1};
    return (int)(((unsigned)number - 7u * (unsigned)cycle) % STRESS_FUNCTIONS) < sizes[cycle % 4];
}

static int apply(patcher *me, int layer, hp_patch **patch) {
    TRY(hp_patch_open(patch), S_OK);
    for (int i = 0; i < STRESS_FUNCTIONS; i++) {
        const stress_function *it = &stress_functions[i];
        if (!is_member(me->cycles, i))
            continue;
        if (me->counted)
            TRY(patch_add_at(*patch, it->entry, it->counted[layer], it->signature, &stress_below[i][layer]),
                S_OK);
        else
            TRY(patch_add_at(*patch, it->entry, it->uncounted[layer], NULL, NULL), S_OK);
    }
    TRY(hp_patch_commit(*patch), S_OK);
    return 0;
}

static int take_off(patcher *me, hp_patch *patch) {
    TRY(hp_patch_revert(patch), S_OK);
    TRY(hp_patch_drain(patch, DRAIN), me->counted ? S_OK : HP_E_PATCH_UNCOUNTED);
    hp_patch_close(patch);
    return 0;
}

/* What the patcher itself has laid on is there, and what it has taken off is not, whatever the other does. */
static int expect(patcher *me, int layer, int there) {
    for (int i = 0; i < STRESS_FUNCTIONS; i++) {
        const uint32_t result = stress_call(i, 77);
        const int seen = (result & STRESS_BIT(layer)) != 0;
        if (!is_right(i, 77, result, me->counted) || (seen && !there) ||
            (!seen && there && me->counted && is_member(me->cycles, i)))
            return failed(me, E_FAIL, __LINE__);
    }
    return 0;
}

static int cycle(patcher *me) {
    hp_patch *older, *newer;
    const int low = 2 * me->number, high = low + 1;
    return apply(me, low, &older) || expect(me, low, 1) || apply(me, high, &newer) || expect(me, high, 1) ||
           take_off(me, older) || expect(me, low, 0) || expect(me, high, 1) || take_off(me, newer) ||
           expect(me, high, 0);
}

static DWORD WINAPI patch_all(void *context) {
    patcher *me = context;
    while (!stop && SUCCEEDED(me->result))
        if (cycle(me) != 0 || ++me->cycles == CYCLES)
            InterlockedIncrement(&patchers_ready);
    return 0;
}

/* ---- both ---- */

static LONG64 join(HANDLE *threads, int count) {
    LONG64 sum = 0;
    for (int i = 0; i < count; i++) {
        DWORD value = 0;
        assert_int_equal(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(threads[i], &value));
        CloseHandle(threads[i]);
        sum += value;
    }
    return sum;
}

static void run(int counted) {
    HANDLE threads[CALLERS];
    callers_ready = patchers_ready = patchers_failed = wrong_results = stop = 0;
    patched_results = 0;
    for (int i = 0; i < STRESS_FUNCTIONS; i++)
        before[i] = patch_code_of(stress_functions[i].entry);
    for (int i = 0; i < CALLERS; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, call_all, &counted, 0, NULL));
    for (int i = 0; i < PATCHERS; i++) {
        patchers[i] = (patcher){.number = i, .counted = counted};
        assert_non_null(patchers[i].thread = CreateThread(NULL, 0, patch_all, &patchers[i], 0, NULL));
    }
    while ((callers_ready < CALLERS && !patchers_failed) || patchers_ready < PATCHERS)
        Sleep(1);
    stop = 1;
    join((HANDLE[]){patchers[0].thread, patchers[1].thread}, PATCHERS);
    const LONG64 calls = join(threads, CALLERS);
    print_message("# %lld calls, %lld of them patched; %ld and %ld rounds of patches\n", (long long)calls,
                  (long long)patched_results, patchers[0].cycles, patchers[1].cycles);
    for (int i = 0; i < PATCHERS; i++)
        if (FAILED(patchers[i].result))
            fail_msg("line %d, cycle %ld: %s 0x%08lX", patchers[i].line, patchers[i].cycles,
                     hp_error_symbol(patchers[i].result), (unsigned long)patchers[i].result);
    if (wrong_results != 0)
        fail_msg("%ld wrong results, one of them differs by 0x%08lX", wrong_results,
                 (unsigned long)wrong_example);
    for (int i = 0; i < STRESS_FUNCTIONS; i++) {
        const hp_patch_info info = patch_info(stress_functions[i].entry, S_OK);
        assert_int_equal(info.layers, 0);
        assert_int_equal(info.inside, 0);
        assert_int_equal(info.foreign, 0);
        patch_assert_reverted(&before[i]);
        assert_int_equal(stress_call(i, 5), stress_plain(i, 5));
    }
}

static void every_call_of_a_counted_function_gives_the_old_or_a_new_result(void **state) {
    (void)state;
    run(1);
}

static void every_call_of_an_uncounted_function_gives_the_old_or_a_new_result(void **state) {
    (void)state;
    run(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_a_counted_function_gives_the_old_or_a_new_result),
        cmocka_unit_test(every_call_of_an_uncounted_function_gives_the_old_or_a_new_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
