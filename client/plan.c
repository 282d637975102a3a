#include "client/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/policy.h"
#include "idl/fault.h"
#include "idl/name.h"
#include "idl/protocol.h"

static HRESULT note(hp_plan_item *item, HRESULT result, const char *detail) {
    item->result = result;
    snprintf(item->detail, sizeof item->detail, "%s", detail);
    return result;
}

static HRESULT read_signature(hp_plan_item *item, const hp_function *function) {
    hp_signature_error error = {0};
    HRESULT hr = hp_signature_parse(item->offer->signature, HP_ARCH_HERE, &item->marshal.signature, &error);
    if (FAILED(hr)) {
        char detail[160];
        snprintf(detail, sizeof detail, "%s, at character %u of the update's signature", error.reason,
                 (unsigned)error.position + 1);
        return note(item, hr, detail);
    }
    hp_layout_compute(&item->marshal.signature, function->compiler, &item->marshal.layout);
    return S_OK;
}

/* The app may know how its function is called: from its own HP_EXPORT, or from its debug information. Then
 * the two must describe one call, and mean the same by it. */
static HRESULT compare_signatures(hp_plan_item *item) {
    if (item->own_signature == NULL)
        return S_OK;
    char difference[256];
    HRESULT hr = hp_signature_compare(item->own_signature, item->offer->signature, HP_ARCH_HERE, difference,
                                      sizeof difference);
    if (SUCCEEDED(hr))
        return hr;
    char detail[sizeof item->detail];
    if (hr != HP_E_SIGNATURE_MISMATCH && hr != HP_E_TYPE_MISMATCH) { /* the update's has been read before */
        snprintf(detail, sizeof detail, "in the app's own HP_EXPORT: %s", difference);
        return note(item, hr, detail);
    }
    snprintf(detail, sizeof detail, "%s (here: the app, there: the update); app: %.100s; update: %.100s",
             difference, item->own_signature, item->offer->signature);
    return note(item, hr, detail);
}

static HRESULT find_place(hp_plan_item *item, const hp_function *function, hp_plant_image *image,
                          const hp_session *current) {
    hp_trouble trouble = {0};
    item->entry = function->address;
    item->target = hp_target_find(function->address);
    if (item->target != NULL && item->target->binding != NULL) {
        if (current != NULL && hp_session_owns(current, item->target))
            return S_OK;
        return note(item, HP_E_TARGET_TAKEN, "");
    }
    HRESULT hr = hp_change_inspect(image, function->address, &trouble);
    return FAILED(hr) ? note(item, hr, trouble.detail) : S_OK;
}

/* Short names find static functions, for people. Here nobody looks: the app's static function and one of the
 * update that only has its name would be made one. */
static HRESULT refuse_stranger(hp_plan_item *item, const char *own) {
    char detail[sizeof item->detail];
    snprintf(
        detail, sizeof detail,
        "the app has %.255s, which is another function: a static one is known by its file. Mark the app's "
        "with HP_PATCHABLE, or name the update's like it with HP_EXPORT_AS",
        own);
    return note(item, HP_E_NAME_UNKNOWN, detail);
}

/* E_OUTOFMEMORY is no verdict. */
static HRESULT find_function(hp_plan_item *item, const hp_functable *table, hp_function *function) {
    const char *name = item->offer->name;
    HRESULT hr = hp_functable_look(table, name, strlen(name), function);
    if (hr == HP_E_NAME_UNKNOWN)
        return note(item, hr, "the app has no such function");
    if (FAILED(hr) || function->duplicate)
        return note(item, HP_E_NAME_DUPLICATE, "the app has several functions of this name");
    if (!hp_name_is_kin(name, strlen(name), function->name, strlen(function->name)))
        return refuse_stranger(item, function->name);
    hr = hp_functable_signature(table, function, &item->own_signature);
    if (FAILED(hr))
        return hr;
    /* The app knows its types, and that no signature describes them: then the update's does not either. */
    if (function->prepared && item->own_signature == NULL) {
        char hindrance[sizeof item->detail];
        hp_functable_hindrance(table, function, hindrance, sizeof hindrance);
        return note(item, function->callable, hindrance);
    }
    if (function->patchable)
        return S_OK;
    if (function->prepared && FAILED(function->verdict))
        return note(item, function->verdict, "so the app's build says");
    return note(item, HP_E_NOT_PATCHABLE, "the app lists it with HP_EXPORT only");
}

/* S_OK whatever the verdict; E_OUTOFMEMORY. */
static HRESULT judge(hp_plan_item *item, const hp_functable *table, hp_plant_image *image,
                     const hp_session *current) {
    hp_function function;
    HRESULT hr = find_function(item, table, &function);
    if (FAILED(hr))
        return hr == E_OUTOFMEMORY ? hr : S_OK;
    if (FAILED(item->offer->result)) {
        note(item, item->offer->result,
             item->offer->detail[0] != '\0' ? item->offer->detail : "the update cannot give its signature");
        return S_OK;
    }
    hr = read_signature(item, &function);
    if (SUCCEEDED(hr))
        hr = compare_signatures(item);
    if (SUCCEEDED(hr))
        find_place(item, &function, image, current);
    return S_OK;
}

/* One function under two of the update's names ("add" and "add(i32)"). */
static int compare_entries(const void *a, const void *b) {
    const hp_plan_item *x = *(hp_plan_item *const *)a, *y = *(hp_plan_item *const *)b;
    return ((uintptr_t)x->entry > (uintptr_t)y->entry) - ((uintptr_t)x->entry < (uintptr_t)y->entry);
}

static HRESULT refuse_twins(hp_plan *plan) {
    hp_plan_item **sorted =
        HP_FAULT("memory for sorting the plan") ? NULL : malloc((plan->count + 1) * sizeof *sorted);
    size_t count = 0;
    if (sorted == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < plan->count; i++)
        if (SUCCEEDED(plan->items[i].result))
            sorted[count++] = &plan->items[i];
    qsort((void *)sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 1; i < count; i++) {
        if (sorted[i]->entry != sorted[i - 1]->entry)
            continue;
        note(sorted[i], HP_E_ADDRESS_SHARED, sorted[i - 1]->offer->name);
        note(sorted[i - 1], HP_E_ADDRESS_SHARED, sorted[i]->offer->name);
    }
    free((void *)sorted);
    return S_OK;
}

static int compare_addresses(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)(*(const hp_function *const *)a)->address;
    uintptr_t y = (uintptr_t)(*(const hp_function *const *)b)->address;
    return (x > y) - (x < y);
}

/* Patchable functions by address; the caller frees them. */
static const hp_function **sort_by_address(const hp_functable *table, size_t *count) {
    const hp_function **sorted =
        HP_FAULT("memory for sorting functions") ? NULL : malloc((table->count + 1) * sizeof *sorted);
    *count = 0;
    for (size_t i = 0; sorted != NULL && i < table->count; i++)
        if (table->functions[i].patchable)
            sorted[(*count)++] = &table->functions[i];
    if (sorted != NULL)
        qsort(sorted, *count, sizeof *sorted, compare_addresses);
    return sorted;
}

/*
 * Two names on one address (identical code folding): redirecting one would silently redirect the other,
 * whether the update offers that one or not.
 */
static HRESULT refuse_shared(hp_plan *plan, const hp_functable *table) {
    size_t count;
    const hp_function **sorted = sort_by_address(table, &count);
    if (sorted == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < plan->count; i++) {
        hp_plan_item *item = &plan->items[i];
        if (FAILED(item->result))
            continue;
        const hp_function *function = hp_functable_find(table, item->offer->name, strlen(item->offer->name));
        if (function == NULL || !function->patchable)
            continue; /* the prepared table says by itself that code is shared */
        const hp_function **at = bsearch(&function, sorted, count, sizeof *sorted, compare_addresses);
        const hp_function **first = at, **last = at;
        while (first > sorted && first[-1]->address == function->address)
            first--;
        while (last + 1 < sorted + count && last[1]->address == function->address)
            last++;
        if (first != last)
            note(item, HP_E_ADDRESS_SHARED, *first != function ? (*first)->name : (*last)->name);
    }
    free(sorted);
    return S_OK;
}

HRESULT hp_plan_make(const hp_offer *offer, const hp_functable *table, const hp_session *current,
                     hp_plan *plan, hp_trouble *trouble) {
    *plan = (hp_plan){0};
    plan->items = HP_FAULT("memory for the plan") ? NULL : calloc(offer->count, sizeof *plan->items);
    if (plan->items == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    plan->count = offer->count;
    hp_plant_image image = {.base = table->base, .size = table->image_size};
    HRESULT hr = S_OK;
    for (size_t i = 0; i < plan->count && SUCCEEDED(hr); i++) {
        plan->items[i].offer = &offer->items[i];
        hr = judge(&plan->items[i], table, &image, current);
    }
    if (SUCCEEDED(hr))
        hr = refuse_shared(plan, table);
    if (SUCCEEDED(hr))
        hr = refuse_twins(plan);
    if (FAILED(hr)) {
        hp_plan_free(plan);
        return hp_trouble_set(trouble, hr, NULL, NULL);
    }
    for (size_t i = 0; i < plan->count; i++)
        plan->good += SUCCEEDED(plan->items[i].result);
    return S_OK;
}

void hp_plan_hold_policies(hp_plan *plan, const hp_attach_options *options) {
    for (size_t i = 0; i < plan->count; i++) {
        hp_plan_item *item = &plan->items[i];
        if (FAILED(item->result))
            continue;
        const hp_policy policy = hp_policy_choose(options, item->offer->name);
        if (SUCCEEDED(hp_policy_fits(&policy, &item->marshal.signature)))
            continue;
        note(item, HP_E_POLICY, "its result is a structure");
        plan->good--;
    }
}

HRESULT hp_plan_verdict(const hp_plan *plan, hp_trouble *trouble) {
    for (size_t i = 0; i < plan->count; i++)
        if (FAILED(plan->items[i].result))
            return hp_trouble_set(trouble, plan->items[i].result, plan->items[i].offer->name, "%s",
                                  plan->items[i].detail);
    return S_OK;
}

void hp_plan_free(hp_plan *plan) {
    for (size_t i = 0; i < plan->count; i++)
        free(plan->items[i].own_signature);
    free(plan->items);
    *plan = (hp_plan){0};
}
