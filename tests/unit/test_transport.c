// What a call of the update brings back is the other side's claim: its exceptions, and its arrays.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "client/transport.h"
#include "e2e/chaos_spy.h"
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

/* An event stands for the process. */
static void nothing_is_tried_again_once_the_process_has_ended(void **state) {
    (void)state;
    const HRESULT not_run = HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE);
    HANDLE process = CreateEventW(NULL, TRUE, FALSE, NULL);
    int tries = 0;
    assert_non_null(process);
    assert_true(hp_transport_retry(not_run, &tries, process));
    assert_true(hp_transport_retry(not_run, &tries, process));
    assert_false(hp_transport_retry(HRESULT_FROM_WIN32(RPC_S_CALL_FAILED), &tries, process));
    assert_true(SetEvent(process));
    assert_false(hp_transport_retry(not_run, &tries, process));
    tries = 0;
    assert_false(hp_transport_retry(not_run, &tries, process));
    CloseHandle(process);
}

static HRESULT answer;

// NOLINTBEGIN(readability-non-const-parameter): as COM has it
static HRESULT STDMETHODCALLTYPE refuse(IDispatch *self, DISPID id, REFIID iid, LCID locale, WORD flags,
                                        DISPPARAMS *parameters, VARIANT *result, EXCEPINFO *exception,
                                        UINT *bad) {
    (void)self;
    (void)id;
    (void)iid;
    (void)locale;
    (void)flags;
    (void)parameters;
    (void)bad;
    ran++;
    V_VT(result) = VT_BSTR; /* over what was there, as a proxy does */
    V_BSTR(result) = SysAllocString(L"a result");
    *exception = (EXCEPINFO){.scode = answer,
                             .bstrSource = SysAllocString(L"a source"),
                             .bstrDescription = SysAllocString(L"a description"),
                             .bstrHelpFile = SysAllocString(L"a help file")};
    return answer;
}
// NOLINTEND(readability-non-const-parameter)

/* Else an update that lies would fill the app's memory. */
static void what_comes_along_with_a_refusal_is_freed(void **state) {
    (void)state;
    static const HRESULT answers[] = {E_FAIL, DISP_E_EXCEPTION, RPC_E_DISCONNECTED, S_FALSE,
                                      HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE)};
    IDispatchVtbl table = DISPATCH_STUB(refuse);
    IDispatch update = {&table};
    const int before = chaos_spy_count();
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        VARIANT result;
        VariantInit(&result);
        answer = answers[i];
        ran = 0;
        const HRESULT hr = hp_transport_ask(&update, HP_DISPID_GET_NAMES, NULL, 0, &result, NULL, 0);
        assert_int_equal(SUCCEEDED(hr), answer == S_FALSE);
        assert_int_equal(V_VT(&result), answer == S_FALSE ? VT_BSTR : VT_EMPTY);
        VariantClear(&result);
        assert_int_equal(chaos_spy_count(), before);
    }
    assert_true(ran > 1); /* the last one was tried again */
}

/* Of oleaut32, in no header of mingw-w64. Strings that were freed are otherwise kept for the next ones. */
void SetOaNoCache(void);

int main(void) {
    SetOaNoCache();
    chaos_spy_open();
    const struct CMUnitTest tests[] = {cmocka_unit_test(address_in_an_exception_is_not_called),
                                       cmocka_unit_test(what_comes_along_with_a_refusal_is_freed),
                                       cmocka_unit_test(nothing_is_tried_again_once_the_process_has_ended)};
    return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
