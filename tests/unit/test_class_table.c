// What a class is in the registry, and what LocalServer32 says, as pure data.
#include "registry/class_command.h"
#include "registry/class_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLSID_1 L"{11111111-2222-3333-4444-55555555AAAA}"

static hp_class_plan plan_of(const wchar_t *exe) {
    return (hp_class_plan){.progid = L"Acme.Game.Update",
                           .version = 2,
                           .name = L"Acme Game",
                           .clsid = CLSID_1,
                           .exe = exe,
                           .arch = HP_ARCH_X64};
}

static const hp_class_row *row_of(const hp_class_table *table, const wchar_t *key, const wchar_t *value) {
    wchar_t path[512] = HP_CLASS_ROOT L"\\";
    wcscat(path, key);
    const hp_class_row wanted = {.key = path, .value = value, .view = HP_CLASS_VIEW_64};
    return hp_class_table_find(table, &wanted);
}

static void expect_text(const hp_class_table *table, const wchar_t *key, const wchar_t *value,
                        const wchar_t *text) {
    const hp_class_row *row = row_of(table, key, value);
    if (!row) {
        fail_msg("no row for %ls", key);
        return;
    }
    assert_int_equal(row->type, HP_CLASS_TEXT);
    if (wcscmp(row->text, text) != 0)
        fail_msg("%ls is %ls and not %ls", key, row->text, text);
}

static void every_key_of_the_class_is_there(void **state) {
    (void)state;
    hp_class_plan plan = plan_of(L"C:\\Program Files\\Acme\\updated.exe");
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    expect_text(&table, L"CLSID\\" CLSID_1, NULL, L"Acme Game");
    expect_text(&table, L"CLSID\\" CLSID_1, L"AppID", CLSID_1);
    expect_text(&table, L"CLSID\\" CLSID_1, L"HotpatchArch", L"x64");
    expect_text(&table, L"CLSID\\" CLSID_1 L"\\ProgID", NULL, L"Acme.Game.Update.2");
    expect_text(&table, L"CLSID\\" CLSID_1 L"\\VersionIndependentProgID", NULL, L"Acme.Game.Update");
    expect_text(&table, L"CLSID\\" CLSID_1 L"\\Version", NULL, L"2.0");
    expect_text(&table, L"CLSID\\" CLSID_1 L"\\TypeLib", NULL, HP_CLASS_LIBID);
    expect_text(&table, L"CLSID\\" CLSID_1 L"\\LocalServer32", NULL,
                L"\"C:\\Program Files\\Acme\\updated.exe\"");
    expect_text(&table, L"AppID\\" CLSID_1, NULL, L"Acme Game");
    expect_text(&table, L"AppID\\updated.exe", L"AppID", CLSID_1);
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0", NULL,
                L"Hotpatch 1.0: live update of a running program");
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\FLAGS", NULL, L"0");
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\HELPDIR", NULL, L"C:\\Program Files\\Acme");
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\0\\win64", NULL,
                L"C:\\Program Files\\Acme\\updated.exe");
    assert_null(row_of(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\0\\win32", NULL));
    expect_text(&table, L"Acme.Game.Update.2", NULL, L"Acme Game");
    expect_text(&table, L"Acme.Game.Update.2\\CLSID", NULL, CLSID_1);
    expect_text(&table, L"Acme.Game.Update", NULL, L"Acme Game");
    expect_text(&table, L"Acme.Game.Update\\CLSID", NULL, CLSID_1);
    expect_text(&table, L"Acme.Game.Update\\CurVer", NULL, L"Acme.Game.Update.2");
    hp_class_table_free(&table);
}

static void both_views_hold_the_same(void **state) {
    (void)state;
    hp_class_plan plan = plan_of(L"C:\\u.exe");
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    assert_true(table.count > 0 && table.count % 2 == 0);
    for (size_t i = 0; i < table.count; i += 2) {
        assert_int_equal(table.rows[i].view, HP_CLASS_VIEW_64);
        assert_int_equal(table.rows[i + 1].view, HP_CLASS_VIEW_32);
        assert_ptr_equal(table.rows[i].key, table.rows[i + 1].key);
        assert_ptr_equal(table.rows[i].text, table.rows[i + 1].text);
    }
    hp_class_table_free(&table);
}

// An app that watches CurVer must find everything else in place; whoever removes must
// know the class as ours to the end.
static void mark_is_first_and_curver_last(void **state) {
    (void)state;
    hp_class_plan plan = plan_of(L"C:\\u.exe");
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    assert_true(table.rows[0].flags & HP_CLASS_ROW_MARK);
    assert_true(table.rows[1].flags & HP_CLASS_ROW_MARK);
    assert_int_equal(table.rows[0].number, HP_CLASS_MARK_VERSION);
    for (size_t i = 2; i < table.count; i++)
        assert_false(table.rows[i].flags & HP_CLASS_ROW_MARK);
    assert_non_null(wcsstr(table.rows[table.count - 1].key, L"\\CurVer"));
    assert_non_null(wcsstr(table.rows[table.count - 2].key, L"\\CurVer"));
    hp_class_table_free(&table);
}

// Only the version-independent ProgID follows the newest version.
static void only_the_version_independent_progid_is_current(void **state) {
    (void)state;
    hp_class_plan plan = plan_of(L"C:\\u.exe");
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    size_t current = 0;
    for (size_t i = 0; i < table.count; i++) {
        const wchar_t *end = table.rows[i].key + wcslen(HP_CLASS_ROOT L"\\Acme.Game.Update");
        int independent =
            wcsncmp(table.rows[i].key, HP_CLASS_ROOT L"\\Acme.Game.Update", 33) == 0 && *end != L'.';
        assert_int_equal(!!(table.rows[i].flags & HP_CLASS_ROW_CURRENT), independent);
        current += (size_t)independent;
    }
    assert_int_equal(current, 6);
    hp_class_table_free(&table);
}

static void x86_update_has_its_own_library_key(void **state) {
    (void)state;
    hp_class_plan plan = plan_of(L"C:\\u.exe");
    plan.arch = HP_ARCH_X86;
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\0\\win32", NULL, L"C:\\u.exe");
    expect_text(&table, L"CLSID\\" CLSID_1, L"HotpatchArch", L"x86");
    assert_null(row_of(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\0\\win64", NULL));
    hp_class_table_free(&table);
}

static void odd_paths_are_kept_to_the_letter(void **state) {
    (void)state;
    static const struct {
        const wchar_t *exe, *file, *folder;
    } cases[] = {
        {L"C:\\u.exe", L"u.exe", L"C:\\"},
        {L"D:\\Spiele \x00fc\x4e2d\\neu v2.exe", L"neu v2.exe", L"D:\\Spiele \x00fc\x4e2d"},
        {L"C:\\dir.\\updated...", L"updated...", L"C:\\dir."},
        {L"\\\\server\\share\\a b\\u.exe", L"u.exe", L"\\\\server\\share\\a b"},
        {L"C:/mixed\\slash/u.exe", L"u.exe", L"C:/mixed\\slash"},
        {L"C:\\100%TEMP%\\u.exe", L"u.exe", L"C:\\100%TEMP%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_class_plan plan = plan_of(cases[i].exe);
        hp_class_table table;
        wchar_t key[128] = L"AppID\\", quoted[128] = L"\"";
        assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
        expect_text(&table, wcscat(key, cases[i].file), L"AppID", CLSID_1);
        expect_text(&table, L"CLSID\\" CLSID_1 L"\\LocalServer32", NULL,
                    wcscat(wcscat(quoted, cases[i].exe), L"\""));
        expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\HELPDIR", NULL, cases[i].folder);
        hp_class_table_free(&table);
    }
}

// The strings share one block of computed size: the longest of everything must fit.
static void longest_description_fits(void **state) {
    (void)state;
    static wchar_t exe[HP_CLASS_EXE_MAX + 2], name[HP_CLASS_NAME_MAX + 2];
    wmemset(exe, L'x', HP_CLASS_EXE_MAX);
    memcpy(exe, L"C:\\", 3 * sizeof(wchar_t));
    wmemset(name, L'n', HP_CLASS_NAME_MAX);
    hp_class_plan plan = plan_of(exe);
    plan.name = name;
    plan.progid = L"A23456789.B23456789.C23456789";
    plan.version = 123456789;
    hp_class_table table;
    assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
    expect_text(&table, L"A23456789.B23456789.C23456789\\CurVer", NULL,
                L"A23456789.B23456789.C23456789.123456789");
    expect_text(&table, L"TypeLib\\" HP_CLASS_LIBID L"\\1.0\\0\\win64", NULL, exe);
    hp_class_table_free(&table);
    exe[HP_CLASS_EXE_MAX] = L'x';
    assert_int_equal(hp_class_table_build(&plan, &table), E_INVALIDARG);
    exe[HP_CLASS_EXE_MAX] = 0;
    name[HP_CLASS_NAME_MAX] = L'n';
    assert_int_equal(hp_class_table_build(&plan, &table), E_INVALIDARG);
    assert_null(table.rows);
}

static void missing_name_is_the_progid(void **state) {
    (void)state;
    static const wchar_t *const names[] = {NULL, L""};
    for (int i = 0; i < 2; i++) {
        hp_class_plan plan = plan_of(L"C:\\u.exe");
        plan.name = names[i];
        hp_class_table table;
        assert_int_equal(hp_class_table_build(&plan, &table), S_OK);
        expect_text(&table, L"CLSID\\" CLSID_1, NULL, L"Acme.Game.Update");
        hp_class_table_free(&table);
    }
}

static void bad_description_is_refused(void **state) {
    (void)state;
    hp_class_plan plans[12];
    size_t count = 0;
    for (size_t i = 0; i < 12; i++)
        plans[i] = plan_of(L"C:\\u.exe");
    plans[count++].version = 0;
    plans[count++].progid = L"Acme\\Game";
    plans[count++].progid = NULL;
    plans[count++].clsid = L"{11111111-2222-3333-4444-55555555AAA}";
    plans[count++].clsid = L"{11111111-2222-3333-4444-55555555AAAG}";
    plans[count++].clsid = NULL;
    plans[count++].exe = L"u.exe";
    plans[count++].exe = L"C:\\a\"b.exe";
    plans[count++].exe = L"C:\\folder\\";
    plans[count++].exe = NULL;
    plans[count++].arch = (hp_arch)3;
    plans[count++].progid = L"A23456789.B23456789.C23456789.D2345678"; // 38, and ".2" does not fit any more
    assert_int_equal(count, 12);
    for (size_t i = 0; i < count; i++) {
        hp_class_table table;
        assert_int_equal(hp_class_table_build(&plans[i], &table), E_INVALIDARG);
        assert_null(table.rows);
        assert_non_null(hp_class_table_complaint(&plans[i]));
    }
    hp_class_plan good = plan_of(L"C:\\u.exe");
    assert_null(hp_class_table_complaint(&good));
}

static void progid_follows_the_rules_of_com(void **state) {
    (void)state;
    static const wchar_t *const good[] = {L"A", L"a.b", L"Acme.Game.1", L"A1.2b",
                                          L"A23456789.B23456789.C23456789.D23456789"};
    static const wchar_t *const bad[] = {L"",
                                         L".",
                                         L"A.",
                                         L".A",
                                         L"A..B",
                                         L"1A",
                                         L"A B",
                                         L"A\\B",
                                         L"A/B",
                                         L"A_B",
                                         L"A-B",
                                         L"{A}",
                                         L"A\x00e4",
                                         L"A\nB",
                                         L"CLSID\\",
                                         L"A.\x0661",
                                         L"A23456789.B23456789.C23456789.D23456789x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(hp_class_table_progid_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hp_class_table_progid_valid(bad[i]));
    assert_false(hp_class_table_progid_valid(NULL));
}

static void version_of_a_progid_is_exact(void **state) {
    (void)state;
    assert_int_equal(hp_class_table_version_of(L"Acme.Game", L"acme.GAME.12"), 12);
    assert_true(hp_class_table_version_of(L"A", L"A.4294967295") == UINT32_MAX);
    static const wchar_t *const none[] = {L"A",     L"A.",           L"A.0", L"A.01",
                                          L"A.1x",  L"A.4294967296", L"B.1", L"A.-1",
                                          L"A.1.2", L"AA.1",         L"",    L"A.99999999999999999999999",
                                          L"A. 1",  L"A.+1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(hp_class_table_version_of(L"A", none[i]), 0);
    wchar_t text[HP_CLASS_PROGID_MAX + 1];
    assert_int_equal(hp_class_table_versioned(L"Acme.Game", 4294967295u, text), S_OK);
    assert_int_equal(wcscmp(text, L"Acme.Game.4294967295"), 0);
    assert_int_equal(hp_class_table_versioned(L"Acme.Game", 0, text), E_INVALIDARG);
}

static void command_line_gives_the_exe(void **state) {
    (void)state;
    static const struct {
        const wchar_t *command, *exe;
    } cases[] = {
        {L"\"C:\\Program Files\\u.exe\"", L"C:\\Program Files\\u.exe"},
        {L"  \"C:\\a b\\u.exe\" -x \"y", L"C:\\a b\\u.exe"},
        {L"\"C:\\u.exe\"garbage", L"C:\\u.exe"},
        {L"C:\\u.exe", L"C:\\u.exe"},
        {L"\tC:\\Program Files\\u.EXE /automation", L"C:\\Program Files\\u.EXE"},
        {L"C:\\x.exes\\u.exe -e", L"C:\\x.exes\\u.exe"},
        {L"C:\\a.exe\\b.exe", L"C:\\a.exe\\b.exe"},
        {L"C:\\no extension  ", L"C:\\no extension"},
        {L"\"C:\\dots...\"", L"C:\\dots..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t first, length;
        assert_null(hp_class_command_parse(cases[i].command, &first, &length));
        assert_int_equal(length, wcslen(cases[i].exe));
        assert_memory_equal(cases[i].command + first, cases[i].exe, length * sizeof(wchar_t));
    }
}

static void malformed_command_line_is_named(void **state) {
    (void)state;
    static const wchar_t *const bad[] = {L"", L"   \t", L"\"", L"\"\"", L"\"C:\\u.exe", L" \"\" C:\\u.exe"};
    size_t first, length;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_non_null(hp_class_command_parse(bad[i], &first, &length));
        assert_int_equal(length, 0);
    }
    static wchar_t longest[HP_CLASS_EXE_MAX + 2];
    wmemset(longest, L'x', HP_CLASS_EXE_MAX + 1);
    assert_non_null(hp_class_command_parse(longest, &first, &length));
    longest[HP_CLASS_EXE_MAX] = 0;
    assert_null(hp_class_command_parse(longest, &first, &length));
}

static void only_full_paths_to_files_count(void **state) {
    (void)state;
    static const wchar_t *const good[] = {L"C:\\u.exe", L"z:/u", L"\\\\s\\h\\u.exe", L"\\\\?\\C:\\u.exe",
                                          L"C:\\a\\.."};
    static const wchar_t *const bad[] = {L"",          L"u.exe",    L"\\u.exe",      L"C:u.exe", L"C:\\",
                                         L"C:\\dir\\", L"\\\\",     L"\\\\\\x",      L"\\\\s",   L"1:\\u.exe",
                                         L"..\\u.exe", L"C:\\a\nb", L"C:\\\"u.exe\""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(hp_class_command_path_full(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hp_class_command_path_full(bad[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_the_class_is_there),
        cmocka_unit_test(both_views_hold_the_same),
        cmocka_unit_test(mark_is_first_and_curver_last),
        cmocka_unit_test(only_the_version_independent_progid_is_current),
        cmocka_unit_test(x86_update_has_its_own_library_key),
        cmocka_unit_test(odd_paths_are_kept_to_the_letter),
        cmocka_unit_test(longest_description_fits),
        cmocka_unit_test(missing_name_is_the_progid),
        cmocka_unit_test(bad_description_is_refused),
        cmocka_unit_test(progid_follows_the_rules_of_com),
        cmocka_unit_test(version_of_a_progid_is_exact),
        cmocka_unit_test(command_line_gives_the_exe),
        cmocka_unit_test(malformed_command_line_is_named),
        cmocka_unit_test(only_full_paths_to_files_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
