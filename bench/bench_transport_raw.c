/*
 * There and back between two processes, by hand: what any transport between them has to be compared with. The
 * other process is this EXE with an argument of its own: one thread that waits for an event, one that waits
 * for another and then spins, and the first thread of all, which ends all that when the app ends. Section and
 * events have no names and are inherited.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bench/bench_transport.h"

#define ARGUMENT "ping-pong"
enum { HANDLES = 6, LINE = 64, PATIENCE_MS = 20000, SPINS_BETWEEN_LOOKS = 1 << 20, STOP = -1 };

/* A cache line each way, two apart, as processors fetch them in pairs. */
typedef struct board {
    volatile LONG there;
    char beside[2 * LINE - sizeof(LONG)];
    volatile LONG back;
    char behind[2 * LINE - sizeof(LONG)];
    unsigned char bytes[HP_BENCH_LARGE_BYTES];
} board;

/* What both have: inherited under the same values. */
typedef union handles {
    struct {
        HANDLE section, ping, pong, spin, quit, app;
    } is;
    HANDLE all[HANDLES];
} handles;

static handles mine;
static board *shared;
static HANDLE other; /* process */
static LONG turn;    /* last number that went there */
static volatile LONG failed;
static unsigned char buffer[HP_BENCH_LARGE_BYTES];

static DWORD WINAPI answer_events(void *context) {
    (void)context;
    while (WaitForSingleObject(mine.is.ping, INFINITE) == WAIT_OBJECT_0)
        SetEvent(mine.is.pong);
    return 1;
}

static DWORD WINAPI answer_spinning(void *context) {
    (void)context;
    while (WaitForSingleObject(mine.is.spin, INFINITE) == WAIT_OBJECT_0) {
        LONG last = shared->back;
        do {
            LONG next;
            while ((next = shared->there) == last)
                YieldProcessor();
            shared->back = last = next;
        } while (last != STOP);
    }
    return 1;
}

static HRESULT map_board(void) {
    shared = MapViewOfFile(mine.is.section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    return shared != NULL ? S_OK : HRESULT_FROM_WIN32(GetLastError());
}

int hp_bench_transport_raw_play(int argc, char **argv) {
    if (argc != 2 + HANDLES || strcmp(argv[1], ARGUMENT) != 0)
        return 0;
    for (int i = 0; i < HANDLES; i++)
        mine.all[i] = (HANDLE)(uintptr_t)strtoull(argv[2 + i], NULL, 10);
    if (FAILED(map_board()))
        return 1;
    const HANDLE events = CreateThread(NULL, 0, answer_events, NULL, 0, NULL);
    const HANDLE spinning = CreateThread(NULL, 0, answer_spinning, NULL, 0, NULL);
    const HANDLE ends[] = {mine.is.app, mine.is.quit};
    if (events != NULL && spinning != NULL)
        WaitForMultipleObjects(2, ends, FALSE, INFINITE);
    CloseHandle(events);
    CloseHandle(spinning);
    return 1; /* the process ends, and its threads with it */
}

static HRESULT make_handles(void) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    mine.is.section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, sizeof(board), NULL);
    mine.is.ping = CreateEventW(&inherited, FALSE, FALSE, NULL);
    mine.is.pong = CreateEventW(&inherited, FALSE, FALSE, NULL);
    mine.is.spin = CreateEventW(&inherited, FALSE, FALSE, NULL);
    mine.is.quit = CreateEventW(&inherited, TRUE, FALSE, NULL);
    DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &mine.is.app, SYNCHRONIZE,
                    TRUE, 0);
    for (int i = 0; i < HANDLES; i++)
        if (mine.all[i] == NULL)
            return HRESULT_FROM_WIN32(GetLastError());
    return map_board();
}

HRESULT hp_bench_transport_raw_open(void) {
    wchar_t path[MAX_PATH], line[2 * MAX_PATH];
    HRESULT hr = make_handles();
    if (FAILED(hr))
        return hr;
    GetModuleFileNameW(NULL, path, MAX_PATH);
    int length = swprintf(line, 2 * MAX_PATH, L"\"%ls\" " ARGUMENT, path);
    for (int i = 0; i < HANDLES && length > 0; i++)
        length += swprintf(line + length, 2 * MAX_PATH - (size_t)length, L" %llu",
                           (unsigned long long)(uintptr_t)mine.all[i]);
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    if (!CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &started))
        return HRESULT_FROM_WIN32(GetLastError());
    CloseHandle(started.hThread);
    other = started.hProcess;
    /* The update is none of these handles' business. */
    for (int i = 0; i < HANDLES; i++)
        SetHandleInformation(mine.all[i], HANDLE_FLAG_INHERIT, 0);
    memset(buffer, 1, sizeof buffer);
    hp_bench_transport_raw_events(NULL, 1); /* it is there */
    return failed ? E_FAIL : S_OK;
}

void hp_bench_transport_raw_events(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count && !failed; i++) {
        SetEvent(mine.is.ping);
        if (WaitForSingleObject(mine.is.pong, PATIENCE_MS) != WAIT_OBJECT_0)
            failed = 1;
    }
}

static void send_number(LONG number) {
    unsigned spins = 0;
    shared->there = number;
    while (shared->back != number && !failed) {
        YieldProcessor();
        if (++spins % SPINS_BETWEEN_LOOKS == 0 && WaitForSingleObject(other, 0) == WAIT_OBJECT_0)
            failed = 1;
    }
}

void hp_bench_transport_raw_spin(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        send_number(turn = (turn + 1) & LONG_MAX);
}

void hp_bench_transport_raw_enter(void *host) {
    (void)host;
    SetEvent(mine.is.spin);
    hp_bench_transport_raw_spin(NULL, 1);
}

void hp_bench_transport_raw_leave(void *host) {
    (void)host;
    send_number(STOP);
}

void hp_bench_transport_raw_copy(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++) {
        memcpy(shared->bytes, buffer, sizeof buffer);
        memcpy(buffer, shared->bytes, sizeof buffer);
    }
}

HRESULT hp_bench_transport_raw_close(void) {
    SetEvent(mine.is.quit);
    if (WaitForSingleObject(other, PATIENCE_MS) != WAIT_OBJECT_0)
        failed = 1;
    CloseHandle(other);
    UnmapViewOfFile(shared);
    for (int i = 0; i < HANDLES; i++)
        CloseHandle(mine.all[i]);
    return failed ? E_FAIL : S_OK;
}
