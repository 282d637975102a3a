/**
 * @file method.h
 * Replacements as methods of the update's object: their ids, and those of their parameters. An id is
 * HP_DISPID_FUNCTION_BASE and the place in the exports' order; that of a parameter its index. All are
 * thread-safe.
 */
#ifndef HP_SERVER_METHOD_H
#define HP_SERVER_METHOD_H

#include <oaidl.h>

#include "server/exports.h"

/**
 * Find a replacement by what a script can write: its name; its short name, without parameters and file; or
 * the last part of that, behind "::". The longest counts first, and of each the exact spelling before any
 * other, since Automation does not tell upper from lower case. What means several is not found.
 *
 * @param name  terminated
 * @param id    receives it, DISPID_UNKNOWN on failure
 * @return S_OK, DISP_E_UNKNOWNNAME
 */
HRESULT hp_method_find(const hp_exports *exports, const wchar_t *name, DISPID *id);

/** The replacement with this id; NULL if there is none. */
const hp_export *hp_method_export(const hp_exports *exports, DISPID id);

/**
 * Find parameters by the names in the signature, in any case if that means one only.
 *
 * @param ids  receives one for each, DISPID_UNKNOWN for those that are not found
 * @return S_OK, DISP_E_UNKNOWNNAME
 */
HRESULT hp_method_parameters(const hp_export *item, LPOLESTR *names, UINT count, DISPID *ids);

/** "parameter 2 (b)", terminated, cut at capacity. @param index  0 is the first */
void hp_method_say(const hp_export *item, uint16_t index, char *text, size_t capacity);

/** Arguments in the order of the parameters. */
typedef struct hp_method_arguments {
    const VARIANT *value[HP_SIGNATURE_MAX_PARAMETERS];
    UINT place[HP_SIGNATURE_MAX_PARAMETERS]; /**< index in rgvarg */
} hp_method_arguments;

/**
 * Put arguments into the order of the parameters.
 *
 * @param bad  receives the index in rgvarg of the one that DISP_E_PARAMNOTFOUND is about
 * @return S_OK; DISP_E_BADPARAMCOUNT: every parameter takes one; DISP_E_PARAMNOTFOUND: no such parameter, or
 *         it has one already; E_INVALIDARG
 */
HRESULT hp_method_arrange(const hp_export *item, const DISPPARAMS *parameters, hp_method_arguments *arguments,
                          UINT *bad);

#endif
