// Structures as results: in registers or through the hidden pointer, by size and compiler;
// no byte beyond them is written.
#include "abi/abi.h"

#define BYTES(n)                                                                                             \
    typedef struct bytes_##n {                                                                               \
        uint8_t b[n];                                                                                        \
    } bytes_##n;                                                                                             \
    HP_PATCHABLE(bytes_##n, make_##n, (uint8_t first, uint8_t step)) {                                       \
        bytes_##n s;                                                                                         \
        for (size_t i = 0; i < n; i++)                                                                       \
            s.b[i] = (uint8_t)((first + i * step) ^ hp_abi_in_update);                                       \
        return s;                                                                                            \
    }                                                                                                        \
    HP_EXPORT(make_##n, "struct {u8[" #n "]} (u8 first, u8 step)");                                          \
    HP_PATCHABLE(bytes_##n, turn_##n, (int64_t a, bytes_##n s, double b)) {                                  \
        for (size_t i = 0; i < n; i++)                                                                       \
            s.b[i] = (uint8_t)(s.b[i] + (uint8_t)a + (uint8_t)b + hp_abi_in_update);                         \
        return s;                                                                                            \
    }                                                                                                        \
    HP_EXPORT(turn_##n, "struct {u8[" #n "]} (i64 a, struct {u8[" #n "]} s, f64 b)");                        \
    static void size_##n(void) {                                                                             \
        struct {                                                                                             \
            uint8_t before[16];                                                                              \
            bytes_##n s;                                                                                     \
            uint8_t behind[16];                                                                              \
        } place;                                                                                             \
        memset(&place, 0xC9, sizeof place);                                                                  \
        place.s = make_##n(0xF0, 3);                                                                         \
        for (size_t i = 0; i < n; i++)                                                                       \
            assert_int_equal(place.s.b[i], (uint8_t)((0xF0 + i * 3) ^ hp_abi_expected()));                   \
        place.s = turn_##n(0x1122334455667788, place.s, 5.0);                                                \
        for (size_t i = 0; i < n; i++)                                                                       \
            assert_int_equal(place.s.b[i], (uint8_t)(((0xF0 + i * 3) ^ hp_abi_expected()) + 0x88 + 5 +       \
                                                     hp_abi_expected()));                                    \
        for (size_t i = 0; i < 16; i++) {                                                                    \
            assert_int_equal(place.before[i], 0xC9);                                                         \
            assert_int_equal(place.behind[i], 0xC9);                                                         \
        }                                                                                                    \
        assert_int_equal(make_##n(9, 0).b[n - 1], (uint8_t)(9 ^ hp_abi_expected()));                         \
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

// One member or two, integer or float: where compilers disagree on x86.
typedef struct lone_float {
    float f;
} lone_float;
typedef struct lone_double {
    double d;
} lone_double;
typedef struct nested_float {
    lone_float inner;
} nested_float;
typedef struct nested_double {
    struct {
        lone_double inner[1];
    } outer;
} nested_double;
typedef struct two_floats {
    float x, y;
} two_floats;
typedef struct float_int {
    float x;
    int32_t y;
} float_int;
typedef struct lone_int64 {
    int64_t i;
} lone_int64;
typedef struct two_doubles {
    double x, y;
} two_doubles;
typedef struct lone_handle {
    void *h;
} lone_handle;
typedef struct small_mix {
    int8_t a;
    int16_t b;
} small_mix;
typedef struct padded {
    uint8_t a;
    int64_t b;
} padded;

#define OFFSET (hp_abi_in_update ? 0.5f : 0.0f)

HP_PATCHABLE(lone_float, make_lone_float, (float v)) {
    return (lone_float){v + OFFSET};
}
HP_EXPORT(make_lone_float, "struct {f32 f}(f32 v)");
HP_PATCHABLE(lone_double, make_lone_double, (double v)) {
    return (lone_double){v + OFFSET};
}
HP_EXPORT(make_lone_double, "struct {f64 d}(f64 v)");
HP_PATCHABLE(nested_float, make_nested_float, (float v)) {
    return (nested_float){{v + OFFSET}};
}
HP_EXPORT(make_nested_float, "struct {struct {f32 f} inner}(f32 v)");
HP_PATCHABLE(nested_double, make_nested_double, (double v)) {
    return (nested_double){{{{v + OFFSET}}}};
}
HP_EXPORT(make_nested_double, "struct {struct {struct {f64 d} inner[1]} outer}(f64 v)");
HP_PATCHABLE(two_floats, make_two_floats, (float x, float y)) {
    return (two_floats){x + OFFSET, y + OFFSET};
}
HP_EXPORT(make_two_floats, "struct {f32 x; f32 y}(f32 x, f32 y)");
HP_PATCHABLE(float_int, make_float_int, (float x, int32_t y)) {
    return (float_int){x + OFFSET, y + (int32_t)hp_abi_in_update};
}
HP_EXPORT(make_float_int, "struct {f32 x; i32 y}(f32 x, i32 y)");
HP_PATCHABLE(lone_int64, make_lone_int64, (int64_t v)) {
    return (lone_int64){v + hp_abi_in_update};
}
HP_EXPORT(make_lone_int64, "struct {i64 i}(i64 v)");
HP_PATCHABLE(two_doubles, make_two_doubles, (double x, double y)) {
    return (two_doubles){x + OFFSET, y + OFFSET};
}
HP_EXPORT(make_two_doubles, "struct {f64 x; f64 y}(f64 x, f64 y)");
HP_PATCHABLE(lone_handle, make_lone_handle, (void *h)) {
    return (lone_handle){(void *)((uintptr_t)h ^ hp_abi_in_update)};
}
HP_EXPORT(make_lone_handle, "struct {handle h}(handle h)");
HP_PATCHABLE(small_mix, make_small_mix, (int8_t a, int16_t b)) {
    return (small_mix){(int8_t)(a ^ hp_abi_in_update), (int16_t)(b ^ hp_abi_in_update)};
}
HP_EXPORT(make_small_mix, "struct {i8 a; i16 b}(i8 a, i16 b)");
HP_PATCHABLE(padded, make_padded, (uint8_t a, int64_t b)) {
    return (padded){(uint8_t)(a ^ hp_abi_in_update), b ^ hp_abi_in_update};
}
HP_EXPORT(make_padded, "struct {u8 a; i64 b}(u8 a, i64 b)");

static float offset(void) {
    return hp_abi_expected() ? 0.5f : 0.0f;
}

static void a_lone_float_member(void) {
    assert_true(make_lone_float(-1.25f).f == -1.25f + offset());
    assert_true(make_lone_double(1e300).d == 1e300);
    assert_true(make_lone_double(-3.0).d == -3.0 + (double)offset());
    assert_true(make_nested_float(7.0f).inner.f == 7.0f + offset());
    assert_true(make_nested_double(8.0).outer.inner[0].d == 8.0 + (double)offset());
}

static void several_members(void) {
    two_floats f = make_two_floats(1.0f, -2.0f);
    assert_true(f.x == 1.0f + offset() && f.y == -2.0f + offset());
    float_int i = make_float_int(-4.0f, -5);
    assert_true(i.x == -4.0f + offset());
    assert_int_equal(i.y, -5 + (int32_t)hp_abi_expected());
    two_doubles d = make_two_doubles(1e100, -2.0);
    assert_true(d.x == 1e100 && d.y == -2.0 + (double)offset());
    small_mix s = make_small_mix(-7, -30000);
    assert_int_equal(s.a, (int8_t)(-7 ^ hp_abi_expected()));
    assert_int_equal(s.b, (int16_t)(-30000 ^ hp_abi_expected()));
    padded p = make_padded(0xFF, INT64_MIN);
    assert_int_equal(p.a, (uint8_t)(0xFF ^ hp_abi_expected()));
    assert_true(p.b == (INT64_MIN ^ (int64_t)hp_abi_expected()));
}

static void a_lone_integer_or_handle_member(void) {
    assert_true(make_lone_int64(INT64_MIN).i == INT64_MIN + (int64_t)hp_abi_expected());
    void *h = (void *)(uintptr_t)0xFEDCBA9876543210;
    assert_true((uintptr_t)make_lone_handle(h).h == ((uintptr_t)h ^ hp_abi_expected()));
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
        HP_ABI_CHECK(a_lone_float_member),
        HP_ABI_CHECK(several_members),
        HP_ABI_CHECK(a_lone_integer_or_handle_member),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
