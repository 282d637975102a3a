// What the tests of automation call: a function for each way in which values travel.
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "unit/automation_world.h"

#include "hotpatch/function.h"

int ran;

// One that gives back what it got, of each type.
#define ECHO(name, type, word)                                                                               \
    static type echo_##name(type value) {                                                                    \
        ++ran;                                                                                               \
        return value;                                                                                        \
    }                                                                                                        \
    HP_EXPORT(echo_##name, word "(" word " value)")
ECHO(i8, signed char, "i8");
ECHO(u8, unsigned char, "u8");
ECHO(i16, short, "i16");
ECHO(u16, unsigned short, "u16");
ECHO(i32, int, "i32");
ECHO(u32, unsigned, "u32");
ECHO(i64, long long, "i64");
ECHO(u64, unsigned long long, "u64");
ECHO(f32, float, "f32");
ECHO(f64, double, "f64");
ECHO(bool, _Bool, "bool");
ECHO(handle, void *, "handle");
ECHO(color, int, "enum i32 color{RED=0,GREEN=-1}");

static int fixture_add(int a, int b) {
    return a + b;
}
HP_EXPORT(fixture_add, "i32(i32 a, i32 b)");

static int minus(int left, int right) {
    ++ran;
    return left - right;
}
HP_EXPORT(minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("Twin", minus, "i32(i32 left, i32 Left)");
HP_EXPORT_AS("tWIN", minus, "i32(i32, i32)");
HP_EXPORT_AS("deep::er::Below", minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("deep::shared", minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("flat::shared", minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("over(i32,i32)", minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("filed@src/ai.c", minus, "i32(i32 left, i32 right)");
HP_EXPORT_AS("getnames", minus, "i32(i32 left, i32 right)");

static void hp_nothing(void) {
    ++ran;
}
HP_EXPORT(hp_nothing, "void()");

static int length_of(const char *text) {
    ++ran;
    return text ? (int)strlen(text) : -1;
}
HP_EXPORT(length_of, "i32(in str text)");

static int wide_length_of(const wchar_t *text) {
    ++ran;
    return text ? (int)wcslen(text) : -1;
}
HP_EXPORT(wide_length_of, "i32(in wstr text)");

static int double_text(wchar_t *text, unsigned room) {
    ++ran;
    const size_t length = wcslen(text);
    if (2 * length + 1 > room)
        return 0;
    memcpy(text + length, text, length * sizeof *text);
    text[2 * length] = L'\0';
    return 1;
}
HP_EXPORT(double_text, "i32(inout wstr text[room], u32 room)");

static void say_hello(char *text, unsigned room) {
    snprintf(text, room, "hello");
}
HP_EXPORT(say_hello, "void(out str text[room], u32 room)");

static long long sum(const int *items, unsigned count) {
    ++ran;
    long long total = 0;
    for (unsigned i = 0; i < count; ++i)
        total += items[i];
    return total;
}
HP_EXPORT(sum, "i64(in i32 items[count], u32 count)");

static void reverse(unsigned char *data, unsigned size) {
    for (unsigned i = 0; i < size / 2; ++i) {
        unsigned char kept = data[i];
        data[i] = data[size - 1 - i];
        data[size - 1 - i] = kept;
    }
}
HP_EXPORT(reverse, "void(inout u8 data[size], u32 size)");

static void squares(double *values, unsigned count) {
    ++ran;
    for (unsigned i = 0; i < count; ++i)
        values[i] = i * i + 0.5;
}
HP_EXPORT(squares, "void(out f64 values[count], u32 count)");

static int divide(int a, int b, int *rest) {
    ++ran;
    *rest = a % b; // b 0: an exception of the processor
    return a / b;
}
HP_EXPORT(divide, "i32(i32 a, i32 b, out i32 *rest)");

static int spoil(int *first, int *second, int how) {
    *first = 1000000;
    *second = 7;
    volatile int *volatile nowhere = NULL;
    if (how)
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    return how;
}
HP_EXPORT(spoil, "i32(inout i32 *first, inout i32 *second, i32 how)");

static small mirror(small s) {
    ++ran;
    return (small){s.y, s.x};
}
HP_EXPORT(mirror, "struct{i16 x; i16 y}(struct{i16 x; i16 y} s)");

static large grow(large l, large *other) {
    ++ran;
    if (other)
        other->id += l.id;
    l.weight[1] *= 2;
    return l;
}
#define LARGE "struct{i32 id; f64 weight[2]}"
HP_EXPORT(grow, LARGE "(" LARGE " l, inout " LARGE " *other)");
