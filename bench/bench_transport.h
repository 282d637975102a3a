/**
 * @file bench_transport.h
 * What a call costs, each way that it can take, all in one run: what is called, how, and what came out.
 */
#ifndef HP_BENCH_BENCH_TRANSPORT_H
#define HP_BENCH_BENCH_TRANSPORT_H

#include <hotpatch/hotpatch.h>

#include "bench/bench_clock.h"
#include "client/session.h"

enum {
    HP_BENCH_PAYLOADS = 6,
    HP_BENCH_SCALARS = 3, /**< so many of them have nothing but scalars, the first ones */
    HP_BENCH_USUAL = 1,   /**< the payload that threads call with */
    HP_BENCH_LARGE = 5,   /**< the payload that memcpy is compared with */
    HP_BENCH_LARGE_BYTES = 1 << 20,
    HP_BENCH_STEPS = 4, /**< 1, 2, 4, 8 threads */
    HP_BENCH_THREADS = 8,
    HP_BENCH_IDLE_MS = 5,     /**< before each call "after idling" */
    HP_BENCH_REST_MS = 10000, /**< how long the update's processor time is watched */
};

/** The ways to have something done. */
typedef enum hp_bench_way {
    HP_BENCH_DIRECT,      /**< the same function, never patched */
    HP_BENCH_DISPATCH,    /**< patched; the transport is replaced by an answer that is there already */
    HP_BENCH_BY_HAND,     /**< IDispatch::Invoke with the same frame, by nothing but COM */
    HP_BENCH_COM,         /**< patched, over COM */
    HP_BENCH_EVENTS,      /**< there and back between two processes by two events; no payload */
    HP_BENCH_SPIN,        /**< the same, both spinning on a cache line; no payload */
    HP_BENCH_MEMCPY,      /**< the buffer copied to shared memory and back, by memcpy */
    HP_BENCH_SHARED,      /**< patched, over shared memory, one call after the other */
    HP_BENCH_EVENTS_IDLE, /**< HP_BENCH_EVENTS, after idling */
    HP_BENCH_SHARED_IDLE, /**< HP_BENCH_SHARED, after idling */
    HP_BENCH_WAYS
} hp_bench_way;

/** What is called. */
typedef struct hp_bench_payload {
    const char *name;
    hp_bench_work *work; /**< calls; context: NULL, or anything for the twin that is never patched */
    unsigned rounds;
    unsigned direct, dispatch, com, shared; /**< calls in a round */
    uint32_t bytes;                         /**< of the buffer that goes there and back; 0: there is none */
} hp_bench_payload;

/** What came out. Nanoseconds. A median of 0: not measured. */
typedef struct hp_bench_results {
    hp_bench_figure way[HP_BENCH_PAYLOADS][HP_BENCH_WAYS];
    hp_bench_figure com_to_shared[HP_BENCH_PAYLOADS]; /**< how many times as fast shared memory is */
    hp_bench_figure shared_to_spin[HP_BENCH_PAYLOADS];
    hp_bench_figure idle_to_events[HP_BENCH_PAYLOADS];
    hp_bench_figure shared_to_memcpy;
    hp_bench_figure threads_com[HP_BENCH_STEPS]; /**< for a call, of all threads together */
    hp_bench_figure threads_shared[HP_BENCH_STEPS];
    double idle_percent; /**< processor time of an update that is not called; below 0: not measured */
    char transport[256]; /**< why there is no shared memory; empty if there is */
} hp_bench_results;

/** The update while it is measured, and the ways to it. */
typedef struct hp_bench_link {
    hp_session *session;
    hp_transport *shared; /**< NULL: there is none */
} hp_bench_link;

/* bench_transport_payload.c */

/** HP_BENCH_PAYLOADS of them. */
extern const hp_bench_payload hp_bench_transport_payloads[];

/** This process is the app, not the update: told first of all. */
void hp_bench_transport_payload_app(void);

/**
 * Processor time that the update has used, in 100 ns; UINT64_MAX if the call did not reach it.
 *
 * @param first  not 0: spend processor time in the update until its clock of it has just moved
 */
uint64_t hp_bench_transport_payload_time(int first);

/* bench_transport_link.c */

/** Calls go over COM from now on. host: the hp_bench_link. The same for the others. */
void hp_bench_transport_link_com(void *host);
void hp_bench_transport_link_shared(void *host);

/** Calls are answered at once, by nobody. */
void hp_bench_transport_link_nothing(void *host);

/** A call's frame, sent by nothing but COM: what anyone would write who has one function to call. */
typedef struct hp_bench_hand {
    IDispatch *update;
    BSTR name;
    unsigned char *frame;
    uint32_t size;
    HRESULT result; /**< of the first call that failed */
} hp_bench_hand;

/**
 * Catch the frame that a call of a payload makes.
 *
 * @param hand  receives it; freed by hp_bench_transport_link_release, on failure too
 * @return S_OK, E_OUTOFMEMORY, or what writing a frame gives
 */
HRESULT hp_bench_transport_link_catch(hp_bench_link *link, const hp_bench_payload *payload,
                                      hp_bench_hand *hand);

/** An hp_bench_work; context: the hp_bench_hand. */
void hp_bench_transport_link_by_hand(void *context, unsigned count);

/** Free what catching took. */
void hp_bench_transport_link_release(hp_bench_hand *hand);

/* bench_transport_raw.c */

/**
 * Start the process that plays ping-pong: this EXE, with an argument of its own. It ends with this process,
 * if it is not ended before.
 */
HRESULT hp_bench_transport_raw_open(void);

/** In a process that was started so: play, and return 1 when it is over. 0: it is no such process. */
int hp_bench_transport_raw_play(int argc, char **argv);

/** hp_bench_work: there and back by events. */
void hp_bench_transport_raw_events(void *context, unsigned count);

/** hp_bench_work: there and back by spinning. Between enter and leave, or nobody spins on the other side. */
void hp_bench_transport_raw_spin(void *context, unsigned count);
void hp_bench_transport_raw_enter(void *host);
void hp_bench_transport_raw_leave(void *host);

/** hp_bench_work: HP_BENCH_LARGE_BYTES to the section and back. */
void hp_bench_transport_raw_copy(void *context, unsigned count);

/** End it. S_OK; E_FAIL if the other process did not answer at some time. */
HRESULT hp_bench_transport_raw_close(void);

/* bench_transport_measure.c */

/** All of it, but for the threads. */
HRESULT hp_bench_transport_measure(hp_bench_link *link, hp_bench_results *results);

/** How many processors' time, in percent of one, the update uses when nobody calls it. Below 0: unknown. */
double hp_bench_transport_measure_rest(void);

/* bench_transport_threads.c */

/** 1, 2, 4, 8 threads at once, over COM and over shared memory. */
HRESULT hp_bench_transport_threads(hp_bench_link *link, hp_bench_results *results);

/* bench_transport_print.c */

/** The table, and the goals below it. */
void hp_bench_transport_print(const hp_bench_results *it);

/** The same for machines. */
void hp_bench_transport_print_json(const hp_bench_results *it);

#endif
