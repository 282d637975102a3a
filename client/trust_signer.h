/**
 * @file trust_signer.h
 * Who has signed an EXE: Authenticode, by the system's wintrust.dll, which is loaded when it is first needed
 * (from the system's folder only) and stays.
 */
#ifndef HP_CLIENT_TRUST_SIGNER_H
#define HP_CLIENT_TRUST_SIGNER_H

#include "hotpatch/base.h"
#include "idl/trouble.h"

/**
 * Is the file signed with this certificate, and unchanged since? The first signature embedded in the file
 * counts. As the certificate is named, it need not lead to a trusted root, and may have expired; one that
 * the system knows as revoked or distrusted is refused. The network is not used.
 *
 * @param exe      full path of the file
 * @param file     the same file, readable, kept from changing
 * @param signer   SHA-256 of the certificate (DER), 32 bytes
 * @param trouble  receives what differs
 * @return S_OK or HP_E_IMAGE_UNTRUSTED; the latter also where the system cannot verify. Thread-safe.
 */
HRESULT hp_trust_signer_check(const wchar_t *exe, HANDLE file, const uint8_t *signer, hp_trouble *trouble);

#endif
