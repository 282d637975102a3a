// What the update offers, held against what the app has, function by function.
#include "e2e/attach_world.h"

static void fails_with(HRESULT result, const char *thing, const char *detail, unsigned count,
                       const expected_item *items) {
    attach_expect_failure(
        &fakes[0],
        &(expectation){
            .result = result, .thing = thing, .detail = detail, .starts = 1, .count = count, .items = items});
}

/* One odd function among good ones: refused as a whole; with HP_ATTACH_PARTIAL, everything
 * but the odd one is attached. */
static void odd_function(const wchar_t *wide, HRESULT result, const char *detail) {
    char name[64];
    wchar_t names[128];
    snprintf(name, sizeof name, "%ls", wide);
    swprintf(names, 128, L"err_add %ls err_fill", wide);
    const expected_item items[] = {{"err_add", S_OK, NULL}, {name, result, detail}, {"err_fill", S_OK, NULL}};
    fake_names(&fakes[0], names);
    fails_with(result, name, detail, 3, items);

    code_state *code = code_save();
    hp_report *report;
    HRESULT hr = fake_attach(&fakes[0], HP_ATTACH_PARTIAL, &report);
    assert_non_null(report);
    if (hr != HP_S_PARTIAL)
        fail_msg("0x%08lx: %s", hr, report->message);
    assert_int_equal(report->result, HP_S_PARTIAL);
    assert_int_equal(report->redirected, 2);
    assert_int_equal(report->count, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(report->items[i].name, items[i].name);
        assert_int_equal(report->items[i].result, items[i].result);
    }
    hp_report_free(report);
    unsigned char buffer[4];
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    assert_int_equal(err_fill(buffer, 4), 4);
    assert_int_equal(buffer[3], FAKE_FILLS);
    assert_true(err_scale(1.5, 2) == 3.0);
    assert_int_equal(hp_com_detach(fakes[0].progid, 5000), S_OK);
    assert_int_equal(err_add(2, 3), 5);
    assert_int_equal(err_fill(buffer, 4), 2);
    code_expect_bytes(code);
    assert_int_equal(fake_await_end(&fakes[0]), 1);

    /* Nothing good at all: partial or not, that is a failure. */
    fake_names(&fakes[0], wide);
    attach_expect_failure(&fakes[0], &(expectation){.result = result,
                                                    .thing = name,
                                                    .detail = detail,
                                                    .flags = HP_ATTACH_PARTIAL,
                                                    .starts = 1,
                                                    .count = 1,
                                                    .items = &items[1]});
}

static void odd_function_then_good(const wchar_t *name, HRESULT result, const char *detail) {
    odd_function(name, result, detail);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void name_that_the_app_does_not_have(void **state) {
    (void)state;
    odd_function_then_good(L"err_nowhere", HP_E_NAME_UNKNOWN, "no such function");
    odd_function_then_good(L"ERR_SCALE", HP_E_NAME_UNKNOWN, NULL);
    odd_function_then_good(L"err_", HP_E_NAME_UNKNOWN, NULL);
}

static void name_that_the_app_has_twice(void **state) {
    (void)state;
    odd_function_then_good(L"err_double", HP_E_NAME_DUPLICATE, "the app has several");
}

static void function_that_the_app_only_exports(void **state) {
    (void)state;
    odd_function_then_good(L"err_listed", HP_E_NOT_PATCHABLE, "HP_EXPORT only");
}

static void function_without_a_patchable_prologue(void **state) {
    (void)state;
    odd_function_then_good(L"err_plain", HP_E_NOT_PATCHABLE, "begins with B8 06 00 00");
}

static void function_that_is_not_code(void **state) {
    (void)state;
    odd_function_then_good(L"err_data", HP_E_NOT_PATCHABLE, "does not hold code");
}

static void function_with_code_right_before_it(void **state) {
    (void)state;
    odd_function_then_good(L"err_occupied", HP_E_PAD_OCCUPIED, NULL);
}

static void function_that_is_misaligned(void **state) {
    (void)state;
    odd_function_then_good(L"err_crooked", HP_E_ENTRY_MISALIGNED, NULL);
}

static void two_names_on_one_address(void **state) {
    (void)state;
    static const expected_item items[] = {{"err_twin", HP_E_ADDRESS_SHARED, "err_twin_again"},
                                          {"err_add", S_OK, NULL},
                                          {"err_twin_again", HP_E_ADDRESS_SHARED, "err_twin"}};
    fake_names(&fakes[0], L"err_twin err_add err_twin_again");
    fails_with(HP_E_ADDRESS_SHARED, "err_twin", "err_twin_again", 3, items);
    hp_report *report;
    assert_int_equal(fake_attach(&fakes[0], HP_ATTACH_PARTIAL, &report), HP_S_PARTIAL);
    assert_int_equal(report->redirected, 1);
    hp_report_free(report);
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    assert_int_equal(hp_com_detach(fakes[0].progid, 5000), S_OK);
    fake_await_end(&fakes[0]);
    /* Also if the update knows one of them only. */
    odd_function_then_good(L"err_twin_again", HP_E_ADDRESS_SHARED, "err_twin");
}

static void function_that_somebody_else_patched(void **state) {
    (void)state;
    code_patch_scale();
    assert_true(err_scale(1.5, 2) == 3.0);
    odd_function(L"err_scale", HP_E_FOREIGN_BYTES, "begins with EB 00");
    code_unpatch_scale();
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
    /* And once more now that the function has a thunk from that attach. */
    code_patch_scale();
    odd_function(L"err_scale", HP_E_FOREIGN_BYTES, NULL);
    code_unpatch_scale();
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void function_that_another_progid_has_taken(void **state) {
    (void)state;
    fake_register(&fakes[1], NULL);
    fake_names(&fakes[1], L"err_scale");
    fake_order_member(&fakes[1], HP_DISPID_CALL, FAKE_CODE, E_FAIL); /* so that its calls run the original */
    hp_report *report;
    assert_int_equal(fake_attach(&fakes[1], 0, &report), S_OK);
    hp_report_free(report);
    odd_function(L"err_scale", HP_E_TARGET_TAKEN, NULL);
    assert_int_equal(hp_com_detach(fakes[1].progid, 5000), S_OK);
    assert_int_equal(fake_await_end(&fakes[1]), 1);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

/* ---- signatures ---- */

/* GetSignature of err_scale, which the app has no signature for, or of another function, does this. */
static void signature_fails(const wchar_t *name, fake_deed deed, LONG code, const wchar_t *text,
                            HRESULT result, const char *detail) {
    wcscpy(fakes[0].orders->odd_name, name);
    fake_text(&fakes[0], text);
    fake_order_member(&fakes[0], HP_DISPID_GET_SIGNATURE, deed, code);
    odd_function(name, result, detail);
    fake_behave(&fakes[0]);
}

static void signature_that_cannot_be_read(void **state) {
    (void)state;
    static const struct {
        const wchar_t *text;
        HRESULT result;
        const char *detail;
    } bad[] = {
        {L"", HP_E_SIGNATURE_SYNTAX, "at character 1 "},
        {L"f64(f64 value, i33 factor)", HP_E_SIGNATURE_SYNTAX, "at character 16 "},
        {L"f64(f64 value", HP_E_SIGNATURE_SYNTAX, "at character 14 "},
        {L"f64(f64 v\x00E4lue)", HP_E_SIGNATURE_SYNTAX, "at character 10 "},
        {L"u32(out u8 data[length], u32 size)", HP_E_SIGNATURE_LENGTH, "at character 17 "},
        {L"i8*(i32 a)", HP_E_SIGNATURE_RETURN_POINTER, "at character 3 "},
        {L"str(i32 a)", HP_E_SIGNATURE_RETURN_POINTER, "at character 1 "},
        {L"stdcall i32(i32 a, ..., i32 b)", HP_E_SIGNATURE_CONVENTION, "at character "},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        signature_fails(L"err_scale", FAKE_TEXT, 0, bad[i].text, bad[i].result, bad[i].detail);
    attach_expect_good(&fakes[0]);
}

static void signature_that_is_too_long(void **state) {
    (void)state;
    signature_fails(L"err_scale", FAKE_FILLED_TEXT, HP_SIGNATURE_MAX + 1, L"", HP_E_SIGNATURE_LIMIT, NULL);
    signature_fails(L"err_scale", FAKE_FILLED_TEXT, 1 << 22, L"", HP_E_SIGNATURE_LIMIT, NULL);
    signature_fails(L"err_scale", FAKE_FILLED_TEXT, HP_SIGNATURE_MAX, L"", HP_E_SIGNATURE_SYNTAX,
                    "at character 1 ");
    attach_expect_good(&fakes[0]);
}

static void signature_with_a_nul_inside(void **state) {
    (void)state;
    wcscpy(fakes[0].orders->odd_name, L"err_scale");
    fake_text(&fakes[0], L"f64(f64 value, i32 factor)_");
    fakes[0].orders->text[26] = L'\0';
    fake_order_member(&fakes[0], HP_DISPID_GET_SIGNATURE, FAKE_TEXT, 0);
    odd_function(L"err_scale", HP_E_SIGNATURE_SYNTAX, NULL);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void signature_of_a_wrong_type_or_refused(void **state) {
    (void)state;
    signature_fails(L"err_scale", FAKE_WRONG_TYPE, VT_I4, L"", HP_E_SERVER_NOT_HOTPATCH, "gives type 3");
    signature_fails(L"err_scale", FAKE_WRONG_TYPE, VT_EMPTY, L"", HP_E_SERVER_NOT_HOTPATCH, "gives type 0");
    signature_fails(L"err_scale", FAKE_CODE, DISP_E_MEMBERNOTFOUND, L"", HP_E_SERVER_NOT_HOTPATCH,
                    "no member 71003");
    signature_fails(L"err_scale", FAKE_EXCEPTION, HP_E_NAME_UNKNOWN, L"never heard of it", HP_E_NAME_UNKNOWN,
                    "never heard of it");
    attach_expect_good(&fakes[0]);
}

static void signature_that_differs_from_the_apps_own(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {L"i32(i32 a, i64 b)", L"i32(i32 a)", L"u32(i32 a, i32 b)",
                                         L"void(i32 a, i32 b)", L"i32(in i32 *a, i32 b)"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char detail[128];
        snprintf(detail, sizeof detail, "app: i32(i32 left, i32 right); update: %ls", bad[i]);
        wcscpy(fakes[0].orders->odd_name, L"err_add");
        fake_text(&fakes[0], bad[i]);
        fake_order_member(&fakes[0], HP_DISPID_GET_SIGNATURE, FAKE_TEXT, 0);
        const expected_item items[] = {{"err_scale", S_OK, NULL},
                                       {"err_add", HP_E_SIGNATURE_MISMATCH, detail}};
        fake_names(&fakes[0], L"err_scale err_add");
        fails_with(HP_E_SIGNATURE_MISMATCH, "err_add", detail, 2, items);
    }
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void signature_of_the_app_that_cannot_be_read(void **state) {
    (void)state;
    odd_function_then_good(L"err_misread", HP_E_SIGNATURE_SYNTAX, "in the app's own HP_EXPORT");
}

static void first_of_several_errors_is_the_verdict_and_all_stand_in_the_report(void **state) {
    (void)state;
    static const expected_item items[] = {
        {"err_add", S_OK, NULL},
        {"err_nowhere", HP_E_NAME_UNKNOWN, NULL},
        {"err_crooked", HP_E_ENTRY_MISALIGNED, NULL},
        {"err_occupied", HP_E_PAD_OCCUPIED, NULL},
        {"err_scale", S_OK, NULL},
        {"err_plain", HP_E_NOT_PATCHABLE, NULL},
        {"err_misread", HP_E_SIGNATURE_SYNTAX, NULL},
    };
    fake_names(&fakes[0], L"err_add err_nowhere err_crooked err_occupied err_scale err_plain err_misread");
    fails_with(HP_E_NAME_UNKNOWN, "err_nowhere", NULL, 7, items);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, attach_setup, attach_teardown)

int main(int argc, char **argv) {
    if (argc > 1) /* one test of the group, by name */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(name_that_the_app_does_not_have),
        TEST(name_that_the_app_has_twice),
        TEST(function_that_the_app_only_exports),
        TEST(function_without_a_patchable_prologue),
        TEST(function_that_is_not_code),
        TEST(function_with_code_right_before_it),
        TEST(function_that_is_misaligned),
        TEST(two_names_on_one_address),
        TEST(function_that_somebody_else_patched),
        TEST(function_that_another_progid_has_taken),
        TEST(signature_that_cannot_be_read),
        TEST(signature_that_is_too_long),
        TEST(signature_with_a_nul_inside),
        TEST(signature_of_a_wrong_type_or_refused),
        TEST(signature_that_differs_from_the_apps_own),
        TEST(signature_of_the_app_that_cannot_be_read),
        TEST(first_of_several_errors_is_the_verdict_and_all_stand_in_the_report),
    };
    return cmocka_run_group_tests_name("attach-functions", tests, NULL, NULL);
}
