/**
 * @file table_shared.h
 * Inside table*.c: where the fields of the format stand (table.h), and how they are read and written.
 */
#ifndef HP_PROXYGEN_TABLE_SHARED_H
#define HP_PROXYGEN_TABLE_SHARED_H

#include "idl/protocol.h"
#include "proxygen/fnv.h"
#include "proxygen/table.h"

/** Header. */
enum {
    HP_TABLE_AT_MAGIC = 0,
    HP_TABLE_AT_VERSION = 4,
    HP_TABLE_AT_HEADER = 6,
    HP_TABLE_AT_BYTES = 8,
    HP_TABLE_AT_COUNT = 12,
    HP_TABLE_AT_HASH = 16,
    HP_TABLE_AT_FINGERPRINT = 24,
    HP_TABLE_AT_TIMESTAMP = 32,
    HP_TABLE_AT_IMAGE_SIZE = 36,
    HP_TABLE_AT_ARCH = 40,
    HP_TABLE_AT_ZERO_3 = 41,
    HP_TABLE_AT_BUCKETS = 44,
    HP_TABLE_AT_FILES = 48,
    HP_TABLE_AT_TEXT_SIZE = 52,
    HP_TABLE_AT_WRITER = 56,
    HP_TABLE_AT_DEFINITIONS = 60,
    HP_TABLE_AT_SIGNATURE_SIZE = 64,
    HP_TABLE_AT_ZERO_4 = 68,
    HP_TABLE_HEADER = 72,
};

/** Function. */
enum {
    HP_TABLE_AT_NAME = 0,
    HP_TABLE_AT_RVA = 4,
    HP_TABLE_AT_SIZE = 8,
    HP_TABLE_AT_SIGNATURE = 12,
    HP_TABLE_AT_PATCHABLE = 16,
    HP_TABLE_AT_CALLABLE = 18,
    HP_TABLE_AT_FILE = 20,
    HP_TABLE_AT_LINE = 22,
    HP_TABLE_AT_FORM = 24,
    HP_TABLE_AT_ROOM = 25,
    HP_TABLE_AT_SHORT = 26,
    HP_TABLE_AT_FLAGS = 27,
    HP_TABLE_FUNCTION = 28,
};

/** Of HP_TABLE_AT_FLAGS. */
enum {
    HP_TABLE_COMPILER_MASK = 3,
    HP_TABLE_CONVENTION_SHIFT = 2,
    HP_TABLE_CONVENTION_MASK = 3,
    HP_TABLE_OFFERED = 0x10,
    HP_TABLE_STATIC = 0x20,
    HP_TABLE_PARTLY_INLINED = 0x40,
    HP_TABLE_FLAG_ZERO = 0x80,
};

/** Definition. */
enum {
    HP_TABLE_AT_DEFINED_TEXT = 0,
    HP_TABLE_AT_DEFINED_LENGTH = 4,
    HP_TABLE_AT_DEFINED_LEVELS = 6,
    HP_TABLE_AT_DEFINED_ZERO = 7,
    HP_TABLE_DEFINITION = 8,
};

/** What a reference is made of. */
enum { HP_TABLE_REFERENCE_FIRST = 1, HP_TABLE_REFERENCE_LAST = 8, HP_TABLE_REFERENCE = 3 };

#define HP_TABLE_MAGIC "HPFT"
#define HP_TABLE_MAX_FILES 65535u
#define HP_TABLE_MAX_LINE 65535u
/** As many as a reference can number. */
#define HP_TABLE_MAX_DEFINITIONS (8u << 14)
/** A structure at the bottom of HP_SIGNATURE_MAX_DEPTH others may have an enum in it. */
#define HP_TABLE_MAX_LEVELS 8

/** A little-endian number of so many bytes, at most 8, at any address. */
static inline uint64_t hp_table_number(const unsigned char *at, unsigned bytes) {
    uint64_t number = 0;
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)at[i] << 8 * i;
    return number;
}

static inline uint16_t hp_table_u16(const unsigned char *at) {
    return (uint16_t)hp_table_number(at, 2);
}

static inline uint32_t hp_table_u32(const unsigned char *at) {
    return (uint32_t)hp_table_number(at, 4);
}

/** Write one. */
static inline void hp_table_put(unsigned char *at, unsigned bytes, uint64_t number) {
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> 8 * i);
}

/** Does a reference begin with this byte? */
static inline int hp_table_refers(char byte) {
    return byte >= HP_TABLE_REFERENCE_FIRST && byte <= HP_TABLE_REFERENCE_LAST;
}

/** Length of a name; HP_NAME_MAX + 1 for one that is too long, without reading on. */
static inline size_t hp_table_name_length(const char *name) {
    size_t length = 0;
    while (length <= HP_NAME_MAX && name[length])
        length++;
    return length;
}

/** The bucket of a short name. @param buckets  a power of two */
static inline uint32_t hp_table_bucket(const char *name, size_t length, uint32_t buckets) {
    return hp_fnv_32(HP_FNV_32, name, length) & (buckets - 1);
}

/** Function index, below count. */
static inline const unsigned char *hp_table_function_at(const hp_table *table, uint32_t index) {
    return table->functions + (size_t)index * HP_TABLE_FUNCTION;
}

/** The text, no signature, that a field says. */
static inline const char *hp_table_text_at(const hp_table *table, const unsigned char *field) {
    return table->text + hp_table_u32(field);
}

/** Index of a bucket's first function. @param bucket  at most as many as there are */
static inline uint32_t hp_table_bucket_begin(const hp_table *table, uint32_t bucket) {
    return hp_table_u32(table->bucket + (size_t)bucket * 4);
}

/**
 * Check all definitions, and all that the part of the signatures holds (table_signature.c).
 *
 * @param table  taken apart, its parts where they are; nothing in them was looked at
 * @return what is wrong, a static sentence; NULL if nothing is
 */
const char *hp_table_signature_check(const hp_table *table);

#endif
