#include "e2e/storm_functions.h"

#include <string.h>

uint64_t storm_integers(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g,
                        uint64_t h, bool i) {
    return (uint64_t)a + 3u * (uint64_t)b + 5u * (uint64_t)c + 7u * (uint64_t)d + 11u * (uint64_t)e +
           13u * (uint64_t)f + 17u * (uint64_t)g + 19u * h + (i ? 23u : 0u);
}
HP_EXPORT(storm_integers, "u64(i8 a, u8 b, i16 c, u16 d, i32 e, u32 f, i64 g, u64 h, bool i)");

double storm_floats(float a, double b, float c, int32_t d, double e) {
    return (double)a + 2 * b + 3 * (double)c + 4.0 * d + 5 * e;
}
HP_EXPORT(storm_floats, "f64(f32 a, f64 b, f32 c, i32 d, f64 e)");

storm_large storm_structures(storm_pair p, storm_odd q, int16_t n) {
    storm_large result = {p.a, p.b, n};
    for (int i = 0; i < 17; i++)
        result.z += q.bytes[i];
    return result;
}
HP_EXPORT(storm_structures,
          "struct{f64 x; f64 y; i64 z}(struct{i32 a; i8 b} p, struct{u8 bytes[17]} q, i16 n)");

uint32_t storm_text(const char *text, const wchar_t *wide, char *copy, uint32_t capacity) {
    uint32_t length = text != NULL ? (uint32_t)strlen(text) : 1000;
    if (copy != NULL && capacity > 0) {
        uint32_t copied = text == NULL ? 0 : length < capacity ? length : capacity - 1;
        if (text != NULL)
            memcpy(copy, text, copied);
        copy[copied] = '\0';
    }
    return length + 3 * (wide != NULL ? (uint32_t)wcslen(wide) : 2000);
}
HP_EXPORT(storm_text, "u32(in str text, in wstr wide, out str copy[capacity], u32 capacity)");

bool HP_STDCALL storm_capitals(wchar_t *text, int16_t capacity) {
    bool any = false;
    for (int i = 0; text != NULL && i < capacity && text[i] != 0; i++) {
        if (text[i] >= L'a' && text[i] <= L'z') {
            text[i] = (wchar_t)(text[i] - 32);
            any = true;
        }
    }
    return any;
}
HP_EXPORT(storm_capitals, "stdcall bool(inout wstr text[capacity], i16 capacity)");

int32_t storm_arrays(const uint16_t *a, uint32_t *b, int8_t *c, uint32_t n, uint8_t m) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += a != NULL ? a[i] : 1;
        if (b != NULL)
            b[i] = sum;
    }
    for (uint32_t i = 0; c != NULL && i < m; i++)
        c[i] = (int8_t)(c[i] ^ 0x55);
    return (int32_t)(sum & 0x7fffffff);
}
HP_EXPORT(storm_arrays, "i32(in u16 a[n], out u32 b[n], inout i8 c[m], u32 n, u8 m)");

uint8_t storm_pointers(int32_t *a, double *b, const storm_pair *c, void *d) {
    if (a != NULL)
        *a ^= c != NULL ? c->a : 0x55;
    if (b != NULL)
        *b = c != NULL ? c->b : 0.5;
    return (uint8_t)((a != NULL) + 2 * (b != NULL) + 4 * (c != NULL) + 8 * (d != NULL));
}
HP_EXPORT(storm_pointers, "u8(inout i32 *a, out f64 *b, in struct{i32 a; i8 b} *c, handle d)");

uint64_t HP_FASTCALL storm_records(int32_t a, int32_t b, storm_record *p, size_t n) {
    uint64_t sum = (uint64_t)a * 3 + (uint64_t)b;
    for (size_t i = 0; p != NULL && i < n; i++) {
        sum = sum * 31 + p[i].kind + p[i].value;
        p[i].value = (uint16_t)(p[i].value + p[i].kind);
    }
    return sum;
}
HP_EXPORT(storm_records, "fastcall u64(i32 a, i32 b, inout struct{u8 kind; u16 value} p[n], usize n)");

int32_t storm_variadic(uint32_t n, ...) {
    va_list rest;
    va_start(rest, n);
    double x = va_arg(rest, double);
    int64_t y = va_arg(rest, int64_t);
    va_end(rest);
    return (int32_t)((n ^ (uint64_t)y) & 0xffff) + (x > 0 ? 0x10000 : 0);
}
HP_EXPORT(storm_variadic, "i32(u32 n, ..., f64 x, i64 y)");

void storm_nothing(void) {}
HP_EXPORT(storm_nothing, "void()");

int32_t storm_faults(uint8_t *data, uint32_t size) {
    volatile int *volatile nowhere = NULL;
    uint8_t first = data != NULL && size > 0 ? data[0] : 1;
    if (data != NULL)
        memset(data, 0xEE, size);
    if (first % 4 == 0)
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    return first;
}
HP_EXPORT(storm_faults, "i32(inout u8 data[size], u32 size)");
