/**
 * @file session_app.h
 * The app of the tests of sessions, watches and faults: its patchable functions, and what all three
 * tests do with them. The updates stand beside the test as session_*.exe; see session_update.c.
 * Failures end the running test.
 */
#ifndef HP_TESTS_E2E_SESSION_APP_H
#define HP_TESTS_E2E_SESSION_APP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "hotpatch/client.h"

#define SESSION L"Hotpatch.Session"
#define OTHER L"Hotpatch.Other"

/** Longest wait for something that has to happen. */
#define PATIENCE_MS 30000

/* What they return in the app, and in version v of the update. */
int session_add(int a, int b);                                        /* a + b; a + b + 1000 * v */
int session_where(void);                                              /* 0; v */
int session_first(void);                                              /* 0; 1. Only version 1 offers it. */
int session_second(void);                                             /* 0; 2. Only version 2 offers it. */
int session_text(const wchar_t *text, char *copy, unsigned capacity); /* 0 and "app"; v and text */
int session_stay(const wchar_t *entered, const wchar_t *leave); /* -5; v, when the event "leave" is set */
int session_other(void);                                        /* 0; 7, in the update of OTHER */

/** Code bytes and page protections of all of them. */
typedef struct session_code {
    unsigned char bytes[7][32];
    DWORD protection[7][2];
} session_code;

void session_code_take(session_code *code);

/** Fail unless everything is as it was. */
void session_code_expect(const session_code *before);

/** Entry of a function, by its place in the list above. */
unsigned char *session_entry(int which);

/** Path of an EXE beside the test's. Static memory. */
const wchar_t *session_path(const wchar_t *file);

/** Run an EXE beside the test's with /regserver or /unregserver. */
void session_register(const wchar_t *file);
void session_unregister(const wchar_t *file);

/** Options that work under Wine. */
hp_attach_options session_options(void);

/**
 * Attach, expect S_OK. Returns a handle to the update's process (SYNCHRONIZE,
 * TERMINATE), closed by the caller.
 */
HANDLE session_attach(const wchar_t *progid);

/** Wait for a process to end and close the handle. */
void session_expect_end(HANDLE process);

/** Wait until no process of that name runs. */
void session_expect_no_process(const wchar_t *file);

/** Number of processes of that name. */
int session_count_processes(const wchar_t *file);

/** Number of this process's handles. */
DWORD session_handles(void);

/**
 * The same, once it is at most this, or after some seconds: threads of a closed pool end by themselves, and
 * nothing tells when.
 */
DWORD session_handles_at_most(DWORD most);

/** Yield until a condition holds that nobody signals; 0 after PATIENCE_MS. */
int session_wait_for(int (*condition)(void *context), void *context);

#endif
