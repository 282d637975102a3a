#include "idl/array.h"

#include <oleauto.h>

#include "idl/fault.h"

HRESULT hp_array_make(hp_frame *frame, SAFEARRAY **array) {
    uint32_t size;
    *array = NULL;
    HRESULT hr = hp_frame_measure(frame, &size);
    if (FAILED(hr))
        return hr;
    SAFEARRAY *made = HP_FAULT("memory for a frame") ? NULL : SafeArrayCreateVector(VT_UI1, 0, size);
    if (made == NULL)
        return E_OUTOFMEMORY;
    void *bytes;
    hr = HP_FAULT("access to a frame's bytes") ? E_UNEXPECTED : SafeArrayAccessData(made, &bytes);
    if (SUCCEEDED(hr)) {
        hr = hp_frame_write(frame, bytes, size);
        SafeArrayUnaccessData(made);
    }
    if (FAILED(hr)) {
        SafeArrayDestroy(made);
        return hr;
    }
    *array = made;
    return S_OK;
}
