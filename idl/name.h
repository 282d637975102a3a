/**
 * @file name.h
 * Function names, and the list of them that GetNames returns. Pure.
 *
 *     name  := part { "::" part }
 *     part  := letter-or-underscore { letter-or-underscore-or-digit }      (ASCII, as C and C++ have them)
 *     list  := [ name { " " name } ]
 */
#ifndef HP_IDL_NAME_H
#define HP_IDL_NAME_H

#include "hotpatch/error.h"

/** S_OK, HP_E_NAME_TOO_LONG (over HP_NAME_MAX bytes) or HP_E_NAME_INVALID. @param length bytes at name */
HRESULT hp_name_check(const char *name, size_t length);

/** One name of a list: where it begins and its length in bytes. */
typedef struct hp_name_span {
    const char *text;
    size_t length;
} hp_name_span;

/**
 * Take a list apart: checks every name and that none occurs twice (in less than quadratic time).
 *
 * @param list    terminated text; spans point into it
 * @param spans   receives a malloc'ed array in the list's order, NULL if empty; the caller frees it
 * @param count   receives the number of names
 * @param bad     receives the offending name on failure (may be NULL)
 * @return S_OK, HP_E_NO_EXPORTS for a list without a name, HP_E_NAME_..., E_OUTOFMEMORY
 */
HRESULT hp_name_split(const char *list, hp_name_span **spans, size_t *count, hp_name_span *bad);

#endif
