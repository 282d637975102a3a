/**
 * @file process.h
 * Starting another program. All tests do it here; what they say to it and how long they wait is their own.
 */
#ifndef HP_TESTS_SUPPORT_PROCESS_H
#define HP_TESTS_SUPPORT_PROCESS_H

#include <windows.h>

/** What a program inherits: these handles, which have to be inheritable, and no others. NULL: nothing. */
typedef struct process_heritage {
    HANDLE input, output,
        error;    /**< its stdin, stdout, stderr; with one of them given, a missing one is closed */
    HANDLE other; /**< a handle that it is told of by other means */
} process_heritage;

/**
 * Start a program.
 *
 * @param exe        its path
 * @param arguments  what follows it on the command line, "" for nothing
 * @param heritage   what it inherits, NULL for no handle
 * @param started    receives its handles, which the caller closes, and ids
 * @return FALSE with GetLastError() if it does not start
 */
BOOL process_start(const wchar_t *exe, const wchar_t *arguments, const process_heritage *heritage,
                   PROCESS_INFORMATION *started);

#endif
