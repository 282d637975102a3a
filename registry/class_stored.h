/**
 * @file class_stored.h
 * Classes as they stand below HKEY_CURRENT_USER: ours, others', damaged.
 */
#ifndef HP_REGISTRY_CLASS_STORED_H
#define HP_REGISTRY_CLASS_STORED_H

#include "registry/class_key.h"

/** One class id. Zero-initialise; freed with hp_class_stored_free. */
typedef struct hp_class_stored {
    int exists;   /**< the key is there and not empty */
    int ours;     /**< it bears our mark */
    int complete; /**< ours, and plan below is all there and valid */
    wchar_t clsid[HP_CLASS_ID_CHARS];
    wchar_t *progid, *version, *name, *exe, *arch; /**< what was found, NULL if not */
    hp_class_plan plan;                            /**< points to the above */
} hp_class_stored;

/** Read what stands below CLSID\<clsid>, in either view. Damage is no error, but leaves complete at 0. */
HRESULT hp_class_stored_read(const wchar_t *clsid, hp_class_stored *stored, hp_trouble *trouble);

void hp_class_stored_free(hp_class_stored *stored);

/** Several of them. */
typedef struct hp_class_stored_list {
    hp_class_stored *items;
    size_t count, room;
} hp_class_stored_list;

/** All complete classes of ours but one (compared without case), the highest version first. */
HRESULT hp_class_stored_others(const wchar_t *but, hp_class_stored_list *list, hp_trouble *trouble);

/** Add one at the end; it belongs to the list then. @return S_OK, E_OUTOFMEMORY (nothing was added) */
HRESULT hp_class_stored_add(hp_class_stored_list *list, const hp_class_stored *stored);

void hp_class_stored_list_free(hp_class_stored_list *list);

/** Compare as the registry and file names are: without case, not by any language. */
int hp_class_stored_same(const wchar_t *a, const wchar_t *b);

#endif
