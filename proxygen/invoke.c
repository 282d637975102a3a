// What invoke does when the function that it called does not return. The frames are
// invoke_x64.S's and invoke_x86.S's.
#include "proxygen/thunk.h"

#include "hotpatch/error.h"

#define GCC_THROW 0x20474343u // C++ of gcc, x64; Microsoft's, 0xE06D7363, has the severity of an error
#define SEVERITY_OF_ERROR 3u

/*
 * What a debugger or a tool wants to see (breakpoint, single step, OutputDebugString, the naming of a thread)
 * goes on as if nobody had stood here: it has the severity of information or of a warning. But the two
 * warnings named below are raised by the processor, and break the function off as an access violation does.
 */
static int is_fault(DWORD code) {
    return code >> 30 == SEVERITY_OF_ERROR || code == GCC_THROW || code == (DWORD)EXCEPTION_GUARD_PAGE ||
           code == (DWORD)EXCEPTION_DATATYPE_MISALIGNMENT;
}

// Nobody guarantees a handler on x86 more than four bytes of alignment.
#if !HP_X64
__attribute__((force_align_arg_pointer))
#endif
HRESULT
hp_invoke_note(const EXCEPTION_RECORD *record, hp_invoke_fault *fault) {
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return S_OK;
    if (!is_fault(record->ExceptionCode))
        return S_OK;
    if (fault) {
        fault->code = record->ExceptionCode;
        fault->address = record->ExceptionAddress;
    }
    return HP_E_REPLACEMENT_FAULT;
}

#if HP_X64
void hp_invoke_resume(void); // not callable: a place in hp_invoke_call

EXCEPTION_DISPOSITION hp_invoke_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                        DISPATCHER_CONTEXT *dispatcher) {
    (void)context;
    hp_invoke_fault *fault = *(hp_invoke_fault **)((char *)frame + HP_INVOKE_FAULT);
    HRESULT hr = hp_invoke_note(record, fault);
    if (FAILED(hr))
        RtlUnwindEx(frame, (void *)(uintptr_t)hp_invoke_resume, record, (void *)(intptr_t)hr,
                    dispatcher->ContextRecord, dispatcher->HistoryTable);
    return ExceptionContinueSearch; // RtlUnwindEx does not return
}
#endif
