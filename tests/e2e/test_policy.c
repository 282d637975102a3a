// What a call does when the update cannot answer it: value, retry, callback.
#include "e2e/policy_world.h"

static void failed_call_runs_the_original_by_default(void **state) {
    (void)state;
    HANDLE update = policy_attach(NULL, NULL, 0);
    unsigned char data[64];
    memset(data, '.', sizeof data);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
    assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
    assert_true(policy_ratio(POLICY_FAULT) == 0.5);
    policy_fill(POLICY_FAULT, data, sizeof data);
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(data[i], 'a');
    assert_int_equal(policy_make(POLICY_FAULT).d, 4);
    hp_session_status now = policy_status();
    assert_int_equal(now.calls, 1);
    assert_int_equal(now.failures, 4);
    assert_int_equal(now.functions, 8);
    assert_int_equal(now.gone, 0);
    assert_int_equal(now.inside, 0);
    policy_detach(update);
}

static void set_modes(uint16_t control, uint32_t mxcsr) {
    __asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

static void update_rounds_as_the_caller_does(void **state) {
    (void)state;
    static const struct {
        uint16_t control;
        uint32_t mxcsr;
        double third;
    } modes[] = {{0x037F, 0x1F80, 0x1.5555555555555p-2},                           /* to the nearest */
                 {0x0B7F, 0x5F80, 0x1.5555555555556p-2},                           /* up */
                 {0x0F7F, 0x7F80, 0x1.5555555555555p-2},                           /* to zero */
                 {0x007F, 0x1F80, HP_X64 ? 0x1.5555555555555p-2 : 0x1.555556p-2}}; /* x87: single precision */
    HANDLE update = policy_attach(NULL, NULL, 0);
    uint16_t control;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control), "=m"(mxcsr));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        set_modes(modes[i].control, modes[i].mxcsr);
        const volatile double third = policy_ratio(POLICY_DIVIDE);
        uint16_t control_after;
        uint32_t mxcsr_after;
        __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control_after), "=m"(mxcsr_after));
        set_modes(control, mxcsr);
        assert_true(third == modes[i].third);
        assert_int_equal(control_after, modes[i].control);
        assert_int_equal(mxcsr_after & 0xFFC0, modes[i].mxcsr);
    }
    policy_detach(update);
}

static hp_policy value_of(uint64_t bits) {
    return (hp_policy){.size = sizeof(hp_policy), .action = HP_FAILURE_VALUE, .value.bits = bits};
}

static void fixed_value_of_every_kind_is_returned_and_nothing_is_written(void **state) {
    (void)state;
    hp_function_policy functions[] = {
        {"policy_add", value_of(0xFFFFFFFF00000000u | 77)}, /* the upper half is none of its result */
        {"policy_large", value_of(0x123456789ABCDEF0)},
        {"policy_ratio", value_of(0)},
        {"policy_small", value_of(0)},
        {"policy_fill", value_of(0)},
    };
    functions[2].policy.value.f64 = -2.25;
    functions[3].policy.value.f32 = 7.5F;
    HANDLE update = policy_attach(NULL, functions, 5);
    unsigned char data[64];
    for (int i = 0; i < 3; i++) {
        memset(data, '.', sizeof data);
        assert_int_equal(policy_add(POLICY_FAULT, 5), 77);
        assert_true(policy_large(POLICY_FAULT) == 0x123456789ABCDEF0);
        assert_true(policy_ratio(POLICY_FAULT) == -2.25);
        assert_true(policy_small(POLICY_FAULT) == 7.5F);
        policy_fill(POLICY_FAULT, data, sizeof data);
        for (size_t j = 0; j < sizeof data; j++)
            assert_int_equal(data[j], '.');
        assert_int_equal(policy_make(POLICY_FAULT).a, 1); /* has no policy of its own */
        assert_int_equal(policy_add(POLICY_ANSWER, i), 1000 + i);
    }
    assert_true(TerminateProcess(update, 1)); /* also when there is no update any more */
    assert_int_equal(WaitForSingleObject(update, PATIENCE_MS), WAIT_OBJECT_0);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 77);
    assert_int_equal(policy_other(9), 9);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 77);
    policy_detach(update);
}

static void fixed_value_for_a_structure_is_refused_with_its_name(void **state) {
    (void)state;
    const hp_policy value = value_of(1);
    const hp_function_policy functions[] = {{"policy_make", value}};
    hp_attach_options options = session_options();
    for (int i = 0; i < 2; i++) {
        options.policy = i == 0 ? &value : NULL;
        options.functions = i == 0 ? NULL : functions;
        options.function_count = i == 0 ? 0 : 1;
        hp_report *report;
        assert_int_equal(hp_com_attach_ex(POLICY, &options, &report), HP_E_POLICY);
        assert_non_null(strstr(report->message, "policy_make"));
        hp_report_free(report);
        assert_int_equal(policy_add(POLICY_ANSWER, 5), 5);
    }
    session_expect_no_process(L"policy_update.exe");
}

static const hp_report_item *item_of(const hp_report *report, const char *name) {
    for (uint32_t i = 0; i < report->count; i++)
        if (strcmp(report->items[i].name, name) == 0)
            return &report->items[i];
    fail_msg("the report does not name %s", name);
    return NULL;
}

static void fixed_value_for_a_structure_keeps_only_that_function_out_of_a_partial_attach(void **state) {
    (void)state;
    const hp_policy value = value_of(77);
    hp_attach_options options = session_options();
    options.flags |= HP_ATTACH_PARTIAL;
    options.policy = &value;
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(POLICY, &options, &report), HP_S_PARTIAL);
    assert_int_equal(report->redirected, report->count - 1);
    for (uint32_t i = 0; i < report->count; i++)
        assert_int_equal(report->items[i].result,
                         &report->items[i] == item_of(report, "policy_make") ? HP_E_POLICY : S_OK);
    assert_non_null(strstr(item_of(report, "policy_make")->detail, "structure"));
    HANDLE update = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, report->server_pid);
    assert_non_null(update);
    hp_report_free(report);
    assert_int_equal(policy_make(POLICY_ANSWER).a, 1); /* the app's own */
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 1005);
    assert_int_equal(policy_add(POLICY_FAULT, 5), 77);
    policy_detach(update);
}

static int heard_of_nobody;

static void listen(void *context, hp_log_level level, const char *line) {
    (void)context;
    heard_of_nobody += level == HP_LOG_WARNING && strstr(line, "policy_nobody") != NULL;
}

static void policy_for_what_the_update_does_not_offer_is_named_in_the_log(void **state) {
    (void)state;
    const hp_function_policy functions[] = {{"policy_nobody", value_of(1)}, {"policy_add", value_of(1)}};
    hp_log_set(listen, NULL, HP_LOG_WARNING);
    HANDLE update = policy_attach(NULL, functions, 2);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    assert_int_equal(heard_of_nobody, 1);
    policy_detach(update);
}

static void policies_that_make_no_sense_are_refused(void **state) {
    (void)state;
    hp_policy good = {.size = sizeof good};
    hp_policy bad[] = {good, good, good, good, {0}};
    bad[0].size--;
    bad[1].flags = 2;
    bad[2].retries = 17;
    bad[3].action = HP_FAILURE_RETRY;
    hp_attach_options options = session_options();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hp_function_policy function = {"policy_add", bad[i]};
        options.policy = &bad[i];
        assert_int_equal(hp_com_attach_ex(POLICY, &options, NULL), E_INVALIDARG);
        options.policy = NULL;
        options.functions = &function;
        options.function_count = 1;
        assert_int_equal(hp_com_attach_ex(POLICY, &options, NULL), E_INVALIDARG);
        function = (hp_function_policy){"not a name", good};
        assert_int_equal(hp_com_attach_ex(POLICY, &options, NULL), E_INVALIDARG);
        options.functions = NULL;
        assert_int_equal(hp_com_attach_ex(POLICY, &options, NULL), E_INVALIDARG);
        options.function_count = 0;
    }
    hp_session_status it = {.size = sizeof it};
    assert_int_equal(hp_com_status(POLICY, &it), HP_E_NOT_ATTACHED);
    assert_int_equal(hp_com_status(POLICY, NULL), E_INVALIDARG);
    it.size = 1;
    assert_int_equal(hp_com_status(POLICY, &it), E_INVALIDARG);
}

/* What the callback was told, and what it says. */
static struct {
    hp_failure last;
    char detail[256];
    int asked, inner;
    hp_failure_action answer;
    uint64_t bits;
} asked;

static hp_failure_action decide(void *context, const hp_failure *failure, hp_policy_value *value) {
    assert_ptr_equal(context, &asked);
    asked.last = *failure;
    snprintf(asked.detail, sizeof asked.detail, "%s", failure->detail);
    asked.asked++;
    asked.inner = policy_other(3); /* inside: the app's own */
    value->bits = asked.bits;
    return asked.answer;
}

static hp_policy asking(uint32_t retries, uint32_t flags) {
    return (hp_policy){
        .size = sizeof(hp_policy), .flags = flags, .retries = retries, .decide = decide, .context = &asked};
}

static void callback_is_told_everything_and_decides(void **state) {
    (void)state;
    hp_policy policy = asking(0, 0);
    HANDLE update = policy_attach(&policy, NULL, 0);
    memset(&asked, 0, sizeof asked);
    assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
    assert_int_equal(asked.asked, 1);
    assert_int_equal(asked.inner, 3);
    assert_int_equal(asked.last.size, sizeof asked.last);
    assert_int_equal(asked.last.result, HP_E_REPLACEMENT_FAULT);
    assert_int_equal(wcscmp(asked.last.progid, POLICY), 0);
    assert_int_equal(wcscmp(asked.last.function, L"policy_add"), 0);
    assert_int_equal(asked.last.tries, 1);
    assert_int_equal(asked.last.dispatched, 1);
    assert_non_null(strstr(asked.detail, "policy_update.exe")); /* the place */
    asked.answer = HP_FAILURE_VALUE;
    asked.bits = 4711;
    assert_int_equal(policy_add(POLICY_FAULT, 5), 4711);
    assert_int_equal(policy_make(POLICY_FAULT).b, 2); /* what cannot be returned runs the original */
    asked.answer = HP_FAILURE_RETRY;                  /* may not: it has run, and may not run twice */
    assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
    assert_int_equal(asked.asked, 4);
    assert_int_equal(policy_other(3), 1003);
    assert_int_equal(policy_add(POLICY_EXIT, 5), POLICY_EXIT + 5);
    assert_int_equal(asked.last.result, HP_E_UPDATE_GONE);
    assert_int_equal(policy_add(POLICY_ANSWER, 5), 5);
    assert_int_equal(asked.last.tries, 0);
    assert_int_equal(asked.last.dispatched, 0);
    policy_detach(update);
}

static void call_that_may_have_run_is_tried_again_only_if_it_may_run_twice(void **state) {
    (void)state;
    for (uint32_t flags = 0; flags <= HP_POLICY_IDEMPOTENT; flags++) {
        const hp_policy policy = {.size = sizeof policy, .flags = flags, .retries = 3};
        HANDLE update = policy_attach(&policy, NULL, 0);
        assert_int_equal(policy_add(POLICY_FAULT_TWICE, 5), flags != 0 ? 1005 : POLICY_FAULT_TWICE + 5);
        assert_int_equal(policy_calls(), flags != 0 ? 3 : 1);
        assert_int_equal(policy_status().retries, flags != 0 ? 2 : 0);
        assert_int_equal(policy_status().failures, flags != 0 ? 0 : 1);
        assert_int_equal(policy_add(POLICY_FAULT, 5), POLICY_FAULT + 5);
        assert_int_equal(policy_calls(), flags != 0 ? 7 : 2); /* the first and three more */
        policy_detach(update);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(failed_call_runs_the_original_by_default, policy_detach_all),
        cmocka_unit_test_teardown(update_rounds_as_the_caller_does, policy_detach_all),
        cmocka_unit_test_teardown(fixed_value_of_every_kind_is_returned_and_nothing_is_written,
                                  policy_detach_all),
        cmocka_unit_test_teardown(fixed_value_for_a_structure_is_refused_with_its_name, policy_detach_all),
        cmocka_unit_test_teardown(
            fixed_value_for_a_structure_keeps_only_that_function_out_of_a_partial_attach, policy_detach_all),
        cmocka_unit_test_teardown(policy_for_what_the_update_does_not_offer_is_named_in_the_log,
                                  policy_detach_all),
        cmocka_unit_test_teardown(policies_that_make_no_sense_are_refused, policy_detach_all),
        cmocka_unit_test_teardown(callback_is_told_everything_and_decides, policy_detach_all),
        cmocka_unit_test_teardown(call_that_may_have_run_is_tried_again_only_if_it_may_run_twice,
                                  policy_detach_all),
    };
    return cmocka_run_group_tests(tests, policy_set_up, policy_tear_down);
}
