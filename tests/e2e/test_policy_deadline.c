// Calls whose deadline passes while the update is in them.
#include "e2e/policy_world.h"

static void deadline_that_passes_gives_the_original_at_once_and_drops_the_answer(void **state) {
    (void)state;
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 200};
    HANDLE update = policy_attach(&policy, NULL, 0);
    unsigned char data[64];
    memset(data, '.', sizeof data);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005); /* in time */
    assert_true(ResetEvent(policy_entered) && ResetEvent(policy_leave));
    policy_fill(POLICY_WAIT, data, sizeof data);
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(data[i], 'a');
    assert_int_equal(WaitForSingleObject(policy_entered, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(policy_status().inside, 1);
    assert_int_equal(policy_status().late_answers, 0);
    assert_int_equal(policy_add(POLICY_ANSWER, 6), 1006); /* others are not held up */
    assert_true(SetEvent(policy_leave));
    policy_expect_inside(0);
    assert_int_equal(policy_status().late_answers, 1);
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(data[i], 'a');
    policy_detach(update);
}

static void detach_does_not_wait_for_calls_that_nobody_waits_for(void **state) {
    (void)state;
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 100};
    HANDLE update = policy_attach(&policy, NULL, 0);
    assert_true(ResetEvent(policy_entered) && ResetEvent(policy_leave));
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    assert_int_equal(WaitForSingleObject(policy_entered, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(hp_com_detach(POLICY, 50), S_OK);
    session_expect_end(update); /* it was ended, as it would never have ended by itself */
    assert_int_equal(policy_other(7), 7);
}

static hp_failure_action detach_inside(void *context, const hp_failure *failure, hp_policy_value *value) {
    (void)value;
    assert_int_equal(failure->result, HP_E_DEADLINE);
    *(HRESULT *)context = hp_com_detach(POLICY, 50);
    return HP_FAILURE_ORIGINAL;
}

static void callback_that_detaches_ends_the_update_that_hangs(void **state) {
    (void)state;
    HRESULT detached = S_OK;
    const hp_policy policy = {
        .size = sizeof policy, .deadline_ms = 100, .decide = detach_inside, .context = &detached};
    HANDLE update = policy_attach(&policy, NULL, 0);
    assert_true(ResetEvent(policy_leave));
    assert_int_equal(policy_add(POLICY_WAIT, 5), POLICY_WAIT + 5);
    assert_int_equal(detached, HP_E_CALL_BUSY);
    session_expect_end(update);
    assert_int_equal(policy_other(7), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(deadline_that_passes_gives_the_original_at_once_and_drops_the_answer,
                                  policy_detach_all),
        cmocka_unit_test_teardown(callback_that_detaches_ends_the_update_that_hangs, policy_detach_all),
        cmocka_unit_test_teardown(detach_does_not_wait_for_calls_that_nobody_waits_for, policy_detach_all),
    };
    return cmocka_run_group_tests_name("policy_deadline", tests, policy_set_up, policy_tear_down);
}
