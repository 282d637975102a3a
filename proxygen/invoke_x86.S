/*
 * HRESULT hp_invoke_call(void (*function)(void), hp_registers *registers, size_t stack_bytes, hp_invoke_fault
 * *fault), x86, cdecl.
 *
 * ebp is the frame pointer, ebx keeps registers over the call. The stack arguments are pushed from the last
 * to the first: that touches every page on the way down, so that no guard page is jumped over and no probe is
 * needed. Afterwards esp comes from ebp, whether the callee removed its arguments or not.
 *
 * On x86 a frame announces its exception handler in a record on the stack, the first of a list that begins at
 * fs:[0]. Unwinding brings no registers back, so the frame keeps all non-volatile ones.
 *
 * Frame, from ebp downwards: ebx, esi, edi, MXCSR, x87 control word, handler, next record (esp behind the
 * prologue).
 *
 * A throw of gcc's C++ knows nothing of that list: it walks the frames by .eh_frame, and asks those that have
 * a personality. So this frame has one too (hp_invoke_personality, invoke.c). Programs in C never run it, and
 * it needs nothing of the C++ library.
 */
#ifdef __i386__
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"

#define FUNCTION_ARGUMENT   8(%ebp)
#define REGISTERS_ARGUMENT  12(%ebp)
#define BYTES_ARGUMENT      16(%ebp)
#define MXCSR               -16(%ebp)
#define CONTROL             -20(%ebp)
#define RECORD              HP_INVOKE_RECORD /* bytes below ebp */
#define GP(n)               (HP_REGISTERS_GP + 4 * (n))(%ebx)
#define MEMBER(m)           HP_REGISTERS_##m(%ebx)

    .text
    .cfi_startproc
    .cfi_personality 0, _hp_invoke_personality /* 0: its address as it is */
FUNCTION(hp_invoke_call):
    pushl   %ebp
    .cfi_def_cfa_offset 8
    .cfi_offset %ebp, -8
    movl    %esp, %ebp
    .cfi_def_cfa_register %ebp
    pushl   %ebx
    .cfi_offset %ebx, -12
    pushl   %esi
    .cfi_offset %esi, -16
    pushl   %edi
    .cfi_offset %edi, -20
    subl    $8, %esp
    stmxcsr MXCSR
    fnstcw  CONTROL
    pushl   $_hp_invoke_handler
    pushl   %fs:0
    movl    %esp, %fs:0

    movl    REGISTERS_ARGUMENT, %ebx
    movl    MEMBER(MODES), %eax
    testl   %eax, %eax
    jz      LOCAL(same)
    /* To set what is set already would take longer than all else here. */
    movzwl  CONTROL, %ecx
    xorl    %eax, %ecx
    testl   $HP_INVOKE_CONTROL, %ecx
    jz      LOCAL(precise)
    fldcw   MEMBER(MODES)
LOCAL(precise):
    shrl    $16, %eax
    cmpl    MXCSR, %eax
    je      LOCAL(same)
    pushl   %eax
    ldmxcsr (%esp)
    popl    %eax
LOCAL(same):
    movl    MEMBER(STACK), %eax
    movl    BYTES_ARGUMENT, %ecx
    /* esp such that it is 16-aligned when the arguments are on the stack. */
    subl    %ecx, %esp
    andl    $-16, %esp
    addl    %ecx, %esp
    shrl    $2, %ecx
    jz      LOCAL(pushed)
LOCAL(push):
    pushl   -4(%eax, %ecx, 4)
    decl    %ecx
    jnz     LOCAL(push)
LOCAL(pushed):
    movl    GP(1), %ecx
    movl    GP(2), %edx
    call    *FUNCTION_ARGUMENT

    movl    %eax, GP(0)
    movl    %edx, GP(2)
    movl    MEMBER(RESULT), %ecx
    cmpl    $HP_RETURN_F32, %ecx
    jb      LOCAL(done)
    je      LOCAL(f32)
    fstpl   MEMBER(ST0) /* HP_RETURN_F64 */
    jmp     LOCAL(done)
LOCAL(f32):
    fstps   MEMBER(ST0)
LOCAL(done):
    xorl    %eax, %eax
LOCAL(leave):
    /* Neither what the function has left on the x87 stack nor the modes that it has set are for the next. */
    cld
    leal    -RECORD(%ebp), %esp
    pushl   %eax
    pushl   %eax
    fnstsw  %ax
    testw   $HP_INVOKE_STATUS, %ax
    jnz     LOCAL(reset)
    emms
    fnstcw  (%esp)
    movw    (%esp), %ax
    cmpw    CONTROL, %ax
    jne     LOCAL(reset)
LOCAL(clean):
    stmxcsr (%esp)
    popl    %eax
    cmpl    MXCSR, %eax
    je      LOCAL(restored)
    ldmxcsr MXCSR
LOCAL(restored):
    popl    %eax
    popl    %fs:0
    leal    -12(%ebp), %esp
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    .cfi_restore %edi
    .cfi_restore %esi
    .cfi_restore %ebx
    .cfi_restore %ebp
    .cfi_def_cfa %esp, 4
    ret

LOCAL(reset):
    .cfi_def_cfa %ebp, 8
    .cfi_offset %ebp, -8
    .cfi_offset %ebx, -12
    .cfi_offset %esi, -16
    .cfi_offset %edi, -20
    fninit
    fldcw   CONTROL
    jmp     LOCAL(clean)
    .cfi_endproc

    /*
     * EXCEPTION_DISPOSITION hp_invoke_handler(EXCEPTION_RECORD *, void *record, CONTEXT *, void *), cdecl:
     * the handler of the frame above. RtlUnwind calls the handlers of the frames that go, takes them off the
     * list, and returns.
     */
    .def _hp_invoke_handler; .scl 3; .type 32; .endef
    .p2align 4
_hp_invoke_handler:
    movl    8(%esp), %eax
    pushl   (RECORD + HP_INVOKE_FAULT)(%eax)
    pushl   8(%esp) /* the exception */
    call    _hp_invoke_note
    addl    $8, %esp
    testl   %eax, %eax
    jns     LOCAL(search)
    pushl   $0
    pushl   8(%esp)
    pushl   $LOCAL(unwound)
    pushl   20(%esp)
    call    _RtlUnwind@16
LOCAL(unwound):
    movl    8(%esp), %ecx
LOCAL(resume):
    leal    RECORD(%ecx), %ebp
    movl    $HP_INVOKE_BROKEN_OFF, %eax
    jmp     LOCAL(leave)
LOCAL(search):
    movl    $1, %eax /* ExceptionContinueSearch */
    ret

    /* void *hp_invoke_innermost(void): the record of the innermost frame of ours; there has to be one. */
FUNCTION(hp_invoke_innermost):
    movl    %fs:0, %eax
LOCAL(next):
    cmpl    $_hp_invoke_handler, 4(%eax)
    je      LOCAL(found)
    movl    (%eax), %eax
    jmp     LOCAL(next)
LOCAL(found):
    ret

    /* void hp_invoke_land(void *record), cdecl: leaves the frame that the record is of as a fault does. */
FUNCTION(hp_invoke_land):
    pushl   $0
    pushl   $0
    pushl   $LOCAL(landed)
    pushl   16(%esp)
    call    _RtlUnwind@16
LOCAL(landed):
    movl    4(%esp), %ecx
    jmp     LOCAL(resume)
#endif
