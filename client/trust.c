#include "client/trust.h"

#include <stdlib.h>
#include <string.h>

#include "client/transport.h"
#include "client/trust_hash.h"
#include "client/trust_signer.h"
#include "idl/fault.h"
#include "idl/protocol.h"
#include "idl/text.h"

static HRESULT check_hash(const wchar_t *exe, HANDLE file, const uint8_t *expected, hp_trouble *trouble) {
    uint8_t found[HP_TRUST_HASH_BYTES];
    char found_text[HP_TRUST_HASH_CHARS], expected_text[HP_TRUST_HASH_CHARS];
    HRESULT hr = hp_trust_hash_file(file, found);
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, hr, exe, "its SHA-256 cannot be computed");
    if (memcmp(found, expected, sizeof found) == 0)
        return S_OK;
    return hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe, "its SHA-256 is %s and not %s",
                               hp_trust_hash_text(found, found_text),
                               hp_trust_hash_text(expected, expected_text));
}

HRESULT hp_trust_hold(const wchar_t *exe, const hp_attach_options *options, HANDLE *file,
                      hp_trouble *trouble) {
    *file = NULL;
    /* Sharing is about reading, writing and deleting: who wants nothing of these holds nothing. */
    HANDLE held = HP_FAULT("hold on the EXE") ? INVALID_HANDLE_VALUE
                                              : CreateFileW(exe, GENERIC_READ, FILE_SHARE_READ, NULL,
                                                            OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (held == INVALID_HANDLE_VALUE)
        return hp_trouble_set_wide(trouble, HRESULT_FROM_WIN32(GetLastError()), exe,
                                   "the file cannot be kept from changing");
    HRESULT hr = options->sha256 != NULL ? check_hash(exe, held, options->sha256, trouble) : S_OK;
    if (SUCCEEDED(hr) && options->signer != NULL)
        hr = hp_trust_signer_check(exe, held, options->signer, trouble);
    if (FAILED(hr))
        CloseHandle(held);
    else
        *file = held;
    return hr;
}

/* Path of the process's image, malloc'ed; NULL with a last error. */
static wchar_t *image_of(HANDLE process) {
    enum { FIRST = 512, MOST = 32768 };
    for (DWORD capacity = FIRST; capacity <= MOST; capacity *= 8) {
        wchar_t *path = HP_FAULT("memory for the image's path") ? NULL : malloc(capacity * sizeof *path);
        DWORD length = capacity;
        if (path == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        if (!HP_FAULT("image of the update's process") &&
            QueryFullProcessImageNameW(process, 0, path, &length))
            return path;
        DWORD error = GetLastError();
        free(path);
        SetLastError(error);
        if (error != ERROR_INSUFFICIENT_BUFFER)
            return NULL;
    }
    return NULL;
}

static BOOL identify(HANDLE file, hp_trust_identity *identity) {
    BY_HANDLE_FILE_INFORMATION found;
    if (HP_FAULT("identity of a file") || !GetFileInformationByHandle(file, &found))
        return FALSE;
    identity->volume = found.dwVolumeSerialNumber;
    identity->number = (uint64_t)found.nFileIndexHigh << 32 | found.nFileIndexLow;
    if (!GetFileInformationByHandleEx(file, FileIdInfo, &identity->full, sizeof identity->full))
        memset(&identity->full, 0, sizeof identity->full);
    return TRUE;
}

static int has_full(const hp_trust_identity *identity) {
    const BYTE *bytes = identity->full.FileId.Identifier;
    int same = bytes[0] == 0 || bytes[0] == 0xFF;
    for (size_t i = 1; i < sizeof identity->full.FileId.Identifier; i++)
        same = same && bytes[i] == bytes[0];
    return !same;
}

static int has_number(const hp_trust_identity *identity) {
    return identity->number != 0 && identity->number != UINT64_MAX;
}

int hp_trust_same(const hp_trust_identity *a, const hp_trust_identity *b) {
    if (has_full(a) && has_full(b))
        return a->full.VolumeSerialNumber == b->full.VolumeSerialNumber &&
               memcmp(&a->full.FileId, &b->full.FileId, sizeof a->full.FileId) == 0;
    if (!has_number(a) || !has_number(b))
        return -1;
    return a->volume == b->volume && a->number == b->number;
}

/* 1 or 0; -1 with a last error if that cannot be found out. */
static int is_file(HANDLE file, const wchar_t *path) {
    hp_trust_identity ours, theirs;
    HANDLE other =
        HP_FAULT("the image's file")
            ? INVALID_HANDLE_VALUE
            : CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (other == INVALID_HANDLE_VALUE)
        return -1;
    /* Both are open: the numbers of a file are its own for that long. */
    int result = -1;
    if (identify(file, &ours) && identify(other, &theirs)) {
        result = hp_trust_same(&ours, &theirs);
        SetLastError(ERROR_NOT_SUPPORTED); /* for -1: the file system does not number its files */
    }
    DWORD error = GetLastError();
    CloseHandle(other);
    SetLastError(error);
    return result;
}

/* The system's error and not our code: it may pass, and a watch tries again. */
static HRESULT refuse_unknown(const wchar_t *exe, HANDLE process, hp_trouble *trouble) {
    DWORD error = GetLastError();
    HRESULT hr = error != ERROR_SUCCESS ? HRESULT_FROM_WIN32(error) : E_FAIL;
    return hp_trouble_set_wide(trouble, hr, exe, "which file process %lu runs cannot be found out",
                               (unsigned long)GetProcessId(process));
}

HRESULT hp_trust_compare(HANDLE file, const wchar_t *exe, HANDLE process, hp_trouble *trouble) {
    wchar_t *image = image_of(process);
    if (image == NULL)
        return refuse_unknown(exe, process, trouble);
    HRESULT hr = S_OK;
    int same = is_file(file, image);
    if (same < 0)
        hr = refuse_unknown(exe, process, trouble);
    if (same == 0) {
        char text[3 * MAX_PATH + 1] = "";
        int units = (int)wcsnlen(image, MAX_PATH);
        int size = WideCharToMultiByte(CP_UTF8, 0, image, units, text, sizeof text - 1, NULL, NULL);
        text[size] = '\0';
        hr = hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe, "process %lu runs another file: %s",
                                 (unsigned long)GetProcessId(process), text);
    }
    free(image);
    return hr;
}

HRESULT hp_trust_claim(HANDLE file, const wchar_t *exe, IDispatch *update, hp_trouble *trouble) {
    VARIANT answer;
    char detail[256];
    VariantInit(&answer);
    HRESULT hr = hp_transport_ask(update, HP_DISPID_PROCESS_ID, NULL, 0, &answer, detail, sizeof detail);
    if (hr == DISP_E_MEMBERNOTFOUND || hr == E_NOTIMPL || (SUCCEEDED(hr) && V_VT(&answer) != VT_I4)) {
        VariantClear(&answer);
        return hp_trouble_set_wide(trouble, HP_E_SERVER_NOT_HOTPATCH, exe,
                                   "it does not say which process it is");
    }
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, hr, exe, "%s", detail);
    DWORD pid = (DWORD)V_I4(&answer);
    HANDLE process = HP_FAULT("handle of the update's process")
                         ? NULL
                         : OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL) {
        DWORD error = GetLastError();
        HRESULT why = error == ERROR_ACCESS_DENIED       ? HP_E_IMAGE_UNTRUSTED
                      : error == ERROR_INVALID_PARAMETER ? HP_E_UPDATE_GONE /* there is no such process */
                                                         : HRESULT_FROM_WIN32(error);
        return hp_trouble_set_wide(trouble, why, exe,
                                   "it says that it is process %lu, which cannot be opened (error %lu)",
                                   (unsigned long)pid, (unsigned long)error);
    }
    hr = hp_trust_compare(file, exe, process, trouble);
    CloseHandle(process);
    return hr;
}
