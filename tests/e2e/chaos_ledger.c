#include "e2e/chaos_ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <windows.h>

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

static int redirect(IMAGE_THUNK_DATA *slot, const char *name) {
    const struct {
        const char *name;
        void *instead, *real;
    } known[] = {{"CreateEventW", (void *)(uintptr_t)create_event, &real_create_event},
                 {"CreateFileW", (void *)(uintptr_t)create_file, &real_create_file},
                 {"DuplicateHandle", (void *)(uintptr_t)duplicate, &real_duplicate},
                 {"CloseHandle", (void *)(uintptr_t)close_handle, &real_close}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        DWORD before;
        if (strcmp(known[i].name, name) != 0)
            continue;
        assert_true(VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before));
        memcpy(known[i].real, &slot->u1.Function, sizeof slot->u1.Function);
        slot->u1.Function = (uintptr_t)known[i].instead;
        VirtualProtect(slot, sizeof *slot, before, &before);
        return 1;
    }
    return 0;
}

void chaos_ledger_open(void) {
    unsigned char *base = (unsigned char *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *image = (const void *)(base + ((const IMAGE_DOS_HEADER *)(void *)base)->e_lfanew);
    const IMAGE_IMPORT_DESCRIPTOR *dll =
        (const void *)(base +
                       image->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress);
    int found = 0;
    for (; dll->FirstThunk != 0; dll++) {
        const IMAGE_THUNK_DATA *name = (const void *)(base + dll->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slot = (void *)(base + dll->FirstThunk);
        for (; name->u1.AddressOfData != 0; name++, slot++)
            if (!IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
                found += redirect(slot, (const char *)base + name->u1.AddressOfData + sizeof(WORD));
    }
    assert_int_equal(found, 4);
}

int chaos_ledger_count(void) {
    return count;
}
