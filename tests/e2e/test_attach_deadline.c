// An update that hangs while it is attached: the deadline ends the attach, and the update.
#include "e2e/attach_world.h"

#include <windows.h>

enum { PATIENCE_MS = 30000 };

/* Long enough for the process to begin, however busy the machine is: that it did is counted. */
static void expect_deadline(void) {
    attach_expect_failure(&fakes[0], &(expectation){.result = HP_E_DEADLINE,
                                                    .detail = "the attach may take 2000 ms",
                                                    .deadline_ms = 2000,
                                                    .starts = 1});
}

static void update_that_hangs_in_any_question_is_ended_when_the_deadline_passes(void **state) {
    (void)state;
    static const DISPID questions[] = {HP_DISPID_PROTOCOL_VERSION, HP_DISPID_IMAGE_IDENTITY,
                                       HP_DISPID_PROCESS_ID,       HP_DISPID_GET_NAMES,
                                       HP_DISPID_GET_SIGNATURE,    HP_DISPID_CONNECT};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        fake_order_member(&fakes[0], questions[i], FAKE_HANG, 0);
        expect_deadline();
        fake_behave(&fakes[0]);
    }
    attach_expect_good(&fakes[0]);
}

static void update_that_never_makes_its_object_is_ended(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_STUCK;
    expect_deadline();
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void update_that_never_gets_ready_is_ended(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_DAWDLE;
    expect_deadline();
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void update_that_does_not_take_leave_is_ended(void **state) {
    (void)state;
    fake_order_member(&fakes[0], HP_DISPID_DISCONNECT, FAKE_HANG, 0);
    hp_attach_options options = {.size = sizeof options, .flags = HP_ATTACH_ALLOW_ELEVATED};
    assert_int_equal(hp_com_attach_ex(fakes[0].progid, &options, NULL), S_OK);
    assert_int_equal(hp_com_detach(fakes[0].progid, PATIENCE_MS), S_OK);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
}

static void deadline_that_does_not_pass_changes_nothing(void **state) {
    (void)state;
    hp_attach_options options = {
        .size = sizeof options, .flags = HP_ATTACH_ALLOW_ELEVATED, .deadline_ms = PATIENCE_MS};
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(fakes[0].progid, &options, &report), S_OK);
    assert_true(report->redirected > 0);
    hp_report_free(report);
    assert_int_equal(hp_com_attach_ex(fakes[0].progid, &options, NULL), S_FALSE);
    assert_int_equal(hp_com_detach(fakes[0].progid, PATIENCE_MS), S_OK);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
}

static void note_attach(void *context, const hp_event *event) {
    if (event->kind == HP_EVENT_ATTACHED)
        SetEvent(context);
    if (event->kind == HP_EVENT_FAILED) {
        assert_int_equal(event->result, HP_E_DEADLINE);
        fake_behave(&fakes[0]); /* the next one is better */
    }
}

static void watch_tries_again_after_a_deadline(void **state) {
    (void)state;
    HANDLE attached = CreateEventW(NULL, TRUE, FALSE, NULL);
    fake_order_member(&fakes[0], HP_DISPID_GET_NAMES, FAKE_HANG, 0);
    const hp_watch_options options = {
        .size = sizeof options,
        .attach = {.size = sizeof options.attach, .flags = HP_ATTACH_ALLOW_ELEVATED, .deadline_ms = 700},
        .sink = note_attach,
        .context = attached,
        .retry_ms = 10};
    hp_watch *watch;
    assert_int_equal(hp_com_watch(fakes[0].progid, &options, &watch), S_OK);
    assert_int_equal(WaitForSingleObject(attached, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    hp_com_unwatch(watch);
    assert_true(fake_await_end(&fakes[0]) >= 2);
    CloseHandle(attached);
}

/* No deadline, but the watch is not kept by an update that hangs. */
static void unwatch_does_not_wait_for_an_update_that_hangs(void **state) {
    (void)state;
    fake_order_member(&fakes[0], HP_DISPID_GET_NAMES, FAKE_HANG, 0);
    const hp_watch_options options = {
        .size = sizeof options, .attach = {.size = sizeof options.attach, .flags = HP_ATTACH_ALLOW_ELEVATED}};
    hp_watch *watch;
    assert_int_equal(hp_com_watch(fakes[0].progid, &options, &watch), S_OK);
    ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    while (fakes[0].orders->started == 0 && GetTickCount64() < limit)
        SwitchToThread();
    hp_com_unwatch(watch);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, attach_setup, attach_teardown)

int main(int argc, char **argv) {
    if (argc > 1) /* one test of the group, by name */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(update_that_hangs_in_any_question_is_ended_when_the_deadline_passes),
        TEST(update_that_never_makes_its_object_is_ended),
        TEST(update_that_never_gets_ready_is_ended),
        TEST(update_that_does_not_take_leave_is_ended),
        TEST(deadline_that_does_not_pass_changes_nothing),
        TEST(watch_tries_again_after_a_deadline),
        TEST(unwatch_does_not_wait_for_an_update_that_hangs),
    };
    return cmocka_run_group_tests_name("attach-deadline", tests, NULL, NULL);
}
