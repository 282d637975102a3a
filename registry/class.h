/**
 * @file class.h
 * The per-user class of an update: description -> pure table of keys -> written, undone in reverse,
 * looked up. The only room that touches the registry, and only below
 * HKEY_CURRENT_USER\Software\Classes (lookup: also above).
 *
 *     <ProgID>.<version>            name          CLSID = {clsid}                    (versioned)
 *     <ProgID>                      name          CLSID = {clsid}, CurVer = <ProgID>.<version>
 *     CLSID\{clsid}                 name          ProgID, VersionIndependentProgID, LocalServer32 = "exe"
 *                                                 (quoted), TypeLib, Version; values AppID = {clsid},
 *                                                 Hotpatch = 1 (the mark), HotpatchArch = x64|x86
 *     AppID\{clsid}                 name
 *     AppID\<exe file name>         AppID = {clsid}, unless it names a class that is not Hotpatch's
 *     TypeLib\{libid}\1.0           name          FLAGS = 0, HELPDIR = folder of the exe,
 *                                                 0\win64|win32 = exe
 *
 * CLSID, AppID and TypeLib stand in both the 64-bit and the 32-bit view where the two differ.
 */
#ifndef HP_REGISTRY_CLASS_H
#define HP_REGISTRY_CLASS_H

#include "idl/trouble.h"

/** Room for a ProgID of 39 characters (COM's limit) and the terminator. */
#define HP_CLASS_PROGID_CHARS 40

/** What is to be registered. */
typedef struct hp_class_description {
    const wchar_t *progid; /**< version-independent */
    uint32_t version;      /**< at least 1 */
    const wchar_t *name;   /**< friendly name */
    CLSID clsid;
    const wchar_t *exe; /**< full path of the update, unquoted */
    hp_arch arch;       /**< of the update */
} hp_class_description;

/** What a ProgID leads to. Freed with hp_class_free. */
typedef struct hp_class_found {
    CLSID clsid;
    wchar_t progid[HP_CLASS_PROGID_CHARS]; /**< versioned ProgID that CurVer names, or the one looked up */
    wchar_t *exe;                          /**< full path, unquoted, environment variables expanded */
    int per_user;                          /**< found below HKEY_CURRENT_USER, not for all users */
    /** when the class was last written (FILETIME); 0 if unknown. Tells one registration from the next */
    uint64_t written;
} hp_class_found;

/**
 * Class id of (progid, version) when the vendor gives none: RFC 9562 version 5 in Hotpatch's own name space.
 */
HRESULT hp_class_derive_clsid(const wchar_t *progid, uint32_t version, CLSID *clsid);

/**
 * Write the class: all or nothing. Registering the same class again, or the same class from another path,
 * succeeds. An older version that is registered stays, but CurVer moves on; registering an older version than
 * CurVer names leaves CurVer and the version-independent ProgID alone.
 *
 * @return S_OK; E_INVALIDARG (ProgID too long or malformed, version 0), HP_E_REGISTRATION_FOREIGN (the
 *         ProgID belongs to something that is not a Hotpatch class), E_OUTOFMEMORY or a wrapped Win32 error;
 *         then the registry is as before.
 */
HRESULT hp_class_register(const hp_class_description *description, hp_trouble *trouble);

/**
 * Remove exactly what hp_class_register wrote for this version; values that something newer has overwritten
 * stay. If CurVer named this version, it falls back to the highest other version that is registered, or the
 * version-independent ProgID goes.
 *
 * @return S_OK, S_FALSE if there was nothing, or the error of the first step that
 *         failed (the rest is still tried)
 */
HRESULT hp_class_unregister(const hp_class_description *description, hp_trouble *trouble);

/**
 * The same for whatever a ProgID (either form) leads to now, by reading its description from the registry.
 */
HRESULT hp_class_unregister_progid(const wchar_t *progid, hp_trouble *trouble);

/**
 * Find the class of a ProgID (either form): below HKEY_CURRENT_USER, then for all users.
 *
 * @return S_OK; HP_E_PROGID_UNKNOWN, HP_E_CLASS_DAMAGED (no or bad CLSID, no LocalServer32), E_OUTOFMEMORY.
 *         Does not look whether the EXE exists. Thread-safe.
 */
HRESULT hp_class_lookup(const wchar_t *progid, hp_class_found *found, hp_trouble *trouble);

/** Free what a lookup found. */
void hp_class_free(hp_class_found *found);

#endif
