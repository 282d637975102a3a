#include "client/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

/* An image that was looked into. What a question does not need is not read. */
struct hp_resolve_image {
    hp_resolve_image *next;
    HMODULE held;             /* our reference; NULL: the loader does not know it, so it may vanish */
    hp_resolved about;        /* without an entry */
    uintptr_t code, code_end; /* the run of executable pages that was looked up last */
    uint8_t has_table;        /* table and by_address are read */
    uint8_t has_exports;      /* exports is read */
    hp_functable table;
    const hp_function **by_address; /* patchable ones */
    size_t patchable;
    hp_resolve_exports exports;
};

static void free_image(hp_resolve_image *image) {
    free((void *)image->by_address);
    hp_functable_close(&image->table);
    hp_resolve_exports_close(&image->exports);
    if (image->held != NULL)
        FreeLibrary(image->held);
    free(image);
}

void hp_resolve_begin(hp_resolver *resolver) {
    *resolver = (hp_resolver){0};
}

void hp_resolve_end(hp_resolver *resolver) {
    for (hp_resolve_image *image = resolver->images, *next; image != NULL; image = next) {
        next = image->next;
        free_image(image);
    }
    *resolver = (hp_resolver){0};
}

static int holds(const hp_resolve_image *image, const void *address) {
    return (uintptr_t)address - (uintptr_t)image->about.base < image->about.size;
}

/* Take the image with this base, or around this address, out of the list; NULL if it is not there. */
static hp_resolve_image *take_known(hp_resolver *resolver, const void *base, const void *address) {
    for (hp_resolve_image **at = &resolver->images, *image; (image = *at) != NULL;) {
        const int wanted = base != NULL ? image->about.base == base : holds(image, address);
        if (image->held != NULL && !wanted) {
            at = &image->next;
            continue;
        }
        *at = image->next;
        if (image->held != NULL)
            return image;
        free_image(image); /* who knows what is there by now */
    }
    return NULL;
}

static HRESULT look_into(const void *base, hp_resolve_image *image) {
    if (FAILED(hp_functable_identity(base, &image->about.identity)) ||
        image->about.identity.arch != HP_ARCH_HERE)
        return HP_E_TABLE_DAMAGED;
    image->about.base = (unsigned char *)(uintptr_t)base;
    image->about.size = image->about.identity.image_size;
    return S_OK;
}

/**
 * Make an image the first one of the list.
 *
 * @param base     of the image; NULL: of the one that the loader knows around the address
 * @param address  in the image
 * @return S_OK; HP_E_NOT_PATCHABLE if the loader knows none; HP_E_TABLE_DAMAGED, E_OUTOFMEMORY
 */
static HRESULT open_image(hp_resolver *resolver, const void *base, const void *address, hp_trouble *trouble) {
    hp_resolve_image *image = take_known(resolver, base, address);
    if (image == NULL) {
        HMODULE held = NULL; /* to the loader, NULL is an address in the EXE */
        if (address == NULL || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, address, &held))
            held = NULL;
        if (base == NULL && held == NULL)
            return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL, "the address lies in no image");
        image = HP_FAULT("memory for an image") ? NULL : calloc(1, sizeof *image);
        if (image == NULL) {
            if (held != NULL)
                FreeLibrary(held);
            return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
        }
        image->held = held;
        HRESULT hr = look_into(base != NULL ? base : (const void *)held, image);
        if (FAILED(hr) || !holds(image, address)) {
            free_image(image);
            return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL,
                                  "not a loaded image of this architecture");
        }
    }
    image->next = resolver->images;
    resolver->images = image;
    return S_OK;
}

static int is_code(hp_resolve_image *image, uintptr_t at) {
    const uintptr_t base = (uintptr_t)image->about.base;
    if (at - base >= image->about.size)
        return 0;
    if (at >= image->code && at < image->code_end)
        return 1;
    const DWORD executable =
        PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    MEMORY_BASIC_INFORMATION region;
    if (VirtualQuery((const void *)at, &region, sizeof region) != sizeof region ||
        region.State != MEM_COMMIT || !(region.Protect & executable) || (region.Protect & PAGE_GUARD))
        return 0;
    uintptr_t begin = (uintptr_t)region.BaseAddress, end = begin + region.RegionSize;
    /* Windows answers from the page on that it is asked about. Whoever asks from the last function to the
     * first shall not make us ask for each. */
    if (image->code <= end && begin <= image->code_end) {
        begin = image->code < begin ? image->code : begin;
        end = image->code_end > end ? image->code_end : end;
    }
    image->code = begin;
    image->code_end = end;
    return 1;
}

/* What holds for an entry however it was found. */
static HRESULT judge_entry(hp_resolve_image *image, const unsigned char *entry, hp_trouble *trouble) {
    const uintptr_t at = (uintptr_t)entry;
    if (entry == NULL || !is_code(image, at))
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL, "the address does not hold code");
    enum { JUMP = 5 }; /* E9 rel32, Intel SDM vol. 2, JMP */
    int32_t distance;
    if (*entry != 0xE9 || !is_code(image, at + JUMP - 1))
        return S_OK;
    memcpy(&distance, entry + 1, sizeof distance);
    const uintptr_t whereto = at + JUMP + (uintptr_t)(intptr_t)distance;
    return is_code(image, whereto) ? hp_trouble_set(trouble, HP_E_LINK_THUNK, NULL, "%p", (void *)whereto)
                                   : S_OK;
}

static int compare_addresses(const void *left, const void *right) {
    const hp_function *a = *(const hp_function *const *)left, *b = *(const hp_function *const *)right;
    if (a->address != b->address)
        return (uintptr_t)a->address < (uintptr_t)b->address ? -1 : 1;
    return (a > b) - (a < b);
}

static HRESULT read_table(hp_resolve_image *image, hp_trouble *trouble) {
    hp_trouble inner = {0};
    HRESULT hr = hp_functable_open(image->about.base, &image->table, &inner);
    if (FAILED(hr) && hr != HP_E_TABLE_MISSING)
        return hp_trouble_set(trouble, hr, NULL, "%s", inner.detail);
    const size_t count = image->table.count;
    if (count != 0) {
        image->by_address =
            HP_FAULT("memory for sorting functions") ? NULL : malloc(count * sizeof *image->by_address);
        if (image->by_address == NULL) {
            hp_functable_close(&image->table);
            return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
        }
        for (size_t i = 0; i < count; i++)
            if (image->table.functions[i].patchable)
                image->by_address[image->patchable++] = &image->table.functions[i];
        qsort((void *)image->by_address, image->patchable, sizeof *image->by_address, compare_addresses);
    }
    image->has_table = 1;
    return S_OK;
}

/* The first other patchable function at the same address, in the order of the names. */
static const hp_function *find_shared(const hp_resolve_image *image, const hp_function *function) {
    const hp_function **first = image->by_address, **end = first + image->patchable;
    const hp_function **at = bsearch((const void *)&function, (const void *)first, image->patchable,
                                     sizeof *at, compare_addresses);
    if (at == NULL)
        return NULL;
    while (at > first && at[-1]->address == function->address)
        at--;
    if (*at == function && (at + 1 == end || (*++at)->address != function->address))
        return NULL;
    return *at;
}

static HRESULT take_marked(const hp_resolve_image *image, const hp_function *function, hp_trouble *trouble) {
    if (function->duplicate)
        return hp_trouble_set(trouble, HP_E_NAME_DUPLICATE, NULL,
                              "the image has several functions of this name");
    if (!function->patchable)
        return hp_trouble_set(trouble, HP_E_NOT_PATCHABLE, NULL, "the image lists it with HP_EXPORT only");
    const hp_function *other = find_shared(image, function);
    return other == NULL ? S_OK : hp_trouble_set(trouble, HP_E_ADDRESS_SHARED, NULL, "%s", other->name);
}

static HRESULT take_export(hp_resolve_image *image, const char *name, unsigned char **entry,
                           hp_trouble *trouble) {
    HRESULT hr = S_OK;
    if (!image->has_exports) {
        hr = hp_resolve_exports_open(image->about.base, image->about.size, &image->exports, trouble);
        image->has_exports = SUCCEEDED(hr);
    }
    const char *alias = NULL;
    if (SUCCEEDED(hr))
        hr = hp_resolve_exports_find(&image->exports, name, entry, &alias, trouble);
    /* Data first: that an alias of a variable cannot be patched either is not what its user has to know. */
    if (SUCCEEDED(hr) && alias != NULL && is_code(image, (uintptr_t)*entry))
        hr = hp_trouble_set(trouble, HP_E_ADDRESS_SHARED, NULL, "%s", alias);
    return hr;
}

/* The entry that a name stands for, with what the tables say against it. */
static HRESULT find_entry(hp_resolve_image *image, const char *name, unsigned char **entry,
                          hp_trouble *trouble) {
    HRESULT hr = image->has_table ? S_OK : read_table(image, trouble);
    if (FAILED(hr))
        return hr;
    const size_t length = strlen(name);
    const hp_function *marked = hp_functable_find(&image->table, name, length);
    hp_function function;
    hr = hp_functable_look(&image->table, name, length, &function);
    if (marked != NULL && (marked->patchable || !function.prepared)) {
        *entry = marked->address;
        return take_marked(image, marked, trouble);
    }
    if (hr == HP_E_NAME_UNKNOWN)
        return take_export(image, name, entry, trouble);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "the image has several functions of this name, as %s",
                              function.name);
    *entry = function.address;
    return function.patchable
               ? S_OK
               : hp_trouble_set(trouble, function.verdict, NULL, "so the build of the image says");
}

static HRESULT give(const hp_resolve_image *image, unsigned char *entry, hp_resolved *found) {
    *found = image->about;
    found->entry = entry;
    return S_OK;
}

HRESULT hp_resolve_name(hp_resolver *resolver, HMODULE module, const char *name, hp_resolved *found,
                        hp_trouble *trouble) {
    if (name == NULL || *name == '\0')
        return hp_trouble_set(trouble, E_INVALIDARG, NULL, "no name");
    if (module == NULL)
        module = GetModuleHandleW(NULL);
    hp_trouble inner = {0};
    unsigned char *entry = NULL;
    HRESULT hr = open_image(resolver, module, module, &inner);
    if (SUCCEEDED(hr))
        hr = find_entry(resolver->images, name, &entry, &inner);
    if (SUCCEEDED(hr))
        hr = judge_entry(resolver->images, entry, &inner);
    return SUCCEEDED(hr) ? give(resolver->images, entry, found)
                         : hp_trouble_set(trouble, hr, name, "%s", inner.detail);
}

HRESULT hp_resolve_address(hp_resolver *resolver, void *address, hp_resolved *found, hp_trouble *trouble) {
    hp_trouble inner = {0};
    HRESULT hr = open_image(resolver, NULL, address, &inner);
    if (SUCCEEDED(hr))
        hr = judge_entry(resolver->images, address, &inner);
    if (SUCCEEDED(hr))
        return give(resolver->images, address, found);
    char text[32];
    snprintf(text, sizeof text, "%p", address);
    return hp_trouble_set(trouble, hr, text, "%s", inner.detail);
}
