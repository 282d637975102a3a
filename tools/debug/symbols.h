/**
 * @file symbols.h
 * The functions of an image and their types, as dbghelp reads them from a PDB or from DWARF. One image at a
 * time in a process' session; not thread-safe, as dbghelp is not.
 *
 * Wine's dbghelp takes long to find types in 64-bit processes (it grows with the square of their number): so
 * functions are chosen by source file first, and types are asked for chosen ones only, each type once.
 */
#ifndef HP_TOOLS_SYMBOLS_H
#define HP_TOOLS_SYMBOLS_H

#include "idl/trouble.h"
#include "tools/image/coff.h"
#include "tools/debug/facts.h"

/** One function that was chosen. */
typedef struct hp_symbol {
    char *name;         /**< qualified, without parameters: "acme::score::add"; UTF-8 */
    const char *file;   /**< relative to its --sources directory, "/" between parts */
    uint32_t rva, size; /**< size: bytes, 0 if unknown */
    uint32_t line;      /**< of its beginning, 0 if unknown */
    uint32_t type;      /**< dbghelp's type id, for hp_types_describe */
    uint32_t id;        /**< dbghelp's id of the function */
    uint8_t is_static;  /**< known from facts; 0 if they do not know it */
    uint8_t is_plain;   /**< PDB: a linker's name is the same, so it is C or extern "C" */
} hp_symbol;

/** Functions of one image. */
typedef struct hp_symbols {
    void *session; /**< what dbghelp calls a process handle */
    uint64_t base; /**< address that the image was given */
    hp_arch arch;
    uint8_t is_pdb;
    uint8_t stays; /**< Wine would crash if it unloaded the image: it stays loaded, and its file in use */
    size_t count, seen;     /**< chosen; all that have code */
    hp_symbol *items;       /**< by RVA, then by name. Two on one RVA: folded */
    size_t other_count;     /**< not chosen: */
    hp_symbol *others;      /**< name and file only, as the debug information spells it, "" if unknown */
    struct hp_types *types; /**< what types.c remembers */
    const hp_facts *facts;  /**< as given to hp_symbols_open */
    hp_coff publics;        /**< PDB: the linker's names of functions but those that C++ mangled */
} hp_symbols;

/** Where one's own sources are. */
typedef struct hp_sources {
    size_t count;
    const char *const *directories; /**< in the form of hp_select_path */
} hp_sources;

/**
 * Load an image's debug information and choose the functions whose source file lies in one of the
 * directories.
 *
 * @param path     of the image; a PDB or .gnu_debuglink file is looked for where dbghelp looks
 * @param sources  directories; an empty list chooses all that have a source file
 * @param facts    of the same image, or NULL; they stay until hp_symbols_close
 * @param symbols  receives the functions; freed with hp_symbols_close
 * @return S_OK; HP_E_DEBUG_INFO (dbghelp finds none it can read; the detail says which kind is needed: a PDB,
 * or DWARF 4, gcc -gdwarf-4); HP_E_SERVER_ARCHITECTURE (this process cannot read that architecture);
 *         E_OUTOFMEMORY; a wrapped Win32 error
 */
HRESULT hp_symbols_open(const wchar_t *path, hp_arch arch, const hp_sources *sources, const hp_facts *facts,
                        hp_symbols *symbols, hp_trouble *trouble);

void hp_symbols_close(hp_symbols *symbols);

/** How many functions dbghelp finds in an image, without choosing: to see whether it can still be read. */
HRESULT hp_symbols_count(const wchar_t *path, hp_arch arch, size_t *count, hp_trouble *trouble);

#endif
