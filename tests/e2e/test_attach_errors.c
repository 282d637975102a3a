// From the ProgID to a process that answers: everything that can be wrong there.
#include "e2e/attach_world.h"

#include "e2e/class_world.h"

static void unknown_progid(void **state) {
    (void)state;
    attach_expect_failure_of(L"HpTest.No.Such", &(expectation){.result = HP_E_PROGID_UNKNOWN});
    attach_expect_good(&fakes[0]);
}

static void malformed_progid(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {L"Hp Test",  L"Hp\\Test", L"..",
                                         L"1.HpTest", L"HpTest.",  L"\x00E4.\x6F22"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        attach_expect_failure_of(bad[i],
                                 &(expectation){.result = HP_E_PROGID_UNKNOWN, .detail = "not a ProgID"});
    attach_expect_good(&fakes[0]);
}

static void progid_that_is_too_long_or_empty_or_null(void **state) {
    (void)state;
    wchar_t longest[400];
    wmemset(longest, L'p', 399);
    longest[399] = L'\0';
    attach_expect_failure_of(longest, &(expectation){.result = E_INVALIDARG, .thing = "pppp"});
    longest[40] = L'\0';
    attach_expect_failure_of(longest, &(expectation){.result = E_INVALIDARG});
    longest[39] = L'\0'; /* COM's limit is kept exactly */
    attach_expect_failure_of(longest, &(expectation){.result = HP_E_PROGID_UNKNOWN});
    attach_expect_failure_of(L"", &(expectation){.result = E_INVALIDARG});
    attach_expect_failure_of(NULL, &(expectation){.result = E_INVALIDARG, .thing = "ProgID"});
    attach_expect_good(&fakes[0]);
}

static void options_of_another_size_or_with_unknown_flags(void **state) {
    (void)state;
    attach_expect_failure(&fakes[0],
                          &(expectation){.result = E_INVALIDARG, .detail = "options", .flags = 0x80000000u});
    hp_report *report;
    const hp_attach_options unset = {.flags = HP_ATTACH_ALLOW_ELEVATED};
    assert_int_equal(hp_com_attach_ex(fakes[0].progid, &unset, &report), E_INVALIDARG);
    assert_non_null(report);
    hp_report_free(report);
    assert_int_equal(hp_com_attach_ex(fakes[0].progid, &unset, NULL), E_INVALIDARG);
    attach_expect_good(&fakes[0]);
}

/* ---- the EXE ---- */

/* Attach to a class whose EXE is this file; then to the real one. */
static void exe_fails(const wchar_t *exe, HRESULT result, const char *detail) {
    char name[3 * MAX_PATH];
    WideCharToMultiByte(CP_UTF8, 0, exe, -1, name, sizeof name, NULL, NULL);
    fake_register(&fakes[0], exe);
    attach_expect_failure(&fakes[0], &(expectation){.result = result, .thing = name, .detail = detail});
    fake_register(&fakes[0], NULL);
    attach_expect_good(&fakes[0]);
}

/* A file of the test's own, named after the process. */
static const wchar_t *file_with(const wchar_t *name, const void *bytes, DWORD size) {
    static wchar_t path[MAX_PATH + 64];
    wchar_t folder[MAX_PATH];
    DWORD written;
    assert_in_range(GetTempPathW(MAX_PATH, folder), 1, MAX_PATH - 1);
    swprintf(path, MAX_PATH + 64, L"%lshotpatch %lu \x00E4 %ls", folder, GetCurrentProcessId(), name);
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    assert_int_not_equal(file, INVALID_HANDLE_VALUE);
    assert_true(WriteFile(file, bytes, size, &written, NULL));
    CloseHandle(file);
    return path;
}

static void exe_is_missing(void **state) {
    (void)state;
    exe_fails(L"C:\\no such folder\\update \x00FC.exe", HP_E_SERVER_MISSING, NULL);
    exe_fails(L"C:\\no such update.exe", HP_E_SERVER_MISSING, NULL);
}

static void exe_is_a_text_file_or_empty_or_cut_off(void **state) {
    (void)state;
    static const char text[] = "This is not a program.\r\n";
    const wchar_t *path = file_with(L"text.exe", text, sizeof text - 1);
    exe_fails(path, HP_E_SERVER_NOT_EXECUTABLE, NULL);
    DeleteFileW(path);
    path = file_with(L"empty.exe", text, 0);
    exe_fails(path, HP_E_SERVER_NOT_EXECUTABLE, NULL);
    DeleteFileW(path);
    path =
        file_with(L"cut.exe", GetModuleHandleW(NULL), 64); /* the DOS header, and nothing that it points to */
    exe_fails(path, HP_E_SERVER_NOT_EXECUTABLE, NULL);
    DeleteFileW(path);
}

static void exe_is_a_directory(void **state) {
    (void)state;
    wchar_t folder[MAX_PATH];
    assert_in_range(GetWindowsDirectoryW(folder, MAX_PATH), 1, MAX_PATH);
    exe_fails(folder, HP_E_SERVER_NOT_EXECUTABLE, NULL);
}

static void exe_is_of_the_other_architecture(void **state) {
    (void)state;
    wchar_t path[MAX_PATH + 32];
    assert_in_range(GetWindowsDirectoryW(path, MAX_PATH), 1, MAX_PATH);
    /* What a 32-bit process sees as system32 is the 32-bit one; sysnative is the other. */
    wcscat(path, HP_X64 ? L"\\syswow64\\rundll32.exe" : L"\\sysnative\\rundll32.exe");
    exe_fails(path, HP_E_SERVER_ARCHITECTURE, HP_X64 ? "the app is x64" : "the app is x86");
}

/* ---- the process ---- */

static void exe_exits_at_once(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_LEAVE;
    fakes[0].orders->exit_code = 43;
    attach_expect_failure(&fakes[0], &(expectation){.result = HP_E_SERVER_EXITED,
                                                    .thing = "fixture_fake.exe",
                                                    .detail = "its exit code was 43",
                                                    .starts = 1});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

/* That the process is gone is what attach_expect_failure waits for: the fake itself
 * would stay as long as the app. */
static void exe_never_registers_its_class_object_and_is_ended(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_DAWDLE;
    attach_expect_failure(&fakes[0], &(expectation){.result = HP_E_SERVER_SILENT,
                                                    .thing = "fixture_fake.exe",
                                                    .detail = "waited 2500 ms",
                                                    .start_timeout_ms = 2500,
                                                    .starts = 1});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void class_object_that_makes_no_objects(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_NO_OBJECT;
    fakes[0].orders->exit_code = E_ACCESSDENIED;
    attach_expect_failure(&fakes[0], &(expectation){.result = E_ACCESSDENIED,
                                                    .thing = "fixture_fake.exe",
                                                    .detail = "it is running, but",
                                                    .starts = 1});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static void object_without_idispatch(void **state) {
    (void)state;
    fakes[0].orders->start = FAKE_NO_DISPATCH;
    attach_expect_failure(&fakes[0],
                          &(expectation){.result = E_NOINTERFACE, .thing = "fixture_fake.exe", .starts = 1});
    fake_behave(&fakes[0]);
    attach_expect_good(&fakes[0]);
}

static int process_is_elevated(void) {
    HANDLE token;
    TOKEN_ELEVATION elevation = {0};
    DWORD size;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size));
    CloseHandle(token);
    return elevation.TokenIsElevated != 0;
}

static void elevated_app_starts_nothing_without_the_flag(void **state) {
    (void)state;
    if (process_is_elevated()) {
        attach_expect_failure(
            &fakes[0],
            &(expectation){.result = HP_E_ELEVATED, .thing = "fixture_fake.exe", .elevated = 1, .starts = 0});
        assert_int_equal(hp_com_attach(fakes[0].progid), HP_E_ELEVATED);
        assert_int_equal(fakes[0].orders->started, 0);
    } else {
        assert_int_equal(hp_com_attach(fakes[0].progid), S_OK);
        assert_int_equal(hp_com_detach(fakes[0].progid, 5000), S_OK);
        fake_await_end(&fakes[0]);
    }
    attach_expect_good(&fakes[0]);
}

/* ---- the registration ---- */

static const wchar_t *server_key(void) {
    return world_class_key(&fakes[0].description, L"\\LocalServer32");
}

static void registration_is_damaged(const char *thing) {
    attach_expect_failure(&fakes[0], &(expectation){.result = HP_E_CLASS_DAMAGED, .thing = thing});
}

static void localserver32_is_damaged_or_missing(void **state) {
    (void)state;
    wchar_t good[1100];
    swprintf(good, 1100, L"\"%ls\"", fake_exe());
    static const wchar_t *const bad[] = {L"", L"\"", L"\"C:\\update.exe", L"update.exe", L"\"\" -Embedding"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world_put_text(HKEY_CURRENT_USER, server_key(), NULL, bad[i]);
        registration_is_damaged("LocalServer32");
    }
    world_delete(HKEY_CURRENT_USER, server_key(), KEY_WOW64_64KEY);
    registration_is_damaged("LocalServer32");
    world_put_text(HKEY_CURRENT_USER, server_key(), NULL, good);
    attach_expect_good(&fakes[0]);
}

static void class_id_is_damaged(void **state) {
    (void)state;
    wchar_t good[64], key[64];
    StringFromGUID2(&fakes[0].description.clsid, good, 64);
    swprintf(key, 64, L"%ls.1\\CLSID", fakes[0].progid);
    static const wchar_t *const bad[] = {L"", L"{}", L"not a class id",
                                         L"{11111111-2222-3333-4444-55555555555}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world_put_text(HKEY_CURRENT_USER, key, NULL, bad[i]);
        registration_is_damaged("HpTest.Fake0.1\\CLSID");
    }
    world_put_text(HKEY_CURRENT_USER, key, NULL, good);
    attach_expect_good(&fakes[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, attach_setup, attach_teardown)

int main(int argc, char **argv) {
    if (argc > 1) /* one test of the group, by name */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(unknown_progid),
        TEST(malformed_progid),
        TEST(progid_that_is_too_long_or_empty_or_null),
        TEST(options_of_another_size_or_with_unknown_flags),
        TEST(exe_is_missing),
        TEST(exe_is_a_text_file_or_empty_or_cut_off),
        TEST(exe_is_a_directory),
        TEST(exe_is_of_the_other_architecture),
        TEST(exe_exits_at_once),
        TEST(exe_never_registers_its_class_object_and_is_ended),
        TEST(class_object_that_makes_no_objects),
        TEST(object_without_idispatch),
        TEST(elevated_app_starts_nothing_without_the_flag),
        TEST(localserver32_is_damaged_or_missing),
        TEST(class_id_is_damaged),
    };
    return cmocka_run_group_tests_name("attach-errors", tests, NULL, NULL);
}
