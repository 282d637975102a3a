// The end of the app's process, in every way there is: prompt, with the exit code given, and the update ends,
// too. The app is a child process, exit_app.c.
#include "e2e/child.h"
#include "e2e/policy_app.h"
#include "e2e/session_app.h"

#include <tlhelp32.h>

/*
 * How long an end may take by design, see docs/architecture.md, "Exit". A busy machine may be slower: each
 * way has three tries, and only one that waits where it should not is too slow in all of them.
 */
enum {
    AT_ONCE_MS = 900, /* nothing is waited for: less than any limit of the client's, which are 1 s and more */
    FAREWELL_MS = 4500,  /* an update that does not listen: 2 s to take leave, 2 s to end */
    ABANDONED_MS = 9500, /* a call that nobody waits for any more: 5 s, and the same */
    TRIES = 3,
};

static HANDLE entered, leave;
static int tries;

typedef struct world {
    child *app;
    HANDLE update;
    DWORD pid;     /* of the update */
    unsigned took; /* ms from the word to the end */
} world;

static world it;

static void start(const wchar_t *way) {
    it.app = child_start(session_path(L"exit_app.exe"), way);
    it.pid = strtoul(child_expect(it.app, "ready ", PATIENCE_MS) + 6, NULL, 10);
    it.update = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, it.pid);
    assert_non_null(it.update);
}

static void finish(DWORD code) {
    ULONGLONG began = GetTickCount64();
    child_send(it.app, "go");
    assert_int_equal(child_wait(it.app, PATIENCE_MS), code);
    it.took = (unsigned)(GetTickCount64() - began);
    print_message("# the app ended after %u ms\n", it.took);
}

/* What is possible when all other threads are gone. */
static void expect_detach_notice(void) {
    child_expect(it.app, "add 5 other 6", PATIENCE_MS);
    child_expect(it.app, "detach 0x00000000 watch 0x8007045b", PATIENCE_MS);
    child_expect(it.app, "status 0x80040223 attach 0x8007045b", PATIENCE_MS);
    child_expect(it.app, "again 7 unregister 0x00000000", PATIENCE_MS);
}

static void expect_update_ends(void) {
    session_expect_end(it.update);
    it.update = NULL;
}

/* The app at its end removes the class. */
static void make_world(void) {
    it = (world){0};
    ResetEvent(entered);
    ResetEvent(leave);
    session_register(L"policy_update.exe");
}

static void free_world(void) {
    SetEvent(leave);
    child_end(it.app);
    if (it.update != NULL) {
        TerminateProcess(it.update, 1);
        CloseHandle(it.update);
    }
    session_unregister(L"policy_update.exe");
}

/* Did this end take longer than by design? Then the world is made anew for another try. */
static int is_late(unsigned bound) {
    if (it.took <= bound)
        return 0;
    if (++tries == TRIES)
        fail_msg("%u ms and not %u, and no faster in %d tries", it.took, bound, TRIES);
    print_message("# longer than %u ms: once more\n", bound);
    free_world();
    make_world();
    return 1;
}

static void main_returns_and_nobody_has_detached(void **state) {
    (void)state;
    do {
        start(L"return");
        finish(7);
        expect_detach_notice();
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void exit_with_an_atexit_handler_that_calls_and_detaches(void **state) {
    (void)state;
    do {
        start(L"exit");
        finish(7);
        child_expect(it.app, "at exit: add 1005 detach 0x00000000", PATIENCE_MS);
        child_expect(it.app, "add 5 other 6", PATIENCE_MS);
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void exit_process_while_calls_are_with_the_update(void **state) {
    (void)state;
    do {
        start(L"other");
        finish(7);
        expect_detach_notice();
        assert_int_equal(WaitForSingleObject(entered, 0), WAIT_OBJECT_0);
        SetEvent(leave);
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void terminate_process_while_calls_are_with_the_update(void **state) {
    (void)state;
    do {
        start(L"terminate");
        finish(7);
        assert_int_equal(WaitForSingleObject(entered, 0), WAIT_OBJECT_0);
        expect_update_ends(); /* by itself, although its call never returns */
    } while (is_late(AT_ONCE_MS));
}

static void exit_inside_a_call_from_the_policys_callback(void **state) {
    (void)state;
    do {
        start(L"decide");
        finish(7);
        child_expect(it.app, "at exit: add 5 detach 0x80040222", PATIENCE_MS); /* its own call is inside */
        child_expect(it.app, "add 5 other 6", PATIENCE_MS);
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void exit_inside_the_original_of_a_failed_call(void **state) {
    (void)state;
    do {
        start(L"original");
        finish(7);
        child_expect(it.app, "at exit: add 1005 detach 0x00000000", PATIENCE_MS);
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void exit_with_a_dead_update(void **state) {
    (void)state;
    do {
        start(L"return");
        assert_true(TerminateProcess(it.update, 1));
        expect_update_ends();
        finish(7);
        child_expect(it.app, "add 5 other ", PATIENCE_MS);
        child_expect(it.app, "again 7", PATIENCE_MS);
    } while (is_late(AT_ONCE_MS));
}

static void suspend(DWORD pid, int resume) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    int count = 0;
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry)) {
        if (entry.th32OwnerProcessID != pid)
            continue;
        HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID);
        if (thread == NULL)
            continue;
        count += (resume ? ResumeThread(thread) : SuspendThread(thread)) != (DWORD)-1;
        CloseHandle(thread);
    }
    CloseHandle(all);
    assert_true(count > 0);
}

static void exit_with_a_suspended_update(void **state) {
    (void)state;
    do {
        start(L"suspended-return");
        suspend(it.pid, 0);
        finish(7);
        expect_detach_notice();
        suspend(it.pid, 1);
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

/* It is asked to go, does not listen, and is ended. */
static void detach_from_a_suspended_update_at_exit(void **state) {
    (void)state;
    do {
        start(L"suspended-exit");
        suspend(it.pid, 0);
        finish(7);
        expect_update_ends();
    } while (is_late(FAREWELL_MS));
}

static void watch_that_runs_and_is_ended_too_late(void **state) {
    (void)state;
    do {
        start(L"watch");
        finish(7);
        expect_detach_notice();
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

static void exit_with_an_abandoned_call(void **state) {
    (void)state;
    do {
        start(L"abandoned");
        finish(7);
        child_expect(it.app, "abandoned 7", PATIENCE_MS);
        expect_detach_notice();
        expect_update_ends();
    } while (is_late(AT_ONCE_MS));
}

/* The update hangs in a call that nobody waits for: it is given some seconds, and ended. */
static void detach_without_limit_and_an_abandoned_call(void **state) {
    (void)state;
    do {
        start(L"abandoned-exit");
        finish(7);
        expect_update_ends();
    } while (is_late(ABANDONED_MS));
}

static int prepare(void **state) {
    (void)state;
    entered = CreateEventW(NULL, TRUE, FALSE, POLICY_ENTERED);
    leave = CreateEventW(NULL, TRUE, FALSE, POLICY_LEAVE);
    assert_true(entered != NULL && leave != NULL);
    return 0;
}

static int begin(void **state) {
    (void)state;
    tries = 0;
    make_world();
    return 0;
}

static int end(void **state) {
    (void)state;
    free_world();
    return 0;
}

#define EXIT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

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
    return cmocka_run_group_tests_name("exit", tests, prepare, NULL);
}
