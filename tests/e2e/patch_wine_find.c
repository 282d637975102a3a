#include "e2e/patch_wine.h"

#include <string.h>

#include "hotpatch/base.h"

enum { JUMP = HP_X64 ? 6 : 5, ALIGNMENT = 8 };

int wine_is_here(void) {
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/* ms_hook_prologue, on x86 /hotpatch as well: mov edi, edi; push ebp; mov ebp, esp. */
static int begins_so(const unsigned char *entry) {
#if HP_X64
    static const unsigned char wanted[] = {0x48, 0x8D, 0xA4, 0x24, 0, 0, 0, 0};
#else
    static const unsigned char wanted[] = {0x8B, 0xFF, 0x55, 0x8B, 0xEC};
#endif
    return memcmp(entry, wanted, sizeof wanted) == 0;
}

static int has_room(const unsigned char *entry) {
    for (int i = 1; i <= JUMP; i++)
        if (entry[-i] != 0xCC && entry[-i] != 0x90)
            return 0;
    return (uintptr_t)entry % ALIGNMENT == 0;
}

static int is_code(const unsigned char *at) {
    MEMORY_BASIC_INFORMATION info;
    return VirtualQuery(at, &info, sizeof info) == sizeof info && info.State == MEM_COMMIT &&
           info.Protect == PAGE_EXECUTE_READ;
}

static int is_new(const wine_found *found, size_t count, const void *entry) {
    for (size_t i = 0; i < count; i++)
        if (found[i].entry == entry)
            return 0;
    return 1;
}

/* PE specification, export directory. Whoever loaded it has checked it. */
size_t wine_find(HMODULE dll, wine_found *found, size_t capacity) {
    unsigned char *base = (unsigned char *)dll;
    const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)(void *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *where = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    if (where->Size == 0)
        return 0;
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)(base + where->VirtualAddress);
    const DWORD *names = (const void *)(base + exports->AddressOfNames);
    const DWORD *functions = (const void *)(base + exports->AddressOfFunctions);
    const WORD *ordinals = (const void *)(base + exports->AddressOfNameOrdinals);
    size_t count = 0;
    for (DWORD i = 0; i < exports->NumberOfNames; i++) {
        const DWORD place = functions[ordinals[i]];
        unsigned char *entry = base + place;
        if (place - where->VirtualAddress < where->Size) /* forwarded */
            continue;
        if (!is_code(entry) || !begins_so(entry) || !has_room(entry) ||
            !is_new(found, count < capacity ? count : capacity, entry))
            continue;
        if (count < capacity)
            found[count] = (wine_found){dll, (const char *)(base + names[i]), entry};
        count++;
    }
    return count;
}
