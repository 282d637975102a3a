// Values and results across the border: every width, with garbage in the bits that the ABI leaves undefined.
#include "unit/marshal_trip.h"

static marshal_trip trip;

static void small_integers_arrive_extended_whatever_is_above_them(void **state) {
    (void)state;
    trip_begin(&trip, "void(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize)");
    const int64_t values[] = {-1, 0xFF, -32768, 0xFFFF, INT32_MIN, UINT32_MAX, INT64_MIN, -1, -1, 7};
    for (unsigned i = 0; i < 10; i++)
        trip_integer(&trip, i, values[i]);
    trip_there(&trip);
    for (unsigned i = 0; i < 10; i++) {
        int64_t expected = sizeof(void *) == 4 && i == 5 ? -1 : values[i]; // fills its word on x86
        if (trip_seen_integer(&trip, i) != expected)
            fail_msg("parameter %u: %lld", i, (long long)trip_seen_integer(&trip, i));
    }
    assert_int_equal(trip.call_size, 24 + 80);
    assert_true(trip.read_call.word[0] == 0xFF && trip.read_call.word[2] == 0x8000);
    trip_back(&trip);
    assert_int_equal(trip.action, HP_RETURN_INTEGER);
    trip_end(&trip);
}

static void any_true_is_one(void **state) {
    (void)state;
    for (int value = 0; value < 256; value++) {
        trip_begin(&trip, "bool(bool, bool, bool, bool, bool)");
        for (unsigned i = 0; i < 5; i++)
            trip_integer(&trip, i, value);
        trip_there(&trip);
        for (unsigned i = 0; i < 5; i++)
            assert_int_equal(trip_seen_integer(&trip, i), value != 0);
        unsigned char result = (unsigned char)value;
        trip_result(&trip, &result);
        trip_back(&trip);
        assert_true(trip.app.gp[HP_GP_AX] == (value != 0));
        trip_end(&trip);
    }
}

static void integer_results_fill_the_register(void **state) {
    (void)state;
    static const struct {
        const char *signature;
        int64_t value, expected;
    } cases[] = {
        {"i8()", -128, -128},
        {"u8()", 255, 255},
        {"i16()", -2, -2},
        {"u16()", 65535, 65535},
        {"i32()", -3, -3},
        {"u32()", UINT32_MAX, UINT32_MAX},
        {"i64()", INT64_MIN, INT64_MIN},
        {"u64()", 0x123456789ABCDEF0, 0x123456789ABCDEF0},
        {"isize()", -1, -1},
        {"handle()", 0x7FEDCBA9, 0x7FEDCBA9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trip_begin(&trip, cases[i].signature);
        trip_there(&trip);
        trip_result(&trip, &cases[i].value);
        trip_back(&trip);
        assert_true(trip.app.gp[HP_GP_AX] == (uintptr_t)cases[i].expected);
        if (trip.marshal.signature.result.size > sizeof(void *))
            assert_true(trip.app.gp[HP_GP_DX] == (uintptr_t)((uint64_t)cases[i].expected >> 32));
        assert_int_equal(trip.action, HP_RETURN_INTEGER);
        trip_end(&trip);
    }
}

// Bits, not values: a signalling NaN must not become a quiet one.
static void floats_keep_every_bit(void **state) {
    (void)state;
    const uint32_t small = 0x7FA00001;
    const uint64_t large = 0xFFF4000000000003;
    trip_begin(&trip, "f32(f32, f64, f32, f64, f32, f64)");
    for (unsigned i = 0; i < 6; i++)
        trip_value(&trip, i, i & 1 ? (const void *)&large : &small);
    trip_there(&trip);
    for (unsigned i = 0; i < 6; i++)
        assert_memory_equal(trip_seen(&trip, i), i & 1 ? (const void *)&large : &small, i & 1 ? 8 : 4);
    assert_int_equal(trip.update.registers.result, HP_RETURN_F32);
    trip_result(&trip, &small);
    trip_back(&trip);
    assert_int_equal(trip.action, HP_RETURN_F32);
#if HP_X64
    const unsigned char expected[16] = {0x01, 0x00, 0xA0, 0x7F};
    assert_memory_equal(trip.app.xmm[0], expected, 16);
#else
    assert_memory_equal(trip.app.st0, &small, 4);
#endif
    trip_end(&trip);

    trip_begin(&trip, "f64()");
    trip_there(&trip);
    assert_int_equal(trip.update.registers.result, HP_RETURN_F64);
    trip_result(&trip, &large);
    trip_back(&trip);
    assert_int_equal(trip.action, HP_RETURN_F64);
    assert_memory_equal(HP_X64 ? (void *)((unsigned char *)&trip.app + 128) : trip.app.st0, &large, 8);
    trip_end(&trip);
}

// va_arg on x64 reads a double from the home area of the integer register.
static void variadic_floats_stand_in_both_registers(void **state) {
    (void)state;
    trip_begin(&trip, "i32(i32, ..., f64, i64, f64, f64)");
    const double value = -2.5;
    trip_integer(&trip, 0, 1);
    trip_value(&trip, 1, &value);
    trip_integer(&trip, 2, -5);
    trip_value(&trip, 3, &value);
    trip_value(&trip, 4, &value);
    trip_there(&trip);
    for (unsigned i = 1; i < 5; i++)
        if (i != 2)
            assert_memory_equal(trip_seen(&trip, i), &value, 8);
#if HP_X64
    assert_memory_equal(&trip.update.registers.gp[HP_GP_DX], &value, 8);
    assert_memory_equal(&trip.update.registers.gp[HP_GP_R9], &value, 8);
#endif
    assert_true(trip_seen_integer(&trip, 2) == -5);
    trip_end(&trip);
}

static void thirty_two_mixed_parameters(void **state) {
    (void)state;
    char text[400] = "i64(";
    static const char *const types[] = {"i8",  "f64",    "u16",  "i64",
                                        "f32", "handle", "bool", "struct{u8 a[3]}"};
    for (int i = 0; i < 32; i++)
        sprintf(text + strlen(text), "%s%s", i ? "," : "", types[i % 8]);
    trip_begin(&trip, strcat(text, ")"));
    unsigned char values[32][8];
    for (unsigned i = 0; i < 32; i++) {
        for (unsigned j = 0; j < 8; j++)
            values[i][j] = (unsigned char)(i * 8 + j + 1);
        if (i % 8 == 6)
            values[i][0] = 1;
        trip_value(&trip, i, values[i]);
    }
    trip_there(&trip);
    for (unsigned i = 0; i < 32; i++)
        assert_memory_equal(trip_seen(&trip, i), values[i], trip.marshal.signature.parameter[i].type.size);
    trip_end(&trip);
}

static void structures_by_value_of_1_to_24_bytes(void **state) {
    (void)state;
    for (unsigned size = 1; size <= 24; size++) {
        char text[100];
        sprintf(text, "struct{u8 a[%u]}(i32, struct{u8 a[%u]}, i32, struct{u8 a[%u]}, i32, struct{u8 a[%u]})",
                size, size, size, size);
        trip_begin(&trip, text);
        unsigned char value[24], result[24], received[26];
        for (unsigned i = 0; i < 24; i++) {
            value[i] = (unsigned char)(0x81 + i);
            result[i] = (unsigned char)(0xF1 - i);
        }
        memset(received, 0xC7, sizeof received);
        for (unsigned i = 0; i < 6; i++) {
            if (i & 1)
                trip_value(&trip, i, value);
            else
                trip_integer(&trip, i, 1000 + i);
        }
        const int hidden = trip.marshal.layout.result == HP_RESULT_HIDDEN;
        if (hidden)
            trip_hidden(&trip, received + 1);
        trip_there(&trip);
        for (unsigned i = 0; i < 6; i++) {
            if (i & 1) {
                assert_memory_equal(trip_seen(&trip, i), value, size);
                if (trip.marshal.layout.place[i].indirect) {
                    assert_int_equal((uintptr_t)trip_seen(&trip, i) % 16, 0);
                    assert_ptr_not_equal(trip_seen(&trip, i), trip.copy[i]);
                }
            } else {
                assert_int_equal(trip_seen_integer(&trip, i), 1000 + i);
            }
        }
        trip_result(&trip, result);
        trip_back(&trip);
        if (hidden) {
            assert_true(trip.app.gp[HP_GP_AX] == (uintptr_t)(received + 1));
            assert_memory_equal(received + 1, result, size);
            assert_int_equal(received[0], 0xC7);
            assert_int_equal(received[1 + size], 0xC7);
        } else {
            assert_memory_equal(&trip.app.gp[HP_GP_AX], result,
                                size < sizeof(void *) ? size : sizeof(void *));
            if (size > sizeof(void *))
                assert_memory_equal(&trip.app.gp[HP_GP_DX], result + sizeof(void *), size - sizeof(void *));
        }
        trip_end(&trip);
    }
}

// Conventions differ in where the hidden pointer and the first parameters are, and in who cleans up.
static void conventions_of_x86(void **state) {
    (void)state;
    static const char *const conventions[] = {"cdecl", "stdcall", "fastcall", "thiscall"};
    for (size_t i = 0; i < 4; i++) {
        char text[100];
        sprintf(text, "%s struct{i32 a; f64 b}(handle, i32, i64, u8)", conventions[i]);
        trip_begin(&trip, text);
        struct {
            int32_t a;
            double b;
        } result = {3, 4.5}, received = {0, 0};
        trip_hidden(&trip, &received);
        trip_integer(&trip, 0, 0x1234);
        trip_integer(&trip, 1, -5);
        trip_integer(&trip, 2, INT64_MIN + 1);
        trip_integer(&trip, 3, 200);
        trip_there(&trip);
        assert_true(trip_seen_integer(&trip, 0) == 0x1234 && trip_seen_integer(&trip, 1) == -5);
        assert_true(trip_seen_integer(&trip, 2) == INT64_MIN + 1 && trip_seen_integer(&trip, 3) == 200);
        trip_result(&trip, &result);
        trip_back(&trip);
        assert_true(received.a == 3 && received.b == 4.5);
        assert_true(trip.app.gp[HP_GP_AX] == (uintptr_t)&received);
        assert_int_equal(trip.app.cleanup, HP_X64 || i == 0 ? 0 : trip.marshal.layout.stack_bytes);
        trip_end(&trip);
    }
}

static void a_void_function_leaves_the_registers_alone(void **state) {
    (void)state;
    trip_begin(&trip, "void()");
    trip_there(&trip);
    trip_result(&trip, NULL);
    const uintptr_t before = (uintptr_t)trip.app.gp[HP_GP_AX];
    trip_back(&trip);
    assert_true(trip.app.gp[HP_GP_AX] == before);
    assert_int_equal(trip.reply_size, 32);
    assert_true(trip.read_reply.word[0] == 0);
    trip_end(&trip);
}

static void set_modes(uint16_t control, uint32_t mxcsr) {
    __asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

static uint32_t modes_kept(void) {
    uint16_t control;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control), "=m"(mxcsr));
    return (mxcsr << 16 | control) & HP_FRAME_MODES;
}

// A caller's rounding and precision are part of the call. Its sticky flags are not.
static void the_callers_way_to_calculate_goes_along(void **state) {
    (void)state;
    uint16_t control;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control), "=m"(mxcsr));
    trip_begin(&trip, "f64(f64)");
    set_modes(0x0F7F, 0xFFBF);
    const uint32_t kept = modes_kept(); // valgrind's processor has no flush-to-zero
    HRESULT hr = hp_marshal_gather(&trip.marshal, &trip.app, &trip.call);
    set_modes(control, mxcsr);
    assert_int_equal(hr, S_OK);
    assert_int_equal(kept | 0x80000000, 0xFF800F3F);
    assert_int_equal(trip.call.modes, kept);
    trip.call.modes = 0;
    assert_int_equal(hp_marshal_rebuild(&trip.marshal, &trip.call, &trip.update), S_OK);
    assert_int_equal(trip.update.registers.modes, HP_FRAME_MODES_USUAL);
    hp_marshal_release(&trip.update);
    trip.call.modes = 0xFF800F3F;
    assert_int_equal(hp_marshal_rebuild(&trip.marshal, &trip.call, &trip.update), S_OK);
    assert_int_equal(trip.update.registers.modes, 0xFF800F3F);
    assert_int_equal(hp_marshal_answer(&trip.marshal, &trip.update, &trip.call), S_OK);
    assert_int_equal(trip.call.modes, 0);
    hp_marshal_release(&trip.update);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_integers_arrive_extended_whatever_is_above_them),
        cmocka_unit_test(any_true_is_one),
        cmocka_unit_test(integer_results_fill_the_register),
        cmocka_unit_test(floats_keep_every_bit),
        cmocka_unit_test(variadic_floats_stand_in_both_registers),
        cmocka_unit_test(thirty_two_mixed_parameters),
        cmocka_unit_test(structures_by_value_of_1_to_24_bytes),
        cmocka_unit_test(conventions_of_x86),
        cmocka_unit_test(a_void_function_leaves_the_registers_alone),
        cmocka_unit_test(the_callers_way_to_calculate_goes_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
