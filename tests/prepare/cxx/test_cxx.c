// C++ in a running app: overloads, methods and static functions find each other by their names, and run in
// the update. Arguments: app.exe, update.exe.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>
#include <windows.h>
#include <shellapi.h>

#include "e2e/child.h"
#include "tools/image/binary.h"

enum { SOON = 30000, START = 60000 };

static wchar_t app[MAX_PATH], update[MAX_PATH];
static char app_path[3 * MAX_PATH];

/* ---- names ---- */

static void assert_finds(const hp_table *table, const char *name, HRESULT result, const char *full) {
    uint32_t index;
    const HRESULT hr = hp_table_find(table, name, strlen(name), &index);
    if (hr != result)
        fail_msg("%s: %s, not %s", name, hp_error_symbol(hr), hp_error_symbol(result));
    if (full == NULL)
        return;
    hp_table_function function;
    hp_table_get(table, index, &function);
    assert_string_equal(function.name, full);
}

static void name_finds_its_function_only(void **state) {
    hp_binary binary = {0};
    hp_trouble trouble = {0};
    (void)state;
    assert_int_equal(hp_binary_open(app_path, &binary, &trouble), S_OK);
    assert_int_equal(hp_binary_table(&binary, app_path, &trouble), S_OK);
    const hp_table *table = &binary.table;
    assert_finds(table, "acme::add", HP_E_NAME_DUPLICATE, NULL);
    assert_finds(table, "acme::add(i32,i32)", S_OK, "acme::add(i32,i32)");
    assert_finds(table, "acme::add(f64,f64)", S_OK, "acme::add(f64,f64)");
    assert_finds(table, "acme::add(i64,i64)", HP_E_NAME_UNKNOWN, NULL);
    assert_finds(table, "add(i32,i32)", HP_E_NAME_UNKNOWN, NULL);
    assert_finds(table, "acme::worth(const-acme::player&)", S_OK, "acme::worth(const-acme::player&)");
    assert_finds(table, "acme::worth(acme::old::player&)", S_OK, "acme::worth(acme::old::player&)");
    assert_finds(table, "acme::player::best", HP_E_NAME_DUPLICATE, NULL);
    assert_finds(table, "acme::heal", S_OK, "acme::heal(acme::player&,const-i32&)");
    assert_finds(table, "acme::operator<", S_OK, "acme::operator<(const-acme::money&,const-acme::money&)");
    assert_finds(table, "acme::twice<int>", S_OK, "acme::twice<int>(i32)");
    assert_finds(table, "acme_version", S_OK, "acme_version");
    assert_finds(table, "hidden", S_OK, "hidden(i32)@acme.cpp");
    assert_finds(table, "acme::hidden", S_OK, "acme::hidden(i32)@acme.cpp");
    assert_finds(table, "helper(i32)@acme.cpp", S_OK, "helper(i32)@acme.cpp");
    assert_finds(table, "helper(i32)@other.cpp", HP_E_NAME_UNKNOWN, NULL);
    hp_binary_close(&binary);
}

/* ---- attach ---- */

enum { LINES = 9 };

static const char *const original[LINES] = {"add 5 0.75",
                                            "worth 15 10 10 14",
                                            "worth left health 0",
                                            "best 10 3",
                                            "gain 14, healed 10, limit 50",
                                            "mix 2 200",
                                            "less 1, plus 12, sum 12",
                                            "letters 65 130, is_a 1",
                                            "twice 8 1.0"};
static const char *const updated[LINES] = {"add 1005 1.25",
                                           "worth 20 20 17 23",
                                           "worth left health 0",
                                           "best 1010 2003",
                                           "gain 18, healed 15, limit 80",
                                           "mix 1 200",
                                           "less 0, plus 12, sum 12",
                                           "letters 1065 130, is_a 0",
                                           "twice 1008 1001.0"};

static void assert_says(child *running, const char *when, const char *const *lines, int version) {
    char prefix[32], line[96];
    snprintf(prefix, sizeof prefix, "%s:", when);
    for (size_t i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%s: %s", when, lines[i]);
        assert_string_equal(child_expect(running, prefix, START), line);
    }
    snprintf(line, sizeof line, "%s: inner %d, version %d", when, version > 1 ? 2223 : 1113, version);
    assert_string_equal(child_expect(running, prefix, START), line);
}

static void overloads_methods_and_static_functions_run_in_the_update(void **state) {
    (void)state;
    assert_int_equal(0, child_run(update, L"/regserver", START));
    child *running = child_start(app, L"Acme.Cxx.Update");
    assert_says(running, "before", original, 1);
    assert_string_equal(child_expect(running, "attach: ", START), "attach: S_OK");
    assert_true(child_has(running, "item acme::add(i32,i32): S_OK"));
    assert_true(child_has(running, "item acme::add(f64,f64): S_OK"));
    assert_says(running, "attached", updated, 2);
    assert_says(running, "after", original, 1);
    assert_int_equal(0, child_wait(running, SOON));
    child_end(running);
    assert_int_equal(0, child_run(update, L"/unregserver", START));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_finds_its_function_only),
        cmocka_unit_test(overloads_methods_and_static_functions_run_in_the_update),
    };
    int count = 0;
    LPWSTR *arguments = CommandLineToArgvW(GetCommandLineW(), &count);
    if (arguments == NULL || count != 3)
        return 2;
    GetFullPathNameW(arguments[1], MAX_PATH, app, NULL);
    GetFullPathNameW(arguments[2], MAX_PATH, update, NULL);
    WideCharToMultiByte(CP_UTF8, 0, app, -1, app_path, sizeof app_path, NULL, NULL);
    LocalFree(arguments);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
