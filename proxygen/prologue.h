/**
 * @file prologue.h
 * How a function begins, and what room there is before it: what a patch needs. Pure, for either architecture;
 * the engine asks it about running code, "hotpatch prepare" about code in files.
 *
 *     room      x64: 6 bytes of 90 or CC for FF 25 rel32; x86: 5 for E9 rel32
 *     entry     8-aligned: the room is then one aligned store, and the first word cannot straddle a cache
 * line prologue  one that can be skipped (nops, mov edi,edi, lea rsp,[rsp+0]); on x64 also a real first
 * instruction, of which a copy is made
 *
 * (Intel SDM vol. 2, JMP; docs/patching.md.)
 */
#ifndef HP_PROXYGEN_PROLOGUE_H
#define HP_PROXYGEN_PROLOGUE_H

#include "hotpatch/error.h"

/** How a function begins. Numbers stand in function tables (table.h): append only. */
typedef enum hp_prologue_form {
    HP_FORM_NONE,        /**< none that can be patched */
    HP_FORM_NOPS,        /**< 90 90, gcc -fpatchable-function-entry; body behind both */
    HP_FORM_NOP2,        /**< 66 90, clang; body behind it */
    HP_FORM_MOV_EDI,     /**< x86 8B FF, MSVC and ms_hook_prologue; body behind it */
    HP_FORM_LEA_RSP,     /**< x64 48 8D A4 24 00000000, gcc ms_hook_prologue; body behind it */
    HP_FORM_INSTRUCTION, /**< x64, any of two bytes or more, MSVC /hotpatch; body through a copy of it */
    HP_FORM_COUNT,
} hp_prologue_form;

enum {
    HP_PROLOGUE_ALIGN = 8,    /**< of the entry */
    HP_PROLOGUE_BEFORE = 8,   /**< bytes before the entry that are touched */
    HP_PROLOGUE_AFTER = 8,    /**< bytes from the entry on that are looked at */
    HP_PROLOGUE_JUMP_X64 = 6, /**< bytes of room that are needed */
    HP_PROLOGUE_JUMP_X86 = 5,
    HP_PROLOGUE_LEA_RSP = 8, /**< length of that instruction */
};

/** What was seen. */
typedef struct hp_prologue_look {
    hp_prologue_form form;
    uint8_t length; /**< bytes of the prologue; 0 for HP_FORM_INSTRUCTION: a decoder has to say it */
    uint8_t room;   /**< bytes of filler before the entry, as far as before reached, at most 255 */
    uint8_t int3; /**< which bytes of the jump's room were CC and not 90; bit 0 is the one before the entry */
} hp_prologue_look;

/**
 * Look at a function's beginning.
 *
 * @param arch    of the code
 * @param entry   before readable bytes stand before it, at least HP_PROLOGUE_BEFORE, and from it on
 * HP_PROLOGUE_AFTER
 * @param address where it is, or will be, in memory: of it only the alignment counts
 * @param look    receives form and room, also on failure as far as they were seen
 * @return S_OK; HP_E_ENTRY_MISALIGNED, HP_E_FOREIGN_BYTES (it begins with a jump), HP_E_NOT_PATCHABLE (no
 * prologue that can be skipped; on x64 only if there is no room either), HP_E_PAD_OCCUPIED (no room).
 * Thread-safe.
 */
HRESULT hp_prologue_inspect(hp_arch arch, const unsigned char *entry, size_t before, uint64_t address,
                            hp_prologue_look *look);

/** Are these eight bytes the long no-op of gcc's ms_hook_prologue? */
int hp_prologue_is_lea_rsp(const unsigned char *entry);

#endif
