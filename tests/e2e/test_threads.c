// Callers of every kind: apartments, pools, fibres, windows, DllMain, and all of them at once.
#include "e2e/session_app.h"
#include "e2e/threads_app.h"

#include <objbase.h>

enum { V2 = 2000000 };

static HANDLE update, entered, leave;

/* ---- 64 threads of all kinds at once ---- */

enum kind { PLAIN, MTA, STA, FIBRE, POOL, KINDS };
enum { THREADS_COUNT = 64, CALLS = 40 };

typedef struct worker {
    enum kind kind;
    uint32_t first; /* ticket */
    volatile LONG right;
    int wrong;
    HANDLE thread;
} worker;

static HANDLE gate;

static void work(worker *it) {
    WaitForSingleObject(gate, PATIENCE_MS);
    for (uint32_t i = 0; i < CALLS; i++) {
        int got = threads_call(it->first + i);
        if (got == V2 + (int)(it->first + i) && threads_outer((int)i) == V2 + 1 + (int)i)
            it->right++;
        else
            it->wrong = got;
    }
}

static void CALLBACK run_fibre(void *context) {
    worker *it = context;
    work(it);
    SwitchToFiber(it->thread); /* which is the thread's own fibre here */
}

static void work_on_fibre(worker *it) {
    void *own = ConvertThreadToFiber(NULL);
    worker copy = *it;
    copy.thread = own;
    void *other = CreateFiber(65536, run_fibre, &copy);
    if (own != NULL && other != NULL)
        SwitchToFiber(other);
    it->right = copy.right;
    it->wrong = copy.wrong;
    DeleteFiber(other);
    ConvertFiberToThread();
}

static DWORD WINAPI run_thread(void *context) {
    worker *it = context;
    if (it->kind == MTA || it->kind == STA)
        CoInitializeEx(NULL, it->kind == STA ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
    if (it->kind == FIBRE)
        work_on_fibre(it);
    else
        work(it);
    if (it->kind == MTA || it->kind == STA)
        CoUninitialize();
    return 0;
}

static void CALLBACK run_in_pool(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work_item) {
    (void)work_item;
    CallbackMayRunLong(instance);
    work(context);
}

static void sixty_four_threads_of_all_kinds_at_once(void **state) {
    (void)state;
    static worker workers[THREADS_COUNT];
    PTP_WORK pool_work[THREADS_COUNT] = {NULL};
    threads_ledger *ledger = threads_ledger_open();
    assert_true(ResetEvent(gate));
    for (int i = 0; i < THREADS_COUNT; i++) {
        worker *it = &workers[i];
        *it = (worker){.kind = i % KINDS, .first = (uint32_t)(i * CALLS)};
        if (it->kind == POOL) {
            pool_work[i] = CreateThreadpoolWork(run_in_pool, it, NULL);
            assert_non_null(pool_work[i]);
            SubmitThreadpoolWork(pool_work[i]);
        } else {
            it->thread = CreateThread(NULL, 0, run_thread, it, 0, NULL);
            assert_non_null(it->thread);
        }
    }
    assert_true(SetEvent(gate));
    for (int i = 0; i < THREADS_COUNT; i++) {
        if (workers[i].kind == POOL) {
            WaitForThreadpoolWorkCallbacks(pool_work[i], FALSE);
            CloseThreadpoolWork(pool_work[i]);
        } else {
            session_expect_end(workers[i].thread);
        }
        if (workers[i].right != CALLS)
            fail_msg("thread %d of kind %d: %ld right, a wrong one gave %d", i, workers[i].kind,
                     workers[i].right, workers[i].wrong);
    }
    for (uint32_t i = 0; i < THREADS_COUNT * CALLS; i++) {
        assert_int_equal(ledger->runs[2][i], 1);
        assert_int_equal(ledger->runs[0][i], 0);
    }
    hp_session_status status = {.size = sizeof status};
    assert_int_equal(hp_com_status(THREADS, &status), S_OK);
    assert_int_equal(status.failures, THREADS_COUNT * CALLS); /* all those of threads_outer, and no other */
    assert_int_equal(status.inside, 0);
}

/* ---- fibres that take turns on one thread ---- */

enum { FIBRES = 4, TURNS = 10 };

static struct {
    void *main, *fibre[FIBRES];
    int right[FIBRES];
} turns;

static void CALLBACK take_turns(void *context) {
    int me = (int)(intptr_t)context;
    for (int i = 0; i < TURNS; i++) {
        turns.right[me] += threads_inner(me * 100 + i) == V2 + me * 100 + i;
        turns.right[me] += threads_outer(i) == V2 + 1 + i;
        SwitchToFiber(me + 1 < FIBRES ? turns.fibre[me + 1] : turns.main);
    }
    SwitchToFiber(turns.main);
}

static DWORD WINAPI run_turns(void *apartment) {
    if (apartment != NULL)
        CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    memset(&turns, 0, sizeof turns);
    turns.main = ConvertThreadToFiber(NULL);
    for (int i = 0; i < FIBRES; i++)
        turns.fibre[i] = CreateFiber(65536, take_turns, (void *)(intptr_t)i);
    for (int i = 0; i < TURNS; i++) {
        SwitchToFiber(turns.fibre[0]);
        turns.right[0] += threads_inner(i) == V2 + i; /* between them, on the thread's own */
    }
    for (int i = 0; i < FIBRES; i++)
        DeleteFiber(turns.fibre[i]);
    ConvertFiberToThread();
    if (apartment != NULL)
        CoUninitialize();
    return 0;
}

static void fibres_that_take_turns(void **state) {
    (void)state;
    static int sta;
    for (int i = 0; i < 2; i++) {
        HANDLE thread = CreateThread(NULL, 0, run_turns, i == 0 ? NULL : &sta, 0, NULL);
        assert_non_null(thread);
        session_expect_end(thread);
        assert_int_equal(turns.right[0], 3 * TURNS);
        for (int j = 1; j < FIBRES; j++)
            assert_int_equal(turns.right[j], 2 * TURNS);
    }
}

/* ---- a window's thread ---- */

static volatile LONG handled;

static LRESULT CALLBACK count_message(HWND window, UINT message, WPARAM wide, LPARAM longer) {
    if (message == WM_APP || message == WM_TIMER)
        InterlockedIncrement(&handled);
    return DefWindowProcW(window, message, wide, longer);
}

/* While the call is with the update: messages posted, and sent without waiting. */
static DWORD WINAPI disturb(void *window) {
    WaitForSingleObject(entered, PATIENCE_MS);
    for (int i = 0; i < 3; i++) {
        PostMessageW(window, WM_APP, 0, 0);
        SendNotifyMessageW(window, WM_APP, 0, 0);
    }
    SetEvent(leave);
    return 0;
}

static void window_is_not_reentered(void) {
    HWND window = CreateWindowW(L"threads", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    assert_non_null(window);
    assert_true(SetTimer(window, 1, 10, NULL) != 0);
    assert_true(ResetEvent(entered) && ResetEvent(leave));
    handled = 0;
    HANDLE other = CreateThread(NULL, 0, disturb, window, 0, NULL);
    assert_non_null(other);
    assert_int_equal(threads_hold(5), V2 + 5);
    assert_int_equal(handled, 0);
    MSG message;
    session_expect_end(other);
    while (handled < 6 && GetMessageW(&message, NULL, 0, 0) > 0)
        DispatchMessageW(&message);
    assert_true(handled >= 6); /* so they had been waiting */
    DestroyWindow(window);
}

static HANDLE attach(uint32_t deadline_ms) {
    hp_attach_options options = session_options();
    const hp_policy policy = {.size = sizeof policy, .deadline_ms = deadline_ms};
    options.policy = &policy;
    options.breaker.failures = UINT32_MAX;
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(THREADS, &options, &report);
    if (hr != S_OK)
        fail_msg("attach gives 0x%08lx: %s", hr, report != NULL ? report->message : "no report");
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_non_null(process);
    return process;
}

static void detach(void) {
    assert_int_equal(hp_com_detach(THREADS, PATIENCE_MS), S_OK);
    session_expect_end(update);
    update = NULL;
}

static void messages_do_not_reenter_a_window_during_its_call(void **state) {
    (void)state;
    static const WNDCLASSW class = {.lpfnWndProc = count_message, .lpszClassName = L"threads"};
    assert_true(RegisterClassW(&class) != 0);
    assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    window_is_not_reentered();
    detach();
    update = attach(PATIENCE_MS);
    window_is_not_reentered();
    CoUninitialize();
    window_is_not_reentered(); /* and without an apartment */
    detach();
}

/* ---- DllMain ---- */

static volatile LONG told, told_right;

static void dll_told(DWORD reason) {
    if (reason == DLL_PROCESS_DETACH)
        return;
    const int answer = threads_inner((int)reason);
    InterlockedIncrement(&told);
    if (answer == V2 + (int)reason || answer == (int)reason) /* the update's, or the app's own */
        InterlockedIncrement(&told_right);
}

static DWORD WINAPI do_nothing(void *context) {
    (void)context;
    return 0;
}

/* Over COM such a call may need a thread that the loader's lock, which this one holds, does not let begin: it
 * ends at its deadline then. */
static void calls_from_dllmain_of_threads_that_come_and_go(void **state) {
    (void)state;
    update = attach(PATIENCE_MS / 20);
    HMODULE dll = LoadLibraryW(session_path(L"exit_dll.dll"));
    assert_non_null(dll);
    void (*set)(void (*)(DWORD)) =
        (void (*)(void (*)(DWORD)))(void (*)(void))GetProcAddress(dll, "exit_dll_set");
    assert_non_null(set);
    assert_int_equal(threads_inner(1), V2 + 1); /* COM's threads are there */
    set(dll_told);
    HANDLE thread = CreateThread(NULL, 0, do_nothing, NULL, 0, NULL);
    session_expect_end(thread);
    set(NULL);
    assert_true(told >= 2);
    assert_int_equal(told_right, told);
    detach();
}

static int prepare(void **state) {
    (void)state;
    gate = CreateEventW(NULL, TRUE, FALSE, NULL);
    entered = CreateEventW(NULL, TRUE, FALSE, THREADS_ENTERED);
    leave = CreateEventW(NULL, TRUE, FALSE, THREADS_LEAVE);
    assert_true(gate != NULL && entered != NULL && leave != NULL && threads_ledger_open() != NULL);
    session_register(L"threads_v2.exe");
    update = attach(0);
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    SetEvent(leave);
    hp_com_detach(THREADS, 0);
    session_unregister(L"threads_v2.exe");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_threads_of_all_kinds_at_once),
        cmocka_unit_test(fibres_that_take_turns),
        cmocka_unit_test(messages_do_not_reenter_a_window_during_its_call),
        cmocka_unit_test(calls_from_dllmain_of_threads_that_come_and_go),
    };
    return cmocka_run_group_tests_name("threads", tests, prepare, clean_up);
}
