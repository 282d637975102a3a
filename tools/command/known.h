/**
 * @file known.h
 * What attach knows of an image's functions, from its file: those that the programmer marked and those of the
 * prepared table, brought together as functable.h and the update do it in a running process. Pure.
 */
#ifndef HP_TOOLS_KNOWN_H
#define HP_TOOLS_KNOWN_H

#include "idl/protocol.h"
#include "tools/image/pe.h"
#include "tools/command/twins.h"

/** One function. Texts are the image's. */
typedef struct hp_known_function {
    const char *name;     /**< as marked, else as in the table */
    const char *written;  /**< the signature that the programmer wrote; NULL without */
    uint32_t rva;         /**< of what a patch changes; 0 if there is no code */
    uint32_t replacement; /**< of what an app calls; 0 if it is not offered */
    HRESULT patchable;    /**< S_OK or why not */
    HRESULT callable;     /**< S_OK; S_FALSE: nothing is known of its signature; or why there is none */
    uint32_t index;       /**< in the table, if it is there */
    uint8_t prepared;     /**< it is in the table */
    uint8_t marked;       /**< HP_PATCHABLE: 1, HP_EXPORT or HP_OFFER: 2 */
} hp_known_function;

/** All functions of an image. Zero-initialise; freed with hp_known_close. */
typedef struct hp_known {
    const hp_table *table;
    hp_twins twins;
    hp_known_function *all; /**< marked ones by name, then the others in the table's order */
    size_t count, marked;   /**< all; marked ones */
} hp_known;

/**
 * Bring them together.
 *
 * @param table  of the image; its count is 0 if it was not prepared. Image and table must stay
 * @return S_OK; HP_E_TABLE_DAMAGED (the section .hpfn); E_OUTOFMEMORY
 */
HRESULT hp_known_open(const hp_pe *pe, const hp_table *table, hp_known *known);

/**
 * Find the function of this image that attach takes for an update's of this name.
 *
 * @param function  receives it; all zero if there is none
 * @return S_OK; HP_E_NAME_UNKNOWN (there is none, or function is another one: hp_name_is_kin);
 *         HP_E_NAME_DUPLICATE (function is one of them). Thread-safe.
 */
HRESULT hp_known_look(const hp_known *known, const char *name, hp_known_function *function);

/** How it is called, or if it cannot be, what is in the way; empty if nothing is known. @return text */
const char *hp_known_signature(const hp_known *known, const hp_known_function *function,
                               char text[HP_SIGNATURE_MAX + 1]);

/** Free and zero. */
void hp_known_close(hp_known *known);

#endif
