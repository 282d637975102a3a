/**
 * @file debugfile.h
 * Where the debug information of an image stands: in the image, in the file that its .gnu_debuglink names, or
 * in a PDB.
 */
#ifndef HP_TOOLS_DEBUGFILE_H
#define HP_TOOLS_DEBUGFILE_H

#include "idl/trouble.h"
#include "tools/debug/facts.h"

/**
 * Find it and read the facts (facts.h) from it.
 *
 * @param path   of the image; other files are looked for in its folder, a .gnu_debuglink's also in .debug
 * below that, a PDB also where the image says; those of another build are passed over
 * @param facts  receives them, empty if there is no debug information; freed with hp_facts_free
 * @return S_OK; HP_E_DEBUG_INFO (damaged, of another build, or linked by lld without a PDB; detail says which
 * file and what), E_OUTOFMEMORY, what reading a file gives
 */
HRESULT hp_debugfile_facts(const wchar_t *path, const hp_pe *pe, hp_facts *facts, hp_trouble *trouble);

#endif
