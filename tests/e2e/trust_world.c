#include "e2e/trust_world.h"

#include <windows.h>

#include "client/trust_hash.h"

static unsigned char *read_all(const wchar_t *file, DWORD *size) {
    HANDLE handle =
        CreateFileW(session_path(file), GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_int_not_equal(handle, INVALID_HANDLE_VALUE);
    *size = GetFileSize(handle, NULL);
    unsigned char *bytes = malloc(*size + 1);
    DWORD count;
    assert_non_null(bytes);
    assert_true(ReadFile(handle, bytes, *size, &count, NULL));
    assert_int_equal(count, *size);
    CloseHandle(handle);
    return bytes;
}

void trust_read(const wchar_t *file, void *bytes, DWORD size) {
    DWORD found;
    unsigned char *all = read_all(file, &found);
    assert_int_equal(found, size);
    memcpy(bytes, all, size);
    free(all);
}

void trust_hash(const wchar_t *file, unsigned char sha256[32]) {
    DWORD size;
    unsigned char *bytes = read_all(file, &size);
    assert_int_equal(hp_trust_hash_bytes(bytes, size, sha256), S_OK);
    free(bytes);
}

void trust_expect_refused(const hp_attach_options *options, const char *detail) {
    session_code code;
    hp_report *report;
    session_code_take(&code);
    HRESULT hr = hp_com_attach_ex(SESSION, options, &report);
    assert_non_null(report);
    if (hr != HP_E_IMAGE_UNTRUSTED || strstr(report->message, detail) == NULL)
        fail_msg("0x%08lx, and \"%s\" is looked for in: %s", hr, detail, report->message);
    hp_report_free(report);
    session_code_expect(&code);
    assert_int_equal(session_add(2, 3), 5);
    assert_int_equal(hp_com_detach(SESSION, 0), HP_E_NOT_ATTACHED);
}

void trust_expect_good(const hp_attach_options *options) {
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(SESSION, options, &report);
    assert_non_null(report);
    if (hr != S_OK)
        fail_msg("0x%08lx: %s", hr, report->message);
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, report->server_pid);
    hp_report_free(report);
    assert_non_null(process);
    assert_int_equal(session_add(2, 3), 1005);
    assert_int_equal(hp_com_detach(SESSION, PATIENCE_MS), S_OK);
    session_expect_end(process);
    assert_int_equal(session_add(2, 3), 5);
}
