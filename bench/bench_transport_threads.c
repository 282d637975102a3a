/* Several threads that call at once, for a while; then the same over the other transport. */
#include "bench/bench_transport.h"

enum { ROUNDS = 21, WINDOW_MS = 15, PATIENCE_MS = 30000 };

static const unsigned steps[HP_BENCH_STEPS] = {1, 2, 4, HP_BENCH_THREADS};

typedef struct caller {
    HANDLE thread, start;
    unsigned batch;           /* calls between two looks at stop */
    unsigned long long calls; /* in this window */
    char beside[64];
} caller;

static struct {
    caller all[HP_BENCH_THREADS];
    volatile LONG stop, end, running;
    HANDLE idle; /* all have stopped */
} callers;

static DWORD WINAPI call(void *context) {
    caller *it = context;
    for (;;) {
        WaitForSingleObject(it->start, INFINITE);
        if (callers.end)
            return 0;
        for (it->calls = 0; !callers.stop; it->calls += it->batch)
            hp_bench_transport_payloads[HP_BENCH_USUAL].work(NULL, it->batch);
        if (InterlockedDecrement(&callers.running) == 0)
            SetEvent(callers.idle);
    }
}

static double now_ns(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart * 1e9 / (double)frequency.QuadPart;
}

/* Nanoseconds for a call, of all threads together. */
static HRESULT run_window(unsigned threads, unsigned batch, double *sample) {
    unsigned long long calls = 0;
    callers.stop = 0;
    callers.running = (LONG)threads;
    const double begin = now_ns();
    for (unsigned i = 0; i < threads; i++) {
        callers.all[i].batch = batch;
        SetEvent(callers.all[i].start);
    }
    Sleep(WINDOW_MS);
    InterlockedExchange(&callers.stop, 1);
    if (WaitForSingleObject(callers.idle, PATIENCE_MS) != WAIT_OBJECT_0)
        return HRESULT_FROM_WIN32(ERROR_TIMEOUT);
    const double end = now_ns();
    for (unsigned i = 0; i < threads; i++)
        calls += callers.all[i].calls;
    *sample = (end - begin) / (double)(calls > 0 ? calls : 1);
    return S_OK;
}

static HRESULT measure(hp_bench_link *link, hp_bench_results *results) {
    static double com[HP_BENCH_STEPS][ROUNDS], shared[HP_BENCH_STEPS][ROUNDS];
    HRESULT hr = S_OK;
    /* The first round, in which threads meet COM for the first time, is written over. */
    for (int round = -1; round < ROUNDS && SUCCEEDED(hr); round++) {
        const int at = round < 0 ? 0 : round;
        for (int i = 0; i < HP_BENCH_STEPS && SUCCEEDED(hr); i++) {
            hp_bench_transport_link_com(link);
            hr = run_window(steps[i], 1, &com[i][at]);
            if (link->shared == NULL || FAILED(hr))
                continue;
            hp_bench_transport_link_shared(link);
            hr = run_window(steps[i], 16, &shared[i][at]);
        }
    }
    for (int i = 0; i < HP_BENCH_STEPS && SUCCEEDED(hr); i++) {
        results->threads_com[i] = hp_bench_clock_summarize(com[i], ROUNDS);
        if (link->shared != NULL)
            results->threads_shared[i] = hp_bench_clock_summarize(shared[i], ROUNDS);
    }
    return hr;
}

HRESULT hp_bench_transport_threads(hp_bench_link *link, hp_bench_results *results) {
    HRESULT hr = (callers.idle = CreateEventW(NULL, FALSE, FALSE, NULL)) != NULL ? S_OK : E_OUTOFMEMORY;
    for (int i = 0; i < HP_BENCH_THREADS && SUCCEEDED(hr); i++) {
        caller *it = &callers.all[i];
        if ((it->start = CreateEventW(NULL, FALSE, FALSE, NULL)) == NULL ||
            (it->thread = CreateThread(NULL, 0, call, it, 0, NULL)) == NULL)
            hr = E_OUTOFMEMORY;
    }
    if (SUCCEEDED(hr))
        hr = measure(link, results);
    callers.end = callers.stop = 1;
    for (int i = 0; i < HP_BENCH_THREADS && callers.all[i].thread != NULL; i++) {
        SetEvent(callers.all[i].start);
        if (WaitForSingleObject(callers.all[i].thread, PATIENCE_MS) != WAIT_OBJECT_0)
            hr = HRESULT_FROM_WIN32(ERROR_TIMEOUT);
    }
    return hr;
}
