#include "proxygen/marshal_shared.h"

#include <string.h>

const unsigned char *hp_marshal_at(const hp_registers *registers, const hp_place *place) {
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

unsigned char *hp_marshal_pointer(const hp_registers *registers, const hp_place *place) {
    unsigned char *pointer;
    memcpy(&pointer, hp_marshal_at(registers, place), sizeof pointer);
    return pointer;
}

const unsigned char *hp_marshal_value(const hp_registers *registers, const hp_place *place) {
    return place->indirect ? hp_marshal_pointer(registers, place) : hp_marshal_at(registers, place);
}

uint64_t hp_marshal_word(const hp_type *type, const unsigned char *bytes) {
    uint64_t word = 0;
    memcpy(&word, bytes, type->size);
    return type->kind == HP_TYPE_BOOL ? word != 0 : word;
}

HRESULT hp_marshal_check_word(const hp_type *type, uint64_t *word) {
    if (type->size < 8 && *word >> (8 * type->size) != 0)
        return HP_E_FRAME_MALFORMED;
    if (type->kind == HP_TYPE_BOOL)
        *word = *word != 0;
    return S_OK;
}

uint64_t hp_marshal_extend(const hp_type *type, uint64_t word) {
    if (type->kind != HP_TYPE_SIGNED || type->size >= 8)
        return word;
    uint64_t sign = (uint64_t)1 << (8 * type->size - 1);
    return (word ^ sign) - sign;
}

int hp_marshal_has_block(const hp_parameter *parameter) {
    return parameter->direction != HP_BY_VALUE || parameter->type.size > HP_MARSHAL_WORD;
}

int hp_marshal_is_text_buffer(const hp_parameter *parameter) {
    return parameter->type.text && parameter->length != HP_LENGTH_TERMINATED && parameter->direction & HP_OUT;
}

HRESULT hp_marshal_capacity(const hp_signature *signature, const uint64_t *word,
                            const hp_parameter *parameter, uint32_t *capacity) {
    uint64_t count = parameter->count;
    if (parameter->length == HP_LENGTH_PARAMETER) {
        const hp_type *type = &signature->parameter[parameter->count].type;
        count = hp_marshal_extend(type, word[parameter->count]);
        if (type->kind == HP_TYPE_SIGNED && count >> 63)
            return HP_E_FRAME_MALFORMED;
    }
    if (count > HP_MARSHAL_LIMIT || count * parameter->type.size > HP_MARSHAL_LIMIT)
        return HP_E_FRAME_TOO_LARGE;
    *capacity = (uint32_t)(count * parameter->type.size);
    return S_OK;
}

uint32_t hp_marshal_text_size(const unsigned char *text, uint32_t element, uint32_t capacity) {
    if (element == 1) {
        const unsigned char *end = memchr(text, 0, capacity);
        return end ? (uint32_t)(end - text) + 1 : capacity;
    }
    for (uint32_t at = 0; at + 2 <= capacity; at += 2) {
        if (text[at] == 0 && text[at + 1] == 0)
            return at + 2;
    }
    return capacity;
}

int hp_marshal_is_terminated(const unsigned char *text, uint32_t element, uint32_t size) {
    return size >= element && text[size - 1] == 0 && text[size - element] == 0;
}

int hp_marshal_fits(const hp_parameter *parameter, const hp_frame_block *block) {
    if (block->size == block->capacity)
        return 1;
    return hp_marshal_is_text_buffer(parameter) && block->size < block->capacity &&
           block->size % parameter->type.size == 0 &&
           hp_marshal_is_terminated(block->data, parameter->type.size, block->size);
}

uint32_t hp_marshal_action(const hp_marshal *marshal) {
    if (marshal->layout.result != HP_RESULT_FLOAT)
        return HP_RETURN_INTEGER;
    return marshal->signature.result.size == 4 ? HP_RETURN_F32 : HP_RETURN_F64;
}
