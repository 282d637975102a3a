/** @file code_page.h  For tests: a thunk in memory of its own. */
#ifndef HP_TESTS_UNIT_CODE_PAGE_H
#define HP_TESTS_UNIT_CODE_PAGE_H

#include "proxygen/thunk.h"

/**
 * An executable thunk for a context; NULL if the system refuses. Freed with
 * VirtualFree(thunk, 0, MEM_RELEASE).
 */
static inline void *code_page_thunk(const hp_context *context) {
    unsigned char *code = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD old;
    if (!code)
        return NULL;
    hp_thunk_write(code, context);
    if (!VirtualProtect(code, 4096, PAGE_EXECUTE_READ, &old) ||
        !FlushInstructionCache(GetCurrentProcess(), code, HP_THUNK_SIZE))
        return NULL;
    return code;
}

#endif
