// What a call of the update brings back is the other side's claim: its exceptions, and its arrays.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "client/transport.h"
#include "idl/protocol.h"
#include "unit/dispatch_stub.h"

#include <oleauto.h>

static int ran;

static HRESULT STDMETHODCALLTYPE be_called(EXCEPINFO *info) {
    (void)info;
    ran++;
    return S_OK;
}

// NOLINTBEGIN(readability-non-const-parameter): as COM has it
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
// NOLINTEND(readability-non-const-parameter)

/* COM passes it on as a number: the update would choose where the app jumps. Nobody needs it either: an
 * object of another process calls it before it returns (documentation of EXCEPINFO). */
static void address_in_an_exception_is_not_called(void **state) {
    (void)state;
    IDispatchVtbl table = DISPATCH_STUB(throw);
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
