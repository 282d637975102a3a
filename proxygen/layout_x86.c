// Where the ABI puts things: x86. Each rule and who follows it stands in docs/signatures.md, "ABI notes".
#include "proxygen/layout_x86.h"

#include <stdbool.h>

/** How a compiler deals out ecx and edx. */
typedef struct register_rules {
    bool hidden;     // the hidden pointer travels in one; else first on the stack
    bool wide;       // an 8-byte integer uses two up, although it travels on the stack
    bool structures; // so does a structure, one for each 4 bytes
    bool skipped; // what is used up stays empty; else the next parameter gets it, as long as the count lasts
} register_rules;

/** gcc 12, clang 14 as they were seen to do; Microsoft's as documented. */
static const register_rules rules_of[] = {
    [HP_COMPILER_GNU] = {.hidden = true, .wide = true, .structures = true, .skipped = true},
    [HP_COMPILER_CLANG] = {.hidden = true, .wide = true, .structures = true, .skipped = false},
    [HP_COMPILER_MSVC] = {.hidden = false, .wide = false, .structures = false, .skipped = false},
};

/** The parameters placed so far. */
typedef struct place_walk {
    const register_rules *rules;
    hp_layout *layout;
    uint32_t left; // registers that may still be dealt out
    uint32_t next; // which one comes next
} place_walk;

static hp_place take_register(place_walk *walk, uint32_t size) {
    walk->left--;
    return (hp_place){
        .kind = HP_PLACE_INTEGER, .index = walk->next++ == 0 ? HP_GP_CX : HP_GP_DX, .size = size};
}

/** Slots are 4 bytes, whatever the alignment of the type. */
static hp_place take_stack(place_walk *walk, uint32_t size) {
    hp_place place = {.kind = HP_PLACE_STACK, .offset = walk->layout->stack_bytes, .size = size};
    walk->layout->stack_bytes += (size + 3) / 4 * 4;
    return place;
}

/** A value of this type goes to the stack; which registers does that cost those behind it? */
static void use_up(place_walk *walk, const hp_type *type) {
    bool structure = type->kind == HP_TYPE_STRUCT;
    if (type->kind == HP_TYPE_FLOAT || type->lone_float ||
        !(structure ? walk->rules->structures : walk->rules->wide))
        return;
    uint32_t words = (type->size + 3) / 4;
    if (words > walk->left)
        words = walk->left;
    walk->left -= words;
    if (walk->rules->skipped)
        walk->next += words;
    else if (type->lone_word && walk->left > 0)
        walk->next++; // clang pads with a register in front of a structure that it passes as its single word
}

static hp_place place_value(place_walk *walk, const hp_type *type) {
    bool word = type->kind != HP_TYPE_STRUCT && type->kind != HP_TYPE_FLOAT && type->size <= 4;
    if (word && walk->left > 0)
        return take_register(walk, type->size);
    use_up(walk, type);
    return take_stack(walk, type->size);
}

static hp_result_kind result_of(const hp_signature *signature, hp_compiler compiler) {
    const hp_type *type = &signature->result;
    if (type->kind == HP_TYPE_VOID)
        return HP_RESULT_NONE;
    if (type->kind != HP_TYPE_STRUCT)
        return type->kind == HP_TYPE_FLOAT ? HP_RESULT_FLOAT : HP_RESULT_INTEGER;
    if (compiler == HP_COMPILER_MSVC && signature->convention == HP_CONVENTION_THISCALL)
        return HP_RESULT_HIDDEN; // methods return every structure so
    if (compiler != HP_COMPILER_MSVC && type->lone_float)
        return HP_RESULT_FLOAT;
    return type->in_registers ? HP_RESULT_INTEGER : HP_RESULT_HIDDEN;
}

void hp_layout_x86_compute(const hp_signature *signature, hp_compiler compiler, hp_layout *layout) {
    static const uint8_t registers[] = {[HP_CONVENTION_FASTCALL] = 2, [HP_CONVENTION_THISCALL] = 1};
    bool known = compiler == HP_COMPILER_CLANG || compiler == HP_COMPILER_MSVC;
    place_walk walk = {.rules = &rules_of[known ? compiler : HP_COMPILER_GNU],
                       .layout = layout,
                       .left = registers[signature->convention]};

    layout->result = result_of(signature, compiler);
    if (layout->result == HP_RESULT_HIDDEN)
        layout->hidden = walk.rules->hidden && walk.left > 0 ? take_register(&walk, 4) : take_stack(&walk, 4);
    for (uint16_t i = 0; i < signature->count; i++) {
        static const hp_type pointer = {.kind = HP_TYPE_HANDLE, .size = 4, .align = 4};
        const hp_parameter *parameter = &signature->parameter[i];
        bool value = parameter->direction == HP_BY_VALUE;
        layout->place[i] = place_value(&walk, value ? &parameter->type : &pointer);
    }
    layout->cleanup = signature->convention == HP_CONVENTION_CDECL ? 0 : layout->stack_bytes;
}
