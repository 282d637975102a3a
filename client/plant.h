/**
 * @file plant.h
 * The only place that writes to code pages. A jump is planted in the room that the
 * compiler left before the function:
 *
 *     x64   entry-6: FF 25 rel32   jmp [slot]       entry: EB F8   jmp short entry-6
 *     x86   entry-5: E9 rel32      jmp thunk        entry: EB F9   jmp short entry-5
 *
 * (Intel SDM vol. 2, JMP.) The room is written first, with one aligned 8-byte store, then the entry word with
 * one 2-byte store. A thread that stands between two one-byte nops meanwhile executes F8 (CLC) or F9 (STC),
 * both harmless. So no thread is ever suspended. Reverting writes in the opposite order; a thread that has
 * just taken the short jump then runs either the old jump or nops that lead into the function. Where the room
 * was filled with int3 (CC), it would run into that: there the jump stays in the room, unreachable once the
 * entry word is back, and leads to a thunk that runs the original.
 */
#ifndef HP_CLIENT_PLANT_H
#define HP_CLIENT_PLANT_H

#include "idl/trouble.h"
#include "proxygen/functable.h"

/** How a function begins. */
typedef enum hp_prologue {
    HP_PROLOGUE_NOPS,    /**< 90 90, gcc -fpatchable-function-entry; body behind both */
    HP_PROLOGUE_NOP2,    /**< 66 90, clang; body behind it */
    HP_PROLOGUE_MOV_EDI, /**< x86 8B FF, MSVC and ms_hook_prologue; body behind it */
    HP_PROLOGUE_LEA_RSP, /**< x64 48 8D A4 24 00000000, gcc ms_hook_prologue; body behind it */
} hp_prologue;

/** One function's code bytes, as found. */
typedef struct hp_plant {
    unsigned char *entry;
    hp_prologue prologue;
    uint64_t room;   /**< the 8 bytes before the entry, as found */
    uint16_t word;   /**< the first 2 bytes at the entry, as found */
    uint64_t jump;   /**< the 8 bytes before the entry with our jump in them */
    uint8_t planted; /**< our jump is there */
} hp_plant;

/** A run of pages whose protection was changed. */
typedef struct hp_plant_run {
    unsigned char *start;
    size_t size;
    DWORD protection; /**< as it was */
} hp_plant_run;

/** Code made writable for a moment. */
typedef struct hp_plant_window {
    size_t count;
    hp_plant_run *runs;
} hp_plant_window;

/**
 * Look at a function: can it be patched, and how does it begin?
 *
 * @param base, size  the image; everything that would be touched must lie inside
 * @param entry       the function
 * @param plant       receives the bytes as found
 * @return S_OK; HP_E_NOT_PATCHABLE, HP_E_PAD_OCCUPIED, HP_E_ENTRY_MISALIGNED. Reads only.
 */
HRESULT hp_plant_inspect(const unsigned char *base, size_t size, unsigned char *entry, hp_plant *plant,
                         hp_trouble *trouble);

/** Where the original body goes on behind the prologue: calling it there needs no trampoline. */
unsigned char *hp_plant_body(const hp_plant *plant);

/**
 * Work out the jump.
 *
 * @param plant  as inspected
 * @param slot   address of the pointer to the thunk (x64 jumps through it)
 * @param thunk  the thunk (x86 jumps to it)
 * @return S_OK; HP_E_NO_ROOM_NEAR if the slot is further than 2 GB away
 */
HRESULT hp_plant_aim(hp_plant *plant, void *const *slot, const void *thunk);

/**
 * Make the code of some functions writable. They stay executable, since threads may be running there: the one
 * moment in which pages are both, ended by hp_plant_close.
 *
 * @param plants  pointers, any order; not changed
 * @return S_OK; E_OUTOFMEMORY, HP_E_DYNAMIC_CODE or what VirtualProtect says: then
 *         all protections are as they were
 */
HRESULT hp_plant_open(hp_plant *const *plants, size_t count, hp_plant_window *window, hp_trouble *trouble);

/** What a failed VirtualProtect means, from GetLastError: HP_E_DYNAMIC_CODE or the wrapped code. */
HRESULT hp_plant_protection_error(void);

/** Put the protections back and flush the instruction cache. */
void hp_plant_close(hp_plant_window *window);

/** Plant the jump. Cannot fail. The window is open. */
void hp_plant_commit(hp_plant *plant);

/** Is what stands there exactly what we planted? */
int hp_plant_intact(const hp_plant *plant);

/**
 * Not planted, and the function is as it was found, but for a jump of ours that a
 * revert had to leave in the room.
 */
int hp_plant_is_idle(const hp_plant *plant);

/** Put the original bytes back. Cannot fail. The window is open and the plant intact. */
void hp_plant_revert(hp_plant *plant);

#endif
