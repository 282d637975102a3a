// An update that fails again and again is left alone, tried again, ended and started anew; the app learns of
// it.
#include "e2e/freeze.h"
#include "e2e/policy_world.h"

#include "client/health.h"
#include "client/target.h"

enum { EVENTS = 64 };

typedef struct told {
    hp_event_kind kind;
    HRESULT result;
    uint32_t pid;
    wchar_t function[32];
} told;

/* Static, so that a watch of a test that failed can still talk. */
static struct {
    HANDLE some; /* a semaphore: events that nobody has taken yet */
    volatile LONG written;
    LONG read;
    told events[EVENTS];
} heard;
static hp_watch *watch;

static void hear(void *context, const hp_event *event) {
    (void)context;
    assert_true(heard.written < EVENTS);
    told *slot = &heard.events[heard.written];
    *slot = (told){.kind = event->kind,
                   .result = event->result,
                   .pid = event->report != NULL ? event->report->server_pid : 0};
    if (event->function != NULL)
        wcsncpy(slot->function, event->function, 31);
    heard.written++;
    ReleaseSemaphore(heard.some, 1, NULL);
}

static told expect_event(hp_event_kind kind) {
    if (WaitForSingleObject(heard.some, PATIENCE_MS) != WAIT_OBJECT_0)
        fail_msg("the watch does not say %d", (int)kind);
    told event = heard.events[heard.read++];
    if (event.kind != kind)
        fail_msg("the watch says %d, 0x%08lx, and not %d", (int)event.kind, event.result, (int)kind);
    return event;
}

/* Returns the update's process id. */
static uint32_t begin(const hp_policy *policy, hp_breaker breaker) {
    hp_watch_options options = {
        .size = sizeof options, .attach = session_options(), .sink = hear, .retry_ms = 50};
    options.attach.policy = policy;
    options.attach.breaker = breaker;
    heard.written = heard.read = 0;
    assert_int_equal(hp_com_watch(POLICY, &options, &watch), S_OK);
    return expect_event(HP_EVENT_ATTACHED).pid;
}

static int end(void **state) {
    (void)state;
    hp_com_unwatch(watch);
    watch = NULL;
    assert_int_equal(heard.written, heard.read);
    session_expect_no_process(L"policy_update.exe");
    assert_int_equal(policy_other(7), 7);
    return 0;
}

static void function_that_fails_in_a_row_is_left_alone_and_others_are_not(void **state) {
    (void)state;
    begin(NULL, (hp_breaker){.failures = 3, .probe_ms = 3600000});
    for (int round = 0; round < 2; round++) { /* in a row: what succeeds in between begins anew */
        assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
        assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
        assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
    }
    assert_int_equal(policy_status().open, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
    told event = expect_event(HP_EVENT_OPENED);
    assert_int_equal(event.result, HP_E_BREAKER_OPEN);
    assert_int_equal(wcscmp(event.function, L"policy_add"), 0);
    assert_int_equal(policy_status().open, 1);
    int calls = policy_calls();
    for (int i = 0; i < 100; i++)
        assert_int_equal(policy_add(POLICY_ANSWER, i), i);
    assert_int_equal(policy_calls(), calls);
    assert_int_equal(policy_other(4), 1004);
    assert_int_equal(policy_status().gone, 0);
}

static void breaker_closes_when_a_call_that_tries_succeeds(void **state) {
    (void)state;
    begin(NULL, (hp_breaker){.failures = 2, .probe_ms = 50});
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2; i++)
            assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
        expect_event(HP_EVENT_OPENED);
        ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
        while (policy_add(POLICY_ANSWER, 5) != 1005 && GetTickCount64() < limit)
            SwitchToThread();
        told event = expect_event(HP_EVENT_CLOSED);
        assert_int_equal(event.result, S_OK);
        assert_int_equal(wcscmp(event.function, L"policy_add"), 0);
        assert_int_equal(policy_status().open, 0);
        assert_int_equal(policy_add(POLICY_ANSWER, 6), 1006);
    }
}

static int probe_is_due(void *binding) {
    return GetTickCount64() >= ((const hp_binding *)binding)->circuit.due;
}

static void call_that_fails_late_does_not_shut_a_function_for_good(void **state) {
    (void)state;
    begin(NULL, (hp_breaker){.failures = 1, .probe_ms = 20});
    hp_binding *binding = hp_target_find((const unsigned char *)(uintptr_t)policy_add)->binding;
    hp_health_note(binding, HP_CIRCUIT_CALL, E_FAIL, HP_REACH_MAYBE);
    expect_event(HP_EVENT_OPENED);
    assert_true(session_wait_for(probe_is_due, binding));
    hp_health_note(binding, HP_CIRCUIT_CALL, E_FAIL, HP_REACH_MAYBE); /* began when it was closed */
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
    expect_event(HP_EVENT_CLOSED);
}

static void update_that_hangs_again_and_again_is_ended_and_started_anew(void **state) {
    (void)state;
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 1500}; /* enough to answer at all */
    uint32_t pid = begin(&policy, (hp_breaker){.hangs = 2});
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    assert_non_null(process);
    assert_true(ResetEvent(policy_leave));
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    assert_int_equal(policy_other(5), 1005); /* not in a row */
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    session_expect_end(process);
    assert_int_equal(expect_event(HP_EVENT_HUNG).result, HP_E_DEADLINE);
    expect_event(HP_EVENT_LOST);
    assert_int_not_equal(expect_event(HP_EVENT_ATTACHED).pid, pid);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
}

/* Nothing of it runs: not the thread that would take a call, nor those of COM. */
static void frozen_update_is_ended_and_started_anew(void **state) {
    (void)state;
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 1500};
    uint32_t pid = begin(&policy, (hp_breaker){.hangs = 2});
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    assert_non_null(process);
    freeze *frozen = freeze_begin(pid);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 5);
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
    assert_int_equal(policy_add(POLICY_ANSWER, 6), 6);
    session_expect_end(process);
    freeze_forget(frozen);
    assert_int_equal(expect_event(HP_EVENT_HUNG).result, HP_E_DEADLINE);
    expect_event(HP_EVENT_LOST);
    assert_int_not_equal(expect_event(HP_EVENT_ATTACHED).pid, pid);
    assert_int_equal(policy_add(POLICY_ANSWER, 7), 1007);
}

static void calls_of_a_dead_update_do_not_even_come_by(void **state) {
    (void)state;
    const hp_function_policy other = {"policy_other",
                                      {.size = sizeof(hp_policy), .action = HP_FAILURE_VALUE}};
    hp_attach_options options = session_options();
    options.functions = &other;
    options.function_count = 1;
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(POLICY, &options, &report), S_OK);
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, report->server_pid);
    hp_report_free(report);
    const hp_target *target = hp_target_find((const unsigned char *)(uintptr_t)policy_add);
    assert_non_null(target);
    void *const bypass = (void *)(uintptr_t)hp_spill_bypass;
    assert_ptr_not_equal(target->context.enter, bypass);
    assert_true(TerminateProcess(process, 1));
    session_expect_end(process);
    assert_int_equal(policy_large(0), 5); /* finds out */
    assert_ptr_equal(target->context.enter, bypass);
    uint64_t failures = policy_status().failures;
    assert_int_equal(policy_status().gone, 1);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 5);
    assert_true(policy_status().failures == failures);
    assert_int_equal(policy_other(5), 0); /* its policy wants to be asked */
    assert_true(policy_status().failures == failures + 1);
    assert_int_equal(hp_com_attach_ex(POLICY, &options, NULL), S_OK);
    assert_ptr_not_equal(target->context.enter, bypass);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
    assert_int_equal(hp_com_detach(POLICY, PATIENCE_MS), S_OK);
}

static int prepare(void **state) {
    heard.some = CreateSemaphoreW(NULL, 0, EVENTS, NULL);
    assert_non_null(heard.some);
    return policy_set_up(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(function_that_fails_in_a_row_is_left_alone_and_others_are_not, end),
        cmocka_unit_test_teardown(breaker_closes_when_a_call_that_tries_succeeds, end),
        cmocka_unit_test_teardown(call_that_fails_late_does_not_shut_a_function_for_good, end),
        cmocka_unit_test_teardown(update_that_hangs_again_and_again_is_ended_and_started_anew, end),
        cmocka_unit_test_teardown(frozen_update_is_ended_and_started_anew, end),
        cmocka_unit_test_teardown(calls_of_a_dead_update_do_not_even_come_by, end),
    };
    return cmocka_run_group_tests(tests, prepare, policy_tear_down);
}
