/**
 * @file symbols_public.h
 * The linker's names of functions, as a PDB has them: what keeps its plain name there is extern "C". (Images
 * with DWARF have a symbol table, coff.h.) Windows. Not for other files than symbols.c.
 */
#ifndef HP_TOOLS_SYMBOLS_PUBLIC_H
#define HP_TOOLS_SYMBOLS_PUBLIC_H

#include "tools/image/coff.h"
#include "tools/debug/symbols_ask.h"

/** Names that no C++ compiler made; all zero is an empty list. */
typedef struct hp_symbols_public {
    size_t count, capacity;
    hp_pe_symbol *items; /**< names are malloc'ed */
} hp_symbols_public;

/** Note a public symbol. @return 0 if there is no memory */
int hp_symbols_public_add(hp_symbols_public *list, uint32_t rva, const wchar_t *name);

/** Set is_plain of all functions that have one of these names where they stand, and publics: the list is
 * empty then. */
void hp_symbols_public_give(hp_symbols_public *list, hp_symbols *symbols);

void hp_symbols_public_free(hp_symbols_public *list);

/** The same of what was given. */
void hp_symbols_public_drop(hp_coff *publics);

#endif
