#include "client/trust_signer.h"

#include <string.h>

#include <wintrust.h>

#include <softpub.h>

#include "client/trust_hash.h"
#include "idl/fault.h"

typedef struct verifier {
    __typeof__(WinVerifyTrust) *verify;
    __typeof__(WTHelperProvDataFromStateData) *provider;
    __typeof__(WTHelperGetProvSignerFromChain) *signer;
    __typeof__(WTHelperGetProvCertFromChain) *certificate;
} verifier;

static HRESULT find_functions(verifier *it) {
    HMODULE dll;
    HRESULT hr = hp_trust_hash_dll(L"wintrust.dll", &dll);
    if (FAILED(hr))
        return hr;
#define FIND(member, name) it->member = (__typeof__(name) *)(void (*)(void))GetProcAddress(dll, #name)
    FIND(verify, WinVerifyTrust);
    FIND(provider, WTHelperProvDataFromStateData);
    FIND(signer, WTHelperGetProvSignerFromChain);
    FIND(certificate, WTHelperGetProvCertFromChain);
#undef FIND
    return it->verify != NULL && it->provider != NULL && it->signer != NULL && it->certificate != NULL
               ? S_OK
               : HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
}

/*
 * Nothing wrong, or only with what vouches for the certificate. WinVerifyTrust gives the first error of its
 * steps, and the digest and the signature come before the chain.
 */
static int is_about_the_chain_at_most(LONG error) {
    switch (error) {
    case S_OK:
    case CERT_E_UNTRUSTEDROOT:
    case CERT_E_UNTRUSTEDTESTROOT:
    case CERT_E_UNTRUSTEDCA:
    case CERT_E_CHAINING:
    case CERT_E_EXPIRED:
        return 1;
    default:
        return 0;
    }
}

static const char *meaning(LONG error) {
    switch (error) {
    case TRUST_E_NOSIGNATURE:
    case TRUST_E_SUBJECT_FORM_UNKNOWN:
        return ": it is not signed";
    case TRUST_E_BAD_DIGEST:
        return ": it was changed after it was signed";
    case TRUST_E_EXPLICIT_DISTRUST:
    case CERT_E_REVOKED:
        return ": its signer is no longer trusted";
    default:
        return "";
    }
}

static HRESULT refuse(const wchar_t *exe, LONG error, hp_trouble *trouble) {
    return hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe,
                               "its signature cannot be relied on (0x%08lX)%s", (unsigned long)error,
                               meaning(error));
}

/* What the verification has left behind: every step's error, and the certificate. */
static HRESULT check_signer(const verifier *it, HANDLE state, const wchar_t *exe, const uint8_t *expected,
                            hp_trouble *trouble) {
    CRYPT_PROVIDER_DATA *data = it->provider(state);
    for (DWORD i = 0; data != NULL && data->padwTrustStepErrors != NULL && i < data->cdwTrustStepErrors; i++)
        if (!is_about_the_chain_at_most((LONG)data->padwTrustStepErrors[i]))
            return refuse(exe, (LONG)data->padwTrustStepErrors[i], trouble);
    CRYPT_PROVIDER_SGNR *signer = data != NULL ? it->signer(data, 0, FALSE, 0) : NULL;
    CRYPT_PROVIDER_CERT *found = signer != NULL ? it->certificate(signer, 0) : NULL;
    if (found == NULL || found->pCert == NULL || HP_FAULT("certificate of the EXE"))
        return refuse(exe, TRUST_E_NO_SIGNER_CERT, trouble);
    if (!is_about_the_chain_at_most((LONG)signer->dwError))
        return refuse(exe, (LONG)signer->dwError, trouble);
    uint8_t sha256[HP_TRUST_HASH_BYTES];
    char text[HP_TRUST_HASH_CHARS], expected_text[HP_TRUST_HASH_CHARS];
    HRESULT hr = hp_trust_hash_bytes(found->pCert->pbCertEncoded, found->pCert->cbCertEncoded, sha256);
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe,
                                   "the SHA-256 of its signer's certificate cannot be computed (0x%08lX)",
                                   (unsigned long)hr);
    if (memcmp(sha256, expected, sizeof sha256) == 0)
        return S_OK;
    return hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe,
                               "its signer's certificate has the SHA-256 %s and not %s",
                               hp_trust_hash_text(sha256, text), hp_trust_hash_text(expected, expected_text));
}

HRESULT hp_trust_signer_check(const wchar_t *exe, HANDLE file, const uint8_t *signer, hp_trouble *trouble) {
    verifier it = {0};
    HRESULT hr = find_functions(&it);
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, HP_E_IMAGE_UNTRUSTED, exe,
                                   "this system cannot verify signatures (0x%08lX)", (unsigned long)hr);
    WINTRUST_FILE_INFO subject = {.cbStruct = sizeof subject, .pcwszFilePath = exe, .hFile = file};
    WINTRUST_DATA data = {.cbStruct = sizeof data,
                          .dwUIChoice = WTD_UI_NONE,
                          .fdwRevocationChecks = WTD_REVOKE_NONE,
                          .dwUnionChoice = WTD_CHOICE_FILE,
                          .pFile = &subject,
                          .dwStateAction = WTD_STATEACTION_VERIFY,
                          .dwProvFlags = WTD_REVOCATION_CHECK_NONE | WTD_CACHE_ONLY_URL_RETRIEVAL};
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    LONG result = it.verify(INVALID_HANDLE_VALUE, &action, &data);
    if (is_about_the_chain_at_most(result))
        hr = check_signer(&it, data.hWVTStateData, exe, signer, trouble);
    else
        hr = refuse(exe, result, trouble);
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    it.verify(INVALID_HANDLE_VALUE, &action, &data);
    return hr;
}
