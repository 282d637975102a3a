/*
 * The template of a thunk (COMCALL). hp_thunk_write copies it and fills in the context's address; it never
 * runs here.
 *
 * A thunk is a leaf: it moves neither the stack pointer nor a non-volatile register, so that unwinding
 * through it needs no table. The register that it clobbers is dead at the entry of a function in every
 * convention that we know (x64: r11 is volatile and carries no argument; x86: eax is volatile and only
 * regparm, which Windows does not have, uses it).
 */
#include "proxygen/assembly.h"
#include "proxygen/spill_frame.h"

    .section .rdata, "dr"
    .globl SYMBOL(hp_thunk_begin), SYMBOL(hp_thunk_slot), SYMBOL(hp_thunk_end)
    .p2align 4

SYMBOL(hp_thunk_begin):
#if defined(__x86_64__)
    movabsq $0, %r11
    .set SYMBOL(hp_thunk_slot), . - 8
    jmp     *(%r11) /* HP_CONTEXT_ENTER == 0 */
#else
    movl    $0, %eax
    .set SYMBOL(hp_thunk_slot), . - 4
    jmp     *(%eax) /* HP_CONTEXT_ENTER == 0 */
#endif
SYMBOL(hp_thunk_end):
    .byte 0 /* so that the label above lies inside the section */
