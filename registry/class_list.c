#include "registry/class_list.h"

#include <stdio.h>
#include <stdlib.h>

#include <objbase.h>

#include "idl/fault.h"
#include "registry/class_lookup.h"
#include "registry/class_stored.h"

#define CLSID_ROOT HP_CLASS_ROOT L"\\CLSID"

static int by_name(const void *a, const void *b) {
    const hp_class_stored *one = a, *other = b;
    if (!one->progid || !other->progid) {
        if (one->progid || other->progid)
            return one->progid ? 1 : -1;
    } else {
        const int order = CompareStringOrdinal(one->progid, -1, other->progid, -1, TRUE);
        if (order != CSTR_EQUAL)
            return order == CSTR_LESS_THAN ? -1 : 1;
    }
    if (one->plan.version != other->plan.version)
        return one->plan.version > other->plan.version ? -1 : 1;
    return wcscmp(one->clsid, other->clsid);
}

static int is_listed(const hp_class_stored_list *list, const wchar_t *clsid) {
    for (size_t i = 0; i < list->count; i++)
        if (hp_class_stored_same(list->items[i].clsid, clsid))
            return 1;
    return 0;
}

/* A key below CLSID: into the list if it is ours and new. */
static HRESULT consider(const wchar_t *clsid, hp_class_stored_list *list, hp_trouble *trouble) {
    hp_class_stored stored;
    HRESULT hr = hp_class_stored_read(clsid, &stored, trouble);
    if (FAILED(hr))
        return hr;
    if (stored.ours && !is_listed(list, clsid)) {
        hr = list->count == HP_CLASS_LIST_MAX ? HRESULT_FROM_WIN32(ERROR_MORE_DATA)
                                              : hp_class_stored_add(list, &stored);
        if (SUCCEEDED(hr))
            return hr;
    }
    hp_class_stored_free(&stored);
    return hr;
}

static HRESULT collect(hp_class_view view, hp_class_stored_list *list, hp_trouble *trouble) {
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, CLSID_ROOT, view, &opened, trouble);
    if (hr != S_OK)
        return FAILED(hr) ? hr : S_OK;
    for (DWORD index = 0; SUCCEEDED(hr); index++) {
        wchar_t name[256]; /* a key's name has at most 255 characters */
        DWORD length = sizeof name / sizeof *name;
        const LSTATUS status = HP_FAULT("list classes")
                                   ? (LSTATUS)GetLastError()
                                   : RegEnumKeyExW(opened, index, name, &length, NULL, NULL, NULL, NULL);
        if (status == ERROR_NO_MORE_ITEMS)
            break;
        if (index == HP_CLASS_LIST_KEYS_MAX)
            hr = HRESULT_FROM_WIN32(ERROR_MORE_DATA);
        else if (status != ERROR_SUCCESS)
            hr = HRESULT_FROM_WIN32((DWORD)status);
        else
            hr = consider(name, list, trouble);
    }
    RegCloseKey(opened);
    return FAILED(hr) ? hp_class_key_trouble(trouble, hr, HKEY_CURRENT_USER, CLSID_ROOT,
                                             "the classes cannot be listed")
                      : S_OK;
}

/* Does a ProgID lead to this class? Damage on the way is a no. */
static int leads_to(const wchar_t *progid, const wchar_t *clsid) {
    wchar_t resolved[HP_CLASS_PROGID_MAX + 1], id[HP_CLASS_ID_CHARS];
    CLSID found;
    if (hp_class_lookup_progid(HKEY_CURRENT_USER, progid, resolved, &found, NULL, NULL) != S_OK)
        return 0;
    StringFromGUID2(&found, id, HP_CLASS_ID_CHARS);
    return hp_class_stored_same(id, clsid);
}

static const char *find_damage(const hp_class_stored *stored) {
    wchar_t versioned[HP_CLASS_PROGID_MAX + 1];
    if (!stored->complete)
        return hp_class_table_complaint(&stored->plan);
    if (FAILED(hp_class_table_versioned(stored->progid, stored->plan.version, versioned)) ||
        !leads_to(versioned, stored->clsid))
        return "its versioned ProgID does not lead to it";
    return NULL;
}

static void hand_over(const hp_class_stored *stored, hp_class_list_sink *sink, void *context) {
    const char *reason = find_damage(stored);
    sink(context, &(hp_class_listed){
                      .progid = stored->progid,
                      .version = stored->plan.version,
                      .clsid = stored->clsid,
                      .name = stored->name,
                      .exe = stored->exe,
                      .arch = stored->plan.arch,
                      .current = hp_class_table_progid_valid(stored->progid) &&
                                 leads_to(stored->progid, stored->clsid),
                      .result = reason ? HP_E_CLASS_DAMAGED : S_OK,
                      .reason = reason,
                  });
}

HRESULT hp_class_list(hp_class_list_sink *sink, void *context, hp_trouble *trouble) {
    hp_class_stored_list list = {0};
    HRESULT hr = collect(HP_CLASS_VIEW_64, &list, trouble);
    if (SUCCEEDED(hr))
        hr = collect(HP_CLASS_VIEW_32, &list, trouble);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, by_name);
    for (size_t i = 0; i < list.count && SUCCEEDED(hr); i++)
        hand_over(&list.items[i], sink, context);
    if (SUCCEEDED(hr) && list.count == 0)
        hr = S_FALSE;
    hp_class_stored_list_free(&list);
    return hr;
}
