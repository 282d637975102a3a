/*
 * tally_cleans_up, x64: void tally_cleans_up(void (*function)(void)). Calls the function under the
 * termination handler tally_clean_up, which the test defines in C.
 */
#ifdef __x86_64__
#include "proxygen/assembly.h"

    .text
    .seh_proc tally_cleans_up
FUNCTION(tally_cleans_up):
    subq    $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    .seh_handler tally_clean_up, @unwind
    call    *%rcx
    nop
    addq    $40, %rsp
    ret
    .seh_endproc
#endif
