#include "client/trust_hash.h"

#include <stdio.h>
#include <stdlib.h>

#include <bcrypt.h>

#include "idl/fault.h"

enum { CHUNK = 65536 };

typedef struct hasher {
    __typeof__(BCryptOpenAlgorithmProvider) *open;
    __typeof__(BCryptCloseAlgorithmProvider) *close;
    __typeof__(BCryptCreateHash) *create;
    __typeof__(BCryptHashData) *add;
    __typeof__(BCryptFinishHash) *finish;
    __typeof__(BCryptDestroyHash) *destroy;
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
} hasher;

HRESULT hp_trust_hash_dll(const wchar_t *name, HMODULE *dll) {
    *dll = HP_FAULT("a DLL of the system") ? NULL : LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (*dll != NULL)
        return S_OK;
    HRESULT hr = HRESULT_FROM_WIN32(GetLastError());
    return FAILED(hr) ? hr : HRESULT_FROM_WIN32(ERROR_MOD_NOT_FOUND);
}

static HRESULT find_functions(hasher *it) {
    HMODULE dll;
    HRESULT hr = hp_trust_hash_dll(L"bcrypt.dll", &dll);
    if (FAILED(hr))
        return hr;
#define FIND(member, name) it->member = (__typeof__(name) *)(void (*)(void))GetProcAddress(dll, #name)
    FIND(open, BCryptOpenAlgorithmProvider);
    FIND(close, BCryptCloseAlgorithmProvider);
    FIND(create, BCryptCreateHash);
    FIND(add, BCryptHashData);
    FIND(finish, BCryptFinishHash);
    FIND(destroy, BCryptDestroyHash);
#undef FIND
    return it->open != NULL && it->close != NULL && it->create != NULL && it->add != NULL &&
                   it->finish != NULL && it->destroy != NULL
               ? S_OK
               : HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
}

static HRESULT from_status(NTSTATUS status) {
    return status >= 0 ? S_OK : HRESULT_FROM_NT(status);
}

static HRESULT begin(hasher *it) {
    *it = (hasher){0};
    HRESULT hr = find_functions(it);
    if (SUCCEEDED(hr))
        hr = from_status(it->open(&it->algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0));
    if (FAILED(hr))
        return hr;
    /* Without room of ours for the hash's state it allocates that itself, from Windows 7 on. */
    hr = HP_FAULT("hash") ? E_OUTOFMEMORY
                          : from_status(it->create(it->algorithm, &it->hash, NULL, 0, NULL, 0, 0));
    if (FAILED(hr))
        it->close(it->algorithm, 0);
    return hr;
}

static HRESULT end(hasher *it, HRESULT hr, uint8_t *sha256) {
    if (SUCCEEDED(hr))
        hr = from_status(it->finish(it->hash, sha256, HP_TRUST_HASH_BYTES, 0));
    it->destroy(it->hash);
    it->close(it->algorithm, 0);
    return hr;
}

static BOOL rewind_file(HANDLE file) {
    return SetFilePointerEx(file, (LARGE_INTEGER){0}, NULL, FILE_BEGIN);
}

static HRESULT add_file(hasher *it, HANDLE file, unsigned char *chunk) {
    DWORD size;
    do {
        if (HP_FAULT("reading the EXE") || !ReadFile(file, chunk, CHUNK, &size, NULL))
            return HRESULT_FROM_WIN32(GetLastError());
        HRESULT hr = from_status(it->add(it->hash, chunk, size, 0));
        if (FAILED(hr))
            return hr;
    } while (size > 0);
    return S_OK;
}

HRESULT hp_trust_hash_file(HANDLE file, uint8_t *sha256) {
    hasher it;
    if (!rewind_file(file))
        return HRESULT_FROM_WIN32(GetLastError());
    unsigned char *chunk = HP_FAULT("memory for reading the EXE") ? NULL : malloc(CHUNK);
    if (chunk == NULL)
        return E_OUTOFMEMORY;
    HRESULT hr = begin(&it);
    if (SUCCEEDED(hr))
        hr = end(&it, add_file(&it, file, chunk), sha256);
    free(chunk);
    rewind_file(file);
    return hr;
}

HRESULT hp_trust_hash_bytes(const void *bytes, uint32_t size, uint8_t *sha256) {
    hasher it;
    HRESULT hr = begin(&it);
    if (FAILED(hr))
        return hr;
    return end(&it, from_status(it.add(it.hash, (PUCHAR)(uintptr_t)bytes, size, 0)), sha256);
}

const char *hp_trust_hash_text(const uint8_t *sha256, char *text) {
    for (size_t i = 0; i < HP_TRUST_HASH_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", sha256[i]);
    return text;
}
