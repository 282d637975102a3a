/**
 * @file types_text.h
 * Text that grows, and names as signatures spell them. Pure.
 */
#ifndef HP_TOOLS_TYPES_TEXT_H
#define HP_TOOLS_TYPES_TEXT_H

#include "hotpatch/error.h"

/** A text being written; all zero is an empty one. */
typedef struct hp_types_text {
    char *at; /**< malloc'ed, terminated once there is anything in it */
    size_t length, capacity;
    int failed; /**< there was no memory for some of it */
} hp_types_text;

void hp_types_text_add(hp_types_text *text, const char *format, ...) HP_PRINTF(2, 3);
void hp_types_text_free(hp_types_text *text);

/** Is it a C identifier (ASCII)? NULL and "" are none. */
int hp_types_text_is_name(const char *name);

/**
 * The tag of a structure or enum, in place: its last part ("acme::player" is player), everything but letters,
 * digits and "_" replaced by "_" ("vec<3>" is vec_3_).
 *
 * @return 0 if it has none: what compilers and dbghelp call those without a name
 */
int hp_types_text_tag(char *name);

/**
 * The tag with its namespaces, which hp_types_text_tag leaves out ("acme::vec<3>" is acme::vec_3_); unnamed
 * ones are left out.
 *
 * @return malloc'ed; NULL if it has no tag, or if there is no memory
 */
char *hp_types_text_full(const char *name);

/**
 * Does an unnamed namespace's name begin here? Compilers and dbghelp each have their own way to write "no
 * name", and some write nothing.
 *
 * @return its length, with the "::" behind it; 0 if none begins here
 */
size_t hp_types_text_unnamed(const char *text);

#endif
