/**
 * @file types_list.h
 * The parameters of one function, from its type and from its own entries. Windows. Not for other files than
 * types.c.
 */
#ifndef HP_TOOLS_TYPES_LIST_H
#define HP_TOOLS_TYPES_LIST_H

#include "tools/debug/types_node.h"

/** More parameters than this are not looked at. */
enum { HP_TYPES_LIST_MAX = 64 };

/** Parameters of a function. */
typedef struct hp_types_list {
    uint32_t count; /**< `this` included, "..." not */
    uint32_t named; /**< how many parameters the function itself has; `this` included */
    uint32_t type[HP_TYPES_LIST_MAX];
    char *name[HP_TYPES_LIST_MAX]; /**< NULL where there is none */
    uint32_t result;               /**< type id */
    uint8_t known;                 /**< the function has a type */
    uint8_t too_many;              /**< there are more */
    uint8_t is_variadic, has_object;
    uint8_t agrees; /**< type and function have the same parameters; names are given only then */
} hp_types_list;

/** Fill a list; free it with hp_types_list_free. */
void hp_types_list_read(hp_symbols *symbols, const hp_symbol *symbol, const hp_fact *fact,
                        hp_types_list *list);
void hp_types_list_free(hp_types_list *list);

#endif
