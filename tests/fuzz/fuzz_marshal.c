// Frames that can be read, against signatures: the first byte chooses signature and side, the
// rest is the frame. As a call it is rebuilt and answered; as a reply it is accepted for a
// fixed call whose memory has guards.
#include "proxygen/marshal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static const char *const signatures[] = {
    "i32(i32, i8, u64, bool, f32, f64)",
    "void(in str, in wstr)",
    "i32(u32 n, in u16 a[n], out u8 b[n], inout i32 c[n])",
    "bool(inout str a[n], i8 n)",
    "void(out str a[16], inout wstr b[8])",
    "struct{u64 a[3]}(struct{u8 a[24]}, struct{u8 b[3]}, i16)",
    "f64(i32, ..., f64, i64)",
    "u8(in struct{i8 a; i32 b}*, inout struct{f64 x; i8 y} p[n], i64 n)",
    "stdcall struct{u8 a[3]}(inout u64*, handle, out wstr w[n], usize n)",
    "f32(out u8 a[7], out u8 b[9], in u8 c[5], inout u8 d[3], struct{u8 e[17]})",
};
enum { SIGNATURES = sizeof signatures / sizeof *signatures, MEMORY = 256, GUARD = 0x6D };

/** One buffer per parameter, a stack, and a place for the result, each between guards. */
static unsigned char memory[HP_SIGNATURE_MAX_PARAMETERS + 2][3 * MEMORY];

static void put(const hp_marshal *marshal, hp_registers *registers, unsigned index, uint64_t value) {
    const hp_place *place = &marshal->layout.place[index];
    const size_t size = place->size < sizeof value ? place->size : sizeof value;
    if (place->kind == HP_PLACE_STACK)
        memcpy(registers->stack + place->offset, &value, size);
    else if (place->kind == HP_PLACE_FLOAT)
        memcpy(registers->xmm[place->index], &value, size);
    else
        memcpy(&registers->gp[place->index], &value, size);
}

static void as_reply(const hp_marshal *marshal, const hp_frame *reply) {
    memset(memory, GUARD, sizeof memory);
    hp_registers registers;
    memset(&registers, 0, sizeof registers);
    registers.stack = memory[HP_SIGNATURE_MAX_PARAMETERS] + MEMORY;
    for (unsigned i = 0; i < marshal->signature.count; i++) {
        const int value =
            marshal->signature.parameter[i].direction == HP_BY_VALUE && !marshal->layout.place[i].indirect;
        put(marshal, &registers, i, value ? 5 : (uintptr_t)(memory[i] + MEMORY));
        memory[i][MEMORY + 6] = memory[i][MEMORY + 7] = 0; // ends a text
    }
    unsigned char *result = memory[HP_SIGNATURE_MAX_PARAMETERS + 1] + MEMORY;
    if (marshal->layout.result == HP_RESULT_HIDDEN)
        memcpy(&registers.gp[marshal->layout.hidden.index], &result, sizeof result);

    hp_frame call;
    if (hp_marshal_gather(marshal, &registers, &call) != S_OK)
        abort();
    static unsigned char before[HP_SIGNATURE_MAX_PARAMETERS + 2][3 * MEMORY];
    memcpy(before, memory, sizeof memory);
    const hp_registers registers_before = registers;
    uintptr_t action = 0;
    const HRESULT hr = hp_marshal_accept(marshal, &registers, &call, reply, &action);
    if (FAILED(hr) && (memcmp(before, memory, sizeof memory) != 0 ||
                       memcmp(&registers, &registers_before, sizeof registers) != 0 || action != 0))
        abort();
    for (unsigned i = 0; i < HP_SIGNATURE_MAX_PARAMETERS + 2; i++) {
        if (memcmp(before[i], memory[i], MEMORY) != 0 ||
            memcmp(before[i] + 2 * MEMORY, memory[i] + 2 * MEMORY, MEMORY) != 0)
            abort();
    }
}

static void as_call(const hp_marshal *marshal, const hp_frame *call) {
    hp_invocation invocation;
    if (hp_marshal_rebuild(marshal, call, &invocation) != S_OK)
        return;
    for (unsigned i = 0; i < marshal->signature.count; i++) {
        // The callee writes wherever it may: the sanitizer sees memory that is smaller than it claims to be.
        if (invocation.block[i])
            memset(invocation.block[i], (int)i, invocation.capacity[i]);
    }
    if (invocation.hidden)
        memset(invocation.hidden, 0x77, marshal->signature.result.size);
    hp_frame reply, again;
    uint32_t size;
    if (hp_marshal_answer(marshal, &invocation, &reply) != S_OK || hp_frame_measure(&reply, &size) != S_OK)
        abort();
    unsigned char *bytes = malloc(size);
    if (!bytes || hp_frame_write(&reply, bytes, size) != S_OK ||
        hp_frame_read(bytes, size, HP_ARCH_HERE, HP_FRAME_REPLY, &again) != S_OK)
        abort();
    free(bytes);
    hp_marshal_release(&invocation);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    if (length == 0)
        return 0;
    static hp_marshal marshals[SIGNATURES];
    if (marshals[0].signature.count == 0) {
        for (unsigned i = 0; i < SIGNATURES; i++) {
            if (hp_signature_parse(signatures[i], HP_ARCH_HERE, &marshals[i].signature, NULL) != S_OK)
                abort();
            hp_layout_compute(&marshals[i].signature, HP_COMPILER_GNU, &marshals[i].layout);
        }
    }
    const hp_marshal *marshal = &marshals[(input[0] & 0x7F) % SIGNATURES];
    const hp_frame_kind kind = input[0] & 0x80 ? HP_FRAME_REPLY : HP_FRAME_CALL;
    unsigned char *bytes = malloc(length);
    if (!bytes)
        return 0;
    memcpy(bytes, input + 1, length - 1);
    hp_frame frame;
    if (hp_frame_read(bytes, length - 1, HP_ARCH_HERE, kind, &frame) == S_OK) {
        if (kind == HP_FRAME_CALL)
            as_call(marshal, &frame);
        else
            as_reply(marshal, &frame);
    }
    free(bytes);
    return 0;
}
