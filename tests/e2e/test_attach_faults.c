// Every fallible step of attach, detach, watch and of a call fails once, one after the other, and nothing is
// left of it. With a second build of the libraries in which steps can fail.
#include "e2e/session_app.h"

#include <objbase.h>

#include "e2e/hkcu.h"
#include "idl/fault.h"
#include "proxygen/marshal.h"

enum { NAME = 80 };

/* What was armed: how many steps were met, and which failed. Disarms. */
static unsigned disarm(char *name) {
    unsigned steps = hp_fault_count();
    snprintf(name, NAME, "%s", hp_fault_name());
    hp_fault_arm(0);
    return steps;
}

static void expect_original(void) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 5);
    assert_int_equal(session_where(), 0);
    assert_int_equal(session_first(), 0);
    assert_int_equal(session_text(L"update", copy, sizeof copy), 0);
    assert_string_equal(copy, "app");
}

static void expect_redirected(void) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 1005);
    assert_int_equal(session_where(), 1);
    assert_int_equal(session_first(), 1);
    assert_int_equal(session_text(L"update", copy, sizeof copy), 1);
    assert_string_equal(copy, "update");
}

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

static void detach_cleanly(void) {
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_no_process(L"session_v1.exe");
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
    char step[NAME];
    hp_fault_arm(n);
    HRESULT hr = hp_com_attach_ex(SESSION, &options, &report);
    int hit = disarm(step) >= n;
    if (SUCCEEDED(hr)) {
        /* The one step that attach survives: it only has nothing to tell. */
        if (hit && strcmp(step, "memory for the report") != 0)
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        assert_int_equal(hr, S_OK);
        assert_int_equal(report == NULL, hit);
        expect_redirected();
        detach_cleanly();
    } else {
        if (!hit)
            fail_msg("attach fails by itself: 0x%08lx %s", hr, report != NULL ? report->message : "");
        expect_report(report, hr, n, step);
        session_expect_no_process(L"session_v1.exe");
    }
    hp_report_free(report);
    session_code_expect(code);
    expect_original();
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
        char step[NAME];
        hp_fault_arm(n);
        HRESULT hr = hp_com_detach(SESSION, PATIENCE_MS);
        hit = disarm(step) >= n;
        if (hit && SUCCEEDED(hr))
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        if (!hit)
            assert_int_equal(hr, S_OK);
        session_expect_no_process(L"session_v1.exe");
        expect_original();
        if (!hit)
            session_code_expect(&code);
        assert_int_equal(hp_com_detach(SESSION, 0), HP_E_NOT_ATTACHED);
        /* And the next attach and detach heal it. */
        CloseHandle(session_attach(SESSION));
        expect_redirected();
        detach_cleanly();
        session_code_expect(&code);
        expect_original();
    }
    print_message("# detach has %u steps that can fail\n", n - 2);
    assert_true(n > 4);
}

static unsigned fail_every_step_of_a_call(void) {
    unsigned n = 1;
    for (int hit = 1; hit; n++) {
        char copy[16], step[NAME];
        hp_fault_arm(n);
        int result = session_text(L"update", copy, sizeof copy);
        hit = disarm(step) >= n;
        assert_int_equal(result, hit ? 0 : 1);
        assert_string_equal(copy, hit ? "app" : "update");
        expect_redirected(); /* the next call is not the worse for it */
    }
    assert_true(n > 3);
    return n - 2;
}

static void call_that_fails_runs_the_original_and_loses_nothing(void **state) {
    (void)state;
    CloseHandle(session_attach(SESSION));
    fail_every_step_of_a_call();
    DWORD before = session_handles();
    unsigned steps = 0;
    for (int i = 0; i < 20; i++)
        steps = fail_every_step_of_a_call();
    print_message("# a call has %u steps that can fail\n", steps);
    assert_true(session_handles_at_most(before + 4) <= before + 4);
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    print_message("# a call of an STA has %u\n", fail_every_step_of_a_call());
    CoUninitialize();
    detach_cleanly();
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 10 * PATIENCE_MS};
    hp_attach_options options = session_options();
    options.policy = &policy;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, NULL), S_OK);
    print_message("# a call with a deadline has %u\n", fail_every_step_of_a_call());
    detach_cleanly();
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
        char step[NAME];
        hp_fault_arm(n);
        HRESULT hr = hp_com_watch(SESSION, &options, &watch);
        if (FAILED(hr)) {
            hit = disarm(step) >= n;
            assert_true(hit);
            assert_null(watch);
            refused++;
        } else {
            if (WaitForSingleObject(attached, PATIENCE_MS) != WAIT_OBJECT_0)
                fail_msg("step %u (%s): the watch does not recover", n, hp_fault_name());
            hit = disarm(step) >= n;
            expect_redirected();
            hp_com_unwatch(watch);
            session_expect_no_process(L"session_v1.exe");
        }
        expect_original();
        session_code_expect(&code);
    }
    DWORD after = session_handles_at_most(before + 8);
    print_message("# watch: %u steps fail it, %u are made good; handles %lu, %lu\n", refused, n - 2 - refused,
                  before, after);
    assert_true(refused >= 6 && n > 60);
    assert_true(after <= before + 8);
    CloseHandle(attached);
}

static void update_without_memory_for_a_call_says_so(void **state) {
    (void)state;
    hp_marshal marshal = {0};
    hp_signature_error error;
    assert_int_equal(
        hp_signature_parse("i32(in u8 data[size], u32 size)", HP_ARCH_HERE, &marshal.signature, &error),
        S_OK);
    hp_layout_compute(&marshal.signature, HP_COMPILER_HERE, &marshal.layout);
    static hp_frame call;
    call = (hp_frame){.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .word = {0, 3}, .blocks = 1};
    call.block[0] =
        (hp_frame_block){.parameter = 0, .size = 3, .capacity = 3, .data = (const unsigned char *)"abc"};
    hp_invocation invocation;
    hp_fault_arm(1);
    HRESULT hr = hp_marshal_rebuild(&marshal, &call, &invocation);
    char step[NAME];
    assert_int_equal(disarm(step), 1);
    assert_string_equal(step, "invocation memory");
    assert_int_equal(hr, E_OUTOFMEMORY);
    assert_null(invocation.memory);
    hp_fault_arm(2);
    assert_int_equal(hp_marshal_rebuild(&marshal, &call, &invocation), S_OK);
    assert_int_equal(disarm(step), 1);
    assert_memory_equal(invocation.block[0], "abc", 3);
    hp_marshal_release(&invocation);
}

static int set_up(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_fault_arm(0);
    session_unregister(L"session_v1.exe");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cold_attach_fails_at_every_step_and_leaves_nothing), /* first */
        cmocka_unit_test(warm_attach_fails_at_every_step_and_keeps_no_handle),
        cmocka_unit_test(attach_from_an_sta_fails_at_every_step),
        cmocka_unit_test(attach_with_a_deadline_fails_at_every_step),
        cmocka_unit_test(detach_that_fails_leaves_thunks_that_run_the_original),
        cmocka_unit_test(call_that_fails_runs_the_original_and_loses_nothing),
        cmocka_unit_test(watch_that_fails_leaves_nothing_or_recovers),
        cmocka_unit_test(update_without_memory_for_a_call_says_so),
    };
    return cmocka_run_group_tests_name("faults", tests, set_up, tear_down);
}
