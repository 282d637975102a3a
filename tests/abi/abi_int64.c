// 64-bit integers: two words on x86, never in ecx or edx, back in edx:eax.
#include "abi/abi.h"

HP_PATCHABLE(int64_t, int64_alone, (int64_t a)) {
    return a ^ (int64_t)((uint64_t)hp_abi_in_update << 32 | hp_abi_in_update);
}
HP_EXPORT(int64_alone, "i64(i64 a)");

HP_PATCHABLE(uint64_t, int64_odd, (int32_t a, uint64_t b, int32_t c, uint64_t d, int8_t e, uint64_t f)) {
    return (uint64_t)a + b * 3 + (uint64_t)c * 5 + d * 7 + (uint64_t)e * 11 + f * 13 + hp_abi_in_update;
}
HP_EXPORT(int64_odd, "u64(i32 a, u64 b, i32 c, u64 d, i8 e, u64 f)");

HP_PATCHABLE(int64_t, int64_subtract, (int64_t a, int64_t b)) {
    return a - b + hp_abi_in_update;
}
HP_EXPORT(int64_subtract, "i64(i64 a, i64 b)");

HP_PATCHABLE(uint32_t, int64_high, (uint64_t a)) {
    return (uint32_t)(a >> 32) ^ hp_abi_in_update;
}
HP_EXPORT(int64_high, "u32(u64 a)");

static void both_halves_arrive_and_return(void) {
    static const uint64_t values[] = {0,
                                      1,
                                      UINT64_MAX,
                                      0xFFFFFFFF,
                                      0x100000000,
                                      0x8000000000000000,
                                      0x7FFFFFFFFFFFFFFF,
                                      0x0123456789ABCDEF,
                                      0x80000000,
                                      0xFFFFFFFF00000000};
    uint64_t marker = (uint64_t)hp_abi_expected() << 32 | hp_abi_expected();
    for (size_t i = 0; i < ARRAYSIZE(values); i++) {
        assert_true((uint64_t)int64_alone((int64_t)values[i]) == (values[i] ^ marker));
        assert_int_equal(int64_high(values[i]), (uint32_t)(values[i] >> 32) ^ hp_abi_expected());
    }
}

static void words_between_do_not_shift_them(void) {
    uint64_t b = 0x1122334455667788, d = UINT64_MAX - 3, f = 0x8000000080000000;
    uint64_t sum = (uint64_t)-1 + b * 3 + (uint64_t)INT32_MIN * 5 + d * 7 + (uint64_t)-128 * 11 + f * 13;
    assert_true(int64_odd(-1, b, INT32_MIN, d, -128, f) == sum + hp_abi_expected());
}

static void order_of_two_is_kept(void) {
    assert_true(int64_subtract(0x100000000, 1) == 0xFFFFFFFF + (int64_t)hp_abi_expected());
    assert_true(int64_subtract(1, 0x100000000) == -0xFFFFFFFFLL + (int64_t)hp_abi_expected());
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(both_halves_arrive_and_return),
        HP_ABI_CHECK(words_between_do_not_shift_them),
        HP_ABI_CHECK(order_of_two_is_kept),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
