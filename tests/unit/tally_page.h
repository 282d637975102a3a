/** @file tally_page.h  For tests: the counting routine, thunks and jumps in memory of their own. */
#ifndef HP_TESTS_UNIT_TALLY_PAGE_H
#define HP_TESTS_UNIT_TALLY_PAGE_H

#include "hotpatch/base.h"
#include "proxygen/tally.h"

#include <string.h>

#define TALLY_PAGE_SIZE 4096
#define TALLY_PAGE_ROUTINE 1024 /**< one thunk before it, the others and the jump behind it */

typedef struct tally_page {
    unsigned char *code, *routine;
    unsigned char *thunk[3]; /**< of tally[0] ... */
    unsigned char *jump;     /**< through slot */
    hp_tally tally[3];
    void *volatile *slot; /**< in the page behind the code */
#if HP_X64
    RUNTIME_FUNCTION function;
#endif
} tally_page;

/** Build it; zero if the system refuses. Tallies are zero; the slot leads to the first thunk. */
static inline int tally_page_open(tally_page *page) {
    DWORD old;
    memset(page, 0, sizeof *page);
    unsigned char *code = VirtualAlloc(NULL, 2 * TALLY_PAGE_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!code)
        return 0;
    page->code = code;
    page->slot = (void *volatile *)(code + TALLY_PAGE_SIZE);
    page->routine = code + TALLY_PAGE_ROUTINE;
    hp_tally_write_routine(page->routine);
    for (unsigned i = 0; i < 3; i++) {
        page->thunk[i] = code + i * TALLY_PAGE_ROUTINE * 3 / 2;
        hp_tally_write_thunk(page->thunk[i], &page->tally[i], page->routine);
    }
    page->jump = page->thunk[2] + HP_TALLY_THUNK_SIZE;
    hp_tally_write_jump(page->jump, page->slot);
    *page->slot = page->thunk[0];
    if (!VirtualProtect(code, TALLY_PAGE_SIZE, PAGE_EXECUTE_READ, &old) ||
        !FlushInstructionCache(GetCurrentProcess(), code, TALLY_PAGE_SIZE))
        return 0;
#if HP_X64
    hp_tally_describe(&page->function);
    return RtlAddFunctionTable(&page->function, 1, (DWORD64)(uintptr_t)page->routine);
#else
    return 1;
#endif
}

static inline void tally_page_close(tally_page *page) {
#if HP_X64
    RtlDeleteFunctionTable(&page->function);
#endif
    VirtualFree(page->code, 0, MEM_RELEASE);
}

/** Is the address in the routine's copy? */
static inline int tally_page_in_routine(const tally_page *page, uintptr_t address) {
    return address - (uintptr_t)page->routine < HP_TALLY_ROUTINE_SIZE;
}

#endif
