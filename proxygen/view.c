// Formats: Microsoft PE specification, "MS-DOS stub", "COFF file header", "Optional header", "Section table".
#include "proxygen/view.h"

#include "proxygen/fingerprint.h"

#include <string.h>

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

int hp_view_can_read(hp_view *view, const void *pointer, size_t bytes) {
    return readable_bytes(view, pointer) >= bytes;
}

int hp_view_can_read_string(hp_view *view, const char *text) {
    const size_t most = readable_bytes(view, text);
    return most && memchr(text, 0, most) != NULL;
}

int hp_view_is_inside(const hp_view *view, const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)view->base < view->size;
}

int hp_view_open(const void *image, hp_view *view) {
    // Until the headers say how large the image is, one section table of the largest size is all that may be
    // read.
    *view = (hp_view){.base = image,
                      .size = sizeof(IMAGE_NT_HEADERS64) + 65536 + 65535 * sizeof(IMAGE_SECTION_HEADER)};
    const IMAGE_DOS_HEADER *dos = image;
    if (!hp_view_can_read(view, dos, sizeof *dos) || dos->e_magic != IMAGE_DOS_SIGNATURE ||
        dos->e_lfanew < 0 || dos->e_lfanew % 4 != 0)
        return 0;
    // Signature, COFF header and the part of the optional header that PE32 and PE32+ have in common are
    // alike.
    const IMAGE_NT_HEADERS *nt = (const void *)(view->base + dos->e_lfanew);
    const size_t common = offsetof(IMAGE_NT_HEADERS32, OptionalHeader.Subsystem);
    if (!hp_view_can_read(view, nt, common) || nt->Signature != IMAGE_NT_SIGNATURE ||
        nt->FileHeader.SizeOfOptionalHeader < common - offsetof(IMAGE_NT_HEADERS32, OptionalHeader))
        return 0;
    *view = (hp_view){.base = image, .size = nt->OptionalHeader.SizeOfImage, .file = &nt->FileHeader};
    return hp_view_can_read(view, nt, common);
}

const IMAGE_SECTION_HEADER *hp_view_sections(hp_view *view, size_t *count) {
    const IMAGE_SECTION_HEADER *section =
        (const void *)((const unsigned char *)(view->file + 1) + view->file->SizeOfOptionalHeader);
    *count = view->file->NumberOfSections;
    return hp_view_can_read(view, section, *count * sizeof *section) ? section : NULL;
}

const IMAGE_DATA_DIRECTORY *hp_view_directory(hp_view *view, unsigned number) {
    const unsigned char *optional = (const unsigned char *)(view->file + 1);
    const size_t offset = HP_X64 ? offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory)
                                 : offsetof(IMAGE_OPTIONAL_HEADER32, DataDirectory);
    const DWORD *count = (const void *)(optional + offset - sizeof *count);
    const IMAGE_DATA_DIRECTORY *directory = (const void *)(optional + offset);
    if (offset + (number + 1) * sizeof *directory > view->file->SizeOfOptionalHeader ||
        !hp_view_can_read(view, optional, offset) || number >= *count ||
        !hp_view_can_read(view, directory, (number + 1) * sizeof *directory))
        return NULL;
    return directory + number;
}

/* The bytes of a directory that lies in what the file holds of one section. What was not there at the build
 * counts as absent. */
static const void *directory_bytes(hp_view *view, const IMAGE_SECTION_HEADER *sections, size_t count,
                                   unsigned number, size_t *size) {
    const IMAGE_DATA_DIRECTORY *directory = hp_view_directory(view, number);
    *size = 0;
    if (!directory || !directory->Size)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const uint64_t offset = (uint64_t)directory->VirtualAddress - sections[i].VirtualAddress;
        if (directory->VirtualAddress < sections[i].VirtualAddress ||
            offset + directory->Size > sections[i].SizeOfRawData)
            continue;
        const void *bytes = view->base + directory->VirtualAddress;
        if (!hp_view_can_read(view, bytes, directory->Size))
            return NULL;
        *size = directory->Size;
        return bytes;
    }
    return NULL;
}

uint64_t hp_view_fingerprint(hp_view *view) {
    enum { SECTIONS_MAX = 96 }; // Windows loads no image that has more
    hp_fingerprint_section code[SECTIONS_MAX];
    size_t count;
    const IMAGE_SECTION_HEADER *sections = hp_view_sections(view, &count);
    if (!sections || count > SECTIONS_MAX)
        return 0;
    const IMAGE_NT_HEADERS *nt = CONTAINING_RECORD(view->file, IMAGE_NT_HEADERS, FileHeader);
    hp_fingerprint_parts parts = {.machine = view->file->Machine,
                                  .timestamp = view->file->TimeDateStamp,
                                  .entry_point = nt->OptionalHeader.AddressOfEntryPoint,
                                  .sections = code};
    for (size_t i = 0; i < count; i++) {
        if (!(sections[i].Characteristics & IMAGE_SCN_MEM_EXECUTE))
            continue;
        const uint32_t size = sections[i].Misc.VirtualSize;
        code[parts.section_count++] =
            (hp_fingerprint_section){sections[i].VirtualAddress, size ? size : sections[i].SizeOfRawData};
    }
    parts.exceptions =
        directory_bytes(view, sections, count, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &parts.exceptions_size);
    parts.relocations =
        directory_bytes(view, sections, count, IMAGE_DIRECTORY_ENTRY_BASERELOC, &parts.relocations_size);
    const uint64_t fingerprint = hp_fingerprint_compute(&parts);
    return fingerprint ? fingerprint : 1;
}
