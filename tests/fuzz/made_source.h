/**
 * @file made_source.h
 * Decisions out of a fuzzer's input: byte after byte, and zeros where it ends, so that a short input makes a
 * small thing and a changed byte a small difference.
 */
#ifndef HP_TESTS_FUZZ_MADE_SOURCE_H
#define HP_TESTS_FUZZ_MADE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct made_source {
    const uint8_t *at;
    size_t left;
} made_source;

static inline uint8_t made_byte(made_source *source) {
    if (source->left == 0)
        return 0;
    source->left--;
    return *source->at++;
}

/** 0 to below - 1; below is 1 to 256. */
static inline unsigned made_below(made_source *source, unsigned below) {
    return made_byte(source) % below;
}

/** Eight bytes. */
static inline uint64_t made_bits(made_source *source) {
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | made_byte(source);
    return bits;
}

/**
 * A value takes its bytes from the source. Memory only takes one, which begins a series: a fuzzer's few bytes
 * shall decide more than what stands in buffers. There are zeros in it, so that some texts end early.
 */
static inline void made_fill(made_source *source, unsigned char *bytes, size_t size) {
    if (size <= 8) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = made_byte(source);
        return;
    }
    uint32_t state = made_byte(source);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        const int is_end = state >> 28 == 0;
        bytes[i] = is_end ? 0 : (unsigned char)(state >> 16);
        if (is_end && i + 1 < size)
            bytes[++i] = 0;
    }
}

/** A part of its own: the next byte says how long. */
static inline made_source made_part(made_source *source) {
    const size_t wanted = made_byte(source);
    const made_source part = {source->at, wanted < source->left ? wanted : source->left};
    source->at += part.left;
    source->left -= part.left;
    return part;
}

#define MADE_REQUIRE(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
