#include "tests/fuzz/made_update.h"

#include "tests/fuzz/made_call.h"

#include <string.h>

/* What a parameter without memory has to be: its word, or the bytes of its block. */
static void require_value(const hp_marshal *marshal, hp_invocation *invocation, unsigned index, uint64_t word,
                          const hp_frame_block *block) {
    const hp_type *type = &marshal->signature.parameter[index].type;
    const hp_place *place = &marshal->layout.place[index];
    unsigned char *at = made_place(&invocation->registers, place);
    if (place->indirect) {
        memcpy(&at, at, sizeof(void *));
        MADE_REQUIRE((uintptr_t)at % 16 == 0);
    }
    if (type->kind == HP_TYPE_BOOL)
        word = word != 0;
    MADE_REQUIRE(memcmp(at, block ? (const void *)block->data : &word, type->size) == 0);
    if (place->indirect)
        memset(at, 0xEE, type->size); // the copy is the callee's
}

static void require_memory(const hp_marshal *marshal, hp_invocation *invocation, unsigned index,
                           const hp_frame_block *block) {
    const hp_parameter *parameter = &marshal->signature.parameter[index];
    unsigned char *at;
    memcpy(&at, made_place(&invocation->registers, &marshal->layout.place[index]), sizeof at);
    MADE_REQUIRE(at == invocation->block[index]);
    MADE_REQUIRE((at == NULL) == (block->flags == HP_FRAME_NULL));
    MADE_REQUIRE(invocation->capacity[index] == block->capacity && block->size <= block->capacity);
    if (!at) {
        MADE_REQUIRE(block->size == 0 && block->capacity == 0);
        return;
    }
    if (parameter->length != HP_LENGTH_TERMINATED)
        MADE_REQUIRE(block->capacity ==
                     made_count(marshal, &invocation->registers, parameter) * parameter->type.size);
    MADE_REQUIRE(block->size == 0 || memcmp(at, block->data, block->size) == 0);
    for (uint32_t i = block->size; i < block->capacity; i++)
        MADE_REQUIRE(at[i] == 0);
}

static void require_rebuilt(const hp_marshal *marshal, const hp_frame *call, hp_invocation *invocation) {
    const hp_frame_block *block = call->block;
    MADE_REQUIRE((uintptr_t)invocation->registers.stack % 16 == 0);
    MADE_REQUIRE(invocation->stack_bytes >= marshal->layout.stack_bytes);
    for (unsigned i = 0; i < marshal->signature.count; i++) {
        const hp_parameter *parameter = &marshal->signature.parameter[i];
        const int has_block = block < call->block + call->blocks && block->parameter == i;
        MADE_REQUIRE(has_block == (parameter->direction != HP_BY_VALUE || parameter->type.size > 8));
        MADE_REQUIRE(!has_block || call->word[i] == 0);
        if (parameter->direction == HP_BY_VALUE)
            require_value(marshal, invocation, i, call->word[i], has_block ? block : NULL);
        else
            require_memory(marshal, invocation, i, block);
        block += has_block;
    }
    MADE_REQUIRE(block == call->block + call->blocks);
}

/* The callee: whatever is its own is written, its arguments on the stack too; then a result, with garbage
 * around it. */
static void play(const hp_marshal *marshal, hp_invocation *invocation, made_source *source) {
    hp_registers *registers = &invocation->registers;
    for (unsigned i = 0; i < marshal->signature.count; i++)
        if (invocation->block[i])
            made_fill(source, invocation->block[i], invocation->capacity[i]);
    memset(registers->stack, 0xEE, invocation->stack_bytes);
    made_fill(source, (unsigned char *)&registers->gp[HP_GP_AX], sizeof registers->gp[0]);
    made_fill(source, (unsigned char *)&registers->gp[HP_GP_DX], sizeof registers->gp[0]);
#if HP_X64
    made_fill(source, registers->xmm[0], sizeof registers->xmm[0]);
#else
    made_fill(source, registers->st0, sizeof registers->st0);
#endif
    if (invocation->hidden) {
        made_fill(source, invocation->hidden, marshal->signature.result.size);
        registers->gp[HP_GP_AX] = (uintptr_t)invocation->hidden;
    }
}

static const void *left_behind(const hp_marshal *marshal, const hp_invocation *invocation, uint64_t *bits) {
    const hp_registers *registers = &invocation->registers;
    if (marshal->layout.result == HP_RESULT_HIDDEN)
        return invocation->hidden;
    *bits = registers->gp[HP_GP_AX];
#if HP_X64
    return marshal->layout.result == HP_RESULT_FLOAT ? (const void *)registers->xmm[0] : bits;
#else
    *bits |= (uint64_t)registers->gp[HP_GP_DX] << 32;
    return marshal->layout.result == HP_RESULT_FLOAT ? (const void *)registers->st0 : bits;
#endif
}

static void require_result(const hp_marshal *marshal, const hp_invocation *invocation,
                           const hp_frame *reply) {
    const hp_type *type = &marshal->signature.result;
    uint64_t bits, expected = 0;
    const void *left = left_behind(marshal, invocation, &bits);
    if (type->size > 8) {
        const hp_frame_block *last = &reply->block[reply->blocks - 1];
        MADE_REQUIRE(reply->blocks > 0 && last->parameter == HP_FRAME_RESULT && last->size == type->size);
        MADE_REQUIRE(memcmp(last->data, left, type->size) == 0);
    } else if (marshal->layout.result != HP_RESULT_NONE) {
        memcpy(&expected, left, type->size);
    }
    MADE_REQUIRE(reply->word[0] == (type->kind == HP_TYPE_BOOL ? expected != 0 : expected));
}

static void require_answer(const hp_marshal *marshal, const hp_invocation *invocation,
                           const hp_frame *reply) {
    unsigned blocks = marshal->signature.result.size > 8;
    for (unsigned i = 0; i < reply->blocks; i++) {
        const hp_frame_block *block = &reply->block[i];
        if (block->parameter == HP_FRAME_RESULT)
            continue;
        MADE_REQUIRE(block->capacity == invocation->capacity[block->parameter]);
        MADE_REQUIRE(block->size == 0 ||
                     memcmp(block->data, invocation->block[block->parameter], block->size) == 0);
    }
    for (unsigned i = 0; i < marshal->signature.count; i++)
        blocks += marshal->signature.parameter[i].direction & HP_OUT && invocation->block[i];
    MADE_REQUIRE(reply->blocks == blocks);
    require_result(marshal, invocation, reply);
}

HRESULT made_update_answer(const hp_marshal *marshal, const hp_frame *call, made_source *source,
                           unsigned char **bytes, uint32_t *size) {
    hp_invocation invocation;
    *bytes = NULL;
    *size = 0;
    const HRESULT hr = hp_marshal_rebuild(marshal, call, &invocation);
    if (FAILED(hr)) {
        MADE_REQUIRE(!invocation.memory);
        return hr;
    }
    require_rebuilt(marshal, call, &invocation);
    play(marshal, &invocation, source);
    hp_frame reply, again;
    MADE_REQUIRE(hp_marshal_answer(marshal, &invocation, &reply) == S_OK);
    MADE_REQUIRE(hp_frame_measure(&reply, size) == S_OK);
    *bytes = malloc(*size);
    MADE_REQUIRE(*bytes && hp_frame_write(&reply, *bytes, *size) == S_OK);
    MADE_REQUIRE(hp_frame_read(*bytes, *size, HP_ARCH_HERE, HP_FRAME_REPLY, &again) == S_OK);
    require_answer(marshal, &invocation, &again);
    hp_marshal_release(&invocation);
    MADE_REQUIRE(!invocation.memory);
    return S_OK;
}
