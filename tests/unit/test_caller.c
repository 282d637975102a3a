// Who may call an update. Another user cannot be had in a test, so the decision is tested with identities.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "server/caller.h"

#include "hotpatch/function.h"
#include "hotpatch/log.h"
#include "server/factory.h"
#include "server/lifetime.h"

#include <objbase.h>

static hp_caller_identity us(void) {
    hp_caller_identity own;
    HANDLE token;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_int_equal(hp_caller_identify(token, &own), S_OK);
    CloseHandle(token);
    return own;
}

static hp_caller_identity somebody(WELL_KNOWN_SID_TYPE who) {
    hp_caller_identity other = us();
    DWORD size = sizeof other.user;
    assert_true(CreateWellKnownSid(who, NULL, &other.user.sid, &size));
    return other;
}

static HRESULT judge(hp_caller_identity caller, const char *detail) {
    hp_caller_identity own = us();
    hp_trouble trouble = {0};
    HRESULT hr = hp_caller_judge(&caller, &own, &trouble);
    assert_int_equal(trouble.result, hr);
    if (detail != NULL)
        assert_non_null(strstr(trouble.detail, detail));
    return hr;
}

static void own_user_is_let_in(void **state) {
    (void)state;
    hp_caller_identity caller = us();
    assert_true(IsValidSid(&caller.user.sid));
    assert_true(caller.integrity >= 0x1000);
    assert_int_equal(judge(caller, NULL), S_OK);
    caller.integrity += 0x1000;
    assert_int_equal(judge(caller, NULL), S_OK);
}

static void other_users_are_refused(void **state) {
    (void)state;
    static const WELL_KNOWN_SID_TYPE others[] = {WinLocalSystemSid,    WinAnonymousSid,
                                                 WinWorldSid,          WinNullSid,
                                                 WinNetworkServiceSid, WinBuiltinAdministratorsSid};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(judge(somebody(others[i]), "its own user only"), HP_E_CALLER);
    hp_caller_identity neighbour = us(); /* another account of the same machine or domain */
    ++*GetSidSubAuthority(&neighbour.user.sid, (DWORD)*GetSidSubAuthorityCount(&neighbour.user.sid) - 1);
    assert_int_equal(judge(neighbour, "its own user only"), HP_E_CALLER);
}

static void less_trusted_process_of_the_same_user_is_refused(void **state) {
    (void)state;
    hp_caller_identity caller = us();
    caller.integrity--;
    assert_int_equal(judge(caller, "less trusted"), HP_E_CALLER);
    caller.integrity = 0;
    assert_int_equal(judge(caller, "less trusted"), HP_E_CALLER);
}

static void token_that_cannot_be_read_is_an_error(void **state) {
    (void)state;
    hp_caller_identity who;
    assert_true(FAILED(hp_caller_identify(NULL, &who)));
}

static void unknown_answer_of_com_is_a_refusal(void **state) {
    (void)state;
    assert_int_equal(hp_caller_read(S_OK), HP_CALLER_SHOWN);
    assert_int_equal(hp_caller_read(RPC_E_CALL_COMPLETE), HP_CALLER_UNKNOWN);
    assert_int_equal(hp_caller_read(E_NOTIMPL), HP_CALLER_UNKNOWN);
    static const HRESULT bad[] = {E_ACCESSDENIED,   E_FAIL,
                                  E_OUTOFMEMORY,    RPC_E_ACCESS_DENIED,
                                  RPC_E_NO_CONTEXT, HRESULT_FROM_WIN32(ERROR_CANT_OPEN_ANONYMOUS)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hp_caller_read(bad[i]), HP_CALLER_HIDDEN);
}

static int warnings;

static void listen(void *context, hp_log_level level, const char *line) {
    (void)context;
    warnings += level == HP_LOG_WARNING && strstr(line, "does not say who calls") != NULL;
}

static int fixture_one(void) {
    return 1;
}
HP_EXPORT(fixture_one, "i32()");

/* COM knows of no call here. Nobody shall believe that letting it in was a check, so it is logged; which
 * also shows that the class object asks. */
static void class_object_asks_who_calls(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_exports exports;
    IDispatch *made;
    DWORD cookie;
    CLSID clsid;
    hp_log_set(listen, NULL, HP_LOG_DEBUG);
    assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_int_equal(hp_caller_protect(&trouble), S_OK);
    assert_int_equal(CoCreateGuid(&clsid), S_OK);
    assert_int_equal(hp_exports_open(GetModuleHandleW(NULL), &exports, &trouble), S_OK);
    assert_int_equal(hp_lifetime_open(&trouble), S_OK);
    assert_int_equal(hp_factory_register(&clsid, &exports, &cookie, &trouble), S_OK);
    assert_int_equal(warnings, 0);
    IClassFactory *factory = (IClassFactory *)(void *)hp_factory_object();
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, (void **)&made), S_OK);
    assert_int_equal(warnings, 1);
    assert_int_equal(hp_caller_check(&trouble), S_OK);
    assert_int_equal(warnings, 1); /* once is enough */
    hp_factory_revoke(cookie);
    IDispatch_Release(made);
    hp_lifetime_close();
    hp_exports_close(&exports);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    CoUninitialize();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_user_is_let_in),
        cmocka_unit_test(other_users_are_refused),
        cmocka_unit_test(less_trusted_process_of_the_same_user_is_refused),
        cmocka_unit_test(token_that_cannot_be_read_is_an_error),
        cmocka_unit_test(unknown_answer_of_com_is_a_refusal),
        cmocka_unit_test(class_object_asks_who_calls),
    };
    return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
