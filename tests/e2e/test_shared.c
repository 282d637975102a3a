// Who gets shared memory and who does not; how many channels there are; and that nothing is left of them.
#include "e2e/session_app.h"

#include <objbase.h>

enum { MANY = 80, MOST = 64, CALLS = 100000 };

static const wchar_t entered_name[] = L"Hotpatch.Shared.Entered", leave_name[] = L"Hotpatch.Shared.Leave";

static hp_session_status status(void) {
    hp_session_status it = {.size = sizeof it};
    assert_int_equal(hp_com_status(SESSION, &it), S_OK);
    return it;
}

/* Attach as the environment variable and the option say. */
static HANDLE attach(const wchar_t *variable, hp_transport_kind wanted, hp_transport_kind expected) {
    hp_attach_options options = session_options();
    hp_report *report = NULL;
    options.transport = wanted;
    SetEnvironmentVariableW(L"HOTPATCH_TRANSPORT", variable);
    HRESULT hr = hp_com_attach_ex(SESSION, &options, &report);
    assert_non_null(report);
    if (hr != S_OK)
        fail_msg("attach gives 0x%08lx: %s", hr, report->message);
    assert_int_equal(report->transport, expected);
    assert_string_equal(report->transport_detail, "");
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_int_equal(status().transport, expected);
    return process;
}

static void detach(HANDLE process) {
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_end(process);
}

static void option_forces_a_transport_and_the_environment_only_the_undecided(void **state) {
    (void)state;
    static const struct {
        const wchar_t *variable;
        hp_transport_kind wanted, expected;
    } cases[] = {
        {NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED},
        {NULL, HP_TRANSPORT_COM, HP_TRANSPORT_COM},
        {NULL, HP_TRANSPORT_SHARED, HP_TRANSPORT_SHARED},
        {L"com", HP_TRANSPORT_AUTO, HP_TRANSPORT_COM},
        {L"COM", HP_TRANSPORT_SHARED, HP_TRANSPORT_SHARED},
        {L"shared", HP_TRANSPORT_COM, HP_TRANSPORT_COM},
        {L"nonsense", HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HANDLE process = attach(cases[i].variable, cases[i].wanted, cases[i].expected);
        const int shared = cases[i].expected == HP_TRANSPORT_SHARED;
        for (int j = 0; j < 3; j++)
            assert_int_equal(session_add(2, j), 1002 + j);
        assert_int_equal(status().calls, 3);
        assert_int_equal(status().shared_calls, shared ? 3 : 0);
        assert_int_equal(status().channels, shared ? 1 : 0);
        /* Attached already: the report still says what calls use. */
        hp_attach_options options = session_options();
        hp_report *report;
        assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), S_FALSE);
        assert_int_equal(report->transport, cases[i].expected);
        hp_report_free(report);
        detach(process);
    }
}

static void transport_that_does_not_exist_is_refused(void **state) {
    (void)state;
    hp_attach_options options = session_options();
    options.transport = (hp_transport_kind)3;
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), E_INVALIDARG);
    assert_int_equal(report->transport, HP_TRANSPORT_AUTO);
    assert_string_equal(report->transport_detail, "");
    hp_report_free(report);
}

static DWORD WINAPI stay(void *result) {
    *(int *)result = session_stay(entered_name, leave_name);
    return 0;
}

/* More callers than channels: the rest goes over COM, and nobody waits for anybody. */
static void threads_have_a_channel_each_up_to_the_limit_and_com_beyond(void **state) {
    (void)state;
    HANDLE threads[MANY], in = CreateEventW(NULL, FALSE, FALSE, entered_name),
                          leave = CreateEventW(NULL, TRUE, FALSE, leave_name);
    int results[MANY];
    HANDLE process = attach(NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED);
    for (int i = 0; i < MANY; i++) {
        threads[i] = CreateThread(NULL, 0, stay, &results[i], 0, NULL);
        assert_non_null(threads[i]);
        assert_int_equal(WaitForSingleObject(in, PATIENCE_MS), WAIT_OBJECT_0);
    }
    hp_session_status all = status();
    assert_int_equal(all.inside, MANY);
    assert_int_equal(all.channels, MOST);
    assert_int_equal(session_add(2, 3), 1005);
    SetEvent(leave);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], PATIENCE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
        assert_int_equal(results[i], 1);
    }
    /* Each is free again, though its thread has ended. */
    assert_int_equal(session_add(2, 3), 1005);
    all = status();
    assert_int_equal(all.channels, MOST);
    assert_int_equal(all.calls, MANY + 2);
    assert_int_equal(all.shared_calls, MOST + 1);
    assert_int_equal(all.failures, 0);
    detach(process);
    CloseHandle(in);
    CloseHandle(leave);
}

static void calls_and_detach_leave_no_handle_and_no_memory(void **state) {
    (void)state;
    static wchar_t text[300000]; /* more than a channel keeps */
    char copy[8];
    wmemset(text, L'x', sizeof text / sizeof *text - 1);
    HANDLE process = attach(NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED);
    detach(process);
    const DWORD before = session_handles();
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory}, memory_after = memory;
    for (int round = 0; round < 3; round++) {
        process = attach(NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED);
        assert_int_equal(session_text(text, copy, sizeof copy), 1);
        const DWORD attached = session_handles();
        GlobalMemoryStatusEx(&memory);
        for (int i = 0; i < CALLS; i++)
            if (session_add(i, 1) != i + 1001)
                fail_msg("call %d", i);
        GlobalMemoryStatusEx(&memory_after);
        assert_int_equal(session_handles(), attached);
        assert_true(memory.ullAvailVirtual <= memory_after.ullAvailVirtual + (1u << 20));
        assert_int_equal(status().channels, 1);
        detach(process);
    }
    assert_true(session_handles_at_most(before + 2) <= before + 2);
}

static int set_up(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    session_unregister(L"session_v1.exe");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_forces_a_transport_and_the_environment_only_the_undecided),
        cmocka_unit_test(transport_that_does_not_exist_is_refused),
        cmocka_unit_test(threads_have_a_channel_each_up_to_the_limit_and_com_beyond),
        cmocka_unit_test(calls_and_detach_leave_no_handle_and_no_memory),
    };
    return cmocka_run_group_tests_name("shared", tests, set_up, tear_down);
}
