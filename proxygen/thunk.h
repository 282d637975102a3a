/**
 * @file thunk.h
 * The machine code that a patched target jumps to (COMCALL), and its two counterparts, all leaf-thin:
 *
 *     thunk   x64  mov r11, imm64 context ; jmp [r11]      x86  mov eax, imm32 context ; jmp [eax]
 *     bypass  jmp [context->original]: nobody is asked
 *     spill   saves every register into an hp_registers on the caller's stack, calls
 *             context->dispatch, puts results back
 *     invoke  its mirror: loads registers and stack from an hp_registers, calls, stores the results
 */
#ifndef HP_PROXYGEN_THUNK_H
#define HP_PROXYGEN_THUNK_H

#include "proxygen/registers.h"

/** Distance of thunks in memory, in bytes. */
#define HP_THUNK_SIZE 16

/**
 * Write a thunk: a copy of the assembler's template with the context's address filled in.
 * The rest of HP_THUNK_SIZE is filled with int3. No instruction cache flush and no
 * protection change: the caller does both.
 *
 * @param place    writable, HP_THUNK_SIZE bytes
 * @param context  must outlive every thread that may run the thunk
 */
void hp_thunk_write(unsigned char *place, const hp_context *context);

/** The context that a thunk names; NULL if the bytes are not a thunk of ours. */
hp_context *hp_thunk_context(const unsigned char *place);

/** Shared spill routine. Entered only from a thunk: r11 (x86: eax) holds the context. Not callable from C. */
void hp_spill_enter(void);

/** In its place: goes on to context->original at once. Entered in the same way. */
void hp_spill_bypass(void);

/** How and where a call was broken off. */
typedef struct hp_invoke_fault {
    uint32_t code;       /**< of the exception: 0xC0000005 is an access violation */
    const void *address; /**< of the instruction; of a thrown exception, inside the system's RaiseException,
                            or NULL */
    uint32_t parameters; /**< of parameter below */
    uintptr_t parameter[2]; /**< the exception's first ones; of an access violation: 0 reading, 1 writing, 8
                                 executing, and the address of that */
    void *
        thrown; /**< what gcc's C++ has thrown, for hp_thrown_take (thrown.h); NULL if it is something else */
} hp_invoke_fault;

/**
 * Call a function as described.
 *
 * @param function     what to call
 * @param registers    gp and xmm hold the register arguments; stack points to stack_bytes
 *                     bytes of stack arguments; result says what to fetch; modes how it
 *                     calculates. Receives the results in gp[AX], gp[DX], xmm[0], st0.
 * @param stack_bytes  multiple of 8 (x86: 4); any size up to 64 KiB, pages are probed
 * @param fault        receives code and address on HP_E_REPLACEMENT_FAULT, otherwise untouched; may be NULL
 * @return S_OK; HP_E_REPLACEMENT_FAULT if the function did not return but raised an exception that nobody in
 *         it handled: those of the processor, throws of Visual C++ and of gcc's C++, whatever RaiseException
 * gets but what is for debuggers. The function's own handlers (C++: destructors) have run then, and registers
 * holds what it held before. Thread-safe, reentrant.
 *
 * Callee clean-up or not, the stack is right afterwards (x86). Whether the function returned or not: the x87
 * stack is empty, its control word, MXCSR and the direction flag are as they were. Stack walks pass through.
 * So do exceptions for debuggers (breakpoints, OutputDebugString) and unwinding, such as longjmp's.
 *
 * What the processor or the system takes for damage of the process itself (STATUS_HEAP_CORRUPTION,
 * STATUS_STACK_BUFFER_OVERRUN) ends the process here: nothing that it says can be believed.
 *
 * Not caught: what ends the process without an exception (abort, a corrupted stack); on x86, a throw of gcc's
 * C++ with SJLJ tables, or one from a DLL that has a C++ library of its own: neither finds a handler here,
 * and std::terminate is called; a stack overflow that leaves the system too little stack to deliver it (the
 * caller sees to that: SetThreadStackGuarantee). After one that was caught the caller has to restore the
 * guard page
 * (_resetstkoflw).
 */
HRESULT hp_invoke_call(void (*function)(void), hp_registers *registers, size_t stack_bytes,
                       hp_invoke_fault *fault);

/**
 * For the frame of hp_invoke_call: is this the fault that breaks the call off?
 *
 * @param record  the exception
 * @param fault   receives code and address, if so; may be NULL
 * @return HP_E_REPLACEMENT_FAULT, or S_OK: go on searching
 */
HRESULT hp_invoke_note(const EXCEPTION_RECORD *record, hp_invoke_fault *fault);

#endif
