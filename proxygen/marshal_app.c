// The app's half: registers -> call frame, reply -> registers and memory.

#include "proxygen/marshal_shared.h"

#include <string.h>

/** Find out how much memory is at a parameter's pointer, and how much of it travels with the call. */
static HRESULT measure_memory(const hp_signature *signature, const uint64_t *word,
                              const hp_parameter *parameter, const unsigned char *memory,
                              hp_frame_block *block) {
    const uint32_t element = parameter->type.size;
    if (parameter->length == HP_LENGTH_TERMINATED) {
        // One more than allowed is looked at, to tell a text that just fits from one that does not.
        uint32_t size = hp_marshal_text_size(memory, element, HP_MARSHAL_LIMIT + element);
        if (size > HP_MARSHAL_LIMIT)
            return HP_E_STRING_TOO_LONG;
        block->size = block->capacity = size;
        return S_OK;
    }
    HRESULT hr = hp_marshal_capacity(signature, word, parameter, &block->capacity);
    if (FAILED(hr))
        return hr;
    if (!(parameter->direction & HP_IN))
        block->size = 0;
    else if (hp_marshal_is_text_buffer(parameter))
        block->size = hp_marshal_text_size(memory, element, block->capacity);
    else
        block->size = block->capacity;
    return S_OK;
}

static HRESULT gather_block(const hp_marshal *marshal, const hp_registers *registers, const uint64_t *word,
                            uint16_t index, hp_frame_block *block) {
    const hp_parameter *parameter = &marshal->signature.parameter[index];
    const hp_place *place = &marshal->layout.place[index];
    *block = (hp_frame_block){.parameter = index};
    if (parameter->direction == HP_BY_VALUE) {
        block->size = block->capacity = parameter->type.size;
        block->data = hp_marshal_value(registers, place);
        return S_OK;
    }
    const unsigned char *memory = hp_marshal_pointer(registers, place);
    if (!memory) {
        block->flags = HP_FRAME_NULL;
        return S_OK;
    }
    block->data = memory;
    return measure_memory(&marshal->signature, word, parameter, memory, block);
}

/*
 * How this thread calculates, which the function inherits: with another rounding, precision (x87) or
 * treatment of denormals the same code gives other results. mingw-w64's start code alone makes a difference
 * between a program's first thread (64 bits of precision) and all others (53).
 */
static uint32_t modes_here(void) {
    uint16_t control;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control), "=m"(mxcsr));
    return (mxcsr << 16 | control) & HP_FRAME_MODES;
}

HRESULT hp_marshal_gather(const hp_marshal *marshal, const hp_registers *registers, hp_frame *call) {
    const hp_signature *signature = &marshal->signature;
    call->arch = marshal->layout.arch;
    call->kind = HP_FRAME_CALL;
    call->modes = modes_here();
    call->words = signature->count;
    call->blocks = 0;
    // All words first: a buffer's length may stand behind the buffer.
    uint16_t blocks = 0;
    for (uint16_t i = 0; i < signature->count; i++) {
        const hp_parameter *parameter = &signature->parameter[i];
        if (hp_marshal_has_block(parameter)) {
            call->word[i] = 0;
            blocks++;
        } else {
            call->word[i] =
                hp_marshal_word(&parameter->type, hp_marshal_value(registers, &marshal->layout.place[i]));
        }
    }
    uint64_t total = signature->result.size;
    for (uint16_t i = 0; call->blocks < blocks; i++) {
        if (!hp_marshal_has_block(&signature->parameter[i]))
            continue;
        hp_frame_block *block = &call->block[call->blocks++];
        HRESULT hr = gather_block(marshal, registers, call->word, i, block);
        if (FAILED(hr))
            return hr;
        // Counted by capacity, so that a reply that fills every buffer fits too: too late is after the call.
        total += block->capacity;
        if (total > HP_MARSHAL_LIMIT)
            return HP_E_FRAME_TOO_LARGE;
    }
    return S_OK;
}

/** Does memory come back for this block of the call? */
static int comes_back(const hp_signature *signature, const hp_frame_block *block) {
    return signature->parameter[block->parameter].direction & HP_OUT && !(block->flags & HP_FRAME_NULL);
}

static int is_result_block(const hp_frame_block *block, uint32_t size) {
    return block->parameter == HP_FRAME_RESULT && block->flags == 0 && block->size == size &&
           block->capacity == size;
}

int hp_marshal_looks_at(const hp_marshal *marshal, const hp_frame_block *block) {
    if (block->parameter == HP_FRAME_RESULT)
        return 0;
    // Of a text not all is looked at, and of what is refused nothing: but it is easier to be sure of this.
    return block->parameter >= marshal->signature.count || block->size != block->capacity ||
           marshal->signature.parameter[block->parameter].type.text;
}

static HRESULT check_blocks(const hp_signature *signature, const hp_frame *call, const hp_frame *reply) {
    uint16_t next = 0;
    for (uint16_t i = 0; i < call->blocks; i++) {
        const hp_frame_block *sent = &call->block[i];
        if (!comes_back(signature, sent))
            continue;
        if (next == reply->blocks)
            return HP_E_FRAME_MALFORMED;
        const hp_frame_block *got = &reply->block[next++];
        if (got->parameter != sent->parameter || got->flags || got->capacity != sent->capacity ||
            !hp_marshal_fits(&signature->parameter[sent->parameter], got))
            return HP_E_FRAME_MALFORMED;
    }
    if (signature->result.size > HP_MARSHAL_WORD) {
        if (next == reply->blocks || !is_result_block(&reply->block[next++], signature->result.size))
            return HP_E_FRAME_MALFORMED;
    }
    return next == reply->blocks ? S_OK : HP_E_FRAME_MALFORMED;
}

static void accept_memory(const hp_marshal *marshal, const hp_registers *registers, const hp_frame *reply) {
    for (uint16_t i = 0; i < reply->blocks; i++) {
        const hp_frame_block *block = &reply->block[i];
        if (block->parameter == HP_FRAME_RESULT)
            memcpy(hp_marshal_pointer(registers, &marshal->layout.hidden), block->data, block->size);
        else if (block->size > 0)
            memcpy(hp_marshal_pointer(registers, &marshal->layout.place[block->parameter]), block->data,
                   block->size);
    }
}

static void set_integer(hp_registers *registers, const hp_type *type, uint64_t word) {
    const uint64_t wide = hp_marshal_extend(type, word);
#if HP_X64
    registers->gp[HP_GP_AX] = wide;
#else
    registers->gp[HP_GP_AX] = (uint32_t)wide;
    if (type->size > 4)
        registers->gp[HP_GP_DX] = (uint32_t)(wide >> 32);
#endif
}

static void set_float(hp_registers *registers, uint64_t word) {
#if HP_X64
    memset(registers->xmm[0], 0, sizeof registers->xmm[0]);
    memcpy(registers->xmm[0], &word, sizeof word);
#else
    memcpy(registers->st0, &word, sizeof word);
#endif
}

static void accept_result(const hp_marshal *marshal, hp_registers *registers, uint64_t word) {
    const hp_type *type = &marshal->signature.result;
    switch (marshal->layout.result) {
    case HP_RESULT_NONE:
        break;
    case HP_RESULT_INTEGER:
        set_integer(registers, type, word);
        break;
    case HP_RESULT_FLOAT:
        set_float(registers, word);
        break;
    case HP_RESULT_HIDDEN: {
        unsigned char *memory = hp_marshal_pointer(registers, &marshal->layout.hidden);
        if (type->size <= HP_MARSHAL_WORD)
            memcpy(memory, &word, type->size);
        registers->gp[HP_GP_AX] = (uintptr_t)memory;
        break;
    }
    }
}

HRESULT hp_marshal_accept(const hp_marshal *marshal, hp_registers *registers, const hp_frame *call,
                          const hp_frame *reply, uintptr_t *action) {
    const hp_type *result = &marshal->signature.result;
    if (reply->kind != HP_FRAME_REPLY || reply->arch != call->arch || reply->words != 1)
        return HP_E_FRAME_MALFORMED;
    uint64_t word = reply->word[0];
    if (result->size > HP_MARSHAL_WORD) {
        if (word)
            return HP_E_FRAME_MALFORMED;
    } else {
        HRESULT hr = hp_marshal_check_word(result, &word);
        if (FAILED(hr))
            return hr;
    }
    HRESULT hr = check_blocks(&marshal->signature, call, reply);
    if (FAILED(hr))
        return hr;

    accept_memory(marshal, registers, reply);
    accept_result(marshal, registers, word);
    registers->cleanup = marshal->layout.cleanup;
    *action = hp_marshal_action(marshal);
    return S_OK;
}

void hp_marshal_settle(const hp_marshal *marshal, hp_registers *registers, uint64_t word, uintptr_t *action) {
    const hp_type *result = &marshal->signature.result;
    *action = HP_RETURN_ORIGINAL;
    if (result->kind == HP_TYPE_STRUCT)
        return;
    if (result->size < HP_MARSHAL_WORD)
        word &= ((uint64_t)1 << (8 * result->size)) - 1;
    if (result->kind == HP_TYPE_BOOL)
        word = word != 0;
    accept_result(marshal, registers, word);
    registers->cleanup = marshal->layout.cleanup;
    *action = hp_marshal_action(marshal);
}
