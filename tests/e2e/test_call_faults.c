// Every fallible step of a call fails once, one after the other, and nothing is left of it. With a second
// build of the libraries in which steps can fail.
#include "e2e/faults_app.h"

#include <objbase.h>

#include "idl/fault.h"
#include "proxygen/marshal.h"

static int is_shared(void) {
    hp_session_status status = {.size = sizeof status};
    assert_int_equal(hp_com_status(SESSION, &status), S_OK);
    return status.transport == HP_TRANSPORT_SHARED;
}

static unsigned fail_every_step_of_a_call(void) {
    unsigned n = 1;
    for (int hit = 1; hit; n++) {
        char copy[16], step[FAULTS_NAME];
        hp_fault_arm(n);
        int result = session_text(L"update", copy, sizeof copy);
        hit = faults_disarm(step) >= n;
        assert_int_equal(result, hit ? 0 : 1);
        assert_string_equal(copy, hit ? "app" : "update");
        faults_expect_redirected(); /* the next call is not the worse for it */
    }
    if (is_shared()) /* all that a usual call needs is there already */
        assert_int_equal(n - 2, 0);
    else
        assert_true(n > 3);
    return n - 2;
}

/* One that does not fit into what a channel has: memory for it is asked for before the call leaves. */
static void call_that_is_too_large_for_memory_runs_the_original(void **state) {
    (void)state;
    enum { CHARS = 100000 };
    static wchar_t text[CHARS + 1];
    char copy[16], step[FAULTS_NAME];
    wmemset(text, L'x', CHARS);
    CloseHandle(session_attach(SESSION));
    hp_fault_arm(1);
    int result = session_text(text, copy, sizeof copy);
    assert_true(faults_disarm(step) >= 1);
    assert_int_equal(result, 0);
    assert_string_equal(copy, "app");
    assert_int_equal(session_text(text, copy, sizeof copy), 1);
    faults_expect_redirected();
    faults_detach_cleanly();
}

static DWORD WINAPI stay(void *context) {
    (void)context;
    return (DWORD)session_stay(L"Hotpatch.Session.Entered", L"Hotpatch.Session.Leave");
}

/* The only channel is taken, and a second one cannot be had: COM carries the call. */
static void call_whose_channel_cannot_be_opened_goes_over_com(void **state) {
    (void)state;
    HANDLE entered = CreateEventW(NULL, FALSE, FALSE, L"Hotpatch.Session.Entered");
    HANDLE leave = CreateEventW(NULL, TRUE, FALSE, L"Hotpatch.Session.Leave");
    unsigned n = 1, shared = 0;
    for (int hit = 1; hit; n++) {
        char step[FAULTS_NAME];
        CloseHandle(session_attach(SESSION));
        ResetEvent(leave);
        HANDLE thread = CreateThread(NULL, 0, stay, NULL, 0, NULL);
        assert_int_equal(WaitForSingleObject(entered, PATIENCE_MS), WAIT_OBJECT_0);
        shared = (unsigned)is_shared();
        hp_fault_arm(n);
        int result = session_add(2, 3);
        hit = faults_disarm(step) >= n;
        if (result != 1005 && (shared || !hit))
            fail_msg("step %u (%s): %d", n, step, result);
        SetEvent(leave);
        assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
        CloseHandle(thread);
        faults_expect_redirected();
        faults_detach_cleanly();
    }
    print_message("# a call that opens a channel has %u steps that can fail\n", n - 2);
    assert_true(n - 2 >= 3);
    CloseHandle(entered);
    CloseHandle(leave);
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
    faults_detach_cleanly();
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = 10 * PATIENCE_MS};
    hp_attach_options options = session_options();
    options.policy = &policy;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, NULL), S_OK);
    print_message("# a call with a deadline has %u\n", fail_every_step_of_a_call());
    faults_detach_cleanly();
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
    char step[FAULTS_NAME];
    assert_int_equal(faults_disarm(step), 1);
    assert_string_equal(step, "invocation memory");
    assert_int_equal(hr, E_OUTOFMEMORY);
    assert_null(invocation.memory);
    hp_fault_arm(2);
    assert_int_equal(hp_marshal_rebuild(&marshal, &call, &invocation), S_OK);
    assert_int_equal(faults_disarm(step), 1);
    assert_memory_equal(invocation.block[0], "abc", 3);
    hp_marshal_release(&invocation);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_that_fails_runs_the_original_and_loses_nothing),
        cmocka_unit_test(call_that_is_too_large_for_memory_runs_the_original),
        cmocka_unit_test(call_whose_channel_cannot_be_opened_goes_over_com),
        cmocka_unit_test(update_without_memory_for_a_call_says_so),
    };
    return cmocka_run_group_tests_name("call_faults", tests, session_set_up, faults_tear_down);
}
