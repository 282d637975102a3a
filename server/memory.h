/**
 * @file memory.h
 * Memory that a parameter points to, and structures: a SAFEARRAY or a BSTR <-> bytes. References as in
 * variant.h. All are thread-safe.
 */
#ifndef HP_SERVER_MEMORY_H
#define HP_SERVER_MEMORY_H

#include "server/variant.h"

/**
 * Elements out of an array: numbers of any type or VARIANTs, one dimension, any lower bound, as many as there
 * have to be; structures: their bytes, as an array of VT_UI1. One element may come as a value, too.
 *
 * @param type   of one element
 * @param count  of elements
 * @param bytes  receives count * type->size bytes, freed by the caller with free()
 * @return S_OK; DISP_E_TYPEMISMATCH, DISP_E_OVERFLOW, DISP_E_PARAMNOTOPTIONAL; E_INVALIDARG: another number
 *         of elements; E_OUTOFMEMORY
 */
HRESULT hp_memory_from_array(const VARIANT *variant, const hp_type *type, uint32_t count, LCID locale,
                             unsigned char **bytes);

/**
 * Text with its NUL: UTF-16 as it is, or in the code page of this process, which has to know each character.
 *
 * @param element  bytes of a character, 1 or 2
 * @param bytes    receives it, freed by the caller with free()
 * @param size     receives how many bytes
 * @return S_OK; DISP_E_TYPEMISMATCH, also for a NUL in the text or a character that the code page lacks;
 *         DISP_E_PARAMNOTOPTIONAL; HP_E_STRING_TOO_LONG; E_OUTOFMEMORY
 */
HRESULT hp_memory_from_text(const VARIANT *variant, uint32_t element, LCID locale, unsigned char **bytes,
                            uint32_t *size);

/**
 * Make an array of elements; of structures one of their bytes.
 *
 * @param of     VARTYPE of its elements: that of hp_variant_natural, else VT_VARIANT is made
 * @param array  receives a VARIANT with it, to be cleared
 * @return S_OK, E_OUTOFMEMORY
 */
HRESULT hp_memory_to_array(const unsigned char *bytes, const hp_type *type, uint32_t count, VARTYPE of,
                           VARIANT *array);

/** Make a BSTR of what stands before the NUL, if there is one. @return S_OK, E_OUTOFMEMORY */
HRESULT hp_memory_to_text(const unsigned char *bytes, uint32_t element, uint32_t size, VARIANT *text);

#endif
