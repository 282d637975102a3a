/**
 * @file marshal.h
 * Between registers and frames, on both sides. Pure but for reading and writing the
 * memory that arguments point to.
 *
 * App:     registers -> hp_marshal_gather -> frame ...... reply -> hp_marshal_accept -> registers, out-blocks
 * Update:  frame -> hp_marshal_rebuild -> invocation -> hp_invoke_call -> hp_marshal_answer -> reply
 */
#ifndef HP_PROXYGEN_MARSHAL_H
#define HP_PROXYGEN_MARSHAL_H

#include "idl/frame.h"
#include "proxygen/layout.h"

/** How a function's calls are carried over: its signature and, for this image, its layout. */
typedef struct hp_marshal {
    hp_signature signature;
    hp_layout layout;
} hp_marshal;

/**
 * App: describe a call, which this thread has made, as a frame, ready for hp_frame_measure and
 * hp_frame_write. Blocks point at the app's own memory.
 *
 * @return S_OK; HP_E_STRING_TOO_LONG, HP_E_FRAME_TOO_LARGE; HP_E_FRAME_MALFORMED for a negative length
 */
HRESULT hp_marshal_gather(const hp_marshal *marshal, const hp_registers *registers, hp_frame *call);

/**
 * App: take a reply. Everything is checked against the signature and against the call
 * before the first byte is written.
 *
 * @param registers  of the call: memory is found through it; receives result registers and cleanup
 * @param call       as hp_marshal_gather described it
 * @param reply      as hp_frame_read gave it; or as hp_frame_read_shared did, with copies of the data of
 *                   blocks for which hp_marshal_looks_at says so
 * @param action     receives HP_RETURN_INTEGER, HP_RETURN_F32 or HP_RETURN_F64, for the spill routine
 * @return S_OK or HP_E_FRAME_MALFORMED, then nothing was written
 */
HRESULT hp_marshal_accept(const hp_marshal *marshal, hp_registers *registers, const hp_frame *call,
                          const hp_frame *reply, uintptr_t *action);

/**
 * App: does hp_marshal_accept look at what a reply's block brings? Else it does nothing with the data but
 * copy it once to the app's memory, after all checks: it may change at any time then.
 */
int hp_marshal_looks_at(const hp_marshal *marshal, const hp_frame_block *block);

/**
 * App: let a call return a value without an answer. Nothing but the result is written.
 *
 * @param word    the result's bytes; of a smaller result only those are looked at
 * @param action  receives HP_RETURN_...; HP_RETURN_ORIGINAL if the result is a structure: then nothing was
 * done
 */
void hp_marshal_settle(const hp_marshal *marshal, hp_registers *registers, uint64_t word, uintptr_t *action);

/** Update: a call made ready. Freed with hp_marshal_release. */
typedef struct hp_invocation {
    hp_registers registers;
    uint32_t stack_bytes;
    /** one allocation: stack words, a structure that is returned, and every block; or small, if there is no
     * block and the rest fits */
    unsigned char *memory;
    _Alignas(16) unsigned char small[512];
    int adopts;      /**< blocks may lie in the frame itself */
    uint16_t blocks; /**< of the call */
    /** the parameter's memory, NULL for NULL or by value */
    unsigned char *block[HP_SIGNATURE_MAX_PARAMETERS];
    uint32_t capacity[HP_SIGNATURE_MAX_PARAMETERS]; /**< bytes there; of a value undefined */
    /** memory of a result returned through a pointer */
    unsigned char *hidden;
} hp_invocation;

/**
 * Update: rebuild registers, stack and memory from a call frame, which is checked against the signature.
 *
 * @return S_OK; HP_E_FRAME_MALFORMED (wrong number of words or blocks, a block that does not fit its
 *         parameter, a capacity that is not what the length parameter says), E_OUTOFMEMORY. On
 *         failure nothing needs to be released.
 *
 * hp_marshal_adopt is the same for a frame whose bytes may be written to, and stay until hp_marshal_release:
 * whatever block is complete there, at a multiple of 16, is not copied once more.
 */
HRESULT hp_marshal_rebuild(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation);

HRESULT hp_marshal_adopt(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation);

/**
 * Update: describe the reply after the call. Blocks point into the invocation.
 *
 * @return S_OK
 */
HRESULT hp_marshal_answer(const hp_marshal *marshal, const hp_invocation *invocation, hp_frame *reply);

/** Free what an invocation holds. */
void hp_marshal_release(hp_invocation *invocation);

#endif
