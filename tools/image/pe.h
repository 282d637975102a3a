/**
 * @file pe.h
 * An image as a file: headers, sections, directories, symbol table, resources. Pure; bounds are checked
 * against the file, whatever its headers claim. Source: Microsoft PE specification.
 */
#ifndef HP_TOOLS_PE_H
#define HP_TOOLS_PE_H

#include "hotpatch/error.h"

/** Bytes of somebody else's; at is NULL if there are none. */
typedef struct hp_span {
    const unsigned char *at;
    size_t size;
} hp_span;

/** Directory numbers (PE specification, "Optional Header Data Directories"). */
enum {
    HP_PE_EXPORTS = 0,
    HP_PE_RESOURCES = 2,
    HP_PE_EXCEPTIONS = 3,
    HP_PE_CERTIFICATES = 4,
    HP_PE_RELOCATIONS = 5,
    HP_PE_DEBUG = 6,
};

/** A section header. */
typedef struct hp_pe_section {
    char name[32];      /**< "/NN" resolved through the string table; cut off; terminated */
    uint32_t rva, size; /**< in memory, as the loader maps it: VirtualSize, or SizeOfRawData if that is 0 */
    uint32_t raw, raw_size; /**< in the file; lies inside it */
    uint32_t traits;        /**< IMAGE_SCN_... */
} hp_pe_section;

/** An image file. Only for pe*.c to look into but for what is documented. */
typedef struct hp_pe {
    const unsigned char *bytes;
    size_t size;
    hp_arch arch;
    uint32_t timestamp, image_size, checksum, entry_point;
    uint32_t section_alignment, file_alignment, headers_size;
    uint64_t image_base;
    uint8_t is_dll;
    uint16_t section_count;
    size_t headers;  /**< offset of the PE signature */
    size_t sections; /**< offset of the section table */
    size_t optional; /**< offset of the optional header */
    uint32_t directories;
    size_t symbols, symbol_count; /**< COFF symbol table, offset and records; both 0 if there is none */
    hp_span strings;              /**< COFF string table */
} hp_pe;

/**
 * Open an image file.
 *
 * @param bytes   must stay as long as the image is used
 * @param reason  receives what is wrong, a static sentence; may be NULL
 * @return S_OK; HP_E_IMAGE_DAMAGED: not a PE32 of x86 or PE32+ of x64, truncated, alignments that are no
 *         powers of two (file 512 to 64 KiB, or equal to the section alignment below a page), sections that
 *         are not in ascending order in memory, overlap in memory or in the file, or end outside of the file
 * or of the image, none or more than 96 sections, absurd numbers. A symbol table that lies outside is no
 *         error but absent. HP_E_SERVER_ARCHITECTURE for a sound header of another machine (detail in
 *         reason). Allocates nothing. Thread-safe, as all here.
 */
HRESULT hp_pe_open(const void *bytes, size_t size, hp_pe *pe, const char **reason);

/** Section index, below section_count. */
void hp_pe_section_get(const hp_pe *pe, uint16_t index, hp_pe_section *section);

/** The first section of this name, at most 31 characters; 0 if there is none. */
int hp_pe_section_find(const hp_pe *pe, const char *name, hp_pe_section *section);

/** The section that holds this RVA in memory; 0 if there is none. */
int hp_pe_section_at(const hp_pe *pe, uint32_t rva, hp_pe_section *section);

/** What the file holds for length bytes from rva on; empty if not all of them are in the file's part of one
 * section, or in the headers. */
hp_span hp_pe_bytes(const hp_pe *pe, uint32_t rva, uint32_t length);

/** The bytes of a directory; empty if it is absent or lies outside. (Certificates: by file offset.) */
hp_span hp_pe_directory(const hp_pe *pe, unsigned directory);

/** Data of the resource RT_RCDATA of this name (ASCII, capitals), in the first language that the file has;
 * empty if there is none, or if it has no bytes. */
hp_span hp_pe_rcdata(const hp_pe *pe, const char *name);

/** One symbol of the COFF symbol table. */
typedef struct hp_pe_symbol {
    const char *name; /**< not terminated; x86: with the leading underscore */
    size_t length;
    uint32_t rva;
    uint8_t is_function; /**< its type says so (DTYPE function) */
    uint8_t is_external; /**< IMAGE_SYM_CLASS_EXTERNAL; else static */
} hp_pe_symbol;

/**
 * Walk the symbol table: only symbols that stand in a section are given.
 *
 * @param at  0 to begin with, then as the last call left it
 * @return 1 and the symbol; 0 at the end, and where the table is damaged
 */
int hp_pe_symbol_next(const hp_pe *pe, size_t *at, hp_pe_symbol *symbol);

/**
 * The image's fingerprint (proxygen/fingerprint.h), the same that the loaded image has. Who computes it in
 * memory takes all from the headers that the loader has mapped, in their order:
 *   - machine and time stamp of the COFF header, AddressOfEntryPoint;
 *   - of each section with IMAGE_SCN_MEM_EXECUTE VirtualAddress and VirtualSize, or SizeOfRawData if that is
 * 0;
 *   - the directories HP_PE_EXCEPTIONS and HP_PE_RELOCATIONS, RVA and size as their entries say. One is
 * absent if its number is not below NumberOfRvaAndSizes (at most 16 count), if RVA or size is 0, or if not
 * all of it lies below SizeOfHeaders, or in the part of one section that the file fills: from VirtualAddress
 * on the smaller of VirtualSize and SizeOfRawData (SizeOfRawData where VirtualSize is 0; nothing where
 *     PointerToRawData is 0).
 */
uint64_t hp_pe_fingerprint(const hp_pe *pe);

#endif
