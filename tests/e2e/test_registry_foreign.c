// A class is written and taken back where somebody else has written, too, or something is damaged: nobody
// else's keys are touched.
#include "e2e/class_world.h"

static void foreign_class_is_left_alone(void **state) {
    (void)state;
    static const wchar_t other[] = L"{99999999-2222-3333-4444-555555555555}";
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    for (int what = 0; what < 5; what++) {
        if (what == 0)
            world_put_text(HKEY_CURRENT_USER, world_class_key(&v1, L"\\InprocServer32"), NULL, L"C:\\x.dll");
        else if (what == 1)
            world_put_text(HKEY_CURRENT_USER, WORLD_PROGID L"\\CLSID", NULL, other);
        else if (what == 2)
            world_put_text(HKEY_CURRENT_USER, WORLD_PROGID L".1\\shell\\open", NULL, L"a file type");
        else if (what == 3)
            world_put_text(HKEY_CURRENT_USER, WORLD_PROGID, NULL, L"Acme Game");
        else {
            hp_class_description theirs = world_version(1, L"C:\\1\\v.exe");
            theirs.progid = L"Other.Product";
            world_register(&theirs, S_OK);
        }
        char *before = hkcu_dump();
        hp_trouble trouble = {0};
        assert_int_equal(hp_class_register(&v1, &trouble), HP_E_REGISTRATION_FOREIGN);
        assert_non_null(strstr(trouble.thing, "HKEY_CURRENT_USER\\Software\\Classes\\"));
        if (what != 3)
            world_unregister(&v1, S_FALSE);
        char *after = hkcu_dump();
        hkcu_assert_equal(before, after);
        free(before);
        free(after);
        world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
    }
}

static void what_others_wrote_into_our_keys_stays(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    world_register(&v1, S_OK);
    world_put_text(HKEY_CURRENT_USER, L"AppID\\u.exe", L"AppID", L"{99999999-2222-3333-4444-555555555555}");
    world_put_text(HKEY_CURRENT_USER, WORLD_PROGID L"\\CurVer", NULL, L"Someone.Else.1");
    world_put_text(HKEY_CURRENT_USER, world_class_key(&v1, L"\\Implemented Categories"), L"x", L"y");
    world_unregister(&v1, S_OK);
    assert_int_equal(world_text(L"AppID\\u.exe", L"AppID", KEY_WOW64_64KEY)[1], L'9');
    assert_int_equal(wcscmp(world_text(WORLD_PROGID L"\\CurVer", NULL, KEY_WOW64_64KEY), L"Someone.Else.1"),
                     0);
    assert_int_equal(world_text(world_class_key(&v1, L"\\Implemented Categories"), L"x", KEY_WOW64_64KEY)[0],
                     L'y');
    assert_int_equal(world_text(world_class_key(&v1, L""), NULL, KEY_WOW64_64KEY)[0], 0);
    assert_int_equal(world_text(WORLD_PROGID L".1\\CLSID", NULL, KEY_WOW64_64KEY)[0], 0);
    world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
}

// AppID\<file name> belongs to the first that has it. Activation by class id does not need it.
static void file_name_of_a_foreign_class_is_left_alone(void **state) {
    (void)state;
    static const wchar_t *const foreign[] = {L"{99999999-2222-3333-4444-555555555555}", L"", L"rubbish",
                                             L"{99999999-2222-3333-4444-555555555555} and more"};
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    for (int i = 0; i < 4; i++) {
        if (i == 0) // once with the class that it names, else without
            world_put_text(HKEY_CURRENT_USER, L"CLSID\\{99999999-2222-3333-4444-555555555555}", NULL, L"x");
        world_put_text(HKEY_CURRENT_USER, L"AppID\\u.exe", L"AppID", foreign[i]);
        char *before = world_dump();
        world_register(&v1, S_OK);
        assert_int_equal(wcscmp(world_text(L"AppID\\u.exe", L"AppID", KEY_WOW64_64KEY), foreign[i]), 0);
        world_expect_lookup(WORLD_PROGID, L"C:\\1\\u.exe");
        world_register(&v1, S_OK);
        world_unregister(&v1, S_OK);
        char *after = world_dump();
        hkcu_assert_equal(before, after);
        free(before);
        free(after);
        world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
    }
}

// Another update of Hotpatch of the same file name: the newest one registered has it, as ever.
static void file_name_of_another_class_of_ours_passes_on(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe"), v2 = world_version(2, L"C:\\2\\u.exe");
    wchar_t first[64], second[64];
    world_register(&v1, S_OK);
    wcscpy(first, world_text(L"AppID\\u.exe", L"AppID", KEY_WOW64_64KEY));
    world_register(&v2, S_OK);
    wcscpy(second, world_text(L"AppID\\u.exe", L"AppID", KEY_WOW64_64KEY));
    assert_int_not_equal(wcscmp(first, second), 0);
    world_unregister(&v2, S_OK);
    assert_int_equal(wcscmp(world_text(L"AppID\\u.exe", L"AppID", KEY_WOW64_64KEY), first), 0);
    world_unregister(&v1, S_OK);
}

// What /unregserver is recommended for.
static void damaged_class_can_be_removed_and_written_again(void **state) {
    (void)state;
    char *before = hkcu_dump();
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    for (int what = 0; what < 4; what++) {
        world_register(&v1, S_OK);
        if (what == 0)
            world_put_text(HKEY_CURRENT_USER, world_class_key(&v1, L"\\LocalServer32"), NULL,
                           L"\"C:\\unclosed");
        else if (what == 1)
            world_delete(HKEY_CURRENT_USER, world_class_key(&v1, L"\\VersionIndependentProgID"),
                         KEY_WOW64_64KEY);
        else if (what == 2)
            world_delete(HKEY_CURRENT_USER, world_class_key(&v1, L""), KEY_WOW64_64KEY);
        else
            world_put(HKEY_CURRENT_USER, world_class_key(&v1, L""), L"HotpatchArch", REG_BINARY, "x", 1,
                      KEY_WOW64_64KEY);
        if (what == 1)
            world_register(&v1, S_OK);
        world_unregister(&v1, S_OK);
        char *after = hkcu_dump();
        hkcu_assert_equal(before, after);
        free(after);
    }
    free(before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_class_is_left_alone),
        cmocka_unit_test(what_others_wrote_into_our_keys_stays),
        cmocka_unit_test(file_name_of_a_foreign_class_is_left_alone),
        cmocka_unit_test(file_name_of_another_class_of_ours_passes_on),
        cmocka_unit_test(damaged_class_can_be_removed_and_written_again),
    };
    return cmocka_run_group_tests_name("registry_foreign", tests, hkcu_remember, hkcu_compare);
}
