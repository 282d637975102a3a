#include "server/factory.h"

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"
#include "server/caller.h"
#include "server/lifetime.h"
#include "server/object.h"

// One for the process, never freed: its references do not count, locks and objects do.
static struct {
    IClassFactory factory;
    const hp_exports *exports;
    volatile LONG locks;
} class_object;

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *factory, REFIID iid, void **out) {
    if (!out)
        return E_POINTER;
    *out = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IClassFactory) ? factory : NULL;
    return *out ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE factory_addref(IClassFactory *factory) {
    (void)factory;
    return 2;
}

static ULONG STDMETHODCALLTYPE factory_release(IClassFactory *factory) {
    (void)factory;
    return 1;
}

// Whoever gets in here gets an object or keeps the process alive. To an object COM lets nobody else.
static HRESULT admit(void) {
    hp_trouble trouble = {0};
    HRESULT hr = hp_caller_check(&trouble);
    if (FAILED(hr))
        hp_log_trouble(HP_LOG_WARNING, &trouble);
    return hr;
}

static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *factory, IUnknown *outer, REFIID iid,
                                                void **out) {
    (void)factory;
    if (!out)
        return E_POINTER;
    *out = NULL;
    if (outer)
        return CLASS_E_NOAGGREGATION;
    // Before there is an object: its end would end the server, and this answer with it.
    if (!hp_object_answers(iid))
        return E_NOINTERFACE;
    hp_object *object;
    HRESULT hr = admit();
    if (SUCCEEDED(hr))
        hr = hp_object_create(class_object.exports, &object);
    if (FAILED(hr))
        return hr;
    hr = IDispatch_QueryInterface(&object->dispatch, iid, out);
    IDispatch_Release(&object->dispatch);
    return hr;
}

static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *factory, BOOL lock) {
    (void)factory;
    if (lock) {
        HRESULT hr = admit();
        if (SUCCEEDED(hr))
            hr = hp_lifetime_enter();
        if (SUCCEEDED(hr))
            InterlockedIncrement(&class_object.locks);
        return hr;
    }
    // A client that unlocks what it did not lock must not end the server under the others.
    LONG seen = class_object.locks;
    while (seen > 0) {
        LONG before = InterlockedCompareExchange(&class_object.locks, seen - 1, seen);
        if (before == seen) {
            hp_lifetime_leave();
            return S_OK;
        }
        seen = before;
    }
    return E_UNEXPECTED;
}

static IClassFactoryVtbl vtable = {factory_query, factory_addref, factory_release, factory_create,
                                   factory_lock};

HRESULT hp_factory_register(const CLSID *clsid, const hp_exports *exports, DWORD *cookie,
                            hp_trouble *trouble) {
    class_object.factory.lpVtbl = &vtable;
    class_object.exports = exports;
    HRESULT hr = HP_FAULT("class object")
                     ? E_UNEXPECTED
                     : CoRegisterClassObject(clsid, (IUnknown *)&class_object.factory, CLSCTX_LOCAL_SERVER,
                                             REGCLS_MULTIPLEUSE | REGCLS_SUSPENDED, cookie);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "CoRegisterClassObject failed");
    hr = HP_FAULT("class object, resumed") ? E_UNEXPECTED : CoResumeClassObjects();
    if (FAILED(hr)) {
        CoRevokeClassObject(*cookie);
        return hp_trouble_set(trouble, hr, NULL, "CoResumeClassObjects failed");
    }
    return S_OK;
}

void hp_factory_revoke(DWORD cookie) {
    CoRevokeClassObject(cookie);
}

IUnknown *hp_factory_object(void) {
    return (IUnknown *)&class_object.factory;
}
