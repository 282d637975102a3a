// Invents functions: conventions, parameters, structures, lengths.
#include "abi_gen.h"

#include <string.h>

const scalar scalars[] = {
    {"bool", "bool", "GEN_BOOL", 0, 0},       {"i8", "int8_t", "GEN_BITS", 0, 1},
    {"u8", "uint8_t", "GEN_BITS", 0, 1},      {"i16", "int16_t", "GEN_BITS", 0, 1},
    {"u16", "uint16_t", "GEN_BITS", 0, 1},    {"i32", "int32_t", "GEN_BITS", 1, 1},
    {"u32", "uint32_t", "GEN_BITS", 1, 1},    {"i64", "int64_t", "GEN_BITS", 1, 1},
    {"u64", "uint64_t", "GEN_BITS", 1, 1},    {"isize", "intptr_t", "GEN_BITS", 1, 1},
    {"usize", "uintptr_t", "GEN_BITS", 1, 1}, {"f32", "float", "GEN_F32", 0, 0},
    {"f64", "double", "GEN_F64", 1, 0},       {"handle", "void *", "GEN_BITS", 1, 0},
};
enum { SCALARS = sizeof scalars / sizeof *scalars };

// SplitMix64 (Steele and others, 2014): the same numbers on every host.
uint32_t dice(uint64_t *state, uint32_t limit) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % limit;
}

static int chance(uint64_t *state, uint32_t percent) {
    return dice(state, 100) < percent;
}

static value any_scalar(uint64_t *state) {
    return (value){&scalars[dice(state, SCALARS)], 0};
}

static value scalar_that(uint64_t *state, int promoted, int integer) {
    for (;;) {
        value it = any_scalar(state);
        if ((!promoted || it.scalar->promoted) && (!integer || it.scalar->integer))
            return it;
    }
}

// A new structure. A third have one or two members without arrays, so that sizes that fit a register come up
// often. A nested one has a lower number, so that it is written first.
static value new_structure(uint64_t *state, function *made, int depth) {
    structure it = {0};
    int small = chance(state, 33);
    it.fields = 1 + (int)dice(state, small ? 2 : MAX_FIELDS);
    for (int i = 0; i < it.fields; i++) {
        int nest = depth < 2 && chance(state, 12) && made->structures + depth + 2 <= MAX_STRUCTS;
        it.field[i].value = nest ? new_structure(state, made, depth + 1) : any_scalar(state);
        it.field[i].count = !small && chance(state, 25) ? 1 + (int)dice(state, 5) : 0;
    }
    made->structure[made->structures] = it;
    return (value){NULL, made->structures++};
}

static value any_value(uint64_t *state, function *made, uint32_t percent_structures) {
    if (made->structures < MAX_STRUCTS && chance(state, percent_structures))
        return new_structure(state, made, 0);
    return any_scalar(state);
}

static parameter *append(function *made, shape form, value of) {
    parameter *it = &made->parameter[made->parameters++];
    *it = (parameter){.shape = form, .value = of, .length = -1, .length_from = -1, .named = 1};
    return it;
}

static int find_length(const function *made) {
    for (int i = 0; i < made->parameters; i++)
        if (made->parameter[i].is_length)
            return i;
    return -1;
}

// Memory with a length: a number, a parameter that is there, or a new one in front or behind.
static void append_memory(uint64_t *state, function *made, shape form, int room) {
    value element = form == BUFFER ? any_value(state, made, 20) : (value){0};
    int way = 1 + (int)dice(state, 3), wide = (int)dice(state, 2);
    int terminated = form == STRING && way == IN;
    int fresh = !terminated && room >= 2 && chance(state, 60);
    int in_front = fresh && chance(state, 50);
    int length_at = fresh ? made->parameters + (in_front ? 0 : 1) : find_length(made);
    if (in_front)
        append(made, BY_VALUE, scalar_that(state, 0, 1))->is_length = 1;
    parameter *it = append(made, form, element);
    it->direction = (direction)way;
    it->wide = wide;
    if (!terminated && length_at >= 0)
        it->length_from = length_at;
    else if (!terminated)
        it->length = 1 + (int)dice(state, 20);
    if (fresh && !in_front)
        append(made, BY_VALUE, scalar_that(state, 0, 1))->is_length = 1;
}

static void append_any(uint64_t *state, function *made, int room) {
    uint32_t kind = dice(state, 100);
    if (kind < 60)
        append(made, BY_VALUE, any_scalar(state))->named = chance(state, 70);
    else if (kind < 74)
        append(made, BY_VALUE, any_value(state, made, 100));
    else if (kind < 81)
        append(made, POINTER, any_value(state, made, 70))->direction = (direction)(1 + dice(state, 3));
    else
        append_memory(state, made, kind < 90 ? BUFFER : STRING, room);
}

static void append_variadic(uint64_t *state, function *made) {
    if (made->parameters == 0 || made->parameters == MAX_PARAMETERS ||
        (made->parameter[made->parameters - 1].shape == BY_VALUE))
        append(made, BY_VALUE, scalar_that(state, 1, 0)); // va_start wants a promoted one in front
    made->fixed = made->parameters;
    int more = (int)dice(state, 8);
    while (more-- > 0 && made->parameters < MAX_PARAMETERS) {
        parameter *it;
        if (chance(state, 20)) {
            it = append(made, STRING, (value){0});
            it->direction = IN;
            it->wide = (int)dice(state, 2);
        } else {
            it = append(made, BY_VALUE, scalar_that(state, 1, 0));
        }
        it->variadic = 1;
    }
}

static int writes_memory(const function *made) {
    for (int i = 0; i < made->parameters; i++)
        if (made->parameter[i].shape != BY_VALUE && made->parameter[i].direction & OUT)
            return 1;
    return 0;
}

void invent(uint64_t *state, int number, function *made) {
    static const char *const conventions[] = {"", "cdecl ", "stdcall ", "fastcall ", "thiscall "};
    memset(made, 0, sizeof *made);
    made->number = number;
    made->fixed = -1;
    int variadic = chance(state, 8);
    made->convention = conventions[variadic ? 0 : dice(state, 5)];
    made->has_result = chance(state, 85);
    if (made->has_result)
        made->result = any_value(state, made, 35);

    static const int most[] = {3, 5, 5, 8, 8, 12, 20, MAX_PARAMETERS};
    int wanted = (int)dice(state, (uint32_t)most[dice(state, 8)] + 1);
    if (strcmp(made->convention, "thiscall ") == 0)
        append(made, BY_VALUE, (value){&scalars[chance(state, 50) ? SCALARS - 1 : 9], 0});
    if (variadic && wanted > 20)
        wanted = 20;
    while (made->parameters < wanted)
        append_any(state, made, wanted - made->parameters);
    if (variadic)
        append_variadic(state, made);
    if (!made->has_result && !writes_memory(made)) { // nobody could tell whether it works
        made->has_result = 1;
        made->result = (value){&scalars[8], 0};
    }
}
