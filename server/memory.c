#include "server/memory.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <oleauto.h>

#include "idl/fault.h"
#include "idl/protocol.h"
#include "proxygen/marshal_shared.h"
#include "server/argument.h"

// An array that was looked at: its elements are what it says they are.
typedef struct elements {
    SAFEARRAY *array;
    VARTYPE type;
    uint32_t size; // bytes of one
    ULONG count;
} elements;

static HRESULT open_array(const VARIANT *variant, elements *found) {
    found->type = hp_variant_type(variant) & VT_TYPEMASK;
    found->size = hp_variant_size(found->type);
    if (V_VT(variant) == (VT_BYREF | VT_VARIANT))
        variant = V_VARIANTREF(variant);
    SAFEARRAY *array = V_ISBYREF(variant) ? *V_ARRAYREF(variant) : V_ARRAY(variant);
    if (!found->size || !array || !hp_argument_is_vector(array, found->type, found->size, &found->count))
        return DISP_E_TYPEMISMATCH;
    found->array = array;
    return S_OK;
}

static HRESULT convert(const elements *from, const unsigned char *data, const hp_type *type, LCID locale,
                       unsigned char *bytes) {
    for (uint32_t i = 0; i < from->count; ++i, data += from->size, bytes += type->size) {
        VARIANT item;
        uint64_t bits;
        VariantInit(&item);
        if (from->type == VT_VARIANT) {
            memcpy(&item, data, sizeof item); // not a copy that owns anything
        } else {
            V_VT(&item) = from->type;
            memcpy(&V_UI8(&item), data, from->size);
        }
        HRESULT hr = hp_variant_to_bits(&item, type, locale, &bits);
        if (FAILED(hr)) // what is left out here is not the parameter
            return hr == DISP_E_PARAMNOTOPTIONAL ? DISP_E_TYPEMISMATCH : hr;
        memcpy(bytes, &bits, type->size);
    }
    return S_OK;
}

static unsigned char *take(size_t size) {
    return HP_FAULT("memory for an argument") ? NULL : malloc(size ? size : 1);
}

static HRESULT from_value(const VARIANT *variant, const hp_type *type, LCID locale, unsigned char **bytes) {
    uint64_t bits;
    HRESULT hr = hp_variant_to_bits(variant, type, locale, &bits);
    if (FAILED(hr))
        return hr;
    *bytes = take(type->size);
    if (!*bytes)
        return E_OUTOFMEMORY;
    memcpy(*bytes, &bits, type->size);
    return S_OK;
}

HRESULT hp_memory_from_array(const VARIANT *variant, const hp_type *type, uint32_t count, LCID locale,
                             unsigned char **bytes) {
    elements from;
    *bytes = NULL;
    if (!(hp_variant_type(variant) & VT_ARRAY)) {
        VARIANT probe; // only to tell an argument that was left out from one of another type
        if (type->kind != HP_TYPE_STRUCT && count == 1)
            return from_value(variant, type, locale, bytes);
        HRESULT hr = hp_variant_change(variant, VT_BSTR, locale, &probe);
        VariantClear(&probe);
        return hr == DISP_E_PARAMNOTOPTIONAL ? hr : DISP_E_TYPEMISMATCH;
    }
    HRESULT hr = open_array(variant, &from);
    if (FAILED(hr))
        return hr;
    const int copied = hp_variant_natural(type) == from.type;
    const size_t size = (size_t)count * type->size;
    if (type->kind == HP_TYPE_STRUCT && !copied)
        return DISP_E_TYPEMISMATCH;
    if (from.count != (type->kind == HP_TYPE_STRUCT ? size : count))
        return E_INVALIDARG;
    unsigned char *made = take(size);
    if (!made)
        return E_OUTOFMEMORY;
    void *data = NULL;
    hr = HP_FAULT("access to an argument's array") ? E_UNEXPECTED : SafeArrayAccessData(from.array, &data);
    if (SUCCEEDED(hr)) {
        if (from.count && !data)
            hr = DISP_E_TYPEMISMATCH;
        else if (!copied)
            hr = convert(&from, data, type, locale, made);
        else if (size)
            memcpy(made, data, size);
        SafeArrayUnaccessData(from.array);
    }
    if (FAILED(hr))
        free(made);
    else
        *bytes = made;
    return hr;
}

// As Windows' own "A" functions read text. With UTF-8 as that, the system finds what is no character itself.
static HRESULT to_code_page(const wchar_t *text, int length, unsigned char **bytes, uint32_t *size) {
    const int utf8 = GetACP() == CP_UTF8;
    const DWORD flags = utf8 ? WC_ERR_INVALID_CHARS : WC_NO_BEST_FIT_CHARS;
    BOOL lost = FALSE;
    // With the NUL, so that there is always something to convert.
    int needed = WideCharToMultiByte(CP_ACP, flags, text, length + 1, NULL, 0, NULL, utf8 ? NULL : &lost);
    if (needed <= 0 || lost)
        return DISP_E_TYPEMISMATCH;
    *bytes = take((size_t)needed);
    if (!*bytes)
        return E_OUTOFMEMORY;
    WideCharToMultiByte(CP_ACP, flags, text, length + 1, (char *)*bytes, needed, NULL, NULL);
    *size = (uint32_t)needed;
    return S_OK;
}

HRESULT hp_memory_from_text(const VARIANT *variant, uint32_t element, LCID locale, unsigned char **bytes,
                            uint32_t *size) {
    static const wchar_t nothing[] = L"";
    VARIANT text;
    *bytes = NULL;
    HRESULT hr = hp_variant_change(variant, VT_BSTR, locale, &text);
    if (FAILED(hr))
        return hr;
    const UINT length = SysStringLen(V_BSTR(&text));
    const wchar_t *characters = V_BSTR(&text) ? V_BSTR(&text) : nothing;
    if (length > HP_MARSHAL_LIMIT / 4)
        hr = HP_E_STRING_TOO_LONG;
    else if (SysStringByteLen(V_BSTR(&text)) % sizeof(wchar_t) || wmemchr(characters, 0, length))
        hr = DISP_E_TYPEMISMATCH;
    else if (element == 1)
        hr = to_code_page(characters, (int)length, bytes, size);
    else if (!(*bytes = take((length + 1) * sizeof(wchar_t))))
        hr = E_OUTOFMEMORY;
    else
        memcpy(*bytes, characters, *size = (length + 1) * (uint32_t)sizeof(wchar_t));
    VariantClear(&text);
    return hr;
}

static void fill(const unsigned char *bytes, const hp_type *type, uint32_t count, VARIANT *items) {
    for (uint32_t i = 0; i < count; ++i) {
        uint64_t bits = 0;
        memcpy(&bits, bytes + (size_t)i * type->size, type->size);
        hp_variant_from_bits(type, bits, &items[i]);
    }
}

HRESULT hp_memory_to_array(const unsigned char *bytes, const hp_type *type, uint32_t count, VARTYPE of,
                           VARIANT *array) {
    const int is_struct = type->kind == HP_TYPE_STRUCT;
    const int copied = is_struct || (of != VT_EMPTY && of == hp_variant_natural(type));
    const VARTYPE kind = is_struct ? VT_UI1 : (VARTYPE)(copied ? of : VT_VARIANT);
    VariantInit(array);
    const ULONG items = is_struct ? count * type->size : count;
    SAFEARRAY *made = HP_FAULT("memory for an array") ? NULL : SafeArrayCreateVector(kind, 0, items);
    if (!made)
        return E_OUTOFMEMORY;
    void *data;
    if (HP_FAULT("access to a made array") || FAILED(SafeArrayAccessData(made, &data))) {
        SafeArrayDestroy(made);
        return E_OUTOFMEMORY;
    }
    if (!copied)
        fill(bytes, type, count, data);
    else if (items)
        memcpy(data, bytes, (size_t)count * type->size);
    SafeArrayUnaccessData(made);
    V_VT(array) = VT_ARRAY | kind;
    V_ARRAY(array) = made;
    return S_OK;
}

HRESULT hp_memory_to_text(const unsigned char *bytes, uint32_t element, uint32_t size, VARIANT *text) {
    uint32_t used = hp_marshal_text_size(bytes, element, size);
    if (hp_marshal_is_terminated(bytes, element, used))
        used -= element;
    VariantInit(text);
    const int units = element == 2 ? (int)(used / 2)
                      : used == 0  ? 0
                                   : MultiByteToWideChar(CP_ACP, 0, (const char *)bytes, (int)used, NULL, 0);
    BSTR made = HP_FAULT("memory for a text") ? NULL : SysAllocStringLen(NULL, (UINT)units);
    if (!made)
        return E_OUTOFMEMORY;
    if (element == 2)
        memcpy(made, bytes, used);
    else if (used)
        MultiByteToWideChar(CP_ACP, 0, (const char *)bytes, (int)used, made, units);
    V_VT(text) = VT_BSTR;
    V_BSTR(text) = made;
    return S_OK;
}
