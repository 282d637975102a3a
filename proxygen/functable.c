// Formats: Microsoft PE specification, "MS-DOS stub", "COFF file header", "Optional header", "Section table".
#include "proxygen/functable.h"
#include "idl/fault.h"
#include "proxygen/functable_prepared.h"
#include "proxygen/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_NAME ".hpfn" // at most 8 bytes, zero-padded in the section table

/** Where the section's entries lie. */
typedef struct hp_entries {
    const unsigned char *begin;
    const unsigned char *end;
} hp_entries;

static HRESULT read_identity(const IMAGE_FILE_HEADER *file, hp_identity *identity) {
    const IMAGE_NT_HEADERS *nt = CONTAINING_RECORD(file, IMAGE_NT_HEADERS, FileHeader);
    const WORD magic = nt->OptionalHeader.Magic;
    if (file->Machine == IMAGE_FILE_MACHINE_AMD64 && magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC)
        identity->arch = HP_ARCH_X64;
    else if (file->Machine == IMAGE_FILE_MACHINE_I386 && magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC)
        identity->arch = HP_ARCH_X86;
    else
        return HP_E_TABLE_DAMAGED;
    identity->timestamp = file->TimeDateStamp;
    identity->image_size = nt->OptionalHeader.SizeOfImage;
    identity->checksum = nt->OptionalHeader.CheckSum;
    return S_OK;
}
_Static_assert(offsetof(IMAGE_OPTIONAL_HEADER32, SizeOfImage) ==
                       offsetof(IMAGE_OPTIONAL_HEADER64, SizeOfImage) &&
                   offsetof(IMAGE_OPTIONAL_HEADER32, CheckSum) == offsetof(IMAGE_OPTIONAL_HEADER64, CheckSum),
               "read alike for both");

static HRESULT find_entries(hp_view *view, hp_entries *entries, hp_trouble *trouble) {
    size_t count;
    const IMAGE_SECTION_HEADER *section = hp_view_sections(view, &count);
    if (!section)
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL,
                              "the section table ends outside of the headers");
    for (size_t i = 0; i < count; i++, section++) {
        if (strncmp((const char *)section->Name, SECTION_NAME, sizeof section->Name) != 0)
            continue;
        const size_t offset = section->VirtualAddress;
        const size_t size = section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData;
        if (offset > view->size || size > view->size - offset ||
            (size && !hp_view_can_read(view, view->base + offset, size)) || offset % sizeof(void *) != 0)
            return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, SECTION_NAME,
                                  "the section ends outside of the image");
        *entries = (hp_entries){view->base + offset, view->base + offset + size};
        return S_OK;
    }
    return HP_E_TABLE_MISSING;
}

static const char *what_is_wrong(hp_view *view, const hp_function_entry *entry) {
    if (entry->kind != HP_ENTRY_PATCHABLE && entry->kind != HP_ENTRY_EXPORT)
        return "is of unknown kind";
    if (entry->compiler < HP_COMPILER_GNU || entry->compiler > HP_COMPILER_MSVC)
        return "names an unknown compiler";
    if (!hp_view_can_read_string(view, entry->name))
        return "has a name outside of the image or without end";
    if (entry->signature && !hp_view_can_read_string(view, entry->signature))
        return "has a signature outside of the image or without end";
    if (!hp_view_is_inside(view, (const void *)(uintptr_t)entry->address))
        return "has an address outside of the image";
    return NULL;
}

/**
 * Go to the next entry.
 *
 * @param at  where to look; receives the place behind the entry
 * @return S_OK; S_FALSE at the end; HP_E_TABLE_DAMAGED
 */
static HRESULT next_entry(hp_view *view, const hp_entries *entries, const unsigned char **at,
                          const hp_function_entry **entry, hp_trouble *trouble) {
    static const unsigned char padding[sizeof(void *)];
    size_t left = (size_t)(entries->end - *at);
    for (; left >= sizeof padding && memcmp(*at, padding, sizeof padding) == 0; left -= sizeof padding)
        *at += sizeof padding;
    if (left < sizeof padding && memcmp(*at, padding, left) == 0)
        return S_FALSE;
    const hp_function_entry *found = (const void *)*at;
    const char *wrong = left < sizeof *found || found->size != sizeof *found ? "has a wrong size"
                                                                             : what_is_wrong(view, found);
    if (wrong)
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, SECTION_NAME, "the entry at offset %zu %s",
                              (size_t)(*at - entries->begin), wrong);
    *at += sizeof *found;
    *entry = found;
    return S_OK;
}

static int compare_entries(const void *left, const void *right) {
    const hp_function_entry *a = *(const hp_function_entry *const *)left;
    const hp_function_entry *b = *(const hp_function_entry *const *)right;
    const int order = strcmp(a->name, b->name);
    if (order)
        return order;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a > b) - (a < b); // qsort is not stable, and of two duplicates the first shall win
}

// Entries of one name follow each other, patchable ones first.
static size_t merge(const hp_function_entry *const *sorted, size_t count, hp_function *functions) {
    hp_function *last = NULL;
    size_t merged = 0;
    for (size_t i = 0; i < count; i++) {
        const hp_function_entry *entry = sorted[i];
        unsigned char *const address = (unsigned char *)(uintptr_t)entry->address;
        if (!last || strcmp(last->name, entry->name) != 0) {
            last = &functions[merged++];
            *last = (hp_function){
                .name = entry->name, .address = address, .compiler = (hp_compiler)entry->compiler};
        }
        if (entry->kind == HP_ENTRY_PATCHABLE) {
            last->duplicate |= last->patchable;
            last->patchable = 1;
        } else if (last->exported) {
            last->duplicate = 1;
        } else {
            last->exported = 1;
            last->signature = entry->signature;
            last->replacement = address;
        }
    }
    return merged;
}

static HRESULT collect(hp_view *view, const hp_entries *entries, hp_functable *table, hp_trouble *trouble) {
    const hp_function_entry *entry;
    const unsigned char *at = entries->begin;
    size_t count = 0;
    HRESULT hr;
    while ((hr = next_entry(view, entries, &at, &entry, trouble)) == S_OK)
        count++;
    if (FAILED(hr))
        return hr;
    if (!count)
        return HP_E_TABLE_MISSING;

    const hp_function_entry **sorted =
        HP_FAULT("function table: entries") ? NULL : malloc(count * sizeof *sorted);
    table->functions = HP_FAULT("function table") ? NULL : malloc(count * sizeof *table->functions);
    if (!sorted || !table->functions) {
        free((void *)sorted);
        free(table->functions);
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "function table of %zu entries", count);
    }
    at = entries->begin;
    for (size_t i = 0; i < count && next_entry(view, entries, &at, &entry, NULL) == S_OK; i++)
        sorted[i] = entry;
    qsort((void *)sorted, count, sizeof *sorted, compare_entries);
    table->count = merge(sorted, count, table->functions);
    free((void *)sorted);
    return S_OK;
}

HRESULT hp_functable_open(const void *image, hp_functable *table, hp_trouble *trouble) {
    *table = (hp_functable){0};
    hp_view view;
    hp_functable opened = {.base = (unsigned char *)(uintptr_t)image};
    if (!hp_view_open(image, &view) || FAILED(read_identity(view.file, &opened.identity)) ||
        opened.identity.arch != HP_ARCH_HERE)
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL, "not a loaded image of this architecture");
    opened.image_size = view.size;

    hp_entries entries = {0};
    HRESULT hr = hp_functable_prepared_open(&view, &opened.prepared, trouble);
    if (SUCCEEDED(hr))
        hr = find_entries(&view, &entries, trouble);
    if (SUCCEEDED(hr))
        hr = collect(&view, &entries, &opened, trouble);
    if (hr == HP_E_TABLE_MISSING)
        hr = opened.prepared.count
                 ? S_OK
                 : hp_trouble_set(trouble, HP_E_TABLE_MISSING, NULL,
                                  "neither section " SECTION_NAME " nor resource " HP_TABLE_RESOURCE);
    if (SUCCEEDED(hr))
        *table = opened;
    return hr;
}

void hp_functable_close(hp_functable *table) {
    free(table->functions);
    *table = (hp_functable){0};
}

typedef struct hp_key {
    const char *name;
    size_t length;
} hp_key;

static int compare_key(const void *left, const void *right) {
    const hp_key *key = left;
    const char *name = ((const hp_function *)right)->name;
    const int order = strncmp(key->name, name, key->length);
    return order ? order : name[key->length] ? -1 : 0;
}

const hp_function *hp_functable_find(const hp_functable *table, const char *name, size_t length) {
    if (!table->count ||
        memchr(name, 0, length)) // a NUL would end the comparison early, and what follows be read
        return NULL;
    const hp_key key = {name, length};
    return bsearch(&key, table->functions, table->count, sizeof *table->functions, compare_key);
}

HRESULT hp_functable_identity(const void *image, hp_identity *identity) {
    *identity = (hp_identity){0};
    hp_view view;
    return hp_view_open(image, &view) ? read_identity(view.file, identity) : HP_E_TABLE_DAMAGED;
}

void hp_functable_identity_text(const hp_identity *identity, char *text, size_t capacity) {
    snprintf(text, capacity, "%s-%08x-%08x-%08x", identity->arch == HP_ARCH_X64 ? "x64" : "x86",
             (unsigned)identity->timestamp, (unsigned)identity->image_size, (unsigned)identity->checksum);
}
