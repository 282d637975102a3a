// Every way in which a replacement can fail: the app gets its own result on its own memory, at once; where
// the update can live it is the same process that answers the next call, and says what has happened.
#include "e2e/kinds.h"
#include "e2e/session_app.h"

extern volatile int kinds_in_app; // kinds_app.c
int kinds_run(unsigned char *data, unsigned size, int how);
unsigned kinds_process(void);

#ifdef KINDS_CXX
#define CXX(text) text
#else
#define CXX(text) NULL
#endif

static const struct {
    int how;
    const char *said[2]; // by the line in the app's log
} living[] = {
    {KIND_WRITE_NULL, {"access violation writing address 0x0 (0xC0000005)", "kinds_"}},
    {KIND_READ_MEMBER, {"access violation reading address 0x18 (0xC0000005)", "+0x"}},
    {KIND_CALL_NULL, {"access violation ", " outside of every module"}},
    {KIND_WRITE_CODE, {"access violation writing kinds_", ".exe+0x"}},
    {KIND_IN_LIBRARY, {"access violation reading address 0x10 ", "msvcrt.dll+0x"}},
    {KIND_DIVIDE, {"integer division by zero (0xC0000094)", ".exe+0x"}},
    {KIND_QUOTIENT, {"integer ", ".exe+0x"}}, // Wine cannot tell it from a division by zero everywhere
    {KIND_NO_INSTRUCTION, {"illegal instruction (0xC000001D)", ".exe+0x"}},
    {KIND_PRIVILEGED, {"privileged instruction (0xC0000096)", ".exe+0x"}},
    {KIND_FLOAT, {"floating-point division by zero (0xC000008E)", ".exe+0x"}},
    {KIND_RECURSION, {"stack overflow (0xC00000FD)", ".exe+0x"}},
    {KIND_LARGE_FRAMES, {"stack overflow (0xC00000FD)", ".exe+0x"}},
    {KIND_CALLBACK, {"access violation writing address 0x0", ".exe+0x"}},
    {KIND_VISUAL_CXX, {"C++ exception of Visual C++ (0xE06D7363)", "+0x"}},
    {KIND_SOFTWARE, {"exception (0xE0000005)", "+0x"}},
    {KIND_CXX, {CXX("C++ exception of type acme::Error (0x20474343)"), ""}},
    {KIND_CXX_INT, {CXX("C++ exception of type int (0x20474343)"), ""}},
    {KIND_CXX_IN_CATCH, {CXX("C++ exception of type acme::Error"), ""}},
};

static char line[2048];

static void note_line(void *context, hp_log_level level, const char *said) {
    (void)context;
    (void)level;
    if (strstr(said, "HP_E_REPLACEMENT_FAULT") != NULL)
        snprintf(line, sizeof line, "%s", said);
}

// The bytes of the app, as the app's own function left them: 1 if it did, 0 if the update's answer is there.
static int run(int how) {
    unsigned char data[300];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i + 1);
    int before = kinds_in_app;
    line[0] = '\0';
    int result = kinds_run(data, sizeof data, how);
    if (kinds_in_app == before) {
        if (result != 1000)
            fail_msg("kind %d: the update answers %d", how, result);
        return 0;
    }
    assert_int_equal(kinds_in_app, before + 1);
    if (result != how + 1 || data[0] != 0x77)
        fail_msg("kind %d: the app answers %d", how, result);
    for (unsigned i = 1; i < sizeof data; i++)
        assert_int_equal(data[i], (unsigned char)(i + 1));
    return 1;
}

static const wchar_t *update = L"kinds_update.exe";
static HANDLE process;
static unsigned process_id;

static int attach(void **state) {
    (void)state;
    if (process == NULL)
        process = session_attach(L"Hotpatch.Kinds");
    process_id = kinds_process();
    assert_int_not_equal(process_id, 0);
    return 0;
}

static void expect_alive(int how) {
    if (kinds_process() != process_id || run(KIND_NONE) != 0)
        fail_msg("kind %d: the update does not answer any more", how);
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
}

static int let_go(void **state) {
    (void)state;
    HRESULT hr = hp_com_detach(L"Hotpatch.Kinds", PATIENCE_MS);
    if (process != NULL)
        session_expect_end(process);
    process = NULL;
    return hr != S_OK;
}

static void expect_said(size_t i) {
    for (int part = 0; part < 2; part++)
        if (strstr(line, living[i].said[part]) == NULL)
            fail_msg("kind %d: \"%s\" does not say \"%s\"", living[i].how, line, living[i].said[part]);
    if (strstr(line, "kinds_run") == NULL)
        fail_msg("kind %d: \"%s\" does not name the function", living[i].how, line);
}

static void update_lives_on_and_says_what_happened(void **state) {
    (void)state;
    hp_log_set(note_line, NULL, HP_LOG_DEBUG);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof living / sizeof *living; i++) {
            if (living[i].said[0] == NULL)
                continue; // no C++
            if (run(living[i].how) == 0)
                fail_msg("kind %d did not fail", living[i].how);
            expect_said(i);
            expect_alive(living[i].how);
        }
    }
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
}

static void what_is_no_fault_is_answered(void **state) {
    (void)state;
    for (int how = KIND_SPOIL_FLOAT; how <= KIND_CXX_CAUGHT; how++) {
        if (run(how) != 0)
            fail_msg("kind %d is taken for a fault", how);
        expect_alive(how);
    }
}

static void end_the_update(int how) {
    attach(NULL);
    if (run(how) == 0)
        fail_msg("kind %d did not fail", how);
    session_expect_end(process);
    process = NULL;
    assert_int_equal(run(KIND_NONE), 1); // at once, without the update
    let_go(NULL);
}

static void end_of_the_update_leaves_the_app_its_own_result(void **state) {
    (void)state;
    for (int how = KIND_ABORT; how <= KIND_TERMINATE; how++)
        end_the_update(how);
}

// In a program without a console the C library asks in a box. Nobody would ever press its button.
static void nobody_is_asked_by_a_program_without_a_console(void **state) {
    (void)state;
    session_register(L"kinds_windows.exe");
    end_the_update(KIND_ABORT);
    end_the_update(KIND_ASSERT);
    end_the_update(KIND_RAISE_ABORT);
    end_the_update(KIND_OTHER_THREAD);
    session_unregister(L"kinds_windows.exe");
    session_register(update);
}

// Where the system does not find its way to our frame, RPC answers the call, and the update may have lost
// what it held for it: then it does not end by itself.
static void damaged_stack_is_never_waited_for(void **state) {
    (void)state;
    for (int how = KIND_JUMP_PAST_GUARD; how < KINDS; how++) {
        attach(NULL);
        run(how);
        run(KIND_NONE); // it may have lived
        assert_int_equal(hp_com_detach(L"Hotpatch.Kinds", PATIENCE_MS), S_OK);
        TerminateProcess(process, 9);
        session_expect_end(process);
        process = NULL;
    }
}

static int prepare(void **state) {
    (void)state;
    session_register(update);
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    session_unregister(update);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(update_lives_on_and_says_what_happened, attach, let_go),
        cmocka_unit_test_setup_teardown(what_is_no_fault_is_answered, attach, let_go),
        cmocka_unit_test(end_of_the_update_leaves_the_app_its_own_result),
        cmocka_unit_test(nobody_is_asked_by_a_program_without_a_console),
        cmocka_unit_test(damaged_stack_is_never_waited_for),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
