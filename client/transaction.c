#include "client/transaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "proxygen/layout.h"

static size_t place_of(const hp_patch *patch, const unsigned char *entry) {
    size_t i = (size_t)(((uint64_t)((uintptr_t)entry / HP_PLANT_ROOM) * 0x9E3779B97F4A7C15u) >> 32);
    for (;; i++) {
        size_t at = i & (patch->place_count - 1);
        if (patch->places[at] == 0 || patch->items[patch->places[at] - 1].entry == entry)
            return at;
    }
}

hp_patch_item *hp_transaction_find(const hp_patch *patch, const unsigned char *entry) {
    if (patch->place_count == 0)
        return NULL;
    uint32_t found = patch->places[place_of(patch, entry)];
    return found != 0 ? &patch->items[found - 1] : NULL;
}

static HRESULT grow_places(hp_patch *patch) {
    size_t wanted = patch->place_count != 0 ? patch->place_count : 32;
    while (wanted < (patch->count + 1) * 2)
        wanted *= 2;
    if (wanted == patch->place_count)
        return S_OK;
    uint32_t *places = HP_FAULT("memory for places") ? NULL : calloc(wanted, sizeof *places);
    if (places == NULL)
        return E_OUTOFMEMORY;
    free(patch->places);
    patch->places = places;
    patch->place_count = wanted;
    for (size_t i = 0; i < patch->count; i++)
        places[place_of(patch, patch->items[i].entry)] = (uint32_t)(i + 1);
    return S_OK;
}

static HRESULT copy_name(hp_patch *patch, const char *name, uint32_t *offset) {
    *offset = 0;
    if (name == NULL)
        return S_OK;
    size_t size = strlen(name) + 1, start = patch->names_size != 0 ? patch->names_size : 1;
    if (start + size > patch->names_capacity) {
        size_t capacity = (start + size) * 2;
        char *names = HP_FAULT("memory for names") ? NULL : realloc(patch->names, capacity);
        if (names == NULL)
            return E_OUTOFMEMORY;
        patch->names = names;
        patch->names_capacity = capacity;
    }
    memcpy(patch->names + start, name, size);
    patch->names_size = start + size;
    *offset = (uint32_t)start;
    return S_OK;
}

HRESULT hp_transaction_append(hp_patch *patch, const hp_patch_item *item, const char *name) {
    uint32_t offset = 0;
    HRESULT hr = grow_places(patch);
    if (SUCCEEDED(hr))
        hr = copy_name(patch, name, &offset);
    if (FAILED(hr))
        return hp_trouble_set(&patch->trouble, hr, name, NULL);
    patch->items[patch->count] = *item;
    patch->items[patch->count].name = offset;
    patch->places[place_of(patch, item->entry)] = (uint32_t)(patch->count + 1);
    patch->count++;
    return S_OK;
}

void hp_transaction_name(hp_patch *patch, size_t index) {
    const hp_patch_item *item = &patch->items[index];
    if (item->name != 0)
        hp_text_copy(patch->trouble.thing, sizeof patch->trouble.thing, patch->names + item->name);
    else
        snprintf(patch->trouble.thing, sizeof patch->trouble.thing, "%p", (void *)item->entry);
}

static uintptr_t end_of(HMODULE module) {
    const unsigned char *base = (const unsigned char *)module;
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *headers = (const void *)(base + dos->e_lfanew);
    return (uintptr_t)base + headers->OptionalHeader.SizeOfImage;
}

static int is_held(const hp_patch *patch, uintptr_t address) {
    for (size_t i = patch->module_count; i-- > 0;)
        if (address >= (uintptr_t)patch->modules[i].module && address < patch->modules[i].end)
            return 1;
    return 0;
}

HRESULT hp_transaction_hold(hp_patch *patch, const void *address) {
    HMODULE module;
    if (is_held(patch, (uintptr_t)address) ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const wchar_t *)address, &module))
        return S_OK;
    hp_transaction_module *modules =
        HP_FAULT("memory for modules") ? NULL
                                       : realloc(patch->modules, (patch->module_count + 1) * sizeof *modules);
    if (modules == NULL)
        return hp_trouble_set(&patch->trouble, E_OUTOFMEMORY, NULL, NULL);
    patch->modules = modules;
    if (HP_FAULT("reference to a module") ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)address, &module))
        return hp_trouble_set_last_error(&patch->trouble, NULL, "GetModuleHandleEx");
    modules[patch->module_count++] = (hp_transaction_module){.module = module, .end = end_of(module)};
    return S_OK;
}

void hp_transaction_let_go(hp_patch *patch) {
    while (patch->module_count > 0)
        FreeLibrary(patch->modules[--patch->module_count].module);
}

void hp_transaction_forget(hp_patch *patch) {
    hp_resolve_end(&patch->resolver);
    free(patch->items);
    free(patch->names);
    free(patch->places);
    free(patch->signature);
    patch->signature = NULL;
    patch->items = NULL;
    patch->names = NULL;
    patch->places = NULL;
    patch->names_size = patch->names_capacity = patch->place_count = patch->capacity = 0;
}

static HRESULT read_signature(hp_patch *patch, const char *text, const char *name, uint16_t *words) {
    hp_signature *signature = HP_FAULT("memory for a signature") ? NULL : malloc(sizeof *signature);
    hp_layout *layout = signature != NULL ? malloc(sizeof *layout) : NULL;
    hp_signature_error error = {0};
    HRESULT hr = layout != NULL ? hp_signature_parse(text, HP_ARCH_HERE, signature, &error) : E_OUTOFMEMORY;
    if (SUCCEEDED(hr) && !signature->variadic) {
        hp_layout_compute(signature, HP_COMPILER_HERE, layout);
        if (layout->stack_bytes <= HP_TALLY_WORDS_MAX * sizeof(void *))
            *words = (uint16_t)(layout->stack_bytes / sizeof(void *));
    }
    free(signature);
    free(layout);
    if (hr == E_OUTOFMEMORY)
        return hp_trouble_set(&patch->trouble, hr, name, NULL);
    return FAILED(hr) ? hp_trouble_set(&patch->trouble, hr, name, "%s, at character %u", error.reason,
                                       (unsigned)error.position + 1)
                      : S_OK;
}

HRESULT hp_transaction_words(hp_patch *patch, const char *text, const char *name, uint16_t *words) {
    *words = HP_TALLY_UNCOUNTED;
    if (text == NULL)
        return S_OK;
    if (patch->signature != NULL && strcmp(patch->signature, text) == 0) {
        *words = patch->stack_words;
        return S_OK;
    }
    HRESULT hr = read_signature(patch, text, name, words);
    if (SUCCEEDED(hr)) {
        free(patch->signature);
        patch->signature = _strdup(text); /* without memory the next one is read, too */
        patch->stack_words = *words;
    }
    return hr;
}
