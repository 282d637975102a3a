/**
 * @file variant.h
 * One value: a VARIANT that somebody else made <-> the bits of a type.
 *
 * All take the value itself, a reference to it (VT_BYREF), or a reference to a VARIANT with either, one
 * level. All are thread-safe. Nothing calls back: an object (VT_DISPATCH) is no value, whatever its default
 * property.
 */
#ifndef HP_SERVER_VARIANT_H
#define HP_SERVER_VARIANT_H

#include <oaidl.h>

#include "proxygen/signature.h"

/** What type a value has, without VT_BYREF; VT_VOID if it leads nowhere. */
VARTYPE hp_variant_type(const VARIANT *variant);

/**
 * Convert to a type, as VariantChangeTypeEx does.
 *
 * @param to  receives it, to be cleared
 * @return S_OK, DISP_E_TYPEMISMATCH, DISP_E_OVERFLOW, E_OUTOFMEMORY; DISP_E_PARAMNOTOPTIONAL for an argument
 *         that was left out
 */
HRESULT hp_variant_change(const VARIANT *variant, VARTYPE wanted, LCID locale, VARIANT *to);

/**
 * The bits of a value, zero-extended.
 *
 * @param type  no structure
 * @return as hp_variant_change; nothing is cut off: what does not fit is DISP_E_OVERFLOW, as are NaN and the
 *         infinities as integers
 */
HRESULT hp_variant_to_bits(const VARIANT *variant, const hp_type *type, LCID locale, uint64_t *bits);

/**
 * The other way: a bool is VT_BOOL, f32 VT_R4, f64 VT_R8; an integer VT_I4 if it fits, since scripts know no
 * others; else a u32 is VT_R8, which holds it exactly, and wider ones are VT_I8 or VT_UI8.
 *
 * @param type  no structure
 * @param bits  those above its size do not count
 */
void hp_variant_from_bits(const hp_type *type, uint64_t bits, VARIANT *variant);

/** The VARTYPE that is stored as this type is: VT_UI1 for structures, VT_EMPTY if there is none. */
VARTYPE hp_variant_natural(const hp_type *type);

/** Bytes of a number, a VT_BOOL or a VT_VARIANT where it is stored; 0 for all other types. */
uint32_t hp_variant_size(VARTYPE type);

#endif
