#include "e2e/policy_world.h"

HANDLE policy_entered, policy_leave;

HANDLE policy_attach(const hp_policy *policy, const hp_function_policy *functions, uint32_t count) {
    hp_attach_options options = session_options();
    options.policy = policy;
    options.functions = functions;
    options.function_count = count;
    options.breaker = (hp_breaker){.failures = UINT32_MAX, .hangs = UINT32_MAX};
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(POLICY, &options, &report);
    if (hr != S_OK)
        fail_msg("attach gives 0x%08lx: %s", hr, report != NULL ? report->message : "no report");
    HANDLE process =
        OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, FALSE, report->server_pid);
    hp_report_free(report);
    assert_non_null(process);
    return process;
}

void policy_detach(HANDLE process) {
    assert_int_equal(hp_com_detach(POLICY, PATIENCE_MS), S_OK);
    session_expect_end(process);
    assert_int_equal(policy_other(7), 7);
}

hp_session_status policy_status(void) {
    hp_session_status it = {.size = sizeof it};
    assert_int_equal(hp_com_status(POLICY, &it), S_OK);
    return it;
}

static int has_inside(void *count) {
    return policy_status().inside == *(const uint32_t *)count;
}

void policy_expect_inside(uint32_t count) {
    if (!session_wait_for(has_inside, &count))
        fail_msg("%u calls are inside, and not %u", policy_status().inside, count);
}

static const wchar_t *update_of(void **state) {
    return *state != NULL ? *state : L"policy_update.exe";
}

int policy_set_up(void **state) {
    policy_entered = CreateEventW(NULL, TRUE, FALSE, POLICY_ENTERED);
    policy_leave = CreateEventW(NULL, TRUE, FALSE, POLICY_LEAVE);
    assert_true(policy_entered != NULL && policy_leave != NULL);
    session_register(update_of(state));
    return 0;
}

int policy_tear_down(void **state) {
    session_unregister(update_of(state));
    return 0;
}

int policy_detach_all(void **state) {
    (void)state;
    SetEvent(policy_leave);
    hp_com_detach(POLICY, 1000);
    return 0;
}
