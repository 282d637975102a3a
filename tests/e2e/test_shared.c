// Who gets shared memory and who does not; how many channels there are; that they cost nothing while nobody
// calls, and that nothing is left of them.
#include "e2e/session_world.h"

#include <objbase.h>
#include <tlhelp32.h>

enum { MANY = 80, MOST = 64, CALLS = 100000, BURST = 8, BURST_CALLS = 20000 };

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

static DWORD WINAPI keep_channel(void *result) {
    *(int *)result = session_stay(entered_name, leave_name);
    return 0;
}

/* A channel for each of these threads: all of them are in the update before the last one is. */
static void begin_to_keep(HANDLE threads[], int results[], int count, HANDLE in) {
    for (int i = 0; i < count; i++) {
        threads[i] = CreateThread(NULL, 0, keep_channel, &results[i], 0, NULL);
        assert_non_null(threads[i]);
        assert_int_equal(WaitForSingleObject(in, PATIENCE_MS), WAIT_OBJECT_0);
    }
}

static void end_to_keep(HANDLE threads[], const int results[], int count, HANDLE leave) {
    SetEvent(leave);
    for (int i = 0; i < count; i++) {
        session_expect_end(threads[i]);
        assert_int_equal(results[i], 1);
    }
}

/* More callers than channels: the rest goes over COM, and nobody waits for anybody. */
static void threads_have_a_channel_each_up_to_the_limit_and_com_beyond(void **state) {
    (void)state;
    HANDLE threads[MANY], in = CreateEventW(NULL, FALSE, FALSE, entered_name),
                          leave = CreateEventW(NULL, TRUE, FALSE, leave_name);
    int results[MANY];
    HANDLE process = attach(NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED);
    begin_to_keep(threads, results, MANY, in);
    hp_session_status all = status();
    assert_int_equal(all.inside, MANY);
    assert_int_equal(all.channels, MOST);
    assert_int_equal(session_add(2, 3), 1005);
    end_to_keep(threads, results, MANY, leave);
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

/* Texts, which are checked in a copy: of answers that are copied anyway, that stay, and that do not fit. */
static void long_answers_arrive_to_the_last_byte(void **state) {
    (void)state;
    enum { LONGEST = 1200000 };
    static wchar_t text[LONGEST + 1];
    static char copy[LONGEST + 2];
    static const unsigned lengths[] = {100, 16000, 17000, 33000, 1050000, LONGEST};
    HANDLE process = attach(NULL, HP_TRANSPORT_AUTO, HP_TRANSPORT_SHARED);
    for (int i = 0; i < 6; i++) {
        const unsigned length = lengths[i];
        for (unsigned at = 0; at < length; at++)
            text[at] = (wchar_t)(L'!' + (at * 31 + at / 1000) % 90);
        text[length] = L'\0';
        memset(copy, '?', sizeof copy);
        assert_int_equal(session_text(text, copy, LONGEST + 1), 1);
        assert_int_equal(strlen(copy), length);
        for (unsigned at = 0; at < length; at++)
            if (copy[at] != (char)text[at])
                fail_msg("character %u of %u", at, length);
        assert_int_equal(copy[LONGEST + 1], '?');
    }
    assert_int_equal(status().failures, 0);
    assert_int_equal(status().calls, status().shared_calls);
    detach(process);
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

/*
 * Processor time that the threads of a process have used, in units of 100 ns. By thread, for Wine 8 gives the
 * caller's own time for that of any process.
 */
static ULONGLONG time_used(DWORD pid) {
    ULONGLONG total = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry)) {
        FILETIME made, ended, kernel, user;
        HANDLE thread = entry.th32OwnerProcessID == pid
                            ? OpenThread(THREAD_QUERY_INFORMATION, FALSE, entry.th32ThreadID)
                            : NULL;
        if (thread == NULL)
            continue;
        if (GetThreadTimes(thread, &made, &ended, &kernel, &user))
            total += ((ULONGLONG)kernel.dwHighDateTime << 32) + kernel.dwLowDateTime +
                     ((ULONGLONG)user.dwHighDateTime << 32) + user.dwLowDateTime;
        CloseHandle(thread);
    }
    CloseHandle(all);
    return total;
}

/* What it has used when it has gone to sleep: nothing tells when, so once two looks see the same. */
static ULONGLONG time_used_at_rest(DWORD pid, HANDLE process) {
    enum { LOOK_MS = 100 };
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    ULONGLONG before, now = time_used(pid);
    do {
        before = now;
        assert_int_equal(WaitForSingleObject(process, LOOK_MS), WAIT_TIMEOUT);
        now = time_used(pid);
    } while (now != before && GetTickCount64() < limit);
    if (now != before)
        fail_msg("the update does not come to rest: %llu ms, then %llu", before / 10000, now / 10000);
    return now;
}

static DWORD WINAPI call_in_a_burst(void *gate) {
    int wrong = 0;
    WaitForSingleObject(gate, PATIENCE_MS);
    for (int i = 0; i < BURST_CALLS; i++)
        wrong += session_add(i, 1) != i + 1001;
    return (DWORD)wrong;
}

static void burst(void) {
    HANDLE threads[BURST], gate = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD wrong;
    assert_non_null(gate);
    for (int i = 0; i < BURST; i++) {
        threads[i] = CreateThread(NULL, 0, call_in_a_burst, gate, 0, NULL);
        assert_non_null(threads[i]);
    }
    SetEvent(gate);
    for (int i = 0; i < BURST; i++) {
        assert_int_equal(WaitForSingleObject(threads[i], PATIENCE_MS), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(threads[i], &wrong));
        assert_int_equal(wrong, 0);
        CloseHandle(threads[i]);
    }
    CloseHandle(gate);
}

/*
 * Each of its threads has just spun. The wait is no pause for something to happen: the period itself is what
 * is looked at, and it ends at once if the process does. Nothing depends on how fast the machine is, for who
 * sleeps uses no time however long it takes; one tick is what the clock cannot tell from none.
 */
static void update_that_nobody_calls_uses_no_processor_time(void **state) {
    (void)state;
    enum { IDLE_MS = 2000 };
    HANDLE threads[BURST], in = CreateEventW(NULL, FALSE, FALSE, entered_name),
                           leave = CreateEventW(NULL, TRUE, FALSE, leave_name);
    int results[BURST];
    DWORD adjustment, tick;
    BOOL fixed;
    assert_true(GetSystemTimeAdjustment(&adjustment, &tick, &fixed));
    HANDLE process = attach(NULL, HP_TRANSPORT_SHARED, HP_TRANSPORT_SHARED);
    const DWORD pid = status().server_pid;
    begin_to_keep(threads, results, BURST, in);
    end_to_keep(threads, results, BURST, leave);
    assert_int_equal(status().channels, BURST);
    const ULONGLONG first = time_used(pid);
    /* Until it is seen that it is its time: the clock tells whole ticks of each thread. */
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    ULONGLONG before;
    int bursts = 0;
    do {
        assert_true(GetTickCount64() < limit);
        burst();
        bursts++;
        before = time_used_at_rest(pid, process);
    } while (before <= first + tick);
    assert_int_equal(WaitForSingleObject(process, IDLE_MS), WAIT_TIMEOUT);
    const ULONGLONG after = time_used(pid);
    print_message("# ms of processor time: %llu, after the calls %llu, %u ms later %llu\n", first / 10000,
                  before / 10000, IDLE_MS, after / 10000);
    assert_true(after <= before + tick);
    assert_int_equal(session_add(2, 3), 1005);
    assert_int_equal(status().shared_calls, BURST * (bursts * BURST_CALLS + 1) + 1);
    detach(process);
    CloseHandle(in);
    CloseHandle(leave);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_forces_a_transport_and_the_environment_only_the_undecided),
        cmocka_unit_test(transport_that_does_not_exist_is_refused),
        cmocka_unit_test(threads_have_a_channel_each_up_to_the_limit_and_com_beyond),
        cmocka_unit_test(long_answers_arrive_to_the_last_byte),
        cmocka_unit_test(calls_and_detach_leave_no_handle_and_no_memory),
        cmocka_unit_test(update_that_nobody_calls_uses_no_processor_time),
    };
    return cmocka_run_group_tests_name("shared", tests, session_set_up, session_tear_down);
}
