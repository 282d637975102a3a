// Updates that do not serve channels, or say that they do.
#include "e2e/attach_world.h"

static void ask_for(const wchar_t *transport) {
    SetEnvironmentVariableW(L"HOTPATCH_TRANSPORT", transport);
}

/* Left to choose, the app goes on over COM, and says why. */
static void expect_com(const char *why) {
    hp_report *report;
    ask_for(NULL);
    assert_int_equal(fake_attach(&fakes[0], 0, &report), S_OK);
    assert_non_null(report);
    assert_int_equal(report->transport, HP_TRANSPORT_COM);
    if (strstr(report->transport_detail, why) == NULL)
        fail_msg("%s", report->transport_detail);
    hp_report_free(report);
    hp_session_status status = {.size = sizeof status};
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    assert_int_equal(hp_com_status(fakes[0].progid, &status), S_OK);
    assert_int_equal(status.transport, HP_TRANSPORT_COM);
    assert_int_equal(status.channels, 0);
    assert_int_equal(status.calls, 1);
    assert_int_equal(status.shared_calls, 0);
    assert_int_equal(hp_com_detach(fakes[0].progid, 5000), S_OK);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
}

/* Told to use shared memory, it does not attach. */
static void expect_refusal(HRESULT result, const char *why) {
    ask_for(L"shared");
    attach_expect_failure(&fakes[0],
                          &(expectation){.result = result, .detail = why, .starts = 1, .deadline_ms = 0});
    ask_for(NULL);
}

static void update_that_knows_no_channels(void **state) {
    (void)state;
    expect_com("older Hotpatch");
    expect_refusal(HP_E_TRANSPORT, "older Hotpatch");
}

static void update_that_says_yes_and_serves_nothing(void **state) {
    (void)state;
    fake_order_member(&fakes[0], HP_DISPID_OPEN_CHANNEL, FAKE_NUMBER, 0);
    expect_com("has not taken the channel");
    expect_refusal(HP_E_TRANSPORT, "has not taken the channel");
}

static void update_that_fails_to_open_a_channel(void **state) {
    (void)state;
    fake_text(&fakes[0], L"no more threads");
    fake_order_member(&fakes[0], HP_DISPID_OPEN_CHANNEL, FAKE_EXCEPTION, E_OUTOFMEMORY);
    expect_com("no more threads");
    expect_refusal(E_OUTOFMEMORY, "no more threads");
}

static void update_that_dies_over_it(void **state) {
    (void)state;
    fake_order_member(&fakes[0], HP_DISPID_OPEN_CHANNEL, FAKE_DIE, 0);
    ask_for(NULL);
    attach_expect_failure(&fakes[0], &(expectation){.result = HP_E_UPDATE_GONE, .starts = 1});
    expect_refusal(HP_E_UPDATE_GONE, NULL);
}

static void update_that_hangs_over_it_meets_the_deadline(void **state) {
    (void)state;
    fake_order_member(&fakes[0], HP_DISPID_OPEN_CHANNEL, FAKE_HANG, 0);
    ask_for(NULL);
    attach_expect_failure(&fakes[0],
                          &(expectation){.result = HP_E_DEADLINE, .starts = 1, .deadline_ms = 1500});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(update_that_knows_no_channels, attach_setup, attach_teardown),
        cmocka_unit_test_setup_teardown(update_that_says_yes_and_serves_nothing, attach_setup,
                                        attach_teardown),
        cmocka_unit_test_setup_teardown(update_that_fails_to_open_a_channel, attach_setup, attach_teardown),
        cmocka_unit_test_setup_teardown(update_that_dies_over_it, attach_setup, attach_teardown),
        cmocka_unit_test_setup_teardown(update_that_hangs_over_it_meets_the_deadline, attach_setup,
                                        attach_teardown),
    };
    return cmocka_run_group_tests_name("attach_transport", tests, NULL, NULL);
}
