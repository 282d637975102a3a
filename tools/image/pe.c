#include "tools/image/pe_read.h"

#include <stdio.h>
#include <string.h>

#include "proxygen/fingerprint.h"

enum { DIRECTORIES_MAX = 16, STANDARD_SECTOR = 512 };
enum { TRAIT_EXECUTABLE = 0x0002, TRAIT_DLL = 0x2000 };

#define IMAGE_SIZE_MAX 0x80000000u

/* Sizes and places of a section, without its name. */
static void measure(const hp_pe *pe, unsigned index, hp_pe_section *section) {
    const unsigned char *header = hp_pe_read_section(pe, index);
    *section = (hp_pe_section){.rva = hp_pe_read_32(header + HP_PE_SECTION_RVA),
                               .size = hp_pe_read_32(header + HP_PE_SECTION_VIRTUAL_SIZE),
                               .raw = hp_pe_read_32(header + HP_PE_SECTION_RAW),
                               .raw_size = hp_pe_read_32(header + HP_PE_SECTION_RAW_SIZE),
                               .traits = hp_pe_read_32(header + HP_PE_SECTION_TRAITS)};
    if (section->size == 0)
        section->size = section->raw_size;
    if (section->raw == 0 || section->raw_size == 0) // nothing of it is in the file
        section->raw = section->raw_size = 0;
}

static const char *read_alignments(const hp_pe *pe) {
    const uint32_t memory = pe->section_alignment, file = pe->file_alignment;
    if (memory == 0 || (memory & (memory - 1)) != 0 || file == 0 || (file & (file - 1)) != 0)
        return "an alignment is not a power of two";
    if (memory < HP_PE_PAGE ? file != memory : file < STANDARD_SECTOR || file > 0x10000 || file > memory)
        return "the alignments do not fit each other";
    return NULL;
}

static const char *read_optional(hp_pe *pe) {
    const size_t size = hp_pe_read_16(pe->bytes + pe->headers + HP_PE_COFF_OPTIONAL_SIZE);
    const unsigned char *header = pe->bytes + pe->optional;
    const size_t fixed =
        pe->arch == HP_ARCH_X64 ? HP_PE_OPTIONAL_DIRECTORIES_64 : HP_PE_OPTIONAL_DIRECTORIES_32;
    if (!hp_pe_read_fits(pe->optional, size, pe->size) || size < fixed)
        return "the optional header is cut off";
    if (hp_pe_read_16(header) != (pe->arch == HP_ARCH_X64 ? 0x20B : 0x10B))
        return "the optional header is not of the kind that the machine needs";
    pe->entry_point = hp_pe_read_32(header + HP_PE_OPTIONAL_ENTRY);
    pe->image_base = pe->arch == HP_ARCH_X64
                         ? hp_pe_read_32(header + 24) | (uint64_t)hp_pe_read_32(header + 28) << 32
                         : hp_pe_read_32(header + 28);
    pe->section_alignment = hp_pe_read_32(header + HP_PE_OPTIONAL_SECTION_ALIGNMENT);
    pe->file_alignment = hp_pe_read_32(header + HP_PE_OPTIONAL_FILE_ALIGNMENT);
    pe->image_size = hp_pe_read_32(header + HP_PE_OPTIONAL_IMAGE_SIZE);
    pe->headers_size = hp_pe_read_32(header + HP_PE_OPTIONAL_HEADERS_SIZE);
    pe->checksum = hp_pe_read_32(header + HP_PE_OPTIONAL_CHECKSUM);
    pe->directories = hp_pe_read_32(header + fixed - 4);
    if (pe->directories > DIRECTORIES_MAX)
        pe->directories = DIRECTORIES_MAX; // as the loader does
    if (8u * pe->directories > size - fixed)
        return "the directories do not fit into the optional header";
    if (pe->image_size == 0 || pe->image_size > IMAGE_SIZE_MAX || pe->entry_point >= pe->image_size)
        return "the size of the image or its entry point is absurd";
    pe->sections = pe->optional + size;
    return read_alignments(pe);
}

static HRESULT read_headers(hp_pe *pe, const char **wrong) {
    *wrong = "the file is not an EXE or DLL";
    if (pe->size < HP_PE_DOS_HEADER || memcmp(pe->bytes, "MZ", 2) != 0)
        return HP_E_IMAGE_DAMAGED;
    pe->headers = hp_pe_read_32(pe->bytes + HP_PE_DOS_NEW_HEADER);
    if (pe->headers < HP_PE_DOS_HEADER || !hp_pe_read_fits(pe->headers, HP_PE_COFF_END, pe->size) ||
        memcmp(pe->bytes + pe->headers, "PE\0\0", 4) != 0)
        return HP_E_IMAGE_DAMAGED;
    const unsigned char *coff = pe->bytes + pe->headers;
    const unsigned machine = hp_pe_read_16(coff + HP_PE_COFF_MACHINE);
    const unsigned traits = hp_pe_read_16(coff + HP_PE_COFF_TRAITS);
    if ((traits & TRAIT_EXECUTABLE) == 0)
        return HP_E_IMAGE_DAMAGED;
    if (machine != HP_PE_MACHINE_X86 && machine != HP_PE_MACHINE_X64) {
        *wrong = "the image is neither for x86 nor for x64";
        return HP_E_SERVER_ARCHITECTURE;
    }
    pe->arch = machine == HP_PE_MACHINE_X64 ? HP_ARCH_X64 : HP_ARCH_X86;
    pe->timestamp = hp_pe_read_32(coff + HP_PE_COFF_TIMESTAMP);
    pe->section_count = hp_pe_read_16(coff + HP_PE_COFF_SECTIONS);
    pe->is_dll = (traits & TRAIT_DLL) != 0;
    pe->optional = pe->headers + HP_PE_COFF_END;
    *wrong = read_optional(pe);
    return *wrong ? HP_E_IMAGE_DAMAGED : S_OK;
}

static const char *check_memory(const hp_pe *pe) {
    uint64_t end = pe->headers_size;
    for (unsigned i = 0; i < pe->section_count; i++) {
        hp_pe_section section;
        measure(pe, i, &section);
        if (section.rva % pe->section_alignment != 0)
            return "a section is not aligned in memory";
        if (section.rva < end)
            return "the sections are not in ascending order, or overlap in memory";
        end = (uint64_t)section.rva + section.size;
        if (end > pe->image_size)
            return "a section ends outside of the image";
    }
    return NULL;
}

static const char *check_file(const hp_pe *pe) {
    const uint32_t alignment =
        pe->file_alignment < STANDARD_SECTOR ? pe->file_alignment : (uint32_t)STANDARD_SECTOR;
    for (unsigned i = 0; i < pe->section_count; i++) {
        hp_pe_section one, other;
        measure(pe, i, &one);
        if (one.raw_size == 0)
            continue;
        if (!hp_pe_read_fits(one.raw, one.raw_size, pe->size))
            return "a section ends outside of the file";
        if (one.raw % alignment != 0)
            return "a section is not aligned in the file";
        if (one.raw < pe->headers_size)
            return "a section overlaps the headers in the file";
        for (unsigned k = 0; k < i; k++) {
            measure(pe, k, &other);
            if (one.raw < other.raw + other.raw_size && other.raw < one.raw + one.raw_size)
                return "two sections overlap in the file";
        }
    }
    return NULL;
}

static const char *check_sections(const hp_pe *pe) {
    if (pe->section_count == 0 || pe->section_count > HP_PE_SECTIONS_MAX)
        return "the number of sections is absurd";
    if (pe->headers_size > pe->size)
        return "the headers are cut off";
    if (!hp_pe_read_fits(pe->sections, (size_t)pe->section_count * HP_PE_SECTION_HEADER, pe->headers_size))
        return "the section table does not lie in the headers";
    const char *wrong = check_memory(pe);
    return wrong ? wrong : check_file(pe);
}

/* A table that lies is no table: the loader never looks at it. Names of sections may stand in the string
 * table of an image that has no symbols any more. */
static void find_symbols(hp_pe *pe) {
    enum { RECORD = 18, LENGTH = 4 };
    const unsigned char *coff = pe->bytes + pe->headers;
    const uint64_t table = hp_pe_read_32(coff + HP_PE_COFF_SYMBOLS);
    const uint64_t count = hp_pe_read_32(coff + HP_PE_COFF_SYMBOL_COUNT);
    if (table < pe->headers_size || !hp_pe_read_fits(table, count * RECORD, pe->size))
        return;
    pe->symbol_count = (size_t)count;
    pe->symbols = count ? (size_t)table : 0;
    const uint64_t strings = table + count * RECORD;
    if (!hp_pe_read_fits(strings, LENGTH, pe->size))
        return;
    const uint32_t size = hp_pe_read_32(pe->bytes + strings); // counts its own 4 bytes
    if (size > LENGTH && hp_pe_read_fits(strings, size, pe->size))
        pe->strings = (hp_span){pe->bytes + strings, size};
}

HRESULT hp_pe_open(const void *bytes, size_t size, hp_pe *pe, const char **reason) {
    const char *wrong = NULL;
    *pe = (hp_pe){.bytes = bytes, .size = size};
    HRESULT hr = read_headers(pe, &wrong);
    if (hr == S_OK && (wrong = check_sections(pe)) != NULL)
        hr = HP_E_IMAGE_DAMAGED;
    if (hr == S_OK)
        find_symbols(pe);
    else
        *pe = (hp_pe){0};
    if (reason)
        *reason = wrong;
    return hr;
}

/* "/NN": a decimal offset into the string table; "//AAAAAA", where that has too many digits: in base 64, as
 * LLVM and GNU write it. 0 if it is neither. */
static uint64_t long_name_at(const char name[8]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (name[0] != '/')
        return 0;
    const int wide = name[1] == '/';
    uint64_t at = 0;
    for (int i = 1 + wide; i < 8 && name[i]; i++) {
        const char *digit = wide ? strchr(digits, name[i]) : NULL;
        if (wide ? digit == NULL : name[i] < '0' || name[i] > '9')
            return 0;
        at = wide ? at * 64 + (uint64_t)(digit - digits) : at * 10 + (uint64_t)(name[i] - '0');
    }
    return at;
}

void hp_pe_section_get(const hp_pe *pe, uint16_t index, hp_pe_section *section) {
    measure(pe, index, section);
    char name[9] = {0};
    memcpy(name, hp_pe_read_section(pe, index), 8);
    const uint64_t at = long_name_at(name);
    if (at < 4 || at >= pe->strings.size) {
        memcpy(section->name, name, sizeof name);
        return;
    }
    const char *text = (const char *)pe->strings.at + at;
    const size_t rest = pe->strings.size - (size_t)at;
    for (size_t i = 0; i < rest && i + 1 < sizeof section->name && text[i]; i++)
        section->name[i] = text[i];
}

int hp_pe_section_find(const hp_pe *pe, const char *name, hp_pe_section *section) {
    for (uint16_t i = 0; i < pe->section_count; i++) {
        hp_pe_section_get(pe, i, section);
        if (strcmp(section->name, name) == 0)
            return 1;
    }
    *section = (hp_pe_section){0};
    return 0;
}

int hp_pe_section_at(const hp_pe *pe, uint32_t rva, hp_pe_section *section) {
    for (uint16_t i = 0; i < pe->section_count; i++) {
        measure(pe, i, section);
        if (rva >= section->rva && rva - section->rva < section->size) {
            hp_pe_section_get(pe, i, section);
            return 1;
        }
    }
    *section = (hp_pe_section){0};
    return 0;
}

hp_span hp_pe_bytes(const hp_pe *pe, uint32_t rva, uint32_t length) {
    if (length == 0)
        return (hp_span){0};
    if (hp_pe_read_fits(rva, length, pe->headers_size))
        return (hp_span){pe->bytes + rva, length};
    for (unsigned i = 0; i < pe->section_count; i++) {
        hp_pe_section section;
        measure(pe, i, &section);
        const uint32_t part = section.raw_size < section.size ? section.raw_size : section.size;
        if (rva >= section.rva && hp_pe_read_fits(rva - section.rva, length, part))
            return (hp_span){pe->bytes + section.raw + (rva - section.rva), length};
    }
    return (hp_span){0};
}

hp_span hp_pe_directory(const hp_pe *pe, unsigned directory) {
    if (directory >= pe->directories)
        return (hp_span){0};
    const unsigned char *entry = pe->bytes + hp_pe_read_directory_at(pe, directory);
    const uint32_t at = hp_pe_read_32(entry), size = hp_pe_read_32(entry + 4);
    if (at == 0 || size == 0)
        return (hp_span){0};
    if (directory != HP_PE_CERTIFICATES)
        return hp_pe_bytes(pe, at, size);
    return hp_pe_read_fits(at, size, pe->size) ? (hp_span){pe->bytes + at, size} : (hp_span){0};
}

uint64_t hp_pe_fingerprint(const hp_pe *pe) {
    hp_fingerprint_section sections[HP_PE_SECTIONS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < pe->section_count && i < HP_PE_SECTIONS_MAX; i++) {
        hp_pe_section section;
        measure(pe, i, &section);
        if (section.traits & HP_PE_EXECUTE)
            sections[count++] = (hp_fingerprint_section){section.rva, section.size};
    }
    const hp_span exceptions = hp_pe_directory(pe, HP_PE_EXCEPTIONS);
    const hp_span relocations = hp_pe_directory(pe, HP_PE_RELOCATIONS);
    const hp_fingerprint_parts parts = {
        .machine = hp_pe_read_16(pe->bytes + pe->headers + HP_PE_COFF_MACHINE),
        .timestamp = pe->timestamp,
        .entry_point = pe->entry_point,
        .sections = sections,
        .section_count = count,
        .exceptions = exceptions.at,
        .relocations = relocations.at,
        .exceptions_size = exceptions.size,
        .relocations_size = relocations.size,
    };
    return hp_fingerprint_compute(&parts);
}
