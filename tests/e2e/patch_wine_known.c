#include "e2e/patch_wine.h"

#include <string.h>

/* What hp_patch_commit fills in and the replacements call. */
static void *below[WINE_KNOWN];

enum { TICKS, TICKS64, ATTRIBUTES, OPEN, CLOSE, MODULE, ALLOCATE, RELEASE };

#define COUNT(which) InterlockedIncrement(&wine_known_functions[which].count)
#define CALL(type, run) ((type *)(uintptr_t)(run))

typedef DWORD WINAPI ticks(void);
static DWORD WINAPI new_ticks(void) {
    COUNT(TICKS);
    return CALL(ticks, below[TICKS])();
}
static int use_ticks(void *run) {
    const DWORD once = CALL(ticks, run)();
    return CALL(ticks, run)() - once < 60000;
}

typedef ULONGLONG WINAPI ticks64(void);
static ULONGLONG WINAPI new_ticks64(void) {
    COUNT(TICKS64);
    return CALL(ticks64, below[TICKS64])();
}
static int use_ticks64(void *run) {
    const ULONGLONG once = CALL(ticks64, run)();
    return CALL(ticks64, run)() - once < 60000;
}

typedef DWORD WINAPI attributes(const wchar_t *name);
static DWORD WINAPI new_attributes(const wchar_t *name) {
    COUNT(ATTRIBUTES);
    return CALL(attributes, below[ATTRIBUTES])(name);
}
static int use_attributes(void *run) {
    SetLastError(0);
    return CALL(attributes, run)(L"C:\\no such file") == INVALID_FILE_ATTRIBUTES &&
           GetLastError() == ERROR_FILE_NOT_FOUND;
}

typedef HANDLE WINAPI open(const wchar_t *name, DWORD access, DWORD share, void *security, DWORD how,
                           DWORD flags, HANDLE template_file);
static HANDLE WINAPI new_open(const wchar_t *name, DWORD access, DWORD share, void *security, DWORD how,
                              DWORD flags, HANDLE template_file) {
    COUNT(OPEN);
    return CALL(open, below[OPEN])(name, access, share, security, how, flags, template_file);
}
static int use_open(void *run) {
    HANDLE file = CALL(open, run)(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    return file != INVALID_HANDLE_VALUE && CloseHandle(file);
}

typedef BOOL WINAPI close(HANDLE handle);
static BOOL WINAPI new_close(HANDLE handle) {
    COUNT(CLOSE);
    return CALL(close, below[CLOSE])(handle);
}
static int use_close(void *run) {
    return CALL(close, run)(CreateEventW(NULL, FALSE, FALSE, NULL));
}

typedef HMODULE WINAPI module(const wchar_t *name);
static HMODULE WINAPI new_module(const wchar_t *name) {
    COUNT(MODULE);
    return CALL(module, below[MODULE])(name);
}
static int use_module(void *run) {
    static HMODULE ntdll;
    HMODULE found = CALL(module, run)(L"ntdll.dll");
    return found != NULL && (ntdll == NULL || found == ntdll) && (ntdll = found) != NULL;
}

typedef void *WINAPI allocate(HANDLE heap, ULONG flags, SIZE_T size);
static void *WINAPI new_allocate(HANDLE heap, ULONG flags, SIZE_T size) {
    COUNT(ALLOCATE);
    return CALL(allocate, below[ALLOCATE])(heap, flags, size);
}
static int use_allocate(void *run) {
    unsigned char *memory = CALL(allocate, run)(GetProcessHeap(), HEAP_ZERO_MEMORY, 4096);
    return memory != NULL && memory[4095] == 0 && HeapFree(GetProcessHeap(), 0, memory);
}

/* The whole register: whether it is a BOOLEAN or an ULONG differs. */
typedef uintptr_t WINAPI release(HANDLE heap, ULONG flags, void *memory);
static uintptr_t WINAPI new_release(HANDLE heap, ULONG flags, void *memory) {
    COUNT(RELEASE);
    return CALL(release, below[RELEASE])(heap, flags, memory);
}
static int use_release(void *run) {
    return (CALL(release, run)(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 100)) & 0xFF) != 0;
}

#define AT(function) ((void *)(function))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
wine_known wine_known_functions[WINE_KNOWN] = {
    [TICKS] = {"GetTickCount", "stdcall u32()", AT(new_ticks), &below[TICKS], 0, use_ticks, NULL, NULL},
    [TICKS64] = {"GetTickCount64", "stdcall u64()", AT(new_ticks64), &below[TICKS64], 0, use_ticks64, NULL,
                 NULL},
    [ATTRIBUTES] = {"GetFileAttributesW", "stdcall u32(in wstr name)", AT(new_attributes), &below[ATTRIBUTES],
                    0, use_attributes, NULL, NULL},
    [OPEN] = {"CreateFileW", "stdcall handle(in wstr, u32, u32, handle, u32, u32, handle)", AT(new_open),
              &below[OPEN], 0, use_open, NULL, NULL},
    [CLOSE] = {"CloseHandle", "stdcall i32(handle)", AT(new_close), &below[CLOSE], 0, use_close, NULL, NULL},
    [MODULE] = {"GetModuleHandleW", "stdcall handle(in wstr name)", AT(new_module), &below[MODULE], 0,
                use_module, NULL, NULL},
    [ALLOCATE] = {"RtlAllocateHeap", "stdcall handle(handle heap, u32 flags, usize size)", AT(new_allocate),
                  &below[ALLOCATE], 0, use_allocate, NULL, NULL},
    [RELEASE] = {"RtlFreeHeap", "stdcall usize(handle heap, u32 flags, handle memory)", AT(new_release),
                 &below[RELEASE], 0, use_release, NULL, NULL},
};
#pragma GCC diagnostic pop
