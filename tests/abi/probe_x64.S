/* See probe.h. Frame: 0 home area, 32 sixteen stack words, 160 xmm6-15, 320 padding; above: eight pushes. */
#ifdef __x86_64__
#include "abi/probe.h"

    .lcomm  kept_probe, 8
    .lcomm  kept_rsp, 8
    .lcomm  kept_rax, 8
    .lcomm  kept_mxcsr, 8

    .text
    .globl  hp_probe_call
    .def    hp_probe_call; .scl 2; .type 32; .endef
    .seh_proc hp_probe_call
hp_probe_call:
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
    subq    $328, %rsp
    .seh_stackalloc 328
    movaps  %xmm6, 160(%rsp)
    .seh_savexmm %xmm6, 160
    movaps  %xmm7, 176(%rsp)
    .seh_savexmm %xmm7, 176
    movaps  %xmm8, 192(%rsp)
    .seh_savexmm %xmm8, 192
    movaps  %xmm9, 208(%rsp)
    .seh_savexmm %xmm9, 208
    movaps  %xmm10, 224(%rsp)
    .seh_savexmm %xmm10, 224
    movaps  %xmm11, 240(%rsp)
    .seh_savexmm %xmm11, 240
    movaps  %xmm12, 256(%rsp)
    .seh_savexmm %xmm12, 256
    movaps  %xmm13, 272(%rsp)
    .seh_savexmm %xmm13, 272
    movaps  %xmm14, 288(%rsp)
    .seh_savexmm %xmm14, 288
    movaps  %xmm15, 304(%rsp)
    .seh_savexmm %xmm15, 304
    .seh_endprologue

    movq    %rcx, kept_probe(%rip)
    movq    %rsp, kept_rsp(%rip)
    stmxcsr kept_mxcsr(%rip)
    movq    %rcx, %rax
    xorl    %edx, %edx
1:  movq    HP_PROBE_STACK(%rax, %rdx, 8), %r8
    movq    %r8, 32(%rsp, %rdx, 8)
    incl    %edx
    cmpl    $16, %edx
    jb      1b

    movq    %rsp, HP_PROBE_BEFORE + 64(%rax)
    ldmxcsr HP_PROBE_MXCSR(%rax)
    fnstenv HP_PROBE_FPU_BEFORE(%rax)
    fldenv  HP_PROBE_FPU_BEFORE(%rax)
    movq    HP_PROBE_BEFORE(%rax), %rbx
    movq    HP_PROBE_BEFORE + 8(%rax), %rbp
    movq    HP_PROBE_BEFORE + 16(%rax), %rsi
    movq    HP_PROBE_BEFORE + 24(%rax), %rdi
    movq    HP_PROBE_BEFORE + 32(%rax), %r12
    movq    HP_PROBE_BEFORE + 40(%rax), %r13
    movq    HP_PROBE_BEFORE + 48(%rax), %r14
    movq    HP_PROBE_BEFORE + 56(%rax), %r15
    movups  HP_PROBE_XMM_BEFORE(%rax), %xmm6
    movups  HP_PROBE_XMM_BEFORE + 16(%rax), %xmm7
    movups  HP_PROBE_XMM_BEFORE + 32(%rax), %xmm8
    movups  HP_PROBE_XMM_BEFORE + 48(%rax), %xmm9
    movups  HP_PROBE_XMM_BEFORE + 64(%rax), %xmm10
    movups  HP_PROBE_XMM_BEFORE + 80(%rax), %xmm11
    movups  HP_PROBE_XMM_BEFORE + 96(%rax), %xmm12
    movups  HP_PROBE_XMM_BEFORE + 112(%rax), %xmm13
    movups  HP_PROBE_XMM_BEFORE + 128(%rax), %xmm14
    movups  HP_PROBE_XMM_BEFORE + 144(%rax), %xmm15
    movq    HP_PROBE_REGISTER(%rax), %rcx
    movq    HP_PROBE_REGISTER + 8(%rax), %rdx
    movq    HP_PROBE_REGISTER + 16(%rax), %r8
    movq    HP_PROBE_REGISTER + 24(%rax), %r9
    movsd   HP_PROBE_FLOAT(%rax), %xmm0
    movsd   HP_PROBE_FLOAT + 8(%rax), %xmm1
    movsd   HP_PROBE_FLOAT + 16(%rax), %xmm2
    movsd   HP_PROBE_FLOAT + 24(%rax), %xmm3
    call    *HP_PROBE_FUNCTION(%rax)

    movq    %rax, kept_rax(%rip)
    movq    kept_probe(%rip), %rax
    movq    %rsp, HP_PROBE_AFTER + 64(%rax)
    movq    kept_rsp(%rip), %rsp /* right from here on, whatever it was */
    pushfq
    popq    HP_PROBE_FLAGS(%rax)
    cld
    stmxcsr HP_PROBE_MXCSR + 4(%rax)
    ldmxcsr kept_mxcsr(%rip)
    fnstenv HP_PROBE_FPU_AFTER(%rax)
    fldenv  HP_PROBE_FPU_AFTER(%rax)
    movq    %rbx, HP_PROBE_AFTER(%rax)
    movq    %rbp, HP_PROBE_AFTER + 8(%rax)
    movq    %rsi, HP_PROBE_AFTER + 16(%rax)
    movq    %rdi, HP_PROBE_AFTER + 24(%rax)
    movq    %r12, HP_PROBE_AFTER + 32(%rax)
    movq    %r13, HP_PROBE_AFTER + 40(%rax)
    movq    %r14, HP_PROBE_AFTER + 48(%rax)
    movq    %r15, HP_PROBE_AFTER + 56(%rax)
    movups  %xmm6, HP_PROBE_XMM_AFTER(%rax)
    movups  %xmm7, HP_PROBE_XMM_AFTER + 16(%rax)
    movups  %xmm8, HP_PROBE_XMM_AFTER + 32(%rax)
    movups  %xmm9, HP_PROBE_XMM_AFTER + 48(%rax)
    movups  %xmm10, HP_PROBE_XMM_AFTER + 64(%rax)
    movups  %xmm11, HP_PROBE_XMM_AFTER + 80(%rax)
    movups  %xmm12, HP_PROBE_XMM_AFTER + 96(%rax)
    movups  %xmm13, HP_PROBE_XMM_AFTER + 112(%rax)
    movups  %xmm14, HP_PROBE_XMM_AFTER + 128(%rax)
    movups  %xmm15, HP_PROBE_XMM_AFTER + 144(%rax)
    movsd   %xmm0, HP_PROBE_FLOAT_RESULT(%rax)
    movq    kept_rax(%rip), %rcx
    movq    %rcx, HP_PROBE_RESULT(%rax)

    movaps  160(%rsp), %xmm6
    movaps  176(%rsp), %xmm7
    movaps  192(%rsp), %xmm8
    movaps  208(%rsp), %xmm9
    movaps  224(%rsp), %xmm10
    movaps  240(%rsp), %xmm11
    movaps  256(%rsp), %xmm12
    movaps  272(%rsp), %xmm13
    movaps  288(%rsp), %xmm14
    movaps  304(%rsp), %xmm15
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
#endif
