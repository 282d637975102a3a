// Sized buffers, in and out and both: the length a constant, or a parameter in front or behind, of any
// integer type; nothing, one element, 1 MiB, NULL; no byte outside of them is touched.
#include "abi/abi.h"

HP_PATCHABLE(uint64_t, buffer_in, (const uint8_t *bytes, uint32_t count)) {
    return bytes ? hp_abi_fold(HP_ABI_FOLD + hp_abi_in_update, bytes, count) : 3 + hp_abi_in_update;
}
HP_EXPORT(buffer_in, "u64(in u8 bytes[count], u32 count)");

HP_PATCHABLE(uint32_t, buffer_out, (uint8_t count, uint16_t *words)) {
    for (uint32_t i = 0; words && i < count; i++)
        words[i] = (uint16_t)(i * 257 + hp_abi_in_update);
    return count + hp_abi_in_update;
}
HP_EXPORT(buffer_out, "u32(u8 count, out u16 words[count])");

HP_PATCHABLE(uint32_t, buffer_inout, (int32_t key, double *values, intptr_t count)) {
    for (intptr_t i = 0; values && i < count; i++)
        values[i] = values[i] * 2 + key + (hp_abi_in_update ? 0.25 : 0);
    return hp_abi_in_update;
}
HP_EXPORT(buffer_inout, "u32(i32 key, inout f64 values[count], isize count)");

HP_PATCHABLE(uint64_t, buffer_constant, (const int16_t *in, uint8_t *out, int64_t *inout)) {
    uint64_t hash = hp_abi_fold(HP_ABI_FOLD + hp_abi_in_update, in, 7 * sizeof *in);
    for (int i = 0; i < 5; i++)
        out[i] = (uint8_t)(hash >> 8 * i);
    for (int i = 0; i < 3; i++)
        inout[i] ^= (int64_t)hash;
    return hash;
}
HP_EXPORT(buffer_constant, "u64(in i16 in[7], out u8 out[5], inout i64 inout[3])");

// One length for two buffers, and the length is used as a value, too.
HP_PATCHABLE(uint64_t, buffer_shared, (const float *from, uint64_t count, float *to, uint32_t *written)) {
    for (uint64_t i = 0; i < count; i++)
        to[i] = -from[i];
    if (written)
        *written = (uint32_t)count + hp_abi_in_update;
    return count * 3 + hp_abi_in_update;
}
HP_EXPORT(buffer_shared, "u64(in f32 from[count], u64 count, out f32 to[count], out u32 *written)");

// Behind the registers; buffers point into memory that is aligned for their elements.
HP_PATCHABLE(uint32_t, buffer_late,
             (int32_t a, int32_t b, int32_t c, int32_t d, int64_t *values, int8_t count, bool *odd)) {
    uint32_t sum = (uint32_t)(a + b + c + d);
    for (int i = 0; i < count; i++) {
        sum += (uint32_t)values[i];
        values[i] = -values[i];
        odd[i] = (values[i] & 1) != 0;
    }
    return sum + hp_abi_in_update + ((uintptr_t)values % 8 ? 1000000 : 0);
}
HP_EXPORT(buffer_late, "u32(i32, i32, i32, i32, inout i64 values[count], i8 count, out bool odd[count])");

static void in_of_every_size(void) {
    static const uint32_t sizes[] = {0, 1, 2, 15, 16, 17, 4095, 4096, 65537, 1 << 20};
    for (size_t i = 0; i < ARRAYSIZE(sizes); i++) {
        uint8_t *bytes = hp_abi_guarded(sizes[i]);
        uint64_t state = i;
        for (uint32_t k = 0; k < sizes[i]; k++)
            bytes[k] = (uint8_t)hp_abi_random(&state);
        uint64_t hash = hp_abi_fold(HP_ABI_FOLD + hp_abi_expected(), bytes, sizes[i]);
        assert_true(buffer_in(bytes, sizes[i]) == hash);
        hp_abi_guarded_free(bytes);
    }
}

static void null_arrives_as_null(void) {
    assert_true(buffer_in(NULL, 0) == 3 + hp_abi_expected());
    assert_true(buffer_in(NULL, 12) == 3 + hp_abi_expected()); // though the length says otherwise
    assert_int_equal(buffer_out(9, NULL), 9 + hp_abi_expected());
    assert_int_equal(buffer_inout(9, NULL, 3), hp_abi_expected());
}

static void out_of_every_size(void) {
    for (unsigned count = 0; count < 256; count += count < 5 ? 1 : 50) {
        uint16_t *words = hp_abi_guarded(count * sizeof *words);
        assert_int_equal(buffer_out((uint8_t)count, words), count + hp_abi_expected());
        for (unsigned i = 0; i < count; i++)
            assert_int_equal(words[i], (uint16_t)(i * 257 + hp_abi_expected()));
        hp_abi_guarded_free(words);
    }
}

static void inout_of_a_mebibyte(void) {
    const intptr_t sizes[] = {0, 1, 3, (1 << 20) / sizeof(double)};
    for (size_t i = 0; i < ARRAYSIZE(sizes); i++) {
        double *values = hp_abi_guarded((size_t)sizes[i] * sizeof *values);
        for (intptr_t k = 0; k < sizes[i]; k++)
            values[k] = (double)k - 0.5;
        assert_int_equal(buffer_inout(-7, values, sizes[i]), hp_abi_expected());
        double where = hp_abi_expected() ? 0.25 : 0;
        for (intptr_t k = 0; k < sizes[i]; k++)
            assert_true(values[k] == ((double)k - 0.5) * 2 - 7 + where);
        hp_abi_guarded_free(values);
    }
}

static void constant_lengths(void) {
    int16_t *in = hp_abi_guarded(7 * sizeof *in);
    uint8_t *out = hp_abi_guarded(5);
    int64_t *inout = hp_abi_guarded(3 * sizeof *inout);
    for (int i = 0; i < 7; i++)
        in[i] = (int16_t)(-300 * i);
    for (int i = 0; i < 3; i++)
        inout[i] = 1LL << (i * 30);
    uint64_t hash = hp_abi_fold(HP_ABI_FOLD + hp_abi_expected(), in, 7 * sizeof *in);
    assert_true(buffer_constant(in, out, inout) == hash);
    for (int i = 0; i < 5; i++)
        assert_int_equal(out[i], (uint8_t)(hash >> 8 * i));
    for (int i = 0; i < 3; i++)
        assert_true(inout[i] == ((1LL << (i * 30)) ^ (int64_t)hash));
    for (int i = 0; i < 7; i++)
        assert_int_equal(in[i], (int16_t)(-300 * i));
    hp_abi_guarded_free(in);
    hp_abi_guarded_free(out);
    hp_abi_guarded_free(inout);
}

static void one_length_for_two_buffers(void) {
    for (uint64_t count = 0; count < 40; count += 13) {
        float *from = hp_abi_guarded(count * sizeof *from), *to = hp_abi_guarded(count * sizeof *to);
        uint32_t *written = hp_abi_guarded(sizeof *written);
        for (uint64_t i = 0; i < count; i++)
            from[i] = (float)i - 6.5f;
        assert_true(buffer_shared(from, count, to, written) == count * 3 + hp_abi_expected());
        assert_int_equal(*written, count + hp_abi_expected());
        for (uint64_t i = 0; i < count; i++)
            assert_true(to[i] == 6.5f - (float)i && from[i] == -to[i]);
        assert_true(buffer_shared(from, count, to, NULL) == count * 3 + hp_abi_expected());
        hp_abi_guarded_free(from);
        hp_abi_guarded_free(to);
        hp_abi_guarded_free(written);
    }
}

// The same memory twice in one call: each parameter's block is its own in the
// update, and the app gets both back.
static void in_and_out_at_one_place(void) {
    float *both = hp_abi_guarded(4 * sizeof *both);
    for (int i = 0; i < 4; i++)
        both[i] = (float)(i + 1);
    assert_true(buffer_shared(both, 4, both, NULL) == 12 + hp_abi_expected());
    for (int i = 0; i < 4; i++)
        assert_true(both[i] == -(float)(i + 1));
    hp_abi_guarded_free(both);
}

static void behind_the_registers(void) {
    int64_t *values = hp_abi_guarded(127 * sizeof *values);
    bool *odd = hp_abi_guarded(127);
    uint32_t sum = 10;
    for (int i = 0; i < 127; i++) {
        values[i] = i * 0x100000001LL;
        sum += (uint32_t)values[i];
    }
    assert_int_equal(buffer_late(1, 2, 3, 4, values, 127, odd), sum + hp_abi_expected());
    for (int i = 0; i < 127; i++) {
        assert_true(values[i] == i * -0x100000001LL);
        assert_int_equal(*(unsigned char *)&odd[i], i & 1);
    }
    hp_abi_guarded_free(values);
    hp_abi_guarded_free(odd);
}

int main(void) {
    static const hp_abi_check checks[] = {
        HP_ABI_CHECK(in_of_every_size),        HP_ABI_CHECK(null_arrives_as_null),
        HP_ABI_CHECK(out_of_every_size),       HP_ABI_CHECK(inout_of_a_mebibyte),
        HP_ABI_CHECK(constant_lengths),        HP_ABI_CHECK(one_length_for_two_buffers),
        HP_ABI_CHECK(in_and_out_at_one_place), HP_ABI_CHECK(behind_the_registers),
    };
    return hp_abi_main(checks, ARRAYSIZE(checks));
}
