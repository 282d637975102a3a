/**
 * @file marked.h
 * What the programmer said in the source: the entries of the section `.hpfn` (hotpatch/function.h) of an
 * image file. Pure; nothing in the file is believed.
 */
#ifndef HP_TOOLS_MARKED_H
#define HP_TOOLS_MARKED_H

#include "tools/image/pe.h"

/** One entry. Texts belong to the file's bytes. */
typedef struct hp_marked {
    uint32_t rva; /**< of the function */
    uint8_t kind; /**< hp_entry_kind */
    uint8_t compiler;
    const char *name;
    const char *signature; /**< NULL if there is none */
} hp_marked;

/**
 * Go through the entries.
 *
 * @param at      0 to begin with, then as the last call left it
 * @param marked  receives the entry
 * @return S_OK; S_FALSE at the end, and if there is no such section; HP_E_TABLE_DAMAGED. Thread-safe.
 */
HRESULT hp_marked_next(const hp_pe *pe, size_t *at, hp_marked *marked);

#endif
