/*
 * The demo's story with the demo's own programs, step by step. The steps of the first group build on each
 * other. Arguments: paths of game.exe and updated.exe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <windows.h>
#include <shellapi.h>

#include "e2e/child.h"
#include "e2e/hkcu.h"

enum { SOON = 20000, START = 60000, IDLE = 60000 };

static wchar_t game_exe[MAX_PATH], updated_exe[MAX_PATH];

/* The story so far. */
static struct {
    char *registry; /* before it began */
    child *game;
    int steps; /* that were as told: a step after a failed one fails at once */
    int rounds;
    HANDLE update; /* the process that the functions run in now */
    DWORD update_pid;
} story;

/* Plays a round and compares the whole line, the process id of the game included. */
static void assert_round(const char *text) {
    char expected[256];
    snprintf(expected, sizeof expected, "round %d, process %lu: %s", ++story.rounds, child_pid(story.game),
             text);
    child_send(story.game, "play");
    assert_string_equal(child_expect(story.game, "round ", SOON), expected);
}

static void assert_code(const char *answer) {
    child_send(story.game, "verify");
    assert_string_equal(child_expect(story.game, "verify: ", SOON), answer);
}

/* Waits until the game runs in an update, and takes a handle to that process. */
static void await_update(void) {
    static const char attached[] = "[hotpatch] attached: 3 functions now run in the update, process ";
    const char *line = child_expect(story.game, "[hotpatch] attached", START);
    assert_int_equal(strncmp(line, attached, sizeof attached - 1), 0);
    const unsigned long pid = strtoul(line + sizeof attached - 1, NULL, 10);
    if (story.update != NULL)
        CloseHandle(story.update);
    story.update = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, pid);
    assert_non_null(story.update);
    story.update_pid = pid;
    assert_code("verify: 3 of 3 functions redirected");
}

static void begin(void) {
    memset(&story, 0, sizeof story);
    story.registry = hkcu_dump();
    story.game = child_start(game_exe, L"");
    char expected[64];
    snprintf(expected, sizeof expected, "ready: game version 1, process %lu", child_pid(story.game));
    assert_string_equal(child_expect(story.game, "ready", START), expected);
}

static void register_update(void) {
    assert_int_equal(0, child_run(updated_exe, L"/regserver", START));
}

static int end(void **state) {
    (void)state;
    child_end(story.game);
    if (story.update != NULL) {
        TerminateProcess(story.update, 99);
        CloseHandle(story.update);
    }
    free(story.registry);
    memset(&story, 0, sizeof story);
    child_run(updated_exe, L"/unregserver", START); /* if a step failed before the game did it */
    return 0;
}

/* ---- the story ---- */

static void game_plays_version_1_before_there_is_an_update(void **state) {
    (void)state;
    begin();
    assert_round("score 100 (+100)");
    assert_round("score 210 (+110)");
    assert_code("verify: original code");
    story.steps = 1;
}

static void running_game_sees_the_registration_and_moves_to_version_2(void **state) {
    (void)state;
    assert_int_equal(story.steps, 1);
    register_update();
    await_update();
    assert_int_not_equal(story.update_pid, child_pid(story.game));
    assert_round("*** SCORE 410 *** +200, you are on fire!");
    assert_round("*** SCORE 660 *** +250, you are on fire!");
    story.steps = 2;
}

static void killed_update_costs_no_round_and_no_score(void **state) {
    (void)state;
    assert_int_equal(story.steps, 2);
    assert_true(TerminateProcess(story.update, 99));
    assert_int_equal(WaitForSingleObject(story.update, SOON), WAIT_OBJECT_0);
    /* No waiting for the game to notice: the very next call finds the update dead. */
    assert_round("score 800 (+140)");
    child_expect(story.game, "[hotpatch] lost", SOON);
    assert_false(child_has(story.game, "[hotpatch] attached"));
    assert_round("score 950 (+150)");
    story.steps = 3;
}

static void update_comes_back_by_itself_in_another_process(void **state) {
    (void)state;
    assert_int_equal(story.steps, 3);
    DWORD killed = story.update_pid;
    await_update();
    assert_int_not_equal(story.update_pid, killed);
    assert_round("*** SCORE 1350 *** +400, you are on fire!");
    assert_round("*** SCORE 1800 *** +450, you are on fire!");
    story.steps = 4;
}

static void quitting_restores_code_and_registry_and_leaves_no_process(void **state) {
    (void)state;
    assert_int_equal(story.steps, 4);
    child_send(story.game, "quit");
    assert_string_equal(child_expect(story.game, "verify: ", START), "verify: original code");
    assert_string_equal(child_expect(story.game, "bye: ", SOON), "bye: the update is no longer registered");
    assert_int_equal(0, child_wait(story.game, SOON));
    assert_int_equal(WaitForSingleObject(story.update, SOON), WAIT_OBJECT_0);
    char *after = hkcu_dump();
    hkcu_assert_equal(story.registry, after);
    free(after);
}

/* ---- endings that are less polite ---- */

static void killed_game_leaves_no_update_process_behind(void **state) {
    (void)state;
    begin();
    register_update();
    await_update();
    assert_round("*** SCORE 100 *** +100, you are on fire!");
    child_kill(story.game);
    assert_int_equal(WaitForSingleObject(story.update, IDLE), WAIT_OBJECT_0);
}

static void end_of_input_is_a_quit_also_while_the_update_is_dead(void **state) {
    (void)state;
    begin();
    register_update();
    await_update();
    assert_true(TerminateProcess(story.update, 99));
    assert_int_equal(WaitForSingleObject(story.update, SOON), WAIT_OBJECT_0);
    child_close_input(story.game);
    assert_string_equal(child_expect(story.game, "verify: ", START), "verify: original code");
    assert_int_equal(0, child_wait(story.game, SOON));
    char *after = hkcu_dump();
    hkcu_assert_equal(story.registry, after);
    free(after);
}

static void unregserver_gives_the_running_game_its_own_code_back(void **state) {
    (void)state;
    begin();
    register_update();
    await_update();
    assert_round("*** SCORE 100 *** +100, you are on fire!");
    assert_int_equal(0, child_run(updated_exe, L"/unregserver", START));
    child_expect(story.game, "[hotpatch] detached", START);
    assert_code("verify: original code");
    assert_round("score 210 (+110)");
    assert_int_equal(WaitForSingleObject(story.update, SOON), WAIT_OBJECT_0);
    char *after = hkcu_dump();
    hkcu_assert_equal(story.registry, after);
    free(after);
}

static void update_started_by_hand_is_an_ordinary_game(void **state) {
    (void)state;
    char *before = hkcu_dump();
    story.game = child_start(updated_exe, L"");
    child_expect(story.game, "ready: game version 2", START);
    assert_round("*** SCORE 100 *** +100, you are on fire!");
    child_send(story.game, "quit");
    assert_int_equal(0, child_wait(story.game, SOON));
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

int main(void) {
    int argc;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL || argc != 3 || !GetFullPathNameW(argv[1], MAX_PATH, game_exe, NULL) ||
        !GetFullPathNameW(argv[2], MAX_PATH, updated_exe, NULL)) {
        fprintf(stderr, "arguments: game.exe updated.exe\n");
        return 99;
    }
    LocalFree(argv);
    const struct CMUnitTest steps[] = {
        cmocka_unit_test(game_plays_version_1_before_there_is_an_update),
        cmocka_unit_test(running_game_sees_the_registration_and_moves_to_version_2),
        cmocka_unit_test(killed_update_costs_no_round_and_no_score),
        cmocka_unit_test(update_comes_back_by_itself_in_another_process),
        cmocka_unit_test(quitting_restores_code_and_registry_and_leaves_no_process),
    };
    const struct CMUnitTest endings[] = {
        cmocka_unit_test_teardown(killed_game_leaves_no_update_process_behind, end),
        cmocka_unit_test_teardown(end_of_input_is_a_quit_also_while_the_update_is_dead, end),
        cmocka_unit_test_teardown(unregserver_gives_the_running_game_its_own_code_back, end),
        cmocka_unit_test_teardown(update_started_by_hand_is_an_ordinary_game, end),
    };
    int failed = cmocka_run_group_tests_name("story", steps, NULL, end);
    return failed + cmocka_run_group_tests_name("endings", endings, NULL, NULL);
}
