// Five and more parameters: past the registers of x64, up to the limit of 32.
#include "abi/abi.h"

// Every parameter has a weight of its own, so that two that change places show.
#define W(n, v) ((uint64_t)(v) * (2 * (n) + 3))

HP_PATCHABLE(uint64_t, many_5, (int32_t a, int32_t b, int32_t c, int32_t d, int32_t e)) {
    return W(0, a) + W(1, b) + W(2, c) + W(3, d) + W(4, e) + hp_abi_in_update;
}
HP_EXPORT(many_5, "u64(i32, i32, i32, i32, i32)");

HP_PATCHABLE(uint64_t, many_9,
             (int32_t a, int64_t b, int16_t c, int64_t d, int32_t e, int8_t f, int64_t g, int32_t h,
              int64_t i)) {
    return W(0, a) + W(1, b) + W(2, c) + W(3, d) + W(4, e) + W(5, f) + W(6, g) + W(7, h) + W(8, i) +
           hp_abi_in_update;
}
HP_EXPORT(many_9, "u64(i32, i64, i16, i64, i32, i8, i64, i32, i64)");

HP_PATCHABLE(double, many_17,
             (float a, double b, float c, double d, float e, double f, float g, double h, float i, double j,
              float k, double l, float m, double n, float o, double p, float q)) {
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + k * 11 + l * 12 +
           m * 13 + n * 14 + o * 15 + p * 16 + q * 17 + hp_abi_in_update;
}
HP_EXPORT(many_17,
          "f64(f32, f64, f32, f64, f32, f64, f32, f64, f32, f64, f32, f64, f32, f64, f32, f64, f32)");

HP_PATCHABLE(uint64_t, many_32,
             (int32_t a0, int32_t a1, int32_t a2, int32_t a3, int32_t a4, int32_t a5, int32_t a6, int32_t a7,
              int32_t a8, int32_t a9, int32_t a10, int32_t a11, int32_t a12, int32_t a13, int32_t a14,
              int32_t a15, int32_t a16, int32_t a17, int32_t a18, int32_t a19, int32_t a20, int32_t a21,
              int32_t a22, int32_t a23, int32_t a24, int32_t a25, int32_t a26, int32_t a27, int32_t a28,
              int32_t a29, int32_t a30, int32_t a31)) {
    return W(0, a0) + W(1, a1) + W(2, a2) + W(3, a3) + W(4, a4) + W(5, a5) + W(6, a6) + W(7, a7) + W(8, a8) +
           W(9, a9) + W(10, a10) + W(11, a11) + W(12, a12) + W(13, a13) + W(14, a14) + W(15, a15) +
           W(16, a16) + W(17, a17) + W(18, a18) + W(19, a19) + W(20, a20) + W(21, a21) + W(22, a22) +
           W(23, a23) + W(24, a24) + W(25, a25) + W(26, a26) + W(27, a27) + W(28, a28) + W(29, a29) +
           W(30, a30) + W(31, a31) + hp_abi_in_update;
}
HP_EXPORT(many_32, "u64(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, "
                   "i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32)");

HP_PATCHABLE(uint64_t, many_32_mixed,
             (int8_t a0, double a1, int64_t a2, float a3, uint16_t a4, void *a5, double a6, uint32_t a7,
              int64_t a8, float a9, int8_t a10, double a11, bool a12, int64_t a13, float a14, uint16_t a15,
              int32_t a16, double a17, int64_t a18, float a19, uint8_t a20, void *a21, double a22,
              uint32_t a23, int64_t a24, float a25, int8_t a26, double a27, bool a28, int64_t a29, float a30,
              intptr_t a31)) {
    return W(0, a0) + W(1, a1) + W(2, a2) + W(3, a3) + W(4, a4) + W(5, (uintptr_t)a5) + W(6, a6) + W(7, a7) +
           W(8, a8) + W(9, a9) + W(10, a10) + W(11, a11) + W(12, a12) + W(13, a13) + W(14, a14) + W(15, a15) +
           W(16, a16) + W(17, a17) + W(18, a18) + W(19, a19) + W(20, a20) + W(21, (uintptr_t)a21) +
           W(22, a22) + W(23, a23) + W(24, a24) + W(25, a25) + W(26, a26) + W(27, a27) + W(28, a28) +
           W(29, a29) + W(30, a30) + W(31, a31) + hp_abi_in_update;
}
HP_EXPORT(many_32_mixed, "u64(i8, f64, i64, f32, u16, handle, f64, u32, i64, f32, i8, f64, bool, i64, f32, "
                         "u16, i32, f64, i64, f32, u8, "
                         "handle, f64, u32, i64, f32, i8, f64, bool, i64, f32, isize)");

static void five(void) {
    for (int k = 0; k < 5; k++) {
        int32_t v[5] = {0};
        v[k] = INT32_MIN + 5;
        assert_true(many_5(v[0], v[1], v[2], v[3], v[4]) == W(k, v[k]) + hp_abi_expected());
    }
}

static void nine(void) {
    int64_t v[9] = {-1, 0x1122334455667788, -300, INT64_MIN, 5, -6, 0x100000000, INT32_MIN, -9};
    uint64_t sum = hp_abi_expected();
    for (int k = 0; k < 9; k++)
        sum += W(k, v[k]);
    assert_true(many_9((int32_t)v[0], v[1], (int16_t)v[2], v[3], (int32_t)v[4], (int8_t)v[5], v[6],
                       (int32_t)v[7], v[8]) == sum);
}

static void seventeen_floats(void) {
    double v[17], sum = hp_abi_expected();
    for (int k = 0; k < 17; k++) {
        v[k] = (k % 2 ? -0.5 : 1.25) * (1 << k);
        sum += v[k] * (k + 1); // all exact
    }
    double got =
        many_17((float)v[0], v[1], (float)v[2], v[3], (float)v[4], v[5], (float)v[6], v[7], (float)v[8], v[9],
                (float)v[10], v[11], (float)v[12], v[13], (float)v[14], v[15], (float)v[16]);
    assert_true(got == sum);
}

static void thirty_two(void) {
    for (int k = 0; k < 32; k++) {
        int32_t v[32] = {0};
        v[k] = -1 - k;
        v[31 - k] += 1000;
        uint64_t got = many_32(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11],
                               v[12], v[13], v[14], v[15], v[16], v[17], v[18], v[19], v[20], v[21], v[22],
                               v[23], v[24], v[25], v[26], v[27], v[28], v[29], v[30], v[31]);
        assert_true(got == W(k, -1 - k) + W(31 - k, 1000) + hp_abi_expected());
    }
}

static void thirty_two_of_all_kinds(void) {
    uint64_t sum = hp_abi_expected();
    for (int k = 0; k < 32; k++)
        sum += W(k, k == 12 || k == 28 ? 1 : 101 + k);
    uint64_t got = many_32_mixed(101, 102.0, 103, 104.0f, 105, (void *)106, 107.0, 108, 109, 110.0f, 111,
                                 112.0, true, 114, 115.0f, 116, 117, 118.0, 119, 120.0f, 121, (void *)122,
                                 123.0, 124, 125, 126.0f, 127, 128.0, true, 130, 131.0f, 132);
    assert_true(got == sum);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(five),
        HP_ABI_CHECK(nine),
        HP_ABI_CHECK(seventeen_floats),
        HP_ABI_CHECK(thirty_two),
        HP_ABI_CHECK(thirty_two_of_all_kinds),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
