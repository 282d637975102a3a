// A session: what threads of all kinds see of it while it begins, moves and ends.
#include "e2e/session_world.h"

#include <objbase.h>

typedef struct caller {
    volatile LONG stop, wrong, old_calls, new_calls;
    int last_wrong;
} caller;

static DWORD WINAPI call_all_the_time(void *context) {
    caller *it = context;
    for (int i = 0; !it->stop; i++) {
        int version = session_add(i, 1) - i - 1;
        if (version == 1000 && it->new_calls == 0)
            InterlockedIncrement(&it->old_calls);
        else if (version == 2000)
            InterlockedIncrement(&it->new_calls);
        else {
            it->last_wrong = version;
            InterlockedIncrement(&it->wrong);
        }
    }
    return 0;
}

static int has_called_the_old(void *context) {
    return ((caller *)context)->old_calls >= 5 || ((caller *)context)->wrong;
}

static int has_called_the_new(void *context) {
    return ((caller *)context)->new_calls >= 5 || ((caller *)context)->wrong;
}

static void moving_to_a_newer_version_shows_no_call_the_original(void **state) {
    (void)state;
    enum { THREADS = 4 };
    HANDLE old = session_attach(SESSION), threads[THREADS];
    caller callers[THREADS] = {0};
    session_expect_version(1);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, call_all_the_time, &callers[i], 0, NULL);
        assert_non_null(threads[i]);
        assert_true(session_wait_for(has_called_the_old, &callers[i]));
    }
    session_register(L"session_v2.exe");
    HANDLE new = session_attach(SESSION);
    for (int i = 0; i < THREADS; i++)
        assert_true(session_wait_for(has_called_the_new, &callers[i]));
    for (int i = 0; i < THREADS; i++)
        callers[i].stop = 1;
    for (int i = 0; i < THREADS; i++) {
        session_expect_end(threads[i]);
        if (callers[i].wrong)
            fail_msg("%ld calls went wrong, the last with %d", callers[i].wrong, callers[i].last_wrong);
    }
    /* What only the older version offered is the app's own again; what only the newer offers is there. */
    session_expect_end(old);
    assert_memory_equal(session_entry(2) - 16, session_original.bytes[2], 32);
    session_expect_version(2);
    session_unregister(L"session_v2.exe");
    old = session_attach(SESSION); /* and back */
    session_expect_end(new);
    assert_memory_equal(session_entry(3) - 16, session_original.bytes[3], 32);
    session_expect_version(1);
    session_detach(SESSION);
    session_expect_end(old);
    session_expect_original();
}

static void last_error_is_the_callers(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    SetLastError(1234);
    int result = session_add(2, 3);
    DWORD left = GetLastError();
    assert_int_equal(left, 1234);
    assert_int_equal(result, 1005);
    TerminateProcess(update, 9);
    session_expect_end(update);
    SetLastError(4321);
    result = session_add(2, 3);
    left = GetLastError();
    assert_int_equal(left, 4321);
    assert_int_equal(result, 5);
    session_detach(SESSION);
}

/* ---- the log's sink is the app's code: it calls patched functions, too ---- */

static volatile LONG lines, where_said;

static void say(void *context, hp_log_level level, const char *line) {
    (void)context;
    (void)level;
    (void)line;
    if (InterlockedIncrement(&lines) < 1000)
        InterlockedExchangeAdd(&where_said, session_where());
}

static void patched_function_in_the_log_sink_runs_the_original(void **state) {
    (void)state;
    lines = where_said = 0;
    hp_log_set(say, NULL, HP_LOG_DEBUG);
    HANDLE update = session_attach(SESSION);
    assert_true(lines > 0);
    TerminateProcess(update, 9);
    session_expect_end(update);
    LONG before = lines;
    assert_int_equal(session_add(2, 3), 5);
    assert_true(lines > before);
    session_detach(SESSION);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    assert_true(lines < 100);
    assert_int_equal(where_said, 0);
}

/* ---- threads and their apartments ---- */

typedef struct apartment {
    HRESULT known;
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
} apartment;

static apartment my_apartment(void) {
    apartment it = {.type = APTTYPE_CURRENT};
    it.known = CoGetApartmentType(&it.type, &it.qualifier);
    return it;
}

static void expect_same_apartment(apartment before, apartment after) {
    assert_int_equal(before.known, after.known);
    assert_int_equal(before.type, after.type);
    assert_int_equal(before.qualifier, after.qualifier);
}

typedef struct visit {
    DWORD model; /* for CoInitializeEx, ~0: none */
    apartment before, attached, after;
    HRESULT attach, detach;
    int result;
} visit;

static void run_visit(visit *it) {
    if (it->model != ~0ul)
        CoInitializeEx(NULL, it->model);
    it->before = my_apartment();
    it->attach = session_attach_quietly(SESSION);
    it->attached = my_apartment();
    it->result = session_add(2, 3);
    it->detach = hp_com_detach(SESSION, PATIENCE_MS);
    it->after = my_apartment();
    if (it->model != ~0ul)
        CoUninitialize();
}

static DWORD WINAPI visit_on_thread(void *context) {
    run_visit(context);
    return 0;
}

static void CALLBACK visit_on_pool(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work) {
    (void)instance;
    (void)work;
    run_visit(context);
}

static void expect_visit(const visit *it) {
    assert_int_equal(it->attach, S_OK);
    assert_int_equal(it->result, 1005);
    assert_int_equal(it->detach, S_OK);
    expect_same_apartment(it->before, it->after);
    if (it->model != ~0ul)
        expect_same_apartment(it->before, it->attached);
    session_expect_no_process(L"session_v1.exe");
    session_expect_original();
}

static void every_kind_of_thread_attaches_and_keeps_its_apartment(void **state) {
    (void)state;
    static const DWORD models[] = {COINIT_APARTMENTTHREADED, COINIT_MULTITHREADED, ~0ul};
    for (int i = 0; i < 3; i++) {
        visit it = {.model = models[i]};
        HANDLE thread = CreateThread(NULL, 0, visit_on_thread, &it, 0, NULL);
        assert_non_null(thread);
        session_expect_end(thread);
        expect_visit(&it);
    }
    visit it = {.model = ~0ul};
    PTP_WORK work = CreateThreadpoolWork(visit_on_pool, &it, NULL);
    assert_non_null(work);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CloseThreadpoolWork(work);
    expect_visit(&it);
}

static volatile LONG dispatched;

static LRESULT CALLBACK count_message(HWND window, UINT message, WPARAM wide, LPARAM longer) {
    if (message == WM_APP)
        InterlockedIncrement(&dispatched);
    return DefWindowProcW(window, message, wide, longer);
}

static DWORD WINAPI post_then_let_go(void *context) {
    session_guest *it = context;
    WaitForSingleObject(it->entered, PATIENCE_MS);
    PostMessageW(it->window, WM_APP, 0, 0);
    SetEvent(it->leave);
    return 0;
}

static void call_from_an_sta_does_not_pump_messages(void **state) {
    (void)state;
    static const WNDCLASSW class = {.lpfnWndProc = count_message, .lpszClassName = L"session"};
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    assert_true(RegisterClassW(&class) != 0);
    session_guest call;
    session_guest_prepare(&call);
    call.window = CreateWindowW(L"session", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    assert_non_null(call.window);
    HANDLE update = session_attach(SESSION);
    HANDLE poster = CreateThread(NULL, 0, post_then_let_go, &call, 0, NULL);
    assert_non_null(poster);
    dispatched = 0;
    session_guest_inside(&call);
    assert_int_equal(dispatched, 0);
    MSG message;
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageW(&message);
    assert_int_equal(dispatched, 1); /* so it had been posted */
    session_expect_end(poster);
    assert_int_equal(session_guest_end(&call), 1);
    session_detach(SESSION);
    session_expect_end(update);
    DestroyWindow(call.window);
    CoUninitialize();
    session_expect_original();
}

#define SESSION_TEST(test) cmocka_unit_test_teardown(test, session_detach_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        SESSION_TEST(moving_to_a_newer_version_shows_no_call_the_original),
        SESSION_TEST(last_error_is_the_callers),
        SESSION_TEST(patched_function_in_the_log_sink_runs_the_original),
        SESSION_TEST(every_kind_of_thread_attaches_and_keeps_its_apartment),
        SESSION_TEST(call_from_an_sta_does_not_pump_messages),
    };
    return cmocka_run_group_tests_name("session_threads", tests, session_set_up, session_tear_down);
}
