// Replacements as methods of the object: counts of arguments, and numbers of every kind.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "unit/automation_world.h"

#include "e2e/server_process.h"

#include "idl/protocol.h"

#include <float.h>
#include <math.h>
#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static void wrong_counts_are_refused_and_nothing_runs(void **state) {
    (void)state;
    ran = 0;
    VARIANT one = i4(1);
    VARIANT *many[] = {&one, &one, &one};
    for (UINT count = 0; count < 4; ++count) {
        outcome o = call(L"minus", count, many);
        assert_int_equal(o.hr, count == 2 ? S_OK : DISP_E_BADPARAMCOUNT);
    }
    assert_int_equal(ran, 1);
    DISPPARAMS no_arguments = {.cArgs = 2};
    assert_int_equal(IDispatch_Invoke(object, id_of(L"minus"), &IID_NULL, 0, DISPATCH_METHOD, &no_arguments,
                                      NULL, NULL, NULL),
                     E_INVALIDARG);
}

static void arguments_are_taken_in_their_order(void **state) {
    (void)state;
    expect_i4(call2(L"minus", i4(9), i4(2)), 7);
    VARIANT text = string_of(L"-5");
    expect_i4(call2(L"minus", text, r8(2.0)), -7);
    VariantClear(&text);
    VARIANT kept = i4(40);
    expect_i4(call2(L"minus", variable(&kept), (VARIANT){.vt = VT_EMPTY}), 40);
}

static void wrong_types_are_told_by_their_index_in_reverse(void **state) {
    (void)state;
    VARIANT text = string_of(L"two");
    const VARIANT none[] = {
        text,
        {.vt = VT_NULL},
        {.vt = VT_DISPATCH, .pdispVal = object},
        {.vt = VT_UNKNOWN},
        {.vt = VT_BYREF | VT_VARIANT},
        {.vt = VT_BYREF | VT_I4},
        {.vt = VT_BYREF | VT_EMPTY},
        {.vt = VT_ARRAY | VT_I4},
        {.vt = VT_RECORD},
        {.vt = VT_ERROR, .scode = E_FAIL},
        {.vt = 0x7fff},
        {.vt = 77},
    };
    ran = 0;
    for (size_t i = 0; i < sizeof none / sizeof *none; ++i) {
        expect_bad(call2(L"minus", none[i], i4(1)), DISP_E_TYPEMISMATCH, 1);
        expect_bad(call2(L"minus", i4(1), none[i]), DISP_E_TYPEMISMATCH, 0);
    }
    const VARIANT missing = {.vt = VT_ERROR, .scode = DISP_E_PARAMNOTFOUND};
    expect_bad(call2(L"minus", missing, i4(1)), DISP_E_PARAMNOTOPTIONAL, 1);
    expect_bad(call1(L"length_of", missing), DISP_E_PARAMNOTOPTIONAL, 0);
    expect_bad(call2(L"sum", missing, i4(1)), DISP_E_PARAMNOTOPTIONAL, 1);
    expect_bad(call2(L"squares", missing, i4(1)), DISP_E_PARAMNOTOPTIONAL, 1);
    assert_int_equal(ran, 0);
    VariantClear(&text);
}

static void integers_of_every_width_end_where_they_end(void **state) {
    (void)state;
    const struct {
        const wchar_t *name;
        double lowest;
        double highest;
    } rows[] = {
        {L"echo_i8", -128, 127},
        {L"echo_u8", 0, 255},
        {L"echo_i16", -32768, 32767},
        {L"echo_u16", 0, 65535},
        {L"echo_i32", -0x1p31, 0x1p31 - 1},
        {L"echo_u32", 0, 0x1p32 - 1},
        {L"echo_color", -0x1p31, 0x1p31 - 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const double inside[] = {rows[i].lowest, rows[i].highest};
        for (size_t k = 0; k < 2; ++k) {
            outcome o = call1(rows[i].name, r8(inside[k]));
            assert_int_equal(o.hr, S_OK);
            if (inside[k] > INT32_MAX) {
                assert_int_equal(V_VT(&o.result), VT_R8);
                assert_true(V_R8(&o.result) == inside[k]);
            } else {
                expect_i4(o, (LONG)inside[k]);
            }
        }
        ran = 0;
        expect_bad(call1(rows[i].name, r8(rows[i].lowest - 1)), DISP_E_OVERFLOW, 0);
        expect_bad(call1(rows[i].name, r8(rows[i].highest + 1)), DISP_E_OVERFLOW, 0);
        expect_bad(call1(rows[i].name, i8((LONGLONG)rows[i].lowest - 1)), DISP_E_OVERFLOW, 0);
        expect_bad(call1(rows[i].name, i8((LONGLONG)rows[i].highest + 1)), DISP_E_OVERFLOW, 0);
        assert_int_equal(ran, 0);
    }
    expect_bad(call2(L"minus", i8(1ll << 40), i4(1)), DISP_E_OVERFLOW, 1);
}

static void wide_integers_keep_every_bit(void **state) {
    (void)state;
    outcome o = call1(L"echo_i64", i8(INT64_MIN));
    assert_int_equal(V_VT(&o.result), VT_I8);
    assert_true(V_I8(&o.result) == INT64_MIN);
    o = call1(L"echo_u64", (VARIANT){.vt = VT_UI8, .ullVal = UINT64_MAX});
    assert_int_equal(V_VT(&o.result), VT_UI8);
    assert_true(V_UI8(&o.result) == UINT64_MAX);
    expect_i4(call1(L"echo_i64", i8(INT32_MIN)), INT32_MIN);
    expect_i4(call1(L"echo_u64", i8(INT32_MAX)), INT32_MAX);
    VARIANT text = string_of(L"9007199254740993"); // no double has this value
    o = call1(L"echo_i64", text);
    assert_true(V_VT(&o.result) == VT_I8 && V_I8(&o.result) == 9007199254740993ll);
    VariantClear(&text);
    expect_bad(call1(L"echo_i64", (VARIANT){.vt = VT_UI8, .ullVal = 1ull << 63}), DISP_E_OVERFLOW, 0);
    expect_bad(call1(L"echo_u64", i8(-1)), DISP_E_OVERFLOW, 0);
}

static void reals_become_wide_integers_up_to_their_end(void **state) {
    (void)state;
    outcome o = call1(L"echo_i64", r8(0x1p63 - 1024));
    assert_true(V_VT(&o.result) == VT_I8 && V_I8(&o.result) == INT64_MAX - 1023);
    o = call1(L"echo_i64", r8(-0x1p63));
    assert_true(V_VT(&o.result) == VT_I8 && V_I8(&o.result) == INT64_MIN);
    o = call1(L"echo_u64", r8(0x1p64 - 2048));
    assert_true(V_VT(&o.result) == VT_UI8 && V_UI8(&o.result) == UINT64_MAX - 2047);
    expect_i4(call1(L"echo_i64", r8(2.5)), 2); // to even, as Automation rounds
    expect_bad(call1(L"echo_i64", r8(0x1p63)), DISP_E_OVERFLOW, 0);
    expect_bad(call1(L"echo_i64", r8(-0x1p63 - 2048)), DISP_E_OVERFLOW, 0);
    expect_bad(call1(L"echo_u64", r8(0x1p64)), DISP_E_OVERFLOW, 0);
    expect_bad(call1(L"echo_u64", r8(-1)), DISP_E_OVERFLOW, 0);
    const wchar_t *const names[] = {L"echo_i8",  L"echo_u16", L"echo_i32",
                                    L"echo_u32", L"echo_i64", L"echo_u64"};
    const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, DBL_MAX, -DBL_MAX};
    ran = 0;
    for (size_t i = 0; i < 6; ++i)
        for (size_t k = 0; k < 5; ++k)
            expect_bad(call1(names[i], r8(odd[k])), DISP_E_OVERFLOW, 0);
    assert_int_equal(ran, 0);
}

static void reals_bools_and_handles_come_back(void **state) {
    (void)state;
    outcome o = call1(L"echo_f64", r8((double)NAN));
    assert_true(V_VT(&o.result) == VT_R8 && isnan(V_R8(&o.result)));
    o = call1(L"echo_f32", r8(0.5));
    assert_true(V_VT(&o.result) == VT_R4 && V_R4(&o.result) == 0.5f);
    expect_bad(call1(L"echo_f32", r8(DBL_MAX)), DISP_E_OVERFLOW, 0);
    o = call1(L"echo_bool", i4(256)); // its low byte is 0
    assert_true(V_VT(&o.result) == VT_BOOL && V_BOOL(&o.result) == VARIANT_TRUE);
    o = call1(L"echo_bool", (VARIANT){.vt = VT_BOOL, .boolVal = VARIANT_FALSE});
    assert_true(V_VT(&o.result) == VT_BOOL && V_BOOL(&o.result) == VARIANT_FALSE);
    expect_i4(call1(L"echo_handle", i4(-1)), -1);
    expect_i4(
        call1(L"echo_handle", (VARIANT){.vt = sizeof(void *) == 8 ? VT_UI8 : VT_UI4, .ullVal = UINTPTR_MAX}),
        -1);
    o = call(L"hp_nothing", 0, NULL);
    assert_int_equal(o.hr, S_OK);
    assert_int_equal(V_VT(&o.result), VT_EMPTY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_counts_are_refused_and_nothing_runs),
        cmocka_unit_test(arguments_are_taken_in_their_order),
        cmocka_unit_test(wrong_types_are_told_by_their_index_in_reverse),
        cmocka_unit_test(integers_of_every_width_end_where_they_end),
        cmocka_unit_test(wide_integers_keep_every_bit),
        cmocka_unit_test(reals_become_wide_integers_up_to_their_end),
        cmocka_unit_test(reals_bools_and_handles_come_back),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, automation_open_object, automation_close_object);
    CoUninitialize();
    return failed;
}
