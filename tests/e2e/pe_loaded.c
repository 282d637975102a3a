#include "e2e/pe_loaded.h"

#include "proxygen/fingerprint.h"

static DWORD smaller(DWORD a, DWORD b) {
    return a < b ? a : b;
}

/* A directory that lies completely in what the file gave for one section, or for the headers. */
static const void *directory(const BYTE *base, const IMAGE_NT_HEADERS *nt, unsigned number, size_t *size) {
    if (number >= nt->OptionalHeader.NumberOfRvaAndSizes)
        return NULL;
    const IMAGE_DATA_DIRECTORY *entry = &nt->OptionalHeader.DataDirectory[number];
    const DWORD rva = entry->VirtualAddress;
    *size = entry->Size;
    if (rva == 0 || entry->Size == 0)
        return NULL;
    if ((ULONGLONG)rva + entry->Size <= nt->OptionalHeader.SizeOfHeaders)
        return base + rva;
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
    for (WORD i = 0; i < nt->FileHeader.NumberOfSections; i++, section++) {
        const DWORD memory = section->Misc.VirtualSize;
        const DWORD raw = section->PointerToRawData ? section->SizeOfRawData : 0;
        const DWORD part = memory ? smaller(memory, raw) : raw;
        if (rva >= section->VirtualAddress &&
            (ULONGLONG)(rva - section->VirtualAddress) + entry->Size <= part)
            return base + rva;
    }
    return NULL;
}

uint64_t pe_loaded_fingerprint(HMODULE module) {
    const BYTE *base = (const BYTE *)module;
    const IMAGE_NT_HEADERS *nt =
        (const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
    hp_fingerprint_section code[96];
    hp_fingerprint_parts parts = {
        .machine = nt->FileHeader.Machine,
        .timestamp = nt->FileHeader.TimeDateStamp,
        .entry_point = nt->OptionalHeader.AddressOfEntryPoint,
        .sections = code,
    };
    for (WORD i = 0; i < nt->FileHeader.NumberOfSections; i++, section++) {
        if (section->Characteristics & IMAGE_SCN_MEM_EXECUTE)
            code[parts.section_count++] = (hp_fingerprint_section){
                section->VirtualAddress,
                section->Misc.VirtualSize ? section->Misc.VirtualSize : section->SizeOfRawData};
    }
    parts.exceptions = directory(base, nt, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &parts.exceptions_size);
    parts.relocations = directory(base, nt, IMAGE_DIRECTORY_ENTRY_BASERELOC, &parts.relocations_size);
    return hp_fingerprint_compute(&parts);
}
