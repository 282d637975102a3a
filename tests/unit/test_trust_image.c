// An EXE is kept from changing while it is checked, and a process is compared with it by the file it runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "client/trust.h"
#include "idl/protocol.h"
#include "unit/dispatch_stub.h"

static const hp_attach_options nothing = {.size = sizeof nothing};
static wchar_t own[MAX_PATH], folder[MAX_PATH];

/* A path below the folder for temporary files. Static memory, two of them. */
static const wchar_t *temporary(const wchar_t *name) {
    static wchar_t path[2][2 * MAX_PATH];
    static int turn;
    wchar_t *here = path[turn ^= 1];
    swprintf(here, 2 * MAX_PATH, L"%lshotpatch-%lu-%ls", folder, GetCurrentProcessId(), name);
    return here;
}

static const wchar_t *copy_of_us(const wchar_t *name) {
    const wchar_t *path = temporary(name);
    assert_true(CopyFileW(own, path, FALSE));
    return path;
}

static HANDLE hold(const wchar_t *exe) {
    HANDLE file;
    hp_trouble trouble = {0};
    if (FAILED(hp_trust_hold(exe, &nothing, &file, &trouble)))
        fail_msg("0x%08lx: %s", trouble.result, trouble.detail);
    assert_non_null(file);
    return file;
}

static int can_open(const wchar_t *path, DWORD access) {
    HANDLE file = CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return file != INVALID_HANDLE_VALUE;
}

static void held_file_cannot_be_written_renamed_or_deleted(void **state) {
    (void)state;
    const wchar_t *path = copy_of_us(L"held.exe"), *elsewhere = temporary(L"moved.exe");
    HANDLE file = hold(path);
    assert_true(can_open(path, GENERIC_READ));
    assert_false(can_open(path, GENERIC_WRITE));
    assert_false(can_open(path, DELETE));
    assert_false(MoveFileW(path, elsewhere));
    assert_false(MoveFileExW(own, path, MOVEFILE_REPLACE_EXISTING));
    assert_false(DeleteFileW(path));
    CloseHandle(file);
    assert_true(MoveFileW(path, elsewhere));
    assert_true(DeleteFileW(elsewhere));
}

static void missing_file_is_not_held(void **state) {
    (void)state;
    HANDLE file = (HANDLE)1;
    hp_trouble trouble = {0};
    assert_int_equal(hp_trust_hold(temporary(L"missing.exe"), &nothing, &file, &trouble),
                     HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND));
    assert_null(file);
    assert_non_null(strstr(trouble.thing, "missing.exe"));
}

static void refused_file_is_let_go(void **state) {
    (void)state;
    const wchar_t *path = copy_of_us(L"refused.exe");
    const uint8_t wrong[32] = {0};
    hp_attach_options options = nothing;
    options.sha256 = wrong;
    HANDLE file = (HANDLE)1;
    assert_int_equal(hp_trust_hold(path, &options, &file, NULL), HP_E_IMAGE_UNTRUSTED);
    assert_null(file);
    options.sha256 = NULL;
    options.signer = wrong;
    assert_int_equal(hp_trust_hold(path, &options, &file, NULL), HP_E_IMAGE_UNTRUSTED);
    assert_null(file);
    assert_true(DeleteFileW(path));
}

enum { FULL_BYTES = sizeof(FILE_ID_128) };

static hp_trust_identity numbered(uint64_t number, BYTE low, BYTE high) {
    hp_trust_identity it = {.volume = 7, .number = number};
    it.full.VolumeSerialNumber = 7;
    it.full.FileId.Identifier[0] = low;
    it.full.FileId.Identifier[FULL_BYTES - 1] = high;
    return it;
}

/* ReFS: the upper half may be all that differs, and the 64 bits are then the same for both. */
static void file_numbers_of_128_bits_are_compared_whole(void **state) {
    (void)state;
    const hp_trust_identity a = numbered(5, 5, 0), b = numbered(5, 5, 1), c = numbered(6, 5, 0);
    assert_int_equal(hp_trust_same(&a, &a), 1);
    assert_int_equal(hp_trust_same(&a, &b), 0);
    assert_int_equal(hp_trust_same(&a, &c), 1); /* what is made of it in 64 bits does not matter then */
    hp_trust_identity elsewhere = a;
    elsewhere.full.VolumeSerialNumber = 7ull << 32 | 7;
    assert_int_equal(hp_trust_same(&a, &elsewhere), 0);
}

static void file_without_128_bits_is_compared_by_64(void **state) {
    (void)state;
    const hp_trust_identity full = numbered(5, 5, 1), none = numbered(5, 0, 0), other = numbered(6, 0, 0);
    hp_trust_identity elsewhere = none, ones = none;
    elsewhere.volume = 8;
    memset(&ones.full.FileId, 0xFF, FULL_BYTES);
    assert_int_equal(hp_trust_same(&none, &none), 1);
    assert_int_equal(hp_trust_same(&none, &other), 0);
    assert_int_equal(hp_trust_same(&none, &elsewhere), 0);
    assert_int_equal(hp_trust_same(&none, &full), 1);
    assert_int_equal(hp_trust_same(&full, &other), 0);
    assert_int_equal(hp_trust_same(&ones, &none), 1);
    hp_trust_identity other_ones = ones;
    other_ones.number++;
    assert_int_equal(hp_trust_same(&ones, &other_ones), 0); /* all ones is no number */
}

static void file_without_any_number_is_not_known(void **state) {
    (void)state;
    const hp_trust_identity zero = numbered(0, 0, 0), ones = numbered(UINT64_MAX, 0, 0),
                            known = numbered(5, 0, 0), full = numbered(UINT64_MAX, 1, 0);
    assert_int_equal(hp_trust_same(&zero, &zero), -1);
    assert_int_equal(hp_trust_same(&ones, &ones), -1);
    assert_int_equal(hp_trust_same(&known, &ones), -1);
    assert_int_equal(hp_trust_same(&zero, &known), -1);
    assert_int_equal(hp_trust_same(&full, &ones), -1);
    assert_int_equal(hp_trust_same(&full, &full), 1);
}

/* ---- the process ---- */

static HRESULT compare(const wchar_t *exe, HANDLE process, hp_trouble *trouble) {
    *trouble = (hp_trouble){0};
    HANDLE file = hold(exe);
    HRESULT hr = hp_trust_compare(file, exe, process, trouble);
    CloseHandle(file);
    return hr;
}

static void process_of_this_file_is_recognised_by_any_path(void **state) {
    (void)state;
    hp_trouble trouble;
    assert_int_equal(compare(own, GetCurrentProcess(), &trouble), S_OK);
    wchar_t other[2 * MAX_PATH] = L"";
    swprintf(other, 2 * MAX_PATH, L"%.*ls.\\%ls", (int)(wcsrchr(own, L'\\') + 1 - own), own,
             wcsrchr(own, L'\\') + 1);
    assert_int_equal(compare(other, GetCurrentProcess(), &trouble), S_OK);
    _wcsupr(wcsrchr(other, L'\\'));
    assert_int_equal(compare(other, GetCurrentProcess(), &trouble), S_OK);
}

/* Not even one with the same content. */
static void process_of_another_file_is_refused(void **state) {
    (void)state;
    hp_trouble trouble;
    const wchar_t *path = copy_of_us(L"twin.exe");
    assert_int_equal(compare(path, GetCurrentProcess(), &trouble), HP_E_IMAGE_UNTRUSTED);
    char name[64];
    snprintf(name, sizeof name, "process %lu runs another file: ", GetCurrentProcessId());
    assert_non_null(strstr(trouble.detail, name));
    assert_non_null(strstr(trouble.detail, "t-trust-image.exe"));
    assert_non_null(strstr(trouble.thing, "twin.exe"));
    DeleteFileW(path);
}

static void process_that_tells_nothing_is_refused(void **state) {
    (void)state;
    hp_trouble trouble;
    assert_true(FAILED(compare(own, NULL, &trouble)));
    assert_non_null(strstr(trouble.detail, "cannot be found out"));
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_true(FAILED(compare(own, event, &trouble)));
    CloseHandle(event);
}

/* What CreateProcess started under a name is another file by now: it has not run, and is found out. */
static void suspended_process_of_an_exchanged_file_is_refused(void **state) {
    (void)state;
    hp_trouble trouble;
    const wchar_t *path = copy_of_us(L"link.exe");
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    assert_true(
        CreateProcessW(path, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &process));
    assert_int_equal(compare(path, process.hProcess, &trouble), S_OK);
    assert_int_equal(compare(own, process.hProcess, &trouble), HP_E_IMAGE_UNTRUSTED);
    TerminateProcess(process.hProcess, 0);
    assert_int_equal(WaitForSingleObject(process.hProcess, 30000), WAIT_OBJECT_0);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    DeleteFileW(path);
}

/* ---- what the update says of itself ---- */

static struct {
    HRESULT result;
    VARTYPE type;
    LONG value;
} said;

// NOLINTBEGIN(readability-non-const-parameter): as COM has it
static HRESULT STDMETHODCALLTYPE say(IDispatch *self, DISPID id, REFIID iid, LCID locale, WORD flags,
                                     DISPPARAMS *parameters, VARIANT *result, EXCEPINFO *exception,
                                     UINT *bad) {
    (void)self;
    (void)iid;
    (void)locale;
    (void)flags;
    (void)parameters;
    (void)exception;
    (void)bad;
    assert_int_equal(id, HP_DISPID_PROCESS_ID);
    V_VT(result) = said.type;
    V_I4(result) = said.value;
    return said.result;
}
// NOLINTEND(readability-non-const-parameter)

static HRESULT claim(HRESULT result, VARTYPE type, DWORD value, hp_trouble *trouble) {
    static IDispatchVtbl table = DISPATCH_STUB(say);
    IDispatch update = {&table};
    said.result = result;
    said.type = type;
    said.value = (LONG)value;
    *trouble = (hp_trouble){0};
    HANDLE file = hold(own);
    HRESULT hr = hp_trust_claim(file, own, &update, trouble);
    CloseHandle(file);
    return hr;
}

static void claim_of_a_process_that_runs_the_file_is_believed(void **state) {
    (void)state;
    hp_trouble trouble;
    assert_int_equal(claim(S_OK, VT_I4, GetCurrentProcessId(), &trouble), S_OK);
}

static void claim_of_any_other_process_is_refused(void **state) {
    (void)state;
    hp_trouble trouble;
    wchar_t path[MAX_PATH + 16];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION other;
    assert_in_range(GetSystemDirectoryW(path, MAX_PATH), 1, MAX_PATH);
    wcscat(path, L"\\cmd.exe");
    assert_true(
        CreateProcessW(path, NULL, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &other));
    assert_int_equal(claim(S_OK, VT_I4, other.dwProcessId, &trouble), HP_E_IMAGE_UNTRUSTED);
    assert_non_null(strstr(trouble.detail, "cmd.exe"));
    TerminateProcess(other.hProcess, 0);
    CloseHandle(other.hProcess);
    CloseHandle(other.hThread);
    assert_int_equal(claim(S_OK, VT_I4, 0, &trouble), HP_E_UPDATE_GONE);
    assert_int_equal(claim(S_OK, VT_I4, (DWORD)-1, &trouble), HP_E_UPDATE_GONE);
    assert_non_null(strstr(trouble.detail, "process 4294967295"));
}

static void claim_that_is_no_number_is_refused(void **state) {
    (void)state;
    hp_trouble trouble;
    assert_int_equal(claim(S_OK, VT_UI4, GetCurrentProcessId(), &trouble), HP_E_SERVER_NOT_HOTPATCH);
    assert_int_equal(claim(S_OK, VT_EMPTY, 0, &trouble), HP_E_SERVER_NOT_HOTPATCH);
    assert_int_equal(claim(DISP_E_MEMBERNOTFOUND, VT_EMPTY, 0, &trouble), HP_E_SERVER_NOT_HOTPATCH);
    assert_int_equal(claim(E_ACCESSDENIED, VT_EMPTY, 0, &trouble), E_ACCESSDENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_file_cannot_be_written_renamed_or_deleted),
        cmocka_unit_test(missing_file_is_not_held),
        cmocka_unit_test(refused_file_is_let_go),
        cmocka_unit_test(file_numbers_of_128_bits_are_compared_whole),
        cmocka_unit_test(file_without_128_bits_is_compared_by_64),
        cmocka_unit_test(file_without_any_number_is_not_known),
        cmocka_unit_test(process_of_this_file_is_recognised_by_any_path),
        cmocka_unit_test(process_of_another_file_is_refused),
        cmocka_unit_test(process_that_tells_nothing_is_refused),
        cmocka_unit_test(suspended_process_of_an_exchanged_file_is_refused),
        cmocka_unit_test(claim_of_a_process_that_runs_the_file_is_believed),
        cmocka_unit_test(claim_of_any_other_process_is_refused),
        cmocka_unit_test(claim_that_is_no_number_is_refused),
    };
    GetModuleFileNameW(NULL, own, MAX_PATH);
    GetTempPathW(MAX_PATH, folder);
    return cmocka_run_group_tests_name("trust-image", tests, NULL, NULL);
}
