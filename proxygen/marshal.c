#include "proxygen/marshal_shared.h"

#include <string.h>

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
