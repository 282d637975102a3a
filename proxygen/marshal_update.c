// The update's half before the call: frame -> registers and memory.

#include "proxygen/marshal_shared.h"

#include "idl/fault.h"

#include <stdlib.h>
#include <string.h>

/** A call that was found to fit the signature. */
typedef struct checked_call {
    uint64_t word[HP_SIGNATURE_MAX_PARAMETERS];
    const hp_frame_block *block[HP_SIGNATURE_MAX_PARAMETERS]; /**< the parameter's block, NULL without one */
    uint16_t blocks;
    uint64_t memory; /**< bytes that parameters need beyond their places */
} checked_call;

/** Bytes that a piece of memory takes: aligned, and never none, so that every pointer is one of its own. */
static uint64_t room(uint64_t size) {
    return size ? (size + 15u) & ~(uint64_t)15u : 16u;
}

static uint32_t stack_size(const hp_layout *layout) {
    return (layout->stack_bytes + HP_MARSHAL_WIDTH - 1) & ~(HP_MARSHAL_WIDTH - 1);
}

static int has_memory(const hp_frame_block *block) {
    return block && !(block->flags & HP_FRAME_NULL);
}

static HRESULT check_memory(const hp_signature *signature, const uint64_t *word,
                            const hp_parameter *parameter, const hp_frame_block *block) {
    if (block->flags & ~HP_FRAME_NULL)
        return HP_E_FRAME_MALFORMED;
    if (!has_memory(block))
        return block->size || block->capacity ? HP_E_FRAME_MALFORMED : S_OK;
    const uint32_t element = parameter->type.size;
    if (parameter->length == HP_LENGTH_TERMINATED) {
        return block->size == block->capacity && block->size % element == 0 &&
                       hp_marshal_is_terminated(block->data, element, block->size)
                   ? S_OK
                   : HP_E_FRAME_MALFORMED;
    }
    uint32_t capacity;
    if (FAILED(hp_marshal_capacity(signature, word, parameter, &capacity)) || block->capacity != capacity)
        return HP_E_FRAME_MALFORMED;
    if (!(parameter->direction & HP_IN))
        return block->size == 0 ? S_OK : HP_E_FRAME_MALFORMED;
    return hp_marshal_fits(parameter, block) ? S_OK : HP_E_FRAME_MALFORMED;
}

static HRESULT check_block(const hp_signature *signature, const uint64_t *word, uint16_t index,
                           const hp_frame_block *block) {
    const hp_parameter *parameter = &signature->parameter[index];
    if (block->parameter != index)
        return HP_E_FRAME_MALFORMED;
    if (parameter->direction != HP_BY_VALUE)
        return check_memory(signature, word, parameter, block);
    return block->flags == 0 && block->size == parameter->type.size && block->capacity == parameter->type.size
               ? S_OK
               : HP_E_FRAME_MALFORMED;
}

static HRESULT check_words(const hp_marshal *marshal, const hp_frame *call, checked_call *checked) {
    checked->blocks = 0;
    checked->memory = 0;
    for (uint16_t i = 0; i < marshal->signature.count; i++) {
        const hp_parameter *parameter = &marshal->signature.parameter[i];
        checked->word[i] = call->word[i];
        checked->block[i] = NULL;
        if (marshal->layout.place[i].indirect)
            checked->memory += room(parameter->type.size);
        if (hp_marshal_has_block(parameter)) {
            checked->blocks++;
            if (call->word[i])
                return HP_E_FRAME_MALFORMED;
        } else {
            HRESULT hr = hp_marshal_check_word(&parameter->type, &checked->word[i]);
            if (FAILED(hr))
                return hr;
        }
    }
    return checked->blocks == call->blocks ? S_OK : HP_E_FRAME_MALFORMED;
}

/** Can the function work on the block where it is? */
static int is_adopted(const hp_invocation *invocation, const hp_frame_block *block) {
    return invocation->adopts && block->size > 0 && block->size == block->capacity &&
           (uintptr_t)block->data % 16 == 0;
}

static HRESULT check_call(const hp_marshal *marshal, const hp_frame *call, const hp_invocation *invocation,
                          checked_call *checked) {
    const hp_signature *signature = &marshal->signature;
    if (call->kind != HP_FRAME_CALL || call->arch != marshal->layout.arch || call->words != signature->count)
        return HP_E_FRAME_MALFORMED;
    HRESULT hr = check_words(marshal, call, checked);
    if (FAILED(hr))
        return hr;
    uint64_t total = signature->result.size;
    for (uint16_t i = 0, next = 0; next < checked->blocks; i++) {
        const hp_parameter *parameter = &signature->parameter[i];
        if (!hp_marshal_has_block(parameter))
            continue;
        const hp_frame_block *block = checked->block[i] = &call->block[next++];
        hr = check_block(signature, checked->word, i, block);
        if (FAILED(hr))
            return hr;
        total += block->capacity;
        if (total > HP_MARSHAL_LIMIT) // as gather has it: the reply has to fit
            return HP_E_FRAME_MALFORMED;
        if (parameter->direction != HP_BY_VALUE && has_memory(block) && !is_adopted(invocation, block))
            checked->memory += room(block->capacity);
    }
    return S_OK;
}

/** One allocation for stack words, hidden result and every block; the stack comes first. */
static HRESULT allocate(const hp_marshal *marshal, const checked_call *checked, hp_invocation *invocation) {
    uint64_t values = 15u + room(stack_size(&marshal->layout));
    if (marshal->layout.result == HP_RESULT_HIDDEN)
        values += room(marshal->signature.result.size);
    if (checked->memory > SIZE_MAX - values)
        return E_OUTOFMEMORY;
    /* Whoever writes beyond a block shall meet the heap, where that can be noticed, and not our stack. */
    invocation->memory = invocation->small;
    if (checked->memory == 0 && values <= sizeof invocation->small)
        return S_OK;
    invocation->memory = HP_FAULT("invocation memory") ? NULL : malloc((size_t)(values + checked->memory));
    return invocation->memory ? S_OK : E_OUTOFMEMORY;
}

static unsigned char *take(unsigned char **free_memory, uint32_t size) {
    unsigned char *taken = *free_memory;
    *free_memory += room(size);
    return taken;
}

/** What came, then zeros. */
static void fill(unsigned char *memory, uint32_t capacity, const void *data, uint32_t size) {
    if (size > 0)
        memcpy(memory, data, size);
    memset(memory + size, 0, capacity - size);
}

/** Put up to 8 bytes into a place, all of the register or stack word. */
static void store(const hp_marshal *marshal, hp_registers *registers, const hp_place *place, uint64_t bits) {
    (void)marshal;
    switch (place->kind) {
#if HP_X64
    case HP_PLACE_FLOAT:
        memset(registers->xmm[place->index], 0, sizeof registers->xmm[0]);
        memcpy(registers->xmm[place->index], &bits, sizeof bits);
        if (marshal->signature.variadic)
            registers->gp[place->shadow] = bits;
        break;
#endif
    case HP_PLACE_STACK:
        if (place->size > HP_MARSHAL_WIDTH)
            memcpy(registers->stack + place->offset, &bits, sizeof bits);
        else
            memcpy(registers->stack + place->offset, &bits, HP_MARSHAL_WIDTH);
        break;
    default:
        registers->gp[place->index] = (uintptr_t)bits;
        break;
    }
}

static void place_value(const hp_marshal *marshal, const checked_call *checked, uint16_t index,
                        hp_invocation *invocation, unsigned char **free_memory) {
    const hp_type *type = &marshal->signature.parameter[index].type;
    const hp_place *place = &marshal->layout.place[index];
    const hp_frame_block *block = checked->block[index];
    invocation->block[index] = NULL;
    const void *value = block ? (const void *)block->data : &checked->word[index];
    if (place->indirect) {
        unsigned char *copy = take(free_memory, type->size);
        memcpy(copy, value, type->size);
        store(marshal, &invocation->registers, place, (uintptr_t)copy);
    } else if (block) {
        memcpy(invocation->registers.stack + place->offset, value, type->size);
    } else {
        store(marshal, &invocation->registers, place, hp_marshal_extend(type, checked->word[index]));
    }
}

static void place_pointer(const hp_marshal *marshal, const checked_call *checked, uint16_t index,
                          hp_invocation *invocation, unsigned char **free_memory) {
    const hp_frame_block *block = checked->block[index];
    unsigned char *memory = NULL;
    if (has_memory(block)) {
        if (is_adopted(invocation, block)) {
            memory = (unsigned char *)(uintptr_t)block->data;
        } else {
            memory = take(free_memory, block->capacity);
            fill(memory, block->capacity, block->data, block->size);
        }
    }
    invocation->block[index] = memory;
    invocation->capacity[index] = block->capacity;
    store(marshal, &invocation->registers, &marshal->layout.place[index], (uintptr_t)memory);
}

/** In parts: of all at once compilers make a string instruction, which takes longer than all else here. */
static void clear(hp_registers *registers) {
    enum { HALF = sizeof registers->gp / 2 };
    memset(registers->gp, 0, HALF);
    memset((unsigned char *)registers->gp + HALF, 0, HALF);
#if HP_X64
    memset(registers->xmm, 0, sizeof registers->xmm);
#else
    memset(registers->st0, 0, sizeof registers->st0);
#endif
}

static HRESULT rebuild(const hp_marshal *marshal, const hp_frame *call, int adopts,
                       hp_invocation *invocation) {
    invocation->memory = invocation->hidden = NULL;
    invocation->adopts = adopts;
    checked_call checked;
    HRESULT hr = check_call(marshal, call, invocation, &checked);
    if (FAILED(hr))
        return hr;
    hr = allocate(marshal, &checked, invocation);
    if (FAILED(hr))
        return hr;
    clear(&invocation->registers);
    invocation->blocks = checked.blocks;

    unsigned char *free_memory = invocation->memory + (15u & (0u - (uintptr_t)invocation->memory));
    hp_registers *registers = &invocation->registers;
    invocation->stack_bytes = stack_size(&marshal->layout);
    registers->stack = take(&free_memory, invocation->stack_bytes);
    if (invocation->stack_bytes > 0)
        memset(registers->stack, 0, invocation->stack_bytes);
    registers->cleanup = marshal->layout.cleanup;
    registers->modes = call->modes ? call->modes : HP_FRAME_MODES_USUAL;
    registers->result = hp_marshal_action(marshal);
    if (marshal->layout.result == HP_RESULT_HIDDEN) {
        const uint32_t size = marshal->signature.result.size;
        invocation->hidden = take(&free_memory, size);
        memset(invocation->hidden, 0, size);
        store(marshal, registers, &marshal->layout.hidden, (uintptr_t)invocation->hidden);
    }
    for (uint16_t i = 0; i < marshal->signature.count; i++) {
        if (marshal->signature.parameter[i].direction == HP_BY_VALUE)
            place_value(marshal, &checked, i, invocation, &free_memory);
        else
            place_pointer(marshal, &checked, i, invocation, &free_memory);
    }
    return S_OK;
}

HRESULT hp_marshal_rebuild(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation) {
    return rebuild(marshal, call, 0, invocation);
}

HRESULT hp_marshal_adopt(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation) {
    return rebuild(marshal, call, 1, invocation);
}

void hp_marshal_release(hp_invocation *invocation) {
    if (invocation->memory != invocation->small)
        free(invocation->memory);
    invocation->memory = NULL;
}
