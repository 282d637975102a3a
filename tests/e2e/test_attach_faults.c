// Every fallible step of attach, detach and watch fails once, one after the other, and nothing is
// left of it. With a second build of the libraries in which steps can fail.
#include "e2e/faults_app.h"

#include <objbase.h>

#include "e2e/hkcu.h"
#include "idl/fault.h"

static void expect_report(const hp_report *report, HRESULT hr, unsigned n, const char *step) {
    if (report == NULL) {
        fail_msg("step %u (%s): no report, although it was not the report's memory that failed", n, step);
        return;
    }
    assert_int_equal(report->result, hr);
    assert_int_equal(report->redirected, 0);
    static const char *const things[] = {"Hotpatch.Session", "session_",
                                         "HKEY_CURRENT_USER\\Software\\Classes\\"};
    size_t named = 0;
    for (size_t i = 0; i < sizeof things / sizeof *things; i++)
        named += strstr(report->message, things[i]) != NULL;
    if (named == 0)
        fail_msg("step %u (%s): the message names nothing: %s", n, step, report->message);
    if (strstr(report->message, hp_error_what(hr)) == NULL)
        fail_msg("step %u (%s): the message does not say what happened: %s", n, step, report->message);
}

/* Of attach and of each call; 0: none. One that never passes here: other threads do the work then. */
static uint32_t deadline_ms;

static hp_policy policy_in_force(void) {
    return (hp_policy){.size = sizeof(hp_policy), .deadline_ms = deadline_ms};
}

/* One attach whose n-th step fails. Returns 0 if there was no n-th step any more. */
static int attach_failing_at(unsigned n, const session_code *code, const char *registry) {
    const hp_policy policy = policy_in_force();
    hp_attach_options options = session_options();
    options.deadline_ms = deadline_ms;
    options.policy = &policy;
    hp_report *report = NULL;
    char step[FAULTS_NAME];
    hp_fault_arm(n);
    HRESULT hr = hp_com_attach_ex(SESSION, &options, &report);
    int hit = faults_disarm(step) >= n;
    if (SUCCEEDED(hr)) {
        /* The one step that attach survives: it only has nothing to tell. */
        if (hit && strcmp(step, "memory for the report") != 0)
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        assert_int_equal(hr, S_OK);
        assert_int_equal(report == NULL, hit);
        faults_expect_redirected();
        faults_detach_cleanly();
    } else {
        if (!hit)
            fail_msg("attach fails by itself: 0x%08lx %s", hr, report != NULL ? report->message : "");
        expect_report(report, hr, n, step);
        session_expect_no_process(L"session_v1.exe");
    }
    hp_report_free(report);
    session_code_expect(code);
    faults_expect_original();
    assert_int_equal(hp_com_detach(SESSION, 0), HP_E_NOT_ATTACHED);
    char *after = hkcu_dump();
    hkcu_assert_equal(registry, after);
    free(after);
    return hit;
}

static unsigned fail_every_step_of_attach(void) {
    session_code code;
    session_code_take(&code);
    char *registry = hkcu_dump();
    unsigned n = 1;
    while (attach_failing_at(n, &code, registry))
        n++;
    free(registry);
    print_message("# attach has %u steps that can fail\n", n - 1);
    assert_true(n > 60);
    return n;
}

static void cold_attach_fails_at_every_step_and_leaves_nothing(void **state) {
    (void)state;
    fail_every_step_of_attach();
}

static void warm_attach_fails_at_every_step_and_keeps_no_handle(void **state) {
    (void)state;
    DWORD before = session_handles();
    unsigned steps = fail_every_step_of_attach();
    DWORD after = session_handles_at_most(before + 8);
    print_message("# handles: %lu before %u failures, %lu after\n", before, steps, after);
    /* COM keeps a few for its own threads and connections; one that we lose is lost
     * once per failure or every time. */
    assert_true(after <= before + 8);
}

static void attach_from_an_sta_fails_at_every_step(void **state) {
    (void)state;
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    fail_every_step_of_attach();
    CoUninitialize();
}

static void attach_with_a_deadline_fails_at_every_step(void **state) {
    (void)state;
    deadline_ms = 10 * PATIENCE_MS;
    fail_every_step_of_attach();
    deadline_ms = 0;
}

static void detach_that_fails_leaves_thunks_that_run_the_original(void **state) {
    (void)state;
    session_code code;
    session_code_take(&code);
    unsigned n = 1;
    for (int hit = 1; hit; n++) {
        CloseHandle(session_attach(SESSION));
        char step[FAULTS_NAME];
        hp_fault_arm(n);
        HRESULT hr = hp_com_detach(SESSION, PATIENCE_MS);
        hit = faults_disarm(step) >= n;
        if (hit && SUCCEEDED(hr))
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        if (!hit)
            assert_int_equal(hr, S_OK);
        session_expect_no_process(L"session_v1.exe");
        faults_expect_original();
        if (!hit)
            session_code_expect(&code);
        assert_int_equal(hp_com_detach(SESSION, 0), HP_E_NOT_ATTACHED);
        /* And the next attach and detach heal it. */
        CloseHandle(session_attach(SESSION));
        faults_expect_redirected();
        faults_detach_cleanly();
        session_code_expect(&code);
        faults_expect_original();
    }
    print_message("# detach has %u steps that can fail\n", n - 2);
    assert_true(n > 4);
}

static void on_event(void *context, const hp_event *event) {
    if (event->kind == HP_EVENT_ATTACHED)
        SetEvent(context);
}

/* Either the watch does not begin, or what fails in its thread is made good by itself. */
static void watch_that_fails_leaves_nothing_or_recovers(void **state) {
    (void)state;
    session_code code;
    session_code_take(&code);
    HANDLE attached = CreateEventW(NULL, FALSE, FALSE, NULL);
    hp_watch_options options = {.size = sizeof options,
                                .attach = session_options(),
                                .sink = on_event,
                                .context = attached,
                                .retry_ms = 1};
    unsigned n = 1, refused = 0;
    DWORD before = session_handles();
    for (int hit = 1; hit; n++) {
        hp_watch *watch = (hp_watch *)1;
        char step[FAULTS_NAME];
        hp_fault_arm(n);
        HRESULT hr = hp_com_watch(SESSION, &options, &watch);
        if (FAILED(hr)) {
            hit = faults_disarm(step) >= n;
            assert_true(hit);
            assert_null(watch);
            refused++;
        } else {
            if (WaitForSingleObject(attached, PATIENCE_MS) != WAIT_OBJECT_0)
                fail_msg("step %u (%s): the watch does not recover", n, hp_fault_name());
            hit = faults_disarm(step) >= n;
            faults_expect_redirected();
            hp_com_unwatch(watch);
            session_expect_no_process(L"session_v1.exe");
        }
        faults_expect_original();
        session_code_expect(&code);
    }
    DWORD after = session_handles_at_most(before + 8);
    print_message("# watch: %u steps fail it, %u are made good; handles %lu, %lu\n", refused, n - 2 - refused,
                  before, after);
    assert_true(refused >= 6 && n > 60);
    assert_true(after <= before + 8);
    CloseHandle(attached);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cold_attach_fails_at_every_step_and_leaves_nothing), /* first */
        cmocka_unit_test(warm_attach_fails_at_every_step_and_keeps_no_handle),
        cmocka_unit_test(attach_from_an_sta_fails_at_every_step),
        cmocka_unit_test(attach_with_a_deadline_fails_at_every_step),
        cmocka_unit_test(detach_that_fails_leaves_thunks_that_run_the_original),
        cmocka_unit_test(watch_that_fails_leaves_nothing_or_recovers),
    };
    return cmocka_run_group_tests_name("faults", tests, session_set_up, faults_tear_down);
}
