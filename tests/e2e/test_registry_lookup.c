// The registry is input like any other: what a ProgID leads to may be anything.
#include "e2e/class_world.h"

#define ID L"{11111111-2222-3333-4444-555555555555}"
#define SERVER L"CLSID\\" ID L"\\LocalServer32"

static void expect(const wchar_t *progid, HRESULT expected, const char *part) {
    hp_class_found found;
    hp_trouble trouble = {0};
    HRESULT hr = hp_class_lookup(progid, &found, &trouble);
    char text[1024];
    hp_trouble_format(&trouble, text, sizeof text);
    if (hr != expected || (part && !strstr(text, part)))
        fail_msg("0x%08lx (wanted 0x%08lx, %s): %s", hr, expected, part ? part : "", text);
    assert_null(found.exe);
}

static int forget(void **state) {
    (void)state;
    world_forget();
    return 0;
}

static void with_server(const void *data, size_t size, DWORD type) {
    world_put_text(HKEY_CURRENT_USER, L"P.Q\\CLSID", NULL, ID);
    world_put(HKEY_CURRENT_USER, SERVER, NULL, type, data, (DWORD)size, KEY_WOW64_64KEY);
}

static void malformed_local_server_is_damage(void **state) {
    (void)state;
    static wchar_t huge[40000], path[33000];
    wmemset(huge, L'x', 39999);
    wmemset(path, L'y', 32999);
    memcpy(path, L"C:\\", 3 * sizeof *path);
    static const wchar_t *const bad[] = {L"",      L"  ",        L"\"",        L"\"\"",    L"\"C:\\u.exe",
                                         L"u.exe", L"..\\u.exe", L"\"u.exe\"", L"C:u.exe", L"\"C:\\dir\\\"",
                                         huge,     path};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        with_server(bad[i], (wcslen(bad[i]) + 1) * sizeof(wchar_t), REG_SZ);
        expect(L"P.Q", HP_E_CLASS_DAMAGED,
               "Software\\Classes\\"
               "CLSID\\{11111111-2222-3333-4444-555555555555}\\LocalServer32");
    }
    with_server("\1\2\3\4", 4, REG_DWORD);
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "LocalServer32");
    with_server(L"C:\\u.exe", 18, REG_MULTI_SZ);
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "LocalServer32");
    with_server("", 0, REG_SZ);
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "LocalServer32");
    world_delete(HKEY_CURRENT_USER, SERVER, KEY_WOW64_64KEY);
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "LocalServer32");
}

static void usual_and_unusual_command_lines_are_read(void **state) {
    (void)state;
    wchar_t windows[MAX_PATH];
    GetEnvironmentVariableW(L"SystemRoot", windows, MAX_PATH);
    wcscat(windows, L"\\u.exe");
    static const wchar_t unterminated[] = {L'C', L':', L'\\', L'u', L'.', L'e', L'x', L'e'};
    with_server(L"C:\\Program Files\\u.exe /x", 54, REG_SZ);
    world_expect_lookup(L"P.Q", L"C:\\Program Files\\u.exe");
    with_server(L"\"C:\\a b\\u.exe\" -x", 36, REG_SZ);
    world_expect_lookup(L"P.Q", L"C:\\a b\\u.exe");
    with_server(unterminated, sizeof unterminated, REG_SZ);
    world_expect_lookup(L"P.Q", L"C:\\u.exe");
    with_server(unterminated, sizeof unterminated, REG_EXPAND_SZ);
    world_expect_lookup(L"P.Q", L"C:\\u.exe");
    with_server(L"\"%SystemRoot%\\u.exe\" /y", 48, REG_EXPAND_SZ);
    world_expect_lookup(L"P.Q", windows);
    with_server(L"C:\\%SystemRoot%\\u.exe", 44, REG_SZ);
    world_expect_lookup(L"P.Q", L"C:\\%SystemRoot%\\u.exe");
}

static void bad_class_id_is_damage(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {L"",
                                         L"P.Q",
                                         L"{11111111-2222-3333-4444-55555555555}",
                                         L"{11111111-2222-3333-4444-5555555555556}",
                                         L"11111111-2222-3333-4444-555555555555",
                                         L"{11111111-2222-3333-4444-555555555555}x",
                                         L"{..\\..\\..\\..\\..\\..\\..\\..\\..\\..\\..\\....}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world_put_text(HKEY_CURRENT_USER, L"P.Q\\CLSID", NULL, bad[i]);
        expect(L"P.Q", HP_E_CLASS_DAMAGED, "Software\\Classes\\P.Q\\CLSID");
    }
    world_put(HKEY_CURRENT_USER, L"P.Q\\CLSID", NULL, REG_BINARY, "abc", 3, KEY_WOW64_64KEY);
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "Software\\Classes\\P.Q\\CLSID");
    forget(NULL);
    world_put_text(HKEY_CURRENT_USER, L"P.Q", NULL, L"only a name");
    expect(L"P.Q", HP_E_CLASS_DAMAGED, "P.Q");
}

static void curver_that_leads_nowhere_is_damage(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {
        L"P.Q", L"P.R", L"P.Missing", L"", L"P\\Q", L"P Q", L"A23456789.B23456789.C23456789.D23456789x"};
    world_put_text(HKEY_CURRENT_USER, L"P.R\\CurVer", NULL, L"P.Q");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        world_put_text(HKEY_CURRENT_USER, L"P.Q\\CurVer", NULL, bad[i]);
        expect(L"P.Q", HP_E_CLASS_DAMAGED, "CurVer");
    }
}

static void unknown_and_malformed_progids_are_unknown(void **state) {
    (void)state;
    world_put_text(HKEY_CURRENT_USER, L"P.Q\\sub\\CLSID", NULL, ID);
    static const wchar_t *const names[] = {L"No.Such", L"", L"P.Q\\sub", L"P Q",
                                           L"A23456789.B23456789.C23456789.D23456789x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect(names[i], HP_E_PROGID_UNKNOWN, NULL);
    expect(NULL, HP_E_PROGID_UNKNOWN, NULL);
}

static void class_for_all_users_comes_second(void **state) {
    (void)state;
    static const REGSAM views[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
    hp_class_found found;
    for (int i = 0; i < 2; i++) {
        world_put(HKEY_LOCAL_MACHINE, L"HpTest.All.1\\CLSID", NULL, REG_SZ, ID, sizeof ID, views[i]);
        world_put(HKEY_LOCAL_MACHINE, L"HpTest.All\\CurVer", NULL, REG_SZ, L"HpTest.All.1", 26, views[i]);
        world_put(HKEY_LOCAL_MACHINE, SERVER, NULL, REG_SZ, L"\"C:\\all.exe\"", 26, views[i]);
        assert_int_equal(hp_class_lookup(L"HpTest.All", &found, NULL), S_OK);
        assert_int_equal(found.per_user, 0);
        assert_int_equal(wcscmp(found.exe, L"C:\\all.exe"), 0);
        assert_int_equal(wcscmp(found.progid, L"HpTest.All.1"), 0);
        hp_class_free(&found);
        world_put_text(HKEY_CURRENT_USER, L"HpTest.All", NULL, L"a name only covers nothing");
        world_expect_lookup(L"HpTest.All", L"C:\\all.exe");
        world_put_text(HKEY_CURRENT_USER, L"HpTest.All\\CLSID", NULL, ID);
        world_put_text(HKEY_CURRENT_USER, SERVER, NULL, L"C:\\mine.exe");
        assert_int_equal(hp_class_lookup(L"HpTest.All", &found, NULL), S_OK);
        assert_int_equal(found.per_user, 1);
        assert_int_equal(wcscmp(found.exe, L"C:\\mine.exe"), 0);
        hp_class_free(&found);
        forget(NULL);
        world_delete(HKEY_LOCAL_MACHINE, L"HpTest.All", views[i]);
        world_delete(HKEY_LOCAL_MACHINE, L"HpTest.All.1", views[i]);
        world_delete(HKEY_LOCAL_MACHINE, L"CLSID\\" ID, views[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(malformed_local_server_is_damage, forget),
        cmocka_unit_test_teardown(usual_and_unusual_command_lines_are_read, forget),
        cmocka_unit_test_teardown(bad_class_id_is_damage, forget),
        cmocka_unit_test_teardown(curver_that_leads_nowhere_is_damage, forget),
        cmocka_unit_test_teardown(unknown_and_malformed_progids_are_unknown, forget),
        cmocka_unit_test_teardown(class_for_all_users_comes_second, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
