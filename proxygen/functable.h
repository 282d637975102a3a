/**
 * @file functable.h
 * What a loaded image knows of its functions, and the image's identity. There are two sources: functions that
 * the programmer marked, which are entries in the section `.hpfn`; and the table that "hotpatch prepare"
 * wrote into the resource HOTPATCHDATA (table.h). A function may be in both; what the programmer said counts.
 */
#ifndef HP_PROXYGEN_FUNCTABLE_H
#define HP_PROXYGEN_FUNCTABLE_H

#include "hotpatch/function.h"
#include "idl/trouble.h"
#include "proxygen/table.h"

/** What tells one build of an image from another (PE specification, COFF and optional header). */
typedef struct hp_identity {
    hp_arch arch;
    uint32_t timestamp;
    uint32_t image_size; /**< bytes */
    uint32_t checksum;
} hp_identity;

/** One function. */
typedef struct hp_function {
    const char *name;           /**< into the image */
    const char *signature;      /**< of its export entry, NULL without one: see hp_functable_signature */
    unsigned char *address;     /**< what a patch changes: of its patchable entry, else of its export entry */
    unsigned char *replacement; /**< what an app calls: of its export entry, NULL without one */
    hp_compiler compiler;
    uint8_t patchable; /**< has a patchable entry */
    uint8_t exported;  /**< has an export entry */
    uint8_t duplicate; /**< two entries of one kind carry this name */
    uint8_t prepared;  /**< is in the prepared table; the rest is set then only */
    uint32_t index;    /**< there */
    HRESULT verdict;   /**< why it cannot be redirected, S_OK if it can */
    HRESULT callable;  /**< why no signature could be made of the debug information, S_OK if one could */
} hp_function;

/** All functions of an image. */
typedef struct hp_functable {
    hp_identity identity;
    unsigned char *base;    /**< of the image */
    size_t image_size;      /**< bytes */
    size_t count;           /**< of those that the programmer marked */
    hp_function *functions; /**< these, sorted by name (strcmp's order), one per name */
    hp_table prepared;      /**< the others; its count is 0 if the image was not prepared */
} hp_functable;

/**
 * Read the table of a loaded image.
 *
 * @param image  base address (HMODULE); must stay loaded while the table is used
 * @param table  receives the table; freed with hp_functable_close
 * @param trouble  receives the failure; may be NULL
 * @return S_OK; HP_E_TABLE_MISSING, HP_E_TABLE_DAMAGED (not an image of this architecture, a section outside
 *         of the image, an entry of a wrong size, kind or compiler, a pointer outside of the image, a name
 *         without end; of a prepared table what hp_table_open refuses), HP_E_TABLE_STALE (it is of another
 * build), HP_E_TABLE_VERSION, E_OUTOFMEMORY. On failure the table is all zero. Duplicates are flagged, not
 * refused: they matter only if used. Likewise names and signatures of any length and form: hp_name_check and
 *         hp_signature_parse judge them. Thread-safe.
 */
HRESULT hp_functable_open(const void *image, hp_functable *table, hp_trouble *trouble);

/** Free the table and zero it. A zeroed table is fine, too. */
void hp_functable_close(hp_functable *table);

/** Find a marked function by name (length bytes) in logarithmic time; NULL if there is none. */
const hp_function *hp_functable_find(const hp_functable *table, const char *name, size_t length);

/**
 * Find a function, marked or prepared, in a time that does not depend on how many were prepared. Names with
 * and without parameter lists or source files find each other where they can only mean one (hp_table_find).
 *
 * @param function  receives what both sources know of it
 * @return S_OK; HP_E_NAME_UNKNOWN; HP_E_NAME_DUPLICATE (several could be meant; function receives one of
 * them). Thread-safe.
 */
HRESULT hp_functable_look(const hp_functable *table, const char *name, size_t length, hp_function *function);

/** What the prepared table says of its function index, below prepared.count. */
void hp_functable_get(const hp_functable *table, uint32_t index, hp_function *function);

/**
 * How a function is called: what its export entry says, else what the prepared table does.
 *
 * @param function   of this table
 * @param signature  receives a copy, malloc'ed, which the caller frees; NULL if nobody knows
 * @return S_OK; E_OUTOFMEMORY. Thread-safe.
 */
HRESULT hp_functable_signature(const hp_functable *table, const hp_function *function, char **signature);

/**
 * What was in the way of a signature. @param text  receives it, terminated, cut at capacity, which is at
 * least 1; empty if nothing was. Thread-safe.
 */
void hp_functable_hindrance(const hp_functable *table, const hp_function *function, char *text,
                            size_t capacity);

/**
 * Identity of a loaded image, PE32 or PE32+. HP_E_TABLE_DAMAGED if it is not one for x86 or x64. Thread-safe.
 */
HRESULT hp_functable_identity(const void *image, hp_identity *identity);

/** Text of an identity, "x64-66f0a1b2-0001a000-00012345"; capacity at least 32. */
void hp_functable_identity_text(const hp_identity *identity, char *text, size_t capacity);

#endif
