#include "server/caller.h"

#include <string.h>

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"

// MS-COMA 2.2.2.21.1.1, and iaccess.h of the Windows SDK: without the bits for remote calls and activation.
#define RIGHTS_EXECUTE 0x1u
#define RIGHTS_EXECUTE_LOCAL 0x2u

HRESULT hp_caller_identify(HANDLE token, hp_caller_identity *identity) {
    union {
        TOKEN_USER user;
        TOKEN_MANDATORY_LABEL label;
        unsigned char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } answer;
    DWORD size;
    memset(identity, 0, sizeof *identity);
    if (HP_FAULT("user of a token") ||
        !GetTokenInformation(token, TokenUser, &answer, sizeof answer, &size) ||
        !CopySid(sizeof identity->user, &identity->user.sid, answer.user.User.Sid) ||
        HP_FAULT("integrity of a token") ||
        !GetTokenInformation(token, TokenIntegrityLevel, &answer, sizeof answer, &size))
        return HRESULT_FROM_WIN32(GetLastError());
    PSID level = answer.label.Label.Sid;
    identity->integrity = *GetSidSubAuthority(level, (DWORD)*GetSidSubAuthorityCount(level) - 1);
    return S_OK;
}

HRESULT hp_caller_judge(const hp_caller_identity *caller, const hp_caller_identity *own,
                        hp_trouble *trouble) {
    // Windows' own functions take no const.
    hp_caller_identity them = *caller;
    hp_caller_identity us = *own;
    if (!EqualSid(&them.user.sid, &us.user.sid))
        return hp_trouble_set(trouble, HP_E_CALLER, NULL, "an update serves its own user only");
    if (them.integrity < us.integrity)
        return hp_trouble_set(trouble, HP_E_CALLER, NULL,
                              "the same user, but less trusted (integrity 0x%X, the update has 0x%X)",
                              (unsigned)them.integrity, (unsigned)us.integrity);
    return S_OK;
}

hp_caller_news hp_caller_read(HRESULT impersonated) {
    if (SUCCEEDED(impersonated))
        return HP_CALLER_SHOWN;
    switch (impersonated) {
    case RPC_E_CALL_COMPLETE: // COM serves no call on this thread: Wine says so even while it does
    case E_NOTIMPL:
    case E_NOINTERFACE: // the call has no IServerSecurity
        return HP_CALLER_UNKNOWN;
    default:
        return HP_CALLER_HIDDEN;
    }
}

static HRESULT identify_us(hp_caller_identity *own) {
    HANDLE token;
    if (HP_FAULT("token of the update's process") ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return HRESULT_FROM_WIN32(GetLastError());
    HRESULT hr = hp_caller_identify(token, own);
    CloseHandle(token);
    return hr;
}

// The thread impersonates the caller. What is opened here is opened as ourselves.
static HRESULT identify_caller(hp_caller_identity *caller) {
    HANDLE token;
    if (HP_FAULT("token of a caller") || // this one fails for anonymous callers
        !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return HRESULT_FROM_WIN32(GetLastError());
    HRESULT hr = hp_caller_identify(token, caller);
    CloseHandle(token);
    return hr;
}

HRESULT hp_caller_check(hp_trouble *trouble) {
    static volatile LONG told;
    hp_caller_identity caller;
    hp_caller_identity own;
    HRESULT impersonated = CoImpersonateClient();
    switch (hp_caller_read(impersonated)) {
    case HP_CALLER_UNKNOWN:
        if (!InterlockedExchange(&told, 1))
            hp_log_write(HP_LOG_WARNING,
                         "COM does not say who calls (0x%08lX): callers are not looked at one by one",
                         (unsigned long)impersonated);
        return S_OK;
    case HP_CALLER_HIDDEN:
        return hp_trouble_set(trouble, HP_E_CALLER, NULL, "who calls cannot be found out (0x%08lX)",
                              (unsigned long)impersonated);
    case HP_CALLER_SHOWN:
        break;
    }
    HRESULT hr = identify_caller(&caller);
    CoRevertToSelf();
    if (SUCCEEDED(hr))
        hr = identify_us(&own);
    if (FAILED(hr))
        return hp_trouble_set(trouble, HP_E_CALLER, NULL, "the caller's token cannot be read (0x%08lX)",
                              (unsigned long)hr);
    return hp_caller_judge(&caller, &own, trouble);
}

typedef struct descriptor {
    SECURITY_DESCRIPTOR absolute;
    union {
        ACL acl;
        unsigned char room[sizeof(ACL) + 2 * (sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE)];
    } list;
    hp_caller_identity own;
    union {
        SID sid;
        unsigned char room[SECURITY_MAX_SID_SIZE];
    } system;
} descriptor;

// COM wants owner and group set, and no system list. Its own services run as SYSTEM, which could do
// everything to this process anyway.
static BOOL fill(descriptor *it) {
    DWORD size = sizeof it->system;
    const DWORD rights = RIGHTS_EXECUTE | RIGHTS_EXECUTE_LOCAL;
    return !HP_FAULT("security descriptor") &&
           CreateWellKnownSid(WinLocalSystemSid, NULL, &it->system.sid, &size) &&
           InitializeAcl(&it->list.acl, sizeof it->list, ACL_REVISION) &&
           AddAccessAllowedAce(&it->list.acl, ACL_REVISION, rights, &it->own.user.sid) &&
           AddAccessAllowedAce(&it->list.acl, ACL_REVISION, rights, &it->system.sid) &&
           InitializeSecurityDescriptor(&it->absolute, SECURITY_DESCRIPTOR_REVISION) &&
           SetSecurityDescriptorOwner(&it->absolute, &it->own.user.sid, FALSE) &&
           SetSecurityDescriptorGroup(&it->absolute, &it->own.user.sid, FALSE) &&
           SetSecurityDescriptorDacl(&it->absolute, TRUE, &it->list.acl, FALSE);
}

HRESULT hp_caller_protect(hp_trouble *trouble) {
    descriptor it;
    HRESULT hr = identify_us(&it.own);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "the token of this process cannot be read");
    if (!fill(&it))
        return hp_trouble_set_last_error(trouble, NULL, "a security descriptor could not be made: a call");
    // Identify is all that this process's own calls show of it, as by default.
    hr = HP_FAULT("security of COM")
             ? E_UNEXPECTED
             : CoInitializeSecurity(&it.absolute, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
                                    RPC_C_IMP_LEVEL_IDENTIFY, NULL, EOAC_NONE, NULL);
    if (hr == RPC_E_TOO_LATE) {
        hp_log_write(HP_LOG_WARNING, "this program has set COM's security before hp_com_main: it stays so");
        return hr;
    }
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, "CoInitializeSecurity failed") : S_OK;
}
