/**
 * @file class_table.h
 * What a class looks like in the registry, as data: description -> rows, in the order
 * in which they are written. Pure.
 *
 * Sources: "COM Registry Keys" of the Windows SDK documentation (ProgID, CurVer, CLSID, LocalServer32,
 * AppID), and for the type library the keys that RegisterTypeLibForUser makes.
 */
#ifndef HP_REGISTRY_CLASS_TABLE_H
#define HP_REGISTRY_CLASS_TABLE_H

#include <wchar.h>

#include "hotpatch/error.h"

/** Below HKEY_CURRENT_USER (or HKEY_LOCAL_MACHINE): where all keys of a class stand. */
#define HP_CLASS_ROOT L"Software\\Classes"
/** COM's limit for a ProgID, in characters without the terminator. */
#define HP_CLASS_PROGID_MAX 39
/** Longest path of an EXE in characters: what fits a command line, with its quotes. */
#define HP_CLASS_EXE_MAX 32764
/** Longest friendly name in characters. */
#define HP_CLASS_NAME_MAX 255
/** Value below CLSID\{clsid} that says: a Hotpatch class. Its number is the version of this layout. */
#define HP_CLASS_MARK L"Hotpatch"
#define HP_CLASS_MARK_VERSION 1
/** Value beside it: the architecture of the EXE, "x64" or "x86". */
#define HP_CLASS_MARK_ARCH L"HotpatchArch"
/** LIBID of hotpatch.idl. */
#define HP_CLASS_LIBID L"{6D1F2A5E-4C0B-4B57-9D55-3F0A8E7C1B42}"
/** A class id as text: 38 characters, braces included. */
#define HP_CLASS_ID_CHARS 39

/** Numerically the REG_... types. */
typedef enum hp_class_type {
    HP_CLASS_TEXT = 1,
    HP_CLASS_NUMBER = 4,
} hp_class_type;

/** The two faces that 64-bit Windows gives one key path. */
typedef enum hp_class_view {
    HP_CLASS_VIEW_64 = 0,
    HP_CLASS_VIEW_32 = 1,
} hp_class_view;

/** What is special about a row. */
enum hp_class_row_flag {
    HP_CLASS_ROW_MARK =
        1, /**< written first, removed last: as long as it stands, the class is known to be ours */
    HP_CLASS_ROW_OWN = 2,     /**< the key names the class id: ours whatever its data has become */
    HP_CLASS_ROW_CURRENT = 4, /**< of the version-independent ProgID: written by the newest version only */
    HP_CLASS_ROW_LABEL =
        8, /**< data that anybody could have written: ours only while <key>\CLSID is our class */
    HP_CLASS_ROW_SHARED =
        16, /**< data is a class id, the key anybody's: left alone if it names a class that is not ours */
};

/** One value. */
typedef struct hp_class_row {
    const wchar_t *key;   /**< path below the hive, without a backslash at either end */
    const wchar_t *value; /**< name; NULL: the key's default value */
    const wchar_t *text;  /**< data of HP_CLASS_TEXT, otherwise NULL */
    uint32_t number;      /**< data of HP_CLASS_NUMBER */
    hp_class_type type;
    hp_class_view view;
    unsigned flags; /**< hp_class_row_flag */
} hp_class_row;

/** Rows and, in one block, their strings. Zero-initialise. */
typedef struct hp_class_table {
    hp_class_row *rows;
    size_t count;
    wchar_t *strings;
} hp_class_table;

/** hp_class_description with the class id as text, for there is no CLSID without windows.h. */
typedef struct hp_class_plan {
    const wchar_t *progid;
    uint32_t version;
    const wchar_t *name;  /**< NULL or empty: the ProgID */
    const wchar_t *clsid; /**< "{XXXXXXXX-...}" */
    const wchar_t *exe;
    hp_arch arch;
} hp_class_plan;

/**
 * Is this a ProgID as COM wants them: at most 39 characters, ASCII letters, digits and periods, not
 * starting with a digit, no empty part? (A backslash in particular would lead out of
 * Software\Classes.) NULL is none. Thread-safe.
 */
int hp_class_table_progid_valid(const wchar_t *progid);

/**
 * "<progid>.<version>".
 *
 * @param text  receives HP_CLASS_PROGID_MAX + 1 characters
 * @return S_OK, E_INVALIDARG if either part is malformed or the whole too long. Thread-safe.
 */
HRESULT hp_class_table_versioned(const wchar_t *progid, uint32_t version, wchar_t *text);

/**
 * The number after "<progid>." in a versioned ProgID, compared without case as the
 * registry does; 0 if it is none.
 */
uint32_t hp_class_table_version_of(const wchar_t *progid, const wchar_t *versioned);

/** What is wrong with a description, as a phrase; NULL if nothing is. Static. Thread-safe. */
const char *hp_class_table_complaint(const hp_class_plan *plan);

/**
 * Make the rows. Each stands once for either view, the two next to each other; CurVer comes last of all,
 * because that is what running apps watch.
 *
 * @param table  receives the rows, freed by hp_class_table_free; zero on failure
 * @return S_OK, E_INVALIDARG (see hp_class_table_complaint), E_OUTOFMEMORY. Thread-safe.
 */
HRESULT hp_class_table_build(const hp_class_plan *plan, hp_class_table *table);

/** Free the rows. A zero table is allowed. */
void hp_class_table_free(hp_class_table *table);

/**
 * The row of the same key, value and view, compared without (ASCII) case; NULL if there is none. Thread-safe.
 */
const hp_class_row *hp_class_table_find(const hp_class_table *table, const hp_class_row *row);

#endif
