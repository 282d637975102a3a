#include "idl/handover.h"

#include <string.h>

#include <objbase.h>

#include "idl/fault.h"
#include "idl/handover_check.h"

typedef struct handover {
    uint32_t size;
    unsigned char bytes[HP_HANDOVER_SIZE - sizeof(uint32_t)];
} handover;

_Static_assert(sizeof(handover) == HP_HANDOVER_SIZE, "handover");

HRESULT hp_handover_make(HANDLE *section) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    *section = HP_FAULT("section for the class object")
                   ? NULL
                   : CreateFileMappingW(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0,
                                        HP_HANDOVER_SIZE, NULL);
    return *section != NULL ? S_OK : HRESULT_FROM_WIN32(GetLastError());
}

/* Copy a stream's content, from its beginning. */
static HRESULT copy_stream(IStream *stream, handover *to) {
    const LARGE_INTEGER zero = {0};
    STATSTG status;
    ULONG size = 0;
    HRESULT hr = IStream_Stat(stream, &status, STATFLAG_NONAME);
    if (SUCCEEDED(hr) && status.cbSize.QuadPart > sizeof to->bytes)
        hr = HP_E_FRAME_TOO_LARGE;
    if (SUCCEEDED(hr))
        hr = IStream_Seek(stream, zero, STREAM_SEEK_SET, NULL);
    if (SUCCEEDED(hr))
        hr = IStream_Read(stream, to->bytes, (ULONG)status.cbSize.QuadPart, &size);
    if (SUCCEEDED(hr))
        to->size = size;
    return hr;
}

HRESULT hp_handover_give(HANDLE section, IUnknown *object, REFIID iid) {
    handover *view =
        HP_FAULT("view of the section") ? NULL : MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *view);
    if (view == NULL)
        return E_INVALIDARG;
    IStream *stream;
    HRESULT hr =
        HP_FAULT("stream for the class object") ? E_OUTOFMEMORY : CreateStreamOnHGlobal(NULL, TRUE, &stream);
    if (SUCCEEDED(hr)) {
        hr = HP_FAULT("class object, marshalled")
                 ? E_UNEXPECTED
                 : CoMarshalInterface(stream, iid, object, MSHCTX_LOCAL, NULL, MSHLFLAGS_NORMAL);
        if (SUCCEEDED(hr))
            hr = copy_stream(stream, view);
        IStream_Release(stream);
    }
    UnmapViewOfFile(view);
    return hr;
}

/* A stream of its own over a copy: the update could still write to the section. */
static HRESULT make_stream(const handover *view, REFIID iid, IStream **stream) {
    uint32_t size = *(const volatile uint32_t *)&view->size;
    if (size == 0)
        return S_FALSE;
    if (size > sizeof view->bytes)
        return HP_E_SERVER_NOT_HOTPATCH;
    HGLOBAL memory = HP_FAULT("memory for the class object") ? NULL : GlobalAlloc(GMEM_MOVEABLE, size);
    if (memory == NULL)
        return E_OUTOFMEMORY;
    unsigned char *bytes = GlobalLock(memory);
    memcpy(bytes, view->bytes, size);
    HRESULT hr = hp_handover_check(bytes, size, (const unsigned char *)iid);
    GlobalUnlock(memory);
    if (SUCCEEDED(hr))
        hr = HP_FAULT("stream for the class object") ? E_OUTOFMEMORY
                                                     : CreateStreamOnHGlobal(memory, TRUE, stream);
    if (FAILED(hr))
        GlobalFree(memory);
    return hr;
}

HRESULT hp_handover_take(HANDLE section, REFIID iid, void **object) {
    *object = NULL;
    const handover *view =
        HP_FAULT("view of the section") ? NULL : MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof *view);
    if (view == NULL)
        return HRESULT_FROM_WIN32(GetLastError());
    IStream *stream;
    HRESULT hr = make_stream(view, iid, &stream);
    UnmapViewOfFile(view);
    if (hr != S_OK)
        return hr;
    hr = HP_FAULT("class object, unmarshalled") ? HRESULT_FROM_WIN32(ERROR_GEN_FAILURE)
                                                : CoUnmarshalInterface(stream, iid, object);
    IStream_Release(stream);
    return hr;
}
