#include "server/exports.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "idl/name.h"
#include "idl/protocol.h"

static int compare_names(const char *a, size_t a_length, const char *b, size_t b_length) {
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order)
        return order;
    return a_length < b_length ? -1 : a_length > b_length;
}

static int compare_exports(const void *a, const void *b) {
    const hp_export *left = a;
    const hp_export *right = b;
    return compare_names(left->name, left->length, right->name, right->length);
}

static HRESULT has_no_signature(const hp_functable *table, const hp_function *function, hp_trouble *trouble) {
    char hindrance[512];
    if (!function->prepared)
        return hp_trouble_set(trouble, HP_E_SIGNATURE_UNKNOWN, function->name,
                              "the prepared table does not have it");
    hp_functable_hindrance(table, function, hindrance, sizeof hindrance);
    return hp_trouble_set(trouble, function->callable, function->name, "%s", hindrance);
}

// Check one function and make it callable. The item's signature is its owner's, even on failure.
static HRESULT prepare(const hp_functable *table, const hp_function *function, hp_export *item,
                       hp_trouble *trouble) {
    item->name = function->name;
    item->length = strlen(function->name);
    item->address = (void (*)(void))(uintptr_t)function->replacement;

    HRESULT hr = hp_name_check(item->name, item->length);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "%zu characters", item->length);
    if (function->duplicate)
        return hp_trouble_set(trouble, HP_E_NAME_DUPLICATE, item->name, NULL);
    hr = hp_functable_signature(table, function, &item->signature);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, NULL);
    if (!item->signature)
        return has_no_signature(table, function, trouble);

    hp_signature_error error = {0};
    hr = hp_signature_parse(item->signature, HP_ARCH_HERE, &item->marshal.signature, &error);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, item->name, "position %zu of \"%.200s\": %s", error.position + 1,
                              item->signature, error.reason);
    hp_layout_compute(&item->marshal.signature, function->compiler, &item->marshal.layout);
    return S_OK;
}

// The programmer's HP_OFFER leaves the signature to the prepared table. By its address: a name may mean
// several.
static void complete(const hp_functable *table, hp_function *function) {
    hp_function prepared;
    for (uint32_t i = 0; !function->signature && i < table->prepared.count; ++i) {
        hp_functable_get(table, i, &prepared);
        if (prepared.address != function->replacement)
            continue;
        function->prepared = 1;
        function->index = prepared.index;
        function->callable = prepared.callable;
        return;
    }
}

static HRESULT add(hp_exports *exports, hp_function *function, hp_trouble *trouble) {
    hp_export *item = &exports->items[exports->count++]; // counts even on failure: hp_exports_close frees it
    return prepare(&exports->table, function, item, trouble);
}

// A prepared function that the programmer marked too is the one that was marked.
static int is_offered_too(const hp_functable *table, uint32_t index, hp_function *function) {
    hp_functable_get(table, index, function);
    if (!function->exported)
        return 0;
    for (size_t i = 0; i < table->count; ++i)
        if (table->functions[i].exported && table->functions[i].replacement == function->replacement)
            return 0;
    return 1;
}

static HRESULT prepare_all(hp_exports *exports, hp_trouble *trouble) {
    const hp_functable *table = &exports->table;
    hp_function function;
    size_t wanted = 0;
    for (size_t i = 0; i < table->count; ++i)
        wanted += table->functions[i].exported;
    for (uint32_t i = 0; i < table->prepared.count; ++i)
        wanted += (size_t)is_offered_too(table, i, &function);
    if (!wanted)
        return hp_trouble_set(trouble, HP_E_NO_EXPORTS, NULL, NULL);
    exports->items = HP_FAULT("memory for the exports") ? NULL : calloc(wanted, sizeof *exports->items);
    if (!exports->items)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "%zu exports", wanted);

    HRESULT hr = S_OK;
    for (size_t i = 0; i < table->count && SUCCEEDED(hr); ++i) {
        function = table->functions[i];
        complete(table, &function);
        if (function.exported)
            hr = add(exports, &function, trouble);
    }
    for (uint32_t i = 0; i < table->prepared.count && SUCCEEDED(hr); ++i)
        if (is_offered_too(table, i, &function))
            hr = add(exports, &function, trouble);
    if (FAILED(hr))
        return hr;
    qsort(exports->items, exports->count, sizeof *exports->items, compare_exports);
    for (size_t i = 1; i < exports->count; ++i) {
        if (!compare_exports(&exports->items[i - 1], &exports->items[i]))
            return hp_trouble_set(trouble, HP_E_NAME_DUPLICATE, exports->items[i].name, NULL);
    }
    return S_OK;
}

static HRESULT join_names(hp_exports *exports, hp_trouble *trouble) {
    size_t size = 1;
    for (size_t i = 0; i < exports->count; ++i)
        size += (i > 0) + exports->items[i].length;
    exports->names = HP_FAULT("memory for the names") ? NULL : malloc(size);
    if (!exports->names)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "list of names");
    char *end = exports->names;
    for (size_t i = 0; i < exports->count; ++i) {
        if (i > 0)
            *end++ = ' ';
        memcpy(end, exports->items[i].name, exports->items[i].length);
        end += exports->items[i].length;
    }
    *end = '\0';
    return S_OK;
}

HRESULT hp_exports_open(const void *image, hp_exports *exports, hp_trouble *trouble) {
    *exports = (hp_exports){0};
    hp_trouble found = {0};
    HRESULT hr = hp_functable_open(image, &exports->table, &found);
    if (hr == HP_E_TABLE_MISSING) // for an update that is the same thing, and the advice is better
        return hp_trouble_set(trouble, HP_E_NO_EXPORTS, NULL, NULL);
    if (FAILED(hr)) {
        if (trouble && !trouble->result)
            *trouble = found;
        return hr;
    }
    hr = prepare_all(exports, trouble);
    if (SUCCEEDED(hr))
        hr = join_names(exports, trouble);
    if (FAILED(hr)) {
        hp_exports_close(exports);
        return hr;
    }
    hp_functable_identity_text(&exports->table.identity, exports->identity, sizeof exports->identity);
    return S_OK;
}

void hp_exports_close(hp_exports *exports) {
    free(exports->names);
    for (size_t i = 0; i < exports->count; ++i)
        free(exports->items[i].signature);
    free(exports->items);
    hp_functable_close(&exports->table);
    *exports = (hp_exports){0};
}

const hp_export *hp_exports_find(const hp_exports *exports, const char *name, size_t length) {
    size_t low = 0;
    size_t high = exports->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const hp_export *item = &exports->items[middle];
        int order = compare_names(name, length, item->name, item->length);
        if (!order)
            return item;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
