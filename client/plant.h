/**
 * @file plant.h
 * The only place that writes to code pages. A jump is planted in the room that the compiler left before the
 * function:
 *
 *     x64   entry-6: FF 25 rel32   jmp [slot]       entry: EB F8   jmp short entry-6
 *     x86   entry-5: E9 rel32      jmp thunk        entry: EB F9   jmp short entry-5
 *
 * (Intel SDM vol. 2, JMP.) The room is written first, with one aligned 8-byte store, then the entry word with
 * one 2-byte store. A thread that stands between two one-byte nops meanwhile executes F8 (CLC) or F9 (STC),
 * both harmless. So no thread is ever suspended. Reverting writes in the opposite order; a thread that has
 * just taken the short jump then runs either the old jump or nops that lead into the function. (It must not
 * be interrupted among these nops until the function is patched again: so the room comes last, behind a
 * barrier, when only a thread that was interrupted right before the jump can get there.) Where the room was
 * filled with int3 (CC), it would run into that: there the jump stays in the room, unreachable once the entry
 * word is back, and leads to a thunk that runs the original.
 */
#ifndef HP_CLIENT_PLANT_H
#define HP_CLIENT_PLANT_H

#include "idl/trouble.h"
#include "proxygen/functable.h"
#include "proxygen/prologue.h"

enum {
    HP_PLANT_ROOM = HP_PROLOGUE_BEFORE, /**< bytes before the entry that one store replaces */
    /** of them those of the jump */
    HP_PLANT_JUMP = HP_X64 ? HP_PROLOGUE_JUMP_X64 : HP_PROLOGUE_JUMP_X86,
};

/** One function's code bytes, as found. Without padding at its end: there may be tens of thousands. */
typedef struct __attribute__((packed, aligned(4))) hp_plant {
    unsigned char *entry;
    uint16_t word; /**< the first 2 bytes at the entry, as found */
    uint8_t int3;  /**< which bytes of the room were CC and not 90; bit 0 is the one before the entry */
    uint8_t prologue : 3; /**< hp_prologue_form */
    uint8_t planted : 1;  /**< our jump is there */
    uint8_t length : 4;   /**< bytes of the prologue; the body goes on behind it */
} hp_plant;

/** An image, and what is known of its pages meanwhile. Zero-initialise all but base and size. */
typedef struct hp_plant_image {
    unsigned char *base;
    size_t size;                    /**< bytes */
    uintptr_t code_start, code_end; /**< executable pages that were asked for last */
} hp_plant_image;

/**
 * Look at a function: can it be patched, and how does it begin?
 *
 * @param image  everything that would be touched must lie inside
 * @param entry  the function
 * @param plant  receives the bytes as found
 * @return S_OK; HP_E_NOT_PATCHABLE, HP_E_PAD_OCCUPIED, HP_E_ENTRY_MISALIGNED, HP_E_FOREIGN_BYTES (it begins
 *         with a jump), HP_E_TOO_SHORT, HP_E_INSTRUCTION. Reads only.
 */
HRESULT hp_plant_inspect(hp_plant_image *image, unsigned char *entry, hp_plant *plant, hp_trouble *trouble);

/**
 * Can the jump reach?
 *
 * @param aim  x64: the slot, a pointer that it jumps through; x86: where it jumps to
 * @return S_OK; HP_E_NO_ROOM_NEAR if it is further than 2 GB away
 */
HRESULT hp_plant_reach(const hp_plant *plant, const void *aim);

/** Plant the jump. Cannot fail. A window is open (window.h), and aim within reach. */
void hp_plant_commit(hp_plant *plant, const void *aim);

/** Is what stands there exactly what we planted? */
int hp_plant_intact(const hp_plant *plant, const void *aim);

/**
 * Not planted, and the function is as it was found, but for a jump of ours that a revert had to leave in the
 * room.
 */
int hp_plant_is_idle(const hp_plant *plant, const void *aim);

/**
 * Is the prologue still the one whose body is known, as far as more than its first word counts?
 *
 * @param body  for HP_FORM_INSTRUCTION the copy of the instruction
 */
int hp_plant_has_body(const hp_plant *plant, const void *body);

/** Put the first word back: nobody comes to the jump any more. Cannot fail; a window is open. */
void hp_plant_revert(hp_plant *plant);

/**
 * Put the room back, if it was nops: behind hp_plant_revert, and not at once. Threads that have just taken
 * the short jump should find the long one. Cannot fail. A window is open.
 */
void hp_plant_tidy(const hp_plant *plant, const void *aim);

/**
 * Where does what stands at a function's entry lead?
 *
 * @return the destination of the jump there, followed through the room before the entry and through slots, as
 *         far as memory can be read; NULL if it does not begin with a jump
 */
const void *hp_plant_destination(const unsigned char *entry);

#endif
