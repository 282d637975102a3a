// The update's process has to be the program that was registered, and the one that the app expects.
#include "e2e/trust_world.h"

#include <windows.h>

#include "client/start.h"
#include "e2e/class_world.h"
#include "idl/protocol.h"

static int is_untrusted(const hp_attach_options *options) {
    return hp_com_attach_ex(SESSION, options, NULL) == HP_E_IMAGE_UNTRUSTED;
}

/* ---- the hash ---- */

static void update_of_the_expected_hash_is_served(void **state) {
    (void)state;
    unsigned char sha256[32];
    trust_hash(L"session_v1.exe", sha256);
    hp_attach_options options = session_options();
    options.sha256 = sha256;
    session_register(L"session_v1.exe");
    trust_expect_good(&options);
    for (int bit = 0; bit < 256; bit += 51) {
        sha256[bit / 8] ^= (unsigned char)(1 << bit % 8);
        trust_expect_refused(&options, "its SHA-256 is");
        session_expect_no_process(L"session_v1.exe");
        sha256[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    trust_expect_good(&options);
    session_unregister(L"session_v1.exe");
}

static void update_of_another_hash_is_named_with_both(void **state) {
    (void)state;
    unsigned char sha256[32], other[32];
    char text[65];
    trust_hash(L"session_v2.exe", sha256);
    trust_hash(L"session_v1.exe", other);
    hp_attach_options options = session_options();
    options.sha256 = other;
    session_register(L"session_v2.exe");
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", sha256[i]);
    trust_expect_refused(&options, text);
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", other[i]);
    trust_expect_refused(&options, text);
    session_unregister(L"session_v2.exe");
}

/* A newer one that is not the expected one does not take the place of one that is. */
static void move_to_an_untrusted_update_is_refused(void **state) {
    (void)state;
    unsigned char sha256[32];
    trust_hash(L"session_v1.exe", sha256);
    hp_attach_options options = session_options();
    options.sha256 = sha256;
    session_register(L"session_v1.exe");
    assert_int_equal(hp_com_attach_ex(SESSION, &options, NULL), S_OK);
    session_register(L"session_v2.exe");
    assert_true(is_untrusted(&options));
    assert_int_equal(session_where(), 1);
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_no_process(L"session_v1.exe");
    session_unregister(L"session_v2.exe");
    session_unregister(L"session_v1.exe");
}

/* ---- the file ---- */

static void update_that_is_being_written_is_not_started(void **state) {
    (void)state;
    wchar_t path[MAX_PATH];
    wcscpy(path, session_path(L"trust_copy.exe"));
    DeleteFileW(path);
    assert_true(CopyFileW(session_path(L"session_v1.exe"), path, TRUE));
    session_register(L"trust_copy.exe");
    HANDLE writer =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    assert_int_not_equal(writer, INVALID_HANDLE_VALUE);
    hp_attach_options options = session_options();
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report),
                     HRESULT_FROM_WIN32(ERROR_SHARING_VIOLATION));
    assert_non_null(strstr(report->message, "cannot be kept from changing"));
    hp_report_free(report);
    CloseHandle(writer);
    trust_expect_good(&options);
    session_unregister(L"trust_copy.exe");
    assert_true(DeleteFileW(path)); /* nobody holds it any more */
}

/* What this program does when it is started as an update: it shows that it ran. */
#define RAN L"hotpatch.trust.ran"
enum { RAN_CODE = 21 };

static int run_as_update(void) {
    HANDLE ran = OpenEventW(EVENT_MODIFY_STATE, FALSE, RAN);
    return ran != NULL && SetEvent(ran) ? RAN_CODE : 99;
}

static HANDLE open_file(const wchar_t *path) {
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_int_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

/* As if the path led elsewhere since the file was checked. */
static void process_of_another_file_runs_no_instruction(void **state) {
    (void)state;
    wchar_t own[MAX_PATH];
    assert_in_range(GetModuleFileNameW(NULL, own, MAX_PATH), 1, MAX_PATH - 1);
    HANDLE ran = CreateEventW(NULL, TRUE, FALSE, RAN);
    hp_start_exe exe = {.path = own, .file = open_file(session_path(L"session_v1.exe"))};
    const hp_start_limits limits = {.timeout_ms = PATIENCE_MS};
    IDispatch *update;
    hp_started started;
    hp_trouble trouble = {0};
    assert_int_equal(hp_start_update(&exe, &limits, &update, &started, &trouble), HP_E_IMAGE_UNTRUSTED);
    assert_non_null(strstr(trouble.detail, "runs another file"));
    assert_null(started.process);
    assert_int_equal(session_count_processes(wcsrchr(own, L'\\') + 1), 1);
    assert_int_equal(WaitForSingleObject(ran, 0), WAIT_TIMEOUT);
    CloseHandle(exe.file);
    /* The same with the right file: it runs. */
    exe.file = open_file(own);
    trouble = (hp_trouble){0};
    assert_int_equal(hp_start_update(&exe, &limits, &update, &started, &trouble), HP_E_SERVER_EXITED);
    assert_non_null(strstr(trouble.detail, "its exit code was 21"));
    assert_int_equal(WaitForSingleObject(ran, 0), WAIT_OBJECT_0);
    CloseHandle(exe.file);
    CloseHandle(ran);
}

/* ---- a class of all users ---- */

static const hp_class_description *all_users(void) {
    static hp_class_description description;
    description = (hp_class_description){.progid = SESSION, .version = 1, .arch = HP_ARCH_HERE};
    assert_int_equal(hp_class_derive_clsid(SESSION, 1, &description.clsid), S_OK);
    return &description;
}

/* Of the app's architecture: COM looks there. */
static const REGSAM view = HP_X64 ? KEY_WOW64_64KEY : KEY_WOW64_32KEY;

static void put_in_view(const wchar_t *key, const wchar_t *text) {
    world_put(HKEY_LOCAL_MACHINE, key, NULL, REG_SZ, text, (DWORD)((wcslen(text) + 1) * sizeof *text), view);
}

static void put_for_all_users(const wchar_t *file) {
    wchar_t command[MAX_PATH + 2], clsid[64];
    swprintf(command, MAX_PATH + 2, L"\"%ls\"", session_path(file));
    assert_true(StringFromGUID2(&all_users()->clsid, clsid, 64) > 0);
    put_in_view(world_class_key(all_users(), L"\\LocalServer32"), command);
    put_in_view(world_class_key(all_users(), L"\\ProgID"), SESSION L".1");
    world_put_text(HKEY_LOCAL_MACHINE, SESSION L".1\\CLSID", NULL, clsid);
    world_put_text(HKEY_LOCAL_MACHINE, SESSION L"\\CLSID", NULL, clsid);
    world_put_text(HKEY_LOCAL_MACHINE, SESSION L"\\CurVer", NULL, SESSION L".1");
}

static void remove_for_all_users(void) {
    world_delete(HKEY_LOCAL_MACHINE, world_class_key(all_users(), L""), view);
    world_delete(HKEY_LOCAL_MACHINE, SESSION L".1", KEY_WOW64_64KEY);
    world_delete(HKEY_LOCAL_MACHINE, SESSION, KEY_WOW64_64KEY);
}

static void class_of_all_users_is_served(void **state) {
    (void)state;
    unsigned char sha256[32];
    trust_hash(L"session_v1.exe", sha256);
    hp_attach_options options = {.size = sizeof options, .sha256 = sha256}; /* also if elevated */
    put_for_all_users(L"session_v1.exe");
    trust_expect_good(&options);
    sha256[0] ^= 1;
    trust_expect_refused(&options, "its SHA-256 is");
    session_expect_no_process(L"session_v1.exe");
    remove_for_all_users();
}

/* A process that serves the class, started by hand. Ended by the caller. */
static HANDLE start_server(const wchar_t *exe) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE ready = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    assert_non_null(ready);
    wchar_t line[MAX_PATH + 128];
    swprintf(line, MAX_PATH + 128, L"\"%ls\" -Embedding /" HP_READY_ARGUMENT L"%llu", exe,
             (unsigned long long)(uintptr_t)ready);
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    assert_true(CreateProcessW(exe, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process));
    CloseHandle(process.hThread);
    const HANDLE any[] = {ready, process.hProcess};
    assert_int_equal(WaitForMultipleObjects(2, any, FALSE, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(ready);
    return process.hProcess;
}

/* COM gives the class object of a process that runs already, whatever program that is. */
static void other_program_that_serves_the_class_is_refused(void **state) {
    (void)state;
    wchar_t path[MAX_PATH];
    wcscpy(path, session_path(L"trust_copy.exe"));
    DeleteFileW(path);
    assert_true(CopyFileW(session_path(L"session_v1.exe"), path, TRUE));
    put_for_all_users(L"session_v1.exe");
    HANDLE squatter = start_server(path);
    hp_attach_options options = session_options();
    char detail[64];
    snprintf(detail, sizeof detail, "process %lu runs another file", GetProcessId(squatter));
    trust_expect_refused(&options, detail);
    session_expect_end(squatter); /* its only client has gone */
    assert_int_equal(session_count_processes(L"session_v1.exe"), 0);
    /* The same file by whomever it was started is what the class names. */
    squatter = start_server(session_path(L"session_v1.exe"));
    DWORD pid = GetProcessId(squatter);
    hp_report *report;
    assert_int_equal(hp_com_attach_ex(SESSION, &options, &report), S_OK);
    assert_int_equal(report->server_pid, pid);
    hp_report_free(report);
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_end(squatter);
    remove_for_all_users();
    DeleteFileW(path);
}

int main(void) {
    if (wcsstr(GetCommandLineW(), L" -Embedding") != NULL)
        return run_as_update();
    world_require_private();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_of_the_expected_hash_is_served),
        cmocka_unit_test(update_of_another_hash_is_named_with_both),
        cmocka_unit_test(move_to_an_untrusted_update_is_refused),
        cmocka_unit_test(update_that_is_being_written_is_not_started),
        cmocka_unit_test(process_of_another_file_runs_no_instruction),
        cmocka_unit_test(class_of_all_users_is_served),
        cmocka_unit_test(other_program_that_serves_the_class_is_refused),
    };
    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
