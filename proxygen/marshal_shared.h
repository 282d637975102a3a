/**
 * @file marshal_shared.h
 * Inside marshal*.c, and for server/automation.c and memory.c, which make frames too: what both sides read
 * alike. All functions are pure and thread-safe.
 */
#ifndef HP_PROXYGEN_MARSHAL_SHARED_H
#define HP_PROXYGEN_MARSHAL_SHARED_H

#include <string.h>

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
static inline const unsigned char *hp_marshal_at(const hp_registers *registers, const hp_place *place) {
    switch (place->kind) {
#if HP_X64
    case HP_PLACE_FLOAT:
        return registers->xmm[place->index];
#endif
    case HP_PLACE_STACK:
        return registers->stack + place->offset;
    default:
        return (const unsigned char *)&registers->gp[place->index];
    }
}

/** The pointer that the place holds. */
static inline unsigned char *hp_marshal_pointer(const hp_registers *registers, const hp_place *place) {
    unsigned char *pointer;
    memcpy(&pointer, hp_marshal_at(registers, place), sizeof pointer);
    return pointer;
}

/** The value's bytes: the place itself or, if indirect, what it points to. */
static inline const unsigned char *hp_marshal_value(const hp_registers *registers, const hp_place *place) {
    return place->indirect ? hp_marshal_pointer(registers, place) : hp_marshal_at(registers, place);
}

/** A value of up to 8 bytes as a word: zero-extended, a bool 0 or 1. */
static inline uint64_t hp_marshal_word(const hp_type *type, const unsigned char *bytes) {
    uint64_t word = 0;
    switch (type->size) { /* a copy of a size that is not known here is a call of the C library */
    case 1:
        word = *bytes;
        break;
    case 2: {
        uint16_t value;
        memcpy(&value, bytes, sizeof value);
        word = value;
        break;
    }
    case 4: {
        uint32_t value;
        memcpy(&value, bytes, sizeof value);
        word = value;
        break;
    }
    case 8:
        memcpy(&word, bytes, sizeof word);
        break;
    default:
        memcpy(&word, bytes, type->size);
        break;
    }
    return type->kind == HP_TYPE_BOOL ? word != 0 : word;
}

/**
 * A word that somebody else made, as a value of the type: S_OK, or
 * HP_E_FRAME_MALFORMED for bits above its size.
 */
static inline HRESULT hp_marshal_check_word(const hp_type *type, uint64_t *word) {
    if (type->size < 8 && *word >> (8 * type->size) != 0)
        return HP_E_FRAME_MALFORMED;
    if (type->kind == HP_TYPE_BOOL)
        *word = *word != 0;
    return S_OK;
}

/** The word as registers hold it: signed integers sign-extended, everything else zero-extended. */
static inline uint64_t hp_marshal_extend(const hp_type *type, uint64_t word) {
    if (type->kind != HP_TYPE_SIGNED || type->size >= 8)
        return word;
    uint64_t sign = (uint64_t)1 << (8 * type->size - 1);
    return (word ^ sign) - sign;
}

/** Does this parameter have a block? Pointers and values above 8 bytes do. */
static inline int hp_marshal_has_block(const hp_parameter *parameter) {
    return parameter->direction != HP_BY_VALUE || parameter->type.size > HP_MARSHAL_WORD;
}

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
