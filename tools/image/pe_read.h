/**
 * @file pe_read.h
 * What the files pe*.c share: little-endian fields, and offsets of the headers. Source: Microsoft PE
 * specification, "COFF File Header", "Optional Header", "Section Table (Section Headers)".
 */
#ifndef HP_TOOLS_PE_READ_H
#define HP_TOOLS_PE_READ_H

#include "tools/image/pe.h"

/** The header of the DOS program, and where in it the PE signature's offset stands (e_lfanew). */
enum { HP_PE_DOS_HEADER = 64, HP_PE_DOS_NEW_HEADER = 60 };

/** Offsets from the PE signature. */
enum {
    HP_PE_COFF_MACHINE = 4,
    HP_PE_COFF_SECTIONS = 6,
    HP_PE_COFF_TIMESTAMP = 8,
    HP_PE_COFF_SYMBOLS = 12,
    HP_PE_COFF_SYMBOL_COUNT = 16,
    HP_PE_COFF_OPTIONAL_SIZE = 20,
    HP_PE_COFF_TRAITS = 22,
    HP_PE_COFF_END = 24,
};

/** Offsets in the optional header, the same in PE32 and PE32+ up to HP_PE_OPTIONAL_CHECKSUM. */
enum {
    HP_PE_OPTIONAL_INITIALIZED = 8,
    HP_PE_OPTIONAL_ENTRY = 16,
    HP_PE_OPTIONAL_SECTION_ALIGNMENT = 32,
    HP_PE_OPTIONAL_FILE_ALIGNMENT = 36,
    HP_PE_OPTIONAL_IMAGE_SIZE = 56,
    HP_PE_OPTIONAL_HEADERS_SIZE = 60,
    HP_PE_OPTIONAL_CHECKSUM = 64,
    HP_PE_OPTIONAL_DIRECTORIES_32 = 96,  /**< the directories; their count stands in the 4 bytes before */
    HP_PE_OPTIONAL_DIRECTORIES_64 = 112, /**< likewise */
};

/** Offsets in a section header, and its size. */
enum {
    HP_PE_SECTION_VIRTUAL_SIZE = 8,
    HP_PE_SECTION_RVA = 12,
    HP_PE_SECTION_RAW_SIZE = 16,
    HP_PE_SECTION_RAW = 20,
    HP_PE_SECTION_TRAITS = 36,
    HP_PE_SECTION_HEADER = 40,
};

enum {
    HP_PE_MACHINE_X86 = 0x14C,
    HP_PE_MACHINE_X64 = 0x8664,
    HP_PE_SECTIONS_MAX = 96, /**< the loader's limit */
    HP_PE_PAGE = 4096,
};

#define HP_PE_INITIALIZED_DATA 0x00000040u /* IMAGE_SCN_CNT_INITIALIZED_DATA */
#define HP_PE_EXECUTE 0x20000000u          /* IMAGE_SCN_MEM_EXECUTE */
#define HP_PE_READ 0x40000000u             /* IMAGE_SCN_MEM_READ */

static inline uint16_t hp_pe_read_16(const unsigned char *at) {
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t hp_pe_read_32(const unsigned char *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void hp_pe_read_put_16(unsigned char *at, unsigned value) {
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

static inline void hp_pe_read_put_32(unsigned char *at, uint32_t value) {
    hp_pe_read_put_16(at, value & 0xFFFF);
    hp_pe_read_put_16(at + 2, value >> 16);
}

/** Do length bytes from offset on lie inside size bytes? */
static inline int hp_pe_read_fits(uint64_t offset, uint64_t length, uint64_t size) {
    return offset <= size && length <= size - offset;
}

/** Up to the next multiple of a power of two. */
static inline uint64_t hp_pe_read_round(uint64_t value, uint64_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

/** Where directory number n stands in the file; below directories. */
static inline size_t hp_pe_read_directory_at(const hp_pe *pe, unsigned directory) {
    return pe->optional + 8u * directory +
           (pe->arch == HP_ARCH_X64 ? HP_PE_OPTIONAL_DIRECTORIES_64 : HP_PE_OPTIONAL_DIRECTORIES_32);
}

/** Where the section table ends in the file. */
static inline size_t hp_pe_read_sections_end(const hp_pe *pe) {
    return pe->sections + (size_t)pe->section_count * HP_PE_SECTION_HEADER;
}

/** The header of section number index, below section_count. */
static inline const unsigned char *hp_pe_read_section(const hp_pe *pe, unsigned index) {
    return pe->bytes + pe->sections + (size_t)index * HP_PE_SECTION_HEADER;
}

#endif
