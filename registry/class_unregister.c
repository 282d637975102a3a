#include <stdlib.h>

#include <objbase.h>

#include "idl/fault.h"
#include "registry/class.h"
#include "registry/class_lock.h"
#include "registry/class_lookup.h"
#include "registry/class_release.h"
#include "registry/class_stored.h"

static HRESULT release(const hp_class_plan *plan, hp_trouble *trouble) {
    hp_class_table table;
    int changed = 0;
    HRESULT hr = HP_FAULT("memory for the rows") ? E_OUTOFMEMORY : hp_class_table_build(plan, &table);
    if (FAILED(hr))
        return hr;
    hr = hp_class_release_rows(&(hp_class_release){.table = &table, .clsid = plan->clsid, .go_on = 1},
                               &changed, trouble);
    hp_class_table_free(&table);
    return FAILED(hr) ? hr : changed ? S_OK : S_FALSE;
}

// Is it this description that is registered? What is damaged cannot speak against it.
static int is_registered(const hp_class_stored *stored, const hp_class_plan *plan) {
    if (stored->exists && !stored->ours)
        return 0;
    if (stored->progid && !hp_class_stored_same(stored->progid, plan->progid))
        return 0;
    if (stored->plan.version && stored->plan.version != plan->version)
        return 0;
    return !stored->exe || hp_class_stored_same(stored->exe, plan->exe);
}

static HRESULT unregister(hp_class_plan plan, hp_trouble *trouble) {
    hp_class_stored stored;
    HRESULT hr = hp_class_stored_read(plan.clsid, &stored, trouble);
    if (FAILED(hr))
        return hr;
    hr = S_FALSE;
    if (is_registered(&stored, &plan)) {
        // What was registered counts, not what this build would register: a name may have changed since.
        if (stored.complete)
            plan = stored.plan;
        hr = release(&plan, trouble);
    }
    hp_class_stored_free(&stored);
    return hr;
}

HRESULT hp_class_unregister(const hp_class_description *description, hp_trouble *trouble) {
    wchar_t clsid[HP_CLASS_ID_CHARS];
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
    HANDLE lock;
    HRESULT hr = hp_class_lock_take(&lock, trouble);
    if (SUCCEEDED(hr))
        hr = unregister(plan, trouble);
    hp_class_lock_release(lock);
    return FAILED(hr) ? hp_trouble_set_wide(trouble, hr, plan.progid, "the class cannot be unregistered")
                      : hr;
}

static HRESULT unregister_progid(const wchar_t *progid, hp_trouble *trouble) {
    wchar_t resolved[HP_CLASS_PROGID_CHARS], clsid[HP_CLASS_ID_CHARS];
    CLSID id;
    HRESULT hr = hp_class_lookup_progid(HKEY_CURRENT_USER, progid, resolved, &id, NULL, trouble);
    if (hr != S_OK)
        return hr;
    StringFromGUID2(&id, clsid, HP_CLASS_ID_CHARS);
    hp_class_stored stored;
    hr = hp_class_stored_read(clsid, &stored, trouble);
    if (FAILED(hr))
        return hr;
    if (stored.exists && !stored.ours)
        hr = hp_trouble_set_wide(trouble, HP_E_REGISTRATION_FOREIGN, progid,
                                 "its class id belongs to a class without the mark of Hotpatch");
    else if (!stored.complete)
        hr = hp_trouble_set_wide(trouble, HP_E_CLASS_DAMAGED, progid,
                                 "too little is left to know what to remove");
    else
        hr = release(&stored.plan, trouble);
    hp_class_stored_free(&stored);
    return hr;
}

HRESULT hp_class_unregister_progid(const wchar_t *progid, hp_trouble *trouble) {
    if (!hp_class_table_progid_valid(progid))
        return hp_trouble_set_wide(trouble, E_INVALIDARG, progid ? progid : L"", "this is not a ProgID");
    HANDLE lock;
    HRESULT hr = hp_class_lock_take(&lock, trouble);
    if (SUCCEEDED(hr))
        hr = unregister_progid(progid, trouble);
    hp_class_lock_release(lock);
    return FAILED(hr) ? hp_trouble_set_wide(trouble, hr, progid, "the class cannot be unregistered") : hr;
}
