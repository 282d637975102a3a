#include <stdio.h>
#include <stdlib.h>

#include <objbase.h>

#include "idl/fault.h"
#include "idl/log.h"
#include "registry/class.h"
#include "registry/class_journal.h"
#include "registry/class_lock.h"
#include "registry/class_release.h"
#include "registry/class_stored.h"

static HRESULT foreign(hp_trouble *trouble, const wchar_t *key, const char *why) {
    return hp_class_key_trouble(trouble, HP_E_REGISTRATION_FOREIGN, HKEY_CURRENT_USER, key, "%s", why);
}

// What a ProgID's CLSID key says, in one view. S_FALSE: nothing.
static HRESULT class_of(const wchar_t *progid, hp_class_view view, wchar_t **clsid, hp_trouble *trouble) {
    wchar_t key[128];
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls\\CLSID", progid);
    hp_trouble first = {0};
    HRESULT hr = hp_class_key_text(HKEY_CURRENT_USER, key, NULL, view, clsid, &first);
    if (hr == HP_E_CLASS_DAMAGED)
        return S_FALSE;
    return FAILED(hr) ? hp_trouble_set(trouble, hr, first.thing, "%s", first.detail) : hr;
}

// Does this class id belong to a Hotpatch class of this very ProgID? A class of ours too damaged to say
// counts.
static HRESULT check_class(const hp_class_plan *plan, const wchar_t *clsid, const wchar_t *key,
                           hp_trouble *trouble) {
    hp_class_stored stored;
    HRESULT hr = hp_class_stored_read(clsid, &stored, trouble);
    if (FAILED(hr))
        return hr;
    int taken = stored.progid && !hp_class_stored_same(stored.progid, plan->progid);
    if (stored.exists && !stored.ours)
        hr = foreign(trouble, key, "the class id belongs to a class without the mark of Hotpatch");
    else if (taken)
        hr = foreign(trouble, key, "the class id belongs to another ProgID");
    else if (!stored.exists)
        hr = S_FALSE;
    hp_class_stored_free(&stored);
    return hr;
}

static HRESULT check_progid(const hp_class_plan *plan, const wchar_t *progid, hp_class_view view,
                            hp_trouble *trouble) {
    wchar_t key[128], *clsid = NULL;
    int exists;
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls", progid);
    HRESULT hr = hp_class_key_empty(key, view, &exists, trouble);
    if (hr != S_FALSE || !exists)
        return hr;
    hr = class_of(progid, view, &clsid, trouble);
    if (hr == S_FALSE)
        hr = foreign(trouble, key, "the ProgID has no class id");
    else if (hr == S_OK && !hp_class_stored_same(clsid, plan->clsid)) {
        hr = check_class(plan, clsid, key, trouble);
        if (hr == S_FALSE)
            hr = foreign(trouble, key, "the ProgID names another class id, which is not registered");
    }
    free(clsid);
    return hr;
}

static HRESULT check_all(const hp_class_plan *plan, const wchar_t *versioned, hp_trouble *trouble) {
    wchar_t key[128];
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\CLSID\\%ls", plan->clsid);
    HRESULT hr = check_class(plan, plan->clsid, key, trouble);
    for (int view = HP_CLASS_VIEW_64; SUCCEEDED(hr) && view <= HP_CLASS_VIEW_32; view++) {
        hr = check_progid(plan, versioned, (hp_class_view)view, trouble);
        if (SUCCEEDED(hr))
            hr = check_progid(plan, plan->progid, (hp_class_view)view, trouble);
    }
    return hr;
}

// S_FALSE if CurVer names a newer version whose class stands: then the
// version-independent ProgID is not ours to write.
static HRESULT is_current(const hp_class_plan *plan, hp_trouble *trouble) {
    wchar_t key[128], *current = NULL, *clsid = NULL;
    swprintf(key, sizeof key / sizeof *key, HP_CLASS_ROOT L"\\%ls\\CurVer", plan->progid);
    hp_trouble first = {0};
    HRESULT hr = hp_class_key_text(HKEY_CURRENT_USER, key, NULL, HP_CLASS_VIEW_64, &current, &first);
    if (hr == HP_E_CLASS_DAMAGED || hr == S_FALSE)
        return S_OK;
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, first.thing, "%s", first.detail);
    if (hp_class_table_version_of(plan->progid, current) > plan->version) {
        hr = class_of(current, HP_CLASS_VIEW_64, &clsid, trouble);
        // If that newer version has our class id, it is about to be replaced.
        if (hr == S_OK && !hp_class_stored_same(clsid, plan->clsid)) {
            hp_class_stored stored;
            hr = hp_class_stored_read(clsid, &stored, trouble);
            if (SUCCEEDED(hr))
                hr = stored.complete ? S_FALSE : S_OK;
            hp_class_stored_free(&stored);
        } else if (hr == S_FALSE) {
            hr = S_OK;
        }
    }
    free(current);
    free(clsid);
    return hr;
}

// S_FALSE: the row names somebody else's class, one of which we know nothing, or no class at all.
static HRESULT may_write(const hp_class_row *row, hp_trouble *trouble) {
    wchar_t *text;
    hp_trouble first = {0};
    if (!(row->flags & HP_CLASS_ROW_SHARED))
        return S_OK;
    HRESULT hr = hp_class_key_text(HKEY_CURRENT_USER, row->key, row->value, row->view, &text, &first);
    if (hr == S_FALSE)
        return S_OK;
    if (hr == HP_E_CLASS_DAMAGED)
        return S_FALSE;
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, first.thing, "%s", first.detail);
    if (!hp_class_stored_same(text, row->text)) {
        hp_class_stored stored;
        hr = hp_class_stored_read(text, &stored, trouble);
        if (SUCCEEDED(hr))
            hr = stored.ours ? S_OK : S_FALSE;
        hp_class_stored_free(&stored);
    }
    free(text);
    return hr;
}

static HRESULT write_rows(hp_class_journal *journal, const hp_class_table *table, int current,
                          hp_trouble *trouble) {
    HRESULT hr = S_OK;
    for (size_t i = 0; SUCCEEDED(hr) && i < table->count; i++) {
        const hp_class_row *row = &table->rows[i];
        if (!current && (row->flags & HP_CLASS_ROW_CURRENT))
            continue;
        hr = may_write(row, trouble);
        if (hr == S_OK)
            hr = hp_class_journal_set(journal, row, trouble);
    }
    return hr;
}

// The same class was registered with another path, name or version: what that left beside the new rows goes.
static HRESULT drop_former(hp_class_journal *journal, const hp_class_stored *former,
                           const hp_class_table *table, hp_trouble *trouble) {
    hp_class_table old;
    int changed;
    HRESULT hr =
        HP_FAULT("memory for the former rows") ? E_OUTOFMEMORY : hp_class_table_build(&former->plan, &old);
    if (FAILED(hr))
        return hr;
    hr = hp_class_release_rows(
        &(hp_class_release){.table = &old, .keep = table, .clsid = former->clsid, .journal = journal},
        &changed, trouble);
    hp_class_table_free(&old);
    return hr;
}

// The failure that counts is the one that made us go back; that we could not is said beside it.
static void undo(hp_class_journal *journal, const wchar_t *progid, HRESULT hr, hp_trouble *trouble) {
    hp_trouble lost = {0};
    if (SUCCEEDED(hp_class_journal_undo(journal, &lost)))
        return;
    hp_log_trouble(HP_LOG_ERROR, &lost);
    hp_trouble_set_wide(trouble, hr, progid, "the class cannot be registered");
    hp_trouble_add(trouble, "; the former state of the registry could not be restored");
}

static HRESULT write(const hp_class_plan *plan, const hp_class_table *table, hp_trouble *trouble) {
    hp_class_stored former;
    hp_class_journal journal = {0};
    HRESULT current = is_current(plan, trouble);
    if (FAILED(current))
        return current;
    HRESULT hr = hp_class_stored_read(plan->clsid, &former, trouble);
    if (FAILED(hr))
        return hr;
    hr = write_rows(&journal, table, current == S_OK, trouble);
    if (SUCCEEDED(hr) && former.complete)
        hr = drop_former(&journal, &former, table, trouble);
    if (SUCCEEDED(hr)) {
        hp_class_journal_commit(&journal);
        hr = S_OK;
    } else {
        undo(&journal, plan->progid, hr, trouble);
    }
    hp_class_stored_free(&former);
    return hr;
}

HRESULT hp_class_register(const hp_class_description *description, hp_trouble *trouble) {
    wchar_t clsid[HP_CLASS_ID_CHARS], versioned[HP_CLASS_PROGID_MAX + 1];
    StringFromGUID2(&description->clsid, clsid, HP_CLASS_ID_CHARS);
    hp_class_plan plan = {.progid = description->progid,
                          .version = description->version,
                          .name = description->name,
                          .clsid = clsid,
                          .exe = description->exe,
                          .arch = description->arch};
    const char *complaint = hp_class_table_complaint(&plan);
    if (complaint)
        return hp_trouble_set_wide(trouble, E_INVALIDARG, plan.progid ? plan.progid : L"", "%s", complaint);
    HRESULT hr = hp_class_table_versioned(plan.progid, plan.version, versioned);
    hp_class_table table = {0};
    if (SUCCEEDED(hr))
        hr = HP_FAULT("memory for the rows") ? E_OUTOFMEMORY : hp_class_table_build(&plan, &table);
    HANDLE lock = NULL;
    if (SUCCEEDED(hr))
        hr = hp_class_lock_take(&lock, trouble);
    if (SUCCEEDED(hr))
        hr = check_all(&plan, versioned, trouble);
    if (SUCCEEDED(hr))
        hr = write(&plan, &table, trouble);
    hp_class_lock_release(lock);
    hp_class_table_free(&table);
    return FAILED(hr) ? hp_trouble_set_wide(trouble, hr, plan.progid, "the class cannot be registered")
                      : S_OK;
}
