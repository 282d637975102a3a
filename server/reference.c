#include "server/reference.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <oleauto.h>

#include "server/argument.h"

// The reference that counts: a script's variable may itself stand for somebody else's.
static const VARIANT *target_of(const VARIANT *argument) {
    if (V_VT(argument) != (VT_BYREF | VT_VARIANT) || !V_VARIANTREF(argument))
        return V_ISBYREF(argument) && V_BYREF(argument) ? argument : NULL;
    const VARIANT *inner = V_VARIANTREF(argument);
    if (!V_ISBYREF(inner))
        return argument;
    return V_VT(inner) != (VT_BYREF | VT_VARIANT) && V_BYREF(inner) ? inner : NULL;
}

static VARTYPE kind_of(const VARIANT *target) {
    return V_VT(target) & (VARTYPE)~VT_BYREF;
}

int hp_reference_is(const VARIANT *argument) {
    return V_ISBYREF(argument);
}

// What is locked cannot be freed, so nothing can take its place.
static int is_locked(const SAFEARRAY *array) {
    return array && array->cLocks;
}

// None is there yet, or one that may be replaced.
static int is_replaceable(SAFEARRAY *array, VARTYPE of) {
    ULONG count;
    return !array || (!is_locked(array) && hp_argument_is_vector(array, of, hp_variant_size(of), &count));
}

static HRESULT check_array(const VARIANT *target, const hp_type *type, hp_reference_shape shape,
                           VARTYPE *of) {
    *of = V_VT(target) & VT_TYPEMASK;
    return shape == HP_REFERENCE_ARRAY && is_replaceable(*V_ARRAYREF(target), *of) &&
                   (*of == hp_variant_natural(type) || (*of == VT_VARIANT && type->kind != HP_TYPE_STRUCT))
               ? S_OK
               : DISP_E_TYPEMISMATCH;
}

HRESULT hp_reference_check(const VARIANT *argument, const hp_type *type, hp_reference_shape shape,
                           VARTYPE *of) {
    const VARIANT *target = target_of(argument);
    *of = VT_EMPTY;
    if (!target)
        return DISP_E_TYPEMISMATCH;
    const VARTYPE kind = kind_of(target);
    if (kind & VT_ARRAY)
        return check_array(target, type, shape, of);
    if (kind == VT_VARIANT) {
        const VARIANT *variable = V_VARIANTREF(target);
        if (!V_ISARRAY(variable))
            return S_OK;
        *of = V_VT(variable) & VT_TYPEMASK;
        return is_locked(V_ARRAY(variable)) ? DISP_E_TYPEMISMATCH : S_OK;
    }
    if (shape == HP_REFERENCE_ARRAY || (shape == HP_REFERENCE_TEXT && kind != VT_BSTR))
        return DISP_E_TYPEMISMATCH;
    return kind == VT_BSTR || hp_variant_size(kind) ? S_OK : DISP_E_TYPEMISMATCH;
}

static int is_no_number(const VARIANT *value) {
    return (V_VT(value) == VT_R4 && !(fabsf(V_R4(value)) <= FLT_MAX)) ||
           (V_VT(value) == VT_R8 && !(fabs(V_R8(value)) <= DBL_MAX));
}

HRESULT hp_reference_fit(const VARIANT *argument, LCID locale, VARIANT *made) {
    VARIANT changed;
    const VARTYPE kind = kind_of(target_of(argument));
    if (kind == VT_VARIANT || kind & VT_ARRAY || kind == V_VT(made))
        return S_OK;
    if (is_no_number(made) && kind != VT_R4 && kind != VT_R8 && kind != VT_BSTR)
        return DISP_E_OVERFLOW;
    HRESULT hr = hp_variant_change(made, kind, locale, &changed);
    if (FAILED(hr))
        return hr;
    VariantClear(made);
    *made = changed;
    return S_OK;
}

// A script's array keeps its bounds where it can: its variable may be fixed to it.
static void store_array(SAFEARRAY **place, SAFEARRAY *made) {
    if (*place && SafeArrayGetDim(*place) == 1 &&
        (*place)->rgsabound[0].cElements == made->rgsabound[0].cElements &&
        (*place)->cbElements == made->cbElements && SUCCEEDED(SafeArrayCopyData(made, *place))) {
        SafeArrayDestroy(made);
        return;
    }
    SafeArrayDestroy(*place);
    *place = made;
}

void hp_reference_store(const VARIANT *argument, VARIANT *made) {
    const VARIANT *target = target_of(argument);
    const VARTYPE kind = kind_of(target);
    if (kind == VT_VARIANT) {
        VariantClear(V_VARIANTREF(target));
        *V_VARIANTREF(target) = *made;
    } else if (kind & VT_ARRAY) {
        store_array(V_ARRAYREF(target), V_ARRAY(made));
    } else if (kind == VT_BSTR) {
        SysFreeString(*V_BSTRREF(target));
        *V_BSTRREF(target) = V_BSTR(made);
    } else {
        memcpy(V_BYREF(target), &V_UI8(made), hp_variant_size(kind));
    }
    VariantInit(made);
}
