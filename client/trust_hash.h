/**
 * @file trust_hash.h
 * SHA-256 by the system's bcrypt.dll. The DLL is loaded when it is first needed, from the system's folder
 * only, and stays loaded: an app that names no hash does not load it for that.
 */
#ifndef HP_CLIENT_TRUST_HASH_H
#define HP_CLIENT_TRUST_HASH_H

#include "hotpatch/base.h"
#include "hotpatch/error.h"

#define HP_TRUST_HASH_BYTES 32
#define HP_TRUST_HASH_CHARS (2 * HP_TRUST_HASH_BYTES + 1)

/**
 * Of a file's content.
 *
 * @param file    readable; read from its beginning to its end, and left at its beginning
 * @param sha256  receives HP_TRUST_HASH_BYTES
 * @return S_OK, a wrapped Win32 error or one of bcrypt's. Thread-safe.
 */
HRESULT hp_trust_hash_file(HANDLE file, uint8_t *sha256);

/** Of bytes in memory. As above. */
HRESULT hp_trust_hash_bytes(const void *bytes, uint32_t size, uint8_t *sha256);

/** As text: digits 0-9a-f. @param text HP_TRUST_HASH_CHARS characters; returned */
const char *hp_trust_hash_text(const uint8_t *sha256, char *text);

/**
 * A DLL of the system, from the system's folder and from no other: neither the app's own nor the current one
 * is looked at. It stays loaded.
 *
 * @param dll  receives it
 * @return S_OK or a wrapped Win32 error
 */
HRESULT hp_trust_hash_dll(const wchar_t *name, HMODULE *dll);

#endif
