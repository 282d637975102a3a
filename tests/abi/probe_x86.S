/* See probe.h. */
#ifdef __i386__
#include "abi/probe.h"

    .lcomm  kept_probe, 4
    .lcomm  kept_esp, 4
    .lcomm  kept_eax, 4
    .lcomm  kept_mxcsr, 4

    .text
    .globl  _hp_probe_call
    .def    _hp_probe_call; .scl 2; .type 32; .endef
_hp_probe_call:
    pushl   %ebp
    movl    %esp, %ebp
    pushl   %ebx
    pushl   %esi
    pushl   %edi
    movl    8(%ebp), %eax
    movl    %eax, kept_probe
    movl    %esp, kept_esp
    stmxcsr kept_mxcsr
    subl    $160, %esp
    andl    $-16, %esp
    xorl    %edx, %edx
1:  movl    HP_PROBE_STACK(%eax, %edx, 4), %ecx
    movl    %ecx, (%esp, %edx, 4)
    incl    %edx
    cmpl    $32, %edx
    jb      1b

    movl    %esp, HP_PROBE_BEFORE + 64(%eax)
    ldmxcsr HP_PROBE_MXCSR(%eax)
    fnstenv HP_PROBE_FPU_BEFORE(%eax)
    fldenv  HP_PROBE_FPU_BEFORE(%eax)
    movl    HP_PROBE_BEFORE(%eax), %ebx
    movl    HP_PROBE_BEFORE + 8(%eax), %ebp
    movl    HP_PROBE_BEFORE + 16(%eax), %esi
    movl    HP_PROBE_BEFORE + 24(%eax), %edi
    movl    HP_PROBE_REGISTER(%eax), %ecx
    movl    HP_PROBE_REGISTER + 8(%eax), %edx
    call    *HP_PROBE_FUNCTION(%eax)

    movl    %eax, kept_eax
    movl    kept_probe, %eax
    movl    %esp, HP_PROBE_AFTER + 64(%eax)
    movl    kept_esp, %esp /* right from here on, whatever it was */
    movl    %edx, HP_PROBE_RESULT + 4(%eax)
    pushfl
    popl    HP_PROBE_FLAGS(%eax)
    cld
    cmpl    $0, HP_PROBE_WANT_FLOAT(%eax)
    je      1f
    fstpl   HP_PROBE_FLOAT_RESULT(%eax)
1:  stmxcsr HP_PROBE_MXCSR + 4(%eax)
    ldmxcsr kept_mxcsr
    fnstenv HP_PROBE_FPU_AFTER(%eax)
    fldenv  HP_PROBE_FPU_AFTER(%eax)
    movl    %ebx, HP_PROBE_AFTER(%eax)
    movl    %ebp, HP_PROBE_AFTER + 8(%eax)
    movl    %esi, HP_PROBE_AFTER + 16(%eax)
    movl    %edi, HP_PROBE_AFTER + 24(%eax)
    movl    kept_eax, %ecx
    movl    %ecx, HP_PROBE_RESULT(%eax)
    popl    %edi
    popl    %esi
    popl    %ebx
    popl    %ebp
    ret
#endif
