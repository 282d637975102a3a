// A class is written, moved, taken back: the user's registry ends as it began, and
// nobody else's keys are touched.
#include "e2e/class_world.h"
#include "registry/class_lock.h"

#include <process.h>

static const wchar_t *program;

static void registered_class_is_found_and_leaves_no_trace(void **state) {
    (void)state;
    static const wchar_t *const paths[] = {L"C:\\Program Files\\Acme\\updated.exe",
                                           L"D:\\\x00fc\x4e2d\\neu \x0416.exe", L"C:\\dir.\\updated...",
                                           L"C:\\100%TEMP%\\u.exe", L"\\\\server\\share\\u.exe"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        hp_class_description v1 = world_version(1, paths[i]);
        char *before = hkcu_dump();
        world_unregister(&v1, S_FALSE);
        world_register(&v1, S_OK);
        world_expect_lookup(WORLD_PROGID, paths[i]);
        world_expect_lookup(WORLD_PROGID L".1", paths[i]);
        world_expect_lookup(WORLD_PROGID L".2", NULL);
        hp_class_found found;
        assert_int_equal(hp_class_lookup(L"ACME.game.UPDATE", &found, NULL), S_OK);
        assert_memory_equal(&found.clsid, &v1.clsid, sizeof v1.clsid);
        assert_int_equal(wcscmp(found.progid, WORLD_PROGID L".1"), 0);
        assert_true(found.per_user);
        hp_class_free(&found);
        world_unregister(&v1, S_OK);
        world_expect_lookup(WORLD_PROGID, NULL);
        world_unregister(&v1, S_FALSE);
        char *after = hkcu_dump();
        hkcu_assert_equal(before, after);
        free(before);
        free(after);
    }
}

// After every step of every order, the newest registered version is current, and what
// versions share has a living owner.
static void check_orders(const wchar_t *const exes[3], int all) {
    hp_class_description versions[3];
    for (uint32_t v = 0; v < 3; v++)
        versions[v] = world_version(v + 1, exes[v]);
    char *before = world_dump();
    unsigned orders = 0;
    for (unsigned code = 0; code < 729;
         code++) { // six digits 0..2: the n-th time a version comes up, it is registered or removed
        unsigned seen[3] = {0}, digits = code;
        for (int step = 0; step < 6; step++, digits /= 3)
            seen[digits % 3]++;
        if (seen[0] != 2 || seen[1] != 2 || seen[2] != 2)
            continue;
        // Not all: only those that register all three and then remove all three.
        if (!all && (code % 3 == code / 3 % 3 || code % 3 == code / 9 % 3 || code / 3 % 3 == code / 9 % 3))
            continue;
        orders++;
        int there[3] = {0};
        digits = code;
        for (int step = 0; step < 6; step++, digits /= 3) {
            unsigned v = digits % 3;
            if (there[v])
                world_unregister(&versions[v], S_OK);
            else
                world_register(&versions[v], S_OK);
            there[v] = !there[v];
            int newest = there[2] ? 2 : there[1] ? 1 : there[0] ? 0 : -1;
            world_expect_lookup(WORLD_PROGID, newest < 0 ? NULL : exes[newest]);
            wchar_t key[64], id[39] = L"";
            swprintf(key, 64, L"AppID\\%ls", wcsrchr(exes[v], L'\\') + 1);
            int owner = -1;
            wcscpy(id, world_text(key, L"AppID", KEY_WOW64_64KEY));
            for (int i = 0; i < 3; i++) {
                wchar_t own[39];
                StringFromGUID2(&versions[i].clsid, own, 39);
                if (wcscmp(own, id) == 0)
                    owner = i;
            }
            assert_true(owner < 0 ? id[0] == 0 && !there[v] : there[owner]);
        }
        char *after = world_dump();
        hkcu_assert_equal(before, after);
        free(after);
    }
    assert_int_equal(orders, all ? 90 : 36);
    free(before);
}

static void removal_in_any_order_with_one_path(void **state) {
    (void)state;
    static const wchar_t *const exes[] = {L"C:\\a\\updated.exe", L"C:\\a\\updated.exe",
                                          L"C:\\a\\updated.exe"};
    check_orders(exes, 0);
}

static void every_order_with_one_file_name(void **state) {
    (void)state;
    static const wchar_t *const exes[] = {L"C:\\1\\updated.exe", L"C:\\2\\updated.exe",
                                          L"C:\\3\\updated.exe"};
    check_orders(exes, 1);
}

static void every_order_with_mixed_file_names(void **state) {
    (void)state;
    static const wchar_t *const exes[] = {L"C:\\1\\updated.exe", L"C:\\2\\other.exe", L"C:\\3\\updated.exe"};
    check_orders(exes, 1);
}

static void removal_in_any_order_with_divided_views(void **state) {
    (void)state;
    static const wchar_t *const exes[] = {L"C:\\1\\updated.exe", L"C:\\2\\other.exe", L"C:\\3\\updated.exe"};
    world_divide_views();
    check_orders(exes, 0);
    world_join_views();
}

// A COM runtime of either bitness reads its own view; the lookup finds what only the other one holds.
static void either_view_alone_is_enough(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\a\\u.exe");
    static const REGSAM views[] = {KEY_WOW64_64KEY, KEY_WOW64_32KEY};
    world_divide_views();
    for (int i = 0; i < 2; i++) {
        char *before = hkcu_dump();
        v1.arch = i ? HP_ARCH_X86 : HP_ARCH_X64;
        world_register(&v1, S_OK);
        assert_int_equal(
            wcscmp(world_text(world_class_key(&v1, L"\\LocalServer32"), NULL, views[0]), L"\"C:\\a\\u.exe\""),
            0);
        assert_int_equal(
            wcscmp(world_text(world_class_key(&v1, L"\\LocalServer32"), NULL, views[1]), L"\"C:\\a\\u.exe\""),
            0);
        world_delete(HKEY_CURRENT_USER, L"CLSID", views[i]);
        world_expect_lookup(WORLD_PROGID, v1.exe);
        world_unregister(&v1, S_OK);
        char *after = hkcu_dump();
        hkcu_assert_equal(before, after);
        free(before);
        free(after);
    }
    world_join_views();
}

static void moved_update_leaves_nothing_at_its_old_name(void **state) {
    (void)state;
    hp_class_description here = world_version(1, L"C:\\a\\old.exe"),
                         there = world_version(1, L"D:\\b\\new.exe");
    there.name = L"Another name";
    there.arch = HP_ARCH_HERE == HP_ARCH_X64 ? HP_ARCH_X86 : HP_ARCH_X64;
    char *before = hkcu_dump();
    world_register(&here, S_OK);
    world_register(&here, S_OK);
    world_register(&there, S_OK);
    world_expect_lookup(WORLD_PROGID, there.exe);
    assert_int_equal(world_text(L"AppID\\old.exe", L"AppID", KEY_WOW64_64KEY)[0], 0);
    world_unregister(&here, S_FALSE); // the old copy is uninstalled: the new one's class is not its business
    world_expect_lookup(WORLD_PROGID, there.exe);
    there.name = L"A name of a later build";
    world_unregister(&there, S_OK);
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

static void unregister_by_progid_falls_back_version_by_version(void **state) {
    (void)state;
    char *before = hkcu_dump();
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe"), v2 = world_version(2, L"C:\\2\\u.exe"),
                         v10 = world_version(10, L"C:\\10\\u.exe");
    world_register(&v10, S_OK);
    world_register(&v2, S_OK);
    world_register(&v1, S_OK);
    assert_int_equal(hp_class_unregister_progid(WORLD_PROGID, NULL), S_OK);
    world_expect_lookup(WORLD_PROGID, v2.exe);
    assert_int_equal(hp_class_unregister_progid(WORLD_PROGID L".1", NULL), S_OK);
    world_expect_lookup(WORLD_PROGID, v2.exe);
    assert_int_equal(hp_class_unregister_progid(WORLD_PROGID, NULL), S_OK);
    assert_int_equal(hp_class_unregister_progid(WORLD_PROGID, NULL), S_FALSE);
    assert_int_equal(hp_class_unregister_progid(L"CLSID\\x", NULL), E_INVALIDARG);
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

// One vendor id for all versions: the class is replaced, whatever the direction.
static void versions_may_share_one_class_id(void **state) {
    (void)state;
    char *before = hkcu_dump();
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe"), v2 = world_version(2, L"C:\\2\\u.exe");
    v2.clsid = v1.clsid;
    world_register(&v1, S_OK);
    world_register(&v2, S_OK);
    world_expect_lookup(WORLD_PROGID L".1", NULL);
    world_unregister(&v1, S_FALSE);
    world_register(&v1, S_OK);
    world_expect_lookup(WORLD_PROGID, v1.exe);
    world_expect_lookup(WORLD_PROGID L".2", NULL);
    world_unregister(&v1, S_OK);
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

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

static intptr_t spawn(const wchar_t *what, const wchar_t *number) {
    wchar_t quoted[MAX_PATH + 3];
    swprintf(quoted, MAX_PATH + 3, L"\"%ls\"", program);
    intptr_t child = _wspawnl(_P_NOWAIT, program, quoted, what, number, NULL);
    assert_true(child != -1);
    return child;
}

static void join(intptr_t child) {
    DWORD code = 99;
    assert_int_equal(WaitForSingleObject((HANDLE)child, 60000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess((HANDLE)child, &code));
    CloseHandle((HANDLE)child);
    assert_int_equal(code, 0);
}

static int child_main(const wchar_t *what, const wchar_t *number) {
    HANDLE lock;
    if (wcscmp(what, L"die-locked") == 0) {
        if (FAILED(hp_class_lock_take(&lock, NULL)))
            return 1;
        ExitProcess(0);
    }
    hp_class_description mine = {.progid = WORLD_PROGID,
                                 .version = (uint32_t)_wtoi(number),
                                 .exe = L"C:\\u.exe",
                                 .arch = HP_ARCH_HERE};
    if (FAILED(hp_class_derive_clsid(mine.progid, mine.version, &mine.clsid)))
        return 1;
    for (int i = 0; i < 10; i++) {
        hp_class_found found;
        if (hp_class_register(&mine, NULL) != S_OK)
            return 2;
        // Mine or a newer one, but never nothing: a version is registered all the time.
        if (hp_class_lookup(WORLD_PROGID L".4", &found, NULL) != S_OK)
            return 3;
        hp_class_free(&found);
        if (hp_class_unregister(&mine, NULL) != S_OK)
            return 4;
    }
    return 0;
}

static void concurrent_writers_do_not_tear_the_class(void **state) {
    (void)state;
    char *before = hkcu_dump();
    hp_class_description v4 = world_version(4, L"C:\\u.exe");
    world_register(&v4, S_OK);
    intptr_t children[] = {spawn(L"write", L"1"), spawn(L"write", L"2"), spawn(L"write", L"5")};
    for (size_t i = 0; i < 3; i++)
        join(children[i]);
    world_expect_lookup(WORLD_PROGID, v4.exe);
    world_unregister(&v4, S_OK);
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

static void writer_that_died_does_not_block_the_next(void **state) {
    (void)state;
    HANDLE lock;
    hp_class_description v1 = world_version(1, L"C:\\u.exe");
    assert_int_equal(hp_class_lock_take(&lock, NULL), S_OK);
    ReleaseMutex(lock); // the handle keeps the lock in being, so that the child abandons it
    join(spawn(L"die-locked", L"0"));
    world_register(&v1, S_OK);
    world_unregister(&v1, S_OK);
    CloseHandle(lock);
}

static char *at_first;

static int remember_all(void **state) {
    (void)state;
    at_first = hkcu_dump();
    return 0;
}

static int compare_all(void **state) {
    (void)state;
    char *after = hkcu_dump();
    hkcu_assert_equal(at_first, after);
    free(after);
    free(at_first);
    return 0;
}

int wmain(int argc, wchar_t **argv) {
    static wchar_t path[MAX_PATH];
    if (argc == 3)
        return child_main(argv[1], argv[2]);
    GetModuleFileNameW(NULL, path, MAX_PATH);
    program = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registered_class_is_found_and_leaves_no_trace),
        cmocka_unit_test(removal_in_any_order_with_one_path),
        cmocka_unit_test(every_order_with_one_file_name),
        cmocka_unit_test(every_order_with_mixed_file_names),
        cmocka_unit_test(removal_in_any_order_with_divided_views),
        cmocka_unit_test(either_view_alone_is_enough),
        cmocka_unit_test(moved_update_leaves_nothing_at_its_old_name),
        cmocka_unit_test(unregister_by_progid_falls_back_version_by_version),
        cmocka_unit_test(versions_may_share_one_class_id),
        cmocka_unit_test(foreign_class_is_left_alone),
        cmocka_unit_test(what_others_wrote_into_our_keys_stays),
        cmocka_unit_test(file_name_of_a_foreign_class_is_left_alone),
        cmocka_unit_test(file_name_of_another_class_of_ours_passes_on),
        cmocka_unit_test(damaged_class_can_be_removed_and_written_again),
        cmocka_unit_test(concurrent_writers_do_not_tear_the_class),
        cmocka_unit_test(writer_that_died_does_not_block_the_next),
    };
    return cmocka_run_group_tests(tests, remember_all, compare_all);
}
