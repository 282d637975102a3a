// The command line of an update: what is ours, what is the program's own, what contradicts itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/command.h"

#include <cmocka.h>

#define MAX_ARGUMENTS 6

typedef struct row {
    const wchar_t *argument[MAX_ARGUMENTS]; // behind argv[0], ends with NULL
    HRESULT result;
    hp_command_action action;
    uintptr_t ready;
} row;

static void check(const row *rows, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const wchar_t *argv[MAX_ARGUMENTS + 1] = {L"update.exe"};
        int argc = 1;
        for (; rows[i].argument[argc - 1]; ++argc)
            argv[argc] = rows[i].argument[argc - 1];
        hp_command command = {HP_COMMAND_EMBED, 77, 78};
        const char *reason = "not set";
        HRESULT hr = hp_command_parse(argc, argv, &command, &reason);
        if (hr != rows[i].result || command.action != rows[i].action || command.ready != rows[i].ready)
            fail_msg("row %zu (%ls): result %08lx, action %d, ready %zu", i, argc > 1 ? argv[1] : L"nothing",
                     (unsigned long)(uint32_t)hr, (int)command.action, (size_t)command.ready);
        assert_int_equal(reason != NULL, hr != S_OK);
        assert_int_equal(hp_command_parse(argc, argv, &command, NULL), hr);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void each_option_with_either_sign_and_in_any_case(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"/regserver"}, S_OK, HP_COMMAND_REGISTER, 0},
        {{L"-regserver"}, S_OK, HP_COMMAND_REGISTER, 0},
        {{L"/RegServer"}, S_OK, HP_COMMAND_REGISTER, 0},
        {{L"-REGSERVER"}, S_OK, HP_COMMAND_REGISTER, 0},
        {{L"/unregserver"}, S_OK, HP_COMMAND_UNREGISTER, 0},
        {{L"-UnregServer"}, S_OK, HP_COMMAND_UNREGISTER, 0},
        {{L"-Embedding"}, S_OK, HP_COMMAND_EMBED, 0},
        {{L"/Embedding"}, S_OK, HP_COMMAND_EMBED, 0},
        {{L"/EMBEDDING"}, S_OK, HP_COMMAND_EMBED, 0},
        {{L"-embedding"}, S_OK, HP_COMMAND_EMBED, 0},
    };
    CHECK(rows);
}

static void programs_own_arguments_start_the_program(void **state) {
    (void)state;
    static const row rows[] = {
        {{NULL}, S_OK, HP_COMMAND_NONE, 0},
        {{L""}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"-"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"regserver"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"--regserver"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"//regserver"}, S_OK, HP_COMMAND_NONE, 0},
        {{L" /regserver"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/regserver "}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/regserver2"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/regserve"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/regserver:all"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"-Embedding.txt", L"/help"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/re\u0261server"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"-Embedd\u0131ng"}, S_OK, HP_COMMAND_NONE, 0}, // a dotless i is an i in one country only
    };
    CHECK(rows);
}

static void option_is_found_among_the_programs_own(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"save.game", L"/fast", L"/regserver"}, S_OK, HP_COMMAND_REGISTER, 0},
        {{L"-Embedding", L"-v"}, S_OK, HP_COMMAND_EMBED, 0},
        {{L"/regserver", L"-RegServer"}, S_OK, HP_COMMAND_REGISTER, 0},
    };
    CHECK(rows);
}

static void contradictory_options_are_refused(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"/regserver", L"/unregserver"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/regserver"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"/unregserver", L"x", L"-Embedding"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"/regserver", L"/unregserver", L"/regserver"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
    };
    CHECK(rows);
}

static void ready_handle_is_read_next_to_embedding_only(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"-Embedding", L"/HotpatchReady:84"}, S_OK, HP_COMMAND_EMBED, 84},
        {{L"-hotpatchready:4294967292", L"/Embedding"}, S_OK, HP_COMMAND_EMBED, 4294967292u},
        {{L"-Embedding", L"/HotpatchReady:0084"}, S_OK, HP_COMMAND_EMBED, 84},
        {{L"/HotpatchReady:84"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/HotpatchReady:no", L"/HotpatchReady:2"}, S_OK, HP_COMMAND_NONE, 0},
        {{L"/regserver", L"/HotpatchReady:84"}, S_OK, HP_COMMAND_REGISTER, 0},
    };
    CHECK(rows);
}

static void ready_handle_that_is_no_number_is_refused(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"-Embedding", L"/HotpatchReady:"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:0"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:-1"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:0x54"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:84 "}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:\u0664"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
        {{L"-Embedding", L"/HotpatchReady:36893488147419103232"},
         HP_E_COMMAND_LINE,
         HP_COMMAND_NONE,
         0}, // 2^65
        {{L"-Embedding", L"/HotpatchReady:8", L"/HotpatchReady:8"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
    };
    CHECK(rows);
}

#if UINTPTR_MAX == UINT32_MAX
static void ready_handle_wider_than_a_pointer_is_refused(void **state) {
    (void)state;
    static const row rows[] = {
        {{L"-Embedding", L"/HotpatchReady:4294967295"}, S_OK, HP_COMMAND_EMBED, 4294967295u},
        {{L"-Embedding", L"/HotpatchReady:4294967296"}, HP_E_COMMAND_LINE, HP_COMMAND_NONE, 0},
    };
    CHECK(rows);
}
#endif

static void object_handle_is_read_and_checked_like_the_ready_handle(void **state) {
    (void)state;
    const wchar_t *both[] = {L"update.exe", L"-Embedding", L"/HotpatchReady:84", L"-hotpatchobject:88"};
    const wchar_t *twice[] = {L"update.exe", L"-Embedding", L"/HotpatchObject:88", L"/HotpatchObject:88"};
    const wchar_t *none[] = {L"update.exe", L"-Embedding", L"/HotpatchObject:section"};
    hp_command command;
    assert_int_equal(hp_command_parse(4, both, &command, NULL), S_OK);
    assert_int_equal(command.ready, 84);
    assert_int_equal(command.object, 88);
    assert_int_equal(hp_command_parse(3, both, &command, NULL), S_OK);
    assert_int_equal(command.object, 0);
    assert_int_equal(hp_command_parse(4, twice, &command, NULL), HP_E_COMMAND_LINE);
    assert_int_equal(hp_command_parse(3, none, &command, NULL), HP_E_COMMAND_LINE);
}

// CreateProcess allows an empty command line, and argv need not be complete.
static void missing_arguments_are_nothing(void **state) {
    (void)state;
    const wchar_t *argv[] = {L"update.exe", NULL, L"/regserver"};
    hp_command command;
    assert_int_equal(hp_command_parse(0, argv, &command, NULL), S_OK);
    assert_int_equal(command.action, HP_COMMAND_NONE);
    assert_int_equal(hp_command_parse(3, argv, &command, NULL), S_OK);
    assert_int_equal(command.action, HP_COMMAND_REGISTER);
}

// The program's own name is no option.
static void program_named_like_an_option_is_not_one(void **state) {
    (void)state;
    const wchar_t *argv[] = {L"/regserver"};
    hp_command command;
    assert_int_equal(hp_command_parse(1, argv, &command, NULL), S_OK);
    assert_int_equal(command.action, HP_COMMAND_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_with_either_sign_and_in_any_case),
        cmocka_unit_test(programs_own_arguments_start_the_program),
        cmocka_unit_test(option_is_found_among_the_programs_own),
        cmocka_unit_test(contradictory_options_are_refused),
        cmocka_unit_test(ready_handle_is_read_next_to_embedding_only),
        cmocka_unit_test(ready_handle_that_is_no_number_is_refused),
        cmocka_unit_test(object_handle_is_read_and_checked_like_the_ready_handle),
#if UINTPTR_MAX == UINT32_MAX
        cmocka_unit_test(ready_handle_wider_than_a_pointer_is_refused),
#endif
        cmocka_unit_test(missing_arguments_are_nothing),
        cmocka_unit_test(program_named_like_an_option_is_not_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
