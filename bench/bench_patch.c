/*
 * What the patch engine costs: whole batches of functions, one function while other threads call patched
 * ones, and a call of a patched function. Checks that what it measures happens.
 */
#include <hotpatch/patch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_clock.h"
#include "client/engine.h"

enum {
    STRIDE = 32,     /* from entry to entry, see patch_targets.S */
    TARGETS = 11200, /* so many are there, used as follows; what one batch used is not new to the next */
    BATCHES = 3,     /* of 100, 1000 and 10000 */
    OTHERS = 11100,  /* what other threads call, THREADS * EACH of them */
    TOGGLED = 11180, /* what is patched and reverted meanwhile */
    CALLED = 11190,  /* what calls are measured with */
    THREADS = 8,
    EACH = 8,
    TOGGLES = 1001,
    CALLS = 200000,
};

typedef int32_t target_function(int32_t value);
extern unsigned char hp_patch_targets[], hp_patch_targets_end[];
static const char signature_text[] = "i32(i32 value)"; /* with it calls are counted */

static target_function *target(size_t index) {
    return (target_function *)(uintptr_t)(hp_patch_targets + index * STRIDE);
}

static int32_t replacement(int32_t value) {
    return value - 1;
}

static int is_redirected(size_t index) {
    return target(index)(7) == replacement(7);
}

static double now_us(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart * 1e6 / (double)frequency.QuadPart;
}

/* Open a transaction and add functions to it. It is closed by give_up or finish. */
static HRESULT begin(size_t first, size_t count, const char *signature, hp_patch **patch) {
    *patch = NULL;
    HRESULT hr = hp_patch_open(patch);
    for (size_t i = first; i < first + count && SUCCEEDED(hr); i++) {
        static void *original;
        const hp_patch_function function = {.size = sizeof function,
                                            .address = (void *)(uintptr_t)target(i),
                                            .replacement = (void *)(uintptr_t)replacement,
                                            .signature = signature,
                                            .original = &original};
        hr = hp_patch_add(*patch, &function);
    }
    return hr;
}

static HRESULT give_up(hp_patch *patch, HRESULT hr, const char *step) {
    hp_patch_trouble trouble = {.size = sizeof trouble};
    if (patch != NULL)
        hp_patch_explain(patch, &trouble);
    fprintf(stderr, "bench_patch: %s: %s: %s %s\n", step, hp_error_what(hr), trouble.name, trouble.detail);
    hp_patch_close(patch);
    return FAILED(hr) ? hr : E_UNEXPECTED;
}

/* Behind a revert. */
static HRESULT finish(hp_patch *patch) {
    HRESULT hr = hp_patch_drain(patch, INFINITE);
    if (FAILED(hr) && hr != HP_E_PATCH_UNCOUNTED)
        return give_up(patch, hr, "drain");
    hp_patch_close(patch);
    return S_OK;
}

typedef struct batch {
    size_t first, count;
    double first_time;              /* opened, added and committed when none of them was ever patched */
    hp_bench_figure commit, revert; /* later: opened, added and committed; reverted */
} batch;

/* Microseconds for a function, of a whole batch. */
static HRESULT time_batch(const batch *it, double *commit, double *revert) {
    hp_patch *patch;
    const double start = now_us();
    HRESULT hr = begin(it->first, it->count, signature_text, &patch);
    if (SUCCEEDED(hr))
        hr = hp_patch_commit(patch);
    const double committed = now_us();
    const size_t last = it->first + it->count - 1;
    if (hr != S_OK || !is_redirected(it->first) || !is_redirected(last))
        return give_up(patch, hr, "commit");
    const double again = now_us();
    hr = hp_patch_revert(patch);
    const double reverted = now_us();
    if (hr != S_OK || is_redirected(it->first) || is_redirected(last))
        return give_up(patch, hr, "revert");
    *commit = (committed - start) / (double)it->count;
    *revert = (reverted - again) / (double)it->count;
    return finish(patch);
}

static HRESULT measure_batch(batch *it) {
    double commit[HP_BENCH_ROUNDS], revert[HP_BENCH_ROUNDS];
    HRESULT hr = time_batch(it, &it->first_time, &revert[0]);
    for (int i = 0; i < HP_BENCH_ROUNDS && SUCCEEDED(hr); i++)
        hr = time_batch(it, &commit[i], &revert[i]);
    if (SUCCEEDED(hr)) {
        it->commit = hp_bench_clock_summarize(commit, HP_BENCH_ROUNDS);
        it->revert = hp_bench_clock_summarize(revert, HP_BENCH_ROUNDS);
    }
    return hr;
}

/* Threads that call patched functions as fast as they can. */
typedef struct callers {
    volatile LONG stop, next, running, wrong; /* next: which thread is which */
    HANDLE threads[THREADS];
} callers;

static DWORD WINAPI call_others(void *context) {
    callers *all = context;
    const size_t mine = OTHERS + (size_t)(InterlockedIncrement(&all->next) - 1) * EACH;
    InterlockedIncrement(&all->running);
    while (!all->stop)
        for (size_t i = mine; i < mine + EACH; i++)
            if (!is_redirected(i))
                InterlockedIncrement(&all->wrong);
    return 0;
}

static HRESULT start_callers(callers *all) {
    for (int i = 0; i < THREADS; i++)
        if ((all->threads[i] = CreateThread(NULL, 0, call_others, all, 0, NULL)) == NULL)
            return HRESULT_FROM_WIN32(GetLastError());
    while (all->running < THREADS)
        Sleep(1);
    return S_OK;
}

static HRESULT stop_callers(callers *all) {
    all->stop = 1;
    for (int i = 0; i < THREADS && all->threads[i] != NULL; i++) {
        WaitForSingleObject(all->threads[i], INFINITE);
        CloseHandle(all->threads[i]);
    }
    return all->wrong == 0 ? S_OK : E_UNEXPECTED;
}

typedef struct toggle {
    hp_bench_figure toggle;      /* commit and revert of one function */
    hp_bench_figure transaction; /* the same with all that belongs to it, from open to close */
} toggle;

/* Microseconds; each toggle is a sample, so that those during which this thread lost its processor do not
 * count for the others. */
static HRESULT measure_toggles(toggle *it) {
    static double toggles[TOGGLES], transactions[TOGGLES];
    HRESULT hr = S_OK;
    for (int i = 0; i < TOGGLES && SUCCEEDED(hr); i++) {
        hp_patch *patch;
        const double start = now_us();
        hr = begin(TOGGLED, 1, signature_text, &patch);
        const double ready = now_us();
        const HRESULT committed = SUCCEEDED(hr) ? hp_patch_commit(patch) : hr;
        hr = committed == S_OK ? hp_patch_revert(patch) : committed;
        const double reverted = now_us();
        if (committed != S_OK || FAILED(hr))
            return give_up(patch, hr, "toggle");
        hr = finish(patch);
        toggles[i] = reverted - ready;
        transactions[i] = now_us() - start;
    }
    it->toggle = hp_bench_clock_summarize(toggles, TOGGLES);
    it->transaction = hp_bench_clock_summarize(transactions, TOGGLES);
    return hr;
}

static HRESULT measure_toggles_among_callers(toggle *it) {
    hp_patch *others;
    HRESULT hr = begin(OTHERS, THREADS * EACH, signature_text, &others);
    if (SUCCEEDED(hr))
        hr = hp_patch_commit(others);
    if (hr != S_OK)
        return give_up(others, hr, "commit what other threads call");
    callers all = {0};
    hr = start_callers(&all);
    if (SUCCEEDED(hr))
        hr = measure_toggles(it);
    HRESULT called = stop_callers(&all);
    hr = SUCCEEDED(hr) ? called : hr;
    HRESULT reverted = hp_patch_revert(others);
    if (FAILED(hr) || FAILED(reverted))
        return give_up(others, FAILED(hr) ? hr : reverted, "what other threads call");
    return finish(others);
}

typedef struct calls {
    hp_bench_figure direct, counted, uncounted; /* nanoseconds a call */
} calls;

static volatile int32_t sink;

static void call_target(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = target(CALLED)((int32_t)i);
}

static HRESULT measure_patched_call(const char *signature, hp_bench_figure *figure) {
    hp_patch *patch;
    HRESULT hr = begin(CALLED, 1, signature, &patch);
    if (SUCCEEDED(hr))
        hr = hp_patch_commit(patch);
    if (hr != S_OK || !is_redirected(CALLED))
        return give_up(patch, hr, "commit what is called");
    *figure = hp_bench_clock_one(call_target, NULL, CALLS);
    hr = hp_patch_revert(patch);
    return SUCCEEDED(hr) ? finish(patch) : give_up(patch, hr, "revert what is called");
}

static HRESULT measure_calls(calls *it) {
    it->direct = hp_bench_clock_one(call_target, NULL, CALLS);
    HRESULT hr = measure_patched_call(signature_text, &it->counted);
    return SUCCEEDED(hr) ? measure_patched_call(NULL, &it->uncounted) : hr;
}

/* What one patched function takes, first instructions that were moved not counted: there are none here. */
typedef struct memory {
    double code, data; /* bytes; data: cell, its share of the index, and of the transaction */
} memory;

static HRESULT measure_memory(memory *it) {
    hp_engine *engine;
    HRESULT hr = hp_engine_enter(&engine, NULL);
    if (FAILED(hr))
        return hr;
    it->code = (double)hp_region_code_bytes;
    it->data = (double)(sizeof(hp_cell) + sizeof(hp_cell *)) +
               (double)hp_engine_index_bytes(engine) / hp_engine_count(engine);
    hp_engine_leave(engine);
    return S_OK;
}

static const char *const arch = HP_X64 ? "x64" : "x86";

static void print_json(const batch *batches, const toggle *toggles, const calls *called,
                       const memory *bytes) {
    puts("[");
    for (int i = 0; i < BATCHES; i++)
        printf("  {\"arch\": \"%s\", \"functions\": %u, \"first_commit_us\": %.3f, \"commit_us\": %.3f, "
               "\"commit_us_quartiles\": [%.3f, %.3f], \"revert_us\": %.3f, "
               "\"revert_us_quartiles\": [%.3f, %.3f]},\n",
               arch, (unsigned)batches[i].count, batches[i].first_time, batches[i].commit.median,
               batches[i].commit.low, batches[i].commit.high, batches[i].revert.median, batches[i].revert.low,
               batches[i].revert.high);
    for (int i = 0; i < 2; i++)
        printf("  {\"arch\": \"%s\", \"calling_threads\": %d, \"toggle_us\": %.1f, "
               "\"toggle_us_quartiles\": [%.1f, %.1f], \"transaction_us\": %.1f},\n",
               arch, i * THREADS, toggles[i].toggle.median, toggles[i].toggle.low, toggles[i].toggle.high,
               toggles[i].transaction.median);
    printf("  {\"arch\": \"%s\", \"code_bytes\": %.1f, \"data_bytes\": %.1f},\n", arch, bytes->code,
           bytes->data);
    printf("  {\"arch\": \"%s\", \"direct_ns\": %.2f, \"counted_ns\": %.2f, \"uncounted_ns\": %.2f}\n]\n",
           arch, called->direct.median, called->counted.median, called->uncounted.median);
}

static void print_text(const batch *batches, const toggle *toggles, const calls *called,
                       const memory *bytes) {
    puts("arch functions  open+add+commit, us a function (quartiles)  the first time  revert (quartiles)");
    for (int i = 0; i < BATCHES; i++)
        printf("%-4s %9u  %27.3f (%.3f - %.3f)  %14.3f  %6.3f (%.3f - %.3f)\n", arch,
               (unsigned)batches[i].count, batches[i].commit.median, batches[i].commit.low,
               batches[i].commit.high, batches[i].first_time, batches[i].revert.median, batches[i].revert.low,
               batches[i].revert.high);
    puts("arch calling threads  commit+revert of one function (quartiles)  open to close");
    for (int i = 0; i < 2; i++)
        printf("%-4s %15d  %21.1f us (%.1f - %.1f)  %15.1f us\n", arch, i * THREADS, toggles[i].toggle.median,
               toggles[i].toggle.low, toggles[i].toggle.high, toggles[i].transaction.median);
    puts("arch       direct  patched, counted  patched, uncounted");
    printf("%-4s %9.2f ns  %13.2f ns  %15.2f ns\n", arch, called->direct.median, called->counted.median,
           called->uncounted.median);
    puts("arch  bytes of code a function  bytes of data");
    printf("%-4s  %24.1f  %13.1f\n", arch, bytes->code, bytes->data);
}

int main(int argc, char **argv) {
    batch batches[BATCHES] = {
        {.first = 0, .count = 100}, {.first = 100, .count = 1000}, {.first = 1100, .count = 10000}};
    toggle toggles[2] = {0}; /* alone, among callers */
    calls called = {0};
    memory bytes = {0};
    HRESULT hr = hp_patch_targets_end - hp_patch_targets == TARGETS * STRIDE ? S_OK : E_UNEXPECTED;
    for (int i = 0; i < BATCHES && SUCCEEDED(hr); i++)
        hr = measure_batch(&batches[i]);
    if (SUCCEEDED(hr))
        hr = measure_toggles(&toggles[0]);
    if (SUCCEEDED(hr))
        hr = measure_toggles_among_callers(&toggles[1]);
    if (SUCCEEDED(hr))
        hr = measure_calls(&called);
    if (SUCCEEDED(hr))
        hr = measure_memory(&bytes);
    if (FAILED(hr)) {
        fprintf(stderr, "bench_patch: failed (0x%08lX)\n", (unsigned long)hr);
        return 1;
    }
    (argc > 1 && strcmp(argv[1], "--json") == 0 ? print_json : print_text)(batches, toggles, &called, &bytes);
    return 0;
}
