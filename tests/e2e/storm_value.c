#include "e2e/storm_value.h"

#include <stdlib.h>
#include <string.h>

#include <oleauto.h>

/* What a VARIANT and an array can be made of, without records and objects. */
static const VARTYPE simple[] = {
    VT_EMPTY, VT_NULL,    VT_I2,  VT_I4,  VT_R4,  VT_R8, VT_CY,  VT_DATE, VT_BSTR, VT_DISPATCH, VT_I1,
    VT_BOOL,  VT_UNKNOWN, VT_UI1, VT_UI2, VT_UI4, VT_I8, VT_UI8, VT_INT,  VT_UINT, VT_ERROR,    VT_DECIMAL};
static const VARTYPE elements[] = {VT_I2,    VT_I4,       VT_R4,      VT_R8,   VT_CY,  VT_DATE,
                                   VT_BSTR,  VT_DISPATCH, VT_I1,      VT_BOOL, VT_I8,  VT_UI1,
                                   VT_UI2,   VT_UI4,      VT_UNKNOWN, VT_UI8,  VT_INT, VT_UINT,
                                   VT_ERROR, VT_DECIMAL,  VT_VARIANT, VT_UI1,  VT_UI1};

static BSTR any_text(storm_dice *dice) {
    if (storm_once_in(dice, 10))
        return NULL;
    uint32_t length = storm_roll(dice, storm_once_in(dice, 50) ? 50000 : 40);
    BSTR text = SysAllocStringLen(NULL, length);
    for (uint32_t i = 0; text != NULL && i < length; i++)
        text[i] = (wchar_t)(storm_once_in(dice, 4) ? storm_bits(dice) : storm_roll(dice, 128));
    return text;
}

/* A process number that Connect would take might be somebody's. */
static uint64_t any_number(storm_dice *dice) {
    uint64_t number = storm_number(dice);
    return (uint32_t)number < 0x40000 ? number & 3 : number;
}

static void any_simple(storm_dice *dice, VARIANT *v) {
    const VARTYPE type = simple[storm_roll(dice, sizeof simple / sizeof *simple)];
    VariantInit(v);
    if (type == VT_BSTR) {
        V_BSTR(v) = any_text(dice);
    } else if (type == VT_DECIMAL) {
        V_DECIMAL(v).Hi32 = (ULONG)storm_bits(dice);
        V_DECIMAL(v).Lo64 = storm_bits(dice);
    } else if (type == VT_I2 || type == VT_UI2) { /* a process number again */
        V_UI2(v) = (USHORT)storm_roll(dice, 4);
    } else if (type != VT_DISPATCH && type != VT_UNKNOWN) {
        V_UI8(v) = any_number(dice);
    }
    V_VT(v) = type;
}

static SAFEARRAY *any_array(storm_dice *dice, VARTYPE type) {
    SAFEARRAYBOUND bounds[4];
    const uint32_t dimensions = 1 + (storm_once_in(dice, 3) ? storm_roll(dice, 4) : 0);
    for (uint32_t i = 0; i < dimensions; i++) {
        bounds[i].cElements = storm_roll(dice, dimensions > 1 ? 4 : 40);
        bounds[i].lLbound = (LONG)(storm_once_in(dice, 2) ? 0 : storm_number(dice));
    }
    SAFEARRAY *array = SafeArrayCreate(type, dimensions, bounds);
    if (array == NULL || array->pvData == NULL)
        return array;
    size_t bytes = array->cbElements;
    for (uint32_t i = 0; i < dimensions; i++)
        bytes *= array->rgsabound[i].cElements;
    if (type == VT_VARIANT) {
        for (size_t i = 0; i < bytes / sizeof(VARIANT); i++)
            any_simple(dice, (VARIANT *)array->pvData + i);
    } else if (type == VT_BSTR) {
        for (size_t i = 0; i < bytes / sizeof(BSTR); i++)
            ((BSTR *)array->pvData)[i] = any_text(dice);
    } else if (type != VT_DISPATCH && type != VT_UNKNOWN) {
        for (size_t i = 0; i < bytes; i++)
            ((unsigned char *)array->pvData)[i] = (unsigned char)storm_bits(dice);
    }
    return array;
}

static void refer(storm_value *value, VARTYPE type) {
    V_VT(&value->outer) = type;
    V_BYREF(&value->outer) = type == (VT_BYREF | VT_VARIANT)   ? (void *)&value->inner
                             : type == (VT_BYREF | VT_DECIMAL) ? (void *)&V_DECIMAL(&value->inner)
                                                               : (void *)&V_I8(&value->inner);
}

/* What inner holds becomes the argument: itself, a reference to it, or a variable that holds it. */
static void wrap(storm_dice *dice, storm_value *value) {
    value->trash = 0;
    const VARTYPE type = V_VT(&value->inner);
    VariantInit(&value->outer);
    switch (storm_roll(dice, 4)) {
    case 0:
        if (type != VT_EMPTY && type != VT_NULL) {
            refer(value, VT_BYREF | type);
            return;
        }
        break;
    case 1:
        refer(value, VT_BYREF | VT_VARIANT);
        return;
    default:
        break;
    }
    value->outer = value->inner;
    VariantInit(&value->inner);
}

void storm_value_any(storm_dice *dice, storm_value *value) {
    if (storm_once_in(dice, 3)) {
        const VARTYPE type = elements[storm_roll(dice, sizeof elements / sizeof *elements)];
        VariantInit(&value->inner);
        V_ARRAY(&value->inner) = any_array(dice, type);
        V_VT(&value->inner) = V_ARRAY(&value->inner) != NULL ? VT_ARRAY | type : VT_EMPTY;
    } else {
        any_simple(dice, &value->inner);
    }
    wrap(dice, value);
}

void storm_value_trash(storm_dice *dice, storm_value *value) {
    static uint64_t zeros[64];
    VARTYPE type = (VARTYPE)storm_bits(dice);
    if (storm_roll(dice, 3) != 0)
        type = (VARTYPE)(simple[storm_roll(dice, sizeof simple / sizeof *simple)] |
                         (storm_once_in(dice, 2) ? VT_BYREF : 0) | (storm_once_in(dice, 2) ? VT_ARRAY : 0));
    VariantInit(&value->inner);
    VariantInit(&value->outer);
    V_BYREF(&value->outer) = storm_once_in(dice, 2) ? &zeros[32] : NULL;
    V_VT(&value->outer) = type;
    value->trash = 1;
}

void storm_value_name(storm_dice *dice, storm_value *value, const wchar_t *text, uint32_t length) {
    VariantInit(&value->inner);
    V_VT(&value->inner) = VT_BSTR;
    V_BSTR(&value->inner) = text != NULL ? SysAllocStringLen(text, length) : NULL;
    wrap(dice, value);
}

void storm_value_bytes(storm_dice *dice, storm_value *value, const unsigned char *bytes, uint32_t size) {
    LONG lower = storm_roll(dice, 4) != 0 ? 0 : (LONG)storm_number(dice);
    if (lower > INT32_MAX - (LONG)size)
        lower = -7;
    VariantInit(&value->inner);
    V_VT(&value->inner) = VT_ARRAY | VT_UI1;
    V_ARRAY(&value->inner) = SafeArrayCreateVector(VT_UI1, lower, size);
    if (V_ARRAY(&value->inner) == NULL)
        abort();
    if (size > 0)
        memcpy(V_ARRAY(&value->inner)->pvData, bytes, size);
    wrap(dice, value);
}

void storm_value_clear(storm_value *value) {
    if (value->trash)
        return;
    if ((V_VT(&value->outer) & VT_BYREF) == 0)
        VariantClear(&value->outer);
    VariantClear(&value->inner);
}

uint32_t storm_name(storm_dice *dice, const char *usual, wchar_t *name, uint32_t capacity) {
    uint32_t length = 0;
    for (; usual[length] != '\0' && length < capacity; length++)
        name[length] = (unsigned char)usual[length];
    switch (storm_roll(dice, 8)) {
    case 0: /* one character else: any, a NUL, half of a pair */
        if (length > 0)
            name[storm_roll(dice, length)] = (wchar_t)storm_number(dice);
        break;
    case 1:
        length = storm_roll(dice, length + 1);
        break;
    case 2: /* more behind it, perhaps behind a NUL */
        if (length + 2 <= capacity) {
            name[length++] = (wchar_t)storm_roll(dice, 3);
            name[length++] = (wchar_t)(0xD800 + storm_roll(dice, 0x800));
        }
        break;
    case 3:
        length = storm_roll(dice, capacity);
        for (uint32_t i = 0; i < length; i++)
            name[i] = (wchar_t)storm_bits(dice);
        break;
    case 4:
        length = capacity;
        for (uint32_t i = 0; i < length; i++)
            name[i] = L'n';
        break;
    case 5: /* high bytes over the right low ones */
        for (uint32_t i = 0; i < length; i++)
            name[i] = (wchar_t)(name[i] | storm_roll(dice, 2) << 8);
        break;
    case 6:
        length = 0;
        break;
    default: /* in capitals */
        for (uint32_t i = 0; i < length; i++)
            name[i] = (wchar_t)(name[i] >= L'a' && name[i] <= L'z' ? name[i] - 32 : name[i]);
        break;
    }
    return length;
}
