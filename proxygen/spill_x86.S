/*
 * hp_spill_enter, x86. Entered by a jump from a thunk: eax = context, everything else as the caller of the
 * patched function left it, [esp] = return address.
 *
 * ebx ebp esi edi are non-volatile. They are stored, never written (ebp: chained, so that stack walks pass),
 * and dispatch keeps them as any C function does. The x87 stack is empty at entry and, but for a float
 * result, at return.
 *
 * Frame, from esp (16-aligned) upwards:
 *      0  dispatch's two parameters
 *      8  context (a copy of our own: dispatch may write any register of the frame)
 *     16  hp_registers
 *     ebp      the caller's ebp
 *     ebp + 4  return address, then the stack arguments
 */
#ifdef __i386__
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"

#define CONTEXT     8
#define REGISTERS   16
#define FRAME       (REGISTERS + HP_REGISTERS_SIZE + 8)
#define GP(n)       (REGISTERS + HP_REGISTERS_GP + 4 * (n))(%esp)
#define MEMBER(m)   (REGISTERS + HP_REGISTERS_##m)(%esp)

    .text
    .cfi_startproc
FUNCTION(hp_spill_enter):
    pushl   %ebp
    .cfi_def_cfa_offset 8
    .cfi_offset %ebp, -8
    movl    %esp, %ebp
    .cfi_def_cfa_register %ebp
    subl    $FRAME, %esp
    andl    $-16, %esp

    movl    %eax, GP(0) /* the context: what the caller had there is gone, and was dead */
    movl    %ecx, GP(1)
    movl    %edx, GP(2)
    movl    %ebx, GP(3)
    leal    4(%ebp), %ecx /* the caller's stack pointer at entry: it points to the return address */
    movl    %ecx, GP(4)
    movl    (%ebp), %ecx
    movl    %ecx, GP(5)
    movl    %esi, GP(6)
    movl    %edi, GP(7)
    leal    8(%ebp), %ecx
    movl    %ecx, MEMBER(STACK)
    movl    $0, MEMBER(CLEANUP)
    movl    $0, MEMBER(ST0)
    movl    $0, 4 + MEMBER(ST0)
    movl    $0, MEMBER(RESULT)
    movl    $0, 4 + MEMBER(RESULT)
    movl    %eax, CONTEXT(%esp)

    movl    %eax, 4(%esp)
    leal    REGISTERS(%esp), %ecx
    movl    %ecx, (%esp)
    call    *HP_CONTEXT_DISPATCH(%eax)

    testl   %eax, %eax
    jz      LOCAL(original)
    cmpl    $HP_RETURN_F32, %eax
    jb      LOCAL(return)
    je      LOCAL(f32)
    fldl    MEMBER(ST0) /* HP_RETURN_F64 */
    jmp     LOCAL(return)
LOCAL(f32):
    flds    MEMBER(ST0)

LOCAL(return):
    /* Callee clean-up: the return address moves up over the arguments, and ret matches the caller's call. */
    movl    MEMBER(CLEANUP), %ecx
    leal    4(%ebp, %ecx), %ecx
    movl    4(%ebp), %eax
    movl    %eax, (%ecx)
    movl    GP(0), %eax
    movl    GP(2), %edx
    .cfi_remember_state
    movl    (%ebp), %ebp
    .cfi_restore %ebp
    .cfi_def_cfa %ecx, 4
    movl    %ecx, %esp
    .cfi_def_cfa %esp, 4
    ret

LOCAL(original): /* HP_RETURN_ORIGINAL */
    .cfi_restore_state
    movl    CONTEXT(%esp), %eax
    movl    GP(1), %ecx
    movl    GP(2), %edx
    movl    %ebp, %esp
    popl    %ebp
    .cfi_restore %ebp
    .cfi_def_cfa %esp, 4
    jmp     *HP_CONTEXT_ORIGINAL(%eax)
    .cfi_endproc

/* hp_spill_bypass: nothing was touched but eax. */
    .cfi_startproc
FUNCTION(hp_spill_bypass):
    jmp     *HP_CONTEXT_ORIGINAL(%eax)
    .cfi_endproc
#endif
