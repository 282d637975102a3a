#include "pe_fill.h"

#include <stdint.h>
#include <string.h>

enum { NEW_HEADER = 60, SECTIONS = 6, OPTIONAL_SIZE = 20, OPTIONAL_HEADER = 24, HEADER = 40 };
enum { ALIGNMENT = 32, IMAGE_SIZE = 56, HEADERS_SIZE = 60 }; // in the optional header

static uint32_t get(const unsigned char *at, unsigned size) {
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

static void put(unsigned char *at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

void pe_fill(unsigned char *bytes) {
    unsigned char *headers = bytes + get(bytes + NEW_HEADER, 4);
    unsigned char *optional = headers + OPTIONAL_HEADER;
    const uint32_t alignment = get(optional + ALIGNMENT, 4);
    const unsigned char *end = bytes + get(optional + HEADERS_SIZE, 4);
    unsigned char *next = optional + get(headers + OPTIONAL_SIZE, 2) + get(headers + SECTIONS, 2) * HEADER;
    for (; next + HEADER <= end; next += HEADER) {
        const uint32_t rva = (get(optional + IMAGE_SIZE, 4) + alignment - 1) & ~(alignment - 1);
        memset(next, 0, HEADER);
        memcpy(next, ".fill", 5);
        put(next + 8, 1);
        put(next + 12, rva);
        put(next + 36, 0xC0000080); // not initialised, read, write
        put(optional + IMAGE_SIZE, rva + alignment);
        headers[SECTIONS]++; // far from 256
    }
}
