/**
 * @file fnv.h
 * FNV-1a (RFC 9923): finds what was damaged by accident. It is no protection against who wants to deceive.
 */
#ifndef HP_PROXYGEN_FNV_H
#define HP_PROXYGEN_FNV_H

#include <stddef.h>
#include <stdint.h>

#define HP_FNV_32 2166136261u
#define HP_FNV_64 14695981039346656037u

/** Go on with a hash (begin with HP_FNV_64) over more bytes. */
static inline uint64_t hp_fnv_64(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

/** The same with 32 bits; begin with HP_FNV_32. */
static inline uint32_t hp_fnv_32(uint32_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

#endif
