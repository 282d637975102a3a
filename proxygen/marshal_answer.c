// The update's half after the call: registers and memory -> reply.

#include "proxygen/marshal_shared.h"

#include <string.h>

/** The result of up to 8 bytes, as the function left it. */
static uint64_t result_word(const hp_marshal *marshal, const hp_invocation *invocation) {
    const hp_registers *registers = &invocation->registers;
    uint64_t bits = 0;
    switch (marshal->layout.result) {
    case HP_RESULT_NONE:
        return 0;
    case HP_RESULT_INTEGER:
        bits = registers->gp[HP_GP_AX];
#if !HP_X64
        bits |= (uint64_t)registers->gp[HP_GP_DX] << 32;
#endif
        break;
    case HP_RESULT_FLOAT:
#if HP_X64
        memcpy(&bits, registers->xmm[0], sizeof bits);
#else
        memcpy(&bits, registers->st0, sizeof bits);
#endif
        break;
    case HP_RESULT_HIDDEN:
        return hp_marshal_word(&marshal->signature.result, invocation->hidden);
    }
    return hp_marshal_word(&marshal->signature.result, (const unsigned char *)&bits);
}

static void answer_memory(const hp_parameter *parameter, const hp_invocation *invocation, uint16_t index,
                          hp_frame_block *block) {
    const unsigned char *memory = invocation->block[index];
    const uint32_t capacity = invocation->capacity[index];
    const uint32_t size = hp_marshal_is_text_buffer(parameter)
                              ? hp_marshal_text_size(memory, parameter->type.size, capacity)
                              : capacity;
    *block = (hp_frame_block){.parameter = index, .size = size, .capacity = capacity, .data = memory};
}

HRESULT hp_marshal_answer(const hp_marshal *marshal, const hp_invocation *invocation, hp_frame *reply) {
    const hp_signature *signature = &marshal->signature;
    reply->arch = marshal->layout.arch;
    reply->kind = HP_FRAME_REPLY;
    reply->modes = 0;
    reply->words = 1;
    reply->blocks = 0;
    for (uint16_t i = 0; invocation->blocks > 0 && i < signature->count; i++) {
        if (signature->parameter[i].direction & HP_OUT && invocation->block[i])
            answer_memory(&signature->parameter[i], invocation, i, &reply->block[reply->blocks++]);
    }
    const uint32_t size = signature->result.size;
    if (size <= HP_MARSHAL_WORD) {
        reply->word[0] = result_word(marshal, invocation);
        return S_OK;
    }
    reply->word[0] = 0;
    reply->block[reply->blocks++] = (hp_frame_block){
        .parameter = HP_FRAME_RESULT, .size = size, .capacity = size, .data = invocation->hidden};
    return S_OK;
}
