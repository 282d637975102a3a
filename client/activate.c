#include "client/activate.h"

#include <objbase.h>

#include "client/start.h"
#include "client/trust.h"
#include "idl/fault.h"

enum { START_TIMEOUT_MS = 30000 };

/* What COM would only report as "server execution failed", some of it after a long wait. */
static HRESULT check_there(const wchar_t *exe, hp_trouble *trouble) {
    DWORD attributes = HP_FAULT("look at the EXE") ? INVALID_FILE_ATTRIBUTES : GetFileAttributesW(exe);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return hp_trouble_set_wide(trouble, HP_E_SERVER_MISSING, exe, NULL);
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return hp_trouble_set_wide(trouble, HP_E_SERVER_NOT_EXECUTABLE, exe, NULL);
    return S_OK;
}

static HRESULT check_type(const wchar_t *exe, hp_trouble *trouble) {
    DWORD type;
    if (HP_FAULT("type of the EXE") || !GetBinaryTypeW(exe, &type) ||
        (type != SCS_64BIT_BINARY && type != SCS_32BIT_BINARY))
        return hp_trouble_set_wide(trouble, HP_E_SERVER_NOT_EXECUTABLE, exe, NULL);
    if (type != (HP_X64 ? SCS_64BIT_BINARY : SCS_32BIT_BINARY))
        return hp_trouble_set_wide(trouble, HP_E_SERVER_ARCHITECTURE, exe, "the app is %s",
                                   HP_X64 ? "x64" : "x86");
    return S_OK;
}

static HRESULT create_object(const CLSID *clsid, IDispatch **update) {
    *update = NULL;
    if (HP_FAULT("class object"))
        return HRESULT_FROM_WIN32(ERROR_GEN_FAILURE);
    return CoCreateInstance(clsid, NULL, CLSCTX_LOCAL_SERVER, &IID_IDispatch, (void **)update);
}

static int is_elevated(void) {
    HANDLE token;
    TOKEN_ELEVATION elevation = {0};
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return 1; /* unknown: the careful answer */
    BOOL known = GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size);
    CloseHandle(token);
    return !known || elevation.TokenIsElevated != 0;
}

/* COM says less of a start that fails than start.h does. */
static HRESULT translate(HRESULT hr) {
    switch (hr) {
    case CO_E_SERVER_EXEC_FAILURE:
        return HP_E_SERVER_SILENT;
    case CO_E_APPDIDNTREG:
        return HP_E_SERVER_EXITED;
    default:
        return hr;
    }
}

/* COM starts it, or knows one that runs already. */
static HRESULT ask_com(const hp_class_found *found, HANDLE file, IDispatch **update, hp_trouble *trouble) {
    HRESULT hr = create_object(&found->clsid, update);
    if (FAILED(hr)) {
        hp_trouble_set_wide(trouble, translate(hr), found->progid, "COM cannot start %ls", found->exe);
        return translate(hr);
    }
    hr = hp_trust_claim(file, found->exe, *update, trouble);
    if (FAILED(hr)) {
        IDispatch_Release(*update);
        *update = NULL;
    }
    return hr;
}

HRESULT hp_activate_update(const hp_class_found *found, const hp_attach_options *options,
                           const hp_start_limits *limits, IDispatch **update, hp_started *started,
                           hp_trouble *trouble) {
    *started = (hp_started){0};
    *update = NULL;
    HRESULT hr = check_there(found->exe, trouble);
    if (FAILED(hr))
        return hr;
    /* Whoever can write to HKEY_CURRENT_USER has chosen the EXE and the class id. */
    if (found->per_user && is_elevated() && (options->flags & HP_ATTACH_ALLOW_ELEVATED) == 0)
        return hp_trouble_set_wide(trouble, HP_E_ELEVATED, found->exe, NULL);
    hp_start_exe exe = {.path = found->exe};
    hr = hp_trust_hold(found->exe, options, &exe.file, trouble);
    if (FAILED(hr))
        return hr;
    hr = check_type(found->exe, trouble);
    hp_start_limits all = limits != NULL ? *limits : (hp_start_limits){0};
    all.timeout_ms = options->start_timeout_ms != 0 ? options->start_timeout_ms : START_TIMEOUT_MS;
    if (SUCCEEDED(hr))
        hr = found->per_user ? hp_start_update(&exe, &all, update, started, trouble)
                             : ask_com(found, exe.file, update, trouble);
    CloseHandle(exe.file);
    return hr;
}
