#include "bench/bench_clock.h"

#include <stdlib.h>
#include <windows.h>

static double run_once(hp_bench_work *work, void *context, unsigned count) {
    LARGE_INTEGER begin, end, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begin);
    work(context, count);
    QueryPerformanceCounter(&end);
    return (double)(end.QuadPart - begin.QuadPart) * 1e9 / (double)frequency.QuadPart / count;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

hp_bench_figure hp_bench_clock_summarize(double *samples, size_t count) {
    qsort(samples, count, sizeof *samples, compare);
    return (hp_bench_figure){
        .median = samples[count / 2], .low = samples[count / 4], .high = samples[count * 3 / 4]};
}

hp_bench_figure hp_bench_clock_one(hp_bench_work *work, void *context, unsigned count) {
    double samples[HP_BENCH_ROUNDS];
    run_once(work, context, count);
    for (int i = 0; i < HP_BENCH_ROUNDS; i++)
        samples[i] = run_once(work, context, count);
    return hp_bench_clock_summarize(samples, HP_BENCH_ROUNDS);
}

void hp_bench_clock_pair(hp_bench_work *work_a, hp_bench_work *work_b, void *context, unsigned count,
                         hp_bench_figure *a, hp_bench_figure *b, hp_bench_figure *ratio) {
    double of_a[HP_BENCH_ROUNDS], of_b[HP_BENCH_ROUNDS], of_both[HP_BENCH_ROUNDS];
    run_once(work_a, context, count);
    run_once(work_b, context, count);
    for (int i = 0; i < HP_BENCH_ROUNDS; i++) {
        /* Which one goes first alternates, so that neither always inherits the other's caches. */
        if (i % 2 == 0)
            of_a[i] = run_once(work_a, context, count);
        of_b[i] = run_once(work_b, context, count);
        if (i % 2 != 0)
            of_a[i] = run_once(work_a, context, count);
        of_both[i] = of_a[i] / of_b[i];
    }
    *a = hp_bench_clock_summarize(of_a, HP_BENCH_ROUNDS);
    *b = hp_bench_clock_summarize(of_b, HP_BENCH_ROUNDS);
    *ratio = hp_bench_clock_summarize(of_both, HP_BENCH_ROUNDS);
}

static double run_runner(const hp_bench_runner *it) {
    if (it->enter != NULL)
        it->enter(it->host);
    if (it->warm > 0)
        it->work(it->context, it->warm);
    if (it->idle_ms > 0)
        Sleep(it->idle_ms);
    const double sample = run_once(it->work, it->context, it->count);
    if (it->leave != NULL)
        it->leave(it->host);
    return sample;
}

void hp_bench_clock_rounds(const hp_bench_runner *runners, unsigned runner_count, unsigned rounds,
                           double *samples) {
    for (unsigned i = 0; i < runner_count; i++)
        if (runners[i].count > 0)
            run_runner(&runners[i]);
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < runner_count; i++) {
            const unsigned turn = (i + round) % runner_count;
            if (runners[turn].count > 0)
                samples[(size_t)turn * rounds + round] = run_runner(&runners[turn]);
        }
    }
}

hp_bench_figure hp_bench_clock_ratio(const double *a, const double *b, unsigned rounds) {
    static double ratio[1024];
    if (rounds > sizeof ratio / sizeof *ratio)
        rounds = sizeof ratio / sizeof *ratio;
    for (unsigned i = 0; i < rounds; i++)
        ratio[i] = a[i] / b[i];
    return hp_bench_clock_summarize(ratio, rounds);
}
