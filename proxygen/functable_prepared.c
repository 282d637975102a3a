#include "proxygen/functable_prepared.h"
#include "idl/fault.h"

#include <stdlib.h>
#include <string.h>

static const void *find_resource(hp_view *view, size_t *size) {
    HMODULE module = (HMODULE)(uintptr_t)view->base;
    const IMAGE_DATA_DIRECTORY *directory = hp_view_directory(view, IMAGE_DIRECTORY_ENTRY_RESOURCE);
    const int has_resources = directory && directory->Size;
    HRSRC found = has_resources ? FindResourceA(module, HP_TABLE_RESOURCE, MAKEINTRESOURCEA(10)) : NULL;
    HGLOBAL data = found ? LoadResource(module, found) : NULL;
    *size = data ? SizeofResource(module, found) : 0;
    return data ? LockResource(data) : NULL;
}

HRESULT hp_functable_prepared_open(hp_view *view, hp_table *table, hp_trouble *trouble) {
    *table = (hp_table){0};
    size_t size;
    const void *bytes = find_resource(view, &size);
    if (!bytes)
        return S_OK;
    if (!hp_view_can_read(view, bytes, size))
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, HP_TABLE_RESOURCE,
                              "the resource ends outside of the image");
    const char *reason = "";
    HRESULT hr = hp_table_open(bytes, size, table, &reason);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, HP_TABLE_RESOURCE, "%s", reason);
    if (table->about.arch == HP_ARCH_HERE && table->about.image_size <= view->size &&
        table->about.fingerprint == hp_view_fingerprint(view))
        return S_OK;
    *table = (hp_table){0};
    return hp_trouble_set(trouble, HP_E_TABLE_STALE, HP_TABLE_RESOURCE, NULL);
}

static void describe(const hp_functable *table, const hp_table_function *from, hp_function *function) {
    unsigned char *const address = from->rva ? table->base + from->rva : NULL;
    *function = (hp_function){
        .name = from->name,
        .address = address,
        .replacement = from->offered ? address : NULL,
        .compiler = (hp_compiler)from->compiler,
        .patchable = SUCCEEDED(from->patchable),
        .exported = from->offered,
        .prepared = 1,
        .index = from->index,
        .verdict = from->patchable,
        .callable = from->callable,
    };
}

void hp_functable_get(const hp_functable *table, uint32_t index, hp_function *function) {
    hp_table_function from;
    hp_table_get(&table->prepared, index, &from);
    describe(table, &from, function);
}

HRESULT hp_functable_look(const hp_functable *table, const char *name, size_t length, hp_function *function) {
    const hp_function *marked = hp_functable_find(table, name, length);
    uint32_t index;
    HRESULT hr =
        table->prepared.count ? hp_table_find(&table->prepared, name, length, &index) : HP_E_NAME_UNKNOWN;
    hp_function prepared = {0};
    if (hr != HP_E_NAME_UNKNOWN)
        hp_functable_get(table, index, &prepared);
    if (!marked) {
        *function = prepared;
        return hr;
    }
    *function = *marked;
    if (FAILED(hr))
        return S_OK;
    // Two static functions may share a name: what is known of the one says nothing about the other.
    if ((marked->replacement ? marked->replacement : marked->address) != prepared.address)
        return S_OK;
    if (!function->patchable) { // HP_EXPORT says how it is called, and the table that it can be redirected
        function->patchable = prepared.patchable;
        function->verdict = prepared.verdict;
    }
    function->prepared = 1;
    function->index = prepared.index;
    function->callable = prepared.callable;
    return S_OK;
}

HRESULT hp_functable_signature(const hp_functable *table, const hp_function *function, char **signature) {
    *signature = NULL;
    const int is_marked = function->signature != NULL;
    if (!is_marked && (!function->prepared || FAILED(function->callable)))
        return S_OK;
    const size_t size = (is_marked ? strlen(function->signature)
                                   : hp_table_signature(&table->prepared, function->index, NULL, 0)) +
                        1;
    *signature = HP_FAULT("memory for a signature") ? NULL : malloc(size);
    if (!*signature)
        return E_OUTOFMEMORY;
    if (is_marked)
        memcpy(*signature, function->signature, size);
    else
        hp_table_signature(&table->prepared, function->index, *signature, size);
    return S_OK;
}

void hp_functable_hindrance(const hp_functable *table, const hp_function *function, char *text,
                            size_t capacity) {
    *text = '\0';
    if (function->prepared && FAILED(function->callable))
        hp_table_signature(&table->prepared, function->index, text, capacity);
}
