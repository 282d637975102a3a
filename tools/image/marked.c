#include "tools/image/marked.h"

#include <string.h>

#include "hotpatch/function.h"

enum { PART = 4 }; /* of pointers; entries and the padding between them are multiples */

static uint64_t load(const unsigned char *at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* RVA of an absolute address; 0 if it is not in the image. */
static uint32_t to_rva(const hp_pe *pe, uint64_t address) {
    const uint64_t offset = address - pe->image_base;
    return address > pe->image_base && offset < pe->image_size ? (uint32_t)offset : 0;
}

/* A terminated text in the file. */
static const char *find_text(const hp_pe *pe, uint64_t address) {
    const uint32_t rva = to_rva(pe, address);
    hp_pe_section section;
    if (rva == 0 || !hp_pe_section_at(pe, rva, &section) || rva - section.rva >= section.raw_size)
        return NULL;
    const uint32_t offset = rva - section.rva;
    const char *text = (const char *)pe->bytes + section.raw + offset;
    return memchr(text, 0, section.raw_size - offset) != NULL ? text : NULL;
}

static HRESULT read_entry(const hp_pe *pe, const unsigned char *at, size_t pointer, hp_marked *marked) {
    const uint64_t signature = load(at + 8 + pointer, pointer);
    *marked = (hp_marked){
        .kind = (uint8_t)load(at + 4, 2),
        .compiler = (uint8_t)load(at + 6, 2),
        .name = find_text(pe, load(at + 8, pointer)),
        .signature = signature ? find_text(pe, signature) : NULL,
        .rva = to_rva(pe, load(at + 8 + 2 * pointer, pointer)),
    };
    const int sound = (marked->kind == HP_ENTRY_PATCHABLE || marked->kind == HP_ENTRY_EXPORT) &&
                      marked->compiler >= HP_COMPILER_GNU && marked->compiler <= HP_COMPILER_MSVC &&
                      marked->name != NULL && (!signature || marked->signature != NULL) && marked->rva != 0;
    return sound ? S_OK : HP_E_TABLE_DAMAGED;
}

HRESULT hp_marked_next(const hp_pe *pe, size_t *at, hp_marked *marked) {
    const size_t pointer = pe->arch == HP_ARCH_X64 ? 8 : 4, entry = 8 + 3 * pointer;
    hp_pe_section section;
    if (!hp_pe_section_find(pe, ".hpfn", &section))
        return S_FALSE;
    /* In the file a section is rounded up, in memory it may be longer than what the file has of it. */
    const size_t end = section.size < section.raw_size ? section.size : section.raw_size;
    const unsigned char *bytes = pe->bytes + section.raw;
    while (*at + PART <= end && load(bytes + *at, PART) == 0)
        *at += PART;
    if (*at + PART > end)
        return S_FALSE;
    if (entry > end - *at || load(bytes + *at, 4) != entry)
        return HP_E_TABLE_DAMAGED;
    HRESULT hr = read_entry(pe, bytes + *at, pointer, marked);
    *at += entry;
    return hr;
}
