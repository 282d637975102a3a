/**
 * @file class_list.h
 * Which classes Hotpatch has registered for this user.
 */
#ifndef HP_REGISTRY_CLASS_LIST_H
#define HP_REGISTRY_CLASS_LIST_H

#include "idl/trouble.h"

/** More classes than this are not listed; more keys than that are not looked at. */
#define HP_CLASS_LIST_MAX 4096u
#define HP_CLASS_LIST_KEYS_MAX 1000000u

/** One class. Texts are valid during the call of the sink only, NULL if they are missing or damaged. */
typedef struct hp_class_listed {
    const wchar_t *progid; /**< version-independent */
    uint32_t version;      /**< 0 if it is missing or damaged */
    const wchar_t *clsid;  /**< "{...}" */
    const wchar_t *name;   /**< friendly name */
    const wchar_t *exe;    /**< as registered; not looked whether it exists */
    hp_arch arch;          /**< 0 if it is missing or damaged */
    int current;           /**< it is the one that its version-independent ProgID leads to */
    HRESULT result;        /**< S_OK; HP_E_CLASS_DAMAGED: no app can find it, or it cannot be started */
    const char *reason;    /**< what is damaged, a phrase; NULL if nothing is. Static */
} hp_class_listed;

/** Receives one class. */
typedef void hp_class_list_sink(void *context, const hp_class_listed *listed);

/**
 * List every class below HKEY_CURRENT_USER that bears the mark of Hotpatch, in either view, each once: by
 * ProgID (damaged ones without a ProgID first), the highest version first. Nothing is locked: what another
 * process changes meanwhile may be seen half.
 *
 * @return S_OK, S_FALSE if there is none; HRESULT_FROM_WIN32(ERROR_MORE_DATA) beyond the limits,
 * E_OUTOFMEMORY or a wrapped Win32 error: then the sink was not called
 */
HRESULT hp_class_list(hp_class_list_sink *sink, void *context, hp_trouble *trouble);

#endif
