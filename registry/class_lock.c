#include "registry/class_lock.h"

#include <stdio.h>

#include <sddl.h>

#include "idl/fault.h"

#define WAIT_MS 30000u

// The name and the rights hold the user's id: the hive is the user's, not the session's, and the same user's
// elevated process, whose default rights would shut out the others, must be able to share the lock.
static HRESULT user_id(wchar_t **text) {
    union {
        TOKEN_USER user;
        BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } data;
    DWORD size;
    HANDLE token;
    *text = NULL;
    if (HP_FAULT("process token") || !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return HRESULT_FROM_WIN32(GetLastError());
    HRESULT hr = S_OK;
    if (!GetTokenInformation(token, TokenUser, &data, sizeof data, &size) ||
        !ConvertSidToStringSidW(data.user.User.Sid, text))
        hr = HRESULT_FROM_WIN32(GetLastError());
    CloseHandle(token);
    return hr;
}

static HRESULT create(const wchar_t *user, HANDLE *lock) {
    wchar_t name[256], rights[512];
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    swprintf(name, sizeof name / sizeof *name, L"Global\\Hotpatch.Registry.%ls", user);
    swprintf(rights, sizeof rights / sizeof *rights, L"D:(A;;GA;;;%ls)(A;;GA;;;SY)", user);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(rights, SDDL_REVISION_1,
                                                              &security.lpSecurityDescriptor, NULL))
        return HRESULT_FROM_WIN32(GetLastError());
    *lock = HP_FAULT("registry lock") ? NULL : CreateMutexExW(&security, name, 0, SYNCHRONIZE);
    HRESULT hr = *lock ? S_OK : HRESULT_FROM_WIN32(GetLastError());
    LocalFree(security.lpSecurityDescriptor);
    return hr;
}

HRESULT hp_class_lock_take(HANDLE *lock, hp_trouble *trouble) {
    *lock = NULL;
    wchar_t *user;
    HRESULT hr = user_id(&user);
    if (SUCCEEDED(hr))
        hr = create(user, lock);
    LocalFree(user);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "the lock for writing classes cannot be made");
    DWORD waited = HP_FAULT("wait for the lock") ? WAIT_FAILED : WaitForSingleObject(*lock, WAIT_MS);
    if (waited == WAIT_OBJECT_0 || waited == WAIT_ABANDONED)
        return S_OK;
    hr = HRESULT_FROM_WIN32(waited == WAIT_TIMEOUT ? (DWORD)ERROR_TIMEOUT : GetLastError());
    CloseHandle(*lock);
    *lock = NULL;
    return hp_trouble_set(trouble, hr, NULL,
                          waited == WAIT_TIMEOUT ? "another process has been writing classes for too long"
                                                 : "the lock for writing classes cannot be waited for");
}

void hp_class_lock_release(HANDLE lock) {
    if (!lock)
        return;
    ReleaseMutex(lock);
    CloseHandle(lock);
}
