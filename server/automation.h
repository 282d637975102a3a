/**
 * @file automation.h
 * One call with VARIANTs for arguments: they become a call frame, which call.h runs like any other, and its
 * reply becomes VARIANTs.
 */
#ifndef HP_SERVER_AUTOMATION_H
#define HP_SERVER_AUTOMATION_H

#include <oaidl.h>

#include "server/exports.h"

/** No argument is to blame. */
#define HP_AUTOMATION_NOBODY UINT16_MAX

/**
 * Run a replacement on the calling thread.
 *
 * @param argument  one for each parameter, the first one first: claims of whoever calls. Those by reference
 *                  that the function writes to are changed on success only, all of them
 * @param locale    for conversions
 * @param result    receives the result, empty before; NULL: nobody wants it
 * @param bad       receives the index of the parameter whose argument is to blame, or HP_AUTOMATION_NOBODY
 * @param trouble   receives the failure with the function's name and the parameter's
 * @return S_OK; DISP_E_TYPEMISMATCH, DISP_E_OVERFLOW, DISP_E_PARAMNOTOPTIONAL, E_INVALIDARG (an array with
 *         another number of elements), HP_E_STRING_TOO_LONG of an argument; HP_E_FRAME_TOO_LARGE; what
 *         hp_call_begin says. The replacement did not run, or the detail says that it did. Thread-safe.
 */
HRESULT hp_automation_run(const hp_exports *exports, const hp_export *item, const VARIANT *const *argument,
                          LCID locale, VARIANT *result, uint16_t *bad, hp_trouble *trouble);

#endif
