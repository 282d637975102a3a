// What invoke does when the function that it called does not return. The frames are
// invoke_x64.S's and invoke_x86.S's.
#include "proxygen/thunk.h"

#include "hotpatch/error.h"
#include "idl/frame.h"

#define GCC_THROW 0x20474343u // C++ of gcc, x64; Microsoft's, 0xE06D7363, has the severity of an error
#define HEAP_CORRUPTION 0xC0000374u
#define STACK_BUFFER_OVERRUN 0xC0000409u

/*
 * What a debugger or a tool wants to see (breakpoint, single step, OutputDebugString, the naming of a thread)
 * goes on as if nobody had stood here. All else breaks the function off, whatever its severity: nobody below
 * has handled it, and above COM would, over frames of ours that have to clean up.
 */
static int is_fault(DWORD code) {
    switch (code) {
    case (DWORD)EXCEPTION_BREAKPOINT:
    case (DWORD)EXCEPTION_SINGLE_STEP:
    case 0x40010005u: /* DBG_CONTROL_C */
    case 0x40010006u: /* DBG_PRINTEXCEPTION_C */
    case 0x4001000Au: /* DBG_PRINTEXCEPTION_WIDE_C */
    case 0x406D1388u: /* name of a thread */
        return 0;
    default:
        return 1;
    }
}

static void note(const EXCEPTION_RECORD *record, hp_invoke_fault *fault) {
    fault->code = record->ExceptionCode;
    fault->address = record->ExceptionAddress;
    fault->parameters = record->NumberParameters < 2 ? record->NumberParameters : 2;
    for (DWORD i = 0; i < 2; ++i)
        fault->parameter[i] = i < fault->parameters ? record->ExceptionInformation[i] : 0;
    fault->thrown = fault->code == GCC_THROW ? (void *)fault->parameter[0] : NULL;
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
    // COM would catch this and go on.
    if (record->ExceptionCode == HEAP_CORRUPTION || record->ExceptionCode == STACK_BUFFER_OVERRUN)
        TerminateProcess(GetCurrentProcess(), record->ExceptionCode);
    if (fault)
        note(record, fault);
    return HP_E_REPLACEMENT_FAULT;
}

_Static_assert(HP_INVOKE_CONTROL == (HP_FRAME_MODES & 0xFFFF), "the lower half of modes");
_Static_assert((HRESULT)HP_INVOKE_BROKEN_OFF == HP_E_REPLACEMENT_FAULT, "what the assembler returns");

#if HP_X64
void hp_invoke_resume(void); // not callable: a place in hp_invoke_call

/*
 * Each frame of C++ that has something to clean up stops the unwinding, and when that is done begins it anew.
 * Where it is to end it reads from what was thrown, as the frame that catches is to have noted there: its
 * address, where it goes on, and a value for rdx (libgcc's and LLVM's protocol for x64).
 */
static void note_target(EXCEPTION_RECORD *record, void *frame) {
    typedef struct thrown_header {
        uint64_t exception_class;
        void *cleanup;
        uint64_t own[4];
    } thrown_header;
    thrown_header *thrown = (thrown_header *)record->ExceptionInformation[0];
    record->NumberParameters = 4;
    thrown->own[1] = record->ExceptionInformation[1] = (ULONG_PTR)frame;
    thrown->own[2] = record->ExceptionInformation[2] = (ULONG_PTR)hp_invoke_resume;
    thrown->own[3] = record->ExceptionInformation[3] = 0;
}

EXCEPTION_DISPOSITION hp_invoke_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                        DISPATCHER_CONTEXT *dispatcher) {
    (void)context;
    hp_invoke_fault *fault = *(hp_invoke_fault **)((char *)frame + HP_INVOKE_FAULT);
    if (SUCCEEDED(hp_invoke_note(record, fault)))
        return ExceptionContinueSearch;
    if (record->ExceptionCode == GCC_THROW && record->NumberParameters)
        note_target(record, frame);
    RtlUnwindEx(frame, (void *)(uintptr_t)hp_invoke_resume, record, NULL, dispatcher->ContextRecord,
                dispatcher->HistoryTable);
    return ExceptionContinueSearch; // RtlUnwindEx does not return
}
#else
// Itanium C++ ABI, "Exception Handling", 1.1, 1.5 and 1.6.
enum { SEARCH_PHASE = 1, HANDLER_FRAME = 4, FORCE_UNWIND = 8 };
enum { HANDLER_FOUND = 6, CONTINUE_UNWIND = 8 };

void *hp_invoke_innermost(void); // its exception record
_Noreturn void hp_invoke_land(void *record);

/*
 * The personality of hp_invoke_call's frame: it takes every throw, and when the frames below are cleaned up
 * leaves like longjmp. Which frame it is is not asked of the unwinder, whose functions a program in C does
 * not have: the innermost one that is being walked over is also the first of ours in the list of handlers.
 */
__attribute__((force_align_arg_pointer)) int
hp_invoke_personality(int version, int actions, uint64_t exception_class, void *thrown, void *context) {
    (void)exception_class;
    (void)context;
    if (version != 1 || (actions & FORCE_UNWIND))
        return CONTINUE_UNWIND;
    if (actions & SEARCH_PHASE)
        return HANDLER_FOUND;
    if (!(actions & HANDLER_FRAME))
        return CONTINUE_UNWIND;
    char *record = hp_invoke_innermost();
    hp_invoke_fault *fault = *(hp_invoke_fault **)(record + HP_INVOKE_RECORD + HP_INVOKE_FAULT);
    if (fault)
        *fault = (hp_invoke_fault){.code = GCC_THROW, .thrown = thrown};
    hp_invoke_land(record);
}
#endif
