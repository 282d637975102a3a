#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "e2e/child.h"
#include "support/process.h"

enum { LINES = 512, LINE_BYTES = 1024 };

struct child {
    HANDLE process;
    DWORD pid;
    HANDLE input;  /* its stdin, our end */
    HANDLE output; /* its stdout, our end; read by the reader only */
    HANDLE reader;
    CRITICAL_SECTION lock; /* of what follows */
    CONDITION_VARIABLE came;
    int closed; /* no more lines will come */
    int lines;
    unsigned char taken[LINES];
    char line[LINES][LINE_BYTES];
};

static void add_line(child *c, char *text, size_t length) {
    if (length > 0 && text[length - 1] == '\r')
        length--;
    EnterCriticalSection(&c->lock);
    if (c->lines < LINES) {
        memcpy(c->line[c->lines], text, length);
        c->line[c->lines++][length] = 0;
    }
    WakeAllConditionVariable(&c->came);
    LeaveCriticalSection(&c->lock);
}

static DWORD WINAPI read_lines(void *context) {
    child *c = context;
    char text[LINE_BYTES];
    size_t length = 0;
    char byte;
    DWORD got;
    while (ReadFile(c->output, &byte, 1, &got, NULL) && got == 1) {
        if (byte == '\n') {
            add_line(c, text, length);
            length = 0;
        } else if (length < sizeof text - 1) {
            text[length++] = byte;
        }
    }
    EnterCriticalSection(&c->lock);
    c->closed = 1;
    WakeAllConditionVariable(&c->came);
    LeaveCriticalSection(&c->lock);
    return 0;
}

static HANDLE start(const wchar_t *exe, const wchar_t *arguments, HANDLE input, HANDLE output, DWORD *pid) {
    const process_heritage heritage = {
        .input = input, .output = output, .error = GetStdHandle(STD_ERROR_HANDLE)};
    PROCESS_INFORMATION started;
    if (!process_start(exe, arguments, &heritage, &started))
        fail_msg("%ls does not start: %lu", exe, GetLastError());
    CloseHandle(started.hThread);
    *pid = started.dwProcessId;
    return started.hProcess;
}

child *child_start(const wchar_t *exe, const wchar_t *arguments) {
    child *c = calloc(1, sizeof *c);
    assert_non_null(c);
    InitializeCriticalSection(&c->lock);
    InitializeConditionVariable(&c->came);
    HANDLE input, output;
    assert_true(CreatePipe(&input, &c->input, NULL, 0));
    assert_true(CreatePipe(&c->output, &output, NULL, 0));
    assert_true(SetHandleInformation(input, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    assert_true(SetHandleInformation(output, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    c->process = start(exe, arguments, input, output, &c->pid);
    CloseHandle(input);
    CloseHandle(output);
    c->reader = CreateThread(NULL, 0, read_lines, c, 0, NULL);
    assert_non_null(c->reader);
    return c;
}

void child_send(child *c, const char *line) {
    char text[128];
    int length = snprintf(text, sizeof text, "%s\r\n", line);
    DWORD written;
    assert_true(WriteFile(c->input, text, (DWORD)length, &written, NULL));
    assert_int_equal(written, length);
}

void child_close_input(child *c) {
    if (c->input != NULL)
        CloseHandle(c->input);
    c->input = NULL;
}

/* Index of the first line not yet taken that begins with the prefix, or -1. Under the lock. */
static int find_line(const child *c, const char *prefix) {
    for (int i = 0; i < c->lines; i++)
        if (!c->taken[i] && strncmp(c->line[i], prefix, strlen(prefix)) == 0)
            return i;
    return -1;
}

static void say_all(child *c) {
    EnterCriticalSection(&c->lock);
    for (int i = 0; i < c->lines; i++)
        print_message("# process %lu said: %s\n", c->pid, c->line[i]);
    LeaveCriticalSection(&c->lock);
}

const char *child_expect(child *c, const char *prefix, DWORD timeout_ms) {
    ULONGLONG deadline = GetTickCount64() + timeout_ms;
    EnterCriticalSection(&c->lock);
    int found;
    while ((found = find_line(c, prefix)) < 0 && !c->closed) {
        ULONGLONG now = GetTickCount64();
        if (now >= deadline || !SleepConditionVariableCS(&c->came, &c->lock, (DWORD)(deadline - now)))
            break;
    }
    if (found >= 0)
        c->taken[found] = 1;
    LeaveCriticalSection(&c->lock);
    if (found < 0) {
        say_all(c);
        fail_msg("process %lu did not say \"%s...\" within %lu ms", c->pid, prefix, timeout_ms);
    }
    return c->line[found];
}

int child_has(child *c, const char *prefix) {
    EnterCriticalSection(&c->lock);
    int found = find_line(c, prefix);
    LeaveCriticalSection(&c->lock);
    return found >= 0;
}

DWORD child_pid(const child *c) {
    return c->pid;
}

static DWORD wait_end(HANDLE process, DWORD pid, DWORD timeout_ms) {
    DWORD code = 0;
    if (WaitForSingleObject(process, timeout_ms) != WAIT_OBJECT_0)
        fail_msg("process %lu did not end within %lu ms", pid, timeout_ms);
    assert_true(GetExitCodeProcess(process, &code));
    return code;
}

DWORD child_wait(child *c, DWORD timeout_ms) {
    if (WaitForSingleObject(c->process, timeout_ms) != WAIT_OBJECT_0)
        say_all(c);
    return wait_end(c->process, c->pid, timeout_ms);
}

void child_kill(child *c) {
    assert_true(TerminateProcess(c->process, 99));
    assert_int_equal(WaitForSingleObject(c->process, 10000), WAIT_OBJECT_0);
}

void child_end(child *c) {
    if (c == NULL)
        return;
    TerminateProcess(c->process, 99);
    WaitForSingleObject(c->process, INFINITE);
    child_close_input(c);
    /* An update that the child started may have inherited its stdout and live a little longer. */
    while (WaitForSingleObject(c->reader, 50) == WAIT_TIMEOUT)
        CancelSynchronousIo(c->reader);
    CloseHandle(c->reader);
    CloseHandle(c->output);
    CloseHandle(c->process);
    DeleteCriticalSection(&c->lock);
    free(c);
}

DWORD child_run(const wchar_t *exe, const wchar_t *arguments, DWORD timeout_ms) {
    DWORD pid;
    HANDLE process =
        start(exe, arguments, GetStdHandle(STD_INPUT_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE), &pid);
    DWORD code = wait_end(process, pid, timeout_ms);
    CloseHandle(process);
    return code;
}
