/*
 * The templates of the counting routine, its thunk and the jump, x86. hp_tally_write_... copy them; they
 * never run here. The routine is position-independent.
 *
 * It is entered by a jump from a thunk: eax = tally, everything else as the caller left it. Counted, its
 * frame is, from ebp upwards:
 *     -      the replacement's stack arguments, then padding, so that their number is a multiple of 4 words
 *     -8     where the copied arguments begin; after the call: minus the bytes that the replacement removed
 *     -4     tally
 *      0     the caller's ebp: walks along the frame pointers pass
 *      4     return address, the caller's stack arguments
 * So the stack is, modulo 16, at the replacement's entry what it was at the thunk's. ecx and edx, which carry
 * arguments (fastcall, thiscall), are kept on the way in; eax, edx and st0, which carry results, on the way
 * out.
 *
 * No exception handler is registered: a call that an exception or longjmp ends stays counted in.
 */
#ifdef __i386__
#include "proxygen/assembly.h"
#include "proxygen/tally.h"

#define FRAME      -8(%ebp)
#define TALLY      -4(%ebp)
#define RETURN     4(%ebp)
#define ARGUMENTS  8
#define INT3       0xCC

    .section .rdata, "dr"
    .globl  _hp_tally_routine
    .p2align 4
_hp_tally_routine:
    cmpw    $-1, HP_TALLY_STACK_WORDS(%eax) /* HP_TALLY_UNCOUNTED */
    jne     LOCAL(counted)
    jmp     *HP_TALLY_REPLACEMENT(%eax)

LOCAL(counted):
    pushl   %ebp
    movl    %esp, %ebp
    pushl   %eax
    pushl   %eax
    lock incl HP_TALLY_INSIDE(%eax)
    movzwl  HP_TALLY_STACK_WORDS(%eax), %eax
    addl    $3, %eax
    orl     $-4, %eax
    leal    4(%esp, %eax, 4), %esp /* down by -words & 3 words */
    movl    TALLY, %eax
    movzwl  HP_TALLY_STACK_WORDS(%eax), %eax
    testl   %eax, %eax
    jz      LOCAL(copied)
LOCAL(copy):
    pushl   ARGUMENTS - 4(%ebp, %eax, 4)
    decl    %eax
    jnz     LOCAL(copy)
LOCAL(copied):
    movl    %esp, FRAME
    movl    TALLY, %eax
    call    *HP_TALLY_REPLACEMENT(%eax)
    subl    %esp, FRAME
    movl    TALLY, %ecx
    lock decl HP_TALLY_INSIDE(%ecx)

    /* Callee clean-up: the return address moves up over the arguments, and ret matches the caller's call. */
    leal    RETURN, %ecx
    subl    FRAME, %ecx
    pushl   RETURN
    popl    (%ecx)
    movl    (%ebp), %ebp
    movl    %ecx, %esp
    ret
    .org    _hp_tally_routine + HP_TALLY_ROUTINE_SIZE, INT3

    .globl  _hp_tally_thunk, _hp_tally_thunk_tally, _hp_tally_thunk_routine
_hp_tally_thunk:
    .byte   0xB8 /* movl $tally, %eax */
_hp_tally_thunk_tally:
    .long   0
    .byte   0xE9 /* jmp rel32 */
_hp_tally_thunk_routine:
    .long   0
    .org    _hp_tally_thunk + HP_TALLY_THUNK_SIZE, INT3

    .globl  _hp_tally_jump, _hp_tally_jump_slot
_hp_tally_jump:
    .byte   0xFF, 0x25 /* jmp [slot] */
_hp_tally_jump_slot:
    .long   0
    .org    _hp_tally_jump + HP_TALLY_JUMP_SIZE, INT3
#endif
