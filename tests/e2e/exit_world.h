/**
 * @file exit_world.h
 * What the tests of the process's end share: the app, exit_app.c, as a child, and its update. Failures end
 * the running test.
 */
#ifndef HP_TESTS_E2E_EXIT_WORLD_H
#define HP_TESTS_E2E_EXIT_WORLD_H

#include "e2e/child.h"
#include "e2e/policy_app.h"
#include "e2e/session_app.h"

/*
 * How long an end may take by design, see docs/architecture.md, "Exit". A busy machine may be slower: each
 * way has three tries, and only one that waits where it should not is too slow in all of them.
 */
enum {
    EXIT_AT_ONCE_MS = 900,    /* nothing is waited for: less than the seconds of the client's limits */
    EXIT_FAREWELL_MS = 4500,  /* an update that does not listen: 2 s to take leave, 2 s to end */
    EXIT_ABANDONED_MS = 9500, /* a call that nobody waits for any more: 5 s, and the same */
};

typedef struct exit_world {
    const wchar_t *exe; /* of the update, which is registered */
    child *app;
    HANDLE update;
    DWORD pid;     /* of the update */
    unsigned took; /* ms from the word to the end */
    int tries;
    HANDLE entered, leave; /* POLICY_ENTERED, POLICY_LEAVE */
} exit_world;

extern exit_world exit_now;

/** Start the app, which attaches, with the way in which it shall end. */
void exit_start(const wchar_t *way);

/** Give it the word, and wait for its end with this exit code. */
void exit_finish(DWORD code);

/** The app's two calls in DLL_PROCESS_DETACH go to the update through shared memory; over COM they do not. */
void exit_expect_answers(void);

/** The same where nobody answers. */
void exit_expect_originals(void);

/** Give it the word, and wait for that; took is how long it was. */
void exit_say_word(void);

/** The app, which has taken nothing back, says what is possible when all other threads are gone. */
void exit_expect_detach_notice(void);

/** The same, without the two calls that come first. */
void exit_expect_detach(void);

/** Wait for the update's end. */
void exit_expect_update_ends(void);

/** Did this end take longer than by design? Then the world is made anew for another try. */
int exit_is_late(unsigned bound);

/** Of cmocka: a group's set-up, for policy_update.exe unless exit_now.exe says another, and what goes before
 * and after each test. */
int exit_set_up(void **state);
int exit_begin(void **state);
int exit_end(void **state);

#endif
