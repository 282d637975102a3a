#include "e2e/exit_world.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 };

exit_world exit_now;

void exit_start(const wchar_t *way) {
    exit_now.app = child_start(session_path(L"exit_app.exe"), way);
    exit_now.pid = strtoul(child_expect(exit_now.app, "ready ", PATIENCE_MS) + 6, NULL, 10);
    exit_now.update = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, exit_now.pid);
    assert_non_null(exit_now.update);
}

void exit_say_word(void) {
    ULONGLONG began = GetTickCount64();
    child_send(exit_now.app, "go");
    exit_expect_originals();
    exit_now.took = (unsigned)(GetTickCount64() - began);
    print_message("# the app had its answers after %u ms\n", exit_now.took);
}

void exit_finish(DWORD code) {
    ULONGLONG began = GetTickCount64();
    child_send(exit_now.app, "go");
    assert_int_equal(child_wait(exit_now.app, PATIENCE_MS), code);
    exit_now.took = (unsigned)(GetTickCount64() - began);
    print_message("# the app ended after %u ms\n", exit_now.took);
}

void exit_expect_detach(void) {
    child_expect(exit_now.app, "detach 0x00000000 watch 0x8007045b", PATIENCE_MS);
    child_expect(exit_now.app, "status 0x80040223 attach 0x8007045b", PATIENCE_MS);
    child_expect(exit_now.app, "again 7 unregister 0x00000000", PATIENCE_MS);
}

void exit_expect_answers(void) {
    const char *transport = getenv("HOTPATCH_TRANSPORT");
    const int by_com = transport != NULL && strcmp(transport, "com") == 0;
    child_expect(exit_now.app, by_com ? "add 5 other 6" : "add 1005 other 1006", PATIENCE_MS);
}

void exit_expect_originals(void) {
    child_expect(exit_now.app, "add 5 other 6", PATIENCE_MS);
}

void exit_expect_detach_notice(void) {
    exit_expect_originals();
    exit_expect_detach();
}

void exit_expect_update_ends(void) {
    session_expect_end(exit_now.update);
    exit_now.update = NULL;
}

/* The app at its end removes the class. */
static void make_world(void) {
    exit_now.app = NULL;
    exit_now.update = NULL;
    ResetEvent(exit_now.entered);
    ResetEvent(exit_now.leave);
    session_register(exit_now.exe);
}

static void free_world(void) {
    SetEvent(exit_now.leave);
    child_end(exit_now.app);
    if (exit_now.update != NULL) {
        TerminateProcess(exit_now.update, 1);
        CloseHandle(exit_now.update);
    }
    session_unregister(exit_now.exe);
}

int exit_is_late(unsigned bound) {
    if (exit_now.took <= bound)
        return 0;
    if (++exit_now.tries == TRIES)
        fail_msg("%u ms and not %u, and no faster in %d tries", exit_now.took, bound, TRIES);
    print_message("# longer than %u ms: once more\n", bound);
    free_world();
    make_world();
    return 1;
}

int exit_set_up(void **state) {
    (void)state;
    if (exit_now.exe == NULL)
        exit_now.exe = L"policy_update.exe";
    exit_now.entered = CreateEventW(NULL, TRUE, FALSE, POLICY_ENTERED);
    exit_now.leave = CreateEventW(NULL, TRUE, FALSE, POLICY_LEAVE);
    assert_true(exit_now.entered != NULL && exit_now.leave != NULL);
    return 0;
}

int exit_begin(void **state) {
    (void)state;
    exit_now.tries = 0;
    make_world();
    return 0;
}

int exit_end(void **state) {
    (void)state;
    free_world();
    return 0;
}
