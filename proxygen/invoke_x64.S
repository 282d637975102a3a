/*
 * HRESULT hp_invoke_call(void (*function)(void), hp_registers *registers, size_t stack_bytes, hp_invoke_fault
 * *fault), x64.
 *
 * rbp is the frame pointer, rbx keeps registers over the call. The stack arguments are pushed from the last
 * to the first: that touches every page on the way down, so that no guard page is jumped over and no probe is
 * needed.
 *
 * hp_invoke_handler (invoke.c) is the language-specific handler of this frame. It unwinds to
 * hp_invoke_resume; the unwinder has brought the non-volatile registers back by then, which is what takes
 * this frame's rbp along. What it brings in rax is not asked: a throw of gcc's C++ comes with a value of its
 * own.
 */
#ifdef __x86_64__
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"

#define GP(n)       (HP_REGISTERS_GP + 8 * (n))(%rbx)
#define XMM(n)      (HP_REGISTERS_XMM + 16 * (n))(%rbx)
#define FAULT       HP_INVOKE_FAULT(%rbp)
#define MXCSR       8(%rbp)
#define CONTROL     12(%rbp) /* x87 control word */
#define MODES       16(%rbp) /* MXCSR for the function */
#define LOCALS      24

    .text
    .seh_proc hp_invoke_call
FUNCTION(hp_invoke_call):
    pushq   %rbp
    .seh_pushreg %rbp
    pushq   %rbx
    .seh_pushreg %rbx
    subq    $LOCALS, %rsp
    .seh_stackalloc LOCALS
    movq    %rsp, %rbp
    .seh_setframe %rbp, 0
    .seh_endprologue
    .seh_handler hp_invoke_handler, @except

    movq    %r9, FAULT
    stmxcsr MXCSR
    fnstcw  CONTROL
    movq    %rcx, %rax
    movq    %rdx, %rbx
    movl    HP_REGISTERS_MODES(%rbx), %r10d
    testl   %r10d, %r10d
    jz      LOCAL(same)
    /* To set what is set already would take longer than all else here. */
    movzwl  CONTROL, %r11d
    xorl    %r10d, %r11d
    testl   $HP_INVOKE_CONTROL, %r11d
    jz      LOCAL(precise)
    fldcw   HP_REGISTERS_MODES(%rbx)
LOCAL(precise):
    shrl    $16, %r10d
    cmpl    MXCSR, %r10d
    je      LOCAL(same)
    movl    %r10d, MODES
    ldmxcsr MODES
LOCAL(same):
    movq    HP_REGISTERS_STACK(%rbx), %r10
    movl    %r8d, %ecx
    andl    $8, %ecx /* an odd number of words: one more, for rsp is to be 16-aligned at the call */
    subq    %rcx, %rsp
    shrq    $3, %r8
    jz      LOCAL(pushed)
LOCAL(push):
    pushq   -8(%r10, %r8, 8)
    decq    %r8
    jnz     LOCAL(push)
LOCAL(pushed):
    subq    $32, %rsp /* home area */
    movups  XMM(0), %xmm0
    movups  XMM(1), %xmm1
    movups  XMM(2), %xmm2
    movups  XMM(3), %xmm3
    movq    GP(1), %rcx
    movq    GP(2), %rdx
    movq    GP(8), %r8
    movq    GP(9), %r9
    call    *%rax

    movq    %rax, GP(0)
    movq    %rdx, GP(2)
    movups  %xmm0, XMM(0)
    xorl    %eax, %eax
LOCAL(leave):
    /* Neither what the function has left on the x87 stack nor the modes that it has set are for the next. */
    cld
    movl    %eax, %ecx
    fnstsw  %ax
    testw   $HP_INVOKE_STATUS, %ax
    jnz     LOCAL(reset)
    emms
    fnstcw  MODES
    movw    MODES, %ax
    cmpw    CONTROL, %ax
    jne     LOCAL(reset)
LOCAL(clean):
    stmxcsr MODES
    movl    MODES, %eax
    cmpl    MXCSR, %eax
    je      LOCAL(done)
    ldmxcsr MXCSR
LOCAL(done):
    movl    %ecx, %eax
    leaq    LOCALS(%rbp), %rsp
    popq    %rbx
    popq    %rbp
    ret

    .globl  hp_invoke_resume
hp_invoke_resume:
    movl    $HP_INVOKE_BROKEN_OFF, %eax
    jmp     LOCAL(leave)

LOCAL(reset):
    fninit
    fldcw   CONTROL
    jmp     LOCAL(clean)
    .seh_endproc
#endif
