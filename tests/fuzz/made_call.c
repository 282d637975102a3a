#include "tests/fuzz/made_call.h"

#include "idl/protocol.h"

#include <string.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define MADE_ASAN 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined MADE_ASAN
enum { GUARD = 0 }; // each block exactly as large as it is: the sanitizer sees a byte too many, reads too
#else
enum { GUARD = 64 };
#endif
enum { GUARD_BYTE = 0x6D };

static void allocate(made_memory *memory, uint32_t size) {
    const size_t all = (size_t)size + 2 * GUARD;
    memory->all = malloc(all ? all : 1);
    memory->before = malloc(all ? all : 1);
    MADE_REQUIRE(memory->all && memory->before);
    memset(memory->all, GUARD_BYTE, all);
    memory->at = memory->all + GUARD;
    memory->size = size;
}

unsigned char *made_place(hp_registers *registers, const hp_place *place) {
    if (place->kind == HP_PLACE_STACK)
        return registers->stack + place->offset;
#if HP_X64
    if (place->kind == HP_PLACE_FLOAT)
        return registers->xmm[place->index];
#endif
    return (unsigned char *)&registers->gp[place->index];
}

static void put_pointer(made_call *call, const hp_place *place, const made_memory *memory) {
    memcpy(made_place(&call->registers, place), &memory->at, sizeof memory->at);
}

static void begin(made_call *call, const hp_marshal *marshal, made_source *source) {
    memset(call, 0, sizeof *call);
    call->marshal = marshal;
    made_fill(source, (unsigned char *)&call->registers, sizeof call->registers);
    allocate(&call->memory[MADE_STACK], marshal->layout.stack_bytes);
    made_fill(source, call->memory[MADE_STACK].at, marshal->layout.stack_bytes);
    call->registers.stack = call->memory[MADE_STACK].at;
    if (marshal->layout.result == HP_RESULT_HIDDEN) {
        allocate(&call->memory[MADE_HIDDEN], marshal->signature.result.size);
        made_fill(source, call->memory[MADE_HIDDEN].at, marshal->signature.result.size);
        put_pointer(call, &marshal->layout.hidden, &call->memory[MADE_HIDDEN]);
    }
}

static int says_a_length(const hp_signature *signature, unsigned index) {
    for (unsigned i = 0; i < signature->count; i++)
        if (signature->parameter[i].direction != HP_BY_VALUE &&
            signature->parameter[i].length == HP_LENGTH_PARAMETER && signature->parameter[i].count == index)
            return 1;
    return 0;
}

static void make_value(made_call *call, unsigned index, made_source *source) {
    const hp_type *type = &call->marshal->signature.parameter[index].type;
    const hp_place *place = &call->marshal->layout.place[index];
    if (place->indirect) {
        allocate(&call->memory[index], type->size);
        made_fill(source, call->memory[index].at, type->size);
        put_pointer(call, place, &call->memory[index]);
    } else if (says_a_length(&call->marshal->signature, index)) {
        const unsigned byte = made_byte(source);
        uint64_t length = byte % 41;
        if (byte > 0xF0) // negative, huge, or what is there
            length = byte & 1 ? made_bits(source) : 0u - (uint64_t)(byte - 0xF0);
        memcpy(made_place(&call->registers, place), &length, type->size);
    } else {
        made_fill(source, made_place(&call->registers, place), type->size);
    }
}

int64_t made_count(const hp_marshal *marshal, hp_registers *registers, const hp_parameter *parameter) {
    if (parameter->length != HP_LENGTH_PARAMETER)
        return parameter->count;
    const hp_type *type = &marshal->signature.parameter[parameter->count].type;
    const unsigned char *at = made_place(registers, &marshal->layout.place[parameter->count]);
    int64_t count = type->kind == HP_TYPE_SIGNED && at[type->size - 1] & 0x80 ? -1 : 0;
    memcpy(&count, at, type->size);
    return count;
}

static void make_text(made_call *call, unsigned index, made_source *source) {
    const uint32_t element = call->marshal->signature.parameter[index].type.size;
    const uint32_t length = made_below(source, 40) * element;
    allocate(&call->memory[index], length + element);
    unsigned char *text = call->memory[index].at;
    made_fill(source, text, length);
    for (uint32_t i = 0; i < length; i += element)
        text[i] = text[i] ? text[i] : '?'; // the other half of a wide one may be 0
    memset(text + length, 0, element);
}

static int is_signed_length(const hp_signature *signature, const hp_parameter *parameter) {
    return parameter->length == HP_LENGTH_PARAMETER &&
           signature->parameter[parameter->count].type.kind == HP_TYPE_SIGNED;
}

static void make_pointer(made_call *call, unsigned index, made_source *source) {
    const hp_parameter *parameter = &call->marshal->signature.parameter[index];
    made_memory *memory = &call->memory[index];
    const int null = made_below(source, 8) == 7;
    const int64_t count = made_count(call->marshal, &call->registers, parameter);
    const int huge = count < 0 || count > MADE_MOST || count * parameter->type.size > MADE_MOST;
    // What may be refused is so before a byte is read; between that and what we can afford there is NULL.
    if (huge && (count < 0 || count > HP_FRAME_MAX) && !null) {
        allocate(memory, 0);
        const int negative = count < 0 && is_signed_length(&call->marshal->signature, parameter);
        if (call->expected == S_OK)
            call->expected = negative ? HP_E_FRAME_MALFORMED : HP_E_FRAME_TOO_LARGE;
    } else if (!null && !huge && parameter->length == HP_LENGTH_TERMINATED) {
        make_text(call, index, source);
    } else if (!null && !huge) {
        allocate(memory, (uint32_t)count * parameter->type.size);
        made_fill(source, memory->at, memory->size);
    }
    put_pointer(call, &call->marshal->layout.place[index], memory);
}

void made_call_make(made_call *call, const hp_marshal *marshal, made_source *source) {
    begin(call, marshal, source);
    for (unsigned i = 0; i < marshal->signature.count; i++)
        if (marshal->signature.parameter[i].direction == HP_BY_VALUE)
            make_value(call, i, source);
    for (unsigned i = 0; i < marshal->signature.count; i++)
        if (marshal->signature.parameter[i].direction != HP_BY_VALUE)
            make_pointer(call, i, source);
}

void made_call_of_frame(made_call *call, const hp_marshal *marshal, const hp_frame *frame) {
    made_source none = {0};
    begin(call, marshal, &none);
    for (unsigned i = 0; i < frame->blocks; i++) {
        const hp_frame_block *block = &frame->block[i];
        const unsigned index = block->parameter;
        const int value = marshal->signature.parameter[index].direction == HP_BY_VALUE;
        if (value && !marshal->layout.place[index].indirect)
            continue;
        if (!(block->flags & HP_FRAME_NULL)) {
            allocate(&call->memory[index], block->capacity);
            made_fill(&none, call->memory[index].at, block->capacity);
        }
        put_pointer(call, &marshal->layout.place[index], &call->memory[index]);
    }
}

void made_call_free(made_call *call) {
    for (unsigned i = 0; i < MADE_MEMORIES; i++) {
        free(call->memory[i].all);
        free(call->memory[i].before);
    }
}
