#include "server/variant.h"

#include <math.h>
#include <string.h>

#include <oleauto.h>

// The VARIANT that holds the value; NULL if it leads nowhere.
static const VARIANT *look(const VARIANT *variant) {
    if (V_VT(variant) == (VT_BYREF | VT_VARIANT))
        variant = V_VARIANTREF(variant);
    return variant && V_ISBYREF(variant) && !V_BYREF(variant) ? NULL : variant;
}

VARTYPE hp_variant_type(const VARIANT *variant) {
    const VARIANT *found = look(variant);
    return found ? V_VT(found) & (VARTYPE)~VT_BYREF : VT_VOID;
}

// What VariantChangeTypeEx is given: values that mean the same on their own.
static HRESULT check_type(const VARIANT *variant) {
    switch (V_VT(variant) & ~VT_BYREF) {
    case VT_EMPTY:
        return V_ISBYREF(variant) ? DISP_E_TYPEMISMATCH : S_OK;
    case VT_I1:
    case VT_UI1:
    case VT_I2:
    case VT_UI2:
    case VT_I4:
    case VT_UI4:
    case VT_INT:
    case VT_UINT:
    case VT_I8:
    case VT_UI8:
    case VT_R4:
    case VT_R8:
    case VT_CY:
    case VT_DATE:
    case VT_DECIMAL:
    case VT_BOOL:
    case VT_BSTR:
        return S_OK;
    case VT_ERROR:
        return !V_ISBYREF(variant) && V_ERROR(variant) == DISP_E_PARAMNOTFOUND ? DISP_E_PARAMNOTOPTIONAL
                                                                               : DISP_E_TYPEMISMATCH;
    default:
        return DISP_E_TYPEMISMATCH;
    }
}

HRESULT hp_variant_change(const VARIANT *variant, VARTYPE wanted, LCID locale, VARIANT *to) {
    VariantInit(to);
    const VARIANT *found = look(variant);
    HRESULT hr = found ? check_type(found) : DISP_E_TYPEMISMATCH;
    if (FAILED(hr))
        return hr;
    VARIANT value; // behind the reference
    VariantInit(&value);
    hr = VariantCopyInd(&value, (VARIANT *)found);
    if (SUCCEEDED(hr))
        hr = VariantChangeTypeEx(to, &value, locale, VARIANT_NOVALUEPROP, wanted);
    VariantClear(&value);
    if (SUCCEEDED(hr) || hr == DISP_E_OVERFLOW || hr == E_OUTOFMEMORY)
        return hr;
    return DISP_E_TYPEMISMATCH;
}

static VARTYPE integer_type(uint32_t size, int is_signed) {
    switch (size) {
    case 1:
        return is_signed ? VT_I1 : VT_UI1;
    case 2:
        return is_signed ? VT_I2 : VT_UI2;
    case 4:
        return is_signed ? VT_I4 : VT_UI4;
    default:
        return is_signed ? VT_I8 : VT_UI8;
    }
}

// A whole number of either sign: value, or value - 2^64 if negative.
typedef struct whole {
    uint64_t value;
    int negative;
} whole;

static whole whole_of(int64_t value) {
    return (whole){(uint64_t)value, value < 0};
}

static HRESULT round_real(double value, whole *number) {
    const double half = 9223372036854775808.0; // 2^63
    const double rounded = nearbyint(value);   // to even, as Automation does
    if (fabs(rounded) < half || rounded == -half)
        *number = whole_of(llrint(rounded));
    else if (rounded > 0 && rounded - half < half)
        *number = (whole){(uint64_t)llrint(rounded - half) + ((uint64_t)1 << 63), 0};
    else
        return DISP_E_OVERFLOW; // so is a NaN
    return S_OK;
}

// A number that is one already. The system's own conversions of these do not end at the same place
// everywhere: under Wine reals end at 2^62, and 64 bits are cut off.
static HRESULT read_number(const VARIANT *variant, whole *number) {
    switch (V_VT(variant)) {
    case VT_EMPTY:
        *number = whole_of(0);
        return S_OK;
    case VT_I1:
        *number = whole_of((signed char)V_UI1(variant));
        return S_OK;
    case VT_UI1:
        *number = whole_of(V_UI1(variant));
        return S_OK;
    case VT_I2:
        *number = whole_of(V_I2(variant));
        return S_OK;
    case VT_UI2:
        *number = whole_of(V_UI2(variant));
        return S_OK;
    case VT_I4:
    case VT_INT:
        *number = whole_of(V_I4(variant));
        return S_OK;
    case VT_UI4:
    case VT_UINT:
        *number = whole_of(V_UI4(variant));
        return S_OK;
    case VT_I8:
        *number = whole_of(V_I8(variant));
        return S_OK;
    case VT_UI8:
        *number = (whole){V_UI8(variant), 0};
        return S_OK;
    case VT_R4:
        return round_real((double)V_R4(variant), number);
    case VT_R8:
    case VT_DATE:
        return round_real(V_R8(variant), number);
    default:
        return S_FALSE;
    }
}

static HRESULT check_range(whole number, uint32_t size, int is_signed, uint64_t *bits) {
    const uint64_t highest = UINT64_MAX >> (64 - 8 * size + (is_signed ? 1u : 0u));
    if (number.negative ? !is_signed || number.value < ~highest : number.value > highest)
        return DISP_E_OVERFLOW;
    memcpy(bits, &number.value, size);
    return S_OK;
}

static HRESULT to_integer(const VARIANT *variant, uint32_t size, int is_signed, LCID locale, uint64_t *bits) {
    const VARIANT *found = look(variant);
    VARIANT made;
    whole number = {0};
    HRESULT hr = found ? check_type(found) : DISP_E_TYPEMISMATCH;
    if (FAILED(hr))
        return hr;
    VariantInit(&made);
    hr = VariantCopyInd(&made, (VARIANT *)found);
    if (SUCCEEDED(hr))
        hr = read_number(&made, &number);
    VariantClear(&made);
    if (hr != S_FALSE)
        return SUCCEEDED(hr) ? check_range(number, size, is_signed, bits) : hr;
    hr = hp_variant_change(variant, integer_type(size, is_signed), locale, &made);
    if (SUCCEEDED(hr))
        memcpy(bits, &V_UI8(&made), size);
    return hr;
}

HRESULT hp_variant_to_bits(const VARIANT *variant, const hp_type *type, LCID locale, uint64_t *bits) {
    VARIANT made;
    HRESULT hr;
    *bits = 0;
    switch (type->kind) {
    case HP_TYPE_BOOL:
        hr = hp_variant_change(variant, VT_BOOL, locale, &made);
        *bits = SUCCEEDED(hr) && V_BOOL(&made);
        return hr;
    case HP_TYPE_FLOAT:
        hr = hp_variant_change(variant, type->size == 4 ? VT_R4 : VT_R8, locale, &made);
        if (SUCCEEDED(hr))
            memcpy(bits, &V_UI8(&made), type->size);
        return hr;
    case HP_TYPE_SIGNED:
    case HP_TYPE_UNSIGNED:
        return to_integer(variant, type->size, type->kind == HP_TYPE_SIGNED, locale, bits);
    case HP_TYPE_HANDLE: // with and without a sign, as people write them
        hr = to_integer(variant, type->size, 1, locale, bits);
        return hr == DISP_E_OVERFLOW ? to_integer(variant, type->size, 0, locale, bits) : hr;
    default:
        return DISP_E_TYPEMISMATCH;
    }
}

static void from_signed(int64_t value, VARIANT *variant) {
    if (value >= INT32_MIN && value <= INT32_MAX) {
        V_VT(variant) = VT_I4;
        V_I4(variant) = (LONG)value;
    } else {
        V_VT(variant) = VT_I8;
        V_I8(variant) = value;
    }
}

static void from_unsigned(uint64_t value, VARIANT *variant) {
    if (value <= INT32_MAX) {
        V_VT(variant) = VT_I4;
        V_I4(variant) = (LONG)value;
    } else if (value <= UINT32_MAX) {
        V_VT(variant) = VT_R8;
        V_R8(variant) = (double)value;
    } else {
        V_VT(variant) = VT_UI8;
        V_UI8(variant) = value;
    }
}

void hp_variant_from_bits(const hp_type *type, uint64_t bits, VARIANT *variant) {
    VariantInit(variant);
    if (type->size < 8)
        bits &= ((uint64_t)1 << (8 * type->size)) - 1;
    const uint64_t sign = type->size ? (uint64_t)1 << (8 * type->size - 1) : 0;
    switch (type->kind) {
    case HP_TYPE_BOOL:
        V_VT(variant) = VT_BOOL;
        V_BOOL(variant) = bits ? VARIANT_TRUE : VARIANT_FALSE;
        break;
    case HP_TYPE_FLOAT:
        V_VT(variant) = type->size == 4 ? VT_R4 : VT_R8;
        memcpy(&V_UI8(variant), &bits, type->size);
        break;
    case HP_TYPE_SIGNED:
    case HP_TYPE_HANDLE:
        from_signed((int64_t)((bits ^ sign) - sign), variant);
        break;
    case HP_TYPE_UNSIGNED:
        from_unsigned(bits, variant);
        break;
    default:
        break;
    }
}

VARTYPE hp_variant_natural(const hp_type *type) {
    switch (type->kind) {
    case HP_TYPE_SIGNED:
    case HP_TYPE_UNSIGNED:
        return integer_type(type->size, type->kind == HP_TYPE_SIGNED);
    case HP_TYPE_FLOAT:
        return type->size == 4 ? VT_R4 : VT_R8;
    case HP_TYPE_STRUCT:
        return VT_UI1;
    default:
        return VT_EMPTY;
    }
}

uint32_t hp_variant_size(VARTYPE type) {
    switch (type) {
    case VT_I1:
    case VT_UI1:
        return 1;
    case VT_I2:
    case VT_UI2:
    case VT_BOOL:
        return 2;
    case VT_I4:
    case VT_UI4:
    case VT_INT:
    case VT_UINT:
    case VT_R4:
        return 4;
    case VT_I8:
    case VT_UI8:
    case VT_R8:
        return 8;
    case VT_VARIANT:
        return sizeof(VARIANT);
    default:
        return 0;
    }
}
