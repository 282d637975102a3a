/**
 * @file automation_world.h
 * An object with a replacement for each way in which values travel, and calls of its methods. Failures end
 * the running test.
 */
#ifndef HP_TESTS_UNIT_AUTOMATION_WORLD_H
#define HP_TESTS_UNIT_AUTOMATION_WORLD_H

#include "server/exports.h"

#include <oaidl.h>

typedef struct small {
    short x;
    short y;
} small;

typedef struct large {
    int id;
    double weight[2];
} large;

/** Calls that reached a function. */
extern int ran;

extern hp_exports exports;
extern IDispatch *object;

/** Set-up and tear-down of a test group. */
int automation_open_object(void **state);
int automation_close_object(void **state);

/** GetIDsOfNames of one name; and the same, which has to succeed. */
HRESULT find(const wchar_t *name, DISPID *id);
DISPID id_of(const wchar_t *name);

/** All that a call gave. */
typedef struct outcome {
    HRESULT hr;
    UINT bad; /**< 99: not set */
    HRESULT scode;
    wchar_t text[1024];
    VARIANT result;
} outcome;

/** Call a function with up to four arguments, in the order of its parameters. */
outcome call(const wchar_t *name, UINT count, VARIANT *const *arguments);
outcome call1(const wchar_t *name, VARIANT a);
outcome call2(const wchar_t *name, VARIANT a, VARIANT b);
outcome call3(const wchar_t *name, VARIANT a, VARIANT b, VARIANT c);

/** Arguments. */
VARIANT i4(LONG value);
VARIANT i8(LONGLONG value);
VARIANT r8(double value);
VARIANT variable(VARIANT *at);
VARIANT numbers(LONG lower, ULONG count, const int *values); /**< an array of VARIANTs */
VARIANT bytes_of(ULONG size, const void *bytes);             /**< an array of VT_UI1 */

/** What has to have come of a call. */
void expect_i4(outcome o, LONG value);
void expect_bad(outcome o, HRESULT hr, UINT bad);
void expect_thrown(outcome o, HRESULT scode, const wchar_t *text);

#endif
