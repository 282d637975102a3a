/* The table, and what was to be reached. */
#include <stdio.h>
#include <string.h>

#include "bench/bench_transport.h"

static const char *const arch = HP_X64 ? "x64" : "x86";
static const unsigned threads[HP_BENCH_STEPS] = {1, 2, 4, HP_BENCH_THREADS};

static const struct {
    const char *text, *key;
} ways[HP_BENCH_WAYS] = {
    [HP_BENCH_DIRECT] = {"direct call", "direct"},
    [HP_BENCH_DISPATCH] = {"thunk and dispatch alone", "dispatch"},
    [HP_BENCH_BY_HAND] = {"COM Invoke written by hand", "com_by_hand"},
    [HP_BENCH_COM] = {"patched, over COM", "com"},
    [HP_BENCH_EVENTS] = {"raw ping-pong, events", "raw_events"},
    [HP_BENCH_SPIN] = {"raw ping-pong, spinning", "raw_spinning"},
    [HP_BENCH_MEMCPY] = {"memcpy to shared memory and back", "memcpy_twice"},
    [HP_BENCH_SHARED] = {"patched, over shared memory", "shared"},
    [HP_BENCH_EVENTS_IDLE] = {"raw ping-pong, events, after idling", "raw_events_idle"},
    [HP_BENCH_SHARED_IDLE] = {"patched, over shared memory, after idling", "shared_idle"},
};

static const char unknown[] = "not measured";

/* What the issue asks for. */
typedef struct goal {
    const char *text, *key, *payload;
    hp_bench_figure value;
    double limit;
    int at_least; /* 0: at most */
    const char *unit;
} goal;

enum { GOALS = 4 * HP_BENCH_SCALARS + 2 };

static unsigned list_goals(const hp_bench_results *it, goal *goals) {
    unsigned count = 0;
    for (int i = 0; i < HP_BENCH_SCALARS; i++) {
        const char *payload = hp_bench_transport_payloads[i].name;
        goals[count++] = (goal){"shared memory, times as fast as COM",
                                "com_to_shared",
                                payload,
                                it->com_to_shared[i],
                                500,
                                1,
                                ""};
        goals[count++] = (goal){"shared memory to raw ping-pong, spinning",
                                "shared_to_spinning",
                                payload,
                                it->shared_to_spin[i],
                                3,
                                0,
                                ""};
        goals[count++] = (goal){"after idling, shared memory to raw ping-pong, events",
                                "idle_to_events",
                                payload,
                                it->idle_to_events[i],
                                1.3,
                                0,
                                ""};
        goals[count++] = (goal){
            "thunk and dispatch alone", "dispatch_ns", payload, it->way[i][HP_BENCH_DISPATCH], 60, 0, " ns"};
    }
    goals[count++] = (goal){"shared memory to memcpy twice",
                            "shared_to_memcpy",
                            hp_bench_transport_payloads[HP_BENCH_LARGE].name,
                            it->shared_to_memcpy,
                            2,
                            0,
                            ""};
    const double rest = it->idle_percent;
    goals[count++] = (goal){
        "processor time of an idle update, 10 s", "idle_percent", "", {rest, rest, rest}, 0.05, 0, " %"};
    return count;
}

static const char *verdict(const goal *it) {
    if (it->value.median < 0 || (it->value.median <= 0 && it->limit > 0.05))
        return unknown;
    return (it->at_least ? it->value.median >= it->limit : it->value.median <= it->limit) ? "met" : "missed";
}

static void format_time(char text[16], double ns) {
    if (ns < 1000)
        snprintf(text, 16, ns < 100 ? "%.2f ns" : "%.0f ns", ns);
    else if (ns < 1e6)
        snprintf(text, 16, ns < 1e5 ? "%.2f us" : "%.0f us", ns / 1e3);
    else
        snprintf(text, 16, "%.2f ms", ns / 1e6);
}

static void print_row(const char *what, const hp_bench_figure *figure, int per_second) {
    char median[16], low[16], high[16];
    if (figure->median <= 0)
        return;
    format_time(median, figure->median);
    format_time(low, figure->low);
    format_time(high, figure->high);
    printf("%-4s   %-43s %10s   %10s - %-10s", arch, what, median, low, high);
    if (per_second)
        printf(" %12.0f", 1e9 / figure->median);
    puts("");
}

static void print_goals(const hp_bench_results *it) {
    goal goals[GOALS];
    const unsigned count = list_goals(it, goals);
    printf("%-4s %-71s %9s   %-9s\n", arch, "goals (ratios: round by round)", "median", "goal");
    for (unsigned i = 0; i < count; i++) {
        const char *said = verdict(&goals[i]);
        char value[16] = "-", limit[16];
        if (strcmp(said, unknown) != 0)
            snprintf(value, sizeof value, goals[i].value.median < 100 ? "%.2f" : "%.0f",
                     goals[i].value.median);
        snprintf(limit, sizeof limit, "%s %g%s", goals[i].at_least ? ">=" : "<=", goals[i].limit,
                 goals[i].unit);
        printf("%-4s   %-52s %-16s %9s   %-9s %s\n", arch, goals[i].text, goals[i].payload, value, limit,
               said);
    }
}

void hp_bench_transport_print(const hp_bench_results *it) {
    char line[64];
    printf("%-4s %-45s %10s   %-23s %12s\n", arch, "what a call costs", "median", "       quartiles",
           "calls/s");
    for (int i = 0; i < HP_BENCH_PAYLOADS; i++) {
        printf("%-4s %s\n", arch, hp_bench_transport_payloads[i].name);
        for (int way = 0; way < HP_BENCH_WAYS; way++)
            print_row(ways[way].text, &it->way[i][way], 0);
    }
    printf("%-4s %s, threads at once: for a call, of all together\n", arch,
           hp_bench_transport_payloads[HP_BENCH_USUAL].name);
    for (int shared = 0; shared < 2; shared++)
        for (int i = 0; i < HP_BENCH_STEPS; i++) {
            snprintf(line, sizeof line, "%s, %u thread%s", shared ? "over shared memory" : "over COM",
                     threads[i], threads[i] == 1 ? "" : "s");
            print_row(line, shared ? &it->threads_shared[i] : &it->threads_com[i], 1);
        }
    if (it->transport[0] != '\0')
        printf("%-4s there is no shared memory: %s\n", arch, it->transport);
    print_goals(it);
}

static void print_object(const char *what, const char *payload, unsigned number,
                         const hp_bench_figure *figure) {
    if (figure->median > 0)
        printf("  {\"arch\": \"%s\", \"call\": \"%s\", \"payload\": \"%s\", \"threads\": %u, \"median_ns\": "
               "%.2f, \"quartiles_ns\": [%.2f, %.2f]},\n",
               arch, what, payload, number, figure->median, figure->low, figure->high);
}

void hp_bench_transport_print_json(const hp_bench_results *it) {
    goal goals[GOALS];
    const unsigned count = list_goals(it, goals);
    const char *usual = hp_bench_transport_payloads[HP_BENCH_USUAL].name;
    puts("[");
    for (int i = 0; i < HP_BENCH_PAYLOADS; i++)
        for (int way = 0; way < HP_BENCH_WAYS; way++)
            print_object(ways[way].key, hp_bench_transport_payloads[i].name, 1, &it->way[i][way]);
    for (int i = 0; i < HP_BENCH_STEPS; i++) {
        print_object("com_threads", usual, threads[i], &it->threads_com[i]);
        print_object("shared_threads", usual, threads[i], &it->threads_shared[i]);
    }
    for (unsigned i = 0; i < count; i++)
        printf("  {\"arch\": \"%s\", \"goal\": \"%s\", \"payload\": \"%s\", \"median\": %.3f, \"quartiles\": "
               "[%.3f, %.3f], \"%s\": %g, \"verdict\": \"%s\"}%s\n",
               arch, goals[i].key, goals[i].payload, goals[i].value.median, goals[i].value.low,
               goals[i].value.high, goals[i].at_least ? "at_least" : "at_most", goals[i].limit,
               verdict(&goals[i]), i + 1 < count ? "," : "");
    puts("]");
}
