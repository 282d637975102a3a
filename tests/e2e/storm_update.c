// The update of the storm. Environment: FIXTURE_CLSID, a class of its own for each that a test starts.
#include <hotpatch/server.h>

#include <malloc.h>
#include <objbase.h>

#include "e2e/storm_functions.h"

static uint64_t handles(void) {
    uint64_t count = 0;
    DWORD flags;
    for (uintptr_t value = 4; value < 0x8000; value += 4)
        count += GetHandleInformation((HANDLE)value, &flags) != 0;
    return count;
}

static uint64_t private_bytes(void) {
    uint64_t total = 0;
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE)
            total += info.RegionSize;
    return total;
}

// What the libraries here hold: they allocate with malloc, and COM does not.
static uint64_t allocated_bytes(void) {
    _HEAPINFO block = {0};
    uint64_t total = 0;
    while (_heapwalk(&block) == _HEAPOK)
        if (block._useflag == _USEDENTRY)
            total += block._size;
    return total;
}

static uint64_t storm_measure(uint32_t what) {
    switch (what) {
    case STORM_HANDLES:
        return handles();
    case STORM_ALLOCATED:
        return allocated_bytes();
    case STORM_PRIVATE:
        return private_bytes();
    default:
        return HeapValidate(GetProcessHeap(), 0, NULL) && _heapchk() == _HEAPOK;
    }
}
HP_EXPORT(storm_measure, "u64(u32 what)");

int main(void) {
    wchar_t text[64];
    CLSID clsid;
    hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.Storm", .version = 1, .idle_ms = 60000};
    if (GetEnvironmentVariableW(L"FIXTURE_CLSID", text, 64) != 0 && SUCCEEDED(CLSIDFromString(text, &clsid)))
        update.clsid = &clsid;
    hp_log_set(NULL, NULL, HP_LOG_ERROR); // what is refused 200,000 times need not be said
    int code = hp_com_main(&update);
    return code != HP_NOT_A_SERVER ? code : 42;
}
