#include "client/change.h"
#include "hotpatch/patch.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

static void name_owner(const void *code, hp_patch_info *info) {
    HMODULE module;
    if (code == NULL ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const wchar_t *)code, &module) ||
        GetModuleFileNameW(module, info->owner, sizeof info->owner / sizeof *info->owner) == 0)
        info->owner[0] = L'\0';
}

static void describe_layers(hp_engine *engine, const hp_cell *site, hp_patch_info *info) {
    info->counted = 1;
    for (hp_cell *layer = hp_change_top(engine, site); layer != NULL;
         layer = hp_change_below(engine, layer)) {
        if (info->layers++ == 0)
            info->replacement = layer->tally.replacement;
        if (layer->tally.stack_words == HP_TALLY_UNCOUNTED)
            info->counted = 0;
    }
    /* Calls may still be inside layers that were taken off. */
    info->inside = (uint32_t)site->tally.inside;
    for (const hp_cell *cell = hp_engine_cell(engine, site->next); cell != NULL;
         cell = hp_engine_cell(engine, cell->next))
        info->inside += (uint32_t)cell->tally.inside;
}

/* Not by ReadProcessMemory: of this very process it may succeed for a module that was unloaded. */
static int is_readable(const unsigned char *address) {
    MEMORY_BASIC_INFORMATION info;
    return VirtualQuery(address, &info, sizeof info) == sizeof info && info.State == MEM_COMMIT &&
           (info.Protect & (PAGE_NOACCESS | PAGE_GUARD)) == 0 &&
           (uintptr_t)info.BaseAddress + info.RegionSize - (uintptr_t)address >= HP_PLANT_ROOM;
}

static void describe(hp_engine *engine, const hp_cell *site, hp_patch_info *info) {
    const void *aim = hp_engine_aim(engine, site);
    *info = (hp_patch_info){.size = sizeof *info, .address = site->plant.entry};
    info->generation = site->tally.flags;
    describe_layers(engine, site, info);
    /* The module of a function that is not patched may have been unloaded. */
    if (!is_readable(site->plant.entry) || !is_readable(site->plant.entry - HP_PLANT_ROOM))
        return;
    info->foreign =
        site->plant.planted ? !hp_plant_intact(&site->plant, aim) : !hp_plant_is_idle(&site->plant, aim);
    name_owner(info->foreign ? hp_plant_destination(site->plant.entry) : info->replacement, info);
}

HRESULT hp_patch_query(const void *address, hp_patch_info *info) {
    hp_engine *engine;
    if (address == NULL || info == NULL || info->size != sizeof *info || !is_readable(address))
        return E_INVALIDARG;
    HRESULT hr = hp_engine_enter(&engine, NULL);
    if (FAILED(hr))
        return hr;
    const hp_cell *site = hp_engine_find(engine, address);
    if (site != NULL)
        describe(engine, site, info);
    hp_engine_leave(engine);
    if (site != NULL)
        return S_OK;
    const void *destination = hp_plant_destination(address);
    *info = (hp_patch_info){
        .size = sizeof *info, .address = (void *)(uintptr_t)address, .foreign = destination != NULL};
    name_owner(destination, info);
    return S_FALSE;
}

static int compare_infos(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)((const hp_patch_info *)a)->address;
    uintptr_t y = (uintptr_t)((const hp_patch_info *)b)->address;
    return (x > y) - (x < y);
}

HRESULT hp_patch_list(hp_patch_visitor visitor, void *context) {
    hp_engine *engine;
    if (visitor == NULL)
        return E_POINTER;
    HRESULT hr = hp_engine_enter(&engine, NULL);
    if (FAILED(hr))
        return hr;
    size_t count = 0;
    uint32_t cursor = 0;
    hp_patch_info *infos = HP_FAULT("memory for a list of patches")
                               ? NULL
                               : malloc((hp_engine_count(engine) + 1) * sizeof *infos);
    for (const hp_cell *site; infos != NULL && (site = hp_engine_next(engine, &cursor)) != NULL;)
        describe(engine, site, &infos[count++]);
    hp_engine_leave(engine);
    if (infos == NULL)
        return E_OUTOFMEMORY;
    qsort(infos, count, sizeof *infos, compare_infos);
    for (size_t i = 0; i < count && visitor(&infos[i], context) == 0; i++)
        ;
    free(infos);
    return S_OK;
}
