// Which classes are Hotpatch's, and which of them are broken: the registry is input like any other.
#include "e2e/class_world.h"

#include "registry/class_list.h"

/** What the sink was given, as lines. */
static char seen[16384];

static void note(void *context, const hp_class_listed *listed) {
    const size_t length = strlen(seen);
    assert_ptr_equal(context, seen);
    assert_true((listed->reason != NULL) == (listed->result == HP_E_CLASS_DAMAGED));
    snprintf(seen + length, sizeof seen - length, "%ls %lu%s %s %ls|", listed->progid ? listed->progid : L"?",
             (unsigned long)listed->version, listed->current ? "*" : "", listed->reason ? "damaged" : "good",
             listed->exe ? listed->exe : L"?");
}

static void expect(const char *lines) {
    hp_trouble trouble = {0};
    seen[0] = '\0';
    const HRESULT hr = hp_class_list(note, seen, &trouble);
    if (hr != (*lines ? S_OK : S_FALSE) || strcmp(seen, lines) != 0)
        fail_msg("0x%08lx, %s: \"%s\"", hr, trouble.detail, seen);
}

static int forget(void **state) {
    (void)state;
    world_forget();
    return 0;
}

static void nothing_is_no_error(void **state) {
    (void)state;
    expect("");
    world_put_text(HKEY_CURRENT_USER, L"CLSID\\{11111111-2222-3333-4444-555555555555}", NULL, L"another's");
    world_put_text(HKEY_CURRENT_USER, L"CLSID\\CLSID", NULL, L"not even a class");
    expect("");
}

static void newest_comes_first_and_the_current_one_is_marked(void **state) {
    (void)state;
    const hp_class_description old = world_version(2, L"C:\\old.exe"),
                               new = world_version(10, L"C:\\new.exe");
    world_register(&old, S_OK);
    expect("Acme.Game.Update 2* good C:\\old.exe|");
    world_register(&new, S_OK);
    expect("Acme.Game.Update 10* good C:\\new.exe|Acme.Game.Update 2 good C:\\old.exe|");
    world_unregister(&new, S_OK);
    expect("Acme.Game.Update 2* good C:\\old.exe|");
    world_unregister(&old, S_OK);
    expect("");
}

static void damaged_classes_are_listed_with_a_reason(void **state) {
    (void)state;
    const hp_class_description it = world_version(3, L"C:\\u.exe");
    static const wchar_t *const keys[] = {L"\\LocalServer32", L"\\Version", L"\\VersionIndependentProgID"};
    static const char *const lines[] = {"Acme.Game.Update 3* damaged ?|",
                                        "Acme.Game.Update 0* damaged C:\\u.exe|", "? 3 damaged C:\\u.exe|"};
    for (size_t i = 0; i < 3; i++) {
        world_register(&it, S_OK);
        world_put(HKEY_CURRENT_USER, world_class_key(&it, keys[i]), NULL, REG_BINARY, "abc", 3,
                  KEY_WOW64_64KEY);
        expect(lines[i]);
        world_forget();
    }
    world_register(&it, S_OK);
    world_delete(HKEY_CURRENT_USER, L"Acme.Game.Update.3", KEY_WOW64_64KEY);
    expect("Acme.Game.Update 3 damaged C:\\u.exe|");
}

static void class_of_divided_views_is_listed_once(void **state) {
    (void)state;
    const hp_class_description it = world_version(3, L"C:\\u.exe");
    world_divide_views();
    world_register(&it, S_OK);
    expect("Acme.Game.Update 3* good C:\\u.exe|");
    world_delete(HKEY_CURRENT_USER, world_class_key(&it, L""), KEY_WOW64_64KEY);
    expect("Acme.Game.Update 3* good C:\\u.exe|");
    world_join_views();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_no_error, forget),
        cmocka_unit_test_teardown(newest_comes_first_and_the_current_one_is_marked, forget),
        cmocka_unit_test_teardown(damaged_classes_are_listed_with_a_reason, forget),
        cmocka_unit_test_teardown(class_of_divided_views_is_listed_once, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
