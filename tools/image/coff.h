/**
 * @file coff.h
 * The symbol table of an image by address: decorated names say what DWARF under dbghelp does not. Pure.
 */
#ifndef HP_TOOLS_COFF_H
#define HP_TOOLS_COFF_H

#include "proxygen/signature.h"
#include "tools/image/pe.h"

/** Function symbols, sorted by RVA. Freed with hp_coff_free. */
typedef struct hp_coff {
    hp_arch arch;
    size_t count;
    hp_pe_symbol *symbols;
} hp_coff;

/** Read them. @return S_OK, also without a symbol table; E_OUTOFMEMORY */
HRESULT hp_coff_open(const hp_pe *pe, hp_coff *coff);

void hp_coff_free(hp_coff *coff);

/** The first symbol at an RVA, and how many there are; NULL if there is none. */
const hp_pe_symbol *hp_coff_find(const hp_coff *coff, uint32_t rva, size_t *count);

/**
 * A symbol without what the platform adds: x86 the leading "_" or "@" and the "@12" behind it.
 *
 * @param convention  receives what the decoration says, cdecl if nothing (so thiscall too); may be NULL
 * @return the first byte of the bare name
 */
const char *hp_coff_bare(const hp_coff *coff, const hp_pe_symbol *symbol, size_t *length,
                         hp_convention *convention);

/** Is the symbol that of a clone, such as gcc makes: "add.constprop.0", "add.isra.0", "add.part.0",
 * "add.cold"? */
int hp_coff_is_clone(const hp_pe_symbol *symbol);

#endif
