/**
 * @file facts_cursor.h
 * Reading somebody else's bytes from front to back: whoever reads past the end gets zeros, and `failed` is
 * set for good. Little-endian, as all that Hotpatch reads. Pure, thread-safe.
 */
#ifndef HP_TOOLS_FACTS_CURSOR_H
#define HP_TOOLS_FACTS_CURSOR_H

#include <string.h>

#include "tools/image/pe.h"

typedef struct hp_cursor {
    const unsigned char *at, *end;
    int failed;
} hp_cursor;

/** Over what of a span begins at offset; failed if that lies outside. */
static inline hp_cursor hp_cursor_open(hp_span span, uint64_t offset) {
    if (!span.at || offset > span.size)
        return (hp_cursor){.failed = 1};
    return (hp_cursor){.at = span.at + (size_t)offset, .end = span.at + span.size};
}

/** Bytes that are left. */
static inline size_t hp_cursor_left(const hp_cursor *cursor) {
    return cursor->failed ? 0 : (size_t)(cursor->end - cursor->at);
}

/** Pass over size bytes. @return where they begin; NULL if there are fewer */
static inline const unsigned char *hp_cursor_take(hp_cursor *cursor, uint64_t size) {
    if (cursor->failed || size > (uint64_t)(cursor->end - cursor->at)) {
        cursor->failed = 1;
        return NULL;
    }
    const unsigned char *at = cursor->at;
    cursor->at += (size_t)size;
    return at;
}

/** A number of 1 to 8 bytes. */
static inline uint64_t hp_cursor_number(hp_cursor *cursor, unsigned size) {
    uint64_t number = 0;
    const unsigned char *at = hp_cursor_take(cursor, size);
    if (at)
        memcpy(&number, at, size);
    return number;
}

static inline uint8_t hp_cursor_u8(hp_cursor *cursor) {
    return (uint8_t)hp_cursor_number(cursor, 1);
}

static inline uint16_t hp_cursor_u16(hp_cursor *cursor) {
    return (uint16_t)hp_cursor_number(cursor, 2);
}

static inline uint32_t hp_cursor_u32(hp_cursor *cursor) {
    return (uint32_t)hp_cursor_number(cursor, 4);
}

/** ULEB128 (DWARF 4, 7.6); one that is larger than 64 bits is damage. */
static inline uint64_t hp_cursor_uleb(hp_cursor *cursor) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint8_t byte = hp_cursor_u8(cursor);
        const uint64_t bits = byte & 0x7fu;
        if (shift > 63 || (shift == 63 && bits > 1)) {
            cursor->failed = 1;
            return 0;
        }
        number |= bits << shift;
        if (!(byte & 0x80))
            return number;
    }
}

/** Pass over an SLEB128; its value is of no use here. */
static inline void hp_cursor_skip_sleb(hp_cursor *cursor) {
    for (unsigned length = 1; hp_cursor_u8(cursor) & 0x80; length++)
        if (length == 10) {
            cursor->failed = 1;
            return;
        }
}

/** Text that ends with a NUL. @return NULL, and failed, if there is none */
static inline const char *hp_cursor_text(hp_cursor *cursor) {
    const size_t left = hp_cursor_left(cursor);
    const unsigned char *nul = left ? memchr(cursor->at, 0, left) : NULL;
    if (!nul) {
        cursor->failed = 1;
        return NULL;
    }
    return (const char *)hp_cursor_take(cursor, (uint64_t)(nul - cursor->at) + 1);
}

#endif
