#include "e2e/session_app.h"

#include <windows.h>
#include <tlhelp32.h>
#include <winternl.h>

#include "e2e/child.h"

HP_PATCHABLE(int, session_add, (int a, int b)) {
    return a + b;
}

HP_PATCHABLE(int, session_where, (void)) {
    return 0;
}

HP_PATCHABLE(int, session_first, (void)) {
    return 0;
}

HP_PATCHABLE(int, session_second, (void)) {
    return 0;
}

HP_PATCHABLE(int, session_text, (const wchar_t *text, char *copy, unsigned capacity)) {
    (void)text;
    snprintf(copy, capacity, "app");
    return 0;
}

HP_PATCHABLE(int, session_stay, (const wchar_t *entered, const wchar_t *leave)) {
    (void)entered;
    (void)leave;
    return -5;
}

HP_PATCHABLE(int, session_other, (void)) {
    return 0;
}

unsigned char *session_entry(int which) {
    void (*const entries[7])(void) = {(void (*)(void))session_add,   (void (*)(void))session_where,
                                      (void (*)(void))session_first, (void (*)(void))session_second,
                                      (void (*)(void))session_text,  (void (*)(void))session_stay,
                                      (void (*)(void))session_other};
    return (unsigned char *)(uintptr_t)entries[which];
}

static DWORD protection_of(const void *at) {
    MEMORY_BASIC_INFORMATION info;
    assert_int_equal(VirtualQuery(at, &info, sizeof info), sizeof info);
    return info.Protect;
}

void session_code_take(session_code *code) {
    for (int i = 0; i < 7; i++) {
        memcpy(code->bytes[i], session_entry(i) - 16, sizeof code->bytes[i]);
        code->protection[i][0] = protection_of(session_entry(i) - 16);
        code->protection[i][1] = protection_of(session_entry(i) + 15);
    }
}

void session_code_expect(const session_code *before) {
    session_code now;
    session_code_take(&now);
    for (int i = 0; i < 7; i++) {
        assert_memory_equal(now.bytes[i], before->bytes[i], sizeof now.bytes[i]);
        assert_int_equal(now.protection[i][0], before->protection[i][0]);
        assert_int_equal(now.protection[i][1], before->protection[i][1]);
    }
}

const wchar_t *session_path(const wchar_t *file) {
    static wchar_t path[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    assert_true(length > 0 && length < MAX_PATH);
    wchar_t *name = wcsrchr(path, L'\\') + 1;
    assert_true((size_t)(name - path) + wcslen(file) < MAX_PATH);
    wcscpy(name, file);
    return path;
}

void session_register(const wchar_t *file) {
    assert_int_equal(child_run(session_path(file), L"/regserver", PATIENCE_MS), 0);
}

void session_unregister(const wchar_t *file) {
    assert_int_equal(child_run(session_path(file), L"/unregserver", PATIENCE_MS), 0);
}

hp_attach_options session_options(void) {
    return (hp_attach_options){.size = sizeof(hp_attach_options), .flags = HP_ATTACH_ALLOW_ELEVATED};
}

HANDLE session_attach(const wchar_t *progid) {
    hp_attach_options options = session_options();
    hp_report *report = NULL;
    HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    if (hr != S_OK)
        fail_msg("attach gives 0x%08lx: %s", hr, report != NULL ? report->message : "no report");
    assert_non_null(report);
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_non_null(process);
    return process;
}

void session_expect_end(HANDLE process) {
    assert_int_equal(WaitForSingleObject(process, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(process);
}

/* The first process of that name, or none. With wait, waits until each has ended. */
static int visit(const wchar_t *file, int wait) {
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    assert_true(all != INVALID_HANDLE_VALUE);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    int count = 0;
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
        if (_wcsicmp(entry.szExeFile, file) != 0)
            continue;
        HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, entry.th32ProcessID);
        if (process == NULL)
            continue; /* ended since */
        if (wait && WaitForSingleObject(process, PATIENCE_MS) != WAIT_OBJECT_0)
            fail_msg("%ls, process %lu, does not end", file, entry.th32ProcessID);
        count += WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
        CloseHandle(process);
    }
    CloseHandle(all);
    return count;
}

void session_expect_no_process(const wchar_t *file) {
    assert_int_equal(visit(file, 1), 0);
}

int session_count_processes(const wchar_t *file) {
    return visit(file, 0);
}

typedef LONG NTAPI query_function(HANDLE handle, int what, void *data, ULONG size, ULONG *needed);

static query_function *ntdll_function(const char *name) {
    FARPROC function = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
    assert_non_null(function);
    return (query_function *)(void (*)(void))function;
}

static int is_key_of(HANDLE handle, const wchar_t *path) {
    struct {
        ULONG length;
        wchar_t name[512];
    } key = {0};
    ULONG needed;
    const int name_information = 3;
    return ntdll_function("NtQueryKey")(handle, name_information, &key, sizeof key - sizeof(wchar_t),
                                        &needed) >= 0 &&
           _wcsicmp(key.name, path) == 0;
}

static int is_mutex(HANDLE handle) {
    union {
        UNICODE_STRING name;
        unsigned char room[1024];
    } type = {0};
    ULONG needed;
    const int type_information = 2;
    return ntdll_function("NtQueryObject")(handle, type_information, &type, sizeof type, &needed) >= 0 &&
           type.name.Length == 6 * sizeof(wchar_t) && wmemcmp(type.name.Buffer, L"Mutant", 6) == 0;
}

/*
 * By hand, for under Wine 8 GetProcessHandleCount is always 0, and COM loses handles of its own: a key
 * with every search for a class that is not registered for all users; and, measured with bare COM, two
 * mutexes and an event whenever a new apartment finds the class object of a server that was killed. The
 * latter are discounted together, since events are also ours. So a mutex that we lose would not be seen
 * here; attach, call and detach use none.
 */
DWORD session_handles(void) {
    DWORD count = 0, mutexes = 0, flags;
    for (uintptr_t value = 4; value < 0x8000; value += 4) {
        HANDLE handle = (HANDLE)value;
        if (!GetHandleInformation(handle, &flags) ||
            is_key_of(handle, L"\\Registry\\Machine\\Software\\Classes\\Wow6432Node"))
            continue;
        if (is_mutex(handle))
            mutexes++;
        else
            count++;
    }
    assert_true(count > mutexes / 2);
    return count - mutexes / 2;
}

DWORD session_handles_at_most(DWORD most) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    DWORD count = session_handles();
    while (count > most && GetTickCount64() < limit) {
        SwitchToThread();
        count = session_handles();
    }
    return count;
}

int session_wait_for(int (*condition)(void *context), void *context) {
    ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    int met;
    while (!(met = condition(context)) && GetTickCount64() < limit)
        SwitchToThread();
    return met;
}
