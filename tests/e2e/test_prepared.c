/*
 * examples/prepared: an app and its update in plain C, and what attach says to updates whose types differ,
 * and to a table that is not the app's. Arguments: app.exe, update.exe, and two updates of the same sources
 * with another structure and another enum.
 */
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
#include "proxygen/table.h"
#include "tools/image/pe_write.h"

enum { SOON = 30000, START = 60000 };

static wchar_t app[MAX_PATH], update[MAX_PATH], other_layout[MAX_PATH], other_enum[MAX_PATH];
static wchar_t changed_app[MAX_PATH]; /* a copy beside app, removed after each test */
static const wchar_t *registered;
static child *running;

static const char *const original[] = {
    "fare: 1800, 1800 with discount", "taxed: 1500.0", "speed: 100, 80", "hours: 0.75", "detour: 40 km, 7.5",
    "ticket: ticket, 40 km: 12.50"};
static const char *const updated[] = {
    "fare: 1350, 675 with discount", "taxed: 1250.0", "speed: 120, 80", "hours: 0.50", "detour: 40 km, 2.5",
    "ticket: TICKET * 40 km * 12.50"};

static void register_update(const wchar_t *exe) {
    assert_int_equal(0, child_run(exe, L"/regserver", START));
    registered = exe;
}

static int end(void **state) {
    (void)state;
    child_end(running);
    running = NULL;
    if (registered != NULL)
        child_run(registered, L"/unregserver", START);
    registered = NULL;
    DeleteFileW(changed_app);
    return 0;
}

static void assert_journey(const char *const lines[6]) {
    child_send(running, "today");
    for (int i = 0; i < 6; i++) {
        const char *colon = strchr(lines[i], ':');
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%.*s:", (int)(colon - lines[i]), lines[i]);
        assert_string_equal(child_expect(running, prefix, SOON), lines[i]);
    }
    child_expect(running, "done", SOON);
}

static void quit(void) {
    child_send(running, "quit");
    assert_int_equal(0, child_wait(running, SOON));
}

static void assert_starts_with(const char *line, const char *text) {
    if (strncmp(line, text, strlen(text)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", line, text);
}

static void assert_has(const char *line, const char *text) {
    if (strstr(line, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, line);
}

/* ---- types ---- */

static void every_function_runs_in_the_update_without_a_macro(void **state) {
    static const char *const names[] = {"fare", "with_tax", "speed", "hours", "detour", "discount", "ticket"};
    (void)state;
    register_update(update);
    running = child_start(app, L"");
    assert_starts_with(child_expect(running, "[hotpatch] ", START),
                       "[hotpatch] attached: 7 of 7 functions now run in ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[64];
        snprintf(line, sizeof line, "function %s:", names[i]);
        assert_true(child_has(running, line));
    }
    assert_journey(updated);
    quit();
}

static void app_runs_its_own_code_without_an_update(void **state) {
    (void)state;
    running = child_start(app, L"");
    child_expect(running, "ready", START);
    assert_journey(original);
    quit();
}

/* Which functions are refused, with both signatures; and that none is redirected. */
static void assert_refused(const wchar_t *exe, const char *code, const char *const *names, size_t count,
                           const char *here, const char *there) {
    char line[64];
    register_update(exe);
    running = child_start(app, L"");
    assert_has(child_expect(running, "[hotpatch] failed: ", START), code);
    for (size_t i = 0; i < count; i++) {
        snprintf(line, sizeof line, "refused %s: %s", names[i], code);
        child_expect(running, line, SOON);
        assert_has(child_expect(running, "  here: ", SOON), here);
        assert_has(child_expect(running, "  there: ", SOON), there);
    }
    assert_false(child_has(running, "refused"));
    assert_journey(original);
    quit();
}

static void structure_with_another_member_is_refused_with_both_layouts(void **state) {
    static const char *const names[] = {"hours", "detour"};
    (void)state;
    assert_refused(other_layout, "HP_E_SIGNATURE_MISMATCH", names, 2, "struct journey{i32 km;f64 toll",
                   "struct journey{i32 km;i32 stops;f64 toll");
}

static void enum_with_other_values_is_refused_with_both_lists(void **state) {
    static const char *const names[] = {"speed", "hours", "detour"};
    (void)state;
    assert_refused(other_enum, "HP_E_TYPE_MISMATCH", names, 3, "WEATHER_DRY=0,WEATHER_WET=1,WEATHER_SNOW=2",
                   "WEATHER_DRY=0,WEATHER_FOG=1,WEATHER_WET=2,WEATHER_SNOW=3");
}

/* ---- tables ---- */

static unsigned char *read_all(const wchar_t *path, size_t *size) {
    FILE *file = _wfopen(path, L"rb");
    assert_non_null(file);
    assert_int_equal(0, fseek(file, 0, SEEK_END));
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(*size, fread(bytes, 1, *size, file));
    fclose(file);
    return bytes;
}

static void write_all(const wchar_t *path, const unsigned char *bytes, size_t size) {
    FILE *file = _wfopen(path, L"wb");
    assert_non_null(file);
    assert_int_equal(size, fwrite(bytes, 1, size, file));
    assert_int_equal(0, fclose(file));
}

/* A table is wrong: attach says so by its code, and leaves everything as it was. */
static void assert_table_refused(const char *code) {
    register_update(update);
    running = child_start(changed_app, L"");
    assert_has(child_expect(running, "[hotpatch] failed: ", START), code);
    assert_journey(original);
    quit();
}

static void table_of_another_build_is_stale(void **state) {
    (void)state;
    size_t app_size, update_size, size;
    unsigned char *app_bytes = read_all(app, &app_size), *update_bytes = read_all(update, &update_size),
                  *copy;
    hp_pe app_pe, update_pe;
    assert_int_equal(S_OK, hp_pe_open(app_bytes, app_size, &app_pe, NULL));
    assert_int_equal(S_OK, hp_pe_open(update_bytes, update_size, &update_pe, NULL));
    const hp_span table = hp_pe_rcdata(&update_pe, HP_TABLE_RESOURCE);
    assert_non_null(table.at);
    assert_int_equal(
        S_OK, hp_pe_write_rcdata(&app_pe, HP_TABLE_RESOURCE, table.at, table.size, &copy, &size, NULL, NULL));
    write_all(changed_app, copy, size);
    free(copy);
    free(update_bytes);
    free(app_bytes);
    assert_table_refused("HP_E_TABLE_STALE");
}

static void table_with_a_wrong_byte_is_damaged(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = read_all(app, &size);
    hp_pe pe;
    assert_int_equal(S_OK, hp_pe_open(bytes, size, &pe, NULL));
    const hp_span table = hp_pe_rcdata(&pe, HP_TABLE_RESOURCE);
    assert_true(table.at != NULL && table.size > 128);
    bytes[(size_t)(table.at - bytes) + table.size / 2] ^= 1;
    write_all(changed_app, bytes, size);
    free(bytes);
    assert_table_refused("HP_E_TABLE_DAMAGED");
}

int main(void) {
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    wchar_t *const paths[] = {app, update, other_layout, other_enum};
    if (argv == NULL || argc != 5) {
        fprintf(stderr, "arguments: app.exe update.exe other-layout.exe other-enum.exe\n");
        return 99;
    }
    for (int i = 0; i < 4; i++)
        if (!GetFullPathNameW(argv[i + 1], MAX_PATH, paths[i], NULL))
            return 99;
    LocalFree(argv);
    _snwprintf(changed_app, MAX_PATH - 1, L"%ls.changed.exe", app);
    const struct CMUnitTest types[] = {
        cmocka_unit_test_teardown(every_function_runs_in_the_update_without_a_macro, end),
        cmocka_unit_test_teardown(app_runs_its_own_code_without_an_update, end),
        cmocka_unit_test_teardown(structure_with_another_member_is_refused_with_both_layouts, end),
        cmocka_unit_test_teardown(enum_with_other_values_is_refused_with_both_lists, end),
    };
    const struct CMUnitTest tables[] = {
        cmocka_unit_test_teardown(table_of_another_build_is_stale, end),
        cmocka_unit_test_teardown(table_with_a_wrong_byte_is_damaged, end),
    };
    int failed = cmocka_run_group_tests_name("types", types, NULL, NULL);
    return failed + cmocka_run_group_tests_name("tables", tables, NULL, NULL);
}
