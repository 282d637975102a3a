#include "e2e/freeze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <tlhelp32.h>

enum { MOST = 512 };

struct freeze {
    int count;
    HANDLE threads[MOST];
    DWORD ids[MOST];
};

static int is_known(const freeze *it, DWORD id) {
    for (int i = 0; i < it->count; i++)
        if (it->ids[i] == id)
            return 1;
    return 0;
}

/* The suspension may still be on its way to the thread: whoever asks for its registers waits until it stands
 * still. */
static void await_still(HANDLE thread) {
    CONTEXT registers = {.ContextFlags = CONTEXT_CONTROL};
    GetThreadContext(thread, &registers);
}

/* Those that are new. */
static void suspend_others(freeze *it, DWORD pid, int still) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry)) {
        if (entry.th32OwnerProcessID != pid || it->count == MOST || is_known(it, entry.th32ThreadID))
            continue;
        HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT, FALSE, entry.th32ThreadID);
        if (thread == NULL)
            continue; /* ended since */
        if (SuspendThread(thread) != (DWORD)-1 && still)
            await_still(thread);
        it->ids[it->count] = entry.th32ThreadID;
        it->threads[it->count++] = thread;
    }
    CloseHandle(all);
}

/* The process may make threads meanwhile: so until none is new. */
static freeze *begin(DWORD pid, int still) {
    freeze *it = calloc(1, sizeof *it);
    assert_non_null(it);
    for (int before = -1; before < it->count;) {
        before = it->count;
        suspend_others(it, pid, still);
    }
    return it;
}

freeze *freeze_begin(DWORD pid) {
    return begin(pid, 1);
}

freeze *freeze_begin_soon(DWORD pid) {
    return begin(pid, 0);
}

static void end(freeze *it, int resume) {
    for (int i = 0; it != NULL && i < it->count; i++) {
        if (resume)
            ResumeThread(it->threads[i]);
        CloseHandle(it->threads[i]);
    }
    free(it);
}

void freeze_thaw(freeze *it) {
    end(it, 1);
}

void freeze_forget(freeze *it) {
    end(it, 0);
}
