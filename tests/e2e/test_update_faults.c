// Every fallible step of the update fails once, one after the other: when it starts and introduces itself, in
// a call, and when it is let go of. The app has its own code then, or goes on with the update.
#include "e2e/session_app.h"

#include "idl/fault.h"

static hp_fault_state *faults; /* the update's */
static unsigned survived;

static void arm(unsigned n) {
    atomic_store(&faults->armed, 0);
    atomic_store(&faults->steps, 0);
    memset(faults->failed, 0, sizeof faults->failed);
    atomic_store(&faults->error, ERROR_GEN_FAILURE);
    atomic_store(&faults->armed, n);
}

/* Did the n-th step come? */
static int disarm(void) {
    unsigned n = atomic_load(&faults->armed);
    atomic_store(&faults->armed, 0);
    return atomic_load(&faults->steps) >= n;
}

static void expect_version(int version) {
    char copy[16];
    assert_int_equal(session_add(2, 3), version ? 1005 : 5);
    assert_int_equal(session_text(L"update", copy, sizeof copy), version);
    assert_string_equal(copy, version ? "update" : "app");
}

static void detach_cleanly(void) {
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_no_process(L"session_faults.exe");
}

/* Steps of the guard. */
static const char *const spare[] = {"slot for guards",    "handler of exceptions", "memory for a guard",
                                    "handle of a thread", "guard of a thread",     "wait for a thread"};
enum { SPARE = sizeof spare / sizeof *spare };

/* What fails is survived only where the update can do without. */
static void note_survival(unsigned n) {
    for (size_t i = 0; i < SPARE; i++)
        if (strcmp(faults->failed, spare[i]) == 0) {
            survived++;
            return;
        }
    fail_msg("step %u (%s) failed and nobody noticed", n, faults->failed);
}

static void attach_to_an_update_that_fails_at_every_step_leaves_nothing(void **state) {
    (void)state;
    session_code code;
    session_code_take(&code);
    unsigned n = 1;
    survived = 0;
    for (int hit = 1; hit; n++) {
        hp_attach_options options = session_options();
        hp_report *report = NULL;
        arm(n);
        HRESULT hr = hp_com_attach_ex(SESSION, &options, &report);
        hit = disarm();
        if (SUCCEEDED(hr)) {
            assert_int_equal(hr, S_OK);
            if (hit)
                note_survival(n);
            expect_version(1);
            detach_cleanly();
        } else {
            if (!hit)
                fail_msg("attach fails by itself: 0x%08lx %s", hr, report != NULL ? report->message : "");
            assert_non_null(report);
            session_expect_no_process(L"session_faults.exe");
        }
        hp_report_free(report);
        session_code_expect(&code);
        expect_version(0);
    }
    print_message("# an update has %u steps in attach that can fail; it does without %u\n", n - 2, survived);
    assert_true(n > 15);
}

/* One call of which the n-th step fails; 0: there was no n-th step any more. */
static int call_failing_at(unsigned n) {
    char copy[16];
    arm(n);
    int result = session_text(L"update", copy, sizeof copy);
    int hit = disarm();
    assert_int_equal(result, strcmp(copy, "update") == 0);
    if (result == 0)
        assert_string_equal(copy, "app");
    if (result != 0 && hit)
        note_survival(n);
    assert_true(result != 0 || hit);
    expect_version(1); /* the next one */
    return hit;
}

static void call_into_an_update_that_fails_at_every_step_runs_the_original(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    unsigned n = 1;
    survived = 0;
    while (call_failing_at(n))
        n++;
    print_message("# an update has %u steps in a call that can fail; it does without %u\n", n - 1, survived);
    hp_session_status status = {.size = sizeof status};
    assert_int_equal(hp_com_status(SESSION, &status), S_OK);
    assert_true(n > (status.transport == HP_TRANSPORT_SHARED ? 1 : 4));
    detach_cleanly();
    session_expect_end(update);
}

/* The first on its thread and in its process: the guard is made then, and is done without if it cannot be. */
static void
first_call_into_an_update_that_fails_at_every_step_is_answered_or_runs_the_original(void **state) {
    (void)state;
    unsigned n = 0;
    survived = 0;
    for (int hit = 1; hit;) {
        HANDLE update = session_attach(SESSION);
        hit = call_failing_at(++n);
        detach_cleanly();
        session_expect_end(update);
    }
    print_message("# an update has %u steps in its first call that can fail; it does without %u\n", n - 1,
                  survived);
    assert_int_equal(survived, SPARE);
}

static void detach_from_an_update_that_fails_at_every_step_is_done(void **state) {
    (void)state;
    session_code code;
    session_code_take(&code);
    unsigned n = 1;
    for (int hit = 1; hit; n++) {
        HANDLE update = session_attach(SESSION);
        arm(n);
        assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
        session_expect_end(update);
        hit = disarm();
        session_code_expect(&code);
        expect_version(0);
    }
    print_message("# an update has %u steps in detach that can fail\n", n - 2);
}

static int set_up(void **state) {
    (void)state;
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *faults, L"session.faults");
    assert_non_null(section);
    faults = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *faults);
    assert_non_null(faults);
    session_register(L"session_faults.exe");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arm(0);
    session_unregister(L"session_faults.exe");
    return 0;
}

static int detach_all(void **state) {
    (void)state;
    arm(0);
    hp_com_detach(SESSION, 0);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(attach_to_an_update_that_fails_at_every_step_leaves_nothing, detach_all),
        cmocka_unit_test_teardown(call_into_an_update_that_fails_at_every_step_runs_the_original, detach_all),
        cmocka_unit_test_teardown(
            first_call_into_an_update_that_fails_at_every_step_is_answered_or_runs_the_original, detach_all),
        cmocka_unit_test_teardown(detach_from_an_update_that_fails_at_every_step_is_done, detach_all),
    };
    return cmocka_run_group_tests_name("update-faults", tests, set_up, tear_down);
}
