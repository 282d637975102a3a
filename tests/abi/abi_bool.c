// bool: one byte, 0 or 1, whatever stands in the rest of its register or stack word.
#include "abi/abi.h"

HP_PATCHABLE(bool, bool_turn, (bool value)) {
    return value != (hp_abi_in_update != 0);
}
HP_EXPORT(bool_turn, "bool(bool value)");

HP_PATCHABLE(uint32_t, bool_pack,
             (bool a, int64_t wide, bool b, bool c, double between, bool d, uint8_t dirt, bool e, bool f)) {
    // Added, not or-ed: a bool of 0xFF or 0x100 would show.
    uint32_t sum = a + 2u * b + 4u * c + 8u * d + 16u * e + 32u * f;
    return sum + 64u * (wide == -1) + 128u * (between == -0.5) + 256u * (dirt == 0xFE) + hp_abi_in_update;
}
HP_EXPORT(bool_pack, "u32(bool a, i64 wide, bool b, bool c, f64 between, bool d, u8 dirt, bool e, bool f)");

HP_PATCHABLE(bool, bool_compare, (int32_t a, int32_t b)) {
    return (a < b) != (hp_abi_in_update != 0);
}
HP_EXPORT(bool_compare, "bool(i32 a, i32 b)");

static void result_is_exactly_0_or_1(void) {
    int marker = hp_abi_expected() != 0;
    for (int value = 0; value < 2; value++) {
        int result = bool_turn((bool)value); // the compiler may take all of eax for the value
        assert_int_equal(result, value ^ marker);
        unsigned char byte = 0xEE;
        bool stored = bool_turn((bool)value);
        memcpy(&byte, &stored, 1);
        assert_int_equal(byte, value ^ marker);
    }
}

static void result_can_be_branched_on(void) {
    int marker = hp_abi_expected() != 0;
    static const int32_t numbers[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
    for (size_t i = 0; i < ARRAYSIZE(numbers); i++)
        for (size_t k = 0; k < ARRAYSIZE(numbers); k++) {
            int taken = 0;
            if (bool_compare(numbers[i], numbers[k]))
                taken = 1;
            assert_int_equal(taken, (numbers[i] < numbers[k]) ^ marker);
        }
}

static void every_position_keeps_its_bit(void) {
    for (uint32_t bits = 0; bits < 64; bits++) {
        uint32_t packed = bool_pack(bits & 1, -1, bits >> 1 & 1, bits >> 2 & 1, -0.5, bits >> 3 & 1, 0xFE,
                                    bits >> 4 & 1, bits >> 5 & 1);
        assert_int_equal(packed, bits + 64 + 128 + 256 + hp_abi_expected());
    }
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(result_is_exactly_0_or_1),
        HP_ABI_CHECK(result_can_be_branched_on),
        HP_ABI_CHECK(every_position_keeps_its_bit),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
