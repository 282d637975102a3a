/* See abi_calls.h. */
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"
#include "tests/unit/abi_calls.h"

    .text
#if defined(__x86_64__)
#define STATE %gs:0x28 /* NtTib.ArbitraryUserPointer */
#define LOAD(area, n, r)        movq (area + 8 * n)(%r11), r
#define STORE(area, n, r)       movq r, (area + 8 * n)(%r11)
#define LOAD_XMM(area, n)       movups (area + 16 * n)(%r11), %xmm##n
#define STORE_XMM(area, n)      movups %xmm##n, (area + 16 * n)(%r11)
#define SAVE_XMM(n)             movaps %xmm##n, (160 + 16 * (n - 6))(%rsp); \
                                .seh_savexmm %xmm##n, (160 + 16 * (n - 6))
#define RESTORE_XMM(n)          movaps (160 + 16 * (n - 6))(%rsp), %xmm##n
#define ALL_XMM(do, area) \
    do(area, 0); do(area, 1); do(area, 2); do(area, 3); do(area, 4); do(area, 5); do(area, 6); do(area, 7); \
    do(area, 8); do(area, 9); do(area, 10); do(area, 11); do(area, 12); do(area, 13); do(area, 14); \
    do(area, 15)
#define ALL_GP(do, area) \
    do(area, 0, %rax); do(area, 1, %rcx); do(area, 2, %rdx); do(area, 3, %rbx); do(area, 5, %rbp); \
    do(area, 6, %rsi); do(area, 7, %rdi); do(area, 8, %r8); do(area, 9, %r9); do(area, 10, %r10); \
    do(area, 12, %r12); do(area, 13, %r13); do(area, 14, %r14); do(area, 15, %r15)

    .globl abi_call_return
    .seh_proc abi_call
FUNCTION(abi_call):
    pushq   %rbx
    .seh_pushreg %rbx
    pushq   %rbp
    .seh_pushreg %rbp
    pushq   %rsi
    .seh_pushreg %rsi
    pushq   %rdi
    .seh_pushreg %rdi
    pushq   %r12
    .seh_pushreg %r12
    pushq   %r13
    .seh_pushreg %r13
    pushq   %r14
    .seh_pushreg %r14
    pushq   %r15
    .seh_pushreg %r15
    subq    $328, %rsp /* home area 32, 16 words, xmm6-15, padding */
    .seh_stackalloc 328
    SAVE_XMM(6)
    SAVE_XMM(7)
    SAVE_XMM(8)
    SAVE_XMM(9)
    SAVE_XMM(10)
    SAVE_XMM(11)
    SAVE_XMM(12)
    SAVE_XMM(13)
    SAVE_XMM(14)
    SAVE_XMM(15)
    .seh_endprologue
    movq    %rcx, STATE
    movq    %rcx, %r11
    leaq    ABI_STACK(%r11), %rsi
    leaq    32(%rsp), %rdi
    movl    $16, %ecx
    rep movsq
    movq    %rsp, ABI_SP_AT_CALL(%r11)
    ALL_XMM(LOAD_XMM, ABI_IN_XMM)
    cmpq    $0, ABI_TRACE(%r11)
    je      1f
    pushfq
    orl     $0x100, (%rsp)
    popfq
1:  ALL_GP(LOAD, ABI_IN_GP)
    call    *ABI_TARGET(%r11)
abi_call_return:
    movq    STATE, %r11
    ALL_GP(STORE, ABI_OUT_GP)
    movq    %rsp, ABI_SP_AFTER(%r11)
    ALL_XMM(STORE_XMM, ABI_OUT_XMM)
    fnstenv ABI_ENV(%r11)
    fldenv  ABI_ENV(%r11)
    fnstenv ABI_ENV_AFTER(%r11)
    fldenv  ABI_ENV_AFTER(%r11)
    RESTORE_XMM(6)
    RESTORE_XMM(7)
    RESTORE_XMM(8)
    RESTORE_XMM(9)
    RESTORE_XMM(10)
    RESTORE_XMM(11)
    RESTORE_XMM(12)
    RESTORE_XMM(13)
    RESTORE_XMM(14)
    RESTORE_XMM(15)
    addq    $328, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rdi
    popq    %rsi
    popq    %rbp
    popq    %rbx
    ret
    .seh_endproc

    .seh_proc abi_callee
FUNCTION(abi_callee):
    subq    $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    movq    STATE, %r11
    ALL_GP(STORE, ABI_SEEN_GP)
    ALL_XMM(STORE_XMM, ABI_SEEN_XMM)
    leaq    40(%rsp), %rax
    movq    %rax, ABI_SEEN_SP(%r11)
    cmpq    $0, ABI_HOOK(%r11)
    je      1f
    movq    %r11, %rcx
    call    *ABI_HOOK(%r11)
    movq    STATE, %r11
1:  movq    ABI_RESULT_AX(%r11), %rax
    movq    ABI_RESULT_DX(%r11), %rdx
    movups  ABI_RESULT_XMM(%r11), %xmm0
    addq    $40, %rsp
    ret
    .seh_endproc

FUNCTION(abi_set_state):
    movq    %rcx, STATE
    ret

#else
#define STATE %fs:0x14 /* NtTib.ArbitraryUserPointer */
#define LOAD(area, n, r)        movl (area + 4 * n)(%eax), r
#define STORE(area, n, r)       movl r, (area + 4 * n)(%eax)
#define ALL_GP(do, area) \
    do(area, 1, %ecx); do(area, 2, %edx); do(area, 3, %ebx); do(area, 5, %ebp); \
    do(area, 6, %esi); do(area, 7, %edi)

    .globl _abi_call_return
FUNCTION(abi_call):
    pushl   %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    movl    20(%esp), %eax
    movl    %eax, STATE
    movl    %esp, ABI_SP_SAVED(%eax)
    movl    ABI_STACK_BYTES(%eax), %ecx
    subl    %ecx, %esp
    leal    ABI_STACK(%eax), %esi
    movl    %esp, %edi
    shrl    $2, %ecx
    rep movsl
    movl    %esp, ABI_SP_AT_CALL(%eax)
    ALL_GP(LOAD, ABI_IN_GP)
    call    *ABI_TARGET(%eax)
_abi_call_return:
    pushl   %eax
    movl    STATE, %eax
    popl    ABI_OUT_GP(%eax)
    ALL_GP(STORE, ABI_OUT_GP)
    movl    %esp, ABI_SP_AFTER(%eax)
    fnstenv ABI_ENV(%eax)
    fldenv  ABI_ENV(%eax)
    cmpl    $HP_RETURN_F32, ABI_FLOAT(%eax)
    jb      1f
    fstpl   ABI_ST0(%eax)
1:  fnstenv ABI_ENV_AFTER(%eax)
    fldenv  ABI_ENV_AFTER(%eax)
    movl    ABI_SP_SAVED(%eax), %esp
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret

FUNCTION(abi_callee):
    movl    STATE, %eax
    ALL_GP(STORE, ABI_SEEN_GP)
    movl    %esp, ABI_SEEN_SP(%eax)
    cmpl    $0, ABI_HOOK(%eax)
    je      1f
    pushl   %ebp
    movl    %esp, %ebp
    andl    $-16, %esp
    subl    $16, %esp
    movl    %eax, (%esp)
    call    *ABI_HOOK(%eax)
    movl    %ebp, %esp
    popl    %ebp
    movl    STATE, %eax
1:  cmpl    $HP_RETURN_F32, ABI_FLOAT(%eax)
    jb      3f
    je      2f
    fldl    ABI_ST0(%eax)
    jmp     3f
2:  flds    ABI_ST0(%eax)
3:  popl    %ecx
    addl    ABI_POP(%eax), %esp
    movl    ABI_RESULT_DX(%eax), %edx
    movl    ABI_RESULT_AX(%eax), %eax
    jmp     *%ecx

FUNCTION(abi_set_state):
    movl    4(%esp), %eax
    movl    %eax, STATE
    ret
#endif
