/* The rounds: for each payload, all ways in turn; then all ways after idling in turn. */
#include <stdlib.h>

#include "bench/bench_transport.h"

/* As many units come before the timed ones, where both sides spin: the system may have put both on one
 * processor, and takes a while to see that that is no good idea. */
enum { ROUNDS = 101, IDLE_ROUNDS = 61, EVENTS = 20, SPINS = 500, COPIES = 4 };

/* What one payload is measured with. */
typedef struct rounds {
    hp_bench_runner runner[HP_BENCH_WAYS];
    double samples[HP_BENCH_WAYS][ROUNDS];
    hp_bench_hand hand;
} rounds;

static int some_twin; /* its address says "the twin" */

static void prepare_calls(rounds *it, hp_bench_link *link, const hp_bench_payload *what) {
    const unsigned warm_com = what->com > 1;
    it->runner[HP_BENCH_DIRECT] =
        (hp_bench_runner){.work = what->work, .context = &some_twin, .count = what->direct, .warm = 1};
    it->runner[HP_BENCH_DISPATCH] = (hp_bench_runner){.work = what->work,
                                                      .count = what->dispatch,
                                                      .warm = 1,
                                                      .enter = hp_bench_transport_link_nothing,
                                                      .host = link};
    it->runner[HP_BENCH_BY_HAND] = (hp_bench_runner){
        .work = hp_bench_transport_link_by_hand, .context = &it->hand, .count = what->com, .warm = warm_com};
    it->runner[HP_BENCH_COM] = (hp_bench_runner){.work = what->work,
                                                 .count = what->com,
                                                 .warm = warm_com,
                                                 .enter = hp_bench_transport_link_com,
                                                 .host = link};
    if (link->shared != NULL)
        it->runner[HP_BENCH_SHARED] = (hp_bench_runner){.work = what->work,
                                                        .count = what->shared,
                                                        .warm = what->shared,
                                                        .enter = hp_bench_transport_link_shared,
                                                        .host = link};
}

static void prepare_raw(rounds *it, const hp_bench_payload *what) {
    if (what->bytes == 0) {
        it->runner[HP_BENCH_EVENTS] =
            (hp_bench_runner){.work = hp_bench_transport_raw_events, .count = EVENTS, .warm = 1};
        it->runner[HP_BENCH_SPIN] = (hp_bench_runner){.work = hp_bench_transport_raw_spin,
                                                      .count = SPINS,
                                                      .warm = SPINS,
                                                      .enter = hp_bench_transport_raw_enter,
                                                      .leave = hp_bench_transport_raw_leave};
    } else if (what->bytes == HP_BENCH_LARGE_BYTES) {
        it->runner[HP_BENCH_MEMCPY] =
            (hp_bench_runner){.work = hp_bench_transport_raw_copy, .count = COPIES, .warm = 1};
    }
}

/* Nothing is warm behind the rest: no other way is in these rounds. */
static void prepare_idle(rounds *it, hp_bench_link *link, const hp_bench_payload *what) {
    if (what->bytes == 0)
        it->runner[HP_BENCH_EVENTS_IDLE] = (hp_bench_runner){
            .work = hp_bench_transport_raw_events, .count = 1, .warm = 1, .idle_ms = HP_BENCH_IDLE_MS};
    if (link->shared != NULL)
        it->runner[HP_BENCH_SHARED_IDLE] = (hp_bench_runner){.work = what->work,
                                                             .count = 1,
                                                             .warm = 1,
                                                             .idle_ms = HP_BENCH_IDLE_MS,
                                                             .enter = hp_bench_transport_link_shared,
                                                             .host = link};
}

static hp_bench_figure ratio(const rounds *it, hp_bench_way a, hp_bench_way b, unsigned count) {
    if (it->runner[a].count == 0 || it->runner[b].count == 0)
        return (hp_bench_figure){0};
    return hp_bench_clock_ratio(it->samples[a], it->samples[b], count);
}

/* Runs those ways that first <= way < end; samples stand ROUNDS apart, those of clock_rounds count apart. */
static void run(rounds *it, hp_bench_way first, hp_bench_way end, unsigned count) {
    static double samples[HP_BENCH_WAYS * ROUNDS];
    hp_bench_clock_rounds(it->runner + first, end - first, count, samples);
    for (unsigned way = first; way < end; way++)
        for (unsigned i = 0; i < count; i++)
            it->samples[way][i] = samples[(way - first) * count + i];
}

static HRESULT measure(hp_bench_link *link, unsigned which, rounds *it, hp_bench_results *results) {
    const hp_bench_payload *what = &hp_bench_transport_payloads[which];
    const unsigned count = what->rounds; /* at most ROUNDS */
    HRESULT hr = hp_bench_transport_link_catch(link, what, &it->hand);
    if (SUCCEEDED(hr)) {
        prepare_calls(it, link, what);
        prepare_raw(it, what);
        prepare_idle(it, link, what);
        run(it, HP_BENCH_DIRECT, HP_BENCH_EVENTS_IDLE, count);
        run(it, HP_BENCH_EVENTS_IDLE, HP_BENCH_WAYS, IDLE_ROUNDS);
        results->com_to_shared[which] = ratio(it, HP_BENCH_COM, HP_BENCH_SHARED, count);
        results->shared_to_spin[which] = ratio(it, HP_BENCH_SHARED, HP_BENCH_SPIN, count);
        results->idle_to_events[which] = ratio(it, HP_BENCH_SHARED_IDLE, HP_BENCH_EVENTS_IDLE, IDLE_ROUNDS);
        if (which == HP_BENCH_LARGE)
            results->shared_to_memcpy = ratio(it, HP_BENCH_SHARED, HP_BENCH_MEMCPY, count);
        for (unsigned way = 0; way < HP_BENCH_WAYS; way++)
            if (it->runner[way].count > 0)
                results->way[which][way] = hp_bench_clock_summarize(
                    it->samples[way], way < HP_BENCH_EVENTS_IDLE ? count : IDLE_ROUNDS);
        hr = it->hand.result;
    }
    hp_bench_transport_link_release(&it->hand);
    return hr;
}

HRESULT hp_bench_transport_measure(hp_bench_link *link, hp_bench_results *results) {
    HRESULT hr = S_OK;
    for (unsigned i = 0; i < HP_BENCH_PAYLOADS && SUCCEEDED(hr); i++) {
        rounds *it = calloc(1, sizeof *it);
        hr = it != NULL ? measure(link, i, it, results) : E_OUTOFMEMORY;
        free(it);
    }
    return hr;
}

double hp_bench_transport_measure_rest(void) {
    const uint64_t before = hp_bench_transport_payload_time(1);
    Sleep(HP_BENCH_REST_MS);
    const uint64_t after = hp_bench_transport_payload_time(0);
    if (before == UINT64_MAX || after == UINT64_MAX)
        return -1;
    return (double)(after - before) / (HP_BENCH_REST_MS * 1e4) * 100;
}
