#include "e2e/faults_app.h"

#include "idl/fault.h"

unsigned faults_disarm(char name[FAULTS_NAME]) {
    unsigned steps = hp_fault_count();
    snprintf(name, FAULTS_NAME, "%s", hp_fault_name());
    hp_fault_arm(0);
    return steps;
}

void faults_expect_original(void) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 5);
    assert_int_equal(session_where(), 0);
    assert_int_equal(session_first(), 0);
    assert_int_equal(session_text(L"update", copy, sizeof copy), 0);
    assert_string_equal(copy, "app");
}

void faults_expect_redirected(void) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 1005);
    assert_int_equal(session_where(), 1);
    assert_int_equal(session_first(), 1);
    assert_int_equal(session_text(L"update", copy, sizeof copy), 1);
    assert_string_equal(copy, "update");
}

void faults_detach_cleanly(void) {
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_no_process(L"session_v1.exe");
}

int faults_tear_down(void **state) {
    hp_fault_arm(0);
    return session_tear_down(state);
}
