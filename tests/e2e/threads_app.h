/**
 * @file threads_app.h
 * The app of the tests of threads and of moving from version to version. Every call of threads_call has a
 * ticket, and whoever runs it notes that in memory that app and update share: so it can be counted who ran
 * what.
 */
#ifndef HP_TESTS_E2E_THREADS_APP_H
#define HP_TESTS_E2E_THREADS_APP_H

#include <stdint.h>

#include <windows.h>

#define THREADS L"Hotpatch.Threads"
#define THREADS_LEDGER L"Local\\hotpatch-threads-ledger"
#define THREADS_ENTERED L"Local\\hotpatch-threads-entered"
#define THREADS_LEAVE L"Local\\hotpatch-threads-leave"

enum { THREADS_TICKETS = 1 << 18, THREADS_VERSIONS = 4 };

/** Runs of each ticket, by version; version 0 is the app. */
typedef struct threads_ledger {
    volatile unsigned char runs[THREADS_VERSIONS][THREADS_TICKETS];
} threads_ledger;

/** The ledger, mapped once per process. NULL if it cannot be had. */
threads_ledger *threads_ledger_open(void);

int threads_call(uint32_t ticket); /* version * 1,000,000 + ticket; notes it */
int threads_hold(int a);           /* the same; in the update when THREADS_LEAVE is set */
int threads_outer(int a);          /* faults in the update; the app calls threads_inner */
int threads_inner(int a);          /* version * 1,000,000 + a */

#endif
