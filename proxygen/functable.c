// Formats: Microsoft PE specification, "MS-DOS stub", "COFF file header", "Optional header", "Section table".
#include "proxygen/functable.h"
#include "idl/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION_NAME ".hpfn" // at most 8 bytes, zero-padded in the section table

/** What may be read of an image: whatever its headers claim, only memory that is there is touched. */
typedef struct hp_view {
    const unsigned char *base;
    size_t size;        /**< bytes; what SizeOfImage claims */
    uintptr_t readable; /**< the readable run that was looked up last: most questions are about neighbours */
    uintptr_t readable_end;
} hp_view;

/** Where the section's entries lie. */
typedef struct hp_entries {
    const unsigned char *begin;
    const unsigned char *end;
} hp_entries;

static int is_readable(const MEMORY_BASIC_INFORMATION *region) {
    const DWORD readable = PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ |
                           PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    return region->State == MEM_COMMIT && (region->Protect & readable) && !(region->Protect & PAGE_GUARD);
}

// Bytes from address on that can be read, up to the end of the image; 0 for an address outside of it.
static size_t readable_bytes(hp_view *view, const void *pointer) {
    const uintptr_t address = (uintptr_t)pointer;
    const uintptr_t base = (uintptr_t)view->base;
    if (address < base || address - base >= view->size)
        return 0;
    if (address < view->readable || address >= view->readable_end) {
        view->readable = view->readable_end = address;
        MEMORY_BASIC_INFORMATION region;
        while (VirtualQuery((const void *)view->readable_end, &region, sizeof region) == sizeof region &&
               is_readable(&region) && view->readable_end - base < view->size)
            view->readable_end = (uintptr_t)region.BaseAddress + region.RegionSize;
        if (view->readable_end - base > view->size)
            view->readable_end = base + view->size;
    }
    return view->readable_end - address;
}

static int can_read(hp_view *view, const void *pointer, size_t bytes) {
    return readable_bytes(view, pointer) >= bytes;
}

static int can_read_string(hp_view *view, const char *text) {
    const size_t most = readable_bytes(view, text);
    return most && memchr(text, 0, most) != NULL;
}

static int is_inside(const hp_view *view, const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)view->base < view->size;
}

// The COFF header of an image. On success the view covers the image; size of the optional header is checked.
static const IMAGE_FILE_HEADER *open_view(const void *image, hp_view *view) {
    // Until the headers say how large the image is, one section table of the largest size is all that may be
    // read.
    *view = (hp_view){.base = image,
                      .size = sizeof(IMAGE_NT_HEADERS64) + 65536 + 65535 * sizeof(IMAGE_SECTION_HEADER)};
    const IMAGE_DOS_HEADER *dos = image;
    if (!can_read(view, dos, sizeof *dos) || dos->e_magic != IMAGE_DOS_SIGNATURE || dos->e_lfanew < 0 ||
        dos->e_lfanew % 4 != 0)
        return NULL;
    // Signature, COFF header and the part of the optional header that PE32 and PE32+ have in common are
    // alike.
    const IMAGE_NT_HEADERS *nt = (const void *)(view->base + dos->e_lfanew);
    const size_t common = offsetof(IMAGE_NT_HEADERS32, OptionalHeader.Subsystem);
    if (!can_read(view, nt, common) || nt->Signature != IMAGE_NT_SIGNATURE ||
        nt->FileHeader.SizeOfOptionalHeader < common - offsetof(IMAGE_NT_HEADERS32, OptionalHeader))
        return NULL;
    *view = (hp_view){.base = image, .size = nt->OptionalHeader.SizeOfImage};
    return can_read(view, nt, common) ? &nt->FileHeader : NULL;
}

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

static HRESULT find_entries(hp_view *view, const IMAGE_FILE_HEADER *file, hp_entries *entries,
                            hp_trouble *trouble) {
    const IMAGE_SECTION_HEADER *section =
        (const void *)((const unsigned char *)(file + 1) + file->SizeOfOptionalHeader);
    if (!can_read(view, section, file->NumberOfSections * sizeof *section))
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL,
                              "the section table ends outside of the headers");
    for (WORD i = 0; i < file->NumberOfSections; i++, section++) {
        if (strncmp((const char *)section->Name, SECTION_NAME, sizeof section->Name) != 0)
            continue;
        const size_t offset = section->VirtualAddress;
        const size_t size = section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData;
        if (offset > view->size || size > view->size - offset ||
            (size && !can_read(view, view->base + offset, size)) || offset % sizeof(void *) != 0)
            return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, SECTION_NAME,
                                  "the section ends outside of the image");
        *entries = (hp_entries){view->base + offset, view->base + offset + size};
        return S_OK;
    }
    return hp_trouble_set(trouble, HP_E_TABLE_MISSING, NULL, "no section " SECTION_NAME);
}

static const char *what_is_wrong(hp_view *view, const hp_function_entry *entry) {
    if (entry->kind != HP_ENTRY_PATCHABLE && entry->kind != HP_ENTRY_EXPORT)
        return "is of unknown kind";
    if (entry->compiler < HP_COMPILER_GNU || entry->compiler > HP_COMPILER_MSVC)
        return "names an unknown compiler";
    if (!can_read_string(view, entry->name))
        return "has a name outside of the image or without end";
    if ((entry->signature || entry->kind == HP_ENTRY_EXPORT) && !can_read_string(view, entry->signature))
        return "has a signature outside of the image or without end";
    if (!is_inside(view, (const void *)(uintptr_t)entry->address))
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
        return hp_trouble_set(trouble, HP_E_TABLE_MISSING, NULL, "section " SECTION_NAME " is empty");

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
    const IMAGE_FILE_HEADER *file = open_view(image, &view);
    if (!file || FAILED(read_identity(file, &opened.identity)) || opened.identity.arch != HP_ARCH_HERE)
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, NULL, "not a loaded image of this architecture");
    opened.image_size = view.size;

    hp_entries entries = {0};
    HRESULT hr = find_entries(&view, file, &entries, trouble);
    if (SUCCEEDED(hr))
        hr = collect(&view, &entries, &opened, trouble);
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
    const IMAGE_FILE_HEADER *file = open_view(image, &view);
    return file ? read_identity(file, identity) : HP_E_TABLE_DAMAGED;
}

void hp_functable_identity_text(const hp_identity *identity, char *text, size_t capacity) {
    snprintf(text, capacity, "%s-%08x-%08x-%08x", identity->arch == HP_ARCH_X64 ? "x64" : "x86",
             (unsigned)identity->timestamp, (unsigned)identity->image_size, (unsigned)identity->checksum);
}
