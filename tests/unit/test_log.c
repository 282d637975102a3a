// The logger: what a sink sees, from many threads and while it is replaced.
#include "idl/log.h"
#include "idl/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#ifndef _WIN32
#include <pthread.h>
#endif

static struct {
    unsigned lines;
    hp_log_level level;
    char text[4096];
} seen;

static void remember(void *context, hp_log_level level, const char *line) {
    assert_ptr_equal(context, &seen);
    seen.lines++;
    seen.level = level;
    snprintf(seen.text, sizeof seen.text, "%s", line);
    errno = ERANGE; // sinks do such things
#ifdef _WIN32
    SetLastError(4712);
#endif
}

static int begin(void **state) {
    (void)state;
    memset(&seen, 0, sizeof seen);
    hp_log_set(remember, &seen, HP_LOG_INFO);
    return 0;
}

static int end(void **state) {
    (void)state;
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    return 0;
}

static void unwanted_levels_are_silent(void **state) {
    (void)state;
    hp_log_write(HP_LOG_DEBUG, "no");
    assert_int_equal(seen.lines, 0);
    assert_false(hp_log_wants(HP_LOG_DEBUG));
    assert_true(hp_log_wants(HP_LOG_INFO));
    hp_log_write(HP_LOG_INFO, "%d %s", 7, "yes");
    assert_int_equal(seen.lines, 1);
    assert_int_equal(seen.level, HP_LOG_INFO);
    assert_string_equal(seen.text, "7 yes");
    hp_log_set(remember, &seen, HP_LOG_ERROR);
    hp_log_write(HP_LOG_WARNING, "no");
    assert_int_equal(seen.lines, 1);
}

static void default_wants_errors_and_warnings_only(void **state) {
    (void)state;
    hp_log_set(NULL, &seen, HP_LOG_WARNING);
    assert_true(hp_log_wants(HP_LOG_WARNING));
    assert_false(hp_log_wants(HP_LOG_INFO));
    hp_log_write(HP_LOG_ERROR, "to the debugger, if there is one");
    assert_int_equal(seen.lines, 0);
}

static void last_error_and_errno_survive(void **state) {
    (void)state;
    errno = EDOM;
#ifdef _WIN32
    SetLastError(4711);
#endif
    hp_log_write(HP_LOG_ERROR, "x");
    hp_trouble trouble = {0};
    hp_trouble_set(&trouble, HP_E_PROTOCOL, "a", "b");
    hp_log_trouble(HP_LOG_ERROR, &trouble);
    assert_int_equal(errno, EDOM);
#ifdef _WIN32
    assert_int_equal(GetLastError(), 4711);
#endif
    assert_int_equal(seen.lines, 2);
}

static void lines_are_cut_at_1023_bytes_between_characters(void **state) {
    (void)state;
    for (int lead = 0; lead < 4; lead++) {
        char text[2001];
        memset(text, 'a', (size_t)lead);
        for (size_t at = (size_t)lead; at + 5 < sizeof text; at += 4)
            memcpy(text + at, "\xF0\x9F\x98\x80", 5);
        hp_log_write(HP_LOG_ERROR, "%s", text);
        size_t length = strlen(seen.text);
        assert_true(length <= 1023 && length > 1019);
        assert_int_equal((length - (size_t)lead) % 4, 0);
        assert_memory_equal(seen.text, text, length);
    }
    char text[2001];
    memset(text, 'a', 2000);
    text[2000] = 0;
    hp_log_write(HP_LOG_ERROR, "%s", text);
    assert_int_equal(strlen(seen.text), 1023);
    text[1023] = 0;
    hp_log_write(HP_LOG_ERROR, "%s", text);
    assert_string_equal(seen.text, text);
}

// A name from another process must not be able to forge a line of its own.
static void line_breaks_become_spaces(void **state) {
    (void)state;
    hp_log_write(HP_LOG_ERROR, "%s", "a\r\nERROR: forged\n");
    assert_string_equal(seen.text, "a  ERROR: forged ");
}

static void percent_signs_in_arguments_stay(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    hp_trouble_set(&trouble, HP_E_NAME_INVALID, "%n%s", "%s", "%x");
    assert_int_equal(hp_log_trouble(HP_LOG_ERROR, &trouble), HP_E_NAME_INVALID);
    assert_memory_equal(seen.text, "%n%s: ", 6);
}

static void trouble_returns_its_code_even_if_nobody_listens(void **state) {
    (void)state;
    hp_log_set(remember, &seen, HP_LOG_ERROR);
    hp_trouble trouble = {0};
    hp_trouble_set(&trouble, HP_E_ELEVATED, "p", NULL);
    assert_int_equal(hp_log_trouble(HP_LOG_WARNING, &trouble), HP_E_ELEVATED);
    assert_int_equal(seen.lines, 0);
    assert_int_equal(hp_log_trouble(HP_LOG_ERROR, &trouble), HP_E_ELEVATED);
    char expected[1024];
    hp_trouble_format(&trouble, expected, sizeof expected);
    assert_string_equal(seen.text, expected);
}

// ---- sink, context and level are one: a thread never sees the sink of one call with the context of another

static int context_a, context_b;
static atomic_int torn, lines_a, lines_b, stop;

static void sink_a(void *context, hp_log_level level, const char *line) {
    (void)line;
    torn += context != &context_a || level > HP_LOG_INFO;
    lines_a++;
}

static void sink_b(void *context, hp_log_level level, const char *line) {
    (void)line;
    torn += context != &context_b || level > HP_LOG_ERROR;
    lines_b++;
}

#ifdef _WIN32
static DWORD WINAPI write_lines(void *unused)
#else
static void *write_lines(void *unused)
#endif
{
    (void)unused;
    for (int i = 0; !stop; i++)
        hp_log_write(i & 1 ? HP_LOG_INFO : HP_LOG_ERROR, "line %d", i);
    return 0;
}

static void swap_for_a_while(void) {
    for (int i = 0; i < 20000 || ((lines_a < 10 || lines_b < 10) && i < 50000000); i++) {
        hp_log_set(sink_a, &context_a, HP_LOG_INFO);
        hp_log_set(sink_b, &context_b, HP_LOG_ERROR);
    }
    stop = 1;
}

static void replacing_the_sink_under_load_tears_nothing(void **state) {
    (void)state;
    enum { THREADS = 4 };
    hp_log_set(sink_a, &context_a, HP_LOG_INFO);
#ifdef _WIN32
    HANDLE threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, write_lines, NULL, 0, NULL));
    swap_for_a_while();
    assert_int_equal(WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
#else
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    swap_for_a_while();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
#endif
    assert_int_equal(torn, 0);
    assert_true(lines_a >= 10 && lines_b >= 10);
}

// A sink may well call a function of the app that is patched, and so end up here again.
static void logging_sink(void *context, hp_log_level level, const char *line) {
    (void)level;
    (void)line;
    int *depth = context;
    if (++*depth < 3) {
        hp_log_write(HP_LOG_ERROR, "from inside");
        hp_log_set(logging_sink, context, HP_LOG_INFO);
    }
}

static void a_sink_that_logs_does_not_deadlock(void **state) {
    (void)state;
    int depth = 0;
    hp_log_set(logging_sink, &depth, HP_LOG_INFO);
    hp_log_write(HP_LOG_ERROR, "outside");
    assert_int_equal(depth, 3);
}

#ifdef _WIN32
static wchar_t debugger_saw[256];

// DBG_PRINTEXCEPTION_WIDE_C and DBG_PRINTEXCEPTION_C: number of characters with the terminator, text. Of the
// two Wine 8 has the second, in the code page of the system.
static LONG CALLBACK watch_debug_output(EXCEPTION_POINTERS *pointers) {
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != 0x4001000A && record->ExceptionCode != 0x40010006)
        return EXCEPTION_CONTINUE_SEARCH;
    int length = (int)record->ExceptionInformation[0];
    const void *text = (const void *)record->ExceptionInformation[1];
    if (length > 255)
        return EXCEPTION_CONTINUE_EXECUTION;
    if (record->ExceptionCode == 0x4001000A)
        memcpy(debugger_saw, text, (size_t)length * sizeof(wchar_t));
    else
        MultiByteToWideChar(CP_ACP, 0, text, length, debugger_saw, 255);
    return EXCEPTION_CONTINUE_EXECUTION;
}

// In the code page of the system this would be rubbish.
static void debugger_gets_text_that_is_not_ascii(void **state) {
    (void)state;
    void *watch = AddVectoredExceptionHandler(1, watch_debug_output);
    assert_non_null(watch);
    memset(debugger_saw, 0, sizeof debugger_saw);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    hp_log_write(HP_LOG_WARNING, "C:\\J\xC3\xB6rg\\\xE2\x82\xAC.exe");
    RemoveVectoredExceptionHandler(watch);
    static const wchar_t expected[] = L"hotpatch: C:\\J\u00F6rg\\\u20AC.exe\n";
    assert_memory_equal(debugger_saw, expected, sizeof expected);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unwanted_levels_are_silent, begin, end),
        cmocka_unit_test_setup_teardown(default_wants_errors_and_warnings_only, begin, end),
        cmocka_unit_test_setup_teardown(last_error_and_errno_survive, begin, end),
        cmocka_unit_test_setup_teardown(lines_are_cut_at_1023_bytes_between_characters, begin, end),
        cmocka_unit_test_setup_teardown(line_breaks_become_spaces, begin, end),
        cmocka_unit_test_setup_teardown(percent_signs_in_arguments_stay, begin, end),
        cmocka_unit_test_setup_teardown(trouble_returns_its_code_even_if_nobody_listens, begin, end),
        cmocka_unit_test_setup_teardown(replacing_the_sink_under_load_tears_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_sink_that_logs_does_not_deadlock, begin, end),
#ifdef _WIN32
        cmocka_unit_test_setup_teardown(debugger_gets_text_that_is_not_ascii, begin, end),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
