/**
 * @file instruction.h
 * x64 code of Visual C++ (/hotpatch) has no filler at its entry, but a first instruction of at least two
 * bytes. The jump replaces its beginning, so the original is called through a copy of it. Decoded by Zydis.
 */
#ifndef HP_CLIENT_INSTRUCTION_H
#define HP_CLIENT_INSTRUCTION_H

#include "idl/trouble.h"

/** Room that a copy needs: an instruction (at most 15 bytes, Intel SDM vol. 2, 2.3.11), and a jump. */
#define HP_INSTRUCTION_COPY 32u

/**
 * Can the first instruction be run elsewhere, and is it safe to replace its first two bytes?
 *
 * @param entry  the function
 * @param end    end of the image's code that may be read
 * @param length receives the length of the instruction in bytes
 * @return S_OK; HP_E_TOO_SHORT (one byte, or the function ends behind it or within the first two bytes),
 *         HP_E_INSTRUCTION (it is a call, a relative jump, unknown, or some branch of the same function leads
 *         to the entry or into the instruction). Reads only. Thread-safe.
 */
HRESULT hp_instruction_check(const unsigned char *entry, const unsigned char *end, uint32_t *length,
                             hp_trouble *trouble);

/**
 * Write a copy and, behind it, a jump to where the function goes on. A displacement relative to rip is
 * corrected.
 *
 * @param entry   as checked, with its original bytes
 * @param length  of its first instruction
 * @param place   writable, HP_INSTRUCTION_COPY bytes; filled up with int3. No cache flush.
 * @return S_OK; HP_E_NO_ROOM_NEAR if the displacement does not reach from there
 */
HRESULT hp_instruction_copy(const unsigned char *entry, uint32_t length, unsigned char *place);

#endif
