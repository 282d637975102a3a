/**
 * @file bench_clock.h
 * Timing for benchmarks: rounds of two things in turn, so that both meet the same weather.
 */
#ifndef HP_BENCH_BENCH_CLOCK_H
#define HP_BENCH_BENCH_CLOCK_H

#include <stddef.h>

enum { HP_BENCH_ROUNDS = 41 };

/** Does something count times. */
typedef void hp_bench_work(void *context, unsigned count);

/** One figure over all rounds. */
typedef struct hp_bench_figure {
    double median, low, high; /**< low and high: first and third quartile */
} hp_bench_figure;

/** Median and quartiles of count samples, which are sorted in place. */
hp_bench_figure hp_bench_clock_summarize(double *samples, size_t count);

/** Time a piece of work in HP_BENCH_ROUNDS rounds. Nanoseconds per unit of work. */
hp_bench_figure hp_bench_clock_one(hp_bench_work *work, void *context, unsigned count);

/**
 * Time two pieces of work in turn, A B A B ...
 *
 * @param count   units of work per round, of each
 * @param a, b    receive nanoseconds per unit
 * @param ratio   receives a / b, round by round
 */
void hp_bench_clock_pair(hp_bench_work *work_a, hp_bench_work *work_b, void *context, unsigned count,
                         hp_bench_figure *a, hp_bench_figure *b, hp_bench_figure *ratio);

#endif
