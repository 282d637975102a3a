// A class is written, moved, taken back: the user's registry ends as it began.
#include "e2e/class_world.h"

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

int main(void) {
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
    };
    return cmocka_run_group_tests_name("registry", tests, hkcu_remember, hkcu_compare);
}
