// The functions that tests/gen has written: the direct call of a twin and the call through the update must
// agree in result and memory. The seed is printed; HP_ABI_SEED (CMake) makes the same functions again.
#include "abi/abi_generated.h"

void gen_fill(uint64_t *state, gen_filler filler, void *memory, size_t size) {
    unsigned char *at = memory;
    for (size_t i = 0; at && i < size;) {
        uint64_t bits = hp_abi_random(state);
        float f = (float)(int32_t)bits / 64;
        double d = (double)((int64_t)bits >> 12) / 64;
        bits &= filler == GEN_BOOL ? 0x0101010101010101u : UINT64_MAX;
        const void *value = filler == GEN_F32 ? (void *)&f : filler == GEN_F64 ? (void *)&d : (void *)&bits;
        size_t step = filler == GEN_F32 ? 4 : 8;
        memcpy(at + i, value, size - i < step ? size - i : step);
        i += step;
    }
}

void gen_write_text(uint64_t *state, void *text, size_t character, size_t capacity) {
    if (!text || capacity == 0)
        return;
    size_t length = (size_t)(hp_abi_random(state) % capacity);
    for (size_t i = 0; i < length; i++) {
        uint32_t c = 1 + (uint32_t)(hp_abi_random(state) % (character == 1 ? 0xFF : 0xFFFF));
        memcpy((char *)text + i * character, &c, character);
    }
    memset((char *)text + length * character, 0, character);
}

uint64_t gen_fold_text(uint64_t hash, const void *text, size_t character, size_t limit) {
    const char *at = text;
    if (!text)
        return hash * 3;
    for (; limit > 0; limit--, at += character) {
        uint32_t c = 0;
        memcpy(&c, at, character);
        hash = HP_ABI_FOLD_IN(hash, c);
        if (c == 0)
            break;
    }
    return hash;
}

uint64_t gen_fold_memory(uint64_t hash, const void *memory, size_t size, size_t count) {
    return memory ? hp_abi_fold(hash + 1, memory, size * count) : hash * 3;
}

volatile uint64_t hp_gen_noted;

void gen_note(uint64_t hash) {
    hp_gen_noted = hash;
}

uint32_t gen_length(uint64_t *state) {
    uint64_t bits = hp_abi_random(state);
    return bits & 7 ? (uint32_t)(bits >> 8) % 40 : 0;
}

size_t gen_text_length(uint64_t *state) {
    uint64_t bits = hp_abi_random(state);
    return 1 + (size_t)(bits >> 8) % (bits & 31 ? 60 : 5000);
}

gen_pair gen_memory(uint64_t *state, size_t size) {
    if (hp_abi_random(state) % 7 == 0)
        return (gen_pair){NULL, NULL, size};
    return (gen_pair){hp_abi_guarded(size), hp_abi_guarded(size), size};
}

void gen_copy(gen_pair *pair) {
    if (pair->direct)
        memcpy(pair->patched, pair->direct, pair->size);
}

int gen_end(gen_pair *pair) {
    if (!pair->direct)
        return 1;
    int same = memcmp(pair->direct, pair->patched, pair->size) == 0 && hp_abi_guards_hold(pair->patched);
    hp_abi_guarded_free(pair->direct);
    if (same)
        hp_abi_guarded_free(pair->patched);
    return same;
}

#define PART(n) extern const hp_abi_check HP_JOIN(hp_generated_part_, n)[];
PART(0)
PART(1)
PART(2)
PART(3)
PART(4)
PART(5)

static const hp_abi_check *const parts[] = {hp_generated_part_0, hp_generated_part_1, hp_generated_part_2,
                                            hp_generated_part_3, hp_generated_part_4, hp_generated_part_5};

int main(int count_of_arguments, char **arguments) {
    (void)arguments;
    static hp_abi_check checks[2000];
    size_t count = 0;
    for (size_t i = 0; i < ARRAYSIZE(parts); i++)
        for (const hp_abi_check *check = parts[i]; check->name && count < ARRAYSIZE(checks); check++)
            checks[count++] = *check;
    if (count != GEN_FUNCTIONS)
        return 1;
    if (count_of_arguments == 1) // not as server
        fprintf(stderr, "# seed %s, %zu functions\n", GEN_SEED, count);
    return hp_abi_main(checks, count);
}
