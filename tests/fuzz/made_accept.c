// What an answer may change of a call, and to what.
#include "tests/fuzz/made_call.h"

#include <string.h>

static size_t all_of(const made_memory *memory) {
    return (size_t)(memory->at - memory->all) * 2 + memory->size;
}

static void keep(made_call *call) {
    call->registers_before = call->registers;
    for (unsigned i = 0; i < MADE_MEMORIES; i++)
        if (call->memory[i].all)
            memcpy(call->memory[i].before, call->memory[i].all, all_of(&call->memory[i]));
}

static void require_kept(const made_call *call) {
    const unsigned char *now = (const unsigned char *)&call->registers;
    const unsigned char *before = (const unsigned char *)&call->registers_before;
    MADE_REQUIRE(memcmp(now, before, sizeof call->registers) == 0);
    for (unsigned i = 0; i < MADE_MEMORIES; i++)
        if (call->memory[i].all)
            MADE_REQUIRE(memcmp(call->memory[i].before, call->memory[i].all, all_of(&call->memory[i])) == 0);
}

static void expect_bytes(made_memory *memory, const void *bytes, uint32_t size) {
    MADE_REQUIRE(memory->all && size <= memory->size);
    if (size)
        memcpy(memory->before + (memory->at - memory->all), bytes, size);
}

/* A block that was taken is one that the signature lets the callee write, and as large as the call's. */
static void expect_block(made_call *call, const hp_frame_block *block) {
    const hp_signature *signature = &call->marshal->signature;
    if (block->parameter == HP_FRAME_RESULT) {
        MADE_REQUIRE(block->size == signature->result.size && block->size > 8);
        expect_bytes(&call->memory[MADE_HIDDEN], block->data, block->size);
        return;
    }
    MADE_REQUIRE(block->parameter < signature->count);
    const hp_parameter *parameter = &signature->parameter[block->parameter];
    const uint32_t element = parameter->type.size;
    made_memory *memory = &call->memory[block->parameter];
    MADE_REQUIRE(parameter->direction & HP_OUT && parameter->direction != HP_BY_VALUE);
    MADE_REQUIRE(memory->all && block->capacity == memory->size);
    if (block->size != memory->size) { // only a text may be shorter than its buffer, and has an end then
        MADE_REQUIRE(parameter->type.text && block->size >= element && block->size % element == 0);
        for (uint32_t i = 1; i <= element; i++)
            MADE_REQUIRE(block->data[block->size - i] == 0);
    }
    expect_bytes(memory, block->data, block->size);
}

static void expect_integer(made_call *call, uint64_t word) {
    const hp_type *type = &call->marshal->signature.result;
    if (type->kind == HP_TYPE_SIGNED && type->size < 8 && word >> (8 * type->size - 1))
        word |= UINT64_MAX << (8 * type->size);
    hp_registers *expected = &call->registers_before;
    expected->gp[HP_GP_AX] = (uintptr_t)word;
    if (type->size > sizeof(void *))
        expected->gp[HP_GP_DX] = (uintptr_t)(word >> 32);
}

static void expect_result(made_call *call, uint64_t word, uintptr_t action) {
    const hp_type *type = &call->marshal->signature.result;
    hp_registers *expected = &call->registers_before;
    MADE_REQUIRE(type->size > 8 ? word == 0 : type->size == 8 || word >> (8 * type->size) == 0);
    if (type->kind == HP_TYPE_BOOL)
        word = word != 0;
    uintptr_t wanted = HP_RETURN_INTEGER;
    if (call->marshal->layout.result == HP_RESULT_INTEGER) {
        expect_integer(call, word);
    } else if (call->marshal->layout.result == HP_RESULT_HIDDEN) {
        if (type->size <= 8)
            expect_bytes(&call->memory[MADE_HIDDEN], &word, type->size);
        expected->gp[HP_GP_AX] = (uintptr_t)call->memory[MADE_HIDDEN].at;
    } else if (call->marshal->layout.result == HP_RESULT_FLOAT) {
        wanted = type->size == 4 ? HP_RETURN_F32 : HP_RETURN_F64;
#if HP_X64
        memset(expected->xmm[0], 0, sizeof expected->xmm[0]);
        memcpy(expected->xmm[0], &word, sizeof word);
#else
        memcpy(expected->st0, &word, sizeof word);
#endif
    }
    expected->cleanup = call->marshal->layout.cleanup;
    MADE_REQUIRE(action == wanted);
}

/* Every memory that the callee may write came back. */
static void require_complete(const made_call *call, const hp_frame *reply) {
    unsigned wanted = call->marshal->signature.result.size > 8;
    for (unsigned i = 0; i < call->marshal->signature.count; i++)
        wanted += call->marshal->signature.parameter[i].direction & HP_OUT && call->memory[i].all;
    MADE_REQUIRE(reply->blocks == wanted && reply->words == 1);
}

/* Data that is not looked at may be out of reach as long as something is refused. */
static hp_frame unseen(const made_call *call, const hp_frame *reply) {
    hp_frame frame = *reply;
    for (unsigned i = 0; i < frame.blocks; i++)
        if (!hp_marshal_looks_at(call->marshal, &frame.block[i]))
            frame.block[i].data = NULL;
    return frame;
}

HRESULT made_call_accept(made_call *call, const hp_frame *frame, const hp_frame *reply) {
    enum { UNTOUCHED = 0x5A5A };
    uintptr_t action = UNTOUCHED;
    keep(call);
    const HRESULT hr = hp_marshal_accept(call->marshal, &call->registers, frame, reply, &action);
    if (FAILED(hr)) {
        const hp_frame blind = unseen(call, reply);
        MADE_REQUIRE(hr == HP_E_FRAME_MALFORMED && action == UNTOUCHED);
        MADE_REQUIRE(hp_marshal_accept(call->marshal, &call->registers, frame, &blind, &action) == hr);
    } else {
        require_complete(call, reply);
        for (unsigned i = 0; i < reply->blocks; i++)
            expect_block(call, &reply->block[i]);
        expect_result(call, reply->word[0], action);
    }
    require_kept(call);
    return hr;
}
