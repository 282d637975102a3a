// Shared memory with an update that stands still: before it has begun with a call, in the middle of a long
// answer, while a channel is being opened.
#include "e2e/freeze.h"
#include "e2e/policy_world.h"

enum { LONG_BYTES = 4 << 20, ROUNDS = 3 };

static unsigned char *data; /* of policy_fill */

/* The last call that failed. */
static struct {
    int count;
    HRESULT result;
    uint32_t dispatched;
    int written; /* something stood in data that the app had not put there */
} failed;

static int is_full_of(unsigned char byte) {
    for (size_t i = 0; i < LONG_BYTES; i++)
        if (data[i] != byte)
            return 0;
    return 1;
}

/* Asked before the original could write anything. */
static hp_failure_action note(void *action, const hp_failure *failure, hp_policy_value *value) {
    (void)value;
    failed.count++;
    failed.result = failure->result;
    failed.dispatched = failure->dispatched;
    failed.written = !is_full_of('.');
    return *(const hp_failure_action *)action;
}

static void expect_failure(HRESULT result, uint32_t dispatched) {
    assert_int_equal(failed.count, 1);
    assert_int_equal(failed.result, result);
    assert_int_equal(failed.dispatched, dispatched);
    assert_int_equal(failed.written, 0);
    failed.count = 0;
}

/* Only this function has a deadline, so that no other call depends on how fast the machine is. */
static HANDLE attach(const char *function, uint32_t deadline_ms) {
    static hp_failure_action original = HP_FAILURE_ORIGINAL, nothing = HP_FAILURE_VALUE;
    const int fills = strcmp(function, "policy_fill") == 0;
    const hp_function_policy policy = {function,
                                       {.size = sizeof(hp_policy),
                                        .deadline_ms = deadline_ms,
                                        .decide = note,
                                        .context = fills ? &nothing : &original}};
    assert_true(ResetEvent(policy_entered) && SetEvent(policy_leave));
    memset(data, '.', LONG_BYTES);
    failed.count = 0;
    HANDLE update = policy_attach(NULL, &policy, 1);
    assert_int_equal(policy_status().transport, HP_TRANSPORT_SHARED);
    return update;
}

static void expect_channels(uint32_t channels, uint64_t shared_calls) {
    const hp_session_status now = policy_status();
    assert_int_equal(now.channels, channels);
    assert_true(now.calls == shared_calls && now.shared_calls == shared_calls);
}

/* Nothing but the revoked call could have set that event, and the update has ended when it is looked at. */
static void call_that_a_frozen_update_has_not_begun_ends_at_its_deadline_and_never_runs(void **state) {
    (void)state;
    HANDLE update = attach("policy_add", 300);
    assert_int_equal(policy_other(5), 1005);
    freeze *frozen = freeze_begin(policy_status().server_pid);
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    expect_failure(HP_E_DEADLINE, 0);
    assert_int_equal(policy_status().inside, 0); /* nobody waits for that answer */
    expect_channels(0, 1);
    freeze_thaw(frozen);
    assert_int_equal(policy_other(6), 1006);
    expect_channels(1, 2);
    policy_detach(update);
    assert_int_equal(WaitForSingleObject(policy_entered, 0), WAIT_TIMEOUT);
}

/* It has to wait for room in the middle of the call. */
static void long_call_that_a_frozen_update_does_not_take_ends_at_its_deadline_and_never_runs(void **state) {
    (void)state;
    HANDLE update = attach("policy_fill", 300);
    freeze *frozen = freeze_begin(policy_status().server_pid);
    policy_fill(POLICY_WAIT, data, LONG_BYTES);
    expect_failure(HP_E_DEADLINE, 0);
    assert_true(is_full_of('.'));
    assert_int_equal(policy_status().inside, 0);
    expect_channels(0, 0);
    freeze_thaw(frozen);
    assert_int_equal(policy_other(6), 1006);
    expect_channels(1, 1);
    policy_detach(update);
    assert_int_equal(WaitForSingleObject(policy_entered, 0), WAIT_TIMEOUT);
}

static void long_answer_that_stops_half_way_ends_at_the_deadline_and_writes_nothing(void **state) {
    (void)state;
    HANDLE update = attach("policy_fill", 2000); /* enough for what comes */
    policy_fill(POLICY_ANSWER, data, LONG_BYTES);
    assert_true(is_full_of('u'));
    assert_int_equal(WaitForSingleObject(policy_entered, 0), WAIT_OBJECT_0); /* it was there, and went on */
    expect_channels(1, 1);
    memset(data, '.', LONG_BYTES);
    assert_true(ResetEvent(policy_entered) && ResetEvent(policy_leave));
    policy_fill(POLICY_ANSWER, data, LONG_BYTES);
    assert_int_equal(WaitForSingleObject(policy_entered, 0), WAIT_OBJECT_0);
    expect_failure(HP_E_DEADLINE, 1);
    assert_true(is_full_of('.'));
    assert_int_equal(policy_status().inside, 0);
    expect_channels(0, 1);                   /* the channel is closed at once */
    assert_int_equal(policy_other(5), 1005); /* although its server is still there */
    expect_channels(1, 2);
    assert_true(SetEvent(policy_leave));
    policy_fill(POLICY_ANSWER, data, LONG_BYTES);
    assert_true(is_full_of('u'));
    assert_int_equal(policy_status().late_answers, 0);
    assert_int_equal(failed.count, 0);
    policy_detach(update);
}

static DWORD WINAPI kill_half_way(void *update) {
    const int entered = WaitForSingleObject(policy_entered, PATIENCE_MS) == WAIT_OBJECT_0;
    TerminateProcess(update, 1);
    return entered;
}

static void long_answer_of_an_update_that_dies_half_way_writes_nothing(void **state) {
    (void)state;
    HANDLE update = attach("policy_fill", 0);
    assert_true(ResetEvent(policy_leave));
    HANDLE killer = CreateThread(NULL, 0, kill_half_way, update, 0, NULL);
    assert_non_null(killer);
    policy_fill(POLICY_ANSWER, data, LONG_BYTES);
    expect_failure(HP_E_UPDATE_GONE, 1);
    assert_true(is_full_of('.'));
    DWORD entered;
    assert_int_equal(WaitForSingleObject(killer, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(killer, &entered) && entered);
    CloseHandle(killer);
    policy_detach(update);
}

/* ---- the opening of a channel ---- */

static DWORD WINAPI stay(void *context) {
    (void)context;
    return (DWORD)policy_add(POLICY_WAIT, 5);
}

/* A caller that keeps the only channel. */
static HANDLE begin_to_stay(void) {
    assert_true(ResetEvent(policy_entered) && ResetEvent(policy_leave));
    HANDLE thread = CreateThread(NULL, 0, stay, NULL, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(policy_entered, PATIENCE_MS), WAIT_OBJECT_0);
    return thread;
}

static void end_to_stay(HANDLE thread) {
    DWORD result;
    assert_true(SetEvent(policy_leave));
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &result));
    assert_int_equal(result, 1005);
    CloseHandle(thread);
}

static void expect_late_channel(void) {
    HANDLE update = attach("policy_other", 300), thread = begin_to_stay();
    freeze *frozen = freeze_begin(policy_status().server_pid);
    assert_int_equal(policy_other(6), 6);
    expect_failure(HP_E_DEADLINE, 0);
    assert_int_equal(policy_status().inside, 2); /* who stays, and the opening */
    freeze_thaw(frozen);
    policy_expect_inside(1);
    expect_channels(2, 0);
    assert_int_equal(policy_large(POLICY_ANSWER), 1000);
    expect_channels(2, 1); /* through the one that came late: no third one, and not over COM */
    end_to_stay(thread);
    expect_channels(2, 2);
    assert_int_equal(policy_status().failures, 1);
    policy_detach(update);
}

static void expect_no_handle_lost(void (*once)(void)) {
    once();
    const DWORD before = session_handles();
    for (int i = 0; i < ROUNDS; i++)
        once();
    const DWORD after = session_handles_at_most(before + ROUNDS - 1);
    print_message("# handles %lu, then %lu\n", before, after);
    assert_true(after < before + ROUNDS);
}

static void channel_that_opens_after_the_deadline_serves_later_calls(void **state) {
    (void)state;
    expect_no_handle_lost(expect_late_channel);
}

/* The first call spoils the channel, the second one needs another. */
static freeze *abandon_opening(void) {
    freeze *frozen = freeze_begin(policy_status().server_pid);
    assert_int_equal(policy_other(6), 6);
    expect_failure(HP_E_DEADLINE, 0);
    assert_int_equal(policy_status().inside, 0);
    assert_int_equal(policy_other(7), 7);
    expect_failure(HP_E_DEADLINE, 0);
    assert_int_equal(policy_status().inside, 1);
    return frozen;
}

/* Detach frees it when it comes. */
static void detach_before_late_channel(void) {
    HANDLE update = attach("policy_other", 300);
    freeze_thaw(abandon_opening());
    policy_detach(update);
}

static void detach_meets_a_channel_that_opens_late(void **state) {
    (void)state;
    expect_no_handle_lost(detach_before_late_channel);
}

static void detach_ends_an_update_that_never_opens_the_channel(void **state) {
    (void)state;
    HANDLE update = attach("policy_other", 300);
    freeze *frozen = abandon_opening();
    assert_int_equal(hp_com_detach(POLICY, 50), S_OK);
    session_expect_end(update);
    freeze_forget(frozen);
    assert_int_equal(policy_other(7), 7);
    update = attach("policy_other", 0); /* and all is well again */
    assert_int_equal(policy_other(7), 1007);
    policy_detach(update);
}

static int set_up(void **state) {
    static wchar_t stalls[] = L"policy_stalls.exe";
    *state = stalls;
    data = malloc(LONG_BYTES);
    assert_non_null(data);
    return policy_set_up(state);
}

#define FROZEN_TEST(test) cmocka_unit_test_teardown(test, policy_detach_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        FROZEN_TEST(channel_that_opens_after_the_deadline_serves_later_calls),
        FROZEN_TEST(detach_meets_a_channel_that_opens_late),
        FROZEN_TEST(call_that_a_frozen_update_has_not_begun_ends_at_its_deadline_and_never_runs),
        FROZEN_TEST(long_call_that_a_frozen_update_does_not_take_ends_at_its_deadline_and_never_runs),
        FROZEN_TEST(long_answer_that_stops_half_way_ends_at_the_deadline_and_writes_nothing),
        FROZEN_TEST(long_answer_of_an_update_that_dies_half_way_writes_nothing),
        FROZEN_TEST(detach_ends_an_update_that_never_opens_the_channel),
    };
    return cmocka_run_group_tests_name("frozen", tests, set_up, policy_tear_down);
}
