#include "registry/class_derive.h"

#include <string.h>

#include <bcrypt.h>

#include "idl/fault.h"
#include "registry/class.h"
#include "registry/class_table.h"

// Random, made once. Changing it would give every class that was ever derived a new id.
static const GUID name_space = {0x8e0b7c53, 0x2d96, 0x4a41, {0xa7, 0x3c, 0x51, 0xe8, 0x0d, 0x94, 0xf6, 0x2b}};

// A GUID keeps its first three fields as integers of the machine; RFC 9562 hashes
// them most significant byte first.
static void to_network(const GUID *id, uint8_t bytes[16]) {
    uint32_t fields[3] = {id->Data1, id->Data2, id->Data3};
    static const int widths[3] = {4, 2, 2};
    for (int field = 0; field < 3; field++) {
        for (int i = widths[field] - 1; i >= 0; i--)
            *bytes++ = (uint8_t)(fields[field] >> (8 * i));
    }
    memcpy(bytes, id->Data4, 8);
}

static void from_network(const uint8_t bytes[16], GUID *id) {
    id->Data1 = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    id->Data2 = (uint16_t)(bytes[4] << 8 | bytes[5]);
    id->Data3 = (uint16_t)(bytes[6] << 8 | bytes[7]);
    memcpy(id->Data4, bytes + 8, 8);
}

static NTSTATUS sha1(const uint8_t *space, const void *name, size_t length, uint8_t digest[20]) {
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_HASH_HANDLE hash = NULL;
    NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA1_ALGORITHM, NULL, 0);
    if (status < 0)
        return status;
    status = BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0);
    if (status >= 0) {
        status = BCryptHashData(hash, (UCHAR *)(uintptr_t)space, 16, 0);
        if (status >= 0 && length)
            status = BCryptHashData(hash, (UCHAR *)(uintptr_t)name, (ULONG)length, 0);
        if (status >= 0)
            status = BCryptFinishHash(hash, digest, 20, 0);
        (void)BCryptDestroyHash(hash);
    }
    (void)BCryptCloseAlgorithmProvider(algorithm, 0);
    return status;
}

HRESULT hp_class_derive_uuid(const GUID *space, const void *name, size_t length, GUID *id) {
    uint8_t bytes[16], digest[20];
    *id = (GUID){0};
    if (length > 0xffff)
        return E_INVALIDARG;
    to_network(space, bytes);
    if (HP_FAULT("SHA-1"))
        return HRESULT_FROM_WIN32(GetLastError());
    NTSTATUS status = sha1(bytes, name, length, digest);
    if (status < 0)
        return HRESULT_FROM_NT(status);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50); // version 5
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); // variant of the RFC
    from_network(digest, id);
    return S_OK;
}

HRESULT hp_class_derive_clsid(const wchar_t *progid, uint32_t version, CLSID *clsid) {
    wchar_t versioned[HP_CLASS_PROGID_MAX + 1];
    char name[HP_CLASS_PROGID_MAX + 1];
    *clsid = (CLSID){0};
    HRESULT hr = hp_class_table_versioned(progid, version, versioned);
    if (FAILED(hr))
        return hr;
    // The registry does not tell Acme.Game from ACME.GAME, so neither does the id. A valid ProgID is ASCII.
    size_t length = 0;
    for (; versioned[length]; length++) {
        char c = (char)versioned[length];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + ('a' - 'A'));
        name[length] = c;
    }
    return hp_class_derive_uuid(&name_space, name, length, clsid);
}
