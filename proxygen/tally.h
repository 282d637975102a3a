/**
 * @file tally.h
 * Machine code that counts who is inside a replacement: so that it is known when its module may go. It lives
 * in memory that is never freed, because the last instructions of a call run after it was counted out.
 *
 *     thunk    r11 (x86: eax) = tally; jmp routine          16 bytes, one for each replacement
 *     routine  counts in, copies the stack arguments, calls tally->replacement, counts out, returns;
 *              callee clean-up (x86) is found out and repeated. Uncounted: jmp tally->replacement
 *     jump     jmp [slot]                                    8 bytes
 *
 * No register but r11 (x86: eax) is changed on the way to the replacement, none on the way back but volatile
 * ones that hold no result. The stack is aligned as the caller has it, and stack walks pass through.
 *
 * x64: a call that an exception or longjmp ends is counted out, too. x86: nothing is registered; what leaves
 * the replacement without returning stays counted in.
 *
 * Read by .S files, too.
 */
#ifndef HP_PROXYGEN_TALLY_H
#define HP_PROXYGEN_TALLY_H

/* hp_tally */
#define HP_TALLY_REPLACEMENT 0
#if defined(__x86_64__)
#define HP_TALLY_INSIDE 16
#define HP_TALLY_STACK_WORDS 20
#else
#define HP_TALLY_INSIDE 8
#define HP_TALLY_STACK_WORDS 12
#endif

#define HP_TALLY_UNCOUNTED 0xFFFF

#define HP_TALLY_THUNK_SIZE 16
#define HP_TALLY_JUMP_SIZE 8
/* Room for one copy of the routine with its unwind data, bytes. */
#define HP_TALLY_ROUTINE_SIZE 512

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

/** What a thunk names. Read by the routine at fixed offsets. */
typedef struct hp_tally {
    void
        *volatile replacement; /**< read after counting in: once it is exchanged, nobody enters the old one */
    void *volatile below;      /**< what the replacement's `original` runs */
    volatile LONG inside;      /**< calls that are counted in and not yet out */
    uint16_t stack_words; /**< words of stack arguments (x64: without home space), or HP_TALLY_UNCOUNTED */
    uint16_t flags;       /**< not for the routine */
} hp_tally;

_Static_assert(offsetof(hp_tally, replacement) == HP_TALLY_REPLACEMENT, "hp_tally.replacement");
_Static_assert(offsetof(hp_tally, inside) == HP_TALLY_INSIDE, "hp_tally.inside");
_Static_assert(offsetof(hp_tally, stack_words) == HP_TALLY_STACK_WORDS, "hp_tally.stack_words");

/** Most words that are copied: 2 KiB, so that no page of the stack need be probed. */
#define HP_TALLY_WORDS_MAX (2048u / sizeof(void *))

/**
 * Put a copy of the routine somewhere.
 *
 * @param place  writable, HP_TALLY_ROUTINE_SIZE bytes, 16-aligned; the rest of it is filled with int3. No
 *               protection change, no cache flush: the caller does both.
 */
void hp_tally_write_routine(unsigned char *place);

#if defined(__x86_64__)
/**
 * Unwind data for a copy of the routine (PE specification, .pdata), for RtlAddFunctionTable with
 * `place` as the base. An exception or unwinding that leaves the replacement through it counts out, too.
 */
void hp_tally_describe(RUNTIME_FUNCTION *function);
#endif

/** Write the thunk of a tally. x64: routine within 2 GB of place. As hp_tally_write_routine otherwise. */
void hp_tally_write_thunk(unsigned char *place, const hp_tally *tally, const unsigned char *routine);

/** Write a jump through a slot. x64: within 2 GB of place. As hp_tally_write_routine otherwise. */
void hp_tally_write_jump(unsigned char *place, void *const volatile *slot);

#endif
#endif
