#include "server/object.h"

#include <stdlib.h>

#include <oleauto.h>

#include "hotpatch_h.h"
#include "idl/fault.h"
#include "idl/protocol.h"
#include "server/image.h"
#include "server/invoke.h"
#include "server/lifetime.h"
#include "server/method.h"

static hp_object *object_of(IDispatch *dispatch) {
    return (hp_object *)((char *)dispatch - offsetof(hp_object, dispatch));
}

static ULONG STDMETHODCALLTYPE object_addref(IDispatch *dispatch) {
    return (ULONG)InterlockedIncrement(&object_of(dispatch)->references);
}

static ULONG STDMETHODCALLTYPE object_release(IDispatch *dispatch) {
    hp_object *object = object_of(dispatch);
    LONG left = InterlockedDecrement(&object->references);
    if (!left) {
        hp_connection_close(&object->connection);
        free(object);
        hp_lifetime_leave(); // last: the process may end from here on
    }
    return (ULONG)left;
}

int hp_object_answers(REFIID iid) {
    return IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IDispatch) ||
           IsEqualIID(iid, &DIID_IHotPatch);
}

static HRESULT STDMETHODCALLTYPE object_query(IDispatch *dispatch, REFIID iid, void **out) {
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (!hp_object_answers(iid))
        return E_NOINTERFACE;
    object_addref(dispatch);
    *out = dispatch;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE object_typeinfo_count(IDispatch *dispatch, UINT *count) {
    (void)dispatch;
    if (!count)
        return E_POINTER;
    ITypeInfo *info;
    *count = 0;
    if (SUCCEEDED(hp_image_typeinfo(&info))) {
        ITypeInfo_Release(info);
        *count = 1;
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE object_typeinfo(IDispatch *dispatch, UINT index, LCID locale,
                                                 ITypeInfo **info) {
    (void)dispatch;
    (void)locale;
    if (!info)
        return E_POINTER;
    *info = NULL;
    return index ? DISP_E_BADINDEX : hp_image_typeinfo(info);
}

static HRESULT STDMETHODCALLTYPE object_ids(IDispatch *dispatch, REFIID reserved, LPOLESTR *names, UINT count,
                                            LCID locale, DISPID *ids) {
    (void)locale;
    if (!IsEqualIID(reserved, &IID_NULL))
        return DISP_E_UNKNOWNINTERFACE;
    if (!names || !ids || !count)
        return E_INVALIDARG;
    for (UINT i = 0; i < count; ++i) {
        if (!names[i])
            return E_INVALIDARG;
        ids[i] = DISPID_UNKNOWN;
    }
    ITypeInfo *info;
    HRESULT hr = hp_image_typeinfo(&info);
    if (FAILED(hr))
        return hr;
    hr = DispGetIDsOfNames(info, names, count, ids);
    ITypeInfo_Release(info);
    // Windows also knows the methods of IDispatch itself, by ids of their own: no script calls those.
    if (ids[0] >= HP_DISPID_GET_NAMES && ids[0] <= HP_DISPID_OPEN_CHANNEL)
        return hr;
    // What the interface has comes first: it means the same with every update.
    const hp_exports *exports = object_of(dispatch)->exports;
    hr = hp_method_find(exports, names[0], &ids[0]);
    return FAILED(hr)
               ? hr
               : hp_method_parameters(hp_method_export(exports, ids[0]), names + 1, count - 1, ids + 1);
}

static HRESULT STDMETHODCALLTYPE object_invoke(IDispatch *dispatch, DISPID id, REFIID reserved, LCID locale,
                                               WORD flags, DISPPARAMS *parameters, VARIANT *result,
                                               EXCEPINFO *exception, UINT *bad_argument) {
    if (!IsEqualIID(reserved, &IID_NULL))
        return DISP_E_UNKNOWNINTERFACE;
    // A call that is under way outlives the client's last reference.
    object_addref(dispatch);
    HRESULT hr =
        hp_invoke_member(object_of(dispatch), id, flags, parameters, locale, result, exception, bad_argument);
    object_release(dispatch);
    return hr;
}

static IDispatchVtbl vtable = {
    object_query,    object_addref, object_release, object_typeinfo_count,
    object_typeinfo, object_ids,    object_invoke,
};

HRESULT hp_object_create(const hp_exports *exports, hp_object **object) {
    hp_object *made = HP_FAULT("memory for the object") ? NULL : calloc(1, sizeof *made);
    if (!made)
        return E_OUTOFMEMORY;
    HRESULT hr = hp_lifetime_enter();
    if (FAILED(hr)) {
        free(made);
        return hr;
    }
    made->dispatch.lpVtbl = &vtable;
    made->references = 1;
    made->exports = exports;
    *object = made;
    return S_OK;
}

int hp_object_try_addref(hp_object *object) {
    LONG seen = object->references;
    while (seen > 0) {
        LONG before = InterlockedCompareExchange(&object->references, seen + 1, seen);
        if (before == seen)
            return 1;
        seen = before;
    }
    return 0;
}
