#include "e2e/storm_call.h"

#include <string.h>

#include <oleauto.h>

#include "e2e/storm_frame.h"
#include "hotpatch_h.h"
#include "idl/frame.h"
#include "idl/protocol.h"

static const DISPID members[] = {
    HP_DISPID_GET_NAMES,        HP_DISPID_CALL,           HP_DISPID_GET_SIGNATURE, HP_DISPID_PROCESS_ID,
    HP_DISPID_PROTOCOL_VERSION, HP_DISPID_IMAGE_IDENTITY, HP_DISPID_CONNECT,       HP_DISPID_DISCONNECT};

static const hp_export *any_export(storm_dice *dice, const hp_exports *exports) {
    return &exports->items[storm_roll(dice, (uint32_t)exports->count)];
}

static void put_name(storm_dice *dice, const hp_export *item, storm_value *value) {
    static wchar_t name[3000];
    uint32_t length = 0;
    if (storm_roll(dice, 8) == 0) {
        length = storm_name(dice, item->name, name, sizeof name / sizeof *name);
    } else {
        for (; length < item->length; length++)
            name[length] = (unsigned char)item->name[length];
    }
    storm_value_name(dice, value, name, length);
}

static void put_frame(storm_dice *dice, const hp_export *item, storm_value *value) {
    static unsigned char bytes[STORM_FRAME_MAX];
    uint32_t size;
    const uint32_t kind = storm_roll(dice, 20);
    if (kind == 0) {
        storm_value_any(dice, value);
        return;
    }
    if (kind < 4) {
        size = storm_frame_noise(dice, bytes);
    } else {
        size = storm_frame_make(dice, &item->marshal.signature, bytes);
        if (kind < 15)
            size = storm_frame_spoil(dice, bytes, size);
    }
    storm_value_bytes(dice, value, bytes, size);
}

static void begin(storm_dice *dice, storm_call *call) {
    memset(call, 0, sizeof *call);
    call->locale = storm_once_in(dice, 20) ? (LCID)storm_bits(dice) : 0;
    if (storm_once_in(dice, 100))
        memset(&call->reserved, (int)storm_roll(dice, 256), sizeof call->reserved);
    call->wants_result = storm_roll(dice, 10) != 0;
    call->wants_exception = storm_roll(dice, 10) != 0;
    call->wants_bad = storm_roll(dice, 10) != 0;
}

static void make_odd(storm_dice *dice, storm_call *call, void (*make)(storm_dice *, storm_value *)) {
    static const WORD usual[] = {DISPATCH_METHOD, DISPATCH_PROPERTYGET,
                                 DISPATCH_METHOD | DISPATCH_PROPERTYGET, DISPATCH_PROPERTYPUT,
                                 DISPATCH_PROPERTYPUTREF};
    call->id = storm_roll(dice, 4) != 0 ? members[storm_roll(dice, sizeof members / sizeof *members)]
                                        : (DISPID)storm_number(dice);
    call->flags = storm_roll(dice, 5) != 0 ? usual[storm_roll(dice, 5) * (storm_once_in(dice, 2) ? 1 : 0)]
                                           : (WORD)storm_bits(dice);
    call->count =
        call->id == HP_DISPID_CALL && storm_once_in(dice, 2) ? 2 : storm_roll(dice, STORM_ARGUMENTS + 1);
    for (UINT i = 0; i < call->count; i++)
        make(dice, &call->value[i]);
    if (call->count > 0 && storm_once_in(dice, 4))
        call->named = 1 + storm_roll(dice, call->count);
    for (UINT i = 0; i < call->named; i++)
        call->name[i] = storm_once_in(dice, 2) ? DISPID_PROPERTYPUT : (DISPID)storm_number(dice);
}

/* A replacement as a method: as many arguments as it has parameters, mostly. */
static void make_method(storm_dice *dice, const hp_export *item, storm_call *call) {
    const UINT wanted = item->marshal.signature.count;
    call->method = item;
    call->flags = DISPATCH_METHOD;
    call->count =
        storm_once_in(dice, 10) || wanted > STORM_ARGUMENTS ? storm_roll(dice, STORM_ARGUMENTS + 1) : wanted;
    for (UINT i = 0; i < call->count; i++) {
        storm_value *value = &call->value[i];
        storm_value_any(dice, value);
        if (storm_once_in(dice, 2)) {
            storm_value_clear(value);
            *value = (storm_value){0};
            V_VT(&value->outer) = VT_I4;
            V_I4(&value->outer) = (LONG)storm_roll(dice, 4);
        }
    }
}

void storm_call_make(storm_dice *dice, const hp_exports *exports, storm_call *call) {
    const hp_export *item = any_export(dice, exports);
    begin(dice, call);
    const uint32_t kind = storm_roll(dice, 100);
    if (kind < 75) {
        call->id = HP_DISPID_CALL;
        call->flags = DISPATCH_METHOD;
        call->count = 2;
        put_frame(dice, storm_once_in(dice, 20) ? any_export(dice, exports) : item, &call->value[0]);
        put_name(dice, item, &call->value[1]);
    } else if (kind < 80) {
        call->id = HP_DISPID_GET_SIGNATURE;
        call->flags = DISPATCH_METHOD;
        call->count = 1;
        put_name(dice, item, &call->value[0]);
    } else if (kind < 82) {
        call->id = HP_DISPID_CONNECT;
        call->flags = DISPATCH_METHOD;
        call->count = 1;
        V_VT(&call->value[0].outer) = VT_I4;
        V_I4(&call->value[0].outer) = storm_once_in(dice, 2) ? (LONG)GetCurrentProcessId() : -1;
    } else if (kind < 90) {
        make_method(dice, item, call);
    } else {
        make_odd(dice, call, storm_value_any);
    }
}

void storm_call_make_trash(storm_dice *dice, storm_call *call) {
    begin(dice, call);
    make_odd(dice, call, storm_value_trash);
}

static HRESULT find_method(const hp_export *item, IDispatch *object, DISPID *id) {
    wchar_t text[256] = {0};
    LPOLESTR name = text;
    for (size_t i = 0; i < item->length && i < 255; i++)
        text[i] = (unsigned char)item->name[i];
    return IDispatch_GetIDsOfNames(object, &IID_NULL, &name, 1, LOCALE_NEUTRAL, id);
}

void storm_call_run(storm_call *call, IDispatch *object, storm_outcome *outcome) {
    VARIANT arguments[STORM_ARGUMENTS];
    for (UINT i = 0; i < call->count; i++)
        arguments[i] = call->value[i].outer;
    DISPPARAMS parameters = {arguments, call->name, call->count, call->named};
    EXCEPINFO exception = {0};
    memset(outcome, 0, sizeof *outcome);
    outcome->bad = 99;
    outcome->hr = call->method != NULL ? find_method(call->method, object, &call->id) : S_OK;
    if (FAILED(outcome->hr))
        return;
    outcome->hr =
        IDispatch_Invoke(object, call->id, &call->reserved, call->locale, call->flags, &parameters,
                         call->wants_result ? &outcome->result : NULL,
                         call->wants_exception ? &exception : NULL, call->wants_bad ? &outcome->bad : NULL);
    outcome->scode = exception.scode;
    outcome->described =
        SysStringLen(exception.bstrSource) > 0 && SysStringLen(exception.bstrDescription) > 0;
    SysFreeString(exception.bstrSource);
    SysFreeString(exception.bstrDescription);
    SysFreeString(exception.bstrHelpFile);
}

static VARTYPE result_type(DISPID id) {
    switch (id) {
    case HP_DISPID_CALL:
        return VT_ARRAY | VT_UI1;
    case HP_DISPID_GET_NAMES:
    case HP_DISPID_GET_SIGNATURE:
    case HP_DISPID_IMAGE_IDENTITY:
        return VT_BSTR;
    case HP_DISPID_PROCESS_ID:
    case HP_DISPID_PROTOCOL_VERSION:
        return VT_I4;
    default:
        return VT_EMPTY;
    }
}

static int is_reply(const VARIANT *result) {
    hp_frame reply;
    SAFEARRAY *array = V_ARRAY(result);
    return array != NULL && SafeArrayGetDim(array) == 1 && SafeArrayGetElemsize(array) == 1 &&
           hp_frame_read(array->pvData, array->rgsabound[0].cElements, HP_ARCH_HERE, HP_FRAME_REPLY,
                         &reply) == S_OK;
}

static int is_of_values(const VARIANT *frame) {
    const VARIANT *inner = V_VT(frame) == (VT_BYREF | VT_VARIANT) ? V_VARIANTREF(frame) : frame;
    return (V_VT(inner) & ~VT_BYREF) == (VT_ARRAY | VT_VARIANT);
}

/* A function was called with values, and gives its result as one, of whatever type. */
static int gives_value(const storm_call *call) {
    return call->method != NULL ||
           (call->id == HP_DISPID_CALL && call->count == 2 && is_of_values(&call->value[0].outer));
}

const char *storm_outcome_defect(const storm_call *call, const storm_outcome *outcome) {
    if (SUCCEEDED(outcome->hr) && outcome->hr != S_OK)
        return "it succeeds, but not with S_OK";
    if (FAILED(outcome->hr) && V_VT(&outcome->result) != VT_EMPTY)
        return "a failure has a result";
    if (outcome->hr == DISP_E_UNKNOWNNAME && call->method != NULL)
        return "a function is no method";
    if (outcome->hr == S_OK && call->wants_result && !gives_value(call)) {
        if (V_VT(&outcome->result) != result_type(call->id))
            return "the result is of the wrong type";
        if (call->id == HP_DISPID_CALL && !is_reply(&outcome->result))
            return "the result is no reply frame";
    }
    if (outcome->hr == DISP_E_EXCEPTION && call->wants_exception &&
        (SUCCEEDED(outcome->scode) || !outcome->described))
        return "an exception says nothing";
    if (outcome->hr == DISP_E_TYPEMISMATCH && call->wants_bad && outcome->bad >= call->count)
        return "the argument that is wrong is none of them";
    return NULL;
}

static int same_bytes(const VARIANT *a, const VARIANT *b) {
    const SAFEARRAY *one = V_ARRAY(a), *two = V_ARRAY(b);
    return one->rgsabound[0].cElements == two->rgsabound[0].cElements &&
           memcmp(one->pvData, two->pvData, one->rgsabound[0].cElements) == 0;
}

static int has_references(const storm_call *call) {
    for (UINT i = 0; i < call->count; i++)
        if (V_ISBYREF(&call->value[i].outer))
            return 1;
    return 0;
}

int storm_outcome_equal(const storm_call *call, const storm_outcome *a, const storm_outcome *b) {
    if (call->method != NULL && has_references(call)) /* what came back changed the second one's arguments */
        return 1;
    if (a->hr != b->hr || V_VT(&a->result) != V_VT(&b->result))
        return 0;
    if (a->hr == DISP_E_EXCEPTION && call->wants_exception && a->scode != b->scode)
        return 0;
    if (a->hr == DISP_E_TYPEMISMATCH && call->wants_bad && a->bad != b->bad)
        return 0;
    if (a->hr != S_OK || !call->wants_result || gives_value(call))
        return 1;
    if (call->id == HP_DISPID_CALL)
        return same_bytes(&a->result, &b->result);
    return call->id != HP_DISPID_GET_SIGNATURE || wcscmp(V_BSTR(&a->result), V_BSTR(&b->result)) == 0;
}

void storm_call_clear(storm_call *call) {
    for (UINT i = 0; i < call->count; i++)
        storm_value_clear(&call->value[i]);
}

void storm_outcome_clear(storm_outcome *outcome) {
    VariantClear(&outcome->result);
}
