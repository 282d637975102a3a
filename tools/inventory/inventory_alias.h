/**
 * @file inventory_alias.h
 * For inventory.c: several names for one entry. What the programmer wrote as an alias (gcc's and clang's
 * attribute, a linker option) is one function: whoever redirects it means all its names. What a compiler or
 * linker folded are several, of which only one can be meant. Debug information tells them apart: it has both
 * of what was folded, and of an alias only what it stands for. Pure.
 */
#ifndef HP_TOOLS_INVENTORY_ALIAS_H
#define HP_TOOLS_INVENTORY_ALIAS_H

#include "tools/image/coff.h"
#include "tools/debug/facts.h"

/** What is asked about. */
typedef struct hp_inventory_entry {
    uint32_t rva;
    const char *name; /**< as the debug information has it, "acme::add" */
    int is_cxx;       /**< then its own name may be missing among the symbols, because it is mangled */
} hp_inventory_entry;

/** Another name; the text belongs to the symbols. */
typedef struct hp_inventory_alias {
    const char *name; /**< without what the platform adds, not terminated */
    size_t length;
    int is_static;
} hp_inventory_alias;

/**
 * Go through the other names that symbols have for an entry, each once. Not among them are names that C++
 * mangled, as the two of a constructor, what tools make ("f.constprop.0", ".weak.f.g"), and names of a
 * function whose own is not there (an asm label).
 *
 * @param at  0 to begin with, then as the last call left it
 * @return 1; 0 at the end
 */
int hp_inventory_alias_next(const hp_coff *symbols, const hp_inventory_entry *entry, size_t *at,
                            hp_inventory_alias *alias);

/** Is it the name of a function whose definition the debug information has, without code? Then it is none
 * that the programmer gave to another function. */
int hp_inventory_alias_is_folded(const hp_facts *facts, const hp_inventory_alias *alias);

/**
 * Where a function begins whose definition has no code (is_gone).
 *
 * @return the RVA that the symbol of this name has, unless that is another function of this name; 0 if there
 * is none: it was not folded, but removed
 */
uint32_t hp_inventory_alias_place(const hp_coff *symbols, const hp_facts *facts, const hp_fact *gone);

#endif
