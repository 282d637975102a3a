/**
 * @file apartment.h
 * COM without touching the calling thread's apartment. Everything COM happens in the multithreaded apartment:
 * directly on threads that are in it, explicitly or because they have none; on a pool thread for callers in a
 * single-threaded one, who wait without pumping messages, so that nothing re-enters them.
 */
#ifndef HP_CLIENT_APARTMENT_H
#define HP_CLIENT_APARTMENT_H

#include "hotpatch/base.h"

/** Keeps the multithreaded apartment alive, also for threads that never heard of COM. */
typedef struct hp_apartment {
    void *cookie;  /**< of CoIncrementMTAUsage */
    PTP_POOL pool; /**< for callers in a single-threaded apartment */
} hp_apartment;

typedef void hp_apartment_job(void *context);

/** Hold the apartment. S_OK, E_OUTOFMEMORY, or COM's error. Released with hp_apartment_release. */
HRESULT hp_apartment_hold(hp_apartment *apartment);

/** Let go. May be called by a job of this very apartment. Zero-initialised is allowed. */
void hp_apartment_release(hp_apartment *apartment);

/** A job for which everything that can fail has been done beforehand. */
typedef struct hp_apartment_errand {
    hp_apartment_job *job;
    void *context;
    PTP_WORK work; /**< closed by whoever waits for it, or by the job */
    HMODULE module;
} hp_apartment_errand;

/**
 * Make a job ready to run later without failing.
 *
 * @param errand  stays where it is until the job runs
 * @return S_OK or E_OUTOFMEMORY
 */
HRESULT hp_apartment_prepare(const hp_apartment *apartment, hp_apartment_job *job, void *context,
                             hp_apartment_errand *errand);

/** Run a prepared job, once, on a pool thread in the multithreaded apartment. Does not wait, cannot fail. */
void hp_apartment_start(hp_apartment_errand *errand);

/**
 * Run a job in the multithreaded apartment and wait for it.
 *
 * @param apartment  held
 * @return S_OK once it ran; E_OUTOFMEMORY if no thread could be had: then it did not run
 */
HRESULT hp_apartment_run(const hp_apartment *apartment, hp_apartment_job *job, void *context);

/**
 * Have a job run on a pool thread, in the multithreaded apartment, and do not wait for it.
 *
 * @return S_OK: it will run, once, even if the apartment is released meanwhile; E_OUTOFMEMORY: it will not
 */
HRESULT hp_apartment_submit(const hp_apartment *apartment, hp_apartment_job *job, void *context);

#endif
