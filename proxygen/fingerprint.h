/**
 * @file fingerprint.h
 * What ties a function table to the build of the image that it was made for. Pure; the same value for the
 * file and for the loaded image.
 *
 * Nothing that the loader, a signature or `strip -p` changes goes into it (strip without -p sets a new time
 * stamp): not the checksum, the image base, the symbol table, the size of the image, the certificate, nor
 * sections without code. What does: machine, time stamp, entry point, the sections with code (RVA and size in
 * memory), and the contents of two directories that differ whenever code has moved and that no loader writes
 * to: the exception directory (where each function begins and ends, x64) and the base relocations (where each
 * absolute address stands). PE specification, "COFF File Header", "Optional Header Data Directories",
 * "Section Table".
 */
#ifndef HP_PROXYGEN_FINGERPRINT_H
#define HP_PROXYGEN_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

typedef struct hp_fingerprint_section {
    uint32_t rva, size; /**< in memory, VirtualSize */
} hp_fingerprint_section;

/** What is looked at. */
typedef struct hp_fingerprint_parts {
    uint16_t machine;
    uint32_t timestamp;
    uint32_t entry_point;                   /**< RVA */
    const hp_fingerprint_section *sections; /**< those with IMAGE_SCN_MEM_EXECUTE, in the headers' order */
    size_t section_count;
    const void *exceptions, *relocations; /**< NULL if there are none */
    size_t exceptions_size, relocations_size;
} hp_fingerprint_parts;

/** The fingerprint: FNV-1a, 64 bits, over all of it, each number little-endian. Thread-safe. */
uint64_t hp_fingerprint_compute(const hp_fingerprint_parts *parts);

#endif
