// A session: attach, move, detach, and what threads see of it meanwhile.
#include "e2e/session_app.h"

#include <windows.h>
#include <objbase.h>

#include "client/target.h"
#include "e2e/hkcu.h"

static session_code original;

static HRESULT attach_quietly(const wchar_t *progid) {
    hp_attach_options options = session_options();
    return hp_com_attach_ex(progid, &options, NULL);
}

static void detach(const wchar_t *progid) {
    assert_int_equal(hp_com_detach(progid, PATIENCE_MS), S_OK);
}

static void expect_version(int version) {
    char copy[16];
    assert_int_equal(session_add(2, 3), 5 + 1000 * version);
    assert_int_equal(session_where(), version);
    assert_int_equal(session_first(), version == 1);
    assert_int_equal(session_second(), version == 2 ? 2 : 0);
    assert_int_equal(session_text(L"a text", copy, sizeof copy), version);
    assert_string_equal(copy, version != 0 ? "a text" : "app");
}

static void expect_original(void) {
    session_code_expect(&original);
    expect_version(0);
    assert_int_equal(session_other(), 0);
}

/* ---- a call that stays inside until it is let go ---- */

typedef struct stay {
    HANDLE entered, leave, thread;
    int result;
    HWND window; /* of an STA that calls; NULL for a thread without COM */
} stay;

static DWORD WINAPI stay_inside(void *context) {
    stay *it = context;
    it->result = session_stay(L"session.entered", L"session.leave");
    return 0;
}

static void stay_prepare(stay *it) {
    *it = (stay){0};
    it->entered = CreateEventW(NULL, TRUE, FALSE, L"session.entered");
    it->leave = CreateEventW(NULL, TRUE, FALSE, L"session.leave");
    assert_true(it->entered != NULL && it->leave != NULL);
}

static void stay_begin(stay *it) {
    stay_prepare(it);
    it->thread = CreateThread(NULL, 0, stay_inside, it, 0, NULL);
    assert_non_null(it->thread);
    assert_int_equal(WaitForSingleObject(it->entered, PATIENCE_MS), WAIT_OBJECT_0);
}

static int stay_end(stay *it) {
    SetEvent(it->leave);
    if (it->thread != NULL)
        session_expect_end(it->thread);
    CloseHandle(it->entered);
    CloseHandle(it->leave);
    return it->result;
}

/* ---- the tests ---- */

static void attaching_twice_is_harmless(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    session_code once;
    session_code_take(&once);
    hp_attach_options options = session_options();
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), S_FALSE);
    assert_int_equal(report->result, S_FALSE);
    hp_report_free(report);
    assert_int_equal(session_count_processes(L"session_v1.exe"), 1);
    session_code_expect(&once);
    expect_version(1);
    detach(SESSION);
    session_expect_end(update);
    expect_original();
}

/* GetProcessMemoryInfo says nothing of private memory under Wine 8. */
static SIZE_T private_bytes(void) {
    SIZE_T total = 0;
    MEMORY_BASIC_INFORMATION info;
    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof info) == sizeof info;
         at = (unsigned char *)info.BaseAddress + info.RegionSize)
        if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE)
            total += info.RegionSize;
    assert_true(total > 0);
    return total;
}

/* The same, once it is at most this, or after some seconds: a pool's thread that ends late keeps its stack.
 */
static SIZE_T private_bytes_at_most(SIZE_T most) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    SIZE_T total = private_bytes();
    while (total > most && GetTickCount64() < limit) {
        SwitchToThread();
        total = private_bytes();
    }
    return total;
}

/*
 * The first test, while no update has been killed yet. Wine's RPC never closes the connections on which a
 * call met a killed update, and finds them again by the process id when another update gets the same one: it
 * connects anew, and loses two handles with each connection.
 */
static void two_hundred_attaches_keep_no_handle_and_no_memory(void **state) {
    (void)state;
    enum { ROUNDS = 200, WARM = 20 };
    void *thunk = NULL;
    DWORD handles = 0;
    SIZE_T memory = 0;
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE update = session_attach(SESSION);
        const hp_target *target = hp_target_find(session_entry(0));
        assert_non_null(target);
        if (thunk == NULL)
            thunk = target->thunk;
        assert_ptr_equal(target->thunk, thunk);
        assert_int_equal(session_add(i, 1), i + 1001);
        detach(SESSION);
        session_expect_end(update);
        session_code_expect(&original);
        if (i == WARM) {
            handles = session_handles();
            memory = private_bytes();
        }
    }
    DWORD handles_after = session_handles_at_most(handles + 8);
    /* One session, plan or report lost per round would be more than this. */
    const SIZE_T most = memory + (ROUNDS - WARM) * 4096;
    SIZE_T memory_after = private_bytes_at_most(most);
    print_message("# handles %lu, then %lu; private KiB %lu, then %lu\n", handles, handles_after,
                  (unsigned long)(memory / 1024), (unsigned long)(memory_after / 1024));
    assert_true(handles_after <= handles + 8);
    assert_true(memory_after <= most);
}

static void detach_of_what_is_not_attached(void **state) {
    (void)state;
    assert_int_equal(hp_com_detach(L"Hotpatch.Nobody", 0), HP_E_NOT_ATTACHED);
    assert_int_equal(hp_com_detach(SESSION, INFINITE), HP_E_NOT_ATTACHED);
}

static void detach_during_a_call_reverts_at_once_and_the_call_ends_well(void **state) {
    (void)state;
    for (DWORD timeout = 0; timeout <= 50; timeout += 50) {
        HANDLE update = session_attach(SESSION);
        stay call;
        stay_begin(&call);
        assert_int_equal(hp_com_detach(SESSION, timeout), HP_E_CALL_BUSY);
        expect_original();
        assert_int_equal(WaitForSingleObject(update, 0), WAIT_TIMEOUT);
        assert_int_equal(stay_end(&call), 1);
        session_expect_end(update);
    }
}

static int is_reverted(void *context) {
    return memcmp(session_entry(0) - 16, ((const session_code *)context)->bytes[0], 32) == 0;
}

static DWORD WINAPI detach_without_limit(void *context) {
    (void)context;
    return (DWORD)hp_com_detach(SESSION, INFINITE);
}

static void detach_without_limit_waits_for_the_call(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    stay call;
    stay_begin(&call);
    HANDLE detacher = CreateThread(NULL, 0, detach_without_limit, NULL, 0, NULL);
    assert_true(session_wait_for(is_reverted, &original));
    assert_int_equal(WaitForSingleObject(detacher, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(update, 0), WAIT_TIMEOUT);
    assert_int_equal(stay_end(&call), 1);
    DWORD result;
    assert_int_equal(WaitForSingleObject(detacher, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(detacher, &result));
    assert_int_equal(result, S_OK);
    CloseHandle(detacher);
    session_expect_end(update);
    expect_original();
}

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
    expect_version(1);
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
    assert_memory_equal(session_entry(2) - 16, original.bytes[2], 32);
    expect_version(2);
    session_unregister(L"session_v2.exe");
    old = session_attach(SESSION); /* and back */
    session_expect_end(new);
    assert_memory_equal(session_entry(3) - 16, original.bytes[3], 32);
    expect_version(1);
    detach(SESSION);
    session_expect_end(old);
    expect_original();
}

static void move_that_fails_leaves_the_older_version_in_place(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    session_code attached;
    session_code_take(&attached);
    session_register(L"session_misfit.exe");
    hp_attach_options options = session_options();
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), HP_E_NAME_UNKNOWN);
    assert_non_null(strstr(report->message, "session_nowhere"));
    hp_report_free(report);
    session_expect_no_process(L"session_misfit.exe");
    session_code_expect(&attached);
    expect_version(1);
    session_unregister(L"session_misfit.exe");
    assert_int_equal(attach_quietly(SESSION), S_FALSE);
    detach(SESSION);
    session_expect_end(update);
    expect_original();
}

static void killed_update_is_replaced_by_the_next_attach(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    assert_true(TerminateProcess(update, 9));
    session_expect_end(update);
    expect_version(0);
    update = session_attach(SESSION);
    expect_version(1);
    detach(SESSION);
    session_expect_end(update);
    expect_original();
}

static void poke(unsigned char *at, unsigned char byte) {
    DWORD before, ignored;
    assert_true(VirtualProtect(at, 1, PAGE_EXECUTE_READWRITE, &before));
    *at = byte;
    assert_true(VirtualProtect(at, 1, before, &ignored));
    FlushInstructionCache(GetCurrentProcess(), at, 1);
}

static void foreign_bytes_are_left_alone_and_reported(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    unsigned char *entry = session_entry(0), kept = entry[1];
    poke(entry + 1, 0); /* EB 00: on to the body */
    session_code foreign;
    session_code_take(&foreign);
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), HP_E_FOREIGN_BYTES);
    session_expect_end(update);
    assert_memory_equal(entry - 16, foreign.bytes[0], 32);
    for (int i = 1; i < 7; i++)
        assert_memory_equal(session_entry(i) - 16, original.bytes[i], 32);
    expect_version(0); /* session_add by way of the other one's jump */
    hp_attach_options options = session_options();
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), HP_E_FOREIGN_BYTES);
    assert_non_null(strstr(report->message, "session_add"));
    hp_report_free(report);
    assert_memory_equal(entry - 16, foreign.bytes[0], 32);
    session_expect_no_process(L"session_v1.exe");
    poke(entry + 1, kept); /* the other one has gone: all is well again */
    update = session_attach(SESSION);
    expect_version(1);
    detach(SESSION);
    session_expect_end(update);
    expect_original();
}

static void unregister_detaches_and_removes_the_class(void **state) {
    (void)state;
    session_unregister(L"session_v1.exe");
    char *before = hkcu_dump();
    session_register(L"session_v1.exe");
    HANDLE update = session_attach(SESSION);
    assert_int_equal(hp_com_unregister(SESSION), S_OK);
    session_expect_end(update);
    expect_original();
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    assert_int_equal(attach_quietly(SESSION), HP_E_PROGID_UNKNOWN);
    assert_int_equal(hp_com_unregister(SESSION), S_FALSE);
    free(before);
    free(after);
    session_register(L"session_v1.exe");
}

static int only_one_runs(void *context) {
    (void)context;
    return session_count_processes(L"session_v1.exe") == 1;
}

static void two_updates_at_once_keep_apart(void **state) {
    (void)state;
    session_register(L"session_other.exe");
    HANDLE update = session_attach(SESSION), other = session_attach(OTHER);
    expect_version(1);
    assert_int_equal(session_other(), 7);
    /* The same functions under another name belong to the first. */
    assert_int_equal(attach_quietly(SESSION L".1"), HP_E_TARGET_TAKEN);
    assert_true(session_wait_for(only_one_runs, NULL)); /* what was started for it has ended */
    expect_version(1);
    detach(SESSION);
    session_expect_end(update);
    expect_version(0);
    assert_int_equal(session_other(), 7);
    detach(OTHER);
    session_expect_end(other);
    expect_original();
    session_unregister(L"session_other.exe");
}

static void arguments_that_make_no_sense_are_refused(void **state) {
    (void)state;
    hp_attach_options options = session_options();
    options.size--;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, NULL), E_INVALIDARG);
    options = session_options();
    options.flags |= 0x80;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, NULL), E_INVALIDARG);
    static const wchar_t *const names[] = {NULL, L"", L"Aaaaaaaaaaaaaaaaaaaaaaaaa.Aaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hp_com_attach(names[i]), E_INVALIDARG);
        assert_int_equal(hp_com_detach(names[i], 0), E_INVALIDARG);
        assert_int_equal(hp_com_unregister(names[i]), E_INVALIDARG);
    }
    hp_report_free(NULL);
    expect_original();
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
    detach(SESSION);
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
    detach(SESSION);
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
    it->attach = attach_quietly(SESSION);
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
    expect_original();
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
    stay *it = context;
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
    stay call;
    stay_prepare(&call);
    call.window = CreateWindowW(L"session", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    assert_non_null(call.window);
    HANDLE update = session_attach(SESSION);
    HANDLE poster = CreateThread(NULL, 0, post_then_let_go, &call, 0, NULL);
    assert_non_null(poster);
    dispatched = 0;
    stay_inside(&call);
    assert_int_equal(dispatched, 0);
    MSG message;
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageW(&message);
    assert_int_equal(dispatched, 1); /* so it had been posted */
    session_expect_end(poster);
    assert_int_equal(stay_end(&call), 1);
    detach(SESSION);
    session_expect_end(update);
    DestroyWindow(call.window);
    CoUninitialize();
    expect_original();
}

static int set_up(void **state) {
    (void)state;
    session_code_take(&original);
    session_register(L"session_v1.exe");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    session_unregister(L"session_v1.exe");
    return 0;
}

/* So that a test that failed does not fail those after it. */
static int detach_all(void **state) {
    (void)state;
    hp_com_detach(SESSION, 0);
    hp_com_detach(OTHER, 0);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(two_hundred_attaches_keep_no_handle_and_no_memory, detach_all),
        cmocka_unit_test_teardown(attaching_twice_is_harmless, detach_all),
        cmocka_unit_test_teardown(detach_of_what_is_not_attached, detach_all),
        cmocka_unit_test_teardown(detach_during_a_call_reverts_at_once_and_the_call_ends_well, detach_all),
        cmocka_unit_test_teardown(detach_without_limit_waits_for_the_call, detach_all),
        cmocka_unit_test_teardown(moving_to_a_newer_version_shows_no_call_the_original, detach_all),
        cmocka_unit_test_teardown(move_that_fails_leaves_the_older_version_in_place, detach_all),
        cmocka_unit_test_teardown(killed_update_is_replaced_by_the_next_attach, detach_all),
        cmocka_unit_test_teardown(foreign_bytes_are_left_alone_and_reported, detach_all),
        cmocka_unit_test_teardown(unregister_detaches_and_removes_the_class, detach_all),
        cmocka_unit_test_teardown(two_updates_at_once_keep_apart, detach_all),
        cmocka_unit_test_teardown(arguments_that_make_no_sense_are_refused, detach_all),
        cmocka_unit_test_teardown(last_error_is_the_callers, detach_all),
        cmocka_unit_test_teardown(patched_function_in_the_log_sink_runs_the_original, detach_all),
        cmocka_unit_test_teardown(every_kind_of_thread_attaches_and_keeps_its_apartment, detach_all),
        cmocka_unit_test_teardown(call_from_an_sta_does_not_pump_messages, detach_all),
    };
    return cmocka_run_group_tests_name("session", tests, set_up, tear_down);
}
