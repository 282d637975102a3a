/**
 * @file invoke.h
 * IDispatch::Invoke: every argument is a claim of whoever calls.
 */
#ifndef HP_SERVER_INVOKE_H
#define HP_SERVER_INVOKE_H

#include "server/object.h"

/**
 * Run a member. Parameters as IDispatch::Invoke has them (MS-OAUT 3.1.4.4), any pointer may be NULL.
 *
 * @return S_OK. DISP_E_MEMBERNOTFOUND (no such id, or not callable with these flags), E_INVALIDARG (unknown
 *         flags, no parameters), DISP_E_NONAMEDARGS, DISP_E_BADPARAMCOUNT, DISP_E_TYPEMISMATCH (with
 *         *bad_argument); of a replacement also DISP_E_OVERFLOW, DISP_E_PARAMNOTFOUND and
 *         DISP_E_PARAMNOTOPTIONAL, likewise. DISP_E_EXCEPTION for a failure of the member itself, with its
 *         code and a line for people in *exception. Thread-safe; calls run side by side.
 */
HRESULT hp_invoke_member(hp_object *object, DISPID id, WORD flags, const DISPPARAMS *parameters, LCID locale,
                         VARIANT *result, EXCEPINFO *exception, UINT *bad_argument);

#endif
