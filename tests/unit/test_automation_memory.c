// Memory of replacements as Automation carries it: texts, arrays, references.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "unit/automation_world.h"

#include "e2e/server_process.h"

#include "hotpatch/error.h"
#include "idl/protocol.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static outcome with_text(const wchar_t *function, const wchar_t *text, UINT length) {
    VARIANT v;
    V_VT(&v) = VT_BSTR;
    V_BSTR(&v) = SysAllocStringLen(text, length);
    outcome o = call1(function, v);
    VariantClear(&v);
    return o;
}

static void texts_go_in_and_end_at_their_end(void **state) {
    (void)state;
    expect_i4(with_text(L"length_of", L"score", 5), 5);
    expect_i4(with_text(L"wide_length_of", L"score", 5), 5);
    expect_i4(with_text(L"length_of", L"", 0), 0);
    expect_i4(call1(L"length_of", (VARIANT){.vt = VT_BSTR}), 0); // a NULL BSTR is the empty one
    expect_i4(call1(L"wide_length_of", (VARIANT){.vt = VT_NULL}), -1);
    expect_i4(call1(L"length_of", i4(-1234)), 5); // a number's digits
    ran = 0;
    expect_bad(with_text(L"length_of", L"sc\0re", 5), DISP_E_TYPEMISMATCH, 0);
    expect_bad(with_text(L"wide_length_of", L"score\0", 6), DISP_E_TYPEMISMATCH, 0);
    expect_bad(with_text(L"length_of", L"\xD800", 1), DISP_E_TYPEMISMATCH, 0); // half a character
    assert_int_equal(ran, 0);
}

static void text_buffers_come_back_as_texts(void **state) {
    (void)state;
    VARIANT text = string_of(L"ab");
    expect_i4(call2(L"double_text", variable(&text), i4(5)), 1);
    assert_int_equal(wcscmp(V_BSTR(&text), L"abab"), 0);
    expect_i4(call2(L"double_text", (VARIANT){.vt = VT_BYREF | VT_BSTR, .pbstrVal = &V_BSTR(&text)}, i4(9)),
              1);
    assert_int_equal(SysStringLen(V_BSTR(&text)), 8);
    ran = 0;
    expect_bad(call2(L"double_text", variable(&text), i4(8)), DISP_E_OVERFLOW, 1); // no room for the NUL
    expect_thrown(call2(L"double_text", variable(&text), i8(0xffffffff)), HP_E_FRAME_TOO_LARGE,
                  L"parameter 1 (text)");
    assert_int_equal(ran, 0);
    assert_int_equal(SysStringLen(V_BSTR(&text)), 8);
    VariantClear(&text);
    assert_int_equal(call2(L"say_hello", variable(&text), i4(4)).hr, S_OK);
    assert_int_equal(wcscmp(V_BSTR(&text), L"hel"), 0);
    assert_int_equal(call2(L"say_hello", variable(&text), i4(0)).hr, S_OK);
    assert_int_equal(SysStringLen(V_BSTR(&text)), 0);
    VariantClear(&text);
    LONG number = 5;
    expect_bad(call2(L"say_hello", (VARIANT){.vt = VT_BYREF | VT_I4, .plVal = &number}, i4(9)),
               DISP_E_TYPEMISMATCH, 1);
    assert_int_equal(call2(L"say_hello", i4(0), i4(9)).hr, S_OK); // a value: nobody wants it back
}

static void arrays_of_numbers_go_in(void **state) {
    (void)state;
    const int values[] = {5, -7, 100};
    VARIANT array = numbers(-3, 3, values);
    expect_i4(call2(L"sum", array, i4(3)), 98);
    expect_i4(call2(L"sum", variable(&array), i4(3)), 98);
    VARIANT *items = V_ARRAY(&array)->pvData;
    items[1] = string_of(L"12");
    expect_i4(call2(L"sum", array, i4(3)), 117);
    ran = 0;
    VariantClear(&items[1]);
    V_VT(&items[1]) = VT_NULL;
    expect_bad(call2(L"sum", array, i4(3)), DISP_E_TYPEMISMATCH, 1);
    items[1] = r8(0x1p31);
    expect_bad(call2(L"sum", array, i4(3)), DISP_E_OVERFLOW, 1);
    expect_thrown(call2(L"sum", array, i4(2)), E_INVALIDARG, L"parameter 1 (items)");
    expect_thrown(call2(L"sum", array, i4(4)), E_INVALIDARG, L"another number of elements");
    expect_thrown(call2(L"sum", array, i8(0xffffffff)), HP_E_FRAME_TOO_LARGE, L"sum");
    expect_bad(call2(L"sum", i4(1), i4(2)), DISP_E_TYPEMISMATCH, 1); // no "*": an array is due
    assert_int_equal(ran, 0);
    assert_int_equal(V_ARRAY(&array)->cLocks, 0);
    VariantClear(&array);
}

static void empty_and_missing_arrays(void **state) {
    (void)state;
    VARIANT array = numbers(0, 0, NULL);
    expect_i4(call2(L"sum", array, i4(0)), 0);
    expect_i4(call2(L"sum", (VARIANT){.vt = VT_NULL}, i4(0)), 0);
    expect_thrown(call2(L"sum", array, i4(1)), E_INVALIDARG, L"another number");
    VariantClear(&array);
    expect_bad(call2(L"sum", (VARIANT){.vt = VT_ARRAY | VT_VARIANT}, i4(0)), DISP_E_TYPEMISMATCH, 1);
    SAFEARRAY *none = NULL;
    expect_bad(call2(L"sum", (VARIANT){.vt = VT_BYREF | VT_ARRAY | VT_I4, .pparray = &none}, i4(0)),
               DISP_E_TYPEMISMATCH, 1);
    VARIANT kept = {.vt = VT_EMPTY};
    assert_int_equal(call2(L"squares", variable(&kept), i4(0)).hr, S_OK);
    assert_int_equal(V_VT(&kept), VT_ARRAY | VT_VARIANT);
    VariantClear(&kept);
}

static void arrays_that_lie_are_refused(void **state) {
    (void)state;
    const int values[] = {1, 2};
    VARIANT array = numbers(0, 2, values);
    V_VT(&array) = VT_ARRAY | VT_I4;
    ran = 0;
    expect_bad(call2(L"sum", array, i4(2)), DISP_E_TYPEMISMATCH, 1);
    V_VT(&array) = VT_ARRAY | VT_BSTR;
    expect_bad(call2(L"sum", array, i4(2)), DISP_E_TYPEMISMATCH, 1);
    V_VT(&array) = VT_ARRAY;
    expect_bad(call2(L"sum", array, i4(2)), DISP_E_TYPEMISMATCH, 1);
    V_VT(&array) = VT_ARRAY | VT_VARIANT;
    VARIANT self = variable(&array); // an array within an array is no number
    VARIANT *items = V_ARRAY(&array)->pvData;
    items[0] = self;
    expect_bad(call2(L"sum", array, i4(2)), DISP_E_TYPEMISMATCH, 1);
    items[0] = i4(1);
    VariantClear(&array);
    SAFEARRAYBOUND bounds[] = {{2, 0}, {2, 0}};
    V_VT(&array) = VT_ARRAY | VT_I4;
    V_ARRAY(&array) = SafeArrayCreate(VT_I4, 2, bounds);
    expect_bad(call2(L"sum", array, i4(4)), DISP_E_TYPEMISMATCH, 1);
    assert_int_equal(ran, 0);
    VariantClear(&array);
}

/* Of what a function only writes to, nothing is read first. */
static void arrays_that_lie_are_not_written_to(void **state) {
    (void)state;
    SAFEARRAYBOUND bounds[] = {{2, 0}, {1, 0}};
    SAFEARRAY *texts = SafeArrayCreateVector(VT_BSTR, 0, 2), *flat = SafeArrayCreate(VT_R8, 2, bounds);
    VARIANT lie = {.vt = VT_BYREF | VT_ARRAY | VT_R8, .pparray = &texts};
    expect_bad(call2(L"squares", lie, i4(2)), DISP_E_TYPEMISMATCH, 1);
    lie.pparray = &flat;
    expect_bad(call2(L"squares", lie, i4(2)), DISP_E_TYPEMISMATCH, 1);
    SafeArrayDestroy(texts);
    SafeArrayDestroy(flat);
}

/* Its last half character would stand where the NUL belongs. */
static void text_that_ends_in_half_a_character_is_refused(void **state) {
    (void)state;
    VARIANT text = {.vt = VT_BSTR, .bstrVal = SysAllocStringByteLen("a\0b\0c", 5)};
    expect_bad(call2(L"double_text", variable(&text), i4(3)), DISP_E_TYPEMISMATCH, 1);
    VariantClear(&text);
}

static void arrays_come_back_as_the_caller_had_them(void **state) {
    (void)state;
    VARIANT bytes = bytes_of(3, "\1\2\3");
    assert_int_equal(call2(L"reverse", variable(&bytes), i4(3)).hr, S_OK);
    assert_int_equal(V_VT(&bytes), VT_ARRAY | VT_UI1);
    assert_memory_equal(V_ARRAY(&bytes)->pvData, "\3\2\1", 3);
    SAFEARRAY *direct = V_ARRAY(&bytes);
    assert_int_equal(
        call2(L"reverse", (VARIANT){.vt = VT_BYREF | VT_ARRAY | VT_UI1, .pparray = &direct}, i4(3)).hr, S_OK);
    assert_memory_equal(direct->pvData, "\1\2\3", 3);
    assert_int_equal(call2(L"reverse", bytes, i4(3)).hr, S_OK); // by value: stays
    assert_memory_equal(direct->pvData, "\1\2\3", 3);
    assert_int_equal(SafeArrayLock(direct), S_OK); // somebody works on it: it cannot be replaced
    expect_bad(call2(L"reverse", variable(&bytes), i4(3)), DISP_E_TYPEMISMATCH, 1);
    assert_int_equal(SafeArrayUnlock(direct), S_OK);
    VariantClear(&bytes);

    const int values[] = {200, 100};
    VARIANT array = numbers(5, 2, values);
    direct = V_ARRAY(&array);
    assert_int_equal(
        call2(L"reverse", (VARIANT){.vt = VT_BYREF | VT_ARRAY | VT_VARIANT, .pparray = &direct}, i4(2)).hr,
        S_OK);
    VARIANT *items = direct->pvData;
    assert_true(V_VT(&items[0]) == VT_I4 && V_I4(&items[0]) == 100 && V_I4(&items[1]) == 200);
    assert_int_equal(direct->rgsabound[0].lLbound, 5); // a variable's bounds stay
    VariantClear(&array);

    VARIANT kept = {.vt = VT_EMPTY};
    assert_int_equal(call2(L"squares", variable(&kept), i4(3)).hr, S_OK);
    items = V_ARRAY(&kept)->pvData;
    assert_true(V_VT(&items[2]) == VT_R8 && V_R8(&items[2]) == 4.5);
    VariantClear(&kept);
}

static void huge_arrays_are_refused_before_the_call(void **state) {
    (void)state;
    VARIANT kept = {.vt = VT_EMPTY};
    ran = 0;
    expect_thrown(call2(L"squares", variable(&kept), i4(0x1fff000)), HP_E_FRAME_TOO_LARGE, L"squares");
    expect_thrown(call2(L"squares", variable(&kept), i8(0xffffffff)), HP_E_FRAME_TOO_LARGE, L"squares");
    assert_int_equal(ran, 0);
    assert_int_equal(V_VT(&kept), VT_EMPTY);
}

static void values_come_back_after_success_only(void **state) {
    (void)state;
    LONG rest = 99;
    VARIANT by_reference = {.vt = VT_BYREF | VT_I4, .plVal = &rest};
    expect_i4(call3(L"divide", i4(17), i4(5), by_reference), 3);
    assert_int_equal(rest, 2);
    VARIANT kept = {.vt = VT_BYREF | VT_I4, .plVal = &rest}; // a variable that is somebody else's
    expect_i4(call3(L"divide", i4(19), i4(5), variable(&kept)), 3);
    assert_int_equal(rest, 4);
    expect_thrown(call3(L"divide", i4(1), i4(0), by_reference), HP_E_REPLACEMENT_FAULT, L"divi");
    assert_int_equal(rest, 4);

    LONG first = 1;
    VARIANT second = string_of(L"2");
    by_reference.plVal = &first;
    expect_thrown(call3(L"spoil", by_reference, variable(&second), i4(1)), HP_E_REPLACEMENT_FAULT, L"spoil");
    assert_int_equal(first, 1);
    assert_int_equal(V_VT(&second), VT_BSTR);
    SHORT narrow = 3; // what comes back does not fit there: nor does anything else change
    /* It ran, so this is no mere index of an argument, which the caller would correct to call again. */
    expect_thrown(
        call3(L"spoil", (VARIANT){.vt = VT_BYREF | VT_I2, .piVal = &narrow}, variable(&second), i4(0)),
        DISP_E_OVERFLOW, L"it ran, but its results");
    assert_int_equal(narrow, 3);
    assert_int_equal(V_VT(&second), VT_BSTR);
    expect_i4(call3(L"spoil", by_reference, variable(&second), i4(0)), 0);
    assert_int_equal(first, 1000000);
    assert_true(V_VT(&second) == VT_I4 && V_I4(&second) == 7); // its text is freed
}

static void one_variable_for_two_parameters(void **state) {
    (void)state;
    VARIANT both = string_of(L"5");
    expect_i4(call3(L"spoil", variable(&both), variable(&both), i4(0)), 0);
    assert_true(V_VT(&both) == VT_I4 && V_I4(&both) == 7);
}

static void structures_are_their_bytes(void **state) {
    (void)state;
    const small s = {1, -2};
    const small mirrored = {-2, 1};
    VARIANT v = bytes_of(sizeof s, &s);
    outcome o = call1(L"mirror", v);
    assert_int_equal(o.hr, S_OK);
    assert_int_equal(V_VT(&o.result), VT_ARRAY | VT_UI1);
    assert_memory_equal(V_ARRAY(&o.result)->pvData, &mirrored, sizeof s);
    VariantClear(&o.result);
    VariantClear(&v);
    ran = 0;
    v = bytes_of(sizeof s - 1, &s);
    expect_thrown(call1(L"mirror", v), E_INVALIDARG, L"parameter 1 (s)");
    VariantClear(&v);
    expect_bad(call1(L"mirror", i4(1)), DISP_E_TYPEMISMATCH, 0);
    expect_bad(call1(L"mirror", (VARIANT){.vt = VT_NULL}), DISP_E_TYPEMISMATCH, 0);
    assert_int_equal(ran, 0);

    large l = {.id = 3, .weight = {1, 2}};
    large other = {.id = 10};
    v = bytes_of(sizeof l, &l);
    VARIANT w = bytes_of(sizeof other, &other);
    o = call2(L"grow", v, variable(&w));
    assert_int_equal(o.hr, S_OK);
    l.weight[1] = 4;
    other.id = 13;
    assert_memory_equal(V_ARRAY(&o.result)->pvData, &l, sizeof l);
    assert_memory_equal(V_ARRAY(&w)->pvData, &other, sizeof other);
    VariantClear(&o.result);
    VariantClear(&v);
    VariantClear(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_go_in_and_end_at_their_end),
        cmocka_unit_test(text_buffers_come_back_as_texts),
        cmocka_unit_test(arrays_of_numbers_go_in),
        cmocka_unit_test(empty_and_missing_arrays),
        cmocka_unit_test(arrays_that_lie_are_refused),
        cmocka_unit_test(arrays_that_lie_are_not_written_to),
        cmocka_unit_test(text_that_ends_in_half_a_character_is_refused),
        cmocka_unit_test(arrays_come_back_as_the_caller_had_them),
        cmocka_unit_test(huge_arrays_are_refused_before_the_call),
        cmocka_unit_test(values_come_back_after_success_only),
        cmocka_unit_test(one_variable_for_two_parameters),
        cmocka_unit_test(structures_are_their_bytes),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, automation_open_object, automation_close_object);
    CoUninitialize();
    return failed;
}
