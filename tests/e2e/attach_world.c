#include "e2e/attach_world.h"

#include <objbase.h>

#include "e2e/hkcu.h"
#include "e2e/server_process.h"

fake fakes[2];

/* The rounds are for the first of several attaches of one test that fail alike. */
static HRESULT measured;

const wchar_t *fake_exe(void) {
    return fixture_path(L"fixture_fake.exe");
}

/* ---- the log ---- */

enum { LINES = 64, LINE_BYTES = 2048 };

static struct {
    SRWLOCK lock;
    int count;
    hp_log_level level[LINES];
    char line[LINES][LINE_BYTES];
} said = {.lock = SRWLOCK_INIT};

static void keep_line(void *context, hp_log_level level, const char *line) {
    (void)context;
    AcquireSRWLockExclusive(&said.lock);
    if (said.count < LINES) {
        said.level[said.count] = level;
        snprintf(said.line[said.count++], LINE_BYTES, "%s", line);
    }
    ReleaseSRWLockExclusive(&said.lock);
}

int log_said(const char *text) {
    int found = 0;
    AcquireSRWLockShared(&said.lock);
    for (int i = 0; i < said.count; i++)
        found |= strstr(said.line[i], text) != NULL;
    ReleaseSRWLockShared(&said.lock);
    return found;
}

int log_count(hp_log_level level) {
    int count = 0;
    AcquireSRWLockShared(&said.lock);
    for (int i = 0; i < said.count; i++)
        count += said.level[i] == level;
    ReleaseSRWLockShared(&said.lock);
    return count;
}

void log_forget(void) {
    AcquireSRWLockExclusive(&said.lock);
    said.count = 0;
    ReleaseSRWLockExclusive(&said.lock);
}

/* ---- the fake ---- */

static void make(fake *f, unsigned number) {
    swprintf(f->progid, HP_CLASS_PROGID_CHARS, L"HpTest.Fake%u", number);
    swprintf(f->memory, 64, L"hotpatch-fake-%lu-%u", GetCurrentProcessId(), number);
    HANDLE mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *f->orders, f->memory);
    assert_non_null(mapping);
    f->orders = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof *f->orders);
    assert_non_null(f->orders);
    f->orders->app = GetCurrentProcessId();
    assert_int_equal(CoCreateGuid(&f->orders->clsid), S_OK);
    f->description = (hp_class_description){.progid = f->progid,
                                            .version = 1,
                                            .name = L"Hotpatch test fake",
                                            .clsid = f->orders->clsid,
                                            .arch = HP_ARCH_HERE};
}

void fake_register(fake *f, const wchar_t *exe) {
    hp_trouble trouble = {0};
    f->description.exe = exe != NULL ? exe : fake_exe();
    if (FAILED(hp_class_register(&f->description, &trouble)))
        fail_msg("not registered: 0x%08lx %s, %s", trouble.result, trouble.thing, trouble.detail);
}

void fake_names(fake *f, const wchar_t *names) {
    f->orders->names_length = (LONG)wcslen(names);
    assert_in_range(f->orders->names_length, 0, FAKE_NAMES_CHARS - 1);
    wcscpy(f->orders->names, names);
}

void fake_text(fake *f, const wchar_t *text) {
    f->orders->text_length = (LONG)wcslen(text);
    assert_in_range(f->orders->text_length, 0, FAKE_TEXT_CHARS - 1);
    wcscpy(f->orders->text, text);
}

void fake_behave(fake *f) {
    f->orders->start = FAKE_SERVE;
    f->orders->exit_code = 0;
    memset((void *)f->orders->member, 0, sizeof f->orders->member);
    f->orders->odd_name[0] = L'\0';
    fake_names(f, L"err_add err_scale err_fill");
    fake_text(f, L"");
}

void fake_order_member(fake *f, DISPID id, fake_deed deed, LONG code) {
    fake_order *order = &f->orders->member[id - HP_DISPID_GET_NAMES];
    order->code = code;
    order->deed = (LONG)deed;
}

int fake_await_end(fake *f) {
    int count = f->orders->started < FAKE_STARTS ? (int)f->orders->started : FAKE_STARTS, running = 0;
    for (int i = 0; i < count; i++) {
        HANDLE process = (HANDLE)(intptr_t)f->orders->process[i];
        if (process == NULL)
            continue; /* killed before it could say so */
        running += WaitForSingleObject(process, PATIENCE_MS) != WAIT_OBJECT_0;
        CloseHandle(process);
        f->orders->process[i] = 0;
    }
    f->orders->started = 0;
    if (running > 0)
        fail_msg("%d processes of the fake are still running", running);
    return count;
}

/* ---- before and after each test ---- */

int attach_setup(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        if (fakes[i].orders == NULL)
            make(&fakes[i], i);
        assert_int_equal(CoCreateGuid(&fakes[i].orders->clsid), S_OK);
        fakes[i].description.clsid = fakes[i].orders->clsid;
        fake_behave(&fakes[i]);
    }
    measured = S_OK;
    log_forget();
    hp_log_set(keep_line, NULL, HP_LOG_DEBUG);
    fake_register(&fakes[0], NULL);
    return 0;
}

int attach_teardown(void **state) {
    (void)state;
    code_unpatch_scale();
    for (unsigned i = 0; i < 2; i++) {
        hp_com_detach(fakes[i].progid, 5000);
        fake_await_end(&fakes[i]);
        if (fakes[i].description.exe != NULL)
            hp_class_unregister(&fakes[i].description, NULL);
    }
    hp_log_set(NULL, NULL, HP_LOG_WARNING);
    return 0;
}

/* ---- attaching ---- */

HRESULT fake_attach(fake *f, uint32_t flags, hp_report **report) {
    /* Each failing call is to get as far as the update: no breaker opens. */
    const hp_attach_options options = {.size = sizeof options,
                                       .flags = flags | HP_ATTACH_ALLOW_ELEVATED,
                                       .breaker = {.failures = UINT32_MAX}};
    assert_true(SetEnvironmentVariableW(FAKE_VARIABLE, f->memory));
    return hp_com_attach_ex(f->progid, &options, report);
}

static void expect_part(const char *what, const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("%s lacks \"%s\": \"%s\"", what, part, text);
}

static void expect_message(const char *what, const char *text, const wchar_t *progid,
                           const expectation *expected) {
    char name[256] = "";
    if (expected->thing != NULL)
        expect_part(what, text, expected->thing);
    else if (progid != NULL && WideCharToMultiByte(CP_UTF8, 0, progid, -1, name, sizeof name, NULL, NULL) > 0)
        expect_part(what, text, name);
    if (expected->detail != NULL)
        expect_part(what, text, expected->detail);
    expect_part(what, text, hp_error_what(expected->result));
    expect_part(what, text, hp_error_todo(expected->result));
    expect_part(what, text, hp_error_symbol(expected->result));
    assert_null(strpbrk(text, "\r\n"));
    assert_true(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0) > 0);
}

static void expect_items(const hp_report *report, const expectation *expected) {
    assert_int_equal(report->count, expected->count);
    for (uint32_t i = 0; i < report->count && expected->items != NULL; i++) {
        const hp_report_item *item = &report->items[i];
        const expected_item *wanted = &expected->items[i];
        assert_string_equal(item->name, wanted->name);
        if (item->result != wanted->result)
            fail_msg("%s: 0x%08lx (%s) and not 0x%08lx", item->name, item->result, item->detail,
                     wanted->result);
        assert_non_null(item->detail);
        assert_non_null(item->signature);
        if (wanted->detail != NULL)
            expect_part(item->name, item->detail, wanted->detail);
    }
}

static void attach_once(const wchar_t *progid, const expectation *expected) {
    hp_report *report = (hp_report *)&report; /* must be overwritten */
    const hp_attach_options options = {.size = sizeof options,
                                       .flags = expected->flags |
                                                (expected->elevated ? 0 : HP_ATTACH_ALLOW_ELEVATED),
                                       .start_timeout_ms = expected->start_timeout_ms,
                                       .deadline_ms = expected->deadline_ms};
    log_forget();
    HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    assert_non_null(report);
    if (hr != expected->result)
        fail_msg("0x%08lx and not 0x%08lx: %s", hr, expected->result, report->message);
    assert_int_equal(report->size, sizeof *report);
    assert_int_equal(report->result, hr);
    assert_int_equal(report->redirected, 0);
    expect_message("the message", report->message, progid, expected);
    expect_items(report, expected);
    assert_int_equal(log_count(HP_LOG_ERROR), 1);
    assert_true(log_said(report->message));
    hp_report_free(report);
    assert_int_equal(fake_await_end(&fakes[0]), expected->starts);
    assert_int_equal(err_add(2, 3), 5);
}

/* By asking for each: Wine's GetProcessHandleCount knows 0 only. Handles are multiples
 * of 4, given out from below. */
DWORD handles_open(void) {
    DWORD count = 0, flags;
    for (uintptr_t value = 4, last = 0; value - last < 0x800; value += 4)
        if (GetHandleInformation((HANDLE)value, &flags)) {
            last = value;
            count++;
        }
    return count;
}

/* Threads of the pool and of RPC end when they like: the count is waited for, with a limit. */
static DWORD handles_at_most(DWORD most) {
    const ULONGLONG limit = GetTickCount64() + 5000;
    DWORD count;
    while ((count = handles_open()) > most && GetTickCount64() < limit)
        SwitchToThread();
    return count;
}

static DWORD WINAPI ask_com(void *clsid) {
    IUnknown *object = NULL;
    HRESULT apartment = CoInitializeEx(NULL, COINIT_MULTITHREADED);
    CoCreateInstance(clsid, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, (void **)&object);
    if (object != NULL)
        IUnknown_Release(object);
    if (SUCCEEDED(apartment))
        CoUninitialize();
    return 0;
}

static void ask_com_apart(CLSID *clsid) {
    HANDLE thread = CreateThread(NULL, 0, ask_com, clsid, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
}

/*
 * What COM itself loses when it is asked three times for a class that it cannot give: Wine's
 * loses two handles each time. For a fake that was killed while it served, it names the dead
 * one, and another number is lost.
 */
static DWORD lost_by_com(int killed) {
    CLSID unknown;
    assert_int_equal(CoCreateGuid(&unknown), S_OK);
    CLSID *clsid = killed ? &fakes[0].description.clsid : &unknown;
    ask_com_apart(clsid);
    DWORD before = handles_open();
    for (int i = 0; i < 3; i++)
        ask_com_apart(clsid);
    DWORD after = handles_open();
    DWORD lost = after > before ? after - before : 0;
    return killed ? 2 * lost : lost; /* and the connection that was cut, another time */
}

static int is_killed(const fake_orders *orders) {
    int killed = orders->start == FAKE_NO_OBJECT || orders->start == FAKE_NO_DISPATCH;
    for (int i = 0; i < FAKE_MEMBERS; i++)
        killed |= orders->member[i].deed == FAKE_DIE;
    return killed;
}

/*
 * Three more rounds must not cost a handle. COM's own losses vary now and then, ours would not: what fails
 * three times in a row is a leak.
 */
static void expect_no_handle_lost(const wchar_t *progid, const expectation *expected) {
    DWORD before, now = 0, lost = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        if (expected->starts > 0 || expected->elevated)
            lost = lost_by_com(is_killed(fakes[0].orders));
        before = handles_open();
        for (int round = 0; round < 3; round++)
            attach_once(progid, expected);
        now = handles_at_most(before + lost);
        if (now <= before + lost)
            return;
    }
    fail_msg("%lu handles before three more rounds, %lu after, %lu of them lost by COM", before, now, lost);
}

void attach_expect_failure_of(const wchar_t *progid, const expectation *expected) {
    assert_true(SetEnvironmentVariableW(FAKE_VARIABLE, fakes[0].memory));
    char *registry = hkcu_dump();
    code_state *code = code_save();
    attach_once(progid, expected);
    char *after = hkcu_dump();
    hkcu_assert_equal(registry, after);
    free(registry);
    free(after);
    code_expect_bytes(code);
    if (expected->result == measured)
        return;
    measured = expected->result;
    code = code_save(); /* COM makes some executable memory for itself when it is first used */
    expect_no_handle_lost(progid, expected);
    code_expect(code);
}

void attach_expect_failure(fake *f, const expectation *expected) {
    attach_expect_failure_of(f->progid, expected);
}

void attach_expect_good(fake *f) {
    code_state *code = code_save();
    hp_report *report;
    HRESULT hr = fake_attach(f, 0, &report);
    assert_non_null(report);
    if (hr != S_OK)
        fail_msg("0x%08lx: %s", hr, report->message);
    assert_int_equal(report->redirected, report->count);
    hp_report_free(report);
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    assert_int_equal(hp_com_detach(f->progid, 5000), S_OK);
    assert_int_equal(err_add(2, 3), 5);
    assert_int_equal(fake_await_end(f), 1);
    /* Thunks are kept for ever: the first attach of all may add them. */
    code_expect_bytes(code);
}
