// A server that answers as the test orders: an update by hand, without a line of hotpatch::server.
#include "e2e/attach_fake.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <objbase.h>
#include <oleauto.h>

#include "idl/frame.h"
#include "idl/handover.h"
#include "idl/protocol.h"

static fake_orders *orders;
static volatile LONG objects;
static HANDLE released; // set when the last object is
static HANDLE goodbye;  // set when the client says so; its release may get lost

typedef struct fake_object {
    IDispatch dispatch;
    volatile LONG references;
} fake_object;

static fake_object *object_of(IDispatch *dispatch) {
    return (fake_object *)dispatch;
}

static ULONG STDMETHODCALLTYPE object_addref(IDispatch *dispatch) {
    return (ULONG)InterlockedIncrement(&object_of(dispatch)->references);
}

static ULONG STDMETHODCALLTYPE object_release(IDispatch *dispatch) {
    LONG left = InterlockedDecrement(&object_of(dispatch)->references);
    if (left == 0) {
        free(object_of(dispatch));
        CoReleaseServerProcess();
        if (InterlockedDecrement(&objects) == 0)
            SetEvent(released);
    }
    return (ULONG)left;
}

static int answers(REFIID iid) {
    return IsEqualIID(iid, &IID_IUnknown) ||
           (IsEqualIID(iid, &IID_IDispatch) && orders->start != FAKE_NO_DISPATCH);
}

static HRESULT STDMETHODCALLTYPE object_query(IDispatch *dispatch, REFIID iid, void **out) {
    int known = answers(iid);
    *out = known ? dispatch : NULL;
    if (known)
        object_addref(dispatch);
    return known ? S_OK : E_NOINTERFACE;
}

static HRESULT STDMETHODCALLTYPE object_typeinfo_count(IDispatch *dispatch, UINT *count) {
    (void)dispatch;
    *count = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE object_typeinfo(IDispatch *dispatch, UINT index, LCID locale,
                                                 ITypeInfo **info) {
    (void)dispatch;
    (void)index;
    (void)locale;
    *info = NULL;
    return E_NOTIMPL;
}

static HRESULT STDMETHODCALLTYPE object_ids(IDispatch *dispatch, REFIID reserved, LPOLESTR *names, UINT count,
                                            LCID locale, DISPID *ids) {
    (void)dispatch;
    (void)reserved;
    (void)names;
    (void)count;
    (void)locale;
    *ids = DISPID_UNKNOWN;
    return DISP_E_UNKNOWNNAME;
}

static HRESULT give_text(VARIANT *result, const wchar_t *text, LONG length) {
    V_VT(result) = VT_BSTR;
    V_BSTR(result) = SysAllocStringLen(text, (UINT)length);
    return V_BSTR(result) != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT give_filled_text(VARIANT *result, LONG length) {
    V_VT(result) = VT_BSTR;
    V_BSTR(result) = SysAllocStringLen(NULL, (UINT)length);
    if (V_BSTR(result) != NULL)
        wmemset(V_BSTR(result), L'x', (size_t)length);
    return V_BSTR(result) != NULL ? S_OK : E_OUTOFMEMORY;
}

static HRESULT give_number(VARIANT *result, LONG number) {
    V_VT(result) = VT_I4;
    V_I4(result) = number;
    return S_OK;
}

static HRESULT give_array(VARIANT *result, VARTYPE type, UINT dimensions, const void *bytes, ULONG size) {
    SAFEARRAYBOUND bound[2] = {{.cElements = type == VT_UI2 ? size / 2 : size}, {.cElements = 1}};
    SAFEARRAY *array = SafeArrayCreate(type, dimensions, bound);
    if (array == NULL)
        return E_OUTOFMEMORY;
    memcpy(array->pvData, bytes, type == VT_UI2 ? size & ~1u : size);
    V_VT(result) = VT_ARRAY | type;
    V_ARRAY(result) = array;
    return S_OK;
}

static HRESULT give_type(VARIANT *result, VARTYPE type) {
    V_VT(result) = type;
    if (type == VT_BSTR)
        V_BSTR(result) = SysAllocString(L"x");
    else if (type == (VT_ARRAY | VT_UI1) || type == (VT_ARRAY | VT_BSTR))
        V_ARRAY(result) = SafeArrayCreateVector(type & VT_TYPEMASK, 0, 3);
    else
        memset(&V_I8(result), 0, sizeof V_I8(result));
    return S_OK;
}

static HRESULT give_reply(VARIANT *result, hp_frame *reply) {
    uint32_t size;
    HRESULT hr = hp_frame_measure(reply, &size);
    if (FAILED(hr))
        return hr;
    V_VT(result) = VT_ARRAY | VT_UI1;
    V_ARRAY(result) = SafeArrayCreateVector(VT_UI1, 0, size);
    return V_ARRAY(result) != NULL ? hp_frame_write(reply, V_ARRAY(result)->pvData, size) : E_OUTOFMEMORY;
}

// What an honest update would answer: err_add is told by its two words, err_fill by its block.
static HRESULT call_well(const DISPPARAMS *parameters, VARIANT *result) {
    static unsigned char filled[FAKE_REPLY_BYTES];
    hp_frame call, reply = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_REPLY, .words = 1};
    const VARIANT *frame = &parameters->rgvarg[0];
    if (V_VT(frame) != (VT_ARRAY | VT_UI1) || V_ARRAY(frame) == NULL)
        return E_INVALIDARG;
    HRESULT hr = hp_frame_read(V_ARRAY(frame)->pvData, V_ARRAY(frame)->rgsabound[0].cElements, HP_ARCH_HERE,
                               HP_FRAME_CALL, &call);
    if (FAILED(hr))
        return hr;
    if (call.blocks == 0) {
        reply.word[0] = (uint32_t)(call.word[0] + call.word[1] + FAKE_ADDS);
    } else {
        memset(filled, FAKE_FILLS, sizeof filled);
        reply.word[0] = reply.block[0].size = reply.block[0].capacity = call.block[0].capacity;
        reply.block[0].data = filled;
        reply.blocks = 1;
    }
    return give_reply(result, &reply);
}

static HRESULT signature_of(const wchar_t *name, VARIANT *result) {
    const wchar_t *text = wcscmp(name, L"err_add") == 0     ? L"i32(i32 a, i32 b)"
                          : wcscmp(name, L"err_scale") == 0 ? L"f64(f64 value, i32 factor)"
                          : wcscmp(name, L"err_fill") == 0  ? L"u32(out u8 data[size], u32 size)"
                                                            : L"i32(i32 a)";
    return give_text(result, text, (LONG)wcslen(text));
}

static HRESULT behave_well(DISPID id, const DISPPARAMS *parameters, VARIANT *result) {
    switch (id) {
    case HP_DISPID_GET_NAMES:
        return give_text(result, orders->names, orders->names_length);
    case HP_DISPID_CALL:
        return call_well(parameters, result);
    case HP_DISPID_GET_SIGNATURE:
        return signature_of(V_BSTR(&parameters->rgvarg[0]), result);
    case HP_DISPID_PROCESS_ID:
        return give_number(result, (LONG)GetCurrentProcessId());
    case HP_DISPID_PROTOCOL_VERSION:
        return give_number(result, HP_PROTOCOL_VERSION);
    case HP_DISPID_IMAGE_IDENTITY:
        return give_text(result, HP_X64 ? L"x64-1-2-3" : L"x86-1-2-3", 9);
    case HP_DISPID_DISCONNECT:
        SetEvent(goodbye);
        return S_OK;
    case HP_DISPID_OPEN_CHANNEL: // an update of an older Hotpatch
        return DISP_E_MEMBERNOTFOUND;
    default:
        return S_OK; // Connect: the test's process is watched anyway
    }
}

static HRESULT misbehave(const fake_order *order, VARIANT *result, EXCEPINFO *exception) {
    const LONG code = order->code;
    switch (order->deed) {
    case FAKE_EXCEPTION:
        exception->scode = code;
        exception->bstrSource = SysAllocString(L"fake");
        exception->bstrDescription = SysAllocStringLen(orders->text, (UINT)orders->text_length);
        return DISP_E_EXCEPTION;
    case FAKE_BARE_EXCEPTION:
        return DISP_E_EXCEPTION;
    case FAKE_WRONG_TYPE:
        return give_type(result, (VARTYPE)code);
    case FAKE_NUMBER:
        return give_number(result, code);
    case FAKE_TEXT:
        return give_text(result, orders->text, orders->text_length);
    case FAKE_FILLED_TEXT:
        return give_filled_text(result, code);
    case FAKE_DIE:
        TerminateProcess(GetCurrentProcess(), 77);
        return E_UNEXPECTED;
    case FAKE_HANG:
        Sleep(INFINITE);
        return E_UNEXPECTED;
    case FAKE_BYTES:
        return give_array(result, VT_UI1, 1, orders->reply, (ULONG)orders->reply_size);
    case FAKE_NULL_ARRAY:
        V_VT(result) = VT_ARRAY | VT_UI1;
        V_ARRAY(result) = NULL;
        return S_OK;
    case FAKE_TWO_DIMENSIONS:
        return give_array(result, VT_UI1, 2, orders->reply, (ULONG)orders->reply_size);
    case FAKE_WIDE_ARRAY:
        return give_array(result, VT_UI2, 1, orders->reply, (ULONG)orders->reply_size);
    default:
        return code;
    }
}

static HRESULT STDMETHODCALLTYPE object_invoke(IDispatch *dispatch, DISPID id, REFIID reserved, LCID locale,
                                               WORD flags, DISPPARAMS *parameters, VARIANT *result,
                                               // NOLINTNEXTLINE(readability-non-const-parameter): COM's
                                               EXCEPINFO *exception, UINT *bad) {
    (void)dispatch;
    (void)reserved;
    (void)locale;
    (void)flags;
    (void)bad;
    if (id < HP_DISPID_GET_NAMES || id >= HP_DISPID_GET_NAMES + FAKE_MEMBERS)
        return DISP_E_MEMBERNOTFOUND;
    VARIANT ignored;
    if (result == NULL)
        result = &ignored;
    VariantInit(result);
    if (id == HP_DISPID_CALL)
        InterlockedIncrement(&orders->calls);
    const fake_order *order = &orders->member[id - HP_DISPID_GET_NAMES];
    int meant = order->deed != FAKE_GOOD;
    if (id == HP_DISPID_GET_SIGNATURE && orders->odd_name[0] != L'\0')
        meant = meant && wcscmp(V_BSTR(&parameters->rgvarg[0]), orders->odd_name) == 0;
    return meant ? misbehave(order, result, exception) : behave_well(id, parameters, result);
}

static IDispatchVtbl object_table = {object_query,    object_addref, object_release, object_typeinfo_count,
                                     object_typeinfo, object_ids,    object_invoke};

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *factory, REFIID iid, void **out) {
    *out = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IClassFactory) ? factory : NULL;
    return *out != NULL ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE factory_keep(IClassFactory *factory) {
    (void)factory;
    return 1; // static
}

static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *factory, IUnknown *outer, REFIID iid,
                                                void **out) {
    (void)factory;
    *out = NULL;
    if (outer != NULL)
        return CLASS_E_NOAGGREGATION;
    if (orders->start == FAKE_STUCK)
        Sleep(INFINITE);
    if (orders->start == FAKE_NO_OBJECT)
        return orders->exit_code;
    if (!answers(iid))
        return E_NOINTERFACE; // an object's end would end the fake before it has answered
    fake_object *object = calloc(1, sizeof *object);
    if (object == NULL)
        return E_OUTOFMEMORY;
    object->dispatch.lpVtbl = &object_table;
    object->references = 1;
    InterlockedIncrement(&objects);
    CoAddRefServerProcess();
    HRESULT hr = IDispatch_QueryInterface(&object->dispatch, iid, out);
    IDispatch_Release(&object->dispatch);
    return hr;
}

static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *factory, BOOL lock) {
    (void)factory;
    (void)lock;
    return S_OK;
}

static IClassFactoryVtbl factory_table = {factory_query, factory_keep, factory_keep, factory_create,
                                          factory_lock};

static HANDLE inherited(const wchar_t *argument) {
    const wchar_t *found = wcsstr(GetCommandLineW(), argument);
    return found != NULL ? (HANDLE)(uintptr_t)wcstoull(found + wcslen(argument), NULL, 10) : NULL;
}

// Nothing of a fake outlives the test: the app's end ends it, too.
static int serve(HANDLE app) {
    static IClassFactory factory = {&factory_table};
    released = CreateEventW(NULL, TRUE, FALSE, NULL);
    goodbye = CreateEventW(NULL, TRUE, FALSE, NULL);
    const HANDLE any[] = {released, app, goodbye};
    DWORD cookie;
    if (released == NULL || goodbye == NULL || FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)))
        return 96;
    if (FAILED(CoRegisterClassObject(&orders->clsid, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                     REGCLS_MULTIPLEUSE, &cookie)) ||
        FAILED(
            hp_handover_give(inherited(L"/" HP_OBJECT_ARGUMENT), (IUnknown *)&factory, &IID_IClassFactory)))
        return 95;
    SetEvent(inherited(L"/" HP_READY_ARGUMENT));
    if (WaitForMultipleObjects(3, any, FALSE, INFINITE) == WAIT_OBJECT_0 + 2)
        WaitForMultipleObjects(2, any, FALSE, 1000);
    // Until the app has let go, which it says with the event that told it that we are ready.
    const HANDLE either[] = {inherited(L"/" HP_READY_ARGUMENT), app};
    WaitForMultipleObjects(2, either, FALSE, 2000);
    CoRevokeClassObject(cookie);
    CoUninitialize();
    return 0;
}

int main(void) {
    wchar_t name[64];
    if (GetEnvironmentVariableW(FAKE_VARIABLE, name, 64) == 0)
        return 99;
    HANDLE mapping = OpenFileMappingW(FILE_MAP_WRITE, FALSE, name);
    orders = mapping != NULL ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof *orders) : NULL;
    if (orders == NULL)
        return 98;
    HANDLE app = OpenProcess(SYNCHRONIZE | PROCESS_DUP_HANDLE, FALSE, orders->app), mine = NULL;
    if (app == NULL ||
        !DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), app, &mine, SYNCHRONIZE, FALSE, 0))
        return 97;
    LONG number = InterlockedIncrement(&orders->started) - 1;
    if (number < FAKE_STARTS)
        InterlockedExchange64(&orders->process[number], (LONG64)(intptr_t)mine);
    if (orders->start == FAKE_LEAVE)
        return orders->exit_code;
    if (orders->start == FAKE_DAWDLE)
        return WaitForSingleObject(app, INFINITE) == WAIT_OBJECT_0 ? 0 : 94;
    return serve(app);
}
