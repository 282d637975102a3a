/**
 * @file argument.h
 * Values out of VARIANTs that somebody else made.
 */
#ifndef HP_SERVER_ARGUMENT_H
#define HP_SERVER_ARGUMENT_H

#include "hotpatch/base.h"

#include <oaidl.h>

/*
 * Each takes the value itself, a reference to it (VT_BYREF), or a reference to a VARIANT with
 * either (VT_BYREF|VT_VARIANT, one level, as script engines send variables). S_OK or
 * DISP_E_TYPEMISMATCH. Thread-safe.
 */

/** A BSTR, not copied; NULL is the empty one. */
HRESULT hp_argument_string(const VARIANT *argument, BSTR *value);

/** An integer of 2 or 4 bytes; script engines choose the smallest that fits. */
HRESULT hp_argument_integer(const VARIANT *argument, LONG *value);

/**
 * An array of bytes with one dimension and any lower bound.
 *
 * @param array  receives the array, not copied; its data is had by SafeArrayAccessData
 * @param size   receives the number of its bytes
 */
HRESULT hp_argument_bytes(const VARIANT *argument, SAFEARRAY **array, size_t *size);

/**
 * An array of VARIANTs with one dimension and any lower bound.
 *
 * @param array  receives it, not copied
 * @param count  receives the number of its elements
 */
HRESULT hp_argument_values(const VARIANT *argument, SAFEARRAY **array, size_t *count);

/**
 * Does an array have one dimension, and the elements that a VARIANT says of it? Any lower bound will do.
 *
 * @param array    not NULL
 * @param of       what the VARIANT says: VT_UI1, VT_VARIANT, ...
 * @param element  bytes of one such
 * @param count    receives the number of elements, if so
 */
int hp_argument_is_vector(SAFEARRAY *array, VARTYPE of, UINT element, ULONG *count);

#endif
