/**
 * @file name.h
 * Function names, and the list of them that GetNames returns. Pure.
 *
 *     name       := part { "::" part } [ "(" types ")" ] [ "@" path ]
 *     part       := [ "~" ] identifier [ arguments ] | "operator" symbol [ arguments ] | conversion
 *     identifier := letter-or-underscore { letter-or-underscore-or-digit }  (ASCII, as C and C++ have them)
 *     symbol     := what C++ allows to overload: "+" ... "<=>" "->*" "()" "[]" "," and the like
 *     conversion := "operator" type         (identifier characters, "::", arguments, "%", "*", "&", "[", "]")
 *     arguments  := "<" anything ">"        (balanced; "->" and what is in parentheses does not count)
 *     types      := anything                (parentheses in it are balanced)
 *     path       := anything, at least one byte
 *     list       := [ name { " " name } ]
 *
 * "Anything" is printable ASCII without space, quotes (", ', `) and backslash. Who makes a name that has such
 * bytes in it writes them as "%20"; nobody here reads that back.
 *
 * The parts are the short name. C functions have nothing else; what tells overloads apart is the parameters
 * of a C++ function, "(i32,f64)", and what tells static functions apart is their source file, "@src/ai.c".
 */
#ifndef HP_IDL_NAME_H
#define HP_IDL_NAME_H

#include "hotpatch/error.h"

/** What a name is made of, in its order. */
typedef struct hp_name_pieces {
    size_t brief;      /**< bytes of the short name, never 0 */
    size_t parameters; /**< bytes of "(...)", 0 without */
    size_t file;       /**< bytes of "@...", 0 without */
} hp_name_pieces;

/**
 * Take a name apart.
 *
 * @param name    length bytes, need not be terminated
 * @param pieces  receives what it is made of, all zero on failure; the pieces' bytes add up to length
 * @return S_OK, HP_E_NAME_TOO_LONG (over HP_NAME_MAX bytes) or HP_E_NAME_INVALID. Thread-safe.
 */
HRESULT hp_name_read(const char *name, size_t length, hp_name_pieces *pieces);

/** The same, for its result only. */
HRESULT hp_name_check(const char *name, size_t length);

/**
 * Bytes of the short name: of "operator()(i32)" those of "operator()", of "vec<f(x)>::push(i32)" those of
 * "vec<f(x)>::push". 0 for what hp_name_check refuses.
 */
size_t hp_name_short(const char *name, size_t length);

/**
 * Can these names, which find each other (table.h), stand for one function in two builds of a program? A
 * static function is another one than one that is not static, and than one of another file: so both have no
 * file, or the same one.
 *
 * @return 1 if they can; 0 if not, and for what hp_name_check refuses. Thread-safe.
 */
int hp_name_is_kin(const char *one, size_t one_length, const char *other, size_t other_length);

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
