/**
 * @file inventory_judge.h
 * For inventory.c: can this function be redirected, and how is it called?
 */
#ifndef HP_TOOLS_INVENTORY_JUDGE_H
#define HP_TOOLS_INVENTORY_JUDGE_H

#include "proxygen/table.h"
#include "tools/coff.h"
#include "tools/marked.h"
#include "tools/symbols.h"

/** What is known of one function. */
typedef struct hp_evidence {
    const hp_pe *pe;
    const hp_coff *coff;
    const hp_symbol *symbol;
    const hp_fact *fact; /**< NULL if unknown */
    int is_pdb;
    int is_folded;                  /**< another function has the same code */
    int is_marked;                  /**< HP_PATCHABLE stands before it */
    hp_convention debug_convention; /**< what the PDB says */
} hp_evidence;

/** How it is called on x86; cdecl on x64. */
hp_convention hp_inventory_judge_convention(const hp_evidence *evidence);

/** Was its linker name made by a C++ compiler? */
int hp_inventory_judge_is_cxx(const hp_evidence *evidence);

/**
 * Can it be redirected? Fills in patchable, form, room and partly_inlined.
 *
 * HP_E_ADDRESS_SHARED, HP_E_CLONE, HP_E_INLINED, and what hp_prologue_inspect and hp_instruction_check say.
 */
void hp_inventory_judge_code(const hp_evidence *evidence, hp_table_function *function);

#endif
