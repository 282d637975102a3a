/**
 * @file binary.h
 * An image file together with the function table that it holds.
 */
#ifndef HP_TOOLS_BINARY_H
#define HP_TOOLS_BINARY_H

#include "idl/trouble.h"
#include "proxygen/table.h"
#include "tools/image/pe.h"

/** Zero-initialise; freed with hp_binary_close. */
typedef struct hp_binary {
    unsigned char *bytes;
    hp_pe pe;
    hp_table table; /**< count 0 without a table */
} hp_binary;

/** Read the file and its headers. @return S_OK; what hp_tool_read_file and hp_pe_open say */
HRESULT hp_binary_open(const char *path, hp_binary *binary, hp_trouble *trouble);

/**
 * Open its table, and see whether it is of this build and its functions lie in code.
 *
 * @return S_OK; HP_E_TABLE_MISSING, HP_E_TABLE_DAMAGED, HP_E_TABLE_VERSION, HP_E_TABLE_STALE
 */
HRESULT hp_binary_table(hp_binary *binary, const char *path, hp_trouble *trouble);

/**
 * How many functions it offers to running apps: as its table says, or without one as many as are marked with
 * HP_EXPORT (section .hpfn, hotpatch/function.h). 0 says that it is no update. A damaged table counts as
 * none.
 */
unsigned hp_binary_offers(hp_binary *binary);

/**
 * The table's functions whose names match one of the patterns (hp_select_matches), by name.
 *
 * @param patterns   count of them; none: all functions
 * @param functions  receives them, malloc'ed; the caller frees it; texts are the binary's
 */
HRESULT hp_binary_functions(const hp_binary *binary, char *const *patterns, size_t count,
                            hp_table_function **functions, size_t *found, hp_trouble *trouble);

/** Does a name match one of the patterns? Without patterns: yes. */
int hp_binary_is_chosen(const char *name, char *const *patterns, size_t count);

/**
 * Does every pattern match a function of the table? What matches nothing is a mistake; stderr says so.
 *
 * @param command   the subcommand that says it
 * @param path      the binary's
 */
int hp_binary_match(const hp_binary *binary, const char *command, const char *path, char *const *patterns,
                    size_t count);

/** Why a function cannot be redirected or called, in few words: "inlined away". Static. */
const char *hp_binary_reason(HRESULT result);

void hp_binary_close(hp_binary *binary);

/** "x64" or "x86". */
const char *hp_binary_arch(hp_arch arch);

#endif
