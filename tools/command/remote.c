#include "tools/command/remote.h"

#include <stdlib.h>
#include <string.h>

#include "client/activate.h"
#include "client/goodbye.h"
#include "client/transport.h"
#include "idl/array.h"
#include "idl/protocol.h"
#include "tools/tool.h"

/* This process has one thread, and it is in no apartment: so it counts to the multithreaded one while that is
 * held, and no job is needed for what hp_attach_reach does in one. */
HRESULT hp_remote_open(const char *progid, int allow_elevated, hp_remote *remote, hp_trouble *trouble) {
    static const hp_functable none; /* the app has no functions: nothing but names is asked */
    const hp_attach_options options = {.size = sizeof options,
                                       .flags = allow_elevated ? HP_ATTACH_ALLOW_ELEVATED : 0};
    *remote = (hp_remote){0};
    wchar_t *wide = hp_tool_wide(progid);
    HRESULT hr = wide ? hp_class_lookup(wide, &remote->found, trouble) : E_OUTOFMEMORY;
    free(wide);
    if (SUCCEEDED(hr))
        hr = hp_apartment_hold(&remote->apartment);
    if (SUCCEEDED(hr))
        hr = hp_activate_update(&remote->found, &options, NULL, &remote->update, &remote->started, trouble);
    if (hr == HP_E_ELEVATED && trouble)
        hp_trouble_add(trouble, "--allow-elevated permits it");
    if (SUCCEEDED(hr))
        hr = hp_offer_ask(remote->update, &none, &remote->offer, trouble);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, progid, NULL) : hr;
}

static HRESULT unknown_name(const hp_remote *remote, const char *name, hp_trouble *trouble) {
    const char **names = malloc((remote->offer.count + 1) * sizeof *names);
    for (size_t i = 0; i < remote->offer.count && names; i++)
        names[i] = remote->offer.items[i].name;
    const char *nearest = names ? hp_tool_nearest(name, names, remote->offer.count) : NULL;
    free(names);
    *trouble = (hp_trouble){0};
    return nearest ? hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, name, "is \"%s\" meant?", nearest)
                   : hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, name, "the update does not offer it");
}

static HRESULT ask_signature(hp_remote *remote, const char *name, VARIANT *result, hp_trouble *trouble) {
    VARIANT argument;
    char detail[256];
    wchar_t *wide = hp_tool_wide(name);
    V_VT(&argument) = VT_BSTR;
    V_BSTR(&argument) = wide ? SysAllocString(wide) : NULL;
    free(wide);
    VariantInit(result);
    if (!V_BSTR(&argument))
        return hp_trouble_set(trouble, E_OUTOFMEMORY, name, NULL);
    HRESULT hr = hp_transport_ask(remote->update, HP_DISPID_GET_SIGNATURE, &argument, 1, result, detail,
                                  sizeof detail);
    VariantClear(&argument);
    if (hr == HP_E_NAME_UNKNOWN || hr == HP_E_NAME_INVALID || hr == HP_E_NAME_TOO_LONG)
        return unknown_name(remote, name, trouble);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, name, "%s", detail);
    if (V_VT(result) != VT_BSTR || SysStringLen(V_BSTR(result)) != wcslen(V_BSTR(result)))
        return hp_trouble_set(trouble, HP_E_SERVER_NOT_HOTPATCH, name, "its signature is no text");
    return S_OK;
}

HRESULT hp_remote_signature(hp_remote *remote, const char *name, char **signature, hp_trouble *trouble) {
    VARIANT result;
    *signature = NULL;
    HRESULT hr = ask_signature(remote, name, &result, trouble);
    if (SUCCEEDED(hr) && SysStringLen(V_BSTR(&result)) > HP_SIGNATURE_MAX)
        hr = hp_trouble_set(trouble, HP_E_SIGNATURE_LIMIT, name, NULL);
    if (SUCCEEDED(hr) && !(*signature = hp_tool_utf8(V_BSTR(&result))))
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, name, NULL);
    VariantClear(&result);
    return hr;
}

/* COM has copied the bytes: nobody else can change them any more. */
static HRESULT read_reply(const VARIANT *result, hp_frame *reply) {
    VARTYPE type;
    const SAFEARRAY *array = V_ARRAY(result);
    if (V_VT(result) != (VT_ARRAY | VT_UI1) || !array || SafeArrayGetDim(V_ARRAY(result)) != 1 ||
        FAILED(SafeArrayGetVartype(V_ARRAY(result), &type)) || type != VT_UI1)
        return HP_E_FRAME_MALFORMED;
    return hp_frame_read(array->pvData, array->rgsabound[0].cElements, HP_ARCH_HERE, HP_FRAME_REPLY, reply);
}

HRESULT hp_remote_call(hp_remote *remote, const char *name, hp_frame *call, hp_frame *reply, VARIANT *hold,
                       hp_trouble *trouble) {
    SAFEARRAY *array = NULL;
    VARIANT arguments[2]; /* the last one first */
    char detail[256] = "";
    VariantInit(hold);
    wchar_t *wide = hp_tool_wide(name);
    V_VT(&arguments[1]) = VT_BSTR;
    V_BSTR(&arguments[1]) = wide ? SysAllocString(wide) : NULL;
    free(wide);
    HRESULT hr = V_BSTR(&arguments[1]) ? hp_array_make(call, &array) : E_OUTOFMEMORY;
    if (SUCCEEDED(hr)) {
        V_VT(&arguments[0]) = VT_ARRAY | VT_UI1;
        V_ARRAY(&arguments[0]) = array;
        hr = hp_transport_ask(remote->update, HP_DISPID_CALL, arguments, 2, hold, detail, sizeof detail);
        SafeArrayDestroy(array);
    }
    SysFreeString(V_BSTR(&arguments[1]));
    if (SUCCEEDED(hr))
        hr = read_reply(hold, reply);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, name, "%s", detail) : hr;
}

void hp_remote_close(hp_remote *remote) {
    if (remote->update)
        hp_goodbye_say(remote->update, remote->started.process);
    if (remote->started.process)
        hp_start_end(&remote->started);
    hp_offer_free(&remote->offer);
    hp_class_free(&remote->found);
    hp_apartment_release(&remote->apartment);
    *remote = (hp_remote){0};
}
