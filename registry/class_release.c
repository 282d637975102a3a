#include "registry/class_release.h"

#include <stdio.h>
#include <stdlib.h>

#include "idl/fault.h"

typedef struct heirs {
    hp_class_table *tables;
    size_t count;
} heirs;

static void free_heirs(heirs *all) {
    for (size_t i = 0; i < all->count; i++)
        hp_class_table_free(&all->tables[i]);
    free(all->tables);
}

static HRESULT find_heirs(const wchar_t *clsid, heirs *all, hp_trouble *trouble) {
    hp_class_stored_list list;
    HRESULT hr = hp_class_stored_others(clsid, &list, trouble);
    *all = (heirs){0};
    if (FAILED(hr) || list.count == 0)
        return hr;
    all->tables = HP_FAULT("memory for heirs") ? NULL : calloc(list.count, sizeof *all->tables);
    if (!all->tables)
        hr = E_OUTOFMEMORY;
    for (size_t i = 0; SUCCEEDED(hr) && i < list.count; i++) {
        hr = hp_class_table_build(&list.items[i].plan, &all->tables[i]);
        all->count = i + 1;
    }
    hp_class_stored_list_free(&list);
    if (FAILED(hr))
        free_heirs(all);
    return hr;
}

static const hp_class_row *find_heir(const heirs *all, const hp_class_row *row) {
    for (size_t i = 0; i < all->count; i++) {
        const hp_class_row *found = hp_class_table_find(&all->tables[i], row);
        if (found)
            return found;
    }
    return NULL;
}

// S_OK: the label's ProgID leads to our class, or nowhere. S_FALSE: to another.
static HRESULT label_is_ours(const hp_class_row *row, const wchar_t *clsid, hp_trouble *trouble) {
    wchar_t key[128], *text;
    hp_trouble ignored = {0};
    swprintf(key, sizeof key / sizeof *key, L"%ls\\CLSID", row->key);
    HRESULT hr = hp_class_key_text(HKEY_CURRENT_USER, key, NULL, row->view, &text, &ignored);
    if (hr == S_OK && !hp_class_stored_same(text, clsid))
        hr = S_FALSE;
    else if (hr == S_FALSE)
        hr = S_OK;
    else if (hr == HP_E_CLASS_DAMAGED)
        hr = S_FALSE;
    else if (FAILED(hr))
        hp_trouble_set(trouble, hr, ignored.thing, "%s", ignored.detail);
    free(text);
    return hr;
}

static HRESULT release_row(const hp_class_release *release, const heirs *all, const hp_class_row *row,
                           int *changed, hp_trouble *trouble) {
    HRESULT hr = row->flags & HP_CLASS_ROW_LABEL ? label_is_ours(row, release->clsid, trouble) : S_OK;
    if (hr != S_OK)
        return hr;
    hp_class_data data;
    hr = hp_class_key_read(HKEY_CURRENT_USER, row->key, row->value, row->view, &data, trouble);
    int ours = hr == S_OK && ((row->flags & HP_CLASS_ROW_OWN) || hp_class_key_equal(&data, row));
    free(data.data);
    if (FAILED(hr) || (hr == S_OK && !ours))
        return hr;
    if (ours) {
        const hp_class_row *heir = find_heir(all, row);
        hr = heir ? hp_class_journal_set(release->journal, heir, trouble)
                  : hp_class_journal_delete(release->journal, row, trouble);
        if (FAILED(hr))
            return hr;
        *changed = 1;
    }
    return hp_class_journal_prune(release->journal, row->key, row->view, trouble);
}

HRESULT hp_class_release_rows(const hp_class_release *release, int *changed, hp_trouble *trouble) {
    heirs all;
    HRESULT first = find_heirs(release->clsid, &all, trouble);
    if (FAILED(first))
        return first;
    for (size_t i = release->table->count; i-- > 0;) {
        const hp_class_row *row = &release->table->rows[i];
        if (release->keep && hp_class_table_find(release->keep, row))
            continue;
        if (FAILED(first) && (!release->go_on || (row->flags & HP_CLASS_ROW_MARK)))
            break;
        HRESULT hr = release_row(release, &all, row, changed, trouble);
        if (FAILED(hr) && SUCCEEDED(first))
            first = hr;
    }
    free_heirs(&all);
    return FAILED(first) ? first : S_OK;
}
