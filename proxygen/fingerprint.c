#include "proxygen/fingerprint.h"

#include "proxygen/fnv.h"

static uint64_t add_number(uint64_t hash, uint64_t number) {
    unsigned char bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> 8 * i);
    return hp_fnv_64(hash, bytes, sizeof bytes);
}

/* With its size, or two neighbours could trade bytes. */
static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t size) {
    return hp_fnv_64(add_number(hash, size), bytes, size);
}

uint64_t hp_fingerprint_compute(const hp_fingerprint_parts *parts) {
    uint64_t hash = add_number(HP_FNV_64, parts->machine);
    hash = add_number(hash, parts->timestamp);
    hash = add_number(hash, parts->entry_point);
    hash = add_number(hash, parts->section_count);
    for (size_t i = 0; i < parts->section_count; i++) {
        hash = add_number(hash, parts->sections[i].rva);
        hash = add_number(hash, parts->sections[i].size);
    }
    hash = add_bytes(hash, parts->exceptions, parts->exceptions ? parts->exceptions_size : 0);
    return add_bytes(hash, parts->relocations, parts->relocations ? parts->relocations_size : 0);
}
