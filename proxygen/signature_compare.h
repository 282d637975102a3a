/**
 * @file signature_compare.h
 * The inside of hp_signature_compare: two texts, read in step. Not for other rooms.
 */
#ifndef HP_PROXYGEN_SIGNATURE_COMPARE_H
#define HP_PROXYGEN_SIGNATURE_COMPARE_H

#include "proxygen/signature_text.h"

/** Longest name, place or type in a detail, in bytes with the terminator. */
#define HP_SIGNATURE_WORDS 128

/** One of the two signatures, and where in it we are. */
typedef struct hp_signature_side {
    hp_signature_text text;
    hp_signature signature;
    hp_signature_source source;
} hp_signature_side;

/** Two signatures being compared. */
typedef struct hp_signature_pair {
    hp_signature_side ours, theirs;
    bool names;                     /**< look at fields' names and enums' entries; else at the calls only */
    char place[HP_SIGNATURE_WORDS]; /**< "parameter 2 (who)", "the result" */
    char *detail;                   /**< receives what differs */
    size_t capacity;                /**< of detail */
} hp_signature_pair;

/** Say what differs; cut at the capacity (signature_compare.c). @return true */
bool hp_signature_compare_say(hp_signature_pair *pair, const char *format, ...) HP_PRINTF(2, 3);

/** Are two names the same letters? (signature_compare_enum.c) */
bool hp_signature_compare_same(const char *one, hp_signature_span first, const char *other,
                               hp_signature_span second);

/**
 * Compare the entries of two enums whose "enum" is next, if both give them. Leaves the texts anywhere inside
 * of the enums (signature_compare_enum.c).
 *
 * @return true: they differ, and the detail says how
 */
bool hp_signature_compare_enums(hp_signature_pair *pair);

/**
 * Read a value that is next on both sides, and compare what lies inside of it: fields, their names, entries
 * of enums (signature_compare_value.c). Whether a simple type is the same is for the caller to see.
 *
 * @param ours, theirs  receive the types
 * @return true: they differ, and the detail says how
 */
bool hp_signature_compare_values(hp_signature_pair *pair, hp_type *ours, hp_type *theirs);

/** Are two types the same, as far as canonical form shows without looking inside structures? */
bool hp_signature_compare_alike(const hp_type *one, const hp_type *other);

#endif
