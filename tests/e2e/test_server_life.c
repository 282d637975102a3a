// How long an update lives: with its clients, not longer and not shorter. The EXE is
// also the client that gets killed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/server_process.h"
#include "support/process.h"

#include "idl/protocol.h"

#include <objbase.h>
#include <oleauto.h>

#include <cmocka.h>

static HRESULT connect_as(IDispatch *object, DWORD process_id, EXCEPINFO *exception) {
    VARIANT argument;
    VariantInit(&argument);
    V_VT(&argument) = VT_I4;
    V_I4(&argument) = (LONG)process_id;
    return invoke(object, HP_DISPID_CONNECT, DISPATCH_METHOD, &argument, 1, NULL, exception, NULL);
}

// A client in a process of its own, which has an object and is connected, and stays so until it is killed.
typedef struct client {
    PROCESS_INFORMATION process;
} client;

static client client_start(const server *s, const wchar_t *mode) {
    static int number;
    wchar_t exe[1024];
    wchar_t clsid[64];
    wchar_t event[64];
    wchar_t command[200];
    assert_in_range(GetModuleFileNameW(NULL, exe, 1024), 1, 1000);
    StringFromGUID2(&s->clsid, clsid, 64);
    swprintf(event, 64, L"hotpatch-client-%d", ++number);
    swprintf(command, 200, L"%ls %ls %ls", mode, clsid, event);
    HANDLE connected = CreateEventW(NULL, TRUE, FALSE, event);
    assert_non_null(connected);
    client c;
    assert_true(process_start(exe, command, NULL, &c.process));
    HANDLE either[] = {connected, c.process.hProcess};
    assert_int_equal(WaitForMultipleObjects(2, either, FALSE, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(connected);
    return c;
}

static void client_kill(client *c) {
    assert_true(TerminateProcess(c->process.hProcess, 97));
    assert_int_equal(WaitForSingleObject(c->process.hProcess, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(c->process.hProcess);
    CloseHandle(c->process.hThread);
}

// Runs in the child. Its exit before the event is set fails the test.
static int be_client(const char *mode, const char *clsid_text, const char *event_name) {
    server s = {0};
    wchar_t wide[64];
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (!MultiByteToWideChar(CP_ACP, 0, clsid_text, -1, wide, 64) || FAILED(CLSIDFromString(wide, &s.clsid)))
        return 1;
    IDispatch *object = server_object(&s);
    IDispatch *second = strcmp(mode, "--two") == 0 ? server_object(&s) : NULL;
    if (FAILED(connect_as(object, GetCurrentProcessId(), NULL)) ||
        (second && FAILED(connect_as(second, GetCurrentProcessId(), NULL))))
        return 2;
    HANDLE connected = OpenEventA(EVENT_MODIFY_STATE, FALSE, event_name);
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetEvent(connected);
    WaitForSingleObject(never, 2 * PATIENCE_MS);
    return 3;
}

static void server_ends_with_its_last_reference(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *first = server_object(&s);
    IDispatch *second = server_object(&s);
    expect_alive(first);
    assert_int_equal(IDispatch_Release(first), 0);
    expect_alive(second);
    assert_true(server_runs(&s));
    assert_int_equal(IDispatch_Release(second), 0);
    server_expect_end(&s);
}

static void connected_client_that_lets_go_ends_the_server(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *object = server_object(&s);
    assert_int_equal(connect_as(object, GetCurrentProcessId(), NULL), S_OK);
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

static void server_that_nobody_connects_to_ends(void **state) {
    (void)state;
    server s = server_start(300);
    server_expect_end(&s);
}

static void object_keeps_the_server_beyond_its_idle_time(void **state) {
    (void)state;
    server s = server_start(1000);
    IDispatch *object = server_object(&s);
    assert_int_equal(WaitForSingleObject(s.process, 2500), WAIT_TIMEOUT);
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

static void aggregation_and_other_interfaces_are_refused(void **state) {
    (void)state;
    server s = server_start(0);
    IClassFactory *factory = server_factory(&s);
    IDispatch *object = server_object(&s);
    void *other = &other;
    assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IStream, &other), E_NOINTERFACE);
    assert_null(other);
    assert_int_equal(IDispatch_QueryInterface(object, &IID_IStream, &other), E_NOINTERFACE);
    IClassFactory_Release(factory);
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

// Its answer could not be given if the first object, which is never had, ended the server.
static void refused_interface_does_not_end_a_server_without_objects(void **state) {
    (void)state;
    server s = server_start(0);
    IClassFactory *factory = server_factory(&s);
    void *other = &other;
    for (int i = 0; i < 50; ++i)
        assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_IStream, &other), E_NOINTERFACE);
    IClassFactory_Release(factory);
    IDispatch *object = server_object(&s);
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

// As if the release, which COM does not acknowledge, had been lost on its way.
static void client_that_says_goodbye_need_not_release(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *object = server_object(&s);
    IDispatch *other = server_object(&s);
    assert_int_equal(connect_as(object, GetCurrentProcessId(), NULL), S_OK);
    assert_int_equal(invoke(object, HP_DISPID_DISCONNECT, DISPATCH_METHOD, NULL, 0, NULL, NULL, NULL), S_OK);
    expect_alive(other);
    assert_true(server_runs(&s));
    EXCEPINFO exception = {0};
    assert_int_equal(invoke(other, HP_DISPID_DISCONNECT, DISPATCH_METHOD, NULL, 0, NULL, &exception, NULL),
                     DISP_E_EXCEPTION);
    assert_int_equal(exception.scode, HRESULT_FROM_WIN32(ERROR_NOT_CONNECTED));
    exception_clear(&exception);
    assert_int_equal(connect_as(other, GetCurrentProcessId(), NULL), S_OK);
    assert_int_equal(invoke(other, HP_DISPID_DISCONNECT, DISPATCH_METHOD, NULL, 0, NULL, NULL, NULL), S_OK);
    server_expect_end(&s);
    IDispatch_Release(object);
    IDispatch_Release(other);
}

static void killed_client_leaves_no_server(void **state) {
    (void)state;
    server s = server_start(0);
    client c = client_start(&s, L"--one");
    assert_true(server_runs(&s));
    client_kill(&c);
    server_expect_end(&s);
}

static void killed_client_with_two_objects_leaves_no_server(void **state) {
    (void)state;
    server s = server_start(0);
    client c = client_start(&s, L"--two");
    client_kill(&c);
    server_expect_end(&s);
}

static void other_client_keeps_the_server_when_one_is_killed(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *object = server_object(&s);
    assert_int_equal(connect_as(object, GetCurrentProcessId(), NULL), S_OK);
    for (int i = 0; i < 3; ++i) {
        client c = client_start(&s, L"--one");
        client_kill(&c);
        expect_alive(object);
    }
    assert_int_equal(WaitForSingleObject(s.process, 500), WAIT_TIMEOUT);
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

static void expect_connect_error(IDispatch *object, DWORD process_id, DWORD error, const wchar_t *text) {
    EXCEPINFO exception = {0};
    assert_int_equal(connect_as(object, process_id, &exception), DISP_E_EXCEPTION);
    assert_int_equal(exception.scode, HRESULT_FROM_WIN32(error));
    assert_non_null(exception.bstrDescription);
    assert_non_null(wcsstr(exception.bstrDescription, text));
    exception_clear(&exception);
}

static void connecting_twice_or_to_nothing_has_its_own_error(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *object = server_object(&s);
    expect_connect_error(object, 0, ERROR_INVALID_PARAMETER, L"process 0 cannot be opened");
    expect_connect_error(object, 0xfffffffc, ERROR_INVALID_PARAMETER, L"4294967292");
    assert_int_equal(connect_as(object, GetCurrentProcessId(), NULL), S_OK); // the failures left no trace
    expect_connect_error(object, GetCurrentProcessId(), ERROR_ALREADY_INITIALIZED, L"has a client already");
    expect_alive(object);
    IDispatch_Release(object);
    server_expect_end(&s);
}

// A process that has ended but whose handle somebody keeps can still be opened.
static void client_that_is_dead_already_is_noticed(void **state) {
    (void)state;
    server s = server_start(0);
    server dead = server_start(100);
    assert_int_equal(WaitForSingleObject(dead.process, PATIENCE_MS), WAIT_OBJECT_0);
    IDispatch *object = server_object(&s);
    HRESULT hr = connect_as(object, dead.pid, NULL);
    if (hr == S_OK) {
        server_expect_end(&s); // although this process has not let go
        IDispatch_Release(object);
    } else { // the system does not let it be opened: an ordinary error, and nothing else happened
        assert_int_equal(hr, DISP_E_EXCEPTION);
        expect_alive(object);
        IDispatch_Release(object);
        server_expect_end(&s);
    }
}

typedef struct staying {
    IDispatch *object;
    HANDLE entered;
    HANDLE leave;
} staying;

static DWORD WINAPI stay(void *context) {
    static const wchar_t entered[] = L"hotpatch-life-entered";
    static const wchar_t leave[] = L"hotpatch-life-leave";
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    staying *call = context;
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .blocks = 2};
    frame.block[0] = (hp_frame_block){
        .parameter = 0, .size = sizeof entered, .capacity = sizeof entered, .data = (const void *)entered};
    frame.block[1] = (hp_frame_block){
        .parameter = 1, .size = sizeof leave, .capacity = sizeof leave, .data = (const void *)leave};
    VARIANT result;
    hp_frame reply = {0};
    HRESULT hr = run_function(call->object, L"fixture::stay", frame_of(&frame), &result, &reply);
    VariantClear(&result);
    CoUninitialize();
    return (DWORD)hr;
}

static staying staying_start(IDispatch *object, HANDLE *thread) {
    staying call = {object, CreateEventW(NULL, TRUE, FALSE, L"hotpatch-life-entered"),
                    CreateEventW(NULL, TRUE, FALSE, L"hotpatch-life-leave")};
    static staying kept;
    kept = call;
    *thread = CreateThread(NULL, 0, stay, &kept, 0, NULL);
    assert_non_null(*thread);
    assert_int_equal(WaitForSingleObject(call.entered, PATIENCE_MS), WAIT_OBJECT_0);
    return call;
}

static void staying_end(staying *call, HANDLE thread) {
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(call->entered);
    CloseHandle(call->leave);
}

// The named client dies while a call of the object is inside: references go, the call is finished first.
static void call_under_way_is_finished_before_the_server_ends(void **state) {
    (void)state;
    server s = server_start(0);
    IDispatch *object = server_object(&s);
    server named = server_start(0); // any process that can be killed will do as "the client"
    IDispatch *other = server_object(&named);
    assert_int_equal(connect_as(object, named.pid, NULL), S_OK);
    HANDLE thread;
    staying call = staying_start(object, &thread);
    assert_true(TerminateProcess(named.process, 97));
    assert_int_equal(WaitForSingleObject(s.process, 1000), WAIT_TIMEOUT);
    assert_true(ResetEvent(call.entered));
    SetEvent(call.leave);
    // Set again: it ran to its end. Whether the answer still arrives where COM was told
    // that nobody lives is COM's affair.
    assert_int_equal(WaitForSingleObject(call.entered, PATIENCE_MS), WAIT_OBJECT_0);
    staying_end(&call, thread);
    server_expect_end(&s);
    IDispatch_Release(other);
    IDispatch_Release(object);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_ends_with_its_last_reference),
        cmocka_unit_test(connected_client_that_lets_go_ends_the_server),
        cmocka_unit_test(server_that_nobody_connects_to_ends),
        cmocka_unit_test(object_keeps_the_server_beyond_its_idle_time),
        cmocka_unit_test(aggregation_and_other_interfaces_are_refused),
        cmocka_unit_test(refused_interface_does_not_end_a_server_without_objects),
        cmocka_unit_test(client_that_says_goodbye_need_not_release),
        cmocka_unit_test(killed_client_leaves_no_server),
        cmocka_unit_test(killed_client_with_two_objects_leaves_no_server),
        cmocka_unit_test(other_client_keeps_the_server_when_one_is_killed),
        cmocka_unit_test(connecting_twice_or_to_nothing_has_its_own_error),
        cmocka_unit_test(client_that_is_dead_already_is_noticed),
        cmocka_unit_test(call_under_way_is_finished_before_the_server_ends),
    };
    if (argc == 4)
        return be_client(argv[1], argv[2], argv[3]);
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
