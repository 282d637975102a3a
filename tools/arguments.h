/**
 * @file arguments.h
 * The arguments of a call, from texts to values and memory. Pure.
 *
 * One text for each parameter of the signature:
 *
 * | parameter          | text |
 * |---|---|
 * | by value           | a value (value.h) |
 * | in str, in wstr    | the text itself; one that begins with "=" is taken without it ("=null" is the word)
 * | | other in memory    | a value where it is one element, else a list | | inout memory       | the same;
 * shorter lists and texts are filled up with zeros; "_": zeros | | out memory         | "_" | | any memory |
 * "null": a null pointer | | length of memory   | its value, or "_": as many elements as are given, a text's
 * NUL included |
 */
#ifndef HP_TOOLS_ARGUMENTS_H
#define HP_TOOLS_ARGUMENTS_H

#include "idl/trouble.h"
#include "tools/value/value.h"

/** One argument. */
typedef struct hp_arguments_item {
    unsigned char *bytes; /**< the value, or what the pointer points to; NULL: a null pointer. malloc'ed */
    uint32_t count;       /**< elements there; of a value 1 */
    uint8_t open;         /**< "_" was given */
} hp_arguments_item;

/** All of them. Freed with hp_arguments_free. */
typedef struct hp_arguments {
    hp_arguments_item item[HP_SIGNATURE_MAX_PARAMETERS];
} hp_arguments;

/**
 * Read arguments. Lengths agree with the memory then, whatever was written.
 *
 * @param types      of the signature
 * @param texts      count of them
 * @param name       of the function, for the trouble
 * @param arguments  receives them; all zero on failure
 * @return S_OK; HP_E_ARGUMENT (the detail says which, its type, and why), E_OUTOFMEMORY
 */
HRESULT hp_arguments_read(const hp_value_types *types, const char *const *texts, unsigned count,
                          const char *name, hp_arguments *arguments, hp_trouble *trouble);

void hp_arguments_free(hp_arguments *arguments);

#endif
