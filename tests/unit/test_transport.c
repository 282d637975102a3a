// What a call of the update brings back is the other side's claim: its exceptions, and its arrays.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "client/transport.h"
#include "idl/protocol.h"

#include <oleauto.h>

static int ran;

static HRESULT STDMETHODCALLTYPE be_called(EXCEPINFO *info) {
    (void)info;
    ran++;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE query(IDispatch *self, REFIID iid, void **out) {
    (void)iid;
    *out = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE count(IDispatch *self) {
    (void)self;
    return 1;
}

static HRESULT STDMETHODCALLTYPE type_count(IDispatch *self, UINT *types) {
    (void)self;
    *types = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE type(IDispatch *self, UINT index, LCID locale, ITypeInfo **info) {
    (void)self;
    (void)index;
    (void)locale;
    *info = NULL;
    return E_NOTIMPL;
}

// NOLINTBEGIN(readability-non-const-parameter): as COM has them
static HRESULT STDMETHODCALLTYPE ids(IDispatch *self, REFIID iid, LPOLESTR *names, UINT names_count,
                                     LCID locale, DISPID *found) {
    (void)self;
    (void)iid;
    (void)names;
    (void)names_count;
    (void)locale;
    (void)found;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE throw(IDispatch * self, DISPID id, REFIID iid, LCID locale, WORD flags,
                                       DISPPARAMS *parameters, VARIANT *result, EXCEPINFO *exception,
                                       UINT *bad) {
    (void)self;
    (void)id;
    (void)iid;
    (void)locale;
    (void)flags;
    (void)parameters;
    (void)result;
    (void)bad;
    exception->scode = E_ACCESSDENIED;
    exception->bstrDescription = SysAllocString(L"the reason");
    exception->pfnDeferredFillIn = be_called;
    return DISP_E_EXCEPTION;
}

/* COM passes it on as a number: the update would choose where the app jumps. Nobody needs it either: an
 * object of another process calls it before it returns (documentation of EXCEPINFO). */
static void address_in_an_exception_is_not_called(void **state) {
    (void)state;
    // NOLINTEND(readability-non-const-parameter)

    IDispatchVtbl table = {query, count, count, type_count, type, ids, throw};
    IDispatch update = {&table};
    VARIANT result;
    char detail[64];
    VariantInit(&result);
    HRESULT hr = hp_transport_ask(&update, HP_DISPID_GET_NAMES, NULL, 0, &result, detail, sizeof detail);
    assert_int_equal(hr, E_ACCESSDENIED);
    assert_string_equal(detail, "the reason");
    assert_int_equal(ran, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(address_in_an_exception_is_not_called)};
    return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
