#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/hostile_argument.h"

#include <oleauto.h>

#include <cmocka.h>

static void refer(argument *a, VARTYPE type) {
    a->innermost = a->inner;
    a->inner = a->outer;
    VariantInit(&a->outer);
    V_VT(&a->outer) = type;
    if (type == (VT_BYREF | VT_VARIANT))
        V_VARIANTREF(&a->outer) = &a->inner;
    else
        V_BYREF(&a->outer) = &V_BSTR(&a->inner); // or the array, which is at the same place
}

static SAFEARRAY *array_with(VARTYPE type, UINT dimensions, LONG lower, const void *bytes, ULONG size) {
    SAFEARRAYBOUND bounds[2] = {{size, lower}, {1, 0}};
    SAFEARRAY *array = SafeArrayCreate(type, dimensions, bounds);
    assert_non_null(array);
    if (bytes && size)
        memcpy(array->pvData, bytes, size);
    return array;
}

static void make_name(argument *a, argument_kind what) {
    static wchar_t text[100000];
    switch (what) {
    case NAME_NULL:
        V_VT(&a->outer) = VT_BSTR;
        return;
    case NAME_UNKNOWN:
        a->outer = string_of(L"fixture_unknown");
        return;
    case NAME_PREFIX:
        a->outer = string_of(L"fixture_ad");
        return;
    case NAME_FOREIGN: // its low bytes spell the name
        a->outer = string_of(L"\u0166ixture_add");
        return;
    case NAME_LONG:
        for (size_t i = 0; i < 100000; ++i)
            text[i] = L'n';
        V_VT(&a->outer) = VT_BSTR;
        V_BSTR(&a->outer) = SysAllocStringLen(text, 100000);
        return;
    case NAME_WITH_NUL:
        V_VT(&a->outer) = VT_BSTR;
        V_BSTR(&a->outer) = SysAllocStringLen(L"fixture_add\0x", 13);
        return;
    default:
        a->outer = string_of(L"fixture_add");
    }
    if (what == NAME_REFERENCE || what == NAME_REFERENCE_NULL) {
        refer(a, VT_BYREF | VT_BSTR);
    } else if (what == NAME_VARIABLE_REFERENCE) {
        refer(a, VT_BYREF | VT_BSTR);
        refer(a, VT_BYREF | VT_VARIANT);
        V_BYREF(&a->inner) = &V_BSTR(&a->innermost);
    } else if (what == NAME_VARIABLE || what == VARIABLE_NULL) {
        refer(a, VT_BYREF | VT_VARIANT);
    }
    if (what == NAME_REFERENCE_NULL || what == VARIABLE_NULL)
        V_BYREF(&a->outer) = NULL;
}

static void make_value(argument *a, argument_kind what) {
    switch (what) {
    case REAL:
        V_VT(&a->outer) = VT_R8;
        V_R8(&a->outer) = 1.5;
        break;
    case NULL_VALUE:
        V_VT(&a->outer) = VT_NULL;
        break;
    case OBJECT_NULL:
        V_VT(&a->outer) = VT_DISPATCH;
        break;
    case EMPTY:
        break;
    default:
        V_VT(&a->outer) = VT_I4;
        V_I4(&a->outer) = what == NEGATIVE ? -1 : what == PROCESS_NONE ? 0 : 7;
    }
}

static VARIANT valid_frame(uint16_t words) {
    const uint64_t word[] = {1, 2, 3};
    return words_of(words, word);
}

// The frame's bytes changed, its container as it should be.
static void make_content(argument *a, argument_kind what) {
    unsigned char *bytes = V_ARRAY(&a->outer)->pvData;
    ULONG size = V_ARRAY(&a->outer)->rgsabound[0].cElements;
    SAFEARRAY *array;
    switch (what) {
    case FRAME_SHORT:
    case FRAME_LONGER:
        array = array_with(VT_UI1, 1, 0, NULL, what == FRAME_SHORT ? size - 1 : size + 1);
        memcpy(array->pvData, bytes, what == FRAME_SHORT ? size - 1 : size);
        SafeArrayDestroy(V_ARRAY(&a->outer));
        V_ARRAY(&a->outer) = array;
        break;
    case FRAME_VERSION:
        ++bytes[4];
        break;
    case FRAME_ARCHITECTURE:
        bytes[6] = bytes[6] == HP_ARCH_X64 ? HP_ARCH_X86 : HP_ARCH_X64;
        break;
    case FRAME_REPLY_KIND:
        bytes[7] = HP_FRAME_REPLY;
        break;
    case FRAME_GARBAGE:
        for (ULONG i = 0; i < size; ++i)
            bytes[i] = (unsigned char)(i * 37 + 11);
        break;
    case FRAME_WIDE_WORD:
        bytes[24 + 4] = 1;
        break;
    default:
        break;
    }
}

// The frame's container changed.
static void make_container(argument *a, argument_kind what) {
    SAFEARRAY *valid = V_ARRAY(&a->outer);
    void *bytes = valid->pvData;
    ULONG size = valid->rgsabound[0].cElements;
    static const struct {
        argument_kind what;
        VARTYPE type;
        UINT dimensions;
        LONG lower;
    } shapes[] = {
        {FRAME_FROM_7, VT_UI1, 1, 7},          {FRAME_FROM_MINIMUM, VT_UI1, 1, INT32_MIN},
        {FRAME_SIGNED, VT_I1, 1, 0},           {FRAME_2D, VT_UI1, 2, 0},
        {FRAME_OF_WORDS, VT_UI2, 1, 0},        {FRAME_LYING, VT_I1, 1, 0},
        {FRAME_LYING_WIDE, VT_VARIANT, 1, 0},  {FRAME_EMPTY, VT_UI1, 1, 0},
        {FRAME_OF_VARIANTS, VT_VARIANT, 1, 0}, {FRAME_TO_MAXIMUM, VT_UI1, 1, 0},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        if (shapes[i].what != what)
            continue;
        LONG lower = what == FRAME_TO_MAXIMUM ? (LONG)(INT32_MAX - size + 1) : shapes[i].lower;
        V_ARRAY(&a->outer) =
            array_with(shapes[i].type, shapes[i].dimensions, lower,
                       shapes[i].type == VT_VARIANT ? NULL : bytes, what == FRAME_EMPTY ? 0 : size);
        V_VT(&a->outer) =
            VT_ARRAY | (what == FRAME_LYING || what == FRAME_LYING_WIDE ? VT_UI1 : shapes[i].type);
        SafeArrayDestroy(valid);
        return;
    }
    if (what == FRAME_NULL) {
        SafeArrayDestroy(valid);
        V_ARRAY(&a->outer) = NULL;
    } else if (what == FRAME_REFERENCE || what == FRAME_REFERENCE_NULL) {
        refer(a, VT_BYREF | VT_ARRAY | VT_UI1);
        if (what == FRAME_REFERENCE_NULL)
            V_BYREF(&a->outer) = NULL;
    } else if (what == FRAME_VARIABLE) {
        refer(a, VT_BYREF | VT_VARIANT);
    }
}

void argument_make(argument *a, argument_kind what) {
    VariantInit(&a->outer);
    VariantInit(&a->inner);
    VariantInit(&a->innermost);
    if (what < INTEGER) {
        make_name(a, what);
    } else if (what < FRAME) {
        make_value(a, what);
    } else if (what == FRAME_WITH_BLOCK) {
        static const unsigned char data[4] = {1, 2, 3, 4};
        hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .blocks = 1};
        frame.block[0] = (hp_frame_block){.parameter = 1, .size = 4, .capacity = 4, .data = data};
        a->outer = frame_of(&frame);
    } else {
        a->outer = valid_frame(what == FRAME_1_WORD ? 1 : what == FRAME_3_WORDS ? 3 : 2);
        make_content(a, what);
        make_container(a, what);
    }
}

void argument_clear(argument *a) {
    // What lies: only the array knows how to free itself.
    if (V_VT(&a->outer) == (VT_ARRAY | VT_UI1) && V_ARRAY(&a->outer))
        SafeArrayDestroy(V_ARRAY(&a->outer));
    else
        VariantClear(&a->outer);
    VariantClear(&a->inner);
    VariantClear(&a->innermost);
}
