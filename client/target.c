#include "client/target.h"

#include <stdlib.h>
#include <string.h>

#include "client/dispatch.h"
#include "client/exiting.h"
#include "idl/fault.h"

static hp_target **all_targets; /* by entry */
static size_t target_count;

static int compare_targets(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)(*(hp_target *const *)a)->entry, y = (uintptr_t)(*(hp_target *const *)b)->entry;
    return (x > y) - (x < y);
}

hp_target *hp_target_find(const unsigned char *entry) {
    hp_target key = {.entry = (unsigned char *)(uintptr_t)entry}, *wanted = &key;
    if (target_count == 0)
        return NULL;
    hp_target **found = bsearch(&wanted, all_targets, target_count, sizeof *found, compare_targets);
    return found != NULL ? *found : NULL;
}

int hp_target_is_laid(const hp_target *target) {
    return target->cell != NULL && target->cell->linked;
}

static void fill_target(hp_target *target, unsigned char *thunk, unsigned char *entry) {
    target->entry = entry;
    target->thunk = thunk;
    InitializeSRWLock(&target->lock);
    target->context.dispatch = hp_dispatch_call;
    target->context.enter = (void *)(uintptr_t)hp_spill_bypass; /* until it is bound */
    hp_thunk_write(thunk, &target->context);
}

/* Code pages first, data pages behind: never one page for both. */
static unsigned char *allocate(size_t count, size_t *code) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    *code = (count * HP_THUNK_SIZE + system.dwPageSize - 1) / system.dwPageSize * system.dwPageSize;
    return HP_FAULT("memory for targets") ? NULL
                                          : VirtualAlloc(NULL, *code + count * sizeof(hp_target),
                                                         MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

HRESULT hp_target_make(unsigned char *const *entries, size_t count, hp_target_batch *batch,
                       hp_trouble *trouble) {
    size_t code;
    unsigned char *region = allocate(count, &code);
    *batch = (hp_target_batch){.region = region, .fresh_count = count};
    batch->all = HP_FAULT("memory for the list of targets")
                     ? NULL
                     : malloc((target_count + count) * sizeof *batch->all);
    if (region == NULL || batch->all == NULL) {
        hp_target_discard(batch);
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "thunks could not be made");
    }
    memset(region, 0xCC, code);
    batch->fresh = (hp_target *)(void *)(region + code);
    for (size_t i = 0; i < count; i++)
        fill_target(&batch->fresh[i], region + i * HP_THUNK_SIZE, entries[i]);
    DWORD before;
    if (HP_FAULT("make targets executable") || !VirtualProtect(region, code, PAGE_EXECUTE_READ, &before)) {
        HRESULT hr = hp_window_error();
        hp_target_discard(batch);
        return hp_trouble_set(trouble, hr, NULL, "thunks could not be made");
    }
    FlushInstructionCache(GetCurrentProcess(), region, code);
    return S_OK;
}

void hp_target_discard(hp_target_batch *batch) {
    if (batch->region != NULL)
        VirtualFree(batch->region, 0, MEM_RELEASE);
    free(batch->all);
    *batch = (hp_target_batch){0};
}

void hp_target_keep(hp_target_batch *batch) {
    if (batch->fresh_count != 0) {
        if (target_count != 0)
            memcpy(batch->all, all_targets, target_count * sizeof *batch->all);
        for (size_t i = 0; i < batch->fresh_count; i++)
            batch->all[target_count++] = &batch->fresh[i];
        qsort(batch->all, target_count, sizeof *batch->all, compare_targets);
        free(all_targets);
        all_targets = batch->all;
    }
    *batch = (hp_target_batch){0};
}

static void *routine(void (*function)(void)) {
    return (void *)(uintptr_t)function;
}

void hp_target_bind(hp_target *target, hp_binding *binding) {
    AcquireSRWLockExclusive(&target->lock);
    target->binding = binding;
    target->context.enter = routine(binding != NULL ? hp_spill_enter : hp_spill_bypass);
    target->shut_until = 0;
    ReleaseSRWLockExclusive(&target->lock);
}

void hp_target_bypass(hp_target *target, const hp_binding *binding) {
    if (!hp_exiting_lock(&target->lock))
        return; /* nobody is left to profit */
    if (target->binding == binding)
        target->context.enter = routine(hp_spill_bypass);
    ReleaseSRWLockExclusive(&target->lock);
}

void hp_target_shut(hp_target *target, const hp_binding *binding, uint64_t until) {
    AcquireSRWLockExclusive(&target->lock);
    if (target->binding == binding)
        target->shut_until = hp_target_clock(until);
    ReleaseSRWLockExclusive(&target->lock);
}
