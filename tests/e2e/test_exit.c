// The end of the app's process, in every way there is: prompt, with the exit code given, and the update ends,
// too. The app is a child process, exit_app.c.
#include "e2e/exit_world.h"
#include "e2e/freeze.h"

static void main_returns_and_nobody_has_detached(void **state) {
    (void)state;
    do {
        exit_start(L"return");
        exit_finish(7);
        exit_expect_answers();
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_with_an_atexit_handler_that_calls_and_detaches(void **state) {
    (void)state;
    do {
        exit_start(L"exit");
        exit_finish(7);
        child_expect(exit_now.app, "at exit: add 1005 detach 0x00000000", PATIENCE_MS);
        child_expect(exit_now.app, "add 5 other 6", PATIENCE_MS);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_process_while_calls_are_with_the_update(void **state) {
    (void)state;
    do {
        exit_start(L"other");
        exit_finish(7);
        exit_expect_detach_notice();
        assert_int_equal(WaitForSingleObject(exit_now.entered, 0), WAIT_OBJECT_0);
        SetEvent(exit_now.leave);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void terminate_process_while_calls_are_with_the_update(void **state) {
    (void)state;
    do {
        exit_start(L"terminate");
        exit_finish(7);
        assert_int_equal(WaitForSingleObject(exit_now.entered, 0), WAIT_OBJECT_0);
        exit_expect_update_ends(); /* by itself, although its call never returns */
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_inside_a_call_from_the_policys_callback(void **state) {
    (void)state;
    do {
        exit_start(L"decide");
        exit_finish(7);
        child_expect(exit_now.app, "at exit: add 5 detach 0x80040222",
                     PATIENCE_MS); /* its own call is inside */
        child_expect(exit_now.app, "add 5 other 6", PATIENCE_MS);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_inside_the_original_of_a_failed_call(void **state) {
    (void)state;
    do {
        exit_start(L"original");
        exit_finish(7);
        child_expect(exit_now.app, "at exit: add 1005 detach 0x00000000", PATIENCE_MS);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_with_a_dead_update(void **state) {
    (void)state;
    do {
        exit_start(L"return");
        assert_true(TerminateProcess(exit_now.update, 1));
        exit_expect_update_ends();
        exit_finish(7);
        child_expect(exit_now.app, "add 5 other ", PATIENCE_MS);
        child_expect(exit_now.app, "again 7", PATIENCE_MS);
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_with_a_suspended_update(void **state) {
    (void)state;
    do {
        exit_start(L"suspended-return");
        freeze *frozen = freeze_begin(exit_now.pid);
        exit_say_word();
        freeze_thaw(frozen);
        /* What was given up does not run: there is no event to wait for. */
        assert_int_equal(WaitForSingleObject(exit_now.entered, 500), WAIT_TIMEOUT);
        SetEvent(exit_now.leave);
        assert_int_equal(child_wait(exit_now.app, PATIENCE_MS), 7);
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

/* It is asked to go, does not listen, and is ended. */
static void detach_from_a_suspended_update_at_exit(void **state) {
    (void)state;
    do {
        exit_start(L"suspended-exit");
        freeze *frozen = freeze_begin(exit_now.pid);
        exit_finish(7);
        exit_expect_update_ends();
        freeze_forget(frozen);
    } while (exit_is_late(EXIT_FAREWELL_MS));
}

static void watch_that_runs_and_is_ended_too_late(void **state) {
    (void)state;
    do {
        exit_start(L"watch");
        exit_finish(7);
        exit_expect_answers();
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void exit_with_an_abandoned_call(void **state) {
    (void)state;
    do {
        exit_start(L"abandoned");
        exit_finish(7);
        child_expect(exit_now.app, "abandoned 7", PATIENCE_MS);
        exit_expect_detach_notice();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

/* The update hangs in a call that nobody waits for: it is given some seconds, and ended. */
static void detach_without_limit_and_an_abandoned_call(void **state) {
    (void)state;
    do {
        exit_start(L"abandoned-exit");
        exit_finish(7);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_ABANDONED_MS));
}

#define EXIT_TEST(test) cmocka_unit_test_setup_teardown(test, exit_begin, exit_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        EXIT_TEST(main_returns_and_nobody_has_detached),
        EXIT_TEST(exit_with_an_atexit_handler_that_calls_and_detaches),
        EXIT_TEST(exit_process_while_calls_are_with_the_update),
        EXIT_TEST(terminate_process_while_calls_are_with_the_update),
        EXIT_TEST(exit_inside_a_call_from_the_policys_callback),
        EXIT_TEST(exit_inside_the_original_of_a_failed_call),
        EXIT_TEST(exit_with_a_dead_update),
        EXIT_TEST(exit_with_a_suspended_update),
        EXIT_TEST(detach_from_a_suspended_update_at_exit),
        EXIT_TEST(watch_that_runs_and_is_ended_too_late),
        EXIT_TEST(exit_with_an_abandoned_call),
        EXIT_TEST(detach_without_limit_and_an_abandoned_call),
    };
    return cmocka_run_group_tests_name("exit", tests, exit_set_up, NULL);
}
