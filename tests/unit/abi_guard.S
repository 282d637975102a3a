/* abi_guarded: a call under an exception handler. See abi_calls.h. */
#include "proxygen/assembly.h"

    .text
#if defined(__x86_64__)
    .globl abi_guarded_resume
    .seh_proc abi_guarded
FUNCTION(abi_guarded):
    pushq   %rbx
    .seh_pushreg %rbx
    pushq   %rbp
    .seh_pushreg %rbp
    subq    $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    .seh_handler abi_guarded_handler, @except, @unwind
    movl    $0x600dbeef, %ebx /* what unwinding has to bring back */
    movl    $0x600dcafe, %ebp
    movq    %rcx, %rax
    movq    %rdx, %rcx
    movq    %r8, %rdx
    movq    %r9, %r8
    movq    96(%rsp), %r9 /* behind 40 bytes, two registers, the return address and the home area */
    call    *%rax
abi_guarded_resume:
    cmpl    $0x600dbeef, %ebx
    jne     1f
    cmpl    $0x600dcafe, %ebp
    je      2f
1:  movl    $0xbad, %eax
2:  addq    $40, %rsp
    popq    %rbp
    popq    %rbx
    ret
    .seh_endproc
#else
    /* An exception registration on the stack: next, handler. The handler resumes with esp = registration. */
    .globl _abi_guarded_resume
FUNCTION(abi_guarded):
    pushl   %ebp
    movl    %esp, %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    pushl   $_abi_guarded_handler
    pushl   %fs:0
    movl    %esp, %fs:0
    pushl   24(%ebp)
    pushl   20(%ebp)
    pushl   16(%ebp)
    pushl   12(%ebp)
    call    *8(%ebp)
    addl    $16, %esp
_abi_guarded_resume:
    popl    %fs:0
    addl    $4, %esp
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret
#endif
