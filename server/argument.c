#include "server/argument.h"

#include <oleauto.h>

// The VARIANT that a script variable stands for; NULL if it leads nowhere.
static const VARIANT *look_through(const VARIANT *argument) {
    return V_VT(argument) == (VT_BYREF | VT_VARIANT) ? V_VARIANTREF(argument) : argument;
}

HRESULT hp_argument_string(const VARIANT *argument, BSTR *value) {
    const VARIANT *variant = look_through(argument);
    if (variant && V_VT(variant) == VT_BSTR)
        *value = V_BSTR(variant);
    else if (variant && V_VT(variant) == (VT_BYREF | VT_BSTR) && V_BSTRREF(variant))
        *value = *V_BSTRREF(variant);
    else
        return DISP_E_TYPEMISMATCH;
    return S_OK;
}

HRESULT hp_argument_integer(const VARIANT *argument, LONG *value) {
    const VARIANT *variant = look_through(argument);
    if (!variant)
        return DISP_E_TYPEMISMATCH;
    VARTYPE type = V_VT(variant);
    if ((type & VT_BYREF) && !V_BYREF(variant))
        return DISP_E_TYPEMISMATCH;
    switch (type) {
    case VT_I2:
        *value = V_I2(variant);
        return S_OK;
    case VT_UI2:
        *value = V_UI2(variant);
        return S_OK;
    case VT_I4:
    case VT_INT:
    case VT_UI4:
    case VT_UINT:
        *value = V_I4(variant);
        return S_OK;
    case VT_BYREF | VT_I2:
        *value = *V_I2REF(variant);
        return S_OK;
    case VT_BYREF | VT_UI2:
        *value = *V_UI2REF(variant);
        return S_OK;
    case VT_BYREF | VT_I4:
    case VT_BYREF | VT_INT:
    case VT_BYREF | VT_UI4:
    case VT_BYREF | VT_UINT:
        *value = *V_I4REF(variant);
        return S_OK;
    default:
        return DISP_E_TYPEMISMATCH;
    }
}

// What a VARIANT says of the elements and what the array says of itself are two claims. An array without a
// type of its own is judged by the size of its elements alone, where any bytes will do.
int hp_argument_is_vector(SAFEARRAY *array, VARTYPE of, UINT element, ULONG *count) {
    VARTYPE type;
    LONG lower;
    LONG upper;
    if (SafeArrayGetDim(array) != 1 || SafeArrayGetElemsize(array) != element ||
        (SUCCEEDED(SafeArrayGetVartype(array, &type)) ? type != of : of == VT_VARIANT) ||
        FAILED(SafeArrayGetLBound(array, 1, &lower)) || FAILED(SafeArrayGetUBound(array, 1, &upper)))
        return 0;
    *count =
        (ULONG)upper - (ULONG)lower + 1u; // modulo 2^32, as upper was computed: exact for any lower bound
    return 1;
}

static HRESULT find_array(const VARIANT *argument, VARTYPE wanted, UINT element, SAFEARRAY **array,
                          size_t *count) {
    const VARIANT *variant = look_through(argument);
    SAFEARRAY *found = NULL;
    ULONG elements;
    if (variant && V_VT(variant) == (VT_ARRAY | wanted))
        found = V_ARRAY(variant);
    else if (variant && V_VT(variant) == (VT_BYREF | VT_ARRAY | wanted) && V_ARRAYREF(variant))
        found = *V_ARRAYREF(variant);
    if (!found || !hp_argument_is_vector(found, wanted, element, &elements))
        return DISP_E_TYPEMISMATCH;
    *array = found;
    *count = elements;
    return S_OK;
}

HRESULT hp_argument_bytes(const VARIANT *argument, SAFEARRAY **array, size_t *size) {
    return find_array(argument, VT_UI1, 1, array, size);
}

HRESULT hp_argument_values(const VARIANT *argument, SAFEARRAY **array, size_t *count) {
    return find_array(argument, VT_VARIANT, sizeof(VARIANT), array, count);
}
