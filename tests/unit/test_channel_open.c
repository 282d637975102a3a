// What a client may name as a channel, and what is none. Whatever it was: no handle is left.
#include "unit/channel_pair.h"

static hp_channel app, update;
static hp_channel_handles handles;
static HANDLE process, never;

static int begin(void **state) {
    (void)state;
    never = CreateEventW(NULL, TRUE, FALSE, NULL);
    process = OpenProcess(SYNCHRONIZE | PROCESS_DUP_HANDLE, FALSE, GetCurrentProcessId());
    return hp_channel_make(never, NULL, &app, &handles) == S_OK && process != NULL ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    hp_channel_close(&app);
    CloseHandle(handles.section);
    CloseHandle(process);
    CloseHandle(never);
    return 0;
}

/* Nothing is left of a join that fails. */
static HRESULT join_as(HANDLE client, hp_channel_handles it) {
    const int before = channel_pair_handles();
    memset(&update, 0xEE, sizeof update);
    const HRESULT hr = hp_channel_join(client, &it, &update);
    if (SUCCEEDED(hr)) {
        hp_channel_close(&update);
    } else {
        static const hp_channel nothing;
        assert_memory_equal(&update, &nothing, sizeof update);
    }
    assert_int_equal(channel_pair_handles(), before);
    return hr;
}

static HRESULT join(hp_channel_handles it) {
    return join_as(process, it);
}

static HRESULT join_section(HANDLE section) {
    return join((hp_channel_handles){section, handles.app_event, handles.update_event});
}

static HANDLE make_section(HANDLE file, DWORD flags, DWORD bytes) {
    HANDLE section = CreateFileMappingW(file, NULL, flags, 0, bytes, NULL);
    assert_non_null(section);
    return section;
}

/* A section with a head, joined; then gone. */
static HRESULT join_made(DWORD bytes, uint32_t magic, uint32_t version, uint32_t size) {
    HANDLE section = make_section(INVALID_HANDLE_VALUE, PAGE_READWRITE, bytes);
    uint32_t *head = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    assert_non_null(head);
    head[0] = magic;
    head[1] = version;
    head[2] = size;
    const HRESULT hr = join_section(section);
    UnmapViewOfFile(head);
    CloseHandle(section);
    return hr;
}

static void a_channel_is_made_joined_and_closed_without_a_trace(void **state) {
    (void)state;
    const int before = channel_pair_handles();
    for (int i = 0; i < 20; i++) {
        hp_channel one;
        hp_channel_handles its;
        assert_int_equal(hp_channel_make(never, NULL, &one, &its), S_OK);
        assert_int_equal(channel_pair_handles(), before + 3);
        assert_int_equal(join(its), S_OK);
        CloseHandle(its.section);
        hp_channel_close(&one);
        hp_channel_close(&one); /* is closed already */
        assert_int_equal(channel_pair_handles(), before);
    }
}

static void the_right_handles_make_a_channel(void **state) {
    (void)state;
    assert_int_equal(join(handles), S_OK);
    assert_int_equal(join_made(HP_CHANNEL_BYTES, HP_CHANNEL_MAGIC, HP_CHANNEL_VERSION, HP_CHANNEL_BYTES),
                     S_OK);
    assert_int_equal(join_made(4 * HP_CHANNEL_BYTES, HP_CHANNEL_MAGIC, HP_CHANNEL_VERSION, HP_CHANNEL_BYTES),
                     S_OK);
}

static void another_head_is_refused(void **state) {
    (void)state;
    const uint32_t bytes = HP_CHANNEL_BYTES, magic = HP_CHANNEL_MAGIC, version = HP_CHANNEL_VERSION;
    assert_int_equal(join_made(bytes, 0, 0, 0), E_INVALIDARG);
    assert_int_equal(join_made(bytes, magic + 1, version, bytes), E_INVALIDARG);
    assert_int_equal(join_made(bytes, magic, version + 1, bytes), HP_E_PROTOCOL);
    assert_int_equal(join_made(bytes, magic, 0, bytes), HP_E_PROTOCOL);
    assert_int_equal(join_made(bytes, magic, version, bytes + 1), HP_E_PROTOCOL);
    assert_int_equal(join_made(2 * bytes, magic, version, 2 * bytes), HP_E_PROTOCOL);
}

static void a_section_that_is_too_small_is_refused(void **state) {
    (void)state;
    static const DWORD sizes[] = {4096, HP_CHANNEL_BYTES / 2, HP_CHANNEL_BYTES - 4096};
    for (int i = 0; i < 3; i++)
        assert_true(FAILED(join_made(sizes[i], HP_CHANNEL_MAGIC, HP_CHANNEL_VERSION, HP_CHANNEL_BYTES)));
}

/* Only so much of it is there; a look at the rest would be the end of this process. */
static void expect_refused_with_committed(DWORD bytes) {
    HANDLE section = make_section(INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_RESERVE, HP_CHANNEL_BYTES);
    unsigned char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    assert_non_null(view);
    if (bytes > 0) {
        const uint32_t head[3] = {HP_CHANNEL_MAGIC, HP_CHANNEL_VERSION, HP_CHANNEL_BYTES};
        assert_non_null(VirtualAlloc(view, bytes, MEM_COMMIT, PAGE_READWRITE));
        memcpy(view, head, sizeof head);
    }
    assert_int_equal(join_section(section), E_INVALIDARG);
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void a_section_without_memory_is_refused(void **state) {
    (void)state;
    expect_refused_with_committed(0);
    expect_refused_with_committed(4096);
    expect_refused_with_committed(HP_CHANNEL_BYTES - 4096);
}

static void a_section_that_cannot_be_written_to_is_refused(void **state) {
    (void)state;
    wchar_t path[MAX_PATH];
    assert_int_not_equal(GetModuleFileNameW(NULL, path, MAX_PATH), 0);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);
    static const DWORD protections[] = {PAGE_READONLY, PAGE_WRITECOPY, PAGE_READONLY | SEC_IMAGE};
    for (int i = 0; i < 3; i++) {
        HANDLE section = make_section(file, protections[i], 0);
        assert_true(FAILED(join_section(section)));
        CloseHandle(section);
    }
    assert_true(FAILED(join_section(file)));
    CloseHandle(file);
}

static void what_is_no_handle_is_refused(void **state) {
    (void)state;
    static const LONG garbage[] = {0, -1, -2, -3, -6, 1, 2, 3, 0x7ffffffc, 0x7fffffff, (LONG)0x80000000, -4};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        HANDLE it = LongToHandle(garbage[i]);
        assert_true(FAILED(join_section(it)));
        /* What stands for the process or thread of whoever asks may be taken for an event: it is none of
         * ours, and closed again. */
        join((hp_channel_handles){handles.section, it, handles.update_event});
        join((hp_channel_handles){handles.section, handles.app_event, it});
        assert_true(FAILED(join((hp_channel_handles){it, it, it})));
    }
    HANDLE closed = CreateEventW(NULL, FALSE, FALSE, NULL);
    CloseHandle(closed);
    assert_true(FAILED(join_section(closed)));
    assert_true(FAILED(join((hp_channel_handles){handles.section, NULL, handles.update_event})));
    assert_true(FAILED(join((hp_channel_handles){handles.section, handles.app_event, NULL})));
}

static void handles_of_another_kind_do_no_harm(void **state) {
    (void)state;
    HANDLE others[] = {CreateMutexW(NULL, FALSE, NULL),
                       CreateSemaphoreW(NULL, 1, 1, NULL),
                       CreateWaitableTimerW(NULL, FALSE, NULL),
                       OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()),
                       OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()),
                       handles.section};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_non_null(others[i]);
        if (others[i] != handles.section)
            assert_true(FAILED(join_section(others[i])));
        join((hp_channel_handles){handles.section, others[i], handles.update_event});
        join((hp_channel_handles){handles.section, handles.app_event, others[i]});
    }
    assert_true(FAILED(join_section(handles.app_event)));
    for (size_t i = 0; i + 1 < sizeof others / sizeof *others; i++)
        CloseHandle(others[i]);
}

static void a_client_whose_handles_cannot_be_had_is_refused(void **state) {
    (void)state;
    HANDLE only_wait = OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId());
    assert_non_null(only_wait);
    assert_true(FAILED(join_as(only_wait, handles)));
    CloseHandle(only_wait);
    assert_true(FAILED(join_as(never, handles)));
    assert_true(FAILED(join_as(NULL, handles)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_channel_is_made_joined_and_closed_without_a_trace),
        cmocka_unit_test(the_right_handles_make_a_channel),
        cmocka_unit_test(another_head_is_refused),
        cmocka_unit_test(a_section_that_is_too_small_is_refused),
        cmocka_unit_test(a_section_without_memory_is_refused),
        cmocka_unit_test(a_section_that_cannot_be_written_to_is_refused),
        cmocka_unit_test(what_is_no_handle_is_refused),
        cmocka_unit_test(handles_of_another_kind_do_no_harm),
        cmocka_unit_test(a_client_whose_handles_cannot_be_had_is_refused),
    };
    return cmocka_run_group_tests_name("channel-open", tests, begin, end);
}
