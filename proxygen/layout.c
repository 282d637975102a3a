// Where the ABI puts things: x64. What was seen of which compiler stands in docs/signatures.md, "ABI notes".
#include "proxygen/layout_x86.h"

#include <stdbool.h>

/**
 * Sizes of structures that travel as an integer; all others travel by reference. Members
 * do not matter, not even floats.
 */
static bool fits_register(const hp_type *type) {
    return type->size == 1 || type->size == 2 || type->size == 4 || type->size == 8;
}

/** The place that a position has: the first four in registers, the rest on the stack behind the home area. */
static hp_place place_at(uint32_t position, uint32_t size, bool floating, bool variadic) {
    static const uint8_t registers[] = {HP_GP_CX, HP_GP_DX, HP_GP_R8, HP_GP_R9};
    if (position >= 4)
        return (hp_place){.kind = HP_PLACE_STACK, .offset = (position - 4) * 8, .size = size};
    if (!floating)
        return (hp_place){.kind = HP_PLACE_INTEGER, .index = registers[position], .size = size};
    return (hp_place){.kind = HP_PLACE_FLOAT,
                      .index = (uint8_t)position,
                      .shadow = variadic ? registers[position] : 0,
                      .size = size};
}

static void compute_x64(const hp_signature *signature, hp_layout *layout) {
    uint32_t position = 0;
    const hp_type *result = &signature->result;
    if (result->kind == HP_TYPE_STRUCT)
        layout->result = fits_register(result) ? HP_RESULT_INTEGER : HP_RESULT_HIDDEN;
    else if (result->kind != HP_TYPE_VOID)
        layout->result = result->kind == HP_TYPE_FLOAT ? HP_RESULT_FLOAT : HP_RESULT_INTEGER;
    if (layout->result == HP_RESULT_HIDDEN)
        layout->hidden = place_at(position++, 8, false, false);

    for (uint16_t i = 0; i < signature->count; i++) {
        const hp_parameter *parameter = &signature->parameter[i];
        const hp_type *type = &parameter->type;
        bool value = parameter->direction == HP_BY_VALUE;
        bool indirect = value && type->kind == HP_TYPE_STRUCT && !fits_register(type);
        layout->place[i] = place_at(position++, value && !indirect ? type->size : 8,
                                    value && type->kind == HP_TYPE_FLOAT, signature->variadic);
        layout->place[i].indirect = indirect;
    }
    layout->stack_bytes = position > 4 ? (position - 4) * 8 : 0;
}

void hp_layout_compute(const hp_signature *signature, hp_compiler compiler, hp_layout *layout) {
    *layout = (hp_layout){.arch = signature->arch};
    if (signature->arch == HP_ARCH_X64)
        compute_x64(signature, layout);
    else
        hp_layout_x86_compute(signature, compiler, layout);
}
