/**
 * @file bench_clock.h
 * Timing for benchmarks: rounds of several things in turn, so that all meet the same weather.
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

/** One of several pieces of work that are timed in turn. */
typedef struct hp_bench_runner {
    hp_bench_work *work;
    void *context;
    unsigned count;            /**< units in a round; 0: it does not take part */
    unsigned warm;             /**< units before them, not timed */
    unsigned idle_ms;          /**< rest before them, behind the warm ones; 0: none */
    void (*enter)(void *host); /**< before its part of a round, not timed; NULL: nothing */
    void (*leave)(void *host); /**< behind it */
    void *host;
} hp_bench_runner;

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

/**
 * Time any number of pieces of work in turn, after one round that does not count. Each round begins with
 * another one.
 *
 * @param runners  runner_count of them
 * @param samples  receives nanoseconds per unit: rounds of the first runner, then of the second, ...; nothing
 *                 for one that does not take part
 */
void hp_bench_clock_rounds(const hp_bench_runner *runners, unsigned runner_count, unsigned rounds,
                           double *samples);

/** a / b, round by round. Both are left in their order. At most 1024 rounds count. */
hp_bench_figure hp_bench_clock_ratio(const double *a, const double *b, unsigned rounds);

#endif
