/**
 * @file class_lookup.h
 * From a ProgID to a class id, in one hive.
 */
#ifndef HP_REGISTRY_CLASS_LOOKUP_H
#define HP_REGISTRY_CLASS_LOOKUP_H

#include "registry/class_key.h"

/**
 * Follow CurVer, then read CLSID; in the view of this program first, then in the other.
 *
 * @param hive      HKEY_CURRENT_USER or HKEY_LOCAL_MACHINE
 * @param progid    valid, see hp_class_table_progid_valid
 * @param resolved  receives the ProgID whose CLSID it is, HP_CLASS_PROGID_MAX + 1 characters
 * @param exists    set to 1 if the ProgID's key is there, even without CurVer and CLSID; NULL allowed
 * @return S_OK; S_FALSE if there is neither CurVer nor CLSID; HP_E_CLASS_DAMAGED; another error. Thread-safe.
 */
HRESULT hp_class_lookup_progid(HKEY hive, const wchar_t *progid, wchar_t *resolved, CLSID *clsid, int *exists,
                               hp_trouble *trouble);

#endif
