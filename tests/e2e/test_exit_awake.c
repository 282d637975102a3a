// Calls over shared memory from DLL_PROCESS_DETACH, when all other threads of the app are gone: an update
// that is awake answers them; one that cannot any more does not keep the process.
#include "e2e/exit_world.h"
#include "e2e/freeze.h"

static void update_that_is_awake_answers_one_call_after_another_until_detach(void **state) {
    (void)state;
    do {
        exit_start(L"return");
        exit_finish(7);
        child_expect(exit_now.app, "add 1005 other 1006", PATIENCE_MS);
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void update_that_is_killed_between_two_calls_is_not_waited_for(void **state) {
    (void)state;
    do {
        exit_start(L"killed-late");
        exit_finish(7);
        child_expect(exit_now.app, "add 1005 other 1006", PATIENCE_MS);
        child_expect(exit_now.app, "killed: add 5 other 6", PATIENCE_MS);
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static void update_that_is_awake_answers_no_more_when_the_watch_is_ended(void **state) {
    (void)state;
    do {
        exit_start(L"watch");
        exit_finish(7);
        child_expect(exit_now.app, "add 1005 other 1006", PATIENCE_MS);
        child_expect(exit_now.app, "unwatched 8", PATIENCE_MS);
        exit_expect_detach();
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

/* As if it were awake: only one of the two calls, each of which has a channel, waits for it. */
static void update_that_was_frozen_awake_is_waited_for_once(void **state) {
    (void)state;
    do {
        exit_start(L"frozen");
        freeze *frozen = freeze_begin(exit_now.pid);
        exit_finish(7);
        exit_expect_detach_notice();
        freeze_thaw(frozen);
        exit_expect_update_ends();
    } while (exit_is_late(EXIT_AT_ONCE_MS));
}

static int set_up(void **state) {
    exit_now.exe = L"policy_awake.exe";
    return exit_set_up(state);
}

#define EXIT_TEST(test) cmocka_unit_test_setup_teardown(test, exit_begin, exit_end)

int main(void) {
    const struct CMUnitTest tests[] = {
        EXIT_TEST(update_that_is_awake_answers_one_call_after_another_until_detach),
        EXIT_TEST(update_that_is_killed_between_two_calls_is_not_waited_for),
        EXIT_TEST(update_that_is_awake_answers_no_more_when_the_watch_is_ended),
        EXIT_TEST(update_that_was_frozen_awake_is_waited_for_once),
    };
    return cmocka_run_group_tests_name("exit_awake", tests, set_up, NULL);
}
