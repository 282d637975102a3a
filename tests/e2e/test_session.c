// A session: attach, move, detach.
#include "e2e/session_world.h"

#include "client/target.h"
#include "e2e/hkcu.h"

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
    session_expect_version(1);
    session_detach(SESSION);
    session_expect_end(update);
    session_expect_original();
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
        session_detach(SESSION);
        session_expect_end(update);
        session_code_expect(&session_original);
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
        session_guest call;
        session_guest_begin(&call);
        assert_int_equal(hp_com_detach(SESSION, timeout), HP_E_CALL_BUSY);
        session_expect_original();
        assert_int_equal(WaitForSingleObject(update, 0), WAIT_TIMEOUT);
        assert_int_equal(session_guest_end(&call), 1);
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
    session_guest call;
    session_guest_begin(&call);
    HANDLE detacher = CreateThread(NULL, 0, detach_without_limit, NULL, 0, NULL);
    assert_true(session_wait_for(is_reverted, &session_original));
    assert_int_equal(WaitForSingleObject(detacher, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(update, 0), WAIT_TIMEOUT);
    assert_int_equal(session_guest_end(&call), 1);
    DWORD result;
    assert_int_equal(WaitForSingleObject(detacher, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(detacher, &result));
    assert_int_equal(result, S_OK);
    CloseHandle(detacher);
    session_expect_end(update);
    session_expect_original();
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
    session_expect_version(1);
    session_unregister(L"session_misfit.exe");
    assert_int_equal(session_attach_quietly(SESSION), S_FALSE);
    session_detach(SESSION);
    session_expect_end(update);
    session_expect_original();
}

static void killed_update_is_replaced_by_the_next_attach(void **state) {
    (void)state;
    HANDLE update = session_attach(SESSION);
    assert_true(TerminateProcess(update, 9));
    session_expect_end(update);
    session_expect_version(0);
    update = session_attach(SESSION);
    session_expect_version(1);
    session_detach(SESSION);
    session_expect_end(update);
    session_expect_original();
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
        assert_memory_equal(session_entry(i) - 16, session_original.bytes[i], 32);
    session_expect_version(0); /* session_add by way of the other one's jump */
    hp_attach_options options = session_options();
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), HP_E_FOREIGN_BYTES);
    assert_non_null(strstr(report->message, "session_add"));
    hp_report_free(report);
    assert_memory_equal(entry - 16, foreign.bytes[0], 32);
    session_expect_no_process(L"session_v1.exe");
    poke(entry + 1, kept); /* the other one has gone: all is well again */
    update = session_attach(SESSION);
    session_expect_version(1);
    session_detach(SESSION);
    session_expect_end(update);
    session_expect_original();
}

static void unregister_detaches_and_removes_the_class(void **state) {
    (void)state;
    session_unregister(L"session_v1.exe");
    char *before = hkcu_dump();
    session_register(L"session_v1.exe");
    HANDLE update = session_attach(SESSION);
    assert_int_equal(hp_com_unregister(SESSION), S_OK);
    session_expect_end(update);
    session_expect_original();
    char *after = hkcu_dump();
    hkcu_assert_equal(before, after);
    assert_int_equal(session_attach_quietly(SESSION), HP_E_PROGID_UNKNOWN);
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
    session_expect_version(1);
    assert_int_equal(session_other(), 7);
    /* The same functions under another name belong to the first. */
    assert_int_equal(session_attach_quietly(SESSION L".1"), HP_E_TARGET_TAKEN);
    assert_true(session_wait_for(only_one_runs, NULL)); /* what was started for it has ended */
    session_expect_version(1);
    session_detach(SESSION);
    session_expect_end(update);
    session_expect_version(0);
    assert_int_equal(session_other(), 7);
    session_detach(OTHER);
    session_expect_end(other);
    session_expect_original();
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
    session_expect_original();
}

#define SESSION_TEST(test) cmocka_unit_test_teardown(test, session_detach_all)

int main(void) {
    const struct CMUnitTest tests[] = {
        SESSION_TEST(two_hundred_attaches_keep_no_handle_and_no_memory),
        SESSION_TEST(attaching_twice_is_harmless),
        SESSION_TEST(detach_of_what_is_not_attached),
        SESSION_TEST(detach_during_a_call_reverts_at_once_and_the_call_ends_well),
        SESSION_TEST(detach_without_limit_waits_for_the_call),
        SESSION_TEST(move_that_fails_leaves_the_older_version_in_place),
        SESSION_TEST(killed_update_is_replaced_by_the_next_attach),
        SESSION_TEST(foreign_bytes_are_left_alone_and_reported),
        SESSION_TEST(unregister_detaches_and_removes_the_class),
        SESSION_TEST(two_updates_at_once_keep_apart),
        SESSION_TEST(arguments_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests_name("session", tests, session_set_up, session_tear_down);
}
