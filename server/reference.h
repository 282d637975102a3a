/**
 * @file reference.h
 * Arguments by reference, which results are stored in. What can fail is done before anything is stored. All
 * are thread-safe.
 */
#ifndef HP_SERVER_REFERENCE_H
#define HP_SERVER_REFERENCE_H

#include "server/variant.h"

/** What is to be stored. */
typedef enum hp_reference_shape {
    HP_REFERENCE_VALUE,
    HP_REFERENCE_TEXT,
    HP_REFERENCE_ARRAY,
} hp_reference_shape;

/** Does this argument ask for its value back? */
int hp_reference_is(const VARIANT *argument);

/**
 * Can it be stored there?
 *
 * @param argument  for which hp_reference_is holds
 * @param type      of the value, or of an element
 * @param of        receives for an array: the type of the elements that it has to have, VT_EMPTY if any
 * @return S_OK, DISP_E_TYPEMISMATCH
 */
HRESULT hp_reference_check(const VARIANT *argument, const hp_type *type, hp_reference_shape shape,
                           VARTYPE *of);

/** Make of a value what the reference stores. @return as hp_variant_change */
HRESULT hp_reference_fit(const VARIANT *argument, LCID locale, VARIANT *made);

/** Store what was made to fit, in place of what is there, which is freed. *made is empty afterwards. */
void hp_reference_store(const VARIANT *argument, VARIANT *made);

#endif
