// The dispatch object inside of its own process: also the arguments that no proxy would carry over.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/hostile.h"

#include "hotpatch/function.h"
#include "hotpatch_h.h"
#include "idl/protocol.h"
#include "server/factory.h"
#include "server/lifetime.h"
#include "server/object.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static int fixture_add(int a, int b) {
    return a + b;
}
HP_EXPORT(fixture_add, "i32(i32 a, i32 b)");

static hp_exports exports;
static IDispatch *object;

static int open_object(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_object *made;
    assert_int_equal(hp_exports_open(GetModuleHandleW(NULL), &exports, &trouble), S_OK);
    assert_int_equal(hp_lifetime_open(&trouble), S_OK);
    assert_int_equal(hp_object_create(&exports, &made), S_OK);
    object = &made->dispatch;
    return 0;
}

static void hostile_arguments(void **state) {
    (void)state;
    hostile_run(object, 1);
}

static void missing_pointers(void **state) {
    (void)state;
    DISPPARAMS none = {0};
    DISPPARAMS no_arguments = {.cArgs = 2};
    DISPPARAMS most_arguments = {.cArgs = 0xffffffff};
    assert_int_equal(
        IDispatch_Invoke(object, HP_DISPID_GET_NAMES, &IID_NULL, 0, DISPATCH_METHOD, NULL, NULL, NULL, NULL),
        E_INVALIDARG);
    assert_int_equal(IDispatch_Invoke(object, HP_DISPID_CALL, &IID_NULL, 0, DISPATCH_METHOD, &no_arguments,
                                      NULL, NULL, NULL),
                     E_INVALIDARG);
    assert_int_equal(IDispatch_Invoke(object, HP_DISPID_CALL, &IID_NULL, 0, DISPATCH_METHOD, &most_arguments,
                                      NULL, NULL, NULL),
                     DISP_E_BADPARAMCOUNT);
    assert_int_equal(
        IDispatch_Invoke(object, HP_DISPID_GET_NAMES, &IID_NULL, 0, DISPATCH_METHOD, &none, NULL, NULL, NULL),
        S_OK);
    assert_int_equal(IDispatch_QueryInterface(object, &IID_IDispatch, NULL), E_POINTER);
    assert_int_equal(IDispatch_GetTypeInfoCount(object, NULL), E_POINTER);
    assert_int_equal(IDispatch_GetTypeInfo(object, 0, 0, NULL), E_POINTER);
    DISPID id;
    LPOLESTR name = NULL;
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, 0, &id), E_INVALIDARG);
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, NULL, 1, 0, &id), E_INVALIDARG);
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, 0, NULL), E_INVALIDARG);
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 0, 0, &id), E_INVALIDARG);
    expect_alive(object);
}

static void reserved_interface_must_be_null(void **state) {
    (void)state;
    DISPPARAMS none = {0};
    DISPID id;
    LPOLESTR name = (LPOLESTR)L"GetNames";
    assert_int_equal(IDispatch_Invoke(object, HP_DISPID_GET_NAMES, &IID_IDispatch, 0, DISPATCH_METHOD, &none,
                                      NULL, NULL, NULL),
                     DISP_E_UNKNOWNINTERFACE);
    assert_int_equal(IDispatch_GetIDsOfNames(object, &IID_IUnknown, &name, 1, 0, &id),
                     DISP_E_UNKNOWNINTERFACE);
    expect_alive(object);
}

static void named_arguments_are_refused(void **state) {
    (void)state;
    VARIANT arguments[2];
    DISPID names[2] = {0, 1};
    const uint64_t words[] = {1, 2};
    arguments[0] = words_of(2, words);
    arguments[1] = string_of(L"fixture_add");
    DISPPARAMS parameters = {.rgvarg = arguments, .rgdispidNamedArgs = names, .cArgs = 2, .cNamedArgs = 2};
    assert_int_equal(IDispatch_Invoke(object, HP_DISPID_CALL, &IID_NULL, 0, DISPATCH_METHOD, &parameters,
                                      NULL, NULL, NULL),
                     DISP_E_NONAMEDARGS);
    parameters.cNamedArgs = 1;
    assert_int_equal(IDispatch_Invoke(object, HP_DISPID_CALL, &IID_NULL, 0, DISPATCH_METHOD, &parameters,
                                      NULL, NULL, NULL),
                     DISP_E_NONAMEDARGS);
    VariantClear(&arguments[0]);
    VariantClear(&arguments[1]);
    expect_alive(object);
}

// What is in the place of the result before the call is rubbish, not a value to be freed.
static void rubbish_in_the_result_is_not_touched(void **state) {
    (void)state;
    VARIANT result;
    memset(&result, 0xa5, sizeof result);
    assert_int_equal(invoke(object, HP_DISPID_GET_NAMES, DISPATCH_METHOD, NULL, 0, &result, NULL, NULL),
                     S_OK);
    assert_int_equal(V_VT(&result), VT_BSTR);
    assert_int_equal(wcscmp(V_BSTR(&result), L"fixture_add fixture_fail"), 0);
    VariantClear(&result);
    EXCEPINFO exception;
    memset(&exception, 0xa5, sizeof exception);
    VARIANT name = string_of(L"fixture_unknown");
    memset(&result, 0xa5, sizeof result);
    assert_int_equal(
        invoke(object, HP_DISPID_GET_SIGNATURE, DISPATCH_METHOD, &name, 1, &result, &exception, NULL),
        DISP_E_EXCEPTION);
    assert_int_equal(V_VT(&result), VT_EMPTY);
    assert_int_equal(exception.scode, HP_E_NAME_UNKNOWN);
    assert_null(exception.bstrHelpFile);
    assert_null(exception.pfnDeferredFillIn);
    exception_clear(&exception);
    VariantClear(&name);
}

static void own_interface_and_identity(void **state) {
    (void)state;
    IUnknown *unknown = NULL;
    IDispatch *own = NULL;
    assert_int_equal(IDispatch_QueryInterface(object, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_int_equal(IDispatch_QueryInterface(object, &DIID_IHotPatch, (void **)&own), S_OK);
    assert_ptr_equal(unknown, object);
    assert_ptr_equal(own, object);
    assert_int_equal(IUnknown_Release(unknown), 2);
    assert_int_equal(IDispatch_Release(own), 1);
}

// The proxy of Wine 8 carries no LockServer over, so the class object is asked here.
static void locks_are_counted_and_cannot_be_taken_back_twice(void **state) {
    (void)state;
    CLSID clsid;
    DWORD cookie;
    hp_trouble trouble = {0};
    IClassFactory *factory = NULL;
    assert_int_equal(CoCreateGuid(&clsid), S_OK);
    assert_int_equal(hp_factory_register(&clsid, &exports, &cookie, &trouble), S_OK);
    assert_int_equal(
        CoGetClassObject(&clsid, CLSCTX_LOCAL_SERVER, NULL, &IID_IClassFactory, (void **)&factory), S_OK);
    assert_int_equal(IClassFactory_LockServer(factory, FALSE), E_UNEXPECTED);
    assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK);
    assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK);
    assert_int_equal(IClassFactory_LockServer(factory, FALSE), S_OK);
    assert_int_equal(IClassFactory_LockServer(factory, FALSE), S_OK);
    assert_int_equal(IClassFactory_LockServer(factory, FALSE), E_UNEXPECTED);
    expect_alive(object);

    void *made = &made;
    assert_int_equal(IClassFactory_CreateInstance(factory, (IUnknown *)object, &IID_IUnknown, &made),
                     CLASS_E_NOAGGREGATION);
    assert_null(made);
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, NULL), E_POINTER);
    made = &made;
    assert_int_equal(IClassFactory_QueryInterface(factory, &IID_IDispatch, &made), E_NOINTERFACE);
    assert_null(made);
    assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK); // kept, for the last test
    IClassFactory_Release(factory);
    hp_factory_revoke(cookie);
}

static DWORD WINAPI unlock(void *context) {
    IClassFactory_LockServer((IClassFactory *)context, FALSE);
    return 0;
}

// A lock alone keeps the server beyond its idle time; giving it back ends the wait.
static void lock_keeps_the_server_without_an_object(void **state) {
    (void)state;
    CLSID clsid;
    DWORD cookie;
    hp_trouble trouble = {0};
    IClassFactory *factory = NULL;
    assert_int_equal(CoCreateGuid(&clsid), S_OK);
    assert_int_equal(hp_factory_register(&clsid, &exports, &cookie, &trouble), S_OK);
    assert_int_equal(
        CoGetClassObject(&clsid, CLSCTX_LOCAL_SERVER, NULL, &IID_IClassFactory, (void **)&factory), S_OK);
    assert_int_equal(IDispatch_Release(object), 0); // the lock of the test before is what is left
    hp_object *another;
    assert_int_equal(hp_object_create(&exports, &another), S_OK);
    assert_int_equal(IDispatch_Release(&another->dispatch), 0);
    HANDLE thread = CreateThread(NULL, 0, unlock, factory, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(hp_lifetime_wait(0), S_OK); // and not S_FALSE: somebody had come
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    IClassFactory_Release(factory);
    hp_factory_revoke(cookie);
}

// Last: the end of the server was decided, and there is no way back.
static void nothing_is_created_after_the_last_reference(void **state) {
    (void)state;
    hp_object *late = (hp_object *)1;
    assert_int_equal(hp_lifetime_wait(0), S_OK);
    assert_int_equal(hp_object_create(&exports, &late), CO_E_SERVER_STOPPING);
    assert_int_equal(hp_lifetime_enter(), CO_E_SERVER_STOPPING);
    hp_lifetime_close();
    hp_exports_close(&exports);
}

// COM may not be left while something of COM is still to come: the last reference
// takes the server's count along.
static ULONG(STDMETHODCALLTYPE *release_of_object)(IDispatch *dispatch);
static HRESULT apartment_at_release;
static APTTYPEQUALIFIER qualifier_at_release;
static HANDLE released;

static ULONG STDMETHODCALLTYPE note_apartment_and_release(IDispatch *dispatch) {
    APTTYPE type;
    apartment_at_release = CoGetApartmentType(&type, &qualifier_at_release);
    ULONG left = release_of_object(dispatch);
    if (left == 1) // the test's own; CoDisconnectObject takes and releases one as well
        SetEvent(released);
    return left;
}

static void object_of_a_client_that_ended_is_released_inside_com(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_object *made;
    wchar_t command[] = L"cmd.exe /c exit 0";
    STARTUPINFOW how = {.cb = sizeof how};
    PROCESS_INFORMATION ended;
    assert_true(CreateProcessW(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &how, &ended));
    assert_int_equal(WaitForSingleObject(ended.hProcess, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(hp_object_create(&exports, &made), S_OK);
    IDispatchVtbl watched = *made->dispatch.lpVtbl;
    release_of_object = watched.Release;
    watched.Release = note_apartment_and_release;
    made->dispatch.lpVtbl = &watched;
    released = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_non_null(released);
    apartment_at_release = E_FAIL;
    assert_int_equal(hp_connection_open(made, ended.dwProcessId, &trouble), S_OK);
    assert_int_equal(WaitForSingleObject(released, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(apartment_at_release, S_OK);
    assert_int_equal(qualifier_at_release, APTTYPEQUALIFIER_NONE); // initialised by this thread itself
    assert_int_equal(release_of_object(&made->dispatch), 0);
    CloseHandle(released);
    CloseHandle(ended.hProcess);
    CloseHandle(ended.hThread);
}

// What a replacement may do to us: end by an exception, of the processor or of its own.
static int fixture_fail(int how) {
    volatile int *volatile nowhere = NULL;
    if (how == 0)
        *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
    if (how > 0)
        RaiseException(0xE06D7363, EXCEPTION_NONCONTINUABLE, 0, NULL);
    return how;
}
HP_EXPORT(fixture_fail, "i32(i32 how)");

static void fail_and_expect(int how, const wchar_t *text) {
    const uint64_t words[] = {(uint32_t)how};
    VARIANT arguments[2] = {words_of(1, words), string_of(L"fixture_fail")};
    VARIANT result;
    EXCEPINFO exception = {0};
    VariantInit(&result);
    assert_int_equal(invoke(object, HP_DISPID_CALL, DISPATCH_METHOD, arguments, 2, &result, &exception, NULL),
                     DISP_E_EXCEPTION);
    assert_int_equal(V_VT(&result), VT_EMPTY);
    assert_int_equal(exception.scode, HP_E_REPLACEMENT_FAULT);
    assert_non_null(wcsstr(exception.bstrDescription, L"fixture_fail"));
    if (!wcsstr(exception.bstrDescription, text))
        fail_msg("\"%ls\" does not say \"%ls\"", exception.bstrDescription, text);
    exception_clear(&exception);
    // A lock that is left behind would make the array immovable, a reference the object immortal.
    assert_int_equal(V_ARRAY(&arguments[0])->cLocks, 0);
    assert_int_equal(VariantClear(&arguments[0]), S_OK);
    VariantClear(&arguments[1]);
    IDispatch_AddRef(object);
    assert_int_equal(IDispatch_Release(object), 1);
}

static void fault_in_a_replacement_is_an_error_and_holds_nothing(void **state) {
    (void)state;
    wchar_t place[128];
    wchar_t exe[1024];
    assert_in_range(GetModuleFileNameW(NULL, exe, 1024), 1, 1000);
    swprintf(place, 128, L"%.64ls+0x", wcsrchr(exe, L'\\') + 1);
    for (int i = 0; i < 50; i++) {
        fail_and_expect(0, L"access violation writing address 0x0 (0xC0000005) at ");
        fail_and_expect(0, place);
        fail_and_expect(1, L"C++ exception of Visual C++ (0xE06D7363) at kernelbase.dll+0x");
        expect_alive(object);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_arguments),
        cmocka_unit_test(missing_pointers),
        cmocka_unit_test(reserved_interface_must_be_null),
        cmocka_unit_test(named_arguments_are_refused),
        cmocka_unit_test(rubbish_in_the_result_is_not_touched),
        cmocka_unit_test(own_interface_and_identity),
        cmocka_unit_test(fault_in_a_replacement_is_an_error_and_holds_nothing),
        cmocka_unit_test(object_of_a_client_that_ended_is_released_inside_com),
        cmocka_unit_test(locks_are_counted_and_cannot_be_taken_back_twice),
        cmocka_unit_test(lock_keeps_the_server_without_an_object),
        cmocka_unit_test(nothing_is_created_after_the_last_reference),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, open_object, NULL);
    CoUninitialize();
    return failed;
}
