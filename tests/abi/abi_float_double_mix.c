// float and double: xmm and st0, mixed with integers in every position, down to the bits of special values.
#include "abi/abi.h"

#include <float.h>
#include <math.h>

HP_PATCHABLE(float, float_turn, (float value)) {
    return hp_abi_in_update ? -value : value;
}
HP_EXPORT(float_turn, "f32(f32 value)");

HP_PATCHABLE(double, double_turn, (double value)) {
    return hp_abi_in_update ? -value : value;
}
HP_EXPORT(double_turn, "f64(f64 value)");

HP_PATCHABLE(float, float_third, (double a, float b, float c, double d)) {
    return (hp_abi_in_update ? 1024.0f : 0.0f) + c + (a == 0.25 && b == 0.5f && d == -8.0 ? 0.0f : 1e9f);
}
HP_EXPORT(float_third, "f32(f64 a, f32 b, f32 c, f64 d)");

HP_PATCHABLE(uint64_t, float_bits, (float a, double b, float c, double d, float e, double f)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    hash = HP_ABI_FOLD_IN(hash, a);
    hash = HP_ABI_FOLD_IN(hash, b);
    hash = HP_ABI_FOLD_IN(hash, c);
    hash = HP_ABI_FOLD_IN(hash, d);
    hash = HP_ABI_FOLD_IN(hash, e);
    return HP_ABI_FOLD_IN(hash, f);
}
HP_EXPORT(float_bits, "u64(f32 a, f64 b, f32 c, f64 d, f32 e, f64 f)");

// Each of the four register positions of x64 holds an integer in one function and a float in another.
#define MIX(name, text, A, B, C, D, E)                                                                       \
    HP_PATCHABLE(double, name, (A a, B b, C c, D d, E e)) {                                                  \
        return (double)a + (double)b * 16 + (double)c * 256 + (double)d * 4096 + (double)e * 65536 +         \
               (hp_abi_in_update ? 0.5 : 0.0);                                                               \
    }                                                                                                        \
    HP_EXPORT(name, text)

MIX(mix_ififi, "f64(i32, f32, i32, f64, i32)", int32_t, float, int32_t, double, int32_t);
MIX(mix_fifif, "f64(f64, i8, f32, i64, f32)", double, int8_t, float, int64_t, float);
MIX(mix_iiiff, "f64(i64, u16, i32, f32, f64)", int64_t, uint16_t, int32_t, float, double);
MIX(mix_fffii, "f64(f32, f32, f64, i64, i8)", float, float, double, int64_t, int8_t);
MIX(mix_fffff, "f64(f32, f64, f32, f64, f32)", float, double, float, double, float);

static void special_values_return_with_their_bits(void) {
    static const double doubles[] = {0.0,    -0.0,    1.0,      -1.5,      DBL_MAX,   DBL_MIN,
                                     5e-324, -5e-324, INFINITY, -INFINITY, 1.0 / 3.0, 0.1};
    static const float floats[] = {0.0f,     -0.0f,     1.0f,     -1.5f,     FLT_MAX,  FLT_MIN,
                                   1.4e-45f, -1.4e-45f, INFINITY, -INFINITY, 1.0f / 3, 0.1f};
    for (size_t i = 0; i < ARRAYSIZE(doubles); i++) {
        double expected = hp_abi_expected() ? -doubles[i] : doubles[i], got = double_turn(doubles[i]);
        assert_memory_equal(&got, &expected, sizeof got);
    }
    for (size_t i = 0; i < ARRAYSIZE(floats); i++) {
        float expected = hp_abi_expected() ? -floats[i] : floats[i], got = float_turn(floats[i]);
        assert_memory_equal(&got, &expected, sizeof got);
    }
}

static void not_a_number_stays_one(void) {
    assert_true(isnan(double_turn(NAN)));
    assert_true(isnan(float_turn(NAN)));
}

static void a_float_between_doubles_is_not_widened(void) {
    assert_true(float_third(0.25, 0.5f, 0.75f, -8.0) == (hp_abi_expected() ? 1024.75f : 0.75f));
    static const struct {
        float a;
        double b;
        float c;
        double d;
        float e;
        double f;
    } cases[] = {{0.1f, 0.1, -0.0f, -0.0, 1e30f, 1e300}, {INFINITY, -INFINITY, FLT_MIN, DBL_MIN, -3.0f, NAN}};
    for (size_t i = 0; i < ARRAYSIZE(cases); i++) {
        uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
        hash = HP_ABI_FOLD_IN(hash, cases[i].a);
        hash = HP_ABI_FOLD_IN(hash, cases[i].b);
        hash = HP_ABI_FOLD_IN(hash, cases[i].c);
        hash = HP_ABI_FOLD_IN(hash, cases[i].d);
        hash = HP_ABI_FOLD_IN(hash, cases[i].e);
        hash = HP_ABI_FOLD_IN(hash, cases[i].f);
        assert_true(float_bits(cases[i].a, cases[i].b, cases[i].c, cases[i].d, cases[i].e, cases[i].f) ==
                    hash);
    }
}

static void integers_and_floats_share_positions_not_registers(void) {
    double where = hp_abi_expected() ? 0.5 : 0.0;
    double weights = 1 + 2 * 16 + 3 * 256 + 4 * 4096 + 5 * 65536 + where;
    assert_true(mix_ififi(1, 2.0f, 3, 4.0, 5) == weights);
    assert_true(mix_fifif(1.0, 2, 3.0f, 4, 5.0f) == weights);
    assert_true(mix_iiiff(1, 2, 3, 4.0f, 5.0) == weights);
    assert_true(mix_fffii(1.0f, 2.0f, 3.0, 4, 5) == weights);
    assert_true(mix_fffff(1.0f, 2.0, 3.0f, 4.0, 5.0f) == weights);
    assert_true(mix_fifif(-1.0, -2, -3.0f, -4, -5.0f) == -weights + 2 * where);
}

static void the_x87_stack_stays_in_balance(void) {
    // Eight slots: a result left behind or popped once too often turns later ones into NaN.
    double sum = 0;
    for (int i = 1; i <= 24; i++) {
        (void)double_turn(i);
        sum += double_turn(i) + float_turn((float)i);
    }
    assert_true(sum == (hp_abi_expected() ? -600.0 : 600.0));
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(special_values_return_with_their_bits),
        HP_ABI_CHECK(not_a_number_stays_one),
        HP_ABI_CHECK(a_float_between_doubles_is_not_widened),
        HP_ABI_CHECK(integers_and_floats_share_positions_not_registers),
        HP_ABI_CHECK(the_x87_stack_stays_in_balance),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
