// The end of the update against clients that come at that very moment. Wine's COM has no class objects to
// suspend, so the calls to COM are counted here, and others act inside of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hotpatch/base.h"
#include <objbase.h>

static ULONG com_references;
static int suspended;
static void (*on_suspend)(void);
static void (*on_release)(void);

static ULONG add_server_process(void) {
    return ++com_references;
}

static HRESULT suspend_class_objects(void) {
    suspended = 1;
    void (*act)(void) = on_suspend;
    on_suspend = NULL;
    if (act)
        act();
    return S_OK;
}

static HRESULT resume_class_objects(void) {
    suspended = 0;
    return S_OK;
}

// As COM documents it: the last one suspends the class objects.
static ULONG release_server_process(void) {
    ULONG left = --com_references;
    if (!left)
        suspended = 1;
    void (*act)(void) = on_release;
    on_release = NULL;
    if (act)
        act();
    return left;
}

#define CoAddRefServerProcess add_server_process
#define CoReleaseServerProcess release_server_process
#define CoSuspendClassObjects suspend_class_objects
#define CoResumeClassObjects resume_class_objects
// With the calls above instead of COM's.
#include "../../server/lifetime.c" // NOLINT(bugprone-suspicious-include)

static int open_lifetime(void **state) {
    hp_trouble trouble = {0};
    (void)state;
    com_references = 0;
    suspended = 0;
    on_suspend = on_release = NULL;
    return hp_lifetime_open(&trouble) != S_OK;
}

static int close_lifetime(void **state) {
    (void)state;
    hp_lifetime_close();
    return 0;
}

static void class_objects_are_suspended_before_an_idle_end(void **state) {
    (void)state;
    assert_int_equal(hp_lifetime_wait(0), S_FALSE);
    assert_true(suspended);
    assert_int_equal(hp_lifetime_enter(), CO_E_SERVER_STOPPING);
    assert_int_equal(com_references, 0);
}

static HRESULT came;

static void come(void) {
    came = hp_lifetime_enter();
}

static DWORD WINAPI wait_idle(void *unused) {
    (void)unused;
    return (DWORD)hp_lifetime_wait(0);
}

static void client_that_comes_while_the_idle_end_is_decided_is_served(void **state) {
    (void)state;
    came = E_FAIL;
    on_suspend = come;
    HANDLE thread = CreateThread(NULL, 0, wait_idle, NULL, 0, NULL);
    DWORD result = 99;
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 300), WAIT_TIMEOUT); // it goes on
    assert_int_equal(came, S_OK);
    assert_false(suspended);
    hp_lifetime_leave();
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &result));
    assert_int_equal(result, S_OK);
    assert_true(suspended);
    CloseHandle(thread);
}

static void come_and_go(void) {
    came = hp_lifetime_enter();
    hp_lifetime_leave();
}

static void client_that_comes_and_goes_while_the_idle_end_is_decided_ends_the_server(void **state) {
    (void)state;
    came = E_FAIL;
    on_suspend = come_and_go;
    assert_int_equal(hp_lifetime_wait(0), S_OK);
    assert_int_equal(came, S_OK);
    assert_true(suspended);
}

static HANDLE other;

static DWORD WINAPI leave(void *unused) {
    (void)unused;
    hp_lifetime_leave();
    return 0;
}

// Either it is through at once, or it waits for the one that has made this call.
static void other_leaves(void) {
    other = CreateThread(NULL, 0, leave, NULL, 0, NULL);
    WaitForSingleObject(other, 300);
}

static void two_that_leave_at_once_do_not_resume_a_server_that_ends(void **state) {
    (void)state;
    assert_int_equal(hp_lifetime_enter(), S_OK);
    assert_int_equal(hp_lifetime_enter(), S_OK);
    on_release = other_leaves;
    hp_lifetime_leave();
    assert_non_null(other);
    assert_int_equal(WaitForSingleObject(other, 20000), WAIT_OBJECT_0);
    CloseHandle(other);
    assert_int_equal(hp_lifetime_wait(INFINITE), S_OK);
    assert_true(suspended);
    assert_int_equal(com_references, 0);
}

static void last_reference_ends_it_and_nobody_comes_after_it(void **state) {
    (void)state;
    assert_int_equal(hp_lifetime_enter(), S_OK);
    assert_int_equal(hp_lifetime_enter(), S_OK);
    hp_lifetime_leave();
    assert_false(suspended);
    assert_int_equal(hp_lifetime_enter(), S_OK);
    hp_lifetime_leave();
    hp_lifetime_leave();
    assert_true(suspended);
    assert_int_equal(hp_lifetime_wait(INFINITE), S_OK);
    assert_int_equal(hp_lifetime_enter(), CO_E_SERVER_STOPPING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(class_objects_are_suspended_before_an_idle_end, open_lifetime,
                                        close_lifetime),
        cmocka_unit_test_setup_teardown(client_that_comes_while_the_idle_end_is_decided_is_served,
                                        open_lifetime, close_lifetime),
        cmocka_unit_test_setup_teardown(
            client_that_comes_and_goes_while_the_idle_end_is_decided_ends_the_server, open_lifetime,
            close_lifetime),
        cmocka_unit_test_setup_teardown(two_that_leave_at_once_do_not_resume_a_server_that_ends,
                                        open_lifetime, close_lifetime),
        cmocka_unit_test_setup_teardown(last_reference_ends_it_and_nobody_comes_after_it, open_lifetime,
                                        close_lifetime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
