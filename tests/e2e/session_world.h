/**
 * @file session_world.h
 * What the tests of sessions share, besides the app: the state before and after, and a call that stays
 * inside. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_SESSION_WORLD_H
#define HP_TESTS_E2E_SESSION_WORLD_H

#include "e2e/session_app.h"

#include <windows.h>

/** The app's code when the tests began. */
extern session_code session_original;

/** Attach with options that work under Wine, whatever comes of it. */
HRESULT session_attach_quietly(const wchar_t *progid);

/** Detach, expect S_OK. */
void session_detach(const wchar_t *progid);

/** Every function is that version's; 0 is the app. */
void session_expect_version(int version);

/** The same for version 0, and all code is as it was. */
void session_expect_original(void);

/** A call of session_stay that stays inside until it is let go. */
typedef struct session_guest {
    HANDLE entered, leave, thread;
    int result;
    HWND window; /* of an STA that calls; NULL for a thread without COM */
} session_guest;

/** Make the events; for a call that is to be made by session_guest_inside. */
void session_guest_prepare(session_guest *it);

/** The same, and a thread that is inside when this returns. */
void session_guest_begin(session_guest *it);

/** The call; of a thread, whose context is a session_guest. */
DWORD WINAPI session_guest_inside(void *context);

/** Let the call go, and free what there is. What it returned. */
int session_guest_end(session_guest *it);

/** Of cmocka's groups: take the code, register version 1; unregister it. */
int session_set_up(void **state);
int session_tear_down(void **state);

/** After each test: so that one that failed does not fail those after it. */
int session_detach_all(void **state);

#endif
