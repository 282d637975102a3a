// A client that knows nothing of Hotpatch but what the update says of itself: its type library, its names,
// and IDispatch. Everything passes COM's proxy.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/server_process.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static server update;
static IDispatch *object;

static int start_update(void **state) {
    (void)state;
    update = server_start(0);
    object = server_object(&update);
    return 0;
}

static int end_update(void **state) {
    (void)state;
    IDispatch_Release(object);
    server_expect_end(&update);
    return 0;
}

static DISPID id_of(const wchar_t *name) {
    DISPID id = DISPID_UNKNOWN;
    LPOLESTR names = (LPOLESTR)name;
    if (FAILED(IDispatch_GetIDsOfNames(object, &IID_NULL, &names, 1, LOCALE_NEUTRAL, &id)))
        fail_msg("%ls is not known", name);
    return id;
}

// Arguments as DISPPARAMS has them: the last one first.
static HRESULT call(const wchar_t *name, VARIANT *reversed, UINT count, VARIANT *result, UINT *bad) {
    EXCEPINFO exception = {0};
    VariantInit(result);
    HRESULT hr = invoke(object, id_of(name), DISPATCH_METHOD, reversed, count, result, &exception, bad);
    if (hr == DISP_E_EXCEPTION) {
        assert_int_equal(wcscmp(exception.bstrSource, L"Hotpatch"), 0);
        assert_non_null(wcsstr(exception.bstrDescription, name));
    }
    exception_clear(&exception);
    return hr;
}

static VARIANT i4(LONG value) {
    return (VARIANT){.vt = VT_I4, .lVal = value};
}

static void type_library_leads_to_the_names_and_they_to_methods(void **state) {
    (void)state;
    ITypeLib *library;
    ITypeInfo *info;
    DISPID id;
    LPOLESTR get_names = (LPOLESTR)L"GetNames";
    VARIANT names;
    int count = 0;
    assert_int_equal(LoadTypeLibEx(fixture_path(L"fixture_update.exe"), REGKIND_NONE, &library), S_OK);
    assert_int_equal(ITypeLib_GetTypeInfo(library, 0, &info), S_OK);
    assert_int_equal(ITypeInfo_GetIDsOfNames(info, &get_names, 1, &id), S_OK);
    ITypeInfo_Release(info);
    ITypeLib_Release(library);
    VariantInit(&names);
    assert_int_equal(invoke(object, id, DISPATCH_METHOD, NULL, 0, &names, NULL, NULL), S_OK);
    DISPID before = DISPID_UNKNOWN;
    for (wchar_t *name = V_BSTR(&names), *end; name; name = end, ++count) {
        end = wcschr(name, L' ');
        if (end)
            *end++ = L'\0';
        assert_true(id_of(name) > before); // each its own
        before = id_of(name);
    }
    assert_int_equal(count, 7);
    VariantClear(&names);
}

static void values_travel_both_ways(void **state) {
    (void)state;
    VARIANT result;
    VARIANT two[] = {i4(3), i4(2)};
    assert_int_equal(call(L"fixture_add", two, 2, &result, NULL), S_OK);
    assert_int_equal(V_I4(&result), 5);
    VARIANT four[] = {i4(4), i4(3), {.vt = VT_R8, .dblVal = 2.5}, i4(1)};
    assert_int_equal(call(L"fixture_mix", four, 4, &result, NULL), S_OK);
    assert_true(V_VT(&result) == VT_R8 && V_R8(&result) == 4326.0);
    VARIANT six[] = {{.vt = VT_I8, .llVal = 1ll << 60}, i4(5), i4(4), i4(3), i4(2), i4(1)};
    assert_int_equal(call(L"fixture_weigh", six, 6, &result, NULL), S_OK);
    assert_true(V_VT(&result) == VT_I8 && V_I8(&result) == 55 + (6ll << 60));

    VARIANT kept = {.vt = VT_EMPTY};
    VARIANT text = string_of(L"shout");
    VARIANT three[] = {i4(16), {.vt = VT_BYREF | VT_VARIANT, .pvarVal = &kept}, text};
    assert_int_equal(call(L"fixture_shout", three, 3, &result, NULL), S_OK);
    assert_int_equal(V_I4(&result), 5);
    assert_int_equal(wcscmp(V_BSTR(&kept), L"SHOUT"), 0);
    VariantClear(&kept);
    VariantClear(&text);
}

static SAFEARRAY *three_bytes(void) {
    SAFEARRAY *array = SafeArrayCreateVector(VT_UI1, 0, 3);
    assert_non_null(array);
    memcpy(array->pvData, "\1\2\3", 3);
    return array;
}

static void memory_comes_back_on_success_only(void **state) {
    (void)state;
    VARIANT result;
    SAFEARRAY *array = three_bytes();
    VARIANT arguments[] = {i4(3), {.vt = VT_BYREF | VT_ARRAY | VT_UI1, .pparray = &array}};
    assert_int_equal(call(L"fixture_reverse", arguments, 2, &result, NULL), S_OK);
    assert_memory_equal(array->pvData, "\3\2\1", 3);
    assert_int_equal(call(L"fixture_fail", arguments, 2, &result, NULL), DISP_E_EXCEPTION);
    assert_memory_equal(array->pvData, "\3\2\1", 3);
    SafeArrayDestroy(array);
}

static void wrong_arguments_are_told_by_index(void **state) {
    (void)state;
    VARIANT result;
    UINT bad = 99;
    VARIANT arguments[] = {i4(3), {.vt = VT_NULL}, i4(1)};
    assert_int_equal(call(L"fixture_add", arguments, 2, &result, &bad), DISP_E_TYPEMISMATCH);
    assert_int_equal(bad, 1);
    assert_int_equal(call(L"fixture_add", arguments, 3, &result, &bad), DISP_E_BADPARAMCOUNT);
    arguments[0] = (VARIANT){.vt = VT_R8, .dblVal = 1e10};
    arguments[1] = i4(1);
    assert_int_equal(call(L"fixture_add", arguments, 2, &result, &bad), DISP_E_OVERFLOW);
    assert_int_equal(bad, 0);
    expect_alive(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(type_library_leads_to_the_names_and_they_to_methods),
        cmocka_unit_test(values_travel_both_ways),
        cmocka_unit_test(memory_comes_back_on_success_only),
        cmocka_unit_test(wrong_arguments_are_told_by_index),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, start_update, end_update);
    CoUninitialize();
    return failed;
}
