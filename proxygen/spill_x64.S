/*
 * hp_spill_enter, x64. Entered by a jump from a thunk: r11 = context, everything else as the caller of the
 * patched function left it, [rsp] = return address.
 *
 * Microsoft x64 calling convention: rbx rbp rdi rsi rsp r12-r15 xmm6-xmm15 are non-volatile. They are stored,
 * never written, so that dispatch can be any C function and unwinding needs to undo nothing but the stack
 * allocation. MXCSR, x87 control word and direction flag are not touched. The status flags are not kept: no
 * convention passes them.
 *
 * Frame, from rsp upwards:
 *      0  home area of dispatch
 *     32  hp_registers
 *    280  context (a copy of our own: dispatch may write any register of the frame)
 *    288  padding: entry rsp is 8 off a multiple of 16, so the frame is, too
 *    296  return address, then the home area of the patched function, then its stack arguments
 */
#ifdef __x86_64__
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"

#define HOME        32
#define CONTEXT     (HOME + HP_REGISTERS_SIZE)
#define FRAME       (CONTEXT + 16)
#define GP(n)       (HOME + HP_REGISTERS_GP + 8 * (n))(%rsp)
#define XMM(n)      (HOME + HP_REGISTERS_XMM + 16 * (n))(%rsp)
#define MEMBER(m)   (HOME + HP_REGISTERS_##m)(%rsp)

#if FRAME % 16 != 8
#error "FRAME: rsp has to be 16-aligned at the call of dispatch; adjust the padding"
#endif

    .text
    .seh_proc hp_spill_enter
FUNCTION(hp_spill_enter):
    subq    $FRAME, %rsp
    .seh_stackalloc FRAME
    .seh_endprologue

    movq    %rax, GP(0)
    movq    %rcx, GP(1)
    movq    %rdx, GP(2)
    movq    %rbx, GP(3)
    leaq    FRAME(%rsp), %rax /* the caller's stack pointer at entry: it points to the return address */
    movq    %rax, GP(4)
    movq    %rbp, GP(5)
    movq    %rsi, GP(6)
    movq    %rdi, GP(7)
    movq    %r8, GP(8)
    movq    %r9, GP(9)
    movq    %r10, GP(10)
    movq    %r11, GP(11) /* the context: what the caller had there is gone, and was dead */
    movq    %r12, GP(12)
    movq    %r13, GP(13)
    movq    %r14, GP(14)
    movq    %r15, GP(15)
    movups  %xmm0, XMM(0)
    movups  %xmm1, XMM(1)
    movups  %xmm2, XMM(2)
    movups  %xmm3, XMM(3)
    movups  %xmm4, XMM(4)
    movups  %xmm5, XMM(5)
    addq    $(8 + 32), %rax
    movq    %rax, MEMBER(STACK)
    movq    $0, MEMBER(ST0)
    movq    $0, MEMBER(CLEANUP) /* and RESULT, its upper half */
    movq    %r11, CONTEXT(%rsp)

    leaq    HOME(%rsp), %rcx
    movq    %r11, %rdx
    call    *HP_CONTEXT_DISPATCH(%r11)

    testq   %rax, %rax
    jz      LOCAL(original)
    movq    GP(0), %rax
    movq    GP(2), %rdx
    movups  XMM(0), %xmm0
    addq    $FRAME, %rsp
    ret

LOCAL(original): /* HP_RETURN_ORIGINAL */
    movq    CONTEXT(%rsp), %r11
    movq    GP(0), %rax
    movq    GP(1), %rcx
    movq    GP(2), %rdx
    movq    GP(8), %r8
    movq    GP(9), %r9
    movq    GP(10), %r10
    movups  XMM(0), %xmm0
    movups  XMM(1), %xmm1
    movups  XMM(2), %xmm2
    movups  XMM(3), %xmm3
    movups  XMM(4), %xmm4
    movups  XMM(5), %xmm5
    addq    $FRAME, %rsp
    .seh_endproc

    /*
     * The unwind data ends here on purpose: from now on rsp points to the return address, as in a leaf, which
     * needs none. So unwinding is right before and behind the addition, whatever an unwinder takes for an
     * epilogue. (The form that Microsoft documents for tail jumps, add rsp; rex.W jmp [reg], is not one to
     * Wine 8.)
     */
    jmp     *HP_CONTEXT_ORIGINAL(%r11)

/* hp_spill_bypass: nothing was touched but r11. A leaf, so it needs no unwind data. */
FUNCTION(hp_spill_bypass):
    jmp     *HP_CONTEXT_ORIGINAL(%r11)
#endif
