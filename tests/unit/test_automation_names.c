// Replacements as methods of the object: names, ids, parameters by name, and Call with an array of values.
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

static void names_are_found_in_any_case_unless_that_means_two(void **state) {
    (void)state;
    DISPID id;
    assert_true(id_of(L"minus") >= HP_DISPID_FUNCTION_BASE);
    assert_int_equal(id_of(L"MINUS"), id_of(L"minus"));
    assert_int_equal(find(L"minuss", &id), DISP_E_UNKNOWNNAME);
    assert_int_equal(id, DISPID_UNKNOWN);
    assert_int_equal(find(L"", &id), DISP_E_UNKNOWNNAME);
    assert_int_equal(find(L"m\u0131nus", &id), DISP_E_UNKNOWNNAME);
    assert_int_not_equal(id_of(L"Twin"), id_of(L"tWIN"));
    assert_int_equal(find(L"twin", &id), DISP_E_UNKNOWNNAME);
    assert_int_equal(id, DISPID_UNKNOWN);
    wchar_t longest[2000];
    wmemset(longest, L'm', 1999);
    longest[1999] = L'\0';
    assert_int_equal(find(longest, &id), DISP_E_UNKNOWNNAME);
}

static void parts_of_names_are_found_unless_they_mean_two(void **state) {
    (void)state;
    DISPID id;
    assert_int_equal(id_of(L"below"), id_of(L"deep::er::Below"));
    assert_int_equal(find(L"er::Below", &id), DISP_E_UNKNOWNNAME);
    assert_int_equal(find(L"shared", &id), DISP_E_UNKNOWNNAME);
    assert_int_not_equal(id_of(L"deep::shared"), id_of(L"flat::shared"));
    assert_int_equal(id_of(L"Over"), id_of(L"over(i32,i32)"));
    assert_int_equal(id_of(L"filed"), id_of(L"filed@src/ai.c"));
}

static void the_interface_comes_before_a_function_of_its_name(void **state) {
    (void)state;
    assert_int_equal(id_of(L"getnames"), HP_DISPID_GET_NAMES);
    assert_int_equal(id_of(L"CALL"), HP_DISPID_CALL);
}

static void ids_that_are_none_are_refused(void **state) {
    (void)state;
    const DISPID none[] = {HP_DISPID_FUNCTION_BASE - 1, HP_DISPID_FUNCTION_BASE + (DISPID)exports.count,
                           INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof none / sizeof *none; ++i)
        assert_int_equal(invoke(object, none[i], DISPATCH_METHOD, NULL, 0, NULL, NULL, NULL),
                         DISP_E_MEMBERNOTFOUND);
    const DISPID id = id_of(L"hp_nothing");
    assert_int_equal(invoke(object, id, DISPATCH_PROPERTYGET, NULL, 0, NULL, NULL, NULL),
                     DISP_E_MEMBERNOTFOUND);
    assert_int_equal(invoke(object, id, DISPATCH_METHOD | DISPATCH_PROPERTYPUT, NULL, 0, NULL, NULL, NULL),
                     DISP_E_MEMBERNOTFOUND);
    assert_int_equal(invoke(object, id, 0x100 | DISPATCH_METHOD, NULL, 0, NULL, NULL, NULL), E_INVALIDARG);
    assert_int_equal(IDispatch_Invoke(object, id, &IID_NULL, 0, DISPATCH_METHOD, NULL, NULL, NULL, NULL),
                     E_INVALIDARG);
    ran = 0;
    assert_int_equal(invoke(object, id, DISPATCH_METHOD, NULL, 0, NULL, NULL, NULL), S_OK);
    assert_int_equal(ran, 1);
}

static HRESULT ids_of_both(const wchar_t *function, const wchar_t *first, const wchar_t *second,
                           DISPID *ids) {
    LPOLESTR names[] = {(LPOLESTR)function, (LPOLESTR)first, (LPOLESTR)second};
    return IDispatch_GetIDsOfNames(object, &IID_NULL, names, 3, LOCALE_NEUTRAL, ids);
}

static void parameters_have_names(void **state) {
    (void)state;
    DISPID ids[3];
    VARIANT arguments[2] = {i4(30), i4(100)};
    VARIANT result;
    UINT bad = 99;
    assert_int_equal(ids_of_both(L"Minus", L"RIGHT", L"left", ids), S_OK);
    DISPPARAMS parameters = {arguments, ids + 1, 2, 2};
    assert_int_equal(
        IDispatch_Invoke(object, ids[0], &IID_NULL, 0, DISPATCH_METHOD, &parameters, &result, NULL, NULL),
        S_OK);
    assert_int_equal(V_I4(&result), 70);
    parameters.cNamedArgs = 1; // right by name, left by its place
    assert_int_equal(
        IDispatch_Invoke(object, ids[0], &IID_NULL, 0, DISPATCH_METHOD, &parameters, &result, NULL, NULL),
        S_OK);
    assert_int_equal(V_I4(&result), 70);
    V_VT(&arguments[0]) = VT_NULL; // the second parameter, and the first in rgvarg
    assert_int_equal(
        IDispatch_Invoke(object, ids[0], &IID_NULL, 0, DISPATCH_METHOD, &parameters, &result, NULL, &bad),
        DISP_E_TYPEMISMATCH);
    assert_int_equal(bad, 0);

    assert_int_equal(ids_of_both(L"minus", L"centre", L"left", ids), DISP_E_UNKNOWNNAME);
    assert_true(ids[0] >= HP_DISPID_FUNCTION_BASE && ids[1] == DISPID_UNKNOWN && ids[2] == 0);
    assert_int_equal(ids_of_both(L"Twin", L"Left", L"left", ids), S_OK);
    assert_true(ids[1] == 1 && ids[2] == 0);
    assert_int_equal(ids_of_both(L"Twin", L"LEFT", L"left", ids), DISP_E_UNKNOWNNAME);
    assert_int_equal(ids_of_both(L"tWIN", L"", L"left", ids), DISP_E_UNKNOWNNAME);
}

static void names_of_parameters_that_lie_are_refused(void **state) {
    (void)state;
    VARIANT arguments[2] = {i4(1), i4(2)};
    const DISPID wrong[][2] = {{0, 0}, {1, 2}, {1, -1}, {DISPID_PROPERTYPUT, 0}, {INT32_MAX, INT32_MIN}};
    ran = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        DISPID ids[2] = {wrong[i][0], wrong[i][1]};
        DISPPARAMS parameters = {arguments, ids, 2, 2};
        UINT bad = 99;
        assert_int_equal(IDispatch_Invoke(object, id_of(L"minus"), &IID_NULL, 0, DISPATCH_METHOD, &parameters,
                                          NULL, NULL, &bad),
                         DISP_E_PARAMNOTFOUND);
        assert_in_range(bad, 0, 1);
        parameters.cNamedArgs = 3;
        assert_int_equal(IDispatch_Invoke(object, id_of(L"minus"), &IID_NULL, 0, DISPATCH_METHOD, &parameters,
                                          NULL, NULL, &bad),
                         E_INVALIDARG);
    }
    DISPPARAMS no_names = {arguments, NULL, 2, 1};
    assert_int_equal(
        IDispatch_Invoke(object, id_of(L"minus"), &IID_NULL, 0, DISPATCH_METHOD, &no_names, NULL, NULL, NULL),
        E_INVALIDARG);
    assert_int_equal(ran, 0);
}

static outcome call_values(const wchar_t *name, VARIANT values) {
    outcome o = {.bad = 99};
    VARIANT arguments[] = {values, string_of(name)};
    EXCEPINFO exception = {0};
    o.hr = invoke(object, HP_DISPID_CALL, DISPATCH_METHOD, arguments, 2, &o.result, &exception, &o.bad);
    o.scode = exception.scode;
    if (exception.bstrDescription)
        swprintf(o.text, 1024, L"%ls", exception.bstrDescription);
    exception_clear(&exception);
    VariantClear(&arguments[1]);
    return o;
}

static void call_takes_values_in_their_order(void **state) {
    (void)state;
    const int values[] = {9, 2, 1};
    VARIANT two = numbers(1, 2, values);
    VARIANT three = numbers(0, 3, values);
    VARIANT none = numbers(0, 0, NULL);
    expect_i4(call_values(L"minus", two), 7);
    expect_i4(call_values(L"deep::shared", variable(&two)), 7);
    ran = 0;
    expect_thrown(call_values(L"minus", three), DISP_E_BADPARAMCOUNT, L"3 values for 2 parameters");
    expect_thrown(call_values(L"minus", none), DISP_E_BADPARAMCOUNT, L"minus");
    expect_thrown(call_values(L"MINUS", two), HP_E_NAME_UNKNOWN, L"MINUS"); // Call wants the very name
    VARIANT *items = V_ARRAY(&two)->pvData;
    V_VT(&items[1]) = VT_NULL;
    expect_thrown(call_values(L"minus", two), DISP_E_TYPEMISMATCH, L"parameter 2 (right)");
    assert_int_equal(ran, 0);
    assert_int_equal(call_values(L"hp_nothing", none).hr, S_OK);
    assert_int_equal(ran, 1);
    assert_int_equal(V_ARRAY(&two)->cLocks, 0);
    VariantClear(&two);
    VariantClear(&three);
    VariantClear(&none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case_unless_that_means_two),
        cmocka_unit_test(parts_of_names_are_found_unless_they_mean_two),
        cmocka_unit_test(the_interface_comes_before_a_function_of_its_name),
        cmocka_unit_test(ids_that_are_none_are_refused),
        cmocka_unit_test(parameters_have_names),
        cmocka_unit_test(names_of_parameters_that_lie_are_refused),
        cmocka_unit_test(call_takes_values_in_their_order),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, automation_open_object, automation_close_object);
    CoUninitialize();
    return failed;
}
