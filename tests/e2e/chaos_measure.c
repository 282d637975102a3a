#include "e2e/chaos_measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <windows.h>
#include <tlhelp32.h>
#include <winternl.h>

typedef LONG NTAPI query_function(HANDLE handle, int what, void *data, ULONG size, ULONG *needed);

static int type_of(HANDLE handle, char *type) {
    static query_function *query;
    union {
        UNICODE_STRING name;
        unsigned char room[1024];
    } it = {0};
    ULONG needed;
    DWORD flags;
    const int type_information = 2;
    if (query == NULL)
        query =
            (query_function *)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryObject");
    if (!GetHandleInformation(handle, &flags) || query(handle, type_information, &it, sizeof it, &needed) < 0)
        return 0;
    snprintf(type, CHAOS_TYPE_CHARS, "%.*ls", (int)(it.name.Length / sizeof(wchar_t)), it.name.Buffer);
    return 1;
}

static void take_handles(chaos_measure *measure) {
    char type[CHAOS_TYPE_CHARS];
    for (uintptr_t value = 4; value < 0x20000; value += 4) {
        if (!type_of((HANDLE)value, type))
            continue;
        int i = 0;
        while (measure->handles[i].type[0] != '\0' && strcmp(measure->handles[i].type, type) != 0)
            i++;
        assert_true(i < CHAOS_TYPES - 1);
        strcpy(measure->handles[i].type, type);
        measure->handles[i].count++;
    }
}

int chaos_measure_threads(void) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    int count = 0;
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return count;
}

static void take_heap(chaos_measure *measure) {
    HANDLE heap = GetProcessHeap();
    PROCESS_HEAP_ENTRY entry = {0};
    assert_true(HeapValidate(heap, 0, NULL));
    assert_true(HeapLock(heap));
    while (HeapWalk(heap, &entry))
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            measure->blocks++;
            measure->bytes += entry.cbData;
        }
    HeapUnlock(heap);
}

/* Not GetProcessMemoryInfo: under Wine 8 it gives 0. */
static unsigned long private_memory(void) {
    MEMORY_BASIC_INFORMATION info;
    unsigned long bytes = 0;
    for (const char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (const char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE)
            bytes += (unsigned long)info.RegionSize;
    return bytes;
}

void chaos_measure_take(chaos_measure *measure) {
    memset(measure, 0, sizeof *measure);
    take_handles(measure);
    measure->threads = chaos_measure_threads();
    take_heap(measure);
    measure->private_bytes = private_memory();
}

int chaos_measure_handles(const chaos_measure *measure, const char *type) {
    for (int i = 0; i < CHAOS_TYPES; i++)
        if (strcmp(measure->handles[i].type, type) == 0)
            return measure->handles[i].count;
    return 0;
}

void chaos_measure_print(const char *what, const chaos_measure *before, const chaos_measure *after) {
    print_message(
        "# %s: threads %d, then %d; heap blocks %lu, then %lu; heap KiB %lu, then %lu; private KiB %lu, "
        "then %lu; handles",
        what, before->threads, after->threads, before->blocks, after->blocks, before->bytes / 1024,
        after->bytes / 1024, before->private_bytes / 1024, after->private_bytes / 1024);
    for (int i = 0; i < CHAOS_TYPES && after->handles[i].type[0] != '\0'; i++)
        print_message(" %s %d, then %d;", after->handles[i].type,
                      chaos_measure_handles(before, after->handles[i].type), after->handles[i].count);
    print_message("\n");
}
