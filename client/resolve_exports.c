#include "client/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

/* Damaged images need not keep their arrays aligned. */
static uint32_t load32(const unsigned char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint16_t load16(const unsigned char *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static int can_read(hp_resolve_exports *exports, size_t offset, size_t count, size_t each) {
    hp_view *view = &exports->view;
    return offset < view->size && count <= view->size / each &&
           hp_view_can_read(view, view->base + offset, count * each);
}

/* Text in the image, NULL if it does not lie or end there. */
static const char *read_text(hp_resolve_exports *exports, uint32_t offset) {
    hp_view *view = &exports->view;
    const char *text = (const char *)view->base + offset;
    return offset < view->size && hp_view_can_read_string(view, text) ? text : NULL;
}

static HRESULT damaged(hp_trouble *trouble, const char *what) {
    return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL, "export table: %s", what);
}

/* Where the directory is; both 0 if there is none. Offsets within the headers were checked so far as
 * hp_functable_identity reads them. */
static HRESULT find_directory(hp_resolve_exports *exports, hp_trouble *trouble) {
    const IMAGE_DOS_HEADER *dos = (const void *)exports->view.base;
    const size_t headers = (size_t)dos->e_lfanew;
    const IMAGE_NT_HEADERS *nt = (const void *)(exports->view.base + headers);
    const IMAGE_DATA_DIRECTORY *directory = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const size_t end = (size_t)((const unsigned char *)(directory + 1) - (const unsigned char *)nt);
    if (nt->FileHeader.SizeOfOptionalHeader < end - offsetof(IMAGE_NT_HEADERS, OptionalHeader))
        return S_OK;
    if (!can_read(exports, headers, end, 1))
        return damaged(trouble, "the headers end outside of the image");
    if (nt->OptionalHeader.NumberOfRvaAndSizes <= IMAGE_DIRECTORY_ENTRY_EXPORT ||
        directory->VirtualAddress == 0)
        return S_OK;
    if (directory->Size < sizeof(IMAGE_EXPORT_DIRECTORY) || directory->VirtualAddress >= exports->view.size ||
        directory->Size > exports->view.size - directory->VirtualAddress ||
        !can_read(exports, directory->VirtualAddress, sizeof(IMAGE_EXPORT_DIRECTORY), 1))
        return damaged(trouble, "it ends outside of the image");
    exports->begin = directory->VirtualAddress;
    exports->end = directory->VirtualAddress + directory->Size;
    return S_OK;
}

static HRESULT find_arrays(hp_resolve_exports *exports, hp_trouble *trouble) {
    IMAGE_EXPORT_DIRECTORY directory;
    memcpy(&directory, exports->view.base + exports->begin, sizeof directory);
    if (directory.NumberOfNames == 0)
        return S_OK;
    if (!can_read(exports, directory.AddressOfFunctions, directory.NumberOfFunctions, sizeof(uint32_t)) ||
        !can_read(exports, directory.AddressOfNames, directory.NumberOfNames, sizeof(uint32_t)) ||
        !can_read(exports, directory.AddressOfNameOrdinals, directory.NumberOfNames, sizeof(uint16_t)))
        return damaged(trouble, "an array ends outside of the image");
    exports->functions = directory.NumberOfFunctions;
    exports->names = directory.NumberOfNames;
    exports->addresses = directory.AddressOfFunctions;
    exports->texts = directory.AddressOfNames;
    exports->ordinals = directory.AddressOfNameOrdinals;
    return S_OK;
}

/* "Ordinals" are indices into the array of addresses, whatever the base of the ordinals. */
static int read_address(const hp_resolve_exports *exports, uint32_t name, uint32_t *address) {
    const uint32_t index = load16(exports->view.base + exports->ordinals + (size_t)name * sizeof(uint16_t));
    if (index >= exports->functions)
        return 0;
    *address = load32(exports->view.base + exports->addresses + (size_t)index * sizeof(uint32_t));
    return 1;
}

static int compare_exports(const void *left, const void *right) {
    const hp_resolve_export *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->name > b->name) - (a->name < b->name);
}

static HRESULT sort_by_address(hp_resolve_exports *exports, hp_trouble *trouble) {
    if (exports->names == 0)
        return S_OK;
    /* No overflow: there are at least 6 bytes of the image for each name. */
    exports->by_address =
        HP_FAULT("memory for exports") ? NULL : calloc(exports->names, sizeof *exports->by_address);
    if (exports->by_address == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "%u exports", (unsigned)exports->names);
    for (uint32_t i = 0; i < exports->names; i++) {
        exports->by_address[i].name = i;
        if (!read_address(exports, i, &exports->by_address[i].address))
            return damaged(trouble, "the ordinal of a name is outside of the array");
    }
    qsort(exports->by_address, exports->names, sizeof *exports->by_address, compare_exports);
    return S_OK;
}

HRESULT hp_resolve_exports_open(const void *image, size_t size, hp_resolve_exports *exports,
                                hp_trouble *trouble) {
    *exports = (hp_resolve_exports){.view = {.base = image, .size = size}};
    HRESULT hr = find_directory(exports, trouble);
    if (SUCCEEDED(hr) && exports->end != 0)
        hr = find_arrays(exports, trouble);
    if (SUCCEEDED(hr))
        hr = sort_by_address(exports, trouble);
    if (FAILED(hr))
        hp_resolve_exports_close(exports);
    return hr;
}

static const char *name_text(hp_resolve_exports *exports, uint32_t name) {
    return read_text(exports, load32(exports->view.base + exports->texts + (size_t)name * sizeof(uint32_t)));
}

/* Names are sorted (PE specification, Export Name Pointer Table). In an image where they are not, some are
 * not found; the loader does not find them either. */
static HRESULT find_name(hp_resolve_exports *exports, const char *name, uint32_t *found,
                         hp_trouble *trouble) {
    for (uint32_t low = 0, high = exports->names; low < high;) {
        const uint32_t middle = low + (high - low) / 2;
        const char *text = name_text(exports, middle);
        if (text == NULL)
            return damaged(trouble, "a name lies outside of the image or has no end");
        const int order = strcmp(name, text);
        if (order == 0) {
            *found = middle;
            return S_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return hp_trouble_set(trouble, HP_E_NAME_UNKNOWN, NULL, "neither marked with HP_PATCHABLE nor exported");
}

/* The first other name of an address, in the order of the names. */
static HRESULT find_alias(hp_resolve_exports *exports, const hp_resolve_export *of, const char **alias,
                          hp_trouble *trouble) {
    const hp_resolve_export *end = exports->by_address + exports->names;
    const hp_resolve_export *at =
        bsearch(of, exports->by_address, exports->names, sizeof *of, compare_exports);
    *alias = NULL;
    if (at == NULL) /* the image has changed since */
        return damaged(trouble, "it has changed");
    while (at > exports->by_address && at[-1].address == of->address)
        at--;
    if (at->name == of->name && (at + 1 == end || (++at)->address != of->address))
        return S_OK;
    *alias = name_text(exports, at->name);
    return *alias != NULL ? S_OK : damaged(trouble, "a name lies outside of the image or has no end");
}

HRESULT hp_resolve_exports_find(hp_resolve_exports *exports, const char *name, unsigned char **address,
                                const char **alias, hp_trouble *trouble) {
    hp_resolve_export found = {0};
    HRESULT hr = find_name(exports, name, &found.name, trouble);
    if (FAILED(hr))
        return hr;
    if (!read_address(exports, found.name, &found.address) || found.address >= exports->view.size)
        return damaged(trouble, "the function lies outside of the image");
    if (found.address >= exports->begin && found.address < exports->end) {
        const char *whereto = read_text(exports, found.address);
        return whereto != NULL ? hp_trouble_set(trouble, HP_E_FORWARDER, NULL, "%.500s", whereto)
                               : damaged(trouble, "the text of a forwarder has no end");
    }
    *address = (unsigned char *)(uintptr_t)exports->view.base + found.address;
    return find_alias(exports, &found, alias, trouble);
}

void hp_resolve_exports_close(hp_resolve_exports *exports) {
    free(exports->by_address);
    *exports = (hp_resolve_exports){0};
}
