// Detach, attach and move to another version while threads call: every call is answered once, by one version.
#include "e2e/session_app.h"
#include "e2e/threads_app.h"

#include <objbase.h>

enum { CALLERS = 8, TICKETS_EACH = THREADS_TICKETS / CALLERS };

static HANDLE entered, leave;

/* ---- threads that call all the time ---- */

typedef struct caller {
    HANDLE thread;
    DWORD model; /* for CoInitializeEx, ~0: none */
    uint32_t first, next;
    volatile LONG stop, wrong;
    volatile LONG seen[THREADS_VERSIONS]; /* answers by version */
    unsigned char by[TICKETS_EACH];       /* who answered */
} caller;

static caller callers[CALLERS];

static DWORD WINAPI call_all_the_time(void *context) {
    caller *it = context;
    if (it->model != ~0ul)
        CoInitializeEx(NULL, it->model);
    for (uint32_t i = 0; !it->stop && i < TICKETS_EACH; i++) {
        int answer = threads_call(it->first + i) - (int)(it->first + i), version = answer / 1000000;
        it->next = i + 1;
        if (version < 0 || version >= THREADS_VERSIONS || answer % 1000000 != 0) {
            InterlockedIncrement(&it->wrong);
            continue;
        }
        it->by[i] = (unsigned char)version;
        InterlockedIncrement(&it->seen[version]);
        if (version == 0 || i % 4 == 0)
            Sleep(1); /* calls are fast, and there are only so many tickets */
    }
    if (it->model != ~0ul)
        CoUninitialize();
    return 0;
}

static void start_callers(void) {
    static const DWORD models[] = {~0ul, COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED};
    memset(threads_ledger_open(), 0, sizeof(threads_ledger));
    memset(callers, 0, sizeof callers);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].model = models[i % 3];
        callers[i].first = (uint32_t)i * TICKETS_EACH;
        callers[i].thread = CreateThread(NULL, 0, call_all_the_time, &callers[i], 0, NULL);
        assert_non_null(callers[i].thread);
    }
}

/* Each call was run once, and by whom its caller says. */
static void stop_callers(void) {
    const threads_ledger *ledger = threads_ledger_open();
    LONG sums[THREADS_VERSIONS] = {0};
    for (int i = 0; i < CALLERS; i++)
        callers[i].stop = 1;
    for (int i = 0; i < CALLERS; i++) {
        const caller *it = &callers[i];
        session_expect_end(it->thread);
        assert_int_equal(it->wrong, 0);
        for (uint32_t j = 0; j < it->next; j++)
            for (int version = 0; version < THREADS_VERSIONS; version++)
                if (ledger->runs[version][it->first + j] != (version == it->by[j]))
                    fail_msg("call %u of thread %d was answered by %d, but version %d ran it %d times", j, i,
                             it->by[j], version, ledger->runs[version][it->first + j]);
        for (int version = 0; version < THREADS_VERSIONS; version++)
            sums[version] += it->seen[version];
    }
    print_message("# calls by the app %ld, by v2 %ld, by v3 %ld: each once\n", sums[0], sums[2], sums[3]);
}

typedef struct wanted {
    int version;
    LONG base[CALLERS];
} wanted;

static int all_have_called(void *context) {
    const wanted *it = context;
    for (int i = 0; i < CALLERS; i++)
        if (callers[i].seen[it->version] < it->base[i] + 3 && callers[i].wrong == 0)
            return 0;
    return 1;
}

/* From now on, each thread gets some answers of that version. */
static void expect_answers_of(int version) {
    wanted it = {.version = version};
    for (int i = 0; i < CALLERS; i++)
        it.base[i] = callers[i].seen[version];
    assert_true(session_wait_for(all_have_called, &it));
}

/* ---- the tests ---- */

static void detach_and_attach_while_threads_call(void **state) {
    (void)state;
    enum { ROUNDS = 12 };
    start_callers();
    for (int i = 0; i < ROUNDS; i++) {
        expect_answers_of(0);
        HANDLE update = session_attach(THREADS);
        expect_answers_of(2);
        assert_int_equal(hp_com_detach(THREADS, PATIENCE_MS), S_OK);
        session_expect_end(update);
    }
    stop_callers();
}

static hp_session_status status(void) {
    hp_session_status it = {.size = sizeof it};
    assert_int_equal(hp_com_status(THREADS, &it), S_OK);
    return it;
}

static void moving_to_and_fro_while_eight_threads_call(void **state) {
    (void)state;
    enum { ROUNDS = 6 };
    HANDLE v2 = session_attach(THREADS);
    start_callers();
    expect_answers_of(2);
    LONG original = 0;
    for (int i = 0; i < CALLERS; i++)
        original += callers[i].seen[0];
    assert_int_equal(original, 0);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(status().failures, 0);
        session_register(L"threads_v3.exe");
        HANDLE v3 = session_attach(THREADS);
        expect_answers_of(3);
        session_expect_end(v2);
        assert_int_equal(status().failures, 0);
        session_unregister(L"threads_v3.exe");
        v2 = session_attach(THREADS);
        expect_answers_of(2);
        session_expect_end(v3);
    }
    assert_int_equal(status().failures, 0);
    for (int i = 0; i < CALLERS; i++)
        original += callers[i].seen[0];
    assert_int_equal(original, 0); /* no call ever ran the app's own */
    stop_callers();
    assert_int_equal(hp_com_detach(THREADS, PATIENCE_MS), S_OK);
    session_expect_end(v2);
}

static DWORD WINAPI hold(void *context) {
    (void)context;
    return (DWORD)threads_hold(5);
}

/* A thread whose call is inside the update until leave is set. */
static HANDLE begin_hold(void) {
    assert_true(ResetEvent(entered) && ResetEvent(leave));
    HANDLE thread = CreateThread(NULL, 0, hold, NULL, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(entered, PATIENCE_MS), WAIT_OBJECT_0);
    return thread;
}

static void expect_result(HANDLE thread, DWORD result) {
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, result);
    CloseHandle(thread);
}

static void call_inside_v2_ends_there_while_v3_answers_others(void **state) {
    (void)state;
    HANDLE v2 = session_attach(THREADS), held = begin_hold();
    start_callers();
    expect_answers_of(2);
    session_register(L"threads_v3.exe");
    hp_attach_options options = session_options();
    options.drain_timeout_ms = 50;
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(THREADS, &options, &report), S_OK);
    HANDLE v3 = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_non_null(v3);
    expect_answers_of(3);
    assert_int_equal(WaitForSingleObject(v2, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(held, 0), WAIT_TIMEOUT);
    assert_int_equal(status().failures, 0);
    SetEvent(leave);
    expect_result(held, 2000005);
    session_expect_end(v2);
    expect_answers_of(3);
    stop_callers();
    assert_int_equal(status().failures, 0);
    assert_int_equal(hp_com_detach(THREADS, PATIENCE_MS), S_OK);
    session_expect_end(v3);
    session_unregister(L"threads_v3.exe");
}

static void detach_without_limit_does_not_wait_for_abandoned_calls_for_ever(void **state) {
    (void)state;
    hp_attach_options options = session_options();
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 200};
    options.policy = &policy;
    options.breaker.hangs = UINT32_MAX;
    hp_report *report;
    assert_true(ResetEvent(leave));
    assert_int_equal(hp_com_attach_ex(THREADS, &options, &report), S_OK);
    HANDLE update = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_int_equal(threads_hold(5), 5);
    assert_int_equal(status().inside, 1);
    assert_int_equal(hp_com_detach(THREADS, INFINITE), S_OK);
    session_expect_end(update);
}

/* ---- callbacks that detach ---- */

static volatile LONG heard_result;
static HANDLE heard;

static void detach_when_opened(void *context, const hp_event *event) {
    (void)context;
    if (event->kind == HP_EVENT_ATTACHED)
        SetEvent(heard);
    if (event->kind != HP_EVENT_OPENED)
        return;
    heard_result = hp_com_detach(THREADS, INFINITE);
    SetEvent(heard);
}

static void sink_may_detach_when_it_hears_of_a_breaker(void **state) {
    (void)state;
    hp_watch_options options = {
        .size = sizeof options, .attach = session_options(), .sink = detach_when_opened};
    options.attach.breaker.failures = 2;
    hp_watch *watch;
    heard_result = 1;
    assert_int_equal(hp_com_watch(THREADS, &options, &watch), S_OK);
    assert_int_equal(WaitForSingleObject(heard, PATIENCE_MS), WAIT_OBJECT_0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(threads_outer(i) % 1000000, i + 1);
    assert_int_equal(WaitForSingleObject(heard, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(heard_result, S_OK);
    assert_int_equal(threads_inner(7), 7);
    hp_com_unwatch(watch);
    session_expect_no_process(L"threads_v2.exe");
}

static hp_failure_action detach_when_failed(void *context, const hp_failure *failure,
                                            hp_policy_value *value) {
    (void)failure;
    (void)value;
    *(HRESULT *)context = hp_com_detach(THREADS, INFINITE);
    return HP_FAILURE_ORIGINAL;
}

static void callback_of_a_call_may_detach_and_does_not_wait_for_itself(void **state) {
    (void)state;
    HRESULT detached = S_FALSE;
    hp_attach_options options = session_options();
    const hp_policy policy = {.size = sizeof policy, .decide = detach_when_failed, .context = &detached};
    options.policy = &policy;
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(THREADS, &options, &report), S_OK);
    HANDLE update = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_int_equal(threads_outer(7), 8);
    assert_int_equal(detached, HP_E_CALL_BUSY);
    session_expect_end(update);
    assert_int_equal(threads_inner(7), 7);
}

static int prepare(void **state) {
    (void)state;
    heard = CreateEventW(NULL, FALSE, FALSE, NULL);
    entered = CreateEventW(NULL, TRUE, FALSE, THREADS_ENTERED);
    leave = CreateEventW(NULL, TRUE, FALSE, THREADS_LEAVE);
    assert_true(heard != NULL && entered != NULL && leave != NULL && threads_ledger_open() != NULL);
    session_register(L"threads_v2.exe");
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    session_unregister(L"threads_v2.exe");
    return 0;
}

/* So that a test that failed does not fail those after it. */
static int detach_all(void **state) {
    (void)state;
    for (int i = 0; i < CALLERS; i++)
        callers[i].stop = 1;
    SetEvent(leave);
    hp_com_detach(THREADS, 0);
    session_unregister(L"threads_v3.exe");
    return 0;
}

#define HANDOVER_TEST(test) cmocka_unit_test_teardown(test, detach_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        HANDOVER_TEST(detach_and_attach_while_threads_call),
        HANDOVER_TEST(moving_to_and_fro_while_eight_threads_call),
        HANDOVER_TEST(call_inside_v2_ends_there_while_v3_answers_others),
        HANDOVER_TEST(detach_without_limit_does_not_wait_for_abandoned_calls_for_ever),
        HANDOVER_TEST(sink_may_detach_when_it_hears_of_a_breaker),
        HANDOVER_TEST(callback_of_a_call_may_detach_and_does_not_wait_for_itself),
    };
    return cmocka_run_group_tests_name("handover", tests, prepare, clean_up);
}
