// What checks and functions under test compute with: hash, random numbers, guarded memory.
#include "abi/abi.h"

#define GUARD 64
#define GUARD_BYTE 0xC9

uint64_t hp_abi_fold(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3u;
    return hash;
}

uint64_t hp_abi_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// In front of the first guard.
typedef struct guarded {
    size_t size;
    void *allocation;
} guarded;

static guarded *head_of(const void *memory) {
    return (guarded *)((uintptr_t)memory - GUARD - 16);
}

void *hp_abi_guarded(size_t size) {
    _Static_assert(sizeof(guarded) <= 16, "the head must not move the memory");
    unsigned char *allocation = calloc(1, 16 + 16 + GUARD + size + GUARD);
    if (!allocation) {
        fputs("# no memory\n", stderr);
        exit(1);
    }
    unsigned char *memory = allocation + 16 + GUARD;
    memory += -(uintptr_t)memory & 15;
    *head_of(memory) = (guarded){size, allocation};
    memset(memory - GUARD, GUARD_BYTE, GUARD);
    memset(memory, 0xA5, size);
    memset(memory + size, GUARD_BYTE, GUARD);
    return memory;
}

int hp_abi_guards_hold(const void *memory) {
    const unsigned char *before = (const unsigned char *)memory - GUARD;
    const unsigned char *behind = (const unsigned char *)memory + head_of(memory)->size;
    int good = 1;
    for (size_t i = 0; i < GUARD; i++)
        good &= before[i] == GUARD_BYTE && behind[i] == GUARD_BYTE;
    return good;
}

void hp_abi_guarded_free(void *memory) {
    if (!memory)
        return;
    if (!hp_abi_guards_hold(memory))
        fail_msg("written outside of %zu bytes of memory", head_of(memory)->size);
    free(head_of(memory)->allocation);
}
