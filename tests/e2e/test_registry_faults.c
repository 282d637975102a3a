// Every step of writing a class can fail. Built with a second copy of the registry room in
// which they do, one after the other.
#include "e2e/class_world.h"
#include "hotpatch/log.h"
#include "idl/fault.h"

static void fault_register(const hp_class_description *description) {
    char *before = world_dump();
    for (unsigned n = 1;; n++) {
        hp_trouble trouble = {0};
        hp_fault_arm(n);
        HRESULT hr = hp_class_register(description, &trouble);
        unsigned steps = hp_fault_count();
        char step[64];
        snprintf(step, sizeof step, "%s", hp_fault_name());
        hp_fault_arm(0);
        if (steps < n) {
            assert_int_equal(hr, S_OK);
            assert_true(n > 100);
            break;
        }
        if (SUCCEEDED(hr))
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        assert_int_equal(trouble.result, hr);
        char *after = world_dump();
        hkcu_assert_equal(before, after);
        free(after);
    }
    free(before);
}

// Unregister cannot be undone; it goes on, and a second one completes it.
static void fault_unregister(const hp_class_description *description) {
    char *before = world_dump();
    world_unregister(description, S_OK);
    char *goal = world_dump();
    for (unsigned n = 1;; n++) {
        world_register(description, S_OK);
        char *again = world_dump();
        hkcu_assert_equal(before, again);
        free(again);
        hp_fault_arm(n);
        HRESULT hr = hp_class_unregister(description, NULL);
        unsigned steps = hp_fault_count();
        char step[64];
        snprintf(step, sizeof step, "%s", hp_fault_name());
        hp_fault_arm(0);
        if (steps < n) {
            assert_int_equal(hr, S_OK);
            assert_true(n > 100);
            break;
        }
        if (SUCCEEDED(hr))
            fail_msg("step %u (%s) failed and nobody noticed", n, step);
        hr = hp_class_unregister(description, NULL);
        if (FAILED(hr))
            fail_msg("after step %u (%s) a second try fails", n, step);
        char *after = world_dump();
        hkcu_assert_equal(goal, after);
        free(after);
    }
    free(before);
    free(goal);
}

static void clean(void) {
    HKEY classes;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", 0, KEY_READ, &classes) == ERROR_SUCCESS) {
        RegCloseKey(classes);
        fail_msg("something is left below Software\\Classes");
    }
}

static void first_class(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    fault_register(&v1);
    fault_unregister(&v1);
    clean();
}

static void newer_version_over_an_older(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe"), v2 = world_version(2, L"C:\\2\\u.exe");
    world_register(&v1, S_OK);
    fault_register(&v2);
    fault_unregister(&v2);
    world_unregister(&v1, S_OK);
    clean();
}

static void same_class_from_another_path(void **state) {
    (void)state;
    hp_class_description old = world_version(1, L"C:\\1\\old.exe"), new = world_version(1, L"C:\\2\\new.exe");
    world_register(&old, S_OK);
    fault_register(&new);
    world_unregister(&new, S_OK);
    clean();
}

static void divided_views(void **state) {
    world_divide_views();
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    (void)state;
    fault_register(&v1);
    world_unregister(&v1, S_OK);
    world_join_views();
    clean();
}

// What stood in a value before us comes back byte for byte, of whatever type.
static void odd_values_come_back(void **state) {
    (void)state;
    world_put(HKEY_CURRENT_USER, L"AppID\\u.exe", L"AppID", REG_BINARY, "\x01\x00\x02", 3, KEY_WOW64_64KEY);
    world_put(HKEY_CURRENT_USER, L"TypeLib\\{6D1F2A5E-4C0B-4B57-9D55-3F0A8E7C1B42}\\1.0\\FLAGS", NULL,
              REG_NONE, "", 0, KEY_WOW64_64KEY);
    world_put(HKEY_CURRENT_USER, L"TypeLib\\{6D1F2A5E-4C0B-4B57-9D55-3F0A8E7C1B42}\\1.0\\HELPDIR", NULL,
              REG_SZ, L"abc", 6, KEY_WOW64_64KEY);
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    fault_register(&v1);
    world_unregister(&v1, S_OK);
    // What leads from the file's name to somebody else's class, or to rubbish, was neither taken nor removed.
    DWORD type, size = 3;
    BYTE data[3];
    assert_int_equal(RegGetValueW(HKEY_CURRENT_USER, WORLD_CLASSES L"AppID\\u.exe", L"AppID", RRF_RT_ANY,
                                  &type, data, &size),
                     ERROR_SUCCESS);
    assert_int_equal(type, REG_BINARY);
    assert_memory_equal(data, "\x01\x00\x02", 3);
    world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
    clean();
}

// Somebody's class that we may not read is not ours; that it cannot be read is nobody's trouble. Our own is.
static void class_of_others_that_may_not_be_read_blocks_nothing(void **state) {
    (void)state;
    hp_class_description old = world_version(1, L"C:\\1\\old.exe"), new = world_version(1, L"C:\\2\\new.exe");
    world_put_text(HKEY_CURRENT_USER, L"CLSID\\{11111111-2222-3333-4444-555555555555}", L"x", L"y");
    char *before = world_dump();
    unsigned passed = 0;
    for (unsigned n = 1;; n++) {
        char *after;
        world_register(&old, S_OK);
        hp_fault_arm(n);
        hp_fault_arm_error(ERROR_ACCESS_DENIED);
        HRESULT moved = hp_class_register(&new, NULL);
        unsigned steps = hp_fault_count();
        hp_fault_arm(n);
        hp_fault_arm_error(ERROR_ACCESS_DENIED);
        HRESULT hr = hp_class_unregister(&new, NULL);
        unsigned more = hp_fault_count();
        hp_fault_arm(0);
        passed += n <= steps && moved == S_OK;
        passed += n <= more && hr == S_OK;
        if (FAILED(moved)) // then nothing had changed
            world_unregister(&old, S_OK);
        else if (FAILED(hr))
            hp_class_unregister(&new, NULL);
        after = world_dump();
        hkcu_assert_equal(before, after);
        free(after);
        if (n > steps && n > more)
            break;
    }
    assert_true(passed >= 4); // opening the key, and reading in it; in either operation
    free(before);
    world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
    clean();
}

static unsigned said;

static void note_error(void *context, hp_log_level level, const char *line) {
    (void)context;
    said += level == HP_LOG_ERROR && strstr(line, "HKEY_CURRENT_USER\\Software\\Classes") != NULL &&
            strstr(line, "could not be restored") != NULL;
}

// A step fails, and so does taking back what was done before it.
static void state_that_cannot_be_restored_is_said(void **state) {
    (void)state;
    hp_class_description old = world_version(1, L"C:\\1\\old.exe"), new = world_version(1, L"C:\\2\\new.exe");
    unsigned lost = 0;
    hp_log_set(note_error, NULL, HP_LOG_ERROR);
    for (unsigned n = 1;; n++) {
        world_register(&old, S_OK);
        hp_trouble trouble = {0};
        said = 0;
        hp_fault_arm(n);
        hp_fault_arm_second(n + 1);
        HRESULT hr = hp_class_register(&new, &trouble);
        unsigned steps = hp_fault_count();
        char step[64];
        snprintf(step, sizeof step, "%s", hp_fault_name());
        hp_fault_arm(0);
        world_delete(HKEY_CURRENT_USER, L"", KEY_WOW64_64KEY);
        if (steps < n)
            break;
        int undo = strcmp(step, "take back") == 0;
        lost += (unsigned)undo;
        assert_true(FAILED(hr));
        if (said != (unsigned)undo || (strstr(trouble.detail, "could not be restored") != NULL) != undo)
            fail_msg("step %u (%s): said %u times, detail \"%s\"", n, step, said, trouble.detail);
    }
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    assert_true(lost > 30);
    clean();
}

static void lookup_fails_cleanly_at_every_step(void **state) {
    (void)state;
    hp_class_description v1 = world_version(1, L"C:\\1\\u.exe");
    world_register(&v1, S_OK);
    for (unsigned n = 1;; n++) {
        hp_class_found found;
        hp_trouble trouble = {0};
        hp_fault_arm(n);
        HRESULT hr = hp_class_lookup(WORLD_PROGID, &found, &trouble);
        unsigned steps = hp_fault_count();
        hp_fault_arm(0);
        if (steps < n) {
            assert_int_equal(hr, S_OK);
            assert_true(n > 5);
            hp_class_free(&found);
            break;
        }
        assert_true(FAILED(hr));
        assert_int_equal(trouble.result, hr);
        assert_null(found.exe);
    }
    world_unregister(&v1, S_OK);
    clean();
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_class),
        cmocka_unit_test(newer_version_over_an_older),
        cmocka_unit_test(same_class_from_another_path),
        cmocka_unit_test(divided_views),
        cmocka_unit_test(odd_values_come_back),
        cmocka_unit_test(class_of_others_that_may_not_be_read_blocks_nothing),
        cmocka_unit_test(state_that_cannot_be_restored_is_said),
        cmocka_unit_test(lookup_fails_cleanly_at_every_step),
    };
    return cmocka_run_group_tests(tests, remember_all, compare_all);
}
