/**
 * @file marshal_shared.h
 * Inside marshal*.c: what both sides read alike. All functions are pure and thread-safe.
 */
#ifndef HP_PROXYGEN_MARSHAL_SHARED_H
#define HP_PROXYGEN_MARSHAL_SHARED_H

#include "idl/protocol.h"
#include "proxygen/marshal.h"

/** Head, words, block headers and padding of any frame fit in this. */
#define HP_MARSHAL_OVERHEAD 4096u

/**
 * Bytes that all memory of one call may have together: then the call fits into a frame, and its reply too.
 */
#define HP_MARSHAL_LIMIT (HP_FRAME_MAX - HP_MARSHAL_OVERHEAD)

/** Values up to this size travel as words. */
#define HP_MARSHAL_WORD 8u

/** Width of a register and of a stack word in bytes. */
#define HP_MARSHAL_WIDTH ((uint32_t)sizeof(void *))

/** The place itself, in a register or on the stack. */
const unsigned char *hp_marshal_at(const hp_registers *registers, const hp_place *place);

/** The pointer that the place holds. */
unsigned char *hp_marshal_pointer(const hp_registers *registers, const hp_place *place);

/** The value's bytes: the place itself or, if indirect, what it points to. */
const unsigned char *hp_marshal_value(const hp_registers *registers, const hp_place *place);

/** A value of up to 8 bytes as a word: zero-extended, a bool 0 or 1. */
uint64_t hp_marshal_word(const hp_type *type, const unsigned char *bytes);

/**
 * A word that somebody else made, as a value of the type: S_OK, or
 * HP_E_FRAME_MALFORMED for bits above its size.
 */
HRESULT hp_marshal_check_word(const hp_type *type, uint64_t *word);

/** The word as registers hold it: signed integers sign-extended, everything else zero-extended. */
uint64_t hp_marshal_extend(const hp_type *type, uint64_t word);

/** Does this parameter have a block? Pointers and values above 8 bytes do. */
int hp_marshal_has_block(const hp_parameter *parameter);

/** Is this memory text of which only the part up to the NUL matters, in a buffer of a given length? */
int hp_marshal_is_text_buffer(const hp_parameter *parameter);

/**
 * Bytes at a pointer whose length is a number or a parameter.
 *
 * @param word  the call's words
 * @return S_OK; HP_E_FRAME_MALFORMED for a negative length, HP_E_FRAME_TOO_LARGE
 */
HRESULT hp_marshal_capacity(const hp_signature *signature, const uint64_t *word,
                            const hp_parameter *parameter, uint32_t *capacity);

/** Bytes of text up to and with its NUL; capacity if there is none before it. @param element 1 or 2 */
uint32_t hp_marshal_text_size(const unsigned char *text, uint32_t element, uint32_t capacity);

/** Does text of size bytes end with a NUL? @param element 1 or 2 */
int hp_marshal_is_terminated(const unsigned char *text, uint32_t element, uint32_t size);

/** Is the size of this block's data right for its parameter and capacity? For data that was sent. */
int hp_marshal_fits(const hp_parameter *parameter, const hp_frame_block *block);

/** HP_RETURN_... for the layout's result. */
uint32_t hp_marshal_action(const hp_marshal *marshal);

#endif
