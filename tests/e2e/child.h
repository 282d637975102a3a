/**
 * @file child.h
 * A console program that a test talks to line by line. Failures end the running cmocka test.
 */
#ifndef HP_TESTS_E2E_CHILD_H
#define HP_TESTS_E2E_CHILD_H

#include <windows.h>

/** A running program. */
typedef struct child child;

/**
 * Start a program with stdin and stdout connected to the test.
 *
 * @param exe        path of the program
 * @param arguments  what follows it on the command line, "" for nothing
 * @return the child; ended and freed with child_end
 */
child *child_start(const wchar_t *exe, const wchar_t *arguments);

/** Write a line to its stdin. */
void child_send(child *c, const char *line);

/** Close its stdin. */
void child_close_input(child *c);

/**
 * Take the first line of its stdout that begins with a text and was not taken yet. Lines of several threads
 * come in any order; others stay where they are.
 *
 * @param prefix      what it begins with, "" for any line
 * @param timeout_ms  after this the test fails, with all that the child has said
 * @return the line, without line break; valid until child_end
 */
const char *child_expect(child *c, const char *prefix, DWORD timeout_ms);

/** Nonzero if a line that begins with the text has come and was not taken by child_expect. */
int child_has(child *c, const char *prefix);

/** Process id. */
DWORD child_pid(const child *c);

/** Wait for its end; its exit code. Fails the test after timeout_ms. */
DWORD child_wait(child *c, DWORD timeout_ms);

/** Kill it. */
void child_kill(child *c);

/** Kill it if it still runs, free everything. NULL is allowed. */
void child_end(child *c);

/** Run a program to its end; its exit code. */
DWORD child_run(const wchar_t *exe, const wchar_t *arguments, DWORD timeout_ms);

#endif
