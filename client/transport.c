#include "client/transport.h"

#include <string.h>

#include "idl/fault.h"
#include "idl/protocol.h"
#include "idl/text.h"

/* Each was seen when an update was killed at some point of a call, or disconnected its object. */
static int means_gone(HRESULT hr) {
    switch (hr) {
    case RPC_E_DISCONNECTED:
    case RPC_E_SERVER_DIED:
    case RPC_E_SERVER_DIED_DNE:
    case CO_E_OBJNOTCONNECTED:
        return 1;
    default:
        return hr == HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE) ||
               hr == HRESULT_FROM_WIN32(RPC_S_CALL_FAILED) ||
               hr == HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE) ||
               hr == HRESULT_FROM_WIN32(RPC_S_COMM_FAILURE) || hr == HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE) ||
               hr == HRESULT_FROM_WIN32(ERROR_PIPE_NOT_CONNECTED);
    }
}

int hp_transport_retry(HRESULT hr, int *tries, HANDLE process) {
    enum { AT_ONCE = 64, MOST = 256, PAUSE_MS = 2 };
    if (hr != HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE) || ++*tries >= MOST)
        return 0;
    const DWORD pause_ms = *tries < AT_ONCE ? 0 : PAUSE_MS;
    if (process != NULL) /* under Wine 8 RPC loses a handle with each call to a process that has ended */
        return WaitForSingleObject(process, pause_ms) == WAIT_TIMEOUT;
    if (pause_ms > 0)
        Sleep(pause_ms);
    return 1;
}

HRESULT hp_transport_believe(HRESULT result) {
    switch (result) {
    case HP_E_UPDATE_GONE:
    case HP_E_DEADLINE:
    case HP_E_BREAKER_OPEN:
        return DISP_E_EXCEPTION;
    default:
        return FAILED(result) ? result : DISP_E_EXCEPTION;
    }
}

/* A long description is cut. */
static void take_description(BSTR description, char *detail, size_t capacity) {
    char utf8[3 * 512 + 1];
    UINT length = SysStringLen(description);
    length = length < 512 ? length : 512;
    if (length == 0 || detail == NULL || capacity == 0)
        return;
    int size = WideCharToMultiByte(CP_UTF8, 0, description, (int)length, utf8, sizeof utf8 - 1, NULL, NULL);
    utf8[size] = '\0';
    hp_text_copy(detail, capacity, utf8);
}

static HRESULT take_exception(EXCEPINFO *info, char *detail, size_t capacity) {
    /* pfnDeferredFillIn is not called: it came from the other process, and so would the address. */
    take_description(info->bstrDescription, detail, capacity);
    return hp_transport_believe(info->scode);
}

/* In doubt it has run. */
static hp_reach reach_of(HRESULT hr) {
    switch (hr) {
    case RPC_E_SERVER_DIED_DNE:
    case CO_E_OBJNOTCONNECTED:
    case RPC_E_CALL_REJECTED:
    case RPC_E_SERVERCALL_RETRYLATER:
        return HP_REACH_NOT_RUN;
    default:
        return hr == HRESULT_FROM_WIN32(RPC_S_CALL_FAILED_DNE) ||
                       hr == HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE) ||
                       hr == HRESULT_FROM_WIN32(RPC_S_SERVER_TOO_BUSY)
                   ? HP_REACH_NOT_RUN
                   : HP_REACH_MAYBE;
    }
}

/* An update that refuses may send along a result and texts all the same. */
static void forget(VARIANT *result, EXCEPINFO *exception) {
    if (result != NULL)
        VariantClear(result);
    SysFreeString(exception->bstrSource);
    SysFreeString(exception->bstrDescription);
    SysFreeString(exception->bstrHelpFile);
    *exception = (EXCEPINFO){0};
}

static HRESULT invoke(IDispatch *update, HANDLE process, DISPID member, VARIANT *arguments, unsigned count,
                      VARIANT *result, hp_reach *reach, char *detail, size_t capacity) {
    DISPPARAMS parameters = {.rgvarg = arguments, .cArgs = count};
    EXCEPINFO exception = {0};
    UINT wrong = 0;
    const WORD flags = DISPATCH_METHOD | DISPATCH_PROPERTYGET;
    HRESULT hr;
    int tries = 0, again;
    do {
        hr = IDispatch_Invoke(update, member, &IID_NULL, LOCALE_INVARIANT, flags, &parameters, result,
                              &exception, &wrong);
        again = hp_transport_retry(hr, &tries, process);
        if (again)
            forget(result, &exception);
    } while (again);
    *reach = reach_of(hr);
    if (hr == DISP_E_EXCEPTION)
        hr = take_exception(&exception, detail, capacity);
    else if (means_gone(hr))
        hr = HP_E_UPDATE_GONE;
    forget(FAILED(hr) ? result : NULL, &exception);
    return hr;
}

static HRESULT ask(IDispatch *update, DISPID member, VARIANT *arguments, unsigned count, VARIANT *result,
                   hp_reach *reach, char *detail, size_t capacity) {
    *reach = HP_REACH_NOT_RUN;
    if (detail != NULL && capacity > 0)
        detail[0] = '\0';
    return HP_FAULT("call of the update")
               ? HRESULT_FROM_WIN32(ERROR_GEN_FAILURE)
               : invoke(update, NULL, member, arguments, count, result, reach, detail, capacity);
}

HRESULT hp_transport_ask(IDispatch *update, DISPID member, VARIANT *arguments, unsigned count,
                         VARIANT *result, char *detail, size_t capacity) {
    hp_reach reach;
    return ask(update, member, arguments, count, result, &reach, detail, capacity);
}

HRESULT hp_transport_disconnect(IDispatch *update, HANDLE process) {
    VARIANT ignored;
    hp_reach reach;
    VariantInit(&ignored);
    HRESULT hr = invoke(update, process, HP_DISPID_DISCONNECT, NULL, 0, &ignored, &reach, NULL, 0);
    VariantClear(&ignored);
    return hr;
}

/* The reply is the other side's claim in every respect. Its bytes are ours by now: COM has copied them. */
HRESULT hp_transport_unpack(const VARIANT *answer, hp_frame *reply) {
    VARTYPE type;
    if (V_VT(answer) != (VT_ARRAY | VT_UI1) || V_ARRAY(answer) == NULL ||
        SafeArrayGetDim(V_ARRAY(answer)) != 1 || SafeArrayGetElemsize(V_ARRAY(answer)) != 1 ||
        FAILED(SafeArrayGetVartype(V_ARRAY(answer), &type)) || type != VT_UI1)
        return HP_E_FRAME_MALFORMED;
    const SAFEARRAY *array = V_ARRAY(answer);
    return hp_frame_read(array->pvData, array->rgsabound[0].cElements, HP_ARCH_HERE, HP_FRAME_REPLY, reply);
}

HRESULT hp_transport_send(hp_session *session, BSTR name, SAFEARRAY *call, VARIANT *reply, hp_reach *reach,
                          char *detail, size_t capacity) {
    VARIANT arguments[2];
    V_VT(&arguments[0]) = VT_ARRAY | VT_UI1;
    V_ARRAY(&arguments[0]) = call;
    V_VT(&arguments[1]) = VT_BSTR;
    V_BSTR(&arguments[1]) = name;
    return ask(session->update, HP_DISPID_CALL, arguments, 2, reply, reach, detail, capacity);
}
