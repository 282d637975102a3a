#include "registry/class_stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "registry/class_command.h"

#define CLSID_ROOT HP_CLASS_ROOT L"\\CLSID"
#define KEY_CHARS 128 // CLSID_ROOT, a class id and the longest subkey of ours

int hp_class_stored_same(const wchar_t *a, const wchar_t *b) {
    return CompareStringOrdinal(a, -1, b, -1, TRUE) == CSTR_EQUAL;
}

// Missing and damaged texts are NULL; only what says nothing about the class (no
// memory, no access) is an error.
static HRESULT read_text(const hp_class_stored *stored, const wchar_t *subkey, const wchar_t *value,
                         hp_class_view view, wchar_t **text, hp_trouble *trouble) {
    wchar_t key[KEY_CHARS];
    hp_trouble first = {0};
    swprintf(key, KEY_CHARS, CLSID_ROOT L"\\%ls%ls", stored->clsid, subkey);
    HRESULT hr = hp_class_key_text(HKEY_CURRENT_USER, key, value, view, text, &first);
    if (SUCCEEDED(hr) || hr == HP_E_CLASS_DAMAGED)
        return S_OK;
    return hp_trouble_set(trouble, hr, first.thing, "%s", first.detail);
}

static HRESULT read_exe(hp_class_stored *stored, hp_class_view view, hp_trouble *trouble) {
    size_t first, length;
    HRESULT hr = read_text(stored, L"\\LocalServer32", NULL, view, &stored->exe, trouble);
    if (FAILED(hr) || !stored->exe)
        return hr;
    if (hp_class_command_parse(stored->exe, &first, &length)) {
        free(stored->exe);
        stored->exe = NULL;
        return S_OK;
    }
    memmove(stored->exe, stored->exe + first, length * sizeof(wchar_t));
    stored->exe[length] = 0;
    return S_OK;
}

static uint32_t version_number(const wchar_t *text) {
    wchar_t versioned[32], *period = wcschr(text, L'.');
    if (!period || wcscmp(period, L".0") != 0 || wcslen(text) > 16)
        return 0;
    swprintf(versioned, 32, L"V.%.*ls", (int)(period - text), text);
    return hp_class_table_version_of(L"V", versioned);
}

static HRESULT read_fields(hp_class_stored *stored, hp_class_view view, hp_trouble *trouble) {
    HRESULT hr = read_text(stored, L"\\VersionIndependentProgID", NULL, view, &stored->progid, trouble);
    if (SUCCEEDED(hr))
        hr = read_text(stored, L"\\Version", NULL, view, &stored->version, trouble);
    if (SUCCEEDED(hr))
        hr = read_text(stored, L"", NULL, view, &stored->name, trouble);
    if (SUCCEEDED(hr))
        hr = read_text(stored, L"", HP_CLASS_MARK_ARCH, view, &stored->arch, trouble);
    if (SUCCEEDED(hr))
        hr = read_exe(stored, view, trouble);
    if (FAILED(hr))
        return hr;
    stored->plan = (hp_class_plan){.progid = stored->progid,
                                   .version = stored->version ? version_number(stored->version) : 0,
                                   .name = stored->name,
                                   .clsid = stored->clsid,
                                   .exe = stored->exe};
    if (stored->arch && wcscmp(stored->arch, L"x64") == 0)
        stored->plan.arch = HP_ARCH_X64;
    else if (stored->arch && wcscmp(stored->arch, L"x86") == 0)
        stored->plan.arch = HP_ARCH_X86;
    stored->complete = !hp_class_table_complaint(&stored->plan);
    return S_OK;
}

HRESULT hp_class_stored_read(const wchar_t *clsid, hp_class_stored *stored, hp_trouble *trouble) {
    *stored = (hp_class_stored){0};
    if (wcslen(clsid) >= HP_CLASS_ID_CHARS)
        return S_OK; // a key beside the class ids
    wcscpy(stored->clsid, clsid);
    wchar_t key[KEY_CHARS];
    swprintf(key, KEY_CHARS, CLSID_ROOT L"\\%ls", clsid);
    for (int view = HP_CLASS_VIEW_64; view <= HP_CLASS_VIEW_32 && !stored->ours; view++) {
        int exists;
        hp_class_data mark;
        HRESULT hr = hp_class_key_empty(key, (hp_class_view)view, &exists, trouble);
        if (hr == S_FALSE && exists) {
            stored->exists = 1;
            hr =
                hp_class_key_read(HKEY_CURRENT_USER, key, HP_CLASS_MARK, (hp_class_view)view, &mark, trouble);
            stored->ours = hr == S_OK && mark.type == REG_DWORD;
            free(mark.data);
            if (stored->ours)
                hr = read_fields(stored, (hp_class_view)view, trouble);
        }
        if (FAILED(hr)) {
            hp_class_stored_free(stored);
            return hr;
        }
    }
    return S_OK;
}

void hp_class_stored_free(hp_class_stored *stored) {
    free(stored->progid);
    free(stored->version);
    free(stored->name);
    free(stored->exe);
    free(stored->arch);
    *stored = (hp_class_stored){0};
}

static int by_version(const void *a, const void *b) {
    const hp_class_stored *one = a, *other = b;
    if (one->plan.version != other->plan.version)
        return one->plan.version > other->plan.version ? -1 : 1;
    return wcscmp(one->clsid, other->clsid);
}

HRESULT hp_class_stored_add(hp_class_stored_list *list, const hp_class_stored *stored) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        hp_class_stored *items =
            HP_FAULT("memory for classes") ? NULL : realloc(list->items, room * sizeof *items);
        if (!items)
            return E_OUTOFMEMORY;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *stored;
    return S_OK;
}

static HRESULT consider(const wchar_t *clsid, hp_class_stored_list *list, hp_trouble *trouble) {
    hp_class_stored stored;
    hp_trouble first = {0};
    HRESULT hr = hp_class_stored_read(clsid, &stored, &first);
    // Anybody's key may stand here. What this user may not read this user has not registered.
    if (hr == E_ACCESSDENIED)
        return S_OK;
    if (FAILED(hr))
        hp_trouble_set(trouble, hr, first.thing, "%s", first.detail);
    if (SUCCEEDED(hr) && stored.complete) {
        hr = hp_class_stored_add(list, &stored);
        if (SUCCEEDED(hr))
            return hr;
    }
    hp_class_stored_free(&stored);
    return hr;
}

HRESULT hp_class_stored_others(const wchar_t *but, hp_class_stored_list *list, hp_trouble *trouble) {
    *list = (hp_class_stored_list){0};
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, CLSID_ROOT, HP_CLASS_VIEW_64, &opened, trouble);
    if (hr != S_OK)
        return FAILED(hr) ? hr : S_OK;
    for (DWORD index = 0; SUCCEEDED(hr); index++) {
        wchar_t name[256]; // a key's name has at most 255 characters
        DWORD length = sizeof name / sizeof *name;
        LSTATUS status = HP_FAULT("list classes")
                             ? (LSTATUS)GetLastError()
                             : RegEnumKeyExW(opened, index, name, &length, NULL, NULL, NULL, NULL);
        if (status == ERROR_NO_MORE_ITEMS)
            break;
        if (status != ERROR_SUCCESS)
            hr = hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), HKEY_CURRENT_USER,
                                      CLSID_ROOT, "the classes cannot be listed");
        else if (!hp_class_stored_same(name, but))
            hr = consider(name, list, trouble);
    }
    RegCloseKey(opened);
    if (FAILED(hr))
        hp_class_stored_list_free(list);
    else if (list->count)
        qsort(list->items, list->count, sizeof *list->items, by_version);
    // The plans point into the items' own memory, and to the class id inside the item, which has moved.
    for (size_t i = 0; i < list->count; i++)
        list->items[i].plan.clsid = list->items[i].clsid;
    return FAILED(hr) ? hr : S_OK;
}

void hp_class_stored_list_free(hp_class_stored_list *list) {
    for (size_t i = 0; i < list->count; i++)
        hp_class_stored_free(&list->items[i]);
    free(list->items);
    *list = (hp_class_stored_list){0};
}
