/**
 * @file types_node.h
 * What types.c remembers: each type that dbghelp was asked for, by its id. Windows. Not for other files but
 * symbols.c, which makes and frees the memory.
 */
#ifndef HP_TOOLS_TYPES_NODE_H
#define HP_TOOLS_TYPES_NODE_H

#include "tools/debug/symbols.h"
#include "tools/debug/types_text.h"

typedef enum hp_types_kind {
    HP_TYPES_UNKNOWN, /**< dbghelp cannot tell, or it is being looked at */
    HP_TYPES_VOID,
    HP_TYPES_SIMPLE, /**< integer, bool, float; also those no signature has */
    HP_TYPES_ENUM,
    HP_TYPES_STRUCTURE, /**< unions and classes too */
    HP_TYPES_ARRAY,
    HP_TYPES_POINTER,
    HP_TYPES_FUNCTION,
} hp_types_kind;

/** A type. Typedefs are what they stand for. */
typedef struct hp_types_node {
    uint32_t id;
    uint32_t target; /**< id of an array's element, of what a pointer points to, of a function's result */
    hp_types_kind kind;
    uint32_t align;       /**< bytes; of values and structures that a signature can have */
    uint64_t size;        /**< bytes, 0 if unknown */
    uint64_t count;       /**< of an array */
    uint8_t is_value;     /**< a signature can have it: head, tag and body are its text, "enum i32" "color"
                             "{RED=0}" */
    uint8_t is_char;      /**< 1: char, 2: wchar_t; else 0 */
    uint8_t is_token;     /**< STRICT's structure behind HWND and the like: the pointer to it is a handle */
    uint8_t too_long;     /**< no value because of its length: HP_E_SIGNATURE_LIMIT */
    const char *head;     /**< "i32", "struct", "enum i32"; static */
    uint32_t *parameters; /**< ids of their types; NULL if there are none */
    char *tag, *body;     /**< NULL if there is none */
    char *full;           /**< the tag with its namespaces; NULL if there is none */
    const char *error;    /**< no value: why; static */
    char *where;          /**< no value: of which member; NULL if there is none */
} hp_types_node;

typedef struct hp_types hp_types;

/** Memory without a type in it; NULL if there is none. Free with hp_types_node_close (NULL is fine). */
hp_types *hp_types_node_open(void);
void hp_types_node_close(hp_types *types);

/** Is the function that is being looked at known to be C? Then an enum without a size has that of int. */
void hp_types_node_set_c(hp_types *types, int is_c);

/** Has memory been refused so far? Then nothing that was said since is true. */
int hp_types_node_failed(const hp_types *types);

/** A type, asked for once. Never NULL; valid as long as the symbols are open. */
const hp_types_node *hp_types_node_get(hp_symbols *symbols, uint32_t id);

/** The element type of an array of whatever dimensions; else the type itself. @param count receives how many
 */
const hp_types_node *hp_types_node_element(hp_symbols *symbols, const hp_types_node *node, uint64_t *count);

/** Append what a signature says of a value. */
void hp_types_node_write(const hp_types_node *node, hp_types_text *text);

/** Fill in tag and full of a structure or enum. */
void hp_types_node_name(const hp_symbols *symbols, hp_types_node *node);

/* Parts of hp_types_node_get, for one kind each; node has id, kind and size. */
void hp_types_struct_fill(hp_symbols *symbols, hp_types_node *node);         /* types_struct.c */
void hp_types_enum_fill(hp_symbols *symbols, hp_types_node *node, int is_c); /* types_enum.c */

/** Take text over into *target, terminated. @return 0 if there is no memory for it, or was not */
int hp_types_node_take(hp_types_text *text, char **target);

#endif
