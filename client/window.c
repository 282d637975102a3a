#include "client/window.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"
#include "idl/log.h"

static int compare_entries(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)(*(hp_plant *const *)a)->entry, y = (uintptr_t)(*(hp_plant *const *)b)->entry;
    return (x > y) - (x < y);
}

#ifndef ERROR_DYNAMIC_CODE_BLOCKED
#define ERROR_DYNAMIC_CODE_BLOCKED 1655L
#endif

HRESULT hp_window_error(void) {
    DWORD error = GetLastError();
    return error == ERROR_DYNAMIC_CODE_BLOCKED ? HP_E_DYNAMIC_CODE : HRESULT_FROM_WIN32(error);
}

/* Pages that belong together: neighbours of one protection. */
typedef struct stretch {
    uintptr_t page;       /* bytes */
    uintptr_t start, end; /* 0, 0: none */
    uintptr_t region_end; /* up to which the system says that all is alike; 0: not asked yet */
} stretch;

static HRESULT open_stretch(hp_window *window, const stretch *it, hp_trouble *trouble) {
    hp_window_run *run = &window->runs[window->count];
    *run = (hp_window_run){.start = (unsigned char *)it->start, .size = it->end - it->start};
    if (!HP_FAULT("make code writable") &&
        VirtualProtect(run->start, run->size, PAGE_EXECUTE_READWRITE, &run->protection)) {
        window->count++;
        return S_OK;
    }
    HRESULT hr = hp_window_error();
    return hp_trouble_set(trouble, hr, NULL, "VirtualProtect of the code at %p failed", (void *)run->start);
}

/* Is the page behind a stretch like the pages in it? Asked for the second page, and then known for many. */
static int is_alike(stretch *it, uintptr_t page) {
    MEMORY_BASIC_INFORMATION info;
    if (it->region_end == 0 && !HP_FAULT("look at code") &&
        VirtualQuery((void *)it->start, &info, sizeof info) == sizeof info)
        it->region_end = (uintptr_t)info.BaseAddress + info.RegionSize;
    return page < it->region_end;
}

/* One system call for pages that are alike: a batch of 10,000 functions lies in a handful of runs. */
static HRESULT add_page(hp_window *window, stretch *it, uintptr_t page, hp_trouble *trouble) {
    if (it->end != 0 && page < it->end)
        return S_OK;
    if (it->end == page && is_alike(it, page)) {
        it->end = page + it->page;
        return S_OK;
    }
    HRESULT hr = it->end != 0 ? open_stretch(window, it, trouble) : S_OK;
    *it = (stretch){.page = it->page, .start = page, .end = page + it->page};
    return hr;
}

static HRESULT open_all(hp_plant *const *sorted, size_t count, hp_window *window, hp_trouble *trouble) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    stretch it = {.page = system.dwPageSize};
    const uintptr_t mask = ~(it.page - 1);
    HRESULT hr = S_OK;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++) {
        uintptr_t first = ((uintptr_t)sorted[i]->entry - HP_PLANT_ROOM) & mask;
        uintptr_t last = ((uintptr_t)sorted[i]->entry + sizeof sorted[i]->word - 1) & mask;
        hr = add_page(window, &it, first, trouble);
        if (SUCCEEDED(hr) && last != first)
            hr = add_page(window, &it, last, trouble);
    }
    return SUCCEEDED(hr) ? open_stretch(window, &it, trouble) : hr;
}

/* One function's jump would be laid over another's entry. */
static HRESULT refuse_overlaps(hp_plant *const *sorted, size_t count, hp_trouble *trouble) {
    for (size_t i = 1; i < count; i++)
        if (sorted[i]->entry - sorted[i - 1]->entry <= HP_PLANT_ROOM)
            return hp_trouble_set(trouble, HP_E_OVERLAP, NULL, "%p and %p", (void *)sorted[i - 1]->entry,
                                  (void *)sorted[i]->entry);
    return S_OK;
}

HRESULT hp_window_open(hp_plant *const *plants, size_t count, hp_window *window, hp_trouble *trouble) {
    *window = (hp_window){0};
    if (count == 0)
        return S_OK;
    hp_plant **sorted = HP_FAULT("memory for the order of functions") ? NULL : calloc(count, sizeof *sorted);
    window->runs = HP_FAULT("memory for pages") ? NULL : calloc(count * 2, sizeof *window->runs);
    HRESULT hr = E_OUTOFMEMORY;
    if (sorted != NULL && window->runs != NULL) {
        memcpy(sorted, plants, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_entries);
        hr = refuse_overlaps(sorted, count, trouble);
        if (SUCCEEDED(hr))
            hr = open_all(sorted, count, window, trouble);
    } else {
        hp_trouble_set(trouble, hr, NULL, NULL);
    }
    free(sorted);
    if (FAILED(hr))
        hp_window_close(window);
    return hr;
}

void hp_window_close(hp_window *window) {
    for (size_t i = window->count; i-- > 0;) {
        hp_window_run *run = &window->runs[i];
        DWORD ignored;
        if (!VirtualProtect(run->start, run->size, run->protection, &ignored))
            hp_log_write(HP_LOG_ERROR, "the code at %p stays writable: VirtualProtect failed (error %lu)",
                         (void *)run->start, GetLastError());
        FlushInstructionCache(GetCurrentProcess(), run->start, run->size);
    }
    free(window->runs);
    *window = (hp_window){0};
}
