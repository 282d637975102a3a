#include "server/guard.h"

#include <stdlib.h>

#include <windows.h>

#include "idl/fault.h"

// One thread. It is freed by the wait's callback, when the thread has ended.
typedef struct guard {
    HANDLE thread;
    HANDLE wait;
    volatile LONG inside; // calls on its stack
} guard;

static DWORD slot = TLS_OUT_OF_INDEXES;

static void CALLBACK thread_ended(void *context, BOOLEAN timed_out) {
    guard *it = context;
    (void)timed_out;
    // Nothing is logged: the thread may have held any lock.
    if (it->inside)
        TerminateProcess(GetCurrentProcess(), HP_GUARD_EXIT_CODE);
    UnregisterWaitEx(it->wait, NULL);
    CloseHandle(it->thread);
    free(it);
}

static int page_state(const char *page) {
    MEMORY_BASIC_INFORMATION info;
    if (!VirtualQuery(page, &info, sizeof info) || info.State != MEM_COMMIT)
        return 0;
    return info.Protect & PAGE_GUARD ? 2 : 1;
}

/*
 * The system delivers a stack overflow on what is left of the stack. By default that is two pages, and on x64
 * the search for a handler takes more. Wine 8 notes the guarantee, but a stack that it has committed as a
 * whole keeps its guard page, which gives the warning, next to the end: there it is moved.
 */
static void keep_stack(void) {
    enum { BYTES = 64 << 10, PAGE = 4096 };
    ULONG size = 0;
    if (!SetThreadStackGuarantee(&size)) // 0 asks what it is
        return;
    ULONG bytes = size > BYTES ? size : BYTES;
    size = bytes;
    if (!SetThreadStackGuarantee(&size))
        return;
    ULONG_PTR low;
    ULONG_PTR high;
    DWORD before;
    GetCurrentThreadStackLimits(&low, &high);
    char *end = (char *)low; // the last page is never anybody's
    char *warning = end + PAGE + bytes;
    if ((char *)high > warning && page_state(end + PAGE) == 2 && page_state(end + 2 * PAGE) == 1 &&
        page_state(warning) == 1)
        VirtualProtect(warning, PAGE, PAGE_READWRITE | PAGE_GUARD, &before);
}

// NT_TIB.StackLimit, what is in use of the stack. (gcc takes NtCurrentTeb()->... for an access out of
// bounds.)
static uintptr_t stack_limit(void) {
    uintptr_t limit;
#if HP_X64
    __asm__ volatile("movq %%gs:0x10, %0" : "=r"(limit));
#else
    __asm__ volatile("movl %%fs:0x8, %0" : "=r"(limit));
#endif
    return limit;
}

/*
 * Whoever faults with a stack pointer outside of the stack finds no handler of ours: the system does not
 * believe such frames. But RPC would answer the call, as if nothing had happened, and what we hold for it is
 * lost.
 */
static LONG CALLBACK check_stack(EXCEPTION_POINTERS *exception) {
    ULONG_PTR low;
    ULONG_PTR high;
    const DWORD last_error = GetLastError(); // TlsGetValue clears it
    const guard *it = TlsGetValue(slot);
    SetLastError(last_error);
    const DWORD code = exception->ExceptionRecord->ExceptionCode;
#if HP_X64
    const uintptr_t sp = exception->ContextRecord->Rsp;
#else
    const uintptr_t sp = exception->ContextRecord->Esp;
#endif
    GetCurrentThreadStackLimits(&low, &high);
    if (it && it->inside && code >> 30 == 3 && code != (DWORD)EXCEPTION_STACK_OVERFLOW &&
        (sp < stack_limit() || sp >= high))
        TerminateProcess(GetCurrentProcess(), code);
    return EXCEPTION_CONTINUE_SEARCH;
}

static BOOL CALLBACK make_slot(INIT_ONCE *once, void *parameter, void **context) {
    (void)once;
    (void)parameter;
    (void)context;
    slot = HP_FAULT("slot for guards") ? TLS_OUT_OF_INDEXES : TlsAlloc();
    if (slot == TLS_OUT_OF_INDEXES)
        return FALSE; // the next call tries again
    if (HP_FAULT("handler of exceptions") || !AddVectoredExceptionHandler(1, check_stack)) {
        TlsFree(slot);
        return FALSE;
    }
    return TRUE;
}

static guard *make_guard(void) {
    guard *it = HP_FAULT("memory for a guard") ? NULL : calloc(1, sizeof *it);
    HANDLE process = GetCurrentProcess();
    if (!it)
        return NULL;
    if (HP_FAULT("handle of a thread") ||
        !DuplicateHandle(process, GetCurrentThread(), process, &it->thread, SYNCHRONIZE, FALSE, 0)) {
        free(it);
        return NULL;
    }
    if (HP_FAULT("guard of a thread") || !TlsSetValue(slot, it) || HP_FAULT("wait for a thread") ||
        !RegisterWaitForSingleObject(&it->wait, it->thread, thread_ended, it, INFINITE, WT_EXECUTEONLYONCE)) {
        TlsSetValue(slot, NULL);
        CloseHandle(it->thread);
        free(it);
        return NULL;
    }
    return it;
}

void *hp_guard_enter(void) {
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    if (!InitOnceExecuteOnce(&once, make_slot, NULL, NULL))
        return NULL;
    guard *it = TlsGetValue(slot);
    if (!it) {
        keep_stack();
        it = make_guard();
    }
    if (it)
        it->inside++;
    return it;
}

void hp_guard_leave(void *it) {
    if (it)
        ((guard *)it)->inside--;
}
