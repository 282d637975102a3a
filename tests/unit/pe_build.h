/**
 * @file pe_build.h
 * Small image files, made in memory by hand: sound ones, which a test then damages.
 */
#ifndef HP_TESTS_UNIT_PE_BUILD_H
#define HP_TESTS_UNIT_PE_BUILD_H

#include "tools/image/pe.h"

/** What an image has beyond .text, .bss (nothing in the file), .pdata and .reloc. */
enum {
    PE_RESOURCES = 1,    /**< .rsrc with pe_build_resources */
    PE_SYMBOLS = 2,      /**< a symbol table, and a section whose name is in its string table */
    PE_CHECKSUM = 4,     /**< the header's sum is right */
    PE_OVERLAY = 8,      /**< an odd number of bytes behind everything */
    PE_CERTIFICATE = 16, /**< the overlay is called a certificate; with PE_OVERLAY */
    PE_FULL = 32, /**< sections without contents till the headers have no place for another (pe_fill.h) */
    PE_SHORT_STUB = 64, /**< the PE headers begin at 0x78, as lld has it, not at 0x80 */
    PE_NO_STUB = 128    /**< at 0x40: there is no DOS program */
};

/** An image, and where its parts are in the file. */
typedef struct pe_image {
    unsigned char bytes[0x1800];
    size_t size;
    size_t coff, optional, directories, sections; /**< coff: behind the signature */
    size_t tree, tree_size;                       /**< of the resources */
    size_t symbols, strings;
} pe_image;

/** A resource. A name wins over the number. */
typedef struct pe_resource {
    const char *type;
    uint32_t type_id;
    const char *name;
    uint32_t name_id, language, code_page;
    const char *data;
} pe_resource;

/** Those of an image with PE_RESOURCES, in the order of the format; the last one has no type. */
extern const pe_resource pe_build_resources[];

/** RVAs; .text has 0x123 bytes in memory and 0x200 in the file. */
enum {
    PE_TEXT = 0x1000,
    PE_BSS = 0x2000,
    PE_PDATA = 0x4000,
    PE_RELOC = 0x5000,
    PE_RSRC = 0x6000,
    PE_TEXT_SIZE = 0x123,
    PE_HEADERS = 0x400
};

/** Make one. */
void pe_build(pe_image *image, hp_arch arch, unsigned parts);

/** The same aligned to 32 bytes in memory as in the file, as drivers are; no symbols. */
void pe_build_low(pe_image *image, hp_arch arch);

/** Little-endian fields of the image; checked against its size. */
void pe_put_16(pe_image *image, size_t at, unsigned value);
void pe_put_32(pe_image *image, size_t at, uint32_t value);
uint32_t pe_get_32(const pe_image *image, size_t at);

/** Offset of a section's header. */
size_t pe_section(const pe_image *image, unsigned index);

/** The checksum that belongs into the header, computed as the one's complement sum is described. */
uint32_t pe_checksum(const unsigned char *bytes, size_t size, size_t field);

/** Look at all that an image has, as a reader would; the numbers keep the compiler from leaving it out. */
size_t pe_walk(const hp_pe *pe);

#endif
