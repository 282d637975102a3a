// The same functions under one calling convention. The including file defines CONVENTION (HP_STDCALL),
// CONVENTION_TEXT ("stdcall") and, if the convention wants a pointer-sized first parameter, SELF_FIRST. The
// caller's stack pointer after each convention is checked in abi_nonvolatile.c.
#include "abi/abi.h"

#ifdef SELF_FIRST
#define SELF intptr_t self,
#define SELF_TEXT "isize self, "
#define CALL(function, ...) function((intptr_t)-11, __VA_ARGS__)
#define SELF_SEEN(sum) ((sum) + (uint64_t)self * 1000003u)
#define SELF_EXPECTED ((uint64_t)-11 * 1000003u)
#else
#define SELF
#define SELF_TEXT
#define CALL(function, ...) function(__VA_ARGS__)
#define SELF_SEEN(sum) (sum)
#define SELF_EXPECTED 0
#endif

#define FUNCTION(result, name, parameters) HP_PATCHABLE(result CONVENTION, name, parameters)
#define EXPORT(name, result, parameters)                                                                     \
    HP_EXPORT(name, CONVENTION_TEXT " " result "(" SELF_TEXT parameters ")")
#define MARK hp_abi_in_update
#define EXPECTED (SELF_EXPECTED + hp_abi_expected())

typedef struct bytes_3 {
    uint8_t b[3];
} bytes_3;
typedef struct word_4 {
    int16_t x, y;
} word_4;
typedef struct pair_8 {
    int32_t x, y;
} pair_8;
typedef struct triple_12 {
    int32_t x, y, z;
} triple_12;
typedef struct lone_float {
    float f;
} lone_float;

FUNCTION(uint64_t, one_int, (SELF int32_t a)) {
    return SELF_SEEN((uint64_t)a * 3 + MARK);
}
EXPORT(one_int, "u64", "i32 a");

FUNCTION(uint64_t, five_ints, (SELF int32_t a, int32_t b, int32_t c, int32_t d, int32_t e)) {
    return SELF_SEEN((uint64_t)a * 3 + (uint64_t)b * 5 + (uint64_t)c * 7 + (uint64_t)d * 11 +
                     (uint64_t)e * 13 + MARK);
}
EXPORT(five_ints, "u64", "i32 a, i32 b, i32 c, i32 d, i32 e");

FUNCTION(uint64_t, narrow, (SELF int8_t a, uint16_t b, bool c, int16_t d, uint8_t e)) {
    return SELF_SEEN((uint64_t)a * 3 + (uint64_t)b * 5 + (uint64_t)c * 7 + (uint64_t)d * 11 +
                     (uint64_t)e * 13 + MARK);
}
EXPORT(narrow, "u64", "i8 a, u16 b, bool c, i16 d, u8 e");

// A wide parameter first: with fastcall the registers go to those behind it.
FUNCTION(uint64_t, wide_first, (SELF int64_t a, int32_t b, int32_t c, int32_t d)) {
    return SELF_SEEN((uint64_t)a * 3 + (uint64_t)b * 5 + (uint64_t)c * 7 + (uint64_t)d * 11 + MARK);
}
EXPORT(wide_first, "u64", "i64 a, i32 b, i32 c, i32 d");

FUNCTION(uint64_t, wide_between, (SELF int32_t a, int64_t b, int32_t c, int64_t d, int8_t e)) {
    return SELF_SEEN((uint64_t)a * 3 + (uint64_t)b * 5 + (uint64_t)c * 7 + (uint64_t)d * 11 +
                     (uint64_t)e * 13 + MARK);
}
EXPORT(wide_between, "u64", "i32 a, i64 b, i32 c, i64 d, i8 e");

FUNCTION(double, floats, (SELF float a, int32_t b, double c, int32_t d, float e)) {
#ifdef SELF_FIRST
    if (self != -11)
        return -1;
#endif
    return (double)a + b * 16.0 + c * 256 + d * 4096.0 + (double)e * 65536 + (MARK ? 0.5 : 0);
}
EXPORT(floats, "f64", "f32 a, i32 b, f64 c, i32 d, f32 e");

FUNCTION(float, float_result, (SELF float a)) {
#ifdef SELF_FIRST
    if (self != -11)
        return -1;
#endif
    return a + (MARK ? 0.5f : 0);
}
EXPORT(float_result, "f32", "f32 a");

FUNCTION(uint64_t, structures,
         (SELF bytes_3 a, word_4 b, int32_t c, pair_8 d, triple_12 e, lone_float f, int32_t g)) {
    uint64_t hash = HP_ABI_FOLD + MARK;
    hash = HP_ABI_FOLD_IN(hash, a);
    hash = HP_ABI_FOLD_IN(hash, b);
    hash = HP_ABI_FOLD_IN(hash, c);
    hash = HP_ABI_FOLD_IN(hash, d);
    hash = HP_ABI_FOLD_IN(hash, e);
    hash = HP_ABI_FOLD_IN(hash, f);
    hash = HP_ABI_FOLD_IN(hash, g);
    return SELF_SEEN(hash);
}
EXPORT(structures, "u64",
       "struct {u8[3]} a, struct {i16; i16} b, i32 c, struct {i32; i32} d, struct {i32[3]} e, struct {f32} "
       "f, i32 g");

FUNCTION(word_4, word_result, (SELF int32_t a, int32_t b)) {
    uint64_t x = SELF_SEEN((uint64_t)a + MARK);
    return (word_4){(int16_t)x, (int16_t)b};
}
EXPORT(word_result, "struct {i16; i16}", "i32 a, i32 b");

FUNCTION(pair_8, pair_result, (SELF int32_t a, int32_t b)) {
    uint64_t x = SELF_SEEN((uint64_t)a + MARK);
    return (pair_8){(int32_t)x, b};
}
EXPORT(pair_result, "struct {i32; i32}", "i32 a, i32 b");

// The hidden pointer takes a place among the parameters, and who removes it from the
// stack depends on the convention.
FUNCTION(bytes_3, hidden_3, (SELF uint8_t a, int32_t b)) {
    uint64_t x = SELF_SEEN((uint64_t)a + MARK);
    return (bytes_3){{(uint8_t)x, (uint8_t)b, (uint8_t)(b >> 8)}};
}
EXPORT(hidden_3, "struct {u8[3]}", "u8 a, i32 b");

FUNCTION(triple_12, hidden_12, (SELF int32_t a, int64_t b, int32_t c)) {
    uint64_t x = SELF_SEEN((uint64_t)a + MARK);
    return (triple_12){(int32_t)x, (int32_t)(b >> 32), c};
}
EXPORT(hidden_12, "struct {i32[3]}", "i32 a, i64 b, i32 c");

FUNCTION(lone_float, lone_float_result, (SELF int32_t a)) {
    return (lone_float){(float)((int32_t)SELF_SEEN((uint64_t)a * 2) % 1024) + (MARK ? 0.5f : 0)};
}
EXPORT(lone_float_result, "struct {f32}", "i32 a");

static void integers(void) {
    assert_true(CALL(one_int, -9) == (uint64_t)-27 + EXPECTED);
    assert_true(CALL(five_ints, -1, 2, INT32_MIN, 4, -5) ==
                (uint64_t)-3 + 10 + (uint64_t)INT32_MIN * 7 + 44 - 65 + EXPECTED);
    assert_true(CALL(narrow, -1, 0xFFFE, true, -3, 0xFC) ==
                (uint64_t)-3 + 0xFFFE * 5 + 7 - 33 + 0xFC * 13 + EXPECTED);
}

static void wide_integers(void) {
    const uint64_t wide = 0x1122334455667788;
    assert_true(CALL(wide_first, (int64_t)wide, -2, 3, -4) == wide * 3 - 10 + 21 - 44 + EXPECTED);
    assert_true(CALL(wide_between, -1, (int64_t)wide, 3, INT64_MIN, -5) ==
                (uint64_t)-3 + wide * 5 + 21 + (uint64_t)INT64_MIN * 11 - 65 + EXPECTED);
}

static void floats_and_float_results(void) {
    double where = hp_abi_expected() ? 0.5 : 0;
    assert_true(CALL(floats, 1, 2, 3, 4, 5) == 1 + 2 * 16 + 3 * 256 + 4 * 4096 + 5 * 65536 + where);
    assert_true((double)CALL(float_result, 0.25f) == 0.25 + where);
}

static void structures_by_value(void) {
    bytes_3 a = {{0xFF, 2, 3}};
    word_4 b = {-4, 5};
    int32_t c = -6, g = -14;
    pair_8 d = {7, -8};
    triple_12 e = {9, -10, 11};
    lone_float f = {-12.5f};
    uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
    hash = HP_ABI_FOLD_IN(hash, a);
    hash = HP_ABI_FOLD_IN(hash, b);
    hash = HP_ABI_FOLD_IN(hash, c);
    hash = HP_ABI_FOLD_IN(hash, d);
    hash = HP_ABI_FOLD_IN(hash, e);
    hash = HP_ABI_FOLD_IN(hash, f);
    hash = HP_ABI_FOLD_IN(hash, g);
    assert_true(CALL(structures, a, b, c, d, e, f, g) == hash + SELF_EXPECTED);
}

static void structures_in_registers_as_results(void) {
    word_4 w = CALL(word_result, -100, -300);
    assert_int_equal(w.x, (int16_t)((uint64_t)-100 + EXPECTED));
    assert_int_equal(w.y, -300);
    pair_8 p = CALL(pair_result, -100, INT32_MIN);
    assert_int_equal(p.x, (int32_t)((uint64_t)-100 + EXPECTED));
    assert_int_equal(p.y, INT32_MIN);
    assert_true((double)CALL(lone_float_result, -3).f ==
                (double)((int32_t)(SELF_EXPECTED - 6) % 1024) + (hp_abi_expected() ? 0.5 : 0));
}

static void structures_through_the_hidden_pointer(void) {
    for (int round = 0; round < 20; round++) { // a stack that is cleaned up wrongly drifts
        bytes_3 h3 = CALL(hidden_3, 200, 0x1234);
        assert_int_equal(h3.b[0], (uint8_t)((uint64_t)200 + EXPECTED));
        assert_int_equal(h3.b[1] | h3.b[2] << 8, 0x1234);
        triple_12 h12 = CALL(hidden_12, -1, (int64_t)(0xFFFFFFFE00000000 | 5), -3);
        assert_int_equal(h12.x, (int32_t)((uint64_t)-1 + EXPECTED));
        assert_int_equal(h12.y, -2);
        assert_int_equal(h12.z, -3);
    }
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(integers),
        HP_ABI_CHECK(wide_integers),
        HP_ABI_CHECK(floats_and_float_results),
        HP_ABI_CHECK(structures_by_value),
        HP_ABI_CHECK(structures_in_registers_as_results),
        HP_ABI_CHECK(structures_through_the_hidden_pointer),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
