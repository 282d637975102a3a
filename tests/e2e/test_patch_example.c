/*
 * examples/patch-dll as people run it: the app's lines before, while and after the DLL is in, and without.
 * Arguments: paths of app.exe and patch.dll.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>
#include <cmocka.h>
#include <windows.h>
#include <shellapi.h>

#include "e2e/child.h"

enum { SOON = 30000 };

static wchar_t app[MAX_PATH], patch[MAX_PATH + 2];

static void dll_changes_the_running_app_and_goes_again(void **state) {
    (void)state;
    child *c = child_start(app, patch);
    assert_string_equal(child_expect(c, "", SOON), "at first: 30 km, 3 travellers: 1800 cents");
    assert_string_equal(child_expect(c, "", SOON), "patched: 32.5 km, 3 travellers: 1280 cents");
    assert_string_equal(child_expect(c, "", SOON), "unloaded: 30 km, 3 travellers: 1800 cents");
    assert_int_equal(0, child_wait(c, SOON));
    child_end(c);
}

static void app_runs_without_it(void **state) {
    (void)state;
    child *c = child_start(app, L"");
    assert_string_equal(child_expect(c, "", SOON), "at first: 30 km, 3 travellers: 1800 cents");
    assert_int_equal(0, child_wait(c, SOON));
    assert_false(child_has(c, "patched"));
    child_end(c);
}

int main(void) {
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    wchar_t path[MAX_PATH];
    if (argv == NULL || argc != 3 || !GetFullPathNameW(argv[1], MAX_PATH, app, NULL) ||
        !GetFullPathNameW(argv[2], MAX_PATH, path, NULL)) {
        fprintf(stderr, "arguments: app.exe patch.dll\n");
        return 99;
    }
    swprintf(patch, sizeof patch / sizeof *patch, L"\"%ls\"", path);
    LocalFree(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dll_changes_the_running_app_and_goes_again),
        cmocka_unit_test(app_runs_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
