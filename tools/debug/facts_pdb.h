/**
 * @file facts_pdb.h
 * Inside of facts_pdb*.c: a PDB of the MSF 7.00 container. The streams that are needed are copied out in
 * one piece; types are found by number, modules are read one after another, and then copies of inlined
 * functions are matched with functions that have code. Pure; nothing in the bytes is believed.
 *
 * Sources: LLVM, "The PDB File Format"; Microsoft's microsoft-pdb (cvinfo.h for records and symbols).
 */
#ifndef HP_TOOLS_FACTS_PDB_H
#define HP_TOOLS_FACTS_PDB_H

#include "tools/debug/facts_cursor.h"
#include "tools/debug/facts_list.h"

#define HP_PDB_NONE UINT32_MAX

/** The container. */
typedef struct hp_pdb_msf {
    hp_span file;
    uint32_t block_size, block_count;
    unsigned char *directory; /**< malloc'ed */
    size_t directory_size;
    uint32_t stream_count;
    uint32_t *starts;     /**< malloc'ed: where each stream's block numbers begin in the directory */
    uint64_t budget;      /**< bytes that may still be copied: streams may share blocks, and so be endless */
    unsigned char **kept; /**< malloc'ed streams */
    size_t kept_count, kept_capacity;
} hp_pdb_msf;

/** Type records (TPI) or ids (IPI), by number. */
typedef struct hp_pdb_types {
    hp_span bytes;
    uint32_t first;    /**< number of the first record */
    uint32_t *offsets; /**< where records begin: at their length */
    size_t count, capacity;
} hp_pdb_types;

/** A function with code. */
typedef struct hp_pdb_procedure {
    uint32_t rva, type, module;
    uint32_t inlined;
    const char *name;
    uint8_t is_external, compiler, is_cxx, is_free;
} hp_pdb_procedure;

/** Copies of a function in one module. */
typedef struct hp_pdb_inlinee {
    uint32_t id, module, copies;
    uint32_t file, line; /**< file: offset in the names; HP_PDB_NONE: unknown */
    uint8_t compiler, is_cxx;
} hp_pdb_inlinee;

typedef struct hp_pdb {
    const hp_pe *pe;
    const char *reason; /**< of a failure; static */
    hp_pdb_msf msf;
    hp_pdb_types types, ids;
    hp_span names; /**< the texts of stream /names; the last byte is 0 */
    hp_pdb_procedure *procedures;
    size_t procedure_count, procedure_capacity;
    hp_pdb_inlinee *inlinees;
    size_t inlinee_count, inlinee_capacity;
    uint32_t steps; /**< comparisons that are left: many functions of one name take time */
} hp_pdb;

/** Note what is wrong. @return HP_E_DEBUG_INFO */
static inline HRESULT hp_facts_pdb_damaged(hp_pdb *pdb, const char *reason) {
    pdb->reason = reason;
    return HP_E_DEBUG_INFO;
}

/* facts_pdb_msf.c */

/** Read super block and directory. @return S_OK, HP_E_DEBUG_INFO, E_OUTOFMEMORY; free in any case */
HRESULT hp_facts_pdb_msf_open(hp_pdb *pdb, hp_span file);
/** A stream in one piece, kept until hp_facts_pdb_msf_free; empty for one that is not there. */
HRESULT hp_facts_pdb_msf_stream(hp_pdb *pdb, uint32_t index, hp_span *stream);
void hp_facts_pdb_msf_free(hp_pdb_msf *msf);

/* facts_pdb_type.c */

/** Index the records of a stream. */
HRESULT hp_facts_pdb_type_open(hp_pdb *pdb, hp_span stream, hp_pdb_types *types);
/** Over the record of this number, behind its kind; failed, and kind 0, if there is none. */
hp_cursor hp_facts_pdb_type_get(const hp_pdb_types *types, uint32_t number, uint16_t *kind);
/** The type of a function id; 0 if it is none. */
uint32_t hp_facts_pdb_type_of_id(const hp_pdb *pdb, uint32_t id);
/** Qualified name of a function id. @return 0 if it has none, or too much of it */
int hp_facts_pdb_type_name(const hp_pdb *pdb, uint32_t id, char name[HP_FACTS_TEXT_MAX + 1]);
/** Parameters and what depends on them. */
void hp_facts_pdb_type_describe(const hp_pdb *pdb, uint32_t type, hp_fact *fact);

/* facts_pdb_module.c */

/** Where the parts of a module's stream are, from the DBI stream. */
typedef struct hp_pdb_module {
    uint32_t index;
    uint32_t symbols, c11, c13; /**< bytes of each, in this order */
    uint8_t compiler, is_cxx;
    uint32_t build; /**< id of its LF_BUILDINFO, 0 if there is none */
} hp_pdb_module;

/** Add a module's procedures and inlinees. */
HRESULT hp_facts_pdb_module_read(hp_pdb *pdb, hp_pdb_module *module, hp_span stream);

/* facts_pdb_build.c */

/** Was it compiled without any optimisation, by what its command line says? 0 if that is not known. */
int hp_facts_pdb_build_is_free(const hp_pdb *pdb, uint32_t build);

/* facts_pdb_inline.c */

/** A place where a module's code has a copy of something, or a line of what was copied. */
typedef struct hp_pdb_lines {
    uint32_t id, file, line;
} hp_pdb_lines;

typedef struct hp_pdb_lines_list {
    hp_pdb_lines *items;
    size_t count, capacity;
} hp_pdb_lines_list;

/** Where the functions that a module inlines come from: DEBUG_S_INLINEELINES, with the files' names
 * resolved. */
HRESULT hp_facts_pdb_inline_lines(const hp_pdb *pdb, hp_span c13, hp_pdb_lines_list *lines);

/* facts_pdb_resolve.c */

/** Facts of all that was read. */
HRESULT hp_facts_pdb_resolve(hp_pdb *pdb, hp_facts_list *list);

#endif
