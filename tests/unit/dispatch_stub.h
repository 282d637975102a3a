/**
 * @file dispatch_stub.h
 * An IDispatch that is only there to be invoked: all of it but Invoke, for tests that say what that answers.
 */
#ifndef HP_TESTS_UNIT_DISPATCH_STUB_H
#define HP_TESTS_UNIT_DISPATCH_STUB_H

#include <oaidl.h>

static HRESULT STDMETHODCALLTYPE dispatch_stub_query(IDispatch *self, REFIID iid, void **out) {
    (void)iid;
    *out = self;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE dispatch_stub_count(IDispatch *self) {
    (void)self;
    return 1;
}

static HRESULT STDMETHODCALLTYPE dispatch_stub_type_count(IDispatch *self, UINT *types) {
    (void)self;
    *types = 0;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE dispatch_stub_type(IDispatch *self, UINT index, LCID locale,
                                                    ITypeInfo **info) {
    (void)self;
    (void)index;
    (void)locale;
    *info = NULL;
    return E_NOTIMPL;
}

// NOLINTNEXTLINE(readability-non-const-parameter): as COM has it
static HRESULT STDMETHODCALLTYPE dispatch_stub_ids(IDispatch *self, REFIID iid, LPOLESTR *names, UINT count,
                                                   LCID locale, DISPID *ids) {
    (void)self;
    (void)iid;
    (void)names;
    (void)count;
    (void)locale;
    (void)ids;
    return E_NOTIMPL;
}

/** The table of one whose Invoke is this. */
#define DISPATCH_STUB(invoke)                                                                                \
    {                                                                                                        \
        dispatch_stub_query, dispatch_stub_count, dispatch_stub_count, dispatch_stub_type_count,             \
            dispatch_stub_type, dispatch_stub_ids, (invoke)                                                  \
    }

#endif
