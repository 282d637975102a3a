// Variable arguments by an explicit signature. x64 passes a float in both the xmm and the
// integer register of its position.
#include "abi/abi.h"

HP_PATCHABLE(uint64_t, variadic_format, (const char *kinds, ...)) {
    uint64_t hash = HP_ABI_FOLD + hp_abi_in_update;
    va_list list;
    va_start(list, kinds);
    for (const char *kind = kinds; *kind; kind++)
        if (*kind == 'i') {
            int32_t value = va_arg(list, int32_t);
            hash = HP_ABI_FOLD_IN(hash, value);
        } else if (*kind == 'l') {
            int64_t value = va_arg(list, int64_t);
            hash = HP_ABI_FOLD_IN(hash, value);
        } else if (*kind == 'd') {
            double value = va_arg(list, double);
            hash = HP_ABI_FOLD_IN(hash, value);
        } else if (*kind == 's') {
            const char *value = va_arg(list, const char *);
            hash = value ? hp_abi_fold(hash, value, strlen(value) + 1) : hash * 3;
        } else {
            void *value = va_arg(list, void *);
            hash = HP_ABI_FOLD_IN(hash, value);
        }
    va_end(list);
    return hash;
}
HP_EXPORT(variadic_format, "u64(in str kinds, ..., i32, f64, i64, handle, f64, in str, i32)");

HP_PATCHABLE(double, variadic_sum, (int32_t count, ...)) {
    double sum = hp_abi_in_update ? 0.5 : 0;
    va_list list;
    va_start(list, count);
    for (int32_t i = 0; i < count; i++)
        sum += va_arg(list, double) * (1 << i);
    va_end(list);
    return sum;
}
HP_EXPORT(variadic_sum, "f64(i32 count, ..., f64, f64, f64, f64, f64, f64)");

HP_PATCHABLE(int64_t, variadic_fixed_float, (float narrow, double fixed, ...)) {
    va_list list;
    va_start(list, fixed);
    int64_t wide = va_arg(list, int64_t);
    uint32_t word = va_arg(list, uint32_t);
    double d = va_arg(list, double);
    va_end(list);
    return wide + word + (int64_t)(d * 2) + (int64_t)(fixed * 4) + (int64_t)(narrow * 8) + hp_abi_in_update;
}
HP_EXPORT(variadic_fixed_float, "i64(f32 narrow, f64 fixed, ..., i64, u32, f64)");

// Callable with no more than the fixed part too: the app then passes what it passes, which is nothing.
HP_PATCHABLE(uint32_t, variadic_none, (uint32_t fixed, ...)) {
    return fixed * 3 + hp_abi_in_update;
}
HP_EXPORT(variadic_none, "u32(u32 fixed, ...)");

static void all_kinds_after_the_dots(void) {
    int32_t a = -1, g = INT32_MAX;
    double b = -0.1, e = 1e300;
    int64_t c = 0x1122334455667788;
    void *d = (void *)(intptr_t)-2;
    static const char f[] = "a string";
    for (int null = 0; null < 2; null++) {
        uint64_t hash = HP_ABI_FOLD + hp_abi_expected();
        hash = HP_ABI_FOLD_IN(hash, a);
        hash = HP_ABI_FOLD_IN(hash, b);
        hash = HP_ABI_FOLD_IN(hash, c);
        hash = HP_ABI_FOLD_IN(hash, d);
        hash = HP_ABI_FOLD_IN(hash, e);
        hash = null ? hash * 3 : HP_ABI_FOLD_IN(hash, f);
        hash = HP_ABI_FOLD_IN(hash, g);
        assert_true(variadic_format("idlpdsi", a, b, c, d, e, null ? NULL : f, g) == hash);
    }
}

static void floats_in_register_positions(void) {
    double where = hp_abi_expected() ? 0.5 : 0;
    assert_true(variadic_sum(6, 1.0, -2.0, 3.0, -4.0, 5.0, -6.0) == 1 - 4 + 12 - 32 + 80 - 192 + where);
    assert_true(variadic_sum(2, 1.0, -2.0, 3.0, -4.0, 5.0, -6.0) == 1 - 4 + where);
}

static void floats_in_front_of_the_dots(void) {
    assert_true(variadic_fixed_float(-0.125f, 0.25, -0x100000000LL, 0xFFFFFFFFu, 1.5) ==
                -0x100000000LL + 0xFFFFFFFFLL + 3 + 1 - 1 + (int64_t)hp_abi_expected());
}

static void nothing_after_the_dots(void) {
    assert_int_equal(variadic_none(100), 300 + hp_abi_expected());
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(all_kinds_after_the_dots),
        HP_ABI_CHECK(floats_in_register_positions),
        HP_ABI_CHECK(floats_in_front_of_the_dots),
        HP_ABI_CHECK(nothing_after_the_dots),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
