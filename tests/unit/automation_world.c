#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/automation_world.h"

#include "e2e/server_process.h"

#include "server/lifetime.h"
#include "server/object.h"

#include <oleauto.h>

#include <cmocka.h>

hp_exports exports;
IDispatch *object;

int automation_open_object(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_object *made;
    if (FAILED(hp_exports_open(GetModuleHandleW(NULL), &exports, &trouble)))
        fail_msg("%s: %s", trouble.thing, trouble.detail);
    assert_int_equal(hp_lifetime_open(&trouble), S_OK);
    assert_int_equal(hp_object_create(&exports, &made), S_OK);
    object = &made->dispatch;
    return 0;
}

int automation_close_object(void **state) {
    (void)state;
    assert_int_equal(IDispatch_Release(object), 0);
    hp_lifetime_close();
    hp_exports_close(&exports);
    return 0;
}

HRESULT find(const wchar_t *name, DISPID *id) {
    LPOLESTR names = (LPOLESTR)name;
    return IDispatch_GetIDsOfNames(object, &IID_NULL, &names, 1, LOCALE_NEUTRAL, id);
}

DISPID id_of(const wchar_t *name) {
    DISPID id = DISPID_UNKNOWN;
    if (FAILED(find(name, &id)))
        fail_msg("%ls is not known", name);
    return id;
}

outcome call(const wchar_t *name, UINT count, VARIANT *const *arguments) {
    outcome o = {.bad = 99};
    VARIANT reversed[4];
    EXCEPINFO exception = {0};
    for (UINT i = 0; i < count; ++i)
        reversed[count - 1 - i] = *arguments[i];
    VariantInit(&o.result);
    o.hr = invoke(object, id_of(name), DISPATCH_METHOD | DISPATCH_PROPERTYGET, reversed, count, &o.result,
                  &exception, &o.bad);
    o.scode = exception.scode;
    if (exception.bstrDescription)
        swprintf(o.text, 1024, L"%ls", exception.bstrDescription);
    exception_clear(&exception);
    IDispatch_AddRef(object); // whatever happened, nothing is held
    assert_int_equal(IDispatch_Release(object), 1);
    return o;
}

outcome call1(const wchar_t *name, VARIANT a) {
    VARIANT *arguments[] = {&a};
    return call(name, 1, arguments);
}

outcome call2(const wchar_t *name, VARIANT a, VARIANT b) {
    VARIANT *arguments[] = {&a, &b};
    return call(name, 2, arguments);
}

outcome call3(const wchar_t *name, VARIANT a, VARIANT b, VARIANT c) {
    VARIANT *arguments[] = {&a, &b, &c};
    return call(name, 3, arguments);
}

VARIANT i4(LONG value) {
    return (VARIANT){.vt = VT_I4, .lVal = value};
}

VARIANT i8(LONGLONG value) {
    return (VARIANT){.vt = VT_I8, .llVal = value};
}

VARIANT r8(double value) {
    return (VARIANT){.vt = VT_R8, .dblVal = value};
}

VARIANT variable(VARIANT *at) {
    return (VARIANT){.vt = VT_BYREF | VT_VARIANT, .pvarVal = at};
}

VARIANT numbers(LONG lower, ULONG count, const int *values) {
    SAFEARRAYBOUND bound = {count, lower};
    SAFEARRAY *array = SafeArrayCreate(VT_VARIANT, 1, &bound);
    assert_non_null(array);
    VARIANT *items = array->pvData;
    for (ULONG i = 0; i < count; ++i)
        items[i] = i4(values[i]);
    VARIANT v;
    V_VT(&v) = VT_ARRAY | VT_VARIANT;
    V_ARRAY(&v) = array;
    return v;
}

VARIANT bytes_of(ULONG size, const void *bytes) {
    VARIANT v;
    V_VT(&v) = VT_ARRAY | VT_UI1;
    V_ARRAY(&v) = SafeArrayCreateVector(VT_UI1, 0, size);
    assert_non_null(V_ARRAY(&v));
    if (size)
        memcpy(V_ARRAY(&v)->pvData, bytes, size);
    return v;
}

void expect_i4(outcome o, LONG value) {
    if (o.hr != S_OK)
        fail_msg("%08lx (argument %u): %ls", (unsigned long)o.hr, o.bad, o.text);
    assert_int_equal(V_VT(&o.result), VT_I4);
    assert_int_equal(V_I4(&o.result), value);
}

void expect_bad(outcome o, HRESULT hr, UINT bad) {
    assert_int_equal(o.hr, hr);
    assert_int_equal(o.bad, bad);
    assert_int_equal(V_VT(&o.result), VT_EMPTY);
}

void expect_thrown(outcome o, HRESULT scode, const wchar_t *text) {
    assert_int_equal(o.hr, DISP_E_EXCEPTION);
    assert_int_equal(o.scode, scode);
    assert_int_equal(V_VT(&o.result), VT_EMPTY);
    if (!wcsstr(o.text, text))
        fail_msg("\"%ls\" does not say \"%ls\"", o.text, text);
}
