/**
 * @file abi_generated.h
 * What the functions and checks that tests/gen writes are made of.
 */
#ifndef HP_TESTS_ABI_GENERATED_H
#define HP_TESTS_ABI_GENERATED_H

#include "abi/abi.h"

/** Calls of each function in each phase. */
#define GEN_ROUNDS 4

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wattributes" // -Wpedantic regrets that thiscall is no method
#endif

/** How a random value is made: any bits; bytes of 0 or 1; finite floating point numbers. */
typedef enum gen_filler { GEN_BITS, GEN_BOOL, GEN_F32, GEN_F64 } gen_filler;

/** Fill memory with random values of a kind. NULL is allowed. */
void gen_fill(uint64_t *state, gen_filler filler, void *memory, size_t size);

/** Write a random NUL-terminated text of less than capacity characters; nothing if capacity is 0 or text is
 * NULL. */
void gen_write_text(uint64_t *state, void *text, size_t character, size_t capacity);

/** Fold a text up to its NUL, or limit characters. NULL is something else than an empty text. */
uint64_t gen_fold_text(uint64_t hash, const void *text, size_t character, size_t limit);

/** Fold count elements; NULL is something else than no elements. */
uint64_t gen_fold_memory(uint64_t hash, const void *memory, size_t size, size_t count);

/** For functions without result: keeps the hash from being optimised away. */
void gen_note(uint64_t hash);

/** A number of elements, often 0. */
uint32_t gen_length(uint64_t *state);

/** Room for an input text in characters, its NUL included; now and then much. */
size_t gen_text_length(uint64_t *state);

/** The memory of one parameter for each of the two calls, guarded. Both are NULL now and then. */
typedef struct gen_pair {
    void *direct, *patched;
    size_t size;
} gen_pair;

gen_pair gen_memory(uint64_t *state, size_t size);

/** Give the patched call what the direct one gets. */
void gen_copy(gen_pair *pair);

/** 1 if both calls left the same, and nothing outside. Frees the memory. */
int gen_end(gen_pair *pair);

#define GEN_SAME(condition, text, what)                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error("# round %u, %s differs: %s\n", (unsigned)round, what, text);                        \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

#define FILL(filler, field) gen_fill(state, filler, &at->field, sizeof at->field);
#define FILL_IN(name, field)                                                                                 \
    fill_##name(state, (struct name *)&at->field, sizeof at->field / sizeof(struct name));
#define FOLD(field) hash = HP_ABI_FOLD_IN(hash, at->field);
#define FOLD_IN(name, field)                                                                                 \
    hash = fold_##name(hash, (const struct name *)&at->field, sizeof at->field / sizeof(struct name));

/** Two functions for a structure: fill some with random members, fold all members of some. */
#define GEN_STRUCT(name, fills, folds)                                                                       \
    static __attribute__((unused)) void fill_##name(uint64_t *state, struct name *at, size_t count) {        \
        for (; at && count > 0; at++, count--) {                                                             \
            memset(at, 0, sizeof *at);                                                                       \
            fills                                                                                            \
        }                                                                                                    \
    }                                                                                                        \
    static __attribute__((unused))                                                                           \
    uint64_t fold_##name(uint64_t hash, const struct name *at, size_t count) {                               \
        for (; count > 0; at++, count--) {                                                                   \
            folds                                                                                            \
        }                                                                                                    \
        return hash;                                                                                         \
    }

#endif
