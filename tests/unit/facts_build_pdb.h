/**
 * @file facts_build_pdb.h
 * Small PDBs made by hand, for the image of pe_build.h: sound ones, which a test then damages.
 */
#ifndef HP_TESTS_UNIT_FACTS_BUILD_PDB_H
#define HP_TESTS_UNIT_FACTS_BUILD_PDB_H

#include "facts_build.h"

enum { FACTS_BLOCK = 512, FACTS_STREAMS = 8, FACTS_MODULES = 2 };

/* Streams; those of modules come last. */
enum { FACTS_INFO = 1, FACTS_TPI, FACTS_DBI, FACTS_IPI, FACTS_NAMES, FACTS_MODULE };

/** A PDB: what goes into it, and then the file. Zero it; free it with facts_pdb_drop. */
typedef struct facts_pdb {
    facts_bytes types, ids; /**< records */
    uint32_t type_count, id_count;
    facts_bytes names; /**< texts of /names */
    facts_bytes symbols[FACTS_MODULES], lines[FACTS_MODULES];
    uint32_t first; /**< number of the first type and id; 0: 0x1000 */

    facts_bytes file;
    size_t streams[FACTS_STREAMS]; /**< where they begin in the file */
    size_t sizes[FACTS_STREAMS];
    size_t directory, blocks, map; /**< in the file: the directory, its first block number, the block map */
} facts_pdb;

/* Kinds of records and symbols (cvinfo.h). */
enum {
    LF_MODIFIER = 0x1001,
    LF_POINTER = 0x1002,
    LF_PROCEDURE = 0x1008,
    LF_MFUNCTION = 0x1009,
    LF_ARGLIST = 0x1201,
    LF_FUNC_ID = 0x1601,
    LF_STRING_ID = 0x1605,
    S_LPROC32 = 0x110f,
    S_GPROC32 = 0x1110,
    S_LPROC32_ID = 0x1146,
    S_GPROC32_ID = 0x1147,
    T_INT = 0x74 /**< a basic type */
};

/** A record of types of this kind and these words. @return its number */
uint32_t facts_type(facts_pdb *pdb, unsigned kind, const uint32_t *words, size_t count);
/** A type that refers to another one, with this word behind it. */
uint32_t facts_type_of(facts_pdb *pdb, unsigned kind, uint32_t type, uint32_t word);
/** A function type with one parameter. */
uint32_t facts_type_function(facts_pdb *pdb, uint32_t parameter);
/** A record of ids: two numbers, and a name. A scope has only one. @return its number */
uint32_t facts_id(facts_pdb *pdb, uint32_t scope, uint32_t type, const char *name);
uint32_t facts_id_scope(facts_pdb *pdb, const char *name);
/** Begin a symbol. @return what facts_symbol_end needs */
size_t facts_symbol(facts_pdb *pdb, unsigned module, unsigned kind);
void facts_symbol_end(facts_pdb *pdb, unsigned module, size_t at);
void facts_compiler(facts_pdb *pdb, unsigned module, unsigned language, const char *version);
void facts_procedure(facts_pdb *pdb, unsigned module, unsigned kind, uint32_t type, unsigned section,
                     uint32_t offset, const char *name);
/** A place where the last procedure has a copy. */
void facts_site(facts_pdb *pdb, unsigned module, uint32_t id);
/** Where a function that was copied comes from; name is an offset in names; that of a module's
 * first one counts for all. */
void facts_lines(facts_pdb *pdb, unsigned module, uint32_t id, uint32_t name, uint32_t line);

/** Make the file. */
void facts_pdb_make(facts_pdb *pdb);
/** Read the first so many bytes of it; what comes out is checked to be sane. */
HRESULT facts_pdb_read(const facts_pdb *pdb, size_t limit, hp_facts *facts);
void facts_pdb_drop(facts_pdb *pdb);

#endif
