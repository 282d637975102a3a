#include "server/invoke.h"

#include <string.h>

#include <oleauto.h>

#include "idl/fault.h"
#include "idl/log.h"
#include "idl/protocol.h"
#include "server/argument.h"
#include "server/automation.h"
#include "server/call.h"
#include "server/method.h"
#include "server/worker.h"

#define KNOWN_FLAGS (DISPATCH_METHOD | DISPATCH_PROPERTYGET | DISPATCH_PROPERTYPUT | DISPATCH_PROPERTYPUTREF)

// One invocation of a member.
typedef struct invocation {
    hp_object *object;
    VARIANT *argument; // last parameter first, as in DISPPARAMS
    LCID locale;
    VARIANT *result;    // empty; NULL: the caller does not want it
    UINT bad;           // index of an argument of the wrong type
    hp_trouble trouble; // a failure of the member itself
} invocation;

static HRESULT bad_argument_at(invocation *call, UINT index, HRESULT hr) {
    call->bad = index;
    return hr;
}

// ASCII text as a string result.
static HRESULT return_text(invocation *call, const char *text) {
    if (!call->result)
        return S_OK;
    size_t length = strlen(text);
    BSTR string =
        length > INT_MAX / 2 || HP_FAULT("memory for a text") ? NULL : SysAllocStringLen(NULL, (UINT)length);
    if (!string)
        return hp_trouble_set(&call->trouble, E_OUTOFMEMORY, NULL, "a string of %zu characters", length);
    for (size_t i = 0; i < length; ++i)
        string[i] = (unsigned char)text[i];
    V_VT(call->result) = VT_BSTR;
    V_BSTR(call->result) = string;
    return S_OK;
}

static HRESULT return_integer(invocation *call, LONG value) {
    if (call->result) {
        V_VT(call->result) = VT_I4;
        V_I4(call->result) = value;
    }
    return S_OK;
}

// Names are ASCII of a bounded length, so whatever is longer or not ASCII is unknown.
static HRESULT find_export(invocation *call, BSTR name, const hp_export **item) {
    char text[HP_NAME_MAX];
    UINT length = SysStringLen(name);
    *item = NULL;
    if (length <= sizeof text) {
        UINT i = 0;
        for (; i < length && name[i] < 0x80; ++i)
            text[i] = (char)name[i];
        if (i == length)
            *item = hp_exports_find(call->object->exports, text, length);
    }
    return *item ? S_OK : hp_trouble_set_wide(&call->trouble, HP_E_NAME_UNKNOWN, name ? name : L"", NULL);
}

static HRESULT get_names(invocation *call) {
    return return_text(call, call->object->exports->names);
}

static HRESULT get_signature(invocation *call) {
    BSTR name;
    const hp_export *item;
    HRESULT hr = hp_argument_string(&call->argument[0], &name);
    if (FAILED(hr))
        return bad_argument_at(call, 0, hr);
    hr = find_export(call, name, &item);
    return FAILED(hr) ? hr : return_text(call, item->signature);
}

// One element for each parameter. Which is to blame is said in words: they are part of one argument.
static HRESULT run_values(invocation *call, const hp_export *item, const VARIANT *values, size_t count) {
    const VARIANT *value[HP_SIGNATURE_MAX_PARAMETERS];
    const uint16_t wanted = item->marshal.signature.count;
    uint16_t bad;
    if (count != wanted)
        return hp_trouble_set(&call->trouble, DISP_E_BADPARAMCOUNT, item->name,
                              "%zu values for %u parameters", count, (unsigned)wanted);
    for (uint16_t i = 0; i < wanted; ++i)
        value[i] = &values[i];
    return hp_automation_run(call->object->exports, item, value, call->locale, call->result, &bad,
                             &call->trouble);
}

static HRESULT run_array(invocation *call, BSTR name, SAFEARRAY *array, size_t count) {
    const hp_export *item;
    void *values;
    HRESULT hr = find_export(call, name, &item);
    if (!item)
        return hr;
    hr = HP_FAULT("access to the call's values") ? E_UNEXPECTED : SafeArrayAccessData(array, &values);
    if (FAILED(hr))
        return bad_argument_at(call, 0, DISP_E_TYPEMISMATCH);
    hr = count && !values ? bad_argument_at(call, 0, DISP_E_TYPEMISMATCH)
                          : run_values(call, item, values, count);
    SafeArrayUnaccessData(array);
    return hr;
}

static HRESULT run(invocation *call) {
    BSTR name;
    SAFEARRAY *array;
    size_t size;
    const hp_export *item;
    HRESULT hr = hp_argument_string(&call->argument[1], &name);
    if (FAILED(hr))
        return bad_argument_at(call, 1, hr);
    if (SUCCEEDED(hp_argument_values(&call->argument[0], &array, &size)))
        return run_array(call, name, array, size);
    hr = hp_argument_bytes(&call->argument[0], &array, &size);
    if (FAILED(hr))
        return bad_argument_at(call, 0, hr);
    hr = find_export(call, name, &item);
    if (FAILED(hr))
        return hr;
    void *bytes;
    hr = HP_FAULT("access to the call's bytes") ? E_UNEXPECTED : SafeArrayAccessData(array, &bytes);
    if (FAILED(hr) || (size && !bytes)) {
        if (SUCCEEDED(hr))
            SafeArrayUnaccessData(array);
        return bad_argument_at(call, 0, DISP_E_TYPEMISMATCH);
    }
    SAFEARRAY *reply = NULL;
    hr = hp_call_execute(call->object->exports, item, bytes, size, call->result ? &reply : NULL,
                         &call->trouble);
    SafeArrayUnaccessData(array);
    if (SUCCEEDED(hr) && call->result) {
        V_VT(call->result) = VT_ARRAY | VT_UI1;
        V_ARRAY(call->result) = reply;
    }
    return hr;
}

static HRESULT get_process_id(invocation *call) {
    return return_integer(call, (LONG)GetCurrentProcessId());
}

static HRESULT get_protocol_version(invocation *call) {
    return return_integer(call, HP_PROTOCOL_VERSION);
}

static HRESULT get_image_identity(invocation *call) {
    return return_text(call, call->object->exports->identity);
}

static HRESULT connect_client(invocation *call) {
    LONG process_id;
    HRESULT hr = hp_argument_integer(&call->argument[0], &process_id);
    if (FAILED(hr))
        return bad_argument_at(call, 0, hr);
    return hp_connection_open(call->object, (DWORD)process_id, &call->trouble);
}

static HRESULT disconnect_client(invocation *call) {
    return hp_connection_end(call->object, &call->trouble);
}

// Handles of this system have 32 significant bits, and are sign-extended.
static HRESULT open_channel(invocation *call) {
    LONG value[3]; // in the order of the parameters; arguments come in reverse
    for (UINT i = 0; i < 3; ++i) {
        HRESULT hr = hp_argument_integer(&call->argument[2 - i], &value[i]);
        if (FAILED(hr))
            return bad_argument_at(call, 2 - i, hr);
    }
    const hp_channel_handles handles = {LongToHandle(value[0]), LongToHandle(value[1]),
                                        LongToHandle(value[2])};
    return hp_worker_start(call->object, &handles, &call->trouble);
}

static const struct member {
    DISPID id;
    WORD flags; // any one of these
    UINT count; // arguments
    HRESULT (*run)(invocation *call);
} members[] = {
    {HP_DISPID_GET_NAMES, DISPATCH_METHOD, 0, get_names},
    {HP_DISPID_CALL, DISPATCH_METHOD, 2, run},
    {HP_DISPID_GET_SIGNATURE, DISPATCH_METHOD, 1, get_signature},
    {HP_DISPID_PROCESS_ID, DISPATCH_METHOD | DISPATCH_PROPERTYGET, 0, get_process_id},
    {HP_DISPID_PROTOCOL_VERSION, DISPATCH_METHOD | DISPATCH_PROPERTYGET, 0, get_protocol_version},
    {HP_DISPID_IMAGE_IDENTITY, DISPATCH_METHOD | DISPATCH_PROPERTYGET, 0, get_image_identity},
    {HP_DISPID_CONNECT, DISPATCH_METHOD, 1, connect_client},
    {HP_DISPID_DISCONNECT, DISPATCH_METHOD, 0, disconnect_client},
    {HP_DISPID_OPEN_CHANNEL, DISPATCH_METHOD, 3, open_channel},
};

// The member that is asked for. Flags are a set: script engines that do not know whether they read a property
// or call a method set both. Nothing here can be written to.
static HRESULT find_member(DISPID id, WORD flags, const struct member **member) {
    if (flags & ~KNOWN_FLAGS)
        return E_INVALIDARG;
    for (size_t i = 0; i < sizeof members / sizeof *members; ++i) {
        if (members[i].id != id)
            continue;
        if (!(flags & members[i].flags) || (flags & (DISPATCH_PROPERTYPUT | DISPATCH_PROPERTYPUTREF)))
            break;
        *member = &members[i];
        return S_OK;
    }
    return DISP_E_MEMBERNOTFOUND;
}

static void describe(const hp_trouble *trouble, EXCEPINFO *exception) {
    char line[1536];
    wchar_t wide[1536];
    hp_trouble_format(trouble, line, sizeof line);
    memset(exception, 0, sizeof *exception);
    exception->scode = trouble->result;
    exception->bstrSource = SysAllocString(L"Hotpatch");
    // UTF-16 never takes more units than UTF-8 takes bytes.
    if (MultiByteToWideChar(CP_UTF8, 0, line, -1, wide, (int)(sizeof wide / sizeof *wide)))
        exception->bstrDescription = SysAllocString(wide);
}

// What Automation has codes for, and an index, instead of an exception.
static int is_about_argument(HRESULT hr) {
    return hr == DISP_E_TYPEMISMATCH || hr == DISP_E_OVERFLOW || hr == DISP_E_PARAMNOTOPTIONAL;
}

static HRESULT run_method(invocation *call, const hp_export *item, WORD flags, const DISPPARAMS *parameters) {
    hp_method_arguments arguments;
    uint16_t bad;
    if (flags & ~KNOWN_FLAGS)
        return E_INVALIDARG;
    if (!(flags & DISPATCH_METHOD) || (flags & (DISPATCH_PROPERTYPUT | DISPATCH_PROPERTYPUTREF)))
        return DISP_E_MEMBERNOTFOUND;
    if (!parameters)
        return E_INVALIDARG;
    HRESULT hr = hp_method_arrange(item, parameters, &arguments, &call->bad);
    if (FAILED(hr))
        return hr;
    hr = hp_automation_run(call->object->exports, item, arguments.value, call->locale, call->result, &bad,
                           &call->trouble);
    if (FAILED(hr) && bad != HP_AUTOMATION_NOBODY && is_about_argument(hr)) {
        call->bad = arguments.place[bad];
        call->trouble.result = S_OK;
    }
    return hr;
}

static HRESULT run_member(invocation *call, const struct member *member, const DISPPARAMS *parameters) {
    if (!parameters)
        return E_INVALIDARG;
    if (parameters->cNamedArgs)
        return DISP_E_NONAMEDARGS;
    if (parameters->cArgs != member->count)
        return DISP_E_BADPARAMCOUNT;
    if (member->count && !parameters->rgvarg)
        return E_INVALIDARG;
    call->argument = parameters->rgvarg;
    return member->run(call);
}

HRESULT hp_invoke_member(hp_object *object, DISPID id, WORD flags, const DISPPARAMS *parameters, LCID locale,
                         VARIANT *result, EXCEPINFO *exception, UINT *bad_argument) {
    const hp_export *item = hp_method_export(object->exports, id);
    const struct member *member = NULL;
    HRESULT hr = item ? S_OK : find_member(id, flags, &member);
    if (FAILED(hr))
        return hr;

    invocation call;
    call.object = object;
    call.result = result;
    call.locale = locale;
    call.bad = 0;
    call.trouble.result = S_OK;
    call.trouble.thing[0] = call.trouble.detail[0] = '\0';
    if (result)
        VariantInit(result);
    hr = item ? run_method(&call, item, flags, parameters) : run_member(&call, member, parameters);
    if (SUCCEEDED(hr))
        return S_OK;
    if (SUCCEEDED(call.trouble.result)) { // Automation's own codes
        if (bad_argument)
            *bad_argument = call.bad;
        return hr;
    }
    hp_log_trouble(HP_LOG_WARNING, &call.trouble);
    if (exception)
        describe(&call.trouble, exception);
    return DISP_E_EXCEPTION;
}
