/**
 * @file types_check_struct.h
 * Inside of hp_types_check: a structure that the programmer wrote, against one that the compiler saw. Pure.
 * Not for other files than types_check.c.
 */
#ifndef HP_TOOLS_TYPES_CHECK_STRUCT_H
#define HP_TOOLS_TYPES_CHECK_STRUCT_H

#include "proxygen/signature_text.h"

/** Room for what differs, in bytes with the terminator. */
#define HP_TYPES_CHECK_STRUCT_WORDS 256

/** Is it one, with a sign or without? */
bool hp_types_check_struct_integer(const hp_type *type);

/**
 * Do two simple types have the same kind and size? A handle fits an integer as large, and an enum that the
 * compiler saw is an integer of either sign, for the sign is the compiler's choice.
 *
 * @param enumeration  the compiler saw an enum
 */
bool hp_types_check_struct_simple(const hp_type *written, const hp_type *seen, bool enumeration);

/**
 * Do two structures have the same members in the same places? Names and entries do not count; a handle is an
 * integer of its size. Equal sizes would not do: a member in what is padding in the other would be missed,
 * and which register x86 returns a structure in depends on its members.
 *
 * @param written, here  the text that the programmer wrote, and where in it a structure stands
 * @param seen, there    the shape; both texts were read without a complaint
 * @param words          receives which field differs: "struct player: field 2.1 (x) is f64 here, i32 there",
 * field 2 being a structure and "here" what is written; terminated, ASCII; untouched if they fit
 * @return whether they do. Allocates nothing; recursion is bounded by HP_SIGNATURE_MAX_DEPTH. Thread-safe.
 */
bool hp_types_check_struct(const hp_signature_text *written, hp_signature_span here,
                           const hp_signature_text *seen, hp_signature_span there,
                           char words[HP_TYPES_CHECK_STRUCT_WORDS]);

#endif
