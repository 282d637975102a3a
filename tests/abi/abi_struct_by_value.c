// Structures by value: in a register, on the stack (x86), or behind a pointer to the caller's copy (x64), by
// size; and the caller's own variable stays as it was.
#include "abi/abi.h"

// Sizes from 1 to 40 bytes, alone, between integers, and two of them.
#define BYTES(n)                                                                                             \
    typedef struct bytes_##n {                                                                               \
        uint8_t b[n];                                                                                        \
    } bytes_##n;                                                                                             \
    HP_PATCHABLE(uint64_t, value_##n, (bytes_##n s)) {                                                       \
        uint64_t hash = hp_abi_fold(HP_ABI_FOLD + hp_abi_in_update, &s, sizeof s);                           \
        memset(&s, 0xEE, sizeof s);                                                                          \
        return HP_ABI_FOLD_IN(hash, s);                                                                      \
    }                                                                                                        \
    HP_EXPORT(value_##n, "u64(struct bytes {u8 b[" #n "]} s)");                                              \
    HP_PATCHABLE(uint64_t, values_##n, (int32_t a, bytes_##n s, int64_t b, bytes_##n t, int8_t c)) {         \
        uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;                                                      \
        hash = HP_ABI_FOLD_IN(hash, a);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, s);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, b);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, t);                                                                      \
        memset(&t, 0xEE, sizeof t);                                                                          \
        hash = HP_ABI_FOLD_IN(hash, t);                                                                      \
        return HP_ABI_FOLD_IN(hash, c);                                                                      \
    }                                                                                                        \
    HP_EXPORT(values_##n, "u64(i32 a, struct {u8 b[" #n "]} s, i64 b, struct {u8 b[" #n "]} t, i8 c)");      \
    static void size_##n(void) {                                                                             \
        bytes_##n s, t, dirt;                                                                                \
        for (size_t i = 0; i < n; i++)                                                                       \
            s.b[i] = (uint8_t)(0x80 + i), t.b[i] = (uint8_t)(0xFF - i);                                      \
        const bytes_##n was = s;                                                                             \
        memset(&dirt, 0xEE, sizeof dirt);                                                                    \
        uint64_t hash = HP_ABI_FOLD + hp_abi_expected();                                                     \
        hash = HP_ABI_FOLD_IN(hash, s);                                                                      \
        assert_true(value_##n(s) == HP_ABI_FOLD_IN(hash, dirt));                                             \
        assert_memory_equal(&s, &was, sizeof s);                                                             \
        int32_t a = -2;                                                                                      \
        int64_t b = 0x1122334455667788;                                                                      \
        int8_t c = -3;                                                                                       \
        hash = HP_ABI_FOLD + hp_abi_expected();                                                              \
        hash = HP_ABI_FOLD_IN(hash, a);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, s);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, b);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, t);                                                                      \
        hash = HP_ABI_FOLD_IN(hash, dirt);                                                                   \
        assert_true(values_##n(a, s, b, t, c) == HP_ABI_FOLD_IN(hash, c));                                   \
        assert_memory_equal(&s, &was, sizeof s);                                                             \
        assert_int_equal(t.b[0], 0xFF);                                                                      \
    }

BYTES(1)
BYTES(2)
BYTES(3)
BYTES(4)
BYTES(5)
BYTES(6)
BYTES(7)
BYTES(8)
BYTES(9)
BYTES(12)
BYTES(15)
BYTES(16)
BYTES(17)
BYTES(24)
BYTES(40)
BYTES(1000)

typedef struct lone_float {
    float f;
} lone_float;
typedef struct lone_double {
    double d;
} lone_double;
typedef struct two_floats {
    float x, y;
} two_floats;
typedef struct nested_float {
    lone_float inner;
} nested_float;
typedef struct mixed {
    int16_t i;
    double d;
    uint8_t b;
} mixed;
typedef struct nested {
    uint8_t b;
    mixed m[2];
    struct {
        float f;
        int64_t i;
    } last;
} nested;

HP_PATCHABLE(double, floats_in_structures,
             (lone_float a, lone_double b, two_floats c, nested_float d, int32_t e, lone_float f,
              lone_double g)) {
    return (double)a.f + b.d * 4 + (double)c.x * 16 + (double)c.y * 64 + (double)d.inner.f * 256 +
           e * 1024.0 + (double)f.f * 4096 + g.d * 16384 + (hp_abi_in_update ? 0.5 : 0);
}
HP_EXPORT(floats_in_structures, "f64(struct {f32}, struct {f64}, struct {f32 x; f32 y}, struct {struct {f32 "
                                "f} inner}, i32, struct {f32}, "
                                "struct {f64})");

HP_PATCHABLE(double, padding_and_nesting, (mixed a, nested b, float c)) {
    return a.i + a.d * 2 + a.b * 4 + b.b * 8 + b.m[0].i * 16 + b.m[0].d * 32 + b.m[0].b * 64 +
           b.m[1].i * 128 + b.m[1].d * 256 + b.m[1].b * 512 + (double)b.last.f * 1024 +
           (double)b.last.i * 2048 + (double)c * 4096 + (hp_abi_in_update ? 0.5 : 0);
}
HP_EXPORT(padding_and_nesting, "f64(struct mixed {i16 i; f64 d; u8 b} a, "
                               "struct nested {u8 b; struct mixed {i16 i; f64 d; u8 b} m[2]; "
                               "struct {f32 f; i64 i;} last;} b, f32 c)");

typedef struct pair {
    int32_t low, high;
} pair;

// The structure stands behind all registers; the ones before it fill them.
HP_PATCHABLE(int64_t, behind_the_registers,
             (int32_t a, int32_t b, int32_t c, int32_t d, pair e, bytes_12 f, pair g)) {
    return a + b + c + d + e.low * 16LL + e.high * 256LL + f.b[0] * 4096LL + f.b[11] * 65536LL +
           g.low * 0x100000LL + g.high * 0x1000000LL + hp_abi_in_update;
}
HP_EXPORT(behind_the_registers,
          "i64(i32, i32, i32, i32, struct {i32; i32}, struct {u8[12]}, struct {i32; i32})");

static void floating_members(void) {
    double weights = 1 + 2 * 4 + 3 * 16 + 4 * 64 + 5 * 256 + 6 * 1024 + 7 * 4096 + 8 * 16384;
    double got = floats_in_structures((lone_float){1}, (lone_double){2}, (two_floats){3, 4},
                                      (nested_float){{5}}, 6, (lone_float){7}, (lone_double){8});
    assert_true(got == weights + (hp_abi_expected() ? 0.5 : 0));
}

static void padding_inside(void) {
    mixed a = {1, 2, 3};
    nested b = {4, {{5, 6, 7}, {8, 9, 10}}, {11, 12}};
    double weights = 1 + 2 * 2 + 3 * 4 + 4 * 8 + 5 * 16 + 6 * 32 + 7 * 64 + 8 * 128 + 9 * 256 + 10 * 512 +
                     11 * 1024 + 12 * 2048 + 13 * 4096.0;
    assert_true(padding_and_nesting(a, b, 13) == weights + (hp_abi_expected() ? 0.5 : 0));
}

static void behind_all_registers(void) {
    bytes_12 f = {{5, [11] = 6}};
    int64_t weights = 10 + 5 * 16LL + 6 * 256LL + 5 * 4096LL + 6 * 65536LL + 7 * 0x100000LL - 8 * 0x1000000LL;
    assert_true(behind_the_registers(1, 2, 3, 4, (pair){5, 6}, f, (pair){7, -8}) ==
                weights + hp_abi_expected());
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(size_1),
        HP_ABI_CHECK(size_2),
        HP_ABI_CHECK(size_3),
        HP_ABI_CHECK(size_4),
        HP_ABI_CHECK(size_5),
        HP_ABI_CHECK(size_6),
        HP_ABI_CHECK(size_7),
        HP_ABI_CHECK(size_8),
        HP_ABI_CHECK(size_9),
        HP_ABI_CHECK(size_12),
        HP_ABI_CHECK(size_15),
        HP_ABI_CHECK(size_16),
        HP_ABI_CHECK(size_17),
        HP_ABI_CHECK(size_24),
        HP_ABI_CHECK(size_40),
        HP_ABI_CHECK(size_1000),
        HP_ABI_CHECK(floating_members),
        HP_ABI_CHECK(padding_inside),
        HP_ABI_CHECK(behind_all_registers),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
