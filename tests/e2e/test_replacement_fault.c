// A replacement that fails: the app runs its own code with its own memory, the update lives
// on and ends when it is let go.
#include "e2e/session_app.h"

// fault_app.c. Not here: clang would take the result of a function that it sees for a constant.
extern volatile int in_app;
int fault_fill(unsigned char *data, unsigned size, int how);
int fault_answer(void);

static volatile LONG reported;
static char last_line[1024];

static void note_line(void *context, hp_log_level level, const char *line) {
    (void)context;
    (void)level;
    if (strstr(line, "HP_E_REPLACEMENT_FAULT") != NULL && InterlockedIncrement(&reported) == 1)
        snprintf(last_line, sizeof last_line, "%s", line);
}

static void fail_in_update(int how) {
    unsigned char data[300];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i + 1);
    int before = in_app;
    assert_int_equal(fault_fill(data, sizeof data, how), how); // the app's own answer
    assert_int_equal(in_app, before + 1);
    assert_int_equal(data[0], 0x77);
    for (unsigned i = 1; i < sizeof data; i++)
        assert_int_equal(data[i], (unsigned char)(i + 1));
}

static void succeed_in_update(int how) {
    unsigned char data[16] = {0};
    int before = in_app;
    assert_int_equal(fault_fill(data, sizeof data, how), 1000 + how);
    assert_int_equal(in_app, before);
    assert_int_equal(data[15], 0xEE);
}

static void faults_of_every_kind_leave_app_and_update_alive(void **state) {
    (void)state;
    hp_log_set(note_line, NULL, HP_LOG_WARNING);
    HANDLE process = session_attach(L"Hotpatch.Fault");
    for (int round = 0; round < 3; round++) {
        for (int how = 1; how <= 5; how++) {
            fail_in_update(how);
            assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
            assert_int_equal(fault_answer(), 42);
            succeed_in_update(0);
        }
        succeed_in_update(6); // what is for a debugger is no fault
    }
    assert_int_equal(reported, 1); // once per function, not once per call
    assert_non_null(strstr(last_line, "fault_fill"));
    assert_int_equal(hp_com_detach(L"Hotpatch.Fault", PATIENCE_MS), S_OK);
    session_expect_end(process); // no reference was lost on the way
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    assert_int_equal(fault_answer(), 1);
}

static int prepare(void **state) {
    (void)state;
    session_register(L"fault_update.exe");
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    session_unregister(L"fault_update.exe");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_every_kind_leave_app_and_update_alive),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
