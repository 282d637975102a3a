/**
 * @file storm_functions.h
 * What the update of the storm offers, one function for each way in which values travel. The test has the
 * same functions, so it knows what each call has to give.
 */
#ifndef HP_TESTS_E2E_STORM_FUNCTIONS_H
#define HP_TESTS_E2E_STORM_FUNCTIONS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "hotpatch/function.h"

typedef struct storm_pair {
    int32_t a;
    int8_t b;
} storm_pair;

typedef struct storm_odd {
    uint8_t bytes[17];
} storm_odd;

typedef struct storm_large {
    double x, y;
    int64_t z;
} storm_large;

typedef struct storm_record {
    uint8_t kind;
    uint16_t value;
} storm_record;

uint64_t storm_integers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g,
                        uint64_t h, bool i);
double storm_floats(float a, double b, float c, int32_t d, double e);
storm_large storm_structures(storm_pair p, storm_odd q, int16_t n);
uint32_t storm_text(const char *text, const wchar_t *wide, char *copy, uint32_t capacity);
bool HP_STDCALL storm_capitals(wchar_t *text, int16_t capacity);
int32_t storm_arrays(const uint16_t *a, uint32_t *b, int8_t *c, uint32_t n, uint8_t m);
uint8_t storm_pointers(int32_t *a, double *b, const storm_pair *c, void *d);
uint64_t HP_FASTCALL storm_records(int32_t a, int32_t b, storm_record *p, size_t n);
int32_t storm_variadic(uint32_t n, ...);
void storm_nothing(void);

/** Writes, and then fails with an access violation if the first byte is a multiple of 4. */
int32_t storm_faults(uint8_t *data, uint32_t size);

/** What the update, and only it, tells of itself: storm_measure(what). */
enum { STORM_HANDLES, STORM_ALLOCATED, STORM_PRIVATE, STORM_IS_SOUND };

#endif
