/*
 * The templates of the counting routine, its thunk and the jump, x64. hp_tally_write_... copy them; they
 * never run here. The routine is position-independent.
 *
 * The routine is entered by a jump from a thunk: r11 = tally, everything else as the caller left it. Counted,
 * its frame is, from rbp upwards:
 *     -      the replacement's home area (32), its stack arguments, 8 bytes of padding if they are even
 *      0     tally; 0 once an unwinding has counted this call out
 *      8     the caller's rbp
 *     16     return address, the caller's home area (32), the caller's stack arguments
 *
 * A call is in from behind `lock inc` to behind `lock dec`. The former is the prologue's last instruction,
 * and behind the latter the epilogue begins, in the form that Microsoft documents: an unwinder calls no
 * handler from either, so the handler runs exactly where the call is in.
 *
 * Sources: "x64 calling convention" and "x64 exception handling" of Microsoft (UNWIND_INFO, UNWIND_CODE,
 * prologue and epilogue, language-specific handler).
 */
#ifdef __x86_64__
#include "proxygen/assembly.h"
#include "proxygen/tally.h"

#define RETURN_ADDRESS 16
#define ARGUMENTS      (RETURN_ADDRESS + 8 + 32)
#define INT3           0xCC

/* Of the PE specification and of winnt.h. */
#define UNW_VERSION              1
#define UNW_FLAG_UHANDLER        2
#define UWOP_PUSH_NONVOL         0
#define UWOP_ALLOC_SMALL         2
#define UWOP_SET_FPREG           3
#define RBP                      5
#define RECORD_FLAGS             4
#define EXCEPTION_ANY_UNWIND     6 /* UNWINDING, EXIT_UNWIND */
#define EXCEPTION_TARGET_UNWIND  0x20
#define EXCEPTION_CONTINUE       1 /* ExceptionContinueSearch */

    .section .rdata, "dr"
    .globl  hp_tally_routine, hp_tally_function, hp_tally_function_end, hp_tally_unwind
    .p2align 4
hp_tally_routine:
    cmpw    $-1, HP_TALLY_STACK_WORDS(%r11) /* HP_TALLY_UNCOUNTED */
    jne     hp_tally_function
    jmp     *HP_TALLY_REPLACEMENT(%r11)

hp_tally_function:
    pushq   %rbp
LOCAL(rbp_pushed):
    pushq   %r11
LOCAL(tally_pushed):
    movq    %rsp, %rbp
LOCAL(frame_set):
    lock incl HP_TALLY_INSIDE(%r11)
LOCAL(prologue_end):
    movzwl  HP_TALLY_STACK_WORDS(%r11), %r11d
    testb   $1, %r11b
    jnz     LOCAL(aligned)
    pushq   %r11 /* rbp is 8 off a multiple of 16, so an odd number of words goes below */
LOCAL(aligned):
    testl   %r11d, %r11d
    jz      LOCAL(copied)
LOCAL(copy):
    pushq   ARGUMENTS - 8(%rbp, %r11, 8)
    decl    %r11d
    jnz     LOCAL(copy)
LOCAL(copied):
    subq    $32, %rsp
    movq    (%rbp), %r11
    call    *HP_TALLY_REPLACEMENT(%r11)
    movq    (%rbp), %r11
    lock decl HP_TALLY_INSIDE(%r11)
    leaq    8(%rbp), %rsp
    popq    %rbp
    ret
hp_tally_function_end:

/*
 * The termination handler: rcx = EXCEPTION_RECORD, rdx = establisher frame (rbp). It leaves no tally in the
 * frame, so that no second unwinding through a frame counts twice. A frame that is unwound to goes on and
 * counts out by itself.
 */
    .p2align 4, INT3
LOCAL(handler):
    movl    RECORD_FLAGS(%rcx), %eax
    testb   $EXCEPTION_ANY_UNWIND, %al
    jz      LOCAL(handled)
    testb   $EXCEPTION_TARGET_UNWIND, %al
    jnz     LOCAL(handled)
    xorl    %eax, %eax
    xchgq   (%rdx), %rax
    testq   %rax, %rax
    jz      LOCAL(handled)
    lock decl HP_TALLY_INSIDE(%rax)
LOCAL(handled):
    movl    $EXCEPTION_CONTINUE, %eax
    ret

    .p2align 2, INT3
hp_tally_unwind: /* UNWIND_INFO */
    .byte   UNW_VERSION | UNW_FLAG_UHANDLER << 3
    .byte   LOCAL(prologue_end) - hp_tally_function
    .byte   3 /* codes, the last instruction's first */
    .byte   RBP
    .byte   LOCAL(frame_set) - hp_tally_function, UWOP_SET_FPREG
    .byte   LOCAL(tally_pushed) - hp_tally_function, UWOP_ALLOC_SMALL /* 8 bytes */
    .byte   LOCAL(rbp_pushed) - hp_tally_function, UWOP_PUSH_NONVOL | RBP << 4
    .byte   0, 0 /* to an even number */
    .long   LOCAL(handler) - hp_tally_routine
    .org    hp_tally_routine + HP_TALLY_ROUTINE_SIZE, INT3

    .globl  hp_tally_thunk, hp_tally_thunk_tally, hp_tally_thunk_routine
hp_tally_thunk:
    movabsq $0, %r11
    .set    hp_tally_thunk_tally, . - 8
    .byte   0xE9 /* jmp rel32 */
hp_tally_thunk_routine:
    .long   0
    .org    hp_tally_thunk + HP_TALLY_THUNK_SIZE, INT3

    .globl  hp_tally_jump, hp_tally_jump_slot
hp_tally_jump:
    .byte   0xFF, 0x25 /* jmp [rip + rel32] */
hp_tally_jump_slot:
    .long   0
    .org    hp_tally_jump + HP_TALLY_JUMP_SIZE, INT3
#endif
