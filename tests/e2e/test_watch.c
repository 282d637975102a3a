// A watch follows the registration and the update's process. Each test waits for what
// the watch says, in its own order.
#include "e2e/session_app.h"

#include <windows.h>

#include "e2e/hkcu.h"

enum { EVENTS = 256 };

typedef struct told {
    hp_event_kind kind;
    HRESULT result;
    uint32_t pid;
    DWORD thread;
    ULONGLONG at;
} told;

/* What one watch has said. */
typedef struct listener {
    hp_watch *watch;
    HANDLE some; /* a semaphore: events that nobody has taken yet */
    volatile LONG written;
    LONG read;
    told events[EVENTS];
} listener;

static listener it, one, two; /* static, so that a watch of a test that failed can still talk */
static session_code original;
static volatile LONG warnings;

static void hear(void *context, const hp_event *event) {
    listener *by = context;
    assert_true(by->written < EVENTS);
    told *slot = &by->events[by->written];
    *slot = (told){.kind = event->kind,
                   .result = event->result,
                   .pid = event->report != NULL ? event->report->server_pid : 0,
                   .thread = GetCurrentThreadId(),
                   .at = GetTickCount64()};
    by->written++;
    ReleaseSemaphore(by->some, 1, NULL);
}

static void count_warnings(void *context, hp_log_level level, const char *line) {
    (void)context;
    if (level <= HP_LOG_WARNING) {
        InterlockedIncrement(&warnings);
        fprintf(stderr, "# log: %s\n", line);
    }
}

static void listen_to(listener *by, const wchar_t *progid, uint32_t retry_ms) {
    *by = (listener){.some = CreateSemaphoreW(NULL, 0, EVENTS, NULL)};
    assert_non_null(by->some);
    hp_watch_options options = {.size = sizeof options,
                                .attach = session_options(),
                                .sink = hear,
                                .context = by,
                                .retry_ms = retry_ms};
    assert_int_equal(hp_com_watch(progid, &options, &by->watch), S_OK);
    assert_non_null(by->watch);
}

/* The next event must be of that kind. */
static told expect_event(listener *by, hp_event_kind kind) {
    if (WaitForSingleObject(by->some, PATIENCE_MS) != WAIT_OBJECT_0)
        fail_msg("the watch does not say %d", (int)kind);
    told event = by->events[by->read++];
    if (event.kind != kind)
        fail_msg("the watch says %d, 0x%08lx, and not %d", (int)event.kind, event.result, (int)kind);
    assert_int_not_equal(event.thread, GetCurrentThreadId());
    return event;
}

/* Ends the watch: no event was left, code and processes are as they were. */
static void stop(listener *by) {
    hp_com_unwatch(by->watch);
    by->watch = NULL;
    assert_int_equal(by->written, by->read);
    CloseHandle(by->some);
}

static void expect_quiet_end(void) {
    static const wchar_t *const updates[] = {L"session_v1.exe",      L"session_v2.exe",
                                             L"session_misfit.exe",  L"session_other.exe",
                                             L"session_quitter.exe", L"session_quitter2.exe"};
    session_code_expect(&original);
    assert_int_equal(session_where(), 0);
    assert_int_equal(session_other(), 0);
    for (int i = 0; i < 6; i++)
        session_expect_no_process(updates[i]);
}

static HANDLE open_process(uint32_t pid) {
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, pid);
    assert_non_null(process);
    return process;
}

/* Changes below Software\Classes that are none of the watch's business. */
static void make_noise(void) {
    for (int i = 0; i < 25; i++) {
        HKEY key;
        assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\Classes\\Acme.Noise", 0, NULL, 0,
                                         KEY_ALL_ACCESS, NULL, &key, NULL),
                         0);
        assert_int_equal(RegSetValueExW(key, L"n", 0, REG_DWORD, (const BYTE *)&i, sizeof i), 0);
        RegCloseKey(key);
        assert_int_equal(RegDeleteKeyW(HKEY_CURRENT_USER, L"Software\\Classes\\Acme.Noise"), 0);
    }
}

static void class_that_appears_and_goes_is_followed(void **state) {
    (void)state;
    HKEY classes;
    assert_int_equal(RegOpenKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", 0, KEY_READ, &classes),
                     ERROR_FILE_NOT_FOUND); /* or this test would show less than it says */
    char *before = hkcu_dump();
    listen_to(&it, SESSION, 0);
    for (int round = 0; round < 3; round++) {
        session_register(L"session_v1.exe");
        told event = expect_event(&it, HP_EVENT_ATTACHED);
        HANDLE update = open_process(event.pid);
        assert_int_equal(event.result, S_OK);
        assert_int_equal(session_where(), 1);
        session_unregister(L"session_v1.exe");
        assert_int_equal(expect_event(&it, HP_EVENT_DETACHED).result, S_OK);
        session_code_expect(&original);
        session_expect_end(update);
    }
    stop(&it);
    expect_quiet_end();
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    free(before);
    free(after);
}

static void newer_version_is_moved_to_and_back_without_a_warning(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 0);
    told first = expect_event(&it, HP_EVENT_ATTACHED);
    HANDLE old = open_process(first.pid);
    warnings = 0;
    hp_log_set(count_warnings, NULL, HP_LOG_WARNING);
    session_register(L"session_v2.exe");
    told second = expect_event(&it, HP_EVENT_ATTACHED);
    assert_int_not_equal(second.pid, first.pid);
    assert_int_equal(session_where(), 2);
    session_expect_end(old);
    session_unregister(L"session_v2.exe");
    expect_event(&it, HP_EVENT_ATTACHED);
    assert_int_equal(session_where(), 1);
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    assert_int_equal(warnings, 0); /* nobody was inside, so nobody had to be waited for */
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    stop(&it);
    expect_quiet_end();
}

static void killed_update_is_lost_and_comes_back(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 1);
    uint32_t pid = expect_event(&it, HP_EVENT_ATTACHED).pid;
    for (int i = 0; i < 3; i++) {
        HANDLE update = open_process(pid);
        assert_true(TerminateProcess(update, 9));
        session_expect_end(update);
        assert_int_equal(session_add(1, 1) % 1000, 2); /* the original's, or already the next one's */
        assert_int_equal(expect_event(&it, HP_EVENT_LOST).result, HP_E_UPDATE_GONE);
        told again = expect_event(&it, HP_EVENT_ATTACHED);
        assert_int_not_equal(again.pid, pid);
        assert_int_equal(session_add(1, 1), 1002);
        pid = again.pid;
    }
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    stop(&it);
    expect_quiet_end();
}

static void update_that_always_ends_is_tried_less_and_less_often(void **state) {
    (void)state;
    enum { RETRY = 40, SLACK = 20 }; /* the tick's own coarseness */
    session_register(L"session_quitter.exe");
    listen_to(&it, SESSION, RETRY);
    told before = expect_event(&it, HP_EVENT_FAILED);
    assert_int_equal(before.result, HP_E_SERVER_EXITED);
    for (ULONGLONG pause = RETRY; pause <= RETRY * 8; pause *= 2) {
        told next = expect_event(&it, HP_EVENT_FAILED);
        assert_true(next.at - before.at + SLACK >= pause);
        before = next;
    }
    session_unregister(L"session_quitter.exe");
    hp_com_unwatch(it.watch); /* a last failure may have come meanwhile */
    it.watch = NULL;
    CloseHandle(it.some);
    expect_quiet_end();
}

static void pending_retry_is_not_hastened_by_noise_but_by_a_better_class(void **state) {
    (void)state;
    session_register(L"session_quitter.exe");
    listen_to(&it, SESSION, 10 * 60 * 1000);
    assert_int_equal(expect_event(&it, HP_EVENT_FAILED).result, HP_E_SERVER_EXITED);
    make_noise();
    /* The same class, now from another EXE. */
    session_register(L"session_v1.exe");
    expect_event(&it, HP_EVENT_ATTACHED);
    assert_int_equal(session_where(), 1);
    make_noise();
    /* And now a newer version that ends at once: the older stays. */
    session_register(L"session_quitter2.exe");
    assert_int_equal(expect_event(&it, HP_EVENT_FAILED).result, HP_E_SERVER_EXITED);
    assert_int_equal(session_where(), 1);
    make_noise();
    session_register(L"session_v2.exe");
    expect_event(&it, HP_EVENT_ATTACHED);
    assert_int_equal(session_where(), 2);
    session_unregister(L"session_v2.exe");
    expect_event(&it, HP_EVENT_ATTACHED);
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    stop(&it);
    expect_quiet_end();
}

static void update_that_does_not_fit_is_not_started_again_for_noise(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 1);
    told first = expect_event(&it, HP_EVENT_ATTACHED);
    session_register(L"session_misfit.exe");
    assert_int_equal(expect_event(&it, HP_EVENT_FAILED).result, HP_E_NAME_UNKNOWN);
    session_expect_no_process(L"session_misfit.exe");
    for (int i = 0; i < 4; i++) {
        make_noise();
        session_register(L"session_other.exe"); /* registered later than all noise, in a process of its own */
        session_unregister(L"session_other.exe");
        assert_int_equal(session_where(), 1);
    }
    session_unregister(L"session_misfit.exe");
    HANDLE update = open_process(first.pid); /* never left */
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    session_expect_end(update);
    stop(&it);
    expect_quiet_end();
}

static void noise_does_not_attach_again(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 1);
    HANDLE update = open_process(expect_event(&it, HP_EVENT_ATTACHED).pid);
    make_noise();
    session_register(L"session_v1.exe"); /* the same class once more is noise, too */
    make_noise();
    assert_int_equal(WaitForSingleObject(update, 0), WAIT_TIMEOUT);
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    session_expect_end(update);
    stop(&it);
    expect_quiet_end();
}

static void unwatch_reverts_in_every_state(void **state) {
    (void)state;
    listen_to(&it, SESSION, 0); /* nothing is there */
    stop(&it);
    expect_quiet_end();

    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 10 * 60 * 1000);
    HANDLE update = open_process(expect_event(&it, HP_EVENT_ATTACHED).pid);
    stop(&it); /* attached */
    session_expect_end(update);
    expect_quiet_end();

    listen_to(&it, SESSION, 10 * 60 * 1000);
    update = open_process(expect_event(&it, HP_EVENT_ATTACHED).pid);
    TerminateProcess(update, 9);
    session_expect_end(update);
    expect_event(&it, HP_EVENT_LOST);
    assert_int_equal(session_where(), 0);
    stop(&it); /* a restart is pending, for minutes */
    expect_quiet_end();
    session_unregister(L"session_v1.exe");
    hp_com_unwatch(NULL);
}

static void app_that_unregisters_by_itself_is_not_kept_waiting(void **state) {
    (void)state;
    session_register(L"session_v1.exe");
    listen_to(&it, SESSION, 1);
    HANDLE update = open_process(expect_event(&it, HP_EVENT_ATTACHED).pid);
    /* The watch's interest in the session is no call: this would be HP_E_CALL_BUSY after seconds. */
    assert_int_equal(hp_com_unregister(SESSION), S_OK);
    session_expect_end(update);
    expect_quiet_end();
    /* The watch goes on: it neither mistook this for a loss nor is it deaf now. */
    session_register(L"session_v1.exe");
    expect_event(&it, HP_EVENT_ATTACHED);
    session_unregister(L"session_v1.exe");
    expect_event(&it, HP_EVENT_DETACHED);
    stop(&it);
    expect_quiet_end();
}

/* Caught in the middle of being written a class is not called damaged. */
static void class_that_stays_half_written_is_said_to_be_damaged(void **state) {
    (void)state;
    static const wchar_t nowhere[] = L"Acme.Nowhere";
    assert_int_equal(RegSetKeyValueW(HKEY_CURRENT_USER, L"Software\\Classes\\Acme.Damaged\\CurVer", NULL,
                                     REG_SZ, nowhere, sizeof nowhere),
                     0);
    const ULONGLONG start = GetTickCount64();
    listen_to(&it, L"Acme.Damaged", 1);
    told event = expect_event(&it, HP_EVENT_FAILED);
    assert_int_equal(event.result, HP_E_CLASS_DAMAGED);
    assert_true(event.at - start > 500);
    assert_int_equal(RegDeleteTreeW(HKEY_CURRENT_USER, L"Software\\Classes\\Acme.Damaged"), 0);
    stop(&it);
}

static void two_watches_follow_each_its_own_class(void **state) {
    (void)state;
    listen_to(&one, SESSION, 0);
    listen_to(&two, OTHER, 0);
    session_register(L"session_other.exe");
    told event = expect_event(&two, HP_EVENT_ATTACHED);
    assert_int_equal(session_other(), 7);
    assert_int_equal(session_where(), 0);
    session_register(L"session_v1.exe");
    assert_int_not_equal(expect_event(&one, HP_EVENT_ATTACHED).thread, event.thread);
    assert_int_equal(session_where(), 1);
    session_unregister(L"session_other.exe");
    expect_event(&two, HP_EVENT_DETACHED);
    assert_int_equal(session_other(), 0);
    assert_int_equal(session_where(), 1);
    stop(&two);
    session_unregister(L"session_v1.exe");
    expect_event(&one, HP_EVENT_DETACHED);
    stop(&one);
    expect_quiet_end();
}

static void arguments_that_make_no_sense_are_refused(void **state) {
    (void)state;
    hp_watch_options good = {.size = sizeof good, .attach = session_options()}, bad;
    hp_watch *watch = (hp_watch *)1;
    assert_int_equal(hp_com_watch(SESSION, &good, NULL), E_INVALIDARG);
    static const wchar_t *const names[] = {NULL, L"", L"Aaaaaaaaaaaaaaaaaaaaaaaaa.Aaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (int i = 0; i < 3; i++) {
        watch = (hp_watch *)1;
        assert_int_equal(hp_com_watch(names[i], &good, &watch), E_INVALIDARG);
        assert_null(watch);
    }
    bad = good;
    bad.size = 0;
    assert_int_equal(hp_com_watch(SESSION, &bad, &watch), E_INVALIDARG);
    bad = good;
    bad.attach.size = 0;
    assert_int_equal(hp_com_watch(SESSION, &bad, &watch), E_INVALIDARG);
    bad = good;
    bad.attach.flags = 0x80;
    assert_int_equal(hp_com_watch(SESSION, &bad, &watch), E_INVALIDARG);
    assert_int_equal(hp_com_watch(SESSION, NULL, &watch), S_OK); /* the defaults, and nobody listens */
    hp_com_unwatch(watch);
}

static int set_up(void **state) {
    (void)state;
    session_code_take(&original);
    return 0;
}

/* Registrations of a test that failed must not fail those after it. */
static int clean(void **state) {
    (void)state;
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    listener *const all[] = {&it, &one, &two};
    for (int i = 0; i < 3; i++) {
        hp_com_unwatch(all[i]->watch);
        all[i]->watch = NULL;
    }
    session_unregister(L"session_v1.exe");
    session_unregister(L"session_v2.exe");
    session_unregister(L"session_misfit.exe");
    session_unregister(L"session_other.exe");
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(class_that_appears_and_goes_is_followed, clean),
        cmocka_unit_test_teardown(newer_version_is_moved_to_and_back_without_a_warning, clean),
        cmocka_unit_test_teardown(killed_update_is_lost_and_comes_back, clean),
        cmocka_unit_test_teardown(update_that_always_ends_is_tried_less_and_less_often, clean),
        cmocka_unit_test_teardown(pending_retry_is_not_hastened_by_noise_but_by_a_better_class, clean),
        cmocka_unit_test_teardown(update_that_does_not_fit_is_not_started_again_for_noise, clean),
        cmocka_unit_test_teardown(noise_does_not_attach_again, clean),
        cmocka_unit_test_teardown(unwatch_reverts_in_every_state, clean),
        cmocka_unit_test_teardown(app_that_unregisters_by_itself_is_not_kept_waiting, clean),
        cmocka_unit_test_teardown(class_that_stays_half_written_is_said_to_be_damaged, clean),
        cmocka_unit_test_teardown(two_watches_follow_each_its_own_class, clean),
        cmocka_unit_test_teardown(arguments_that_make_no_sense_are_refused, clean),
    };
    return cmocka_run_group_tests_name("watch", tests, set_up, clean);
}
