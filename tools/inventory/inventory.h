/**
 * @file inventory.h
 * The functions of an image with everything that a table says of them: debug information, the programmer's
 * marks, symbol table and code bytes, brought together and judged.
 */
#ifndef HP_TOOLS_INVENTORY_H
#define HP_TOOLS_INVENTORY_H

#include "idl/trouble.h"
#include "proxygen/table.h"
#include "tools/arena.h"
#include "tools/image/pe.h"

/** What is wanted. Patterns are those of hp_select_matches. */
typedef struct hp_inventory_options {
    const char *const *sources; /**< directories in the form of hp_select_path */
    size_t source_count;
    const char *const *functions; /**< only functions that match one of these; none: all */
    size_t function_count;
    const char *const *offers; /**< functions that an app may run here */
    size_t offer_count;
} hp_inventory_options;

/** Why a function is not in the inventory. */
typedef enum hp_inventory_reason {
    HP_INVENTORY_FILTERED, /**< it matches none of the options' functions */
    HP_INVENTORY_FOREIGN,  /**< its source file is not below one of the sources */
    HP_INVENTORY_UNNAMED,  /**< its name cannot be written */
} hp_inventory_reason;

/** A function that is not in the inventory, though a pattern names it. */
typedef struct hp_inventory_left {
    const char *name;
    const char *file; /**< of a foreign one, "" if unknown; else NULL */
    hp_inventory_reason reason;
} hp_inventory_left;

/** The result. Freed with hp_inventory_free. */
typedef struct hp_inventory {
    hp_table_function *functions; /**< names differ */
    size_t count;
    size_t seen;    /**< functions with code that the debug information knows, libraries included */
    size_t unnamed; /**< of one's own, left out because their names cannot be written */
    char unnamed_example[64];
    hp_inventory_left *left; /**< those that match one of the patterns */
    size_t left_count;
    const char **aliases; /**< the names in functions that are other names of another one */
    size_t alias_count;
    hp_arena texts;
} hp_inventory;

/**
 * Make it.
 *
 * @param path  of the image, where its debug information is looked for
 * @param pe    the same file
 * @return S_OK; HP_E_DEBUG_INFO; HP_E_NAME_UNKNOWN (no function matches a pattern: trouble names it, and what
 * of the functions that were left out does); HP_E_SIGNATURE_... (what the programmer wrote cannot be read),
 * HP_E_SIGNATURE_MISMATCH (it does not fit what the compiler saw), HP_E_SIGNATURE_UNKNOWN and the like (a
 * function that is to be offered by its name has no signature, or none of those that a pattern names has);
 * HP_E_TABLE_DAMAGED (the section .hpfn); E_OUTOFMEMORY; what dbghelp says
 */
HRESULT hp_inventory_make(const wchar_t *path, const hp_pe *pe, const hp_inventory_options *options,
                          hp_inventory *inventory, hp_trouble *trouble);

void hp_inventory_free(hp_inventory *inventory);

#endif
