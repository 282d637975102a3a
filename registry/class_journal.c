#include "registry/class_journal.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

#define WOW_NODE HP_CLASS_ROOT L"\\Wow6432Node"

typedef enum change {
    KEY_MADE,
    KEY_GONE,
    VALUE_CHANGED,
} change;

struct hp_class_entry {
    hp_class_entry *next;
    change what;
    hp_class_view view;
    hp_class_data before; // of the value; no data: it did not exist
    wchar_t *value;       // NULL: the default value; points into path
    wchar_t path[];
};

static HRESULT failed(hp_trouble *trouble, LSTATUS status, const wchar_t *key, const char *what) {
    return hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), HKEY_CURRENT_USER, key, "%s",
                                what);
}

static void drop(hp_class_journal *journal) {
    hp_class_entry *entry = journal->last;
    journal->last = entry->next;
    free(entry->before.data);
    free(entry);
}

// Before the change, so that the change itself is the last thing that can fail.
static HRESULT note(hp_class_journal *journal, change what, const wchar_t *key, const wchar_t *value,
                    hp_class_view view, hp_class_data *before) {
    if (!journal)
        return S_OK;
    size_t path = wcslen(key) + 1, name = value ? wcslen(value) + 1 : 0;
    hp_class_entry *entry =
        HP_FAULT("memory for the journal") ? NULL : malloc(sizeof *entry + (path + name) * sizeof(wchar_t));
    if (!entry)
        return E_OUTOFMEMORY;
    *entry = (hp_class_entry){.next = journal->last, .what = what, .view = view};
    memcpy(entry->path, key, path * sizeof(wchar_t));
    if (value) {
        entry->value = entry->path + path;
        memcpy(entry->value, value, name * sizeof(wchar_t));
    }
    if (before) {
        entry->before = *before;
        *before = (hp_class_data){0};
    }
    journal->last = entry;
    return S_OK;
}

static LSTATUS create_key(const wchar_t *key, hp_class_view view, HKEY *opened, DWORD *disposition) {
    return RegCreateKeyExW(HKEY_CURRENT_USER, key, 0, NULL, REG_OPTION_NON_VOLATILE,
                           KEY_READ | KEY_WRITE | hp_class_key_view(view), NULL, opened, disposition);
}

static HRESULT make_key(hp_class_journal *journal, const wchar_t *key, hp_class_view view,
                        hp_trouble *trouble) {
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, key, view, &opened, trouble);
    if (hr != S_FALSE) {
        if (hr == S_OK)
            RegCloseKey(opened);
        return hr;
    }
    hr = note(journal, KEY_MADE, key, NULL, view, NULL);
    if (FAILED(hr))
        return hr;
    DWORD disposition = 0;
    LSTATUS status =
        HP_FAULT("create key") ? (LSTATUS)GetLastError() : create_key(key, view, &opened, &disposition);
    if (status == ERROR_SUCCESS)
        RegCloseKey(opened);
    // Somebody else was faster, or it failed: not ours to take back.
    if (journal && (status != ERROR_SUCCESS || disposition != REG_CREATED_NEW_KEY))
        drop(journal);
    return status == ERROR_SUCCESS ? S_OK : failed(trouble, status, key, "the key cannot be created");
}

// Windows makes Wow6432Node itself when the 32-bit view needs it. It is journaled as if we
// had, and before what is in it.
static HRESULT expect_wow_node(hp_class_journal *journal, hp_trouble *trouble) {
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, WOW_NODE, HP_CLASS_VIEW_64, &opened, trouble);
    if (hr == S_OK)
        RegCloseKey(opened);
    return hr == S_FALSE ? note(journal, KEY_MADE, WOW_NODE, NULL, HP_CLASS_VIEW_64, NULL) : hr;
}

// One level after the other: RegCreateKeyExW says of the last level only whether it was there.
static HRESULT make_keys(hp_class_journal *journal, const wchar_t *key, hp_class_view view,
                         hp_trouble *trouble) {
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, key, view, &opened, trouble);
    if (hr != S_FALSE) {
        if (hr == S_OK)
            RegCloseKey(opened);
        return hr;
    }
    wchar_t *path = HP_FAULT("memory for a path") ? NULL : _wcsdup(key);
    if (!path)
        return E_OUTOFMEMORY;
    hr = S_OK;
    if (view == HP_CLASS_VIEW_32 && journal)
        hr = expect_wow_node(journal, trouble);
    for (wchar_t *end = wcschr(path, L'\\'); SUCCEEDED(hr) && end; end = wcschr(end + 1, L'\\')) {
        *end = 0;
        hr = make_key(journal, path, view, trouble);
        *end = L'\\';
    }
    if (SUCCEEDED(hr))
        hr = make_key(journal, path, view, trouble);
    free(path);
    return hr;
}

static LSTATUS set_value(const wchar_t *key, hp_class_view view, const wchar_t *value, DWORD type,
                         const void *data, DWORD size) {
    HKEY opened;
    LSTATUS status =
        RegOpenKeyExW(HKEY_CURRENT_USER, key, 0, KEY_SET_VALUE | hp_class_key_view(view), &opened);
    if (status != ERROR_SUCCESS)
        return status;
    status = data ? RegSetValueExW(opened, value, 0, type, data, size) : RegDeleteValueW(opened, value);
    RegCloseKey(opened);
    return status;
}

// Data NULL deletes.
static HRESULT change_value(hp_class_journal *journal, const hp_class_row *row, hp_class_data *before,
                            const void *data, DWORD size, hp_trouble *trouble) {
    HRESULT hr = note(journal, VALUE_CHANGED, row->key, row->value, row->view, before);
    if (FAILED(hr))
        return hr;
    LSTATUS status = HP_FAULT(data ? "set value" : "delete value")
                         ? (LSTATUS)GetLastError()
                         : set_value(row->key, row->view, row->value, (DWORD)row->type, data, size);
    if (status == ERROR_SUCCESS)
        return S_OK;
    if (journal)
        drop(journal);
    return failed(trouble, status, row->key,
                  data ? "a value cannot be written" : "a value cannot be deleted");
}

HRESULT hp_class_journal_set(hp_class_journal *journal, const hp_class_row *row, hp_trouble *trouble) {
    hp_class_data before;
    HRESULT hr = hp_class_key_read(HKEY_CURRENT_USER, row->key, row->value, row->view, &before, trouble);
    if (hr == S_FALSE)
        hr = make_keys(journal, row->key, row->view, trouble);
    if (SUCCEEDED(hr)) {
        const void *data = row->type == HP_CLASS_NUMBER ? (const void *)&row->number : row->text;
        size_t size =
            row->type == HP_CLASS_NUMBER ? sizeof row->number : (wcslen(row->text) + 1) * sizeof(wchar_t);
        hr = hp_class_key_equal(&before, row)
                 ? S_FALSE
                 : change_value(journal, row, &before, data, (DWORD)size, trouble);
    }
    free(before.data);
    return hr;
}

HRESULT hp_class_journal_delete(hp_class_journal *journal, const hp_class_row *row, hp_trouble *trouble) {
    hp_class_data before;
    HRESULT hr = hp_class_key_read(HKEY_CURRENT_USER, row->key, row->value, row->view, &before, trouble);
    if (hr == S_OK)
        hr = change_value(journal, row, &before, NULL, 0, trouble);
    free(before.data);
    return hr;
}

static HRESULT delete_if_empty(hp_class_journal *journal, const wchar_t *key, hp_class_view view,
                               int *deleted, hp_trouble *trouble) {
    int exists;
    *deleted = 0;
    HRESULT hr = hp_class_key_empty(key, view, &exists, trouble);
    if (hr != S_OK)
        return SUCCEEDED(hr) && exists ? S_FALSE : hr == S_FALSE ? S_OK : hr;
    hr = note(journal, KEY_GONE, key, NULL, view, NULL);
    if (FAILED(hr))
        return hr;
    LSTATUS status = HP_FAULT("delete key")
                         ? (LSTATUS)GetLastError()
                         : RegDeleteKeyExW(HKEY_CURRENT_USER, key, hp_class_key_view(view), 0);
    *deleted = status == ERROR_SUCCESS;
    if (journal && !*deleted)
        drop(journal);
    // On Windows Software\\Classes is the root of a hive and cannot go; under Wine it
    // is a key that we may have made.
    if (*deleted || status == ERROR_FILE_NOT_FOUND ||
        (status == ERROR_ACCESS_DENIED && wcscmp(key, HP_CLASS_ROOT) == 0))
        return S_OK;
    return failed(trouble, status, key, "the empty key cannot be deleted");
}

HRESULT hp_class_journal_prune(hp_class_journal *journal, const wchar_t *key, hp_class_view view,
                               hp_trouble *trouble) {
    wchar_t *path = HP_FAULT("memory for a path") ? NULL : _wcsdup(key);
    if (!path)
        return E_OUTOFMEMORY;
    int any = 0, deleted;
    HRESULT hr = S_OK;
    while (hr == S_OK && wcslen(path) > wcslen(HP_CLASS_ROOT)) {
        hr = delete_if_empty(journal, path, view, &deleted, trouble);
        any |= deleted;
        *wcsrchr(path, L'\\') = 0;
    }
    if (hr == S_OK)
        hr = delete_if_empty(journal, WOW_NODE, HP_CLASS_VIEW_64, &deleted, trouble);
    if (hr == S_OK)
        hr = delete_if_empty(journal, HP_CLASS_ROOT, HP_CLASS_VIEW_64, &deleted, trouble);
    free(path);
    return FAILED(hr) ? hr : any ? S_OK : S_FALSE;
}

static LSTATUS take_back(const hp_class_entry *entry) {
    HKEY opened;
    int exists;
    if (HP_FAULT("take back"))
        return (LSTATUS)GetLastError();
    if (entry->what == VALUE_CHANGED)
        return set_value(entry->path, entry->view, entry->value, entry->before.type, entry->before.data,
                         entry->before.size);
    if (entry->what == KEY_MADE) { // what somebody else has put into it since is not ours to delete
        HRESULT hr = hp_class_key_empty(entry->path, entry->view, &exists, NULL);
        if (hr != S_OK)
            return FAILED(hr) ? HRESULT_CODE(hr) : ERROR_SUCCESS;
        return RegDeleteKeyExW(HKEY_CURRENT_USER, entry->path, hp_class_key_view(entry->view), 0);
    }
    LSTATUS status = create_key(entry->path, entry->view, &opened, NULL);
    if (status == ERROR_SUCCESS)
        RegCloseKey(opened);
    return status;
}

HRESULT hp_class_journal_undo(hp_class_journal *journal, hp_trouble *trouble) {
    HRESULT first = S_OK;
    for (; journal->last; drop(journal)) {
        LSTATUS status = take_back(journal->last);
        if (status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND || FAILED(first))
            continue;
        first = failed(trouble, status, journal->last->path, "its former state could not be restored");
    }
    return first;
}

void hp_class_journal_commit(hp_class_journal *journal) {
    while (journal->last)
        drop(journal);
}
