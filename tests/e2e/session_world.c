#include "e2e/session_world.h"

session_code session_original;

HRESULT session_attach_quietly(const wchar_t *progid) {
    hp_attach_options options = session_options();
    return hp_com_attach_ex(progid, &options, NULL);
}

void session_detach(const wchar_t *progid) {
    assert_int_equal(hp_com_detach(progid, PATIENCE_MS), S_OK);
}

void session_expect_version(int version) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 5 + 1000 * version);
    assert_int_equal(session_where(), version);
    assert_int_equal(session_first(), version == 1);
    assert_int_equal(session_second(), version == 2 ? 2 : 0);
    assert_int_equal(session_text(L"a text", copy, sizeof copy), version);
    assert_string_equal(copy, version != 0 ? "a text" : "app");
}

void session_expect_original(void) {
    session_code_expect(&session_original);
    session_expect_version(0);
    assert_int_equal(session_other(), 0);
}

DWORD WINAPI session_guest_inside(void *context) {
    session_guest *it = context;
    it->result = session_stay(L"session.entered", L"session.leave");
    return 0;
}

void session_guest_prepare(session_guest *it) {
    *it = (session_guest){0};
    it->entered = CreateEventW(NULL, TRUE, FALSE, L"session.entered");
    it->leave = CreateEventW(NULL, TRUE, FALSE, L"session.leave");
    assert_true(it->entered != NULL && it->leave != NULL);
}

void session_guest_begin(session_guest *it) {
    session_guest_prepare(it);
    it->thread = CreateThread(NULL, 0, session_guest_inside, it, 0, NULL);
    assert_non_null(it->thread);
    assert_int_equal(WaitForSingleObject(it->entered, PATIENCE_MS), WAIT_OBJECT_0);
}

int session_guest_end(session_guest *it) {
    SetEvent(it->leave);
    if (it->thread != NULL)
        session_expect_end(it->thread);
    CloseHandle(it->entered);
    CloseHandle(it->leave);
    return it->result;
}

int session_set_up(void **state) {
    (void)state;
    session_code_take(&session_original);
    session_register(L"session_v1.exe");
    return 0;
}

int session_tear_down(void **state) {
    (void)state;
    session_unregister(L"session_v1.exe");
    return 0;
}

int session_detach_all(void **state) {
    (void)state;
    hp_com_detach(SESSION, 0);
    hp_com_detach(OTHER, 0);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    return 0;
}
