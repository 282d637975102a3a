/**
 * @file class_key.h
 * The few things that this room does to a registry key, each by path and view, each a
 * step that a test can make fail.
 */
#ifndef HP_REGISTRY_CLASS_KEY_H
#define HP_REGISTRY_CLASS_KEY_H

#include "idl/trouble.h"
#include "registry/class_table.h"

/** Longest data of a value that is looked at, in bytes; more is damage. */
#define HP_CLASS_KEY_DATA_MAX 0x20000u

/** A value as it stands in the registry. */
typedef struct hp_class_data {
    DWORD type;
    DWORD size; /**< bytes */
    /**
     * malloc'ed, three zero bytes behind the end: a terminator even if the size is odd;
     * NULL if the value does not exist
     */
    BYTE *data;
} hp_class_data;

/** KEY_WOW64_64KEY or KEY_WOW64_32KEY. Windows without two views ignores them. */
REGSAM hp_class_key_view(hp_class_view view);

/** The view that this program's own plain registry calls see. */
hp_class_view hp_class_key_native(void);

/** Note a failure of a key: thing is its full path, `HKEY_CURRENT_USER\...`. */
HRESULT hp_class_key_trouble(hp_trouble *trouble, HRESULT hr, HKEY hive, const wchar_t *key,
                             const char *format, ...) HP_PRINTF(5, 6);

/** UTF-8 of a wide text, cut off if it does not fit. @return text */
const char *hp_class_key_utf8(const wchar_t *wide, char *text, int capacity);

/** Open for reading. S_FALSE and NULL if the key does not exist. */
HRESULT hp_class_key_open(HKEY hive, const wchar_t *key, hp_class_view view, HKEY *opened,
                          hp_trouble *trouble);

/**
 * Read a value as it is. A missing key or value is S_FALSE.
 * @param data  zero on S_FALSE and failure; freed by the caller with free(data->data)
 */
HRESULT hp_class_key_read(HKEY hive, const wchar_t *key, const wchar_t *value, hp_class_view view,
                          hp_class_data *data, hp_trouble *trouble);

/**
 * Read a text of at most HP_CLASS_KEY_DATA_MAX bytes, terminated, environment
 * variables of REG_EXPAND_SZ expanded.
 *
 * @param text  malloc'ed; NULL unless S_OK
 * @return S_OK, S_FALSE (no such key or value), HP_E_CLASS_DAMAGED (another type, too long), another error
 */
HRESULT hp_class_key_text(HKEY hive, const wchar_t *key, const wchar_t *value, hp_class_view view,
                          wchar_t **text, hp_trouble *trouble);

/**
 * S_OK if the key exists and holds nothing, S_FALSE if it holds something or does
 * not exist (then *exists is 0).
 */
HRESULT hp_class_key_empty(const wchar_t *key, hp_class_view view, int *exists, hp_trouble *trouble);

/** Is the data that of the row, byte for byte? */
int hp_class_key_equal(const hp_class_data *data, const hp_class_row *row);

#endif
