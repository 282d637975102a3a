/**
 * @file exports.h
 * The replacements that this EXE offers, by HP_EXPORT and HP_OFFER in its source or by "hotpatch prepare
 * --offer": checked and made callable once at start, read-only afterwards.
 */
#ifndef HP_SERVER_EXPORTS_H
#define HP_SERVER_EXPORTS_H

#include "idl/trouble.h"
#include "proxygen/functable.h"
#include "proxygen/marshal.h"

/** One replacement, ready to be called. */
typedef struct hp_export {
    const char *name; /**< into the image */
    size_t length;    /**< bytes of the name */
    char *signature;  /**< as written; freed by hp_exports_close */
    void (*address)(void);
    hp_marshal marshal;
} hp_export;

/** All replacements of an image, sorted by name. */
typedef struct hp_exports {
    hp_functable table;
    hp_export *items;
    size_t count;
    char *names;       /**< all names, separated by one space */
    char identity[32]; /**< of the image, as text */
} hp_exports;

/**
 * Read, check and prepare the exports of a loaded image.
 *
 * @param image    its base address (HMODULE); must stay loaded
 * @param exports  receives them; freed with hp_exports_close
 * @param trouble  receives the failure, naming the function; may be NULL
 * @return S_OK; HP_E_NO_EXPORTS, HP_E_TABLE_DAMAGED, HP_E_NAME_TOO_LONG, HP_E_NAME_INVALID,
 *         HP_E_NAME_DUPLICATE, HP_E_SIGNATURE_... (with position and reason), E_OUTOFMEMORY. On
 *         failure nothing needs to be freed.
 */
HRESULT hp_exports_open(const void *image, hp_exports *exports, hp_trouble *trouble);

/** Free them. */
void hp_exports_close(hp_exports *exports);

/**
 * Find one by name (length bytes, need not be terminated) in logarithmic time; NULL
 * if there is none. Thread-safe.
 */
const hp_export *hp_exports_find(const hp_exports *exports, const char *name, size_t length);

#endif
