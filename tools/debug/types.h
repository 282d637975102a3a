/**
 * @file types.h
 * From types in the debug information to signature text (docs/signatures.md).
 *
 * | type                                      | signature |
 * |---|---|
 * | integers, bool, char, wchar_t, float, double | i8 ... u64, bool, f32, f64 |
 * | enum                                      | enum i32 color{RED=0,GREEN=1}: tag, underlying integer,
 * entries | | structure of these, naturally laid out    | struct player{i32 score;f64 x} | | pointer to such
 * a structure               | inout struct player{...}*; to const: in | | C++ reference to any of the above
 * | inout i32*, one element; to const: in | | pointer to const char, const wchar_t      | in str, in wstr |
 * | anything else                             | HP_E_SIGNATURE_UNKNOWN, and a sentence |
 *
 * What cannot be told from types: a pointer to anything else (how much memory? whose?), structures with
 * pointers, unions, bit fields, packed ones, long double, "...", results that are pointers, C++ classes with
 * base classes or member functions by value.
 *
 * A shape says what the compiler saw, for hp_types_check:
 *
 *     shape := [ convention ] type "(" [ type [ name ] { "," type [ name ] } ] [ "," "..." ] ")"
 *     type  := base { "*" }
 *     base  := "void" | "func" | "?" bytes | a value of signature.h, structures and enums in full
 *
 * "func" stands behind a "*" only; "?12" is a value of 12 bytes that no signature can describe (a union, a
 * packed structure, long double), "?0" one of unknown size. References are pointers. A shape that would be
 * too long ends early with "~)" in place of what is left; then only what is there is compared.
 */
#ifndef HP_TOOLS_TYPES_H
#define HP_TOOLS_TYPES_H

#include "idl/protocol.h"
#include "tools/debug/symbols.h"

/** What is known of how a function is called. */
typedef struct hp_types_call {
    HRESULT result;                       /**< S_OK; HP_E_SIGNATURE_..., then reason says why */
    char signature[HP_SIGNATURE_MAX + 1]; /**< readable by hp_signature_parse; empty if result is not S_OK */
    char reason[256]; /**< "parameter 2, data: the types do not say how much memory is behind this pointer" */
    char shape[HP_SIGNATURE_MAX +
               1]; /**< always: every type, also those that no signature can have, see below */
    /** "(i32,const-acme::player&)": tells overloads apart; no spaces, cut off with a hash */
    char parameters[HP_NAME_MAX + 1];
} hp_types_call;

/**
 * Describe a function.
 *
 * @param symbol      of these symbols
 * @param fact        NULL if nothing is known: then pointers to char are not strings, and nothing is certain
 * about "..."
 * @param convention  x86: what it is (hp_inventory finds out); x64: HP_CONVENTION_CDECL
 * @return S_OK, also if it has no signature; E_OUTOFMEMORY
 */
HRESULT hp_types_describe(hp_symbols *symbols, const hp_symbol *symbol, const hp_fact *fact,
                          hp_convention convention, hp_types_call *call);

/**
 * What dbghelp says of the calling convention; right for PDBs only (for DWARF it always says cdecl).
 * What no signature has (vectorcall) is cdecl here; hp_types_describe refuses it.
 */
hp_convention hp_types_convention(hp_symbols *symbols, const hp_symbol *symbol);

/**
 * Does what the programmer wrote fit what the compiler saw? Pure.
 *
 * @param written  signature text, already readable by hp_signature_parse for arch
 * @param shape    of hp_types_call
 * @param reason   receives what differs, "parameter 2: written u8, the compiler saw i32"; terminated
 * @return 1 if it fits: as many parameters, values of the same kind and size (handle: any pointer or integer
 * of that size; an enum: an integer of either sign; structures, "?12": the same size), memory only where
 * there is a pointer, its elements as large as what is pointed to (void, "?0": any; a pointer: of its size;
 * str and wstr: 1- and 2-byte characters; func: none, only handle), the same result, the same "...", on x86
 * the same convention. 0 if not, or if the shape cannot be read
 */
int hp_types_check(const char *written, hp_arch arch, const char *shape, char reason[256]);

#endif
