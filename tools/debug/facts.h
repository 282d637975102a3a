/**
 * @file facts.h
 * What dbghelp does not pass on of the debug information, but a correct signature needs: `const` behind a
 * pointer, "...", which compiler it was, what was inlined. Read from DWARF 4 (.debug_info) or from a PDB.
 * Pure; nothing in the bytes is believed.
 *
 * Sources: DWARF 4 standard; LLVM's "The PDB File Format"; Microsoft's microsoft-pdb (cvinfo.h).
 */
#ifndef HP_TOOLS_FACTS_H
#define HP_TOOLS_FACTS_H

#include "tools/image/pe.h"
#include "proxygen/signature.h"

enum { HP_FACT_PARAMETERS = HP_SIGNATURE_MAX_PARAMETERS };

/** A function that has code, or had it before everything was inlined. */
typedef struct hp_fact {
    uint32_t rva;     /**< of its entry; 0: no code of its own */
    uint32_t inlined; /**< how many places have a copy of its body */
    /** Without code: qualified name (acme::add), UTF-8, terminated; else NULL or that. DWARF: what has
     * no name (an unnamed namespace) is left out, as dbghelp does. */
    const char *name;
    /** Without code: source file as the debug information spells it, or NULL. With code: the same, but PDBs
     * always have NULL. */
    const char *file;
    uint32_t line;    /**< of its definition, or where that is not known, its declaration; 0 if unknown */
    uint8_t compiler; /**< hp_compiler; 0 if unknown */
    uint8_t is_cxx;   /**< C++ (or anything but C and assembler) */
    /** Not static. gcc -flto: 0 for nearly all, because the linker made them local. PDB, without code: 0. */
    uint8_t is_external;
    uint8_t is_variadic; /**< ends with "..." */
    /** DWARF: a C function that has parameters but no prototype (K&R): callers pass promoted arguments. PDB:
     * 0. */
    uint8_t is_unprototyped;
    /** A method: the first parameter is `this`, and is counted among the parameters (PDB: dbghelp does not
     * list it). */
    uint8_t has_object;
    /** No optimiser has seen it, or one that was told to keep conventions: -O0, or gcc with
     * -fkeep-static-functions. Unknown (PDB; clang without -grecord-command-line): 0. */
    uint8_t is_free;
    /** no optimiser may have merged, removed or gone around calls of it: -O0, or gcc with -flive-patching;
     * what MSVC compiled, which does not do that without /GL; assembler */
    uint8_t is_guarded;
    /** PDB: another function, one's own or a library's, has the same code: the linker folded them. The fact
     * then has what is true of all. DWARF: 0, several units tell of one function there. */
    uint8_t is_folded;
    /** DWARF, without code: nor was any inlined. Either nobody needed it, or the compiler let it share
     * another function's code; then there is a symbol of its name. */
    uint8_t is_gone;
    uint8_t parameters;    /**< how many, at most HP_FACT_PARAMETERS; `this` included */
    uint32_t const_behind; /**< bit i: parameter i is a pointer or reference to const */
    uint32_t reference;    /**< bit i: parameter i is a C++ reference */
} hp_fact;

/**
 * An enum in DWARF. Wine's dbghelp loses its size where its integer type stands behind it, as g++ has it for
 * enums of another type than int.
 */
typedef struct hp_fact_enum {
    const char *name; /**< its own, without namespaces and classes: Wine tells no more of it */
    uint8_t size;     /**< bytes: 1, 2, 4, 8; 0: there are several of this name that differ */
    uint8_t is_unsigned;
} hp_fact_enum;

/** All facts of an image. */
typedef struct hp_facts {
    size_t count;
    hp_fact *items; /**< those with code by RVA, then those without by name */
    size_t with_code;
    char *texts;         /**< what names and files point to */
    hp_fact_enum *enums; /**< by name, one of each; of PDBs none */
    size_t enum_count;
    char *enum_texts; /**< what their names point to */
} hp_facts;

/**
 * Read DWARF.
 *
 * @param pe      the image, or the file that a .gnu_debuglink names
 * @param facts   receives them; freed with hp_facts_free; empty (and S_OK) if there is no .debug_info
 * @param reason  receives what is wrong, a static sentence; may be NULL
 * @return S_OK; HP_E_DEBUG_INFO (damaged, compressed, or no version 2 to 4: units of version 5 are
 * skipped, because C libraries come with them, but if there is nothing else it is an error); E_OUTOFMEMORY
 */
HRESULT hp_facts_dwarf(const hp_pe *pe, hp_facts *facts, const char **reason);

/**
 * Read a PDB.
 *
 * @param bytes  the PDB file
 * @param pe     its image: section numbers become RVAs
 * @return as above
 */
HRESULT hp_facts_pdb(const void *bytes, size_t size, const hp_pe *pe, hp_facts *facts, const char **reason);

/** Which PDB does an image belong to? Its signature (16 bytes) and age, from the CodeView record (RSDS).
 * @return the path in it, not terminated; empty if there is none */
hp_span hp_facts_pdb_name(const hp_pe *pe, unsigned char signature[16], uint32_t *age);

/**
 * Is it the PDB of this build of the image? What hp_facts_pdb_name gives is compared with the GUID of the
 * PDB's info stream and with the age in its DBI stream: linkers count that up where they add to a PDB that is
 * there, so it may be larger than the image's, never smaller.
 *
 * @return 1; 0: it is another build's; -1: it is damaged (hp_facts_pdb says how), or there is no memory
 */
int hp_facts_pdb_fits(const void *bytes, size_t size, const unsigned char signature[16], uint32_t age);

/**
 * Which file has the debug information of an image that was stripped? From the section .gnu_debuglink: name,
 * NUL, padded to a multiple of 4, checksum (GDB manual, "Debugging Information in Separate Files").
 *
 * @param checksum  receives hp_facts_link_checksum of the whole file
 * @return the name, not terminated, without a folder; empty if there is none
 */
hp_span hp_facts_link_name(const hp_pe *pe, uint32_t *checksum);

/** The CRC-32 that a .gnu_debuglink has (reflected, 0xEDB88320, beginning and end inverted). */
uint32_t hp_facts_link_checksum(const void *bytes, size_t size);

/** The fact of the function at this RVA; NULL if there is none. */
const hp_fact *hp_facts_find(const hp_facts *facts, uint32_t rva);

/** What is known of the enum of this name; NULL if nothing is, or several differ. */
const hp_fact_enum *hp_facts_enum_find(const hp_facts *facts, const char *name);

/** Free and zero. A zeroed one is fine, too. */
void hp_facts_free(hp_facts *facts);

#endif
