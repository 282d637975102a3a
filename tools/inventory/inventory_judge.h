/**
 * @file inventory_judge.h
 * For inventory.c: can this function be redirected, and how is it called?
 */
#ifndef HP_TOOLS_INVENTORY_JUDGE_H
#define HP_TOOLS_INVENTORY_JUDGE_H

#include "proxygen/table.h"
#include "tools/image/coff.h"
#include "tools/image/marked.h"
#include "tools/debug/symbols.h"

/** What is known of one function. */
typedef struct hp_evidence {
    const hp_pe *pe;
    const hp_coff *coff;
    const hp_symbol *symbol;
    const hp_fact *fact; /**< NULL if unknown */
    int is_pdb;
    int is_folded;                  /**< another function has the same code (and that is no alias) */
    int is_marked;                  /**< HP_PATCHABLE stands before it */
    hp_convention debug_convention; /**< what the PDB says */
} hp_evidence;

/** How it is called on x86; cdecl on x64. */
hp_convention hp_inventory_judge_convention(const hp_evidence *evidence);

/** Was its linker name made by a C++ compiler? */
int hp_inventory_judge_is_cxx(const hp_evidence *evidence);

/**
 * Does what the programmer wrote contradict what only the facts know? hp_types_check has found that it fits
 * the shape.
 *
 * Refused are a direction that writes behind a pointer to const; a value that no signature describes ("?12")
 * as a result on x86, where it may be in a register, on the FPU's stack or behind a hidden pointer; and such
 * a value in C++, where it may be passed by reference (Itanium C++ ABI, "Non-Trivial Parameters").
 *
 * @param fact    NULL if nothing is known
 * @param reason  receives what is wrong
 * @return 1 if it fits
 */
int hp_inventory_judge_written(const hp_signature *written, const char *shape, const hp_fact *fact,
                               char reason[256]);

/**
 * Can it be redirected? Fills in patchable, form, room and partly_inlined.
 *
 * HP_E_ADDRESS_SHARED, HP_E_CLONE, HP_E_INLINED, and what hp_prologue_inspect and hp_instruction_check say.
 */
void hp_inventory_judge_code(const hp_evidence *evidence, hp_table_function *function);

#endif
