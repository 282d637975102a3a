/** @file code_area.h  For the tests of client/instruction: functions made up byte by byte. */
#ifndef HP_TESTS_UNIT_CODE_AREA_H
#define HP_TESTS_UNIT_CODE_AREA_H

#include <stdint.h>
#include <string.h>
#include <windows.h>

enum { PAGE = 4096, ENTRY = 256, TABLE = 2048, COPY = PAGE, DATA = 2 * PAGE, BEHIND = 3 * PAGE };

/* Code, copies, data, and a page that nobody may touch. */
static unsigned char *area;

static inline int make_area(void **state) {
    DWORD before;
    (void)state;
    area = VirtualAlloc(NULL, 4 * PAGE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (area == NULL)
        return -1;
    memset(area, 0xCC, 3 * PAGE);
    return VirtualProtect(area + BEHIND, PAGE, PAGE_NOACCESS, &before) ? 0 : -1;
}

static inline int free_area(void **state) {
    (void)state;
    return VirtualFree(area, 0, MEM_RELEASE) ? 0 : -1;
}

typedef struct code {
    const char *bytes;
    uint32_t size;
    uint32_t length; /* of the first instruction */
} code;

#define CODE(bytes, length)                                                                                  \
    { bytes, sizeof(bytes) - 1, length }

static inline unsigned char *put(code it) {
    memset(area, 0xCC, PAGE);
    memcpy(area + ENTRY, it.bytes, it.size);
    return area + ENTRY;
}

#endif
