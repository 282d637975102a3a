// An update on the command line: registration, refusal of broken ones, and leaving the
// program's own arguments alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/server_process.h"

#include "registry/class.h"

#include <objbase.h>

#include <cmocka.h>

static char said[4096];

static DWORD run(const wchar_t *file, const wchar_t *arguments) {
    return run_captured(fixture_path(file), arguments, said, sizeof said);
}

// One line with all of these in it.
static void expect_line(const char *what, const char *const *parts) {
    size_t lines = 0;
    for (const char *c = said; *c; ++c)
        lines += *c == '\n';
    if (lines != 1)
        fail_msg("%s: %zu lines: %s", what, lines, said);
    for (; *parts; ++parts) {
        if (!strstr(said, *parts))
            fail_msg("%s: no \"%s\" in: %s", what, *parts, said);
    }
}

static int is_registered(void) {
    hp_class_found found;
    if (FAILED(hp_class_lookup(L"Hotpatch.Fixture", &found, NULL)))
        return 0;
    assert_int_equal(_wcsicmp(found.exe, fixture_path(L"fixture_update.exe")), 0);
    assert_int_equal(wcscmp(found.progid, L"Hotpatch.Fixture.3"), 0);
    hp_class_free(&found);
    return 1;
}

static void registers_and_unregisters_in_either_spelling(void **state) {
    (void)state;
    static const wchar_t *const spelling[][2] = {
        {L"/regserver", L"/unregserver"}, {L"-RegServer", L"-UnregServer"}, {L"/REGSERVER", L"-unregserver"}};
    SetEnvironmentVariableW(L"FIXTURE_CLSID", NULL);
    for (size_t i = 0; i < 3; ++i) {
        assert_false(is_registered());
        assert_int_equal(run(L"fixture_update.exe", spelling[i][0]), 0);
        assert_string_equal(said, "");
        assert_true(is_registered());
        assert_int_equal(run(L"fixture_update.exe", spelling[i][1]), 0);
        assert_string_equal(said, "");
        assert_false(is_registered());
    }
}

static void unregister_without_registration_is_no_error(void **state) {
    (void)state;
    assert_int_equal(run(L"fixture_update.exe", L"/unregserver"), 0);
    assert_string_equal(said, "");
}

static void given_class_id_is_the_one_registered(void **state) {
    (void)state;
    static const CLSID clsid = {0x4f3a1c88, 0x3d2b, 0x4e55, {0x9a, 0x01, 0x77, 0x11, 0x20, 0x5e, 0x6b, 0x02}};
    SetEnvironmentVariableW(L"FIXTURE_CLSID", L"{4F3A1C88-3D2B-4E55-9A01-7711205E6B02}");
    assert_int_equal(run(L"fixture_update.exe", L"/regserver"), 0);
    hp_class_found found;
    assert_int_equal(hp_class_lookup(L"Hotpatch.Fixture", &found, NULL), S_OK);
    assert_true(IsEqualGUID(&found.clsid, &clsid));
    hp_class_free(&found);
    assert_int_equal(run(L"fixture_update.exe", L"/unregserver"), 0);
    assert_false(is_registered());
    SetEnvironmentVariableW(L"FIXTURE_CLSID", NULL);
}

static void other_command_lines_start_the_program(void **state) {
    (void)state;
    static const wchar_t *const lines[] = {
        L"",
        L"save.game",
        L"--regserver",
        L"regserver",
        L"/regserver2",
        L"\"/regserver x\"",
        L"/regserver\"",
        L"-Embeddingg",
        L"/HotpatchReady:16",
        L"/",
        L"-",
        L"\u00e9\u4e16",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
        DWORD expected = wcscmp(lines[i], L"/regserver\"") == 0 ? 0 : 42; // an open quote ends with the line
        if (run(L"fixture_update.exe", lines[i]) != expected)
            fail_msg("\"%ls\" is taken for the server's: %s", lines[i], said);
        assert_string_equal(said, "");
    }
    assert_int_equal(run(L"fixture_update.exe", L"/unregserver"), 0);
}

static void contradictory_command_line_is_refused(void **state) {
    (void)state;
    static const char *const parts[] = {"HP_E_COMMAND_LINE", "exclude each other", "-Embedding", NULL};
    assert_int_equal(run(L"fixture_update.exe", L"/regserver /unregserver"), 1);
    expect_line("register and unregister", parts);
    assert_false(is_registered());
    assert_int_equal(run(L"fixture_update.exe", L"-Embedding /regserver"), 1);
    expect_line("serve and register", parts);
    assert_false(is_registered());
    static const char *const no_handle[] = {"HP_E_COMMAND_LINE", "a handle is not a number", NULL};
    assert_int_equal(run(L"fixture_update.exe", L"-Embedding /HotpatchReady:soon"), 1);
    expect_line("ready handle", no_handle);
}

// A number that is no event of this process is no reason not to serve.
static void ready_handle_of_nothing_does_not_stop_the_server(void **state) {
    (void)state;
    SetEnvironmentVariableW(L"FIXTURE_IDLE_MS", L"200");
    assert_int_equal(run(L"fixture_update.exe", L"-Embedding /HotpatchReady:4194300"), 0);
    SetEnvironmentVariableW(L"FIXTURE_IDLE_MS", NULL);
}

static void broken_updates_neither_serve_nor_register(void **state) {
    (void)state;
    static const struct {
        const wchar_t *file;
        const char *parts[4];
    } broken[] = {
        {L"fixture_none.exe", {"HP_E_NO_EXPORTS", "HP_EXPORT"}},
        {L"fixture_patchable.exe", {"HP_E_NO_EXPORTS", "HP_EXPORT"}},
        {L"fixture_duplicate.exe", {"fixture_fine: ", "HP_E_NAME_DUPLICATE"}},
        {L"fixture_long.exe", {"cccccccccccccccc", "256 characters", "HP_E_NAME_TOO_LONG"}},
        {L"fixture_identifier.exe", {"9 lives: ", "HP_E_NAME_INVALID"}},
        {L"fixture_signature.exe", {"fixture_malformed: ", "position 12", "i33", "HP_E_SIGNATURE_SYNTAX"}},
        {L"fixture_pointer.exe", {"fixture_pointer: ", "HP_E_SIGNATURE_RETURN_POINTER"}},
    };
    static const wchar_t *const ways[] = {L"/regserver", L"-Embedding"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; ++i) {
        for (size_t way = 0; way < 2; ++way) {
            char what[64];
            snprintf(what, sizeof what, "%ls %ls", broken[i].file, ways[way]);
            const char *parts[5] = {0};
            memcpy(parts, broken[i].parts, sizeof broken[i].parts);
            if (run(broken[i].file, ways[way]) != 1)
                fail_msg("%s is not refused", what);
            expect_line(what, parts);
            hp_class_found found;
            assert_int_equal(hp_class_lookup(L"Hotpatch.FixtureBroken", &found, NULL), HP_E_PROGID_UNKNOWN);
        }
        // What was registered when it was still sound can be removed, and the program itself runs.
        assert_int_equal(run(broken[i].file, L"/unregserver"), 0);
        assert_int_equal(run(broken[i].file, L""), 42);
    }
}

static void class_without_progid_or_version_is_refused(void **state) {
    (void)state;
    static const char *const size[] = {"hp_server_class", "size", NULL};
    static const char *const progid[] = {"hp_server_class", "ProgID", NULL};
    static const char *const length[] = {"Hotpatch.Fixture.Of37.Characters.Long", "10", "39 characters",
                                         NULL};
    static const struct {
        const wchar_t *variant;
        const char *const *parts;
    } defects[] = {
        {L"null", size}, {L"size", size}, {L"progid", progid}, {L"version", progid}, {L"long", length}};
    // A class id of its own saves the length from nothing.
    SetEnvironmentVariableW(L"FIXTURE_CLSID", L"{4F3A1C88-3D2B-4E55-9A01-7711205E6B02}");
    for (size_t i = 0; i < 5; ++i) {
        SetEnvironmentVariableW(L"FIXTURE_DEFECT", defects[i].variant);
        assert_int_equal(run(L"fixture_update.exe", L"/regserver"), 1);
        expect_line("class", defects[i].parts);
        assert_int_equal(run(L"fixture_update.exe", L"-Embedding"), 1);
        expect_line("class", defects[i].parts);
        assert_int_equal(run(L"fixture_update.exe", L"game.save"), 42);
    }
    SetEnvironmentVariableW(L"FIXTURE_CLSID", NULL);
    SetEnvironmentVariableW(L"FIXTURE_DEFECT", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_and_unregisters_in_either_spelling),
        cmocka_unit_test(unregister_without_registration_is_no_error),
        cmocka_unit_test(given_class_id_is_the_one_registered),
        cmocka_unit_test(other_command_lines_start_the_program),
        cmocka_unit_test(contradictory_command_line_is_refused),
        cmocka_unit_test(ready_handle_of_nothing_does_not_stop_the_server),
        cmocka_unit_test(broken_updates_neither_serve_nor_register),
        cmocka_unit_test(class_without_progid_or_version_is_refused),
    };
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    CoUninitialize();
    return failed;
}
