#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "e2e/hostile.h"
#include "e2e/hostile_argument.h"

#include "hotpatch/error.h"
#include "idl/protocol.h"

#include <oleauto.h>

#include <cmocka.h>

#define UNKNOWN_ID 71999
#define GET DISPATCH_PROPERTYGET
#define PUT DISPATCH_PROPERTYPUT
#define METHOD DISPATCH_METHOD

typedef struct row {
    const char *what;
    DISPID id;
    WORD flags;
    UINT count;
    argument_kind argument[3]; // in the order of the parameters
    HRESULT result;
    HRESULT scode; // with DISP_E_EXCEPTION
    UINT bad;      // with DISP_E_TYPEMISMATCH: index in DISPPARAMS
    int local;
} row;

#define MISMATCH(index) DISP_E_TYPEMISMATCH, 0, index, 0
#define THROWS(code) DISP_E_EXCEPTION, code, 0, 0
#define SAYS(code) code, 0, 0, 0
#define CALL HP_DISPID_CALL, METHOD, 2
#define SIGNATURE HP_DISPID_GET_SIGNATURE, METHOD, 1
#define CONNECT HP_DISPID_CONNECT, METHOD, 1
#define GOODBYE HP_DISPID_DISCONNECT

static const row rows[] = {
    {"unknown id", UNKNOWN_ID, METHOD, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"id 0, the default member", 0, METHOD | GET, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"id -1", DISPID_UNKNOWN, METHOD, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"id -4, the enumerator", DISPID_NEWENUM, METHOD | GET, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"method as script engines call it", HP_DISPID_GET_NAMES, METHOD | GET, 0, {0}, SAYS(S_OK)},
    {"method read as a property", HP_DISPID_GET_NAMES, GET, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"no flag", HP_DISPID_GET_NAMES, 0, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"unknown flags", HP_DISPID_GET_NAMES, METHOD | 0x100, 0, {0}, SAYS(E_INVALIDARG)},
    {"property read", HP_DISPID_PROCESS_ID, GET, 0, {0}, SAYS(S_OK)},
    {"property called", HP_DISPID_PROCESS_ID, METHOD, 0, {0}, SAYS(S_OK)},
    {"property both", HP_DISPID_PROTOCOL_VERSION, METHOD | GET, 0, {0}, SAYS(S_OK)},
    {"property written", HP_DISPID_PROCESS_ID, PUT, 1, {INTEGER}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"property read and written", HP_DISPID_PROCESS_ID, GET | PUT, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"property with an index", HP_DISPID_IMAGE_IDENTITY, GET, 1, {INTEGER}, SAYS(DISP_E_BADPARAMCOUNT)},
    {"names of something", HP_DISPID_GET_NAMES, METHOD, 1, {NAME}, SAYS(DISP_E_BADPARAMCOUNT)},
    {"goodbye to somebody", GOODBYE, METHOD, 1, {INTEGER}, SAYS(DISP_E_BADPARAMCOUNT)},
    {"goodbye read as a property", GOODBYE, GET, 0, {0}, SAYS(DISP_E_MEMBERNOTFOUND)},
    {"call of nothing", HP_DISPID_CALL, METHOD, 0, {0}, SAYS(DISP_E_BADPARAMCOUNT)},
    {"call without a frame", HP_DISPID_CALL, METHOD, 1, {NAME}, SAYS(DISP_E_BADPARAMCOUNT)},
    {"call with one too many", HP_DISPID_CALL, METHOD, 3, {NAME, FRAME, FRAME}, SAYS(DISP_E_BADPARAMCOUNT)},

    {"name by reference", SIGNATURE, {NAME_REFERENCE}, SAYS(S_OK)},
    {"name in a variable", SIGNATURE, {NAME_VARIABLE}, SAYS(S_OK)},
    {"name two levels away", SIGNATURE, {NAME_VARIABLE_REFERENCE}, SAYS(S_OK)},
    {"reference to no name", SIGNATURE, {NAME_REFERENCE_NULL}, DISP_E_TYPEMISMATCH, 0, 0, 1},
    {"reference to no variable", SIGNATURE, {VARIABLE_NULL}, DISP_E_TYPEMISMATCH, 0, 0, 1},
    {"integer as a name", SIGNATURE, {INTEGER}, MISMATCH(0)},
    {"nothing as a name", SIGNATURE, {EMPTY}, MISMATCH(0)},
    {"null as a name", SIGNATURE, {NULL_VALUE}, MISMATCH(0)},
    {"no object as a name", SIGNATURE, {OBJECT_NULL}, MISMATCH(0)},
    {"bytes as a name", SIGNATURE, {FRAME}, MISMATCH(0)},
    {"NULL name", SIGNATURE, {NAME_NULL}, THROWS(HP_E_NAME_UNKNOWN)},
    {"unknown name", SIGNATURE, {NAME_UNKNOWN}, THROWS(HP_E_NAME_UNKNOWN)},
    {"beginning of a name", SIGNATURE, {NAME_PREFIX}, THROWS(HP_E_NAME_UNKNOWN)},
    {"name that is not ASCII", SIGNATURE, {NAME_FOREIGN}, THROWS(HP_E_NAME_UNKNOWN)},
    {"name of 100,000 characters", SIGNATURE, {NAME_LONG}, THROWS(HP_E_NAME_UNKNOWN)},
    {"name with more behind a NUL", SIGNATURE, {NAME_WITH_NUL}, THROWS(HP_E_NAME_UNKNOWN)},

    {"call by references", CALL, {NAME_REFERENCE, FRAME_REFERENCE}, SAYS(S_OK)},
    {"call by variables", CALL, {NAME_VARIABLE, FRAME_VARIABLE}, SAYS(S_OK)},
    {"call of an unknown name", CALL, {NAME_UNKNOWN, FRAME}, THROWS(HP_E_NAME_UNKNOWN)},
    {"call of a NULL name", CALL, {NAME_NULL, FRAME}, THROWS(HP_E_NAME_UNKNOWN)},
    {"call of a number", CALL, {INTEGER, FRAME}, MISMATCH(1)},
    {"arguments exchanged", CALL, {FRAME, NAME}, MISMATCH(1)},
    {"number as a frame", CALL, {NAME, INTEGER}, MISMATCH(0)},
    {"nothing as a frame", CALL, {NAME, EMPTY}, MISMATCH(0)},
    {"text as a frame", CALL, {NAME, NAME}, MISMATCH(0)},
    {"any lower bound", CALL, {NAME, FRAME_FROM_7}, SAYS(S_OK)},
    {"smallest lower bound", CALL, {NAME, FRAME_FROM_MINIMUM}, SAYS(S_OK)},
    {"largest upper bound", CALL, {NAME, FRAME_TO_MAXIMUM}, SAYS(S_OK)},
    {"array of signed bytes", CALL, {NAME, FRAME_SIGNED}, MISMATCH(0)},
    {"array of words", CALL, {NAME, FRAME_OF_WORDS}, MISMATCH(0)},
    {"array of too many values", CALL, {NAME, FRAME_OF_VARIANTS}, THROWS(DISP_E_BADPARAMCOUNT)},
    {"array of two dimensions", CALL, {NAME, FRAME_2D}, MISMATCH(0)},
    {"no array", CALL, {NAME, FRAME_NULL}, MISMATCH(0)},
    {"reference to no array", CALL, {NAME, FRAME_REFERENCE_NULL}, DISP_E_TYPEMISMATCH, 0, 0, 1},
    {"array that is another one", CALL, {NAME, FRAME_LYING}, DISP_E_TYPEMISMATCH, 0, 0, 1},
    {"array that is a wider one", CALL, {NAME, FRAME_LYING_WIDE}, DISP_E_TYPEMISMATCH, 0, 0, 1},
    {"frame of no bytes", CALL, {NAME, FRAME_EMPTY}, THROWS(HP_E_FRAME_TRUNCATED)},
    {"frame cut off", CALL, {NAME, FRAME_SHORT}, THROWS(HP_E_FRAME_TRUNCATED)},
    {"frame with a tail", CALL, {NAME, FRAME_LONGER}, THROWS(HP_E_FRAME_MALFORMED)},
    {"frame of another version", CALL, {NAME, FRAME_VERSION}, THROWS(HP_E_FRAME_VERSION)},
    {"frame of another architecture", CALL, {NAME, FRAME_ARCHITECTURE}, THROWS(HP_E_FRAME_ARCHITECTURE)},
    {"reply as a call", CALL, {NAME, FRAME_REPLY_KIND}, THROWS(HP_E_FRAME_MALFORMED)},
    {"garbage", CALL, {NAME, FRAME_GARBAGE}, THROWS(HP_E_FRAME_MALFORMED)},
    {"one parameter too few", CALL, {NAME, FRAME_1_WORD}, THROWS(HP_E_FRAME_MALFORMED)},
    {"one parameter too many", CALL, {NAME, FRAME_3_WORDS}, THROWS(HP_E_FRAME_MALFORMED)},
    {"value wider than its parameter", CALL, {NAME, FRAME_WIDE_WORD}, THROWS(HP_E_FRAME_MALFORMED)},
    {"memory for a value", CALL, {NAME, FRAME_WITH_BLOCK}, THROWS(HP_E_FRAME_MALFORMED)},

    {"client named by text", CONNECT, {NAME}, MISMATCH(0)},
    {"client with a fraction", CONNECT, {REAL}, MISMATCH(0)},
    {"client 0", CONNECT, {PROCESS_NONE}, THROWS(HRESULT_FROM_WIN32(ERROR_INVALID_PARAMETER))},
    {"client that is no process", CONNECT, {NEGATIVE}, THROWS(HRESULT_FROM_WIN32(ERROR_INVALID_PARAMETER))},
};

static void expect_exception(const row *r, EXCEPINFO *exception) {
    char symbol[16];
    wchar_t wide[16];
    snprintf(symbol, sizeof symbol, "0x%08lX", (unsigned long)(uint32_t)r->scode);
    for (size_t i = 0; i < 16; ++i)
        wide[i] = (wchar_t)symbol[i];
    if (exception->scode != r->scode)
        fail_msg("%s: scode %08lx and not %08lx", r->what, (unsigned long)exception->scode,
                 (unsigned long)r->scode);
    assert_non_null(exception->bstrSource);
    assert_int_equal(wcscmp(exception->bstrSource, L"Hotpatch"), 0);
    assert_non_null(exception->bstrDescription);
    // hp_error_format ends with code and advice; whose spelling of the digits is not this test's business.
    for (wchar_t *c = exception->bstrDescription; *c; ++c)
        *c = (wchar_t)(*c >= L'a' && *c <= L'f' ? *c - 32 : *c);
    assert_non_null(wcsstr(exception->bstrDescription, wide + 2));
    exception_clear(exception);
}

static void run_row(IDispatch *object, const row *r) {
    argument made[3];
    VARIANT arguments[3];
    for (UINT i = 0; i < r->count; ++i) {
        argument_make(&made[i], r->argument[i]);
        arguments[r->count - 1 - i] = made[i].outer;
    }
    VARIANT result;
    VariantInit(&result);
    EXCEPINFO exception = {0};
    UINT bad = 99;
    HRESULT hr = invoke(object, r->id, r->flags, arguments, r->count, &result, &exception, &bad);
    if (hr != r->result)
        fail_msg("%s: %08lx and not %08lx", r->what, (unsigned long)hr, (unsigned long)r->result);
    if (hr == DISP_E_TYPEMISMATCH && bad != r->bad)
        fail_msg("%s: bad argument %u and not %u", r->what, bad, r->bad);
    if (hr == DISP_E_EXCEPTION)
        expect_exception(r, &exception);
    if (SUCCEEDED(hr) && V_VT(&result) == VT_EMPTY)
        fail_msg("%s: no result", r->what);
    VariantClear(&result);
    for (UINT i = 0; i < r->count; ++i)
        argument_clear(&made[i]);
    // The same without a place for anything that comes back.
    for (UINT i = 0; i < r->count; ++i) {
        argument_make(&made[i], r->argument[i]);
        arguments[r->count - 1 - i] = made[i].outer;
    }
    hr = invoke(object, r->id, r->flags, arguments, r->count, NULL, NULL, NULL);
    if (hr != r->result)
        fail_msg("%s, without results: %08lx and not %08lx", r->what, (unsigned long)hr,
                 (unsigned long)r->result);
    for (UINT i = 0; i < r->count; ++i)
        argument_clear(&made[i]);
    expect_alive(object);
}

void hostile_run(IDispatch *object, int local) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        if (local || !rows[i].local)
            run_row(object, &rows[i]);
    }
}
