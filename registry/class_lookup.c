#include "registry/class_lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "idl/fault.h"
#include "registry/class.h"
#include "registry/class_command.h"

#define CURVER_HOPS 8 // one is what anybody needs

_Static_assert(HP_CLASS_PROGID_CHARS == HP_CLASS_PROGID_MAX + 1,
               "class.h and class_table.h agree on the ProgID");

static HRESULT read_either_view(HKEY hive, const wchar_t *key, wchar_t **text, hp_trouble *trouble) {
    hp_class_view native = hp_class_key_native();
    HRESULT hr = hp_class_key_text(hive, key, NULL, native, text, trouble);
    return hr == S_FALSE ? hp_class_key_text(hive, key, NULL, (hp_class_view)!native, text, trouble) : hr;
}

static HRESULT damaged(hp_trouble *trouble, HKEY hive, const wchar_t *key, const char *why,
                       const wchar_t *text) {
    char utf8[256];
    return hp_class_key_trouble(trouble, HP_E_CLASS_DAMAGED, hive, key, "%s: \"%s\"", why,
                                hp_class_key_utf8(text, utf8, sizeof utf8));
}

static HRESULT read_clsid(HKEY hive, const wchar_t *progid, CLSID *clsid, hp_trouble *trouble) {
    wchar_t key[128], *text;
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls\\CLSID", progid);
    HRESULT hr = read_either_view(hive, key, &text, trouble);
    if (hr != S_OK)
        return hr;
    // IIDFromString takes an id only; CLSIDFromString would go looking for a ProgID. Longer texts it cuts
    // off.
    if (wcslen(text) != HP_CLASS_ID_CHARS - 1 || FAILED(IIDFromString(text, clsid)))
        hr = damaged(trouble, hive, key, "this is not a class id", text);
    free(text);
    return hr;
}

static HRESULT key_exists(HKEY hive, const wchar_t *progid, int *exists, hp_trouble *trouble) {
    wchar_t key[128];
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls", progid);
    *exists = 0;
    for (int view = HP_CLASS_VIEW_64; view <= HP_CLASS_VIEW_32; view++) {
        HKEY opened;
        HRESULT hr = hp_class_key_open(hive, key, (hp_class_view)view, &opened, trouble);
        if (FAILED(hr))
            return hr;
        if (hr == S_OK) {
            *exists = 1;
            RegCloseKey(opened);
        }
    }
    return S_FALSE;
}

HRESULT hp_class_lookup_progid(HKEY hive, const wchar_t *progid, wchar_t *resolved, CLSID *clsid, int *exists,
                               hp_trouble *trouble) {
    wchar_t key[128], *next;
    int unused;
    *clsid = (CLSID){0};
    *(exists ? exists : &unused) = 0;
    wcscpy(resolved, progid);
    for (int hop = 0; hop <= CURVER_HOPS; hop++) {
        swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls\\CurVer", resolved);
        HRESULT hr = read_either_view(hive, key, &next, trouble);
        if (FAILED(hr))
            return hr;
        if (hr == S_FALSE) {
            hr = read_clsid(hive, resolved, clsid, trouble);
            if (hr == S_FALSE && hop == 0)
                return key_exists(hive, resolved, exists ? exists : &unused, trouble);
            swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls\\CurVer", progid);
            return hr == S_FALSE
                       ? damaged(trouble, hive, key, "it leads to a ProgID without a class id", resolved)
                       : hr;
        }
        int valid = hp_class_table_progid_valid(next);
        if (valid)
            wcscpy(resolved, next);
        else
            hr = damaged(trouble, hive, key, "this is not a ProgID", next);
        free(next);
        if (!valid)
            return hr;
    }
    return damaged(trouble, hive, key, "CurVer leads in a circle", resolved);
}

static HRESULT read_exe(HKEY hive, const CLSID *clsid, wchar_t **exe, hp_trouble *trouble) {
    wchar_t id[HP_CLASS_ID_CHARS], key[128];
    size_t first, length;
    StringFromGUID2(clsid, id, HP_CLASS_ID_CHARS);
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\CLSID\\%ls\\LocalServer32", id);
    HRESULT hr = read_either_view(hive, key, exe, trouble);
    if (hr == S_FALSE)
        return hp_class_key_trouble(trouble, HP_E_CLASS_DAMAGED, hive, key,
                                    "the key or its default value is missing");
    if (FAILED(hr))
        return hr;
    const char *wrong = hp_class_command_parse(*exe, &first, &length);
    if (!wrong) {
        memmove(*exe, *exe + first, length * sizeof(wchar_t));
        (*exe)[length] = 0;
        if (!hp_class_command_path_full(*exe))
            wrong = "this is not the full path of a file";
    }
    if (wrong) {
        hr = damaged(trouble, hive, key, wrong, *exe);
        free(*exe);
        *exe = NULL;
    }
    return hr;
}

static HRESULT read_time(HKEY hive, const CLSID *clsid, uint64_t *written, hp_trouble *trouble) {
    wchar_t id[HP_CLASS_ID_CHARS], path[128];
    HKEY key;
    FILETIME time = {0};
    *written = 0;
    StringFromGUID2(clsid, id, HP_CLASS_ID_CHARS);
    swprintf(path, sizeof path / sizeof *path, HP_CLASS_ROOT L"\\CLSID\\%ls\\LocalServer32", id);
    HRESULT hr = hp_class_key_open(hive, path, hp_class_key_native(), &key, trouble);
    if (hr != S_OK) /* S_FALSE: it stands in the other view only */
        return FAILED(hr) ? hr : S_OK;
    LSTATUS status = RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &time);
    RegCloseKey(key);
    *written = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return status == ERROR_SUCCESS ? S_OK
                                   : hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), hive,
                                                          path, "its time cannot be read");
}

HRESULT hp_class_lookup(const wchar_t *progid, hp_class_found *found, hp_trouble *trouble) {
    *found = (hp_class_found){0};
    if (!hp_class_table_progid_valid(progid))
        return hp_trouble_set_wide(trouble, HP_E_PROGID_UNKNOWN, progid ? progid : L"",
                                   "this is not a ProgID");
    const HKEY hives[] = {HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE};
    int here, there = 0;
    HRESULT hr = S_FALSE;
    // A key of the user without CurVer and CLSID covers nothing: Windows merges the two hives level by level.
    for (int i = 0; i < 2 && hr == S_FALSE; i++) {
        hr = hp_class_lookup_progid(hives[i], progid, found->progid, &found->clsid, &here, trouble);
        there |= here;
        found->per_user = i == 0;
        if (hr == S_OK)
            hr = read_exe(hives[i], &found->clsid, &found->exe, trouble);
        if (hr == S_OK)
            hr = read_time(hives[i], &found->clsid, &found->written, trouble);
    }
    if (hr == S_FALSE)
        hr = there ? hp_trouble_set_wide(trouble, HP_E_CLASS_DAMAGED, progid,
                                         "the ProgID has neither CLSID nor CurVer")
                   : hp_trouble_set_wide(trouble, HP_E_PROGID_UNKNOWN, progid, NULL);
    if (FAILED(hr)) {
        hp_trouble_set_wide(trouble, hr, progid, "the class cannot be looked up");
        hp_class_free(found);
    }
    return hr;
}

void hp_class_free(hp_class_found *found) {
    free(found->exe);
    *found = (hp_class_found){0};
}
