#include "e2e/chaos_ledger.h"

#include <stdint.h>
#include <windows.h>

#include "e2e/chaos_imports.h"

enum { MOST = 1 << 16 };

static volatile LONG ours[MOST]; /* by handle / 4 */
static volatile LONG count;

static HANDLE opened(HANDLE handle) {
    const uintptr_t at = (uintptr_t)handle / 4;
    if (handle != NULL && at < MOST && InterlockedExchange(&ours[at], 1) == 0)
        InterlockedIncrement(&count);
    return handle;
}

/* The system's, while the table of imports leads here. */
static __typeof__(&CreateEventW) real_create_event;
static __typeof__(&CreateFileW) real_create_file;
static __typeof__(&DuplicateHandle) real_duplicate;
static __typeof__(&CloseHandle) real_close;

static HANDLE WINAPI create_event(SECURITY_ATTRIBUTES *security, BOOL manual, BOOL set, const wchar_t *name) {
    return opened(real_create_event(security, manual, set, name));
}

static HANDLE WINAPI create_file(const wchar_t *path, DWORD access, DWORD share,
                                 SECURITY_ATTRIBUTES *security, DWORD how, DWORD flags, HANDLE pattern) {
    return opened(real_create_file(path, access, share, security, how, flags, pattern));
}

static BOOL WINAPI duplicate(HANDLE from, HANDLE handle, HANDLE to, HANDLE *made, DWORD access, BOOL inherit,
                             DWORD options) {
    const BOOL done = real_duplicate(from, handle, to, made, access, inherit, options);
    if (done && to == GetCurrentProcess() && made != NULL)
        opened(*made);
    return done;
}

static BOOL WINAPI close_handle(HANDLE handle) {
    const uintptr_t at = (uintptr_t)handle / 4;
    /* First: afterwards the value may be another handle's. */
    if (at < MOST && InterlockedExchange(&ours[at], 0) == 1)
        InterlockedDecrement(&count);
    return real_close(handle);
}

void chaos_ledger_open(void) {
    const chaos_import imports[] = {{"CreateEventW", (void *)(uintptr_t)create_event, &real_create_event},
                                    {"CreateFileW", (void *)(uintptr_t)create_file, &real_create_file},
                                    {"DuplicateHandle", (void *)(uintptr_t)duplicate, &real_duplicate},
                                    {"CloseHandle", (void *)(uintptr_t)close_handle, &real_close}};
    chaos_imports_redirect(imports, sizeof imports / sizeof *imports);
}

int chaos_ledger_count(void) {
    return count;
}
