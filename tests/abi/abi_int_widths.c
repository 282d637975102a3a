// Integers of every width and sign, in register and stack positions, at their extremes. Narrow ones arrive
// extended (callees of some compilers rely on it) and come back extended (callers do, too).
#include "abi/abi.h"

#define WIDTH(text, type)                                                                                    \
    HP_PATCHABLE(type, width_##text, (type a, type b)) {                                                     \
        return (type)(((uint64_t)a - (uint64_t)b) ^ hp_abi_in_update);                                       \
    }                                                                                                        \
    HP_EXPORT(width_##text, #text "(" #text " a, " #text " b)");                                             \
    HP_PATCHABLE(uint64_t, widen_##text, (type a, int32_t pad, type b)) {                                    \
        return (uint64_t)a * 3 + (uint64_t)b * 5 + (uint64_t)pad + hp_abi_in_update;                         \
    }                                                                                                        \
    HP_EXPORT(widen_##text, "u64(" #text " a, i32 pad, " #text " b)");                                       \
    HP_PATCHABLE(type, behind_##text,                                                                        \
                 (int32_t a, int32_t b, int32_t c, int32_t d, type e, type f, int32_t g, type h)) {          \
        return (type)(((uint64_t)e + (uint64_t)f * 2 + (uint64_t)h * 3 + (uint64_t)(a + b + c + d + g)) ^    \
                      hp_abi_in_update);                                                                     \
    }                                                                                                        \
    HP_EXPORT(behind_##text,                                                                                 \
              #text "(i32 a, i32 b, i32 c, i32 d, " #text " e, " #text " f, i32 g, " #text " h)");           \
    static void text##_keeps_value_and_sign(void) {                                                          \
        const uint64_t top = (uint64_t)1 << (sizeof(type) * 8 - 1);                                          \
        const type extremes[] = {0, 1, (type)-1, (type)-2, (type)top, (type)(top - 1), (type)0x5A};          \
        const uint64_t marker = hp_abi_expected();                                                           \
        for (size_t i = 0; i < ARRAYSIZE(extremes); i++)                                                     \
            for (size_t k = 0; k < ARRAYSIZE(extremes); k++) {                                               \
                type a = extremes[i], b = extremes[k];                                                       \
                uint64_t wide_a = (uint64_t)a, wide_b = (uint64_t)b;                                         \
                /* Widened first: a caller that trusts the callee's extension shows itself. */               \
                uint64_t narrow = (uint64_t)width_##text(a, b);                                              \
                assert_true(narrow == (uint64_t)(type)((wide_a - wide_b) ^ marker));                         \
                assert_true(widen_##text(a, -7, b) == wide_a * 3 + wide_b * 5 - 7 + marker);                 \
                uint64_t behind = (uint64_t)behind_##text(1, 2, 3, 4, a, b, 5, a);                           \
                assert_true(behind == (uint64_t)(type)((wide_a * 4 + wide_b * 2 + 15) ^ marker));            \
            }                                                                                                \
    }

WIDTH(i8, int8_t)
WIDTH(u8, uint8_t)
WIDTH(i16, int16_t)
WIDTH(u16, uint16_t)
WIDTH(i32, int32_t)
WIDTH(u32, uint32_t)
WIDTH(i64, int64_t)
WIDTH(u64, uint64_t)
WIDTH(isize, intptr_t)
WIDTH(usize, uintptr_t)

HP_PATCHABLE(uint64_t, widths_all,
             (int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g, uint64_t h,
              intptr_t i, uintptr_t j)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    hash = HP_ABI_FOLD_IN(hash, a);
    hash = HP_ABI_FOLD_IN(hash, b);
    hash = HP_ABI_FOLD_IN(hash, c);
    hash = HP_ABI_FOLD_IN(hash, d);
    hash = HP_ABI_FOLD_IN(hash, e);
    hash = HP_ABI_FOLD_IN(hash, f);
    hash = HP_ABI_FOLD_IN(hash, g);
    hash = HP_ABI_FOLD_IN(hash, h);
    hash = HP_ABI_FOLD_IN(hash, i);
    return HP_ABI_FOLD_IN(hash, j);
}
HP_EXPORT(widths_all, "u64(i8 a, u8 b, i16 c, u16 d, i32 e, u32 f, i64 g, u64 h, isize i, usize j)");

static void all_widths_in_one_call_do_not_run_into_each_other(void) {
    uint64_t state = 1;
    for (int round = 0; round < 8; round++) {
        unsigned char bytes[2 * (1 + 2 + 4 + 8 + sizeof(void *))], *at = bytes;
        int8_t a = (int8_t)hp_abi_random(&state);
        uint8_t b = (uint8_t)hp_abi_random(&state);
        int16_t c = (int16_t)hp_abi_random(&state);
        uint16_t d = (uint16_t)hp_abi_random(&state);
        int32_t e = (int32_t)hp_abi_random(&state);
        uint32_t f = (uint32_t)hp_abi_random(&state);
        int64_t g = (int64_t)hp_abi_random(&state);
        uint64_t h = hp_abi_random(&state);
        intptr_t i = (intptr_t)hp_abi_random(&state);
        uintptr_t j = (uintptr_t)hp_abi_random(&state);
#define PUT(variable) (memcpy(at, &variable, sizeof variable), at += sizeof variable)
        PUT(a), PUT(b), PUT(c), PUT(d), PUT(e), PUT(f), PUT(g), PUT(h), PUT(i), PUT(j);
        assert_ptr_equal(at, bytes + sizeof bytes);
        uint64_t expected = hp_abi_fold(HP_ABI_FOLD + hp_abi_expected(), bytes, sizeof bytes);
        assert_true(widths_all(a, b, c, d, e, f, g, h, i, j) == expected);
    }
}

HP_PATCHABLE(uint32_t, widths_nothing_in, (void)) {
    return 77 + hp_abi_in_update;
}
HP_EXPORT(widths_nothing_in, "u32()");

static uint32_t last_seen;

HP_PATCHABLE(void, widths_nothing_out, (uint32_t value)) {
    last_seen = value;
}
HP_EXPORT(widths_nothing_out, "void(u32 value)");

HP_PATCHABLE(uint32_t, widths_last_seen, (void)) {
    return last_seen + hp_abi_in_update;
}
HP_EXPORT(widths_last_seen, "u32(void)");

static void no_parameters_and_no_result(void) {
    assert_int_equal(widths_nothing_in(), 77 + hp_abi_expected());
    last_seen = 1;
    widths_nothing_out(0x12345678);
    assert_int_equal(widths_last_seen(), 0x12345678 + hp_abi_expected());
    // The update has globals of its own.
    assert_int_equal(last_seen, hp_abi_expected() ? 1 : 0x12345678);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(i8_keeps_value_and_sign),
        HP_ABI_CHECK(u8_keeps_value_and_sign),
        HP_ABI_CHECK(i16_keeps_value_and_sign),
        HP_ABI_CHECK(u16_keeps_value_and_sign),
        HP_ABI_CHECK(i32_keeps_value_and_sign),
        HP_ABI_CHECK(u32_keeps_value_and_sign),
        HP_ABI_CHECK(i64_keeps_value_and_sign),
        HP_ABI_CHECK(u64_keeps_value_and_sign),
        HP_ABI_CHECK(isize_keeps_value_and_sign),
        HP_ABI_CHECK(usize_keeps_value_and_sign),
        HP_ABI_CHECK(all_widths_in_one_call_do_not_run_into_each_other),
        HP_ABI_CHECK(no_parameters_and_no_result),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
