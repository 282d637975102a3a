// A process that answers, but not as an update should: every member, every kind of wrong answer.
#include "e2e/attach_world.h"

static void fails(const expectation *expected) {
    expectation one = *expected;
    one.starts = 1;
    attach_expect_failure(&fakes[0], &one);
}

/* The member does this, attach fails so, and works again once the member behaves. */
static void member_fails(DISPID id, fake_deed deed, LONG code, HRESULT result, const char *detail) {
    fake_order_member(&fakes[0], id, deed, code);
    fails(&(expectation){
        .result = result, .thing = id == HP_DISPID_GET_SIGNATURE ? "err_add" : NULL, .detail = detail});
    fake_order_member(&fakes[0], id, FAKE_GOOD, 0);
}

static const DISPID asked[] = {HP_DISPID_PROTOCOL_VERSION, HP_DISPID_IMAGE_IDENTITY, HP_DISPID_PROCESS_ID,
                               HP_DISPID_CONNECT,          HP_DISPID_GET_NAMES,      HP_DISPID_GET_SIGNATURE};
enum { ASKED = sizeof asked / sizeof *asked };

static void server_that_is_not_hotpatch(void **state) {
    (void)state;
    static const HRESULT codes[] = {DISP_E_MEMBERNOTFOUND, DISP_E_UNKNOWNNAME, DISP_E_BADPARAMCOUNT,
                                    E_NOTIMPL};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        member_fails(HP_DISPID_PROTOCOL_VERSION, FAKE_CODE, codes[i], HP_E_SERVER_NOT_HOTPATCH,
                     "no member 71005");
    /* The first members are there by chance, a later one is not. */
    for (size_t i = 1; i < ASKED - 1; i++)
        member_fails(asked[i], FAKE_CODE, DISP_E_MEMBERNOTFOUND, HP_E_SERVER_NOT_HOTPATCH, "no member 7100");
    attach_expect_good(&fakes[0]);
}

static void protocol_version_that_differs(void **state) {
    (void)state;
    static const LONG versions[] = {HP_PROTOCOL_VERSION + 1, 0, -1, 0x7FFFFFFF};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char detail[64];
        snprintf(detail, sizeof detail, "speaks version %d, the update %ld", HP_PROTOCOL_VERSION,
                 versions[i]);
        member_fails(HP_DISPID_PROTOCOL_VERSION, FAKE_NUMBER, versions[i], HP_E_PROTOCOL, detail);
    }
    attach_expect_good(&fakes[0]);
}

static void members_of_a_wrong_variant_type(void **state) {
    (void)state;
    static const DISPID numbers[] = {HP_DISPID_PROTOCOL_VERSION, HP_DISPID_PROCESS_ID};
    static const VARTYPE not_numbers[] = {VT_EMPTY,    VT_NULL,          VT_I2, VT_R8, VT_BSTR,
                                          VT_DISPATCH, VT_ARRAY | VT_UI1};
    static const DISPID texts[] = {HP_DISPID_IMAGE_IDENTITY, HP_DISPID_GET_NAMES};
    static const VARTYPE not_texts[] = {VT_EMPTY, VT_NULL, VT_I4, VT_UNKNOWN, VT_ARRAY | VT_BSTR};
    for (size_t i = 0; i < sizeof not_numbers / sizeof *not_numbers; i++)
        member_fails(numbers[i % 2], FAKE_WRONG_TYPE, not_numbers[i], HP_E_SERVER_NOT_HOTPATCH, "gives type");
    for (size_t i = 0; i < sizeof not_texts / sizeof *not_texts; i++)
        member_fails(texts[i % 2], FAKE_WRONG_TYPE, not_texts[i], HP_E_SERVER_NOT_HOTPATCH, "gives type");
    attach_expect_good(&fakes[0]);
}

static void image_of_the_other_architecture(void **state) {
    (void)state;
    fake_text(&fakes[0], HP_X64 ? L"x86-66f0a1b2-0001a000-00012345" : L"x64-66f0a1b2-0001a000-00012345");
    member_fails(HP_DISPID_IMAGE_IDENTITY, FAKE_TEXT, 0, HP_E_SERVER_ARCHITECTURE,
                 HP_X64 ? "the app is x64, the update x86" : "the app is x86, the update x64");
    attach_expect_good(&fakes[0]);
}

static void image_identity_that_is_nonsense(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {L"", L"x", L"arm64-1-2-3", L"\x6F22\x5B57\x6F22"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fake_text(&fakes[0], bad[i]);
        member_fails(HP_DISPID_IMAGE_IDENTITY, FAKE_TEXT, 0, HP_E_SERVER_NOT_HOTPATCH, NULL);
    }
    member_fails(HP_DISPID_IMAGE_IDENTITY, FAKE_FILLED_TEXT, 65, HP_E_SERVER_NOT_HOTPATCH, NULL);
    member_fails(HP_DISPID_IMAGE_IDENTITY, FAKE_FILLED_TEXT, 1 << 20, HP_E_SERVER_NOT_HOTPATCH, NULL);
    attach_expect_good(&fakes[0]);
}

static void connect_that_refuses(void **state) {
    (void)state;
    member_fails(HP_DISPID_CONNECT, FAKE_CODE, E_ACCESSDENIED, E_ACCESSDENIED, NULL);
    fake_text(&fakes[0], L"one client is enough");
    member_fails(HP_DISPID_CONNECT, FAKE_EXCEPTION, HRESULT_FROM_WIN32(ERROR_ALREADY_INITIALIZED),
                 HRESULT_FROM_WIN32(ERROR_ALREADY_INITIALIZED), "one client is enough");
    attach_expect_good(&fakes[0]);
}

static void members_that_fail_with_any_code_and_exception(void **state) {
    (void)state;
    for (size_t i = 0; i < ASKED; i++) {
        member_fails(asked[i], FAKE_CODE, E_FAIL, E_FAIL, NULL);
        member_fails(asked[i], FAKE_BARE_EXCEPTION, 0, DISP_E_EXCEPTION, NULL);
    }
    wchar_t description[600];
    for (int i = 0; i < 599;
         i++) /* longer than any detail, and of three bytes each: cut between characters */
        description[i] = i < 10 ? L"The reason"[i] : L'\x6F22';
    description[599] = L'\0';
    for (size_t i = 0; i < ASKED; i++) {
        fake_text(&fakes[0], i % 2 ? description : L"The reason");
        member_fails(asked[i], FAKE_EXCEPTION, E_ACCESSDENIED, E_ACCESSDENIED, "The reason");
        member_fails(asked[i], FAKE_EXCEPTION, S_OK, DISP_E_EXCEPTION, "The reason");
    }
    attach_expect_good(&fakes[0]);
}

static void update_that_dies_in_a_member(void **state) {
    (void)state;
    for (size_t i = 0; i < ASKED; i++)
        member_fails(asked[i], FAKE_DIE, 0, HP_E_UPDATE_GONE, NULL);
    attach_expect_good(&fakes[0]);
}

/* ---- GetNames ---- */

static void names_fail(const wchar_t *names, HRESULT result, const char *thing) {
    fake_names(&fakes[0], names);
    fails(&(expectation){.result = result, .thing = thing});
}

static void no_names(void **state) {
    (void)state;
    names_fail(L"", HP_E_NO_EXPORTS, NULL);
    names_fail(L"   ", HP_E_NO_EXPORTS, NULL);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void name_that_occurs_twice(void **state) {
    (void)state;
    names_fail(L"err_add err_scale err_add", HP_E_NAME_DUPLICATE, "err_add");
    names_fail(L"unknown unknown", HP_E_NAME_DUPLICATE, "unknown");
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void name_that_is_too_long(void **state) {
    (void)state;
    wchar_t names[700] = L"err_add ";
    wmemset(names + 8, L'n', 256);
    names_fail(names, HP_E_NAME_TOO_LONG, "nnnnnnnn");
    wmemset(names + 8, L'\x6F22', 600); /* cut between characters where it is named */
    names_fail(names, HP_E_NAME_TOO_LONG, "\xE6\xBC\xA2\xE6\xBC\xA2");
    /* One less is a name, if an unknown one. */
    memset(names + 8, 0, sizeof names - 8 * sizeof *names);
    wmemset(names + 8, L'n', 255);
    fake_names(&fakes[0], names);
    fails(&(expectation){.result = HP_E_NAME_UNKNOWN, .thing = "nnnnnnnn", .count = 2});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void name_that_is_no_identifier(void **state) {
    (void)state;
    static const struct {
        const wchar_t *names;
        const char *thing;
    } bad[] = {
        {L"err_add 9lives", "9lives"},
        {L"err-add", "err-add"},
        {L"err_add, err_scale", "err_add,"},
        {L"a:b", "a:b"},
        {L"::a", "::a"},
        {L"a::", "a::"},
        {L"err_add\terr_scale", "err_add"},
        {L"\x00E4rger", "\xC3\xA4rger"},
        {L"err_add \x6F22\x5B57", "\xE6\xBC\xA2\xE5\xAD\x97"},
        {L"err_add %s%n", "%s%n"},
        {L"..\\..\\x", "..\\..\\x"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        names_fail(bad[i].names, HP_E_NAME_INVALID, bad[i].thing);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void names_with_line_breaks_stay_on_one_line(void **state) {
    (void)state;
    names_fail(L"err_add\nfaked: all is well", HP_E_NAME_INVALID, "err_add");
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void names_with_a_nul_inside(void **state) {
    (void)state;
    fake_names(&fakes[0], L"err_add_err_scale");
    fakes[0].orders->names[7] = L'\0';
    fails(&(expectation){.result = HP_E_NAME_INVALID});
    fake_names(&fakes[0], L"err_add");
    fakes[0].orders->names_length++; /* the terminator counted */
    fails(&(expectation){.result = HP_E_NAME_INVALID});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void names_with_wrong_spaces(void **state) {
    (void)state;
    names_fail(L"err_add  err_scale", HP_E_NAME_INVALID, NULL);
    names_fail(L" err_add", HP_E_NAME_INVALID, NULL);
    names_fail(L"err_add ", HP_E_NAME_INVALID, NULL);
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void huge_list_of_names(void **state) {
    (void)state;
    member_fails(HP_DISPID_GET_NAMES, FAKE_FILLED_TEXT, 4096 * 256 + 1, HP_E_FRAME_TOO_LARGE, "71001");
    fake_order_member(&fakes[0], HP_DISPID_GET_NAMES, FAKE_FILLED_TEXT, 4096 * 256);
    fails(&(expectation){.result = HP_E_NAME_TOO_LONG, .thing = "xxxxxxxx"});
    fake_behave(&fakes[0]);
    wchar_t *names = calloc(FAKE_NAMES_CHARS, sizeof *names);
    assert_non_null(names);
    for (int i = 0; i < 1000; i++)
        swprintf(names + wcslen(names), 16, L"%lsn%d", i > 0 ? L" " : L"", i);
    fake_names(&fakes[0], names);
    free(names);
    fails(&(expectation){.result = HP_E_NAME_UNKNOWN, .thing = "n0", .count = 1000});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, attach_setup, attach_teardown)

int main(int argc, char **argv) {
    if (argc > 1) /* one test of the group, by name */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(server_that_is_not_hotpatch),
        TEST(protocol_version_that_differs),
        TEST(members_of_a_wrong_variant_type),
        TEST(image_of_the_other_architecture),
        TEST(image_identity_that_is_nonsense),
        TEST(connect_that_refuses),
        TEST(members_that_fail_with_any_code_and_exception),
        TEST(update_that_dies_in_a_member),
        TEST(no_names),
        TEST(name_that_occurs_twice),
        TEST(name_that_is_too_long),
        TEST(name_that_is_no_identifier),
        TEST(names_with_line_breaks_stay_on_one_line),
        TEST(names_with_a_nul_inside),
        TEST(names_with_wrong_spaces),
        TEST(huge_list_of_names),
    };
    return cmocka_run_group_tests_name("attach-offer", tests, NULL, NULL);
}
