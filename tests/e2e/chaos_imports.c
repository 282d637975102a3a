#include "e2e/chaos_imports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <windows.h>

static void redirect(IMAGE_THUNK_DATA *slot, const char *name, const chaos_import *imports, size_t count,
                     unsigned *found) {
    for (size_t i = 0; i < count; i++) {
        DWORD before;
        if (strcmp(imports[i].name, name) != 0)
            continue;
        assert_true(VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before));
        memcpy(imports[i].real, &slot->u1.Function, sizeof slot->u1.Function);
        slot->u1.Function = (uintptr_t)imports[i].instead;
        VirtualProtect(slot, sizeof *slot, before, &before);
        *found |= 1u << i;
    }
}

void chaos_imports_redirect(const chaos_import *imports, size_t count) {
    unsigned char *base = (unsigned char *)GetModuleHandleW(NULL);
    const IMAGE_NT_HEADERS *image = (const void *)(base + ((const IMAGE_DOS_HEADER *)(void *)base)->e_lfanew);
    const IMAGE_IMPORT_DESCRIPTOR *dll =
        (const void *)(base +
                       image->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress);
    unsigned found = 0;
    for (; dll->FirstThunk != 0; dll++) {
        const IMAGE_THUNK_DATA *name = (const void *)(base + dll->OriginalFirstThunk);
        IMAGE_THUNK_DATA *slot = (void *)(base + dll->FirstThunk);
        for (; name->u1.AddressOfData != 0; name++, slot++)
            if (!IMAGE_SNAP_BY_ORDINAL(name->u1.Ordinal))
                redirect(slot, (const char *)base + name->u1.AddressOfData + sizeof(WORD), imports, count,
                         &found);
    }
    for (size_t i = 0; i < count; i++)
        if (!(found >> i & 1))
            fail_msg("%s is not imported", imports[i].name);
}
