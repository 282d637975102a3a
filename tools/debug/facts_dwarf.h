/**
 * @file facts_dwarf.h
 * Inside of facts_dwarf*.c: DWARF 2 to 4 in the 32-bit format. Two passes: hp_facts_dwarf_walk goes over
 * .debug_info once and keeps a node for each entry (DIE) that a fact may need, in the order of their offsets;
 * hp_facts_dwarf_resolve makes facts of them. Pure; nothing in the bytes is believed. Numbers in comments
 * are sections of the DWARF 4 standard.
 */
#ifndef HP_TOOLS_FACTS_DWARF_H
#define HP_TOOLS_FACTS_DWARF_H

#include "tools/debug/facts_cursor.h"
#include "tools/debug/facts_list.h"

/** The sections that are read; absent ones are empty. */
typedef struct hp_dwarf_sections {
    hp_span info, abbrev, text, line, ranges; /**< text: .debug_str; the passes need its last byte to be 0 */
    uint64_t image_base;
} hp_dwarf_sections;

/** hp_facts_dwarf, given the sections: also for tests and the fuzzer. */
HRESULT hp_facts_dwarf_read(const hp_dwarf_sections *sections, hp_facts *facts, const char **reason);

/* Tags and attributes that are looked at (7.5). */
enum {
    HP_DW_CLASS = 0x02,
    HP_DW_ENUM = 0x04,
    HP_DW_PARAMETER = 0x05,
    HP_DW_POINTER = 0x0f,
    HP_DW_REFERENCE = 0x10,
    HP_DW_UNIT = 0x11,
    HP_DW_STRUCTURE = 0x13,
    HP_DW_TYPEDEF = 0x16,
    HP_DW_UNION = 0x17,
    HP_DW_UNSPECIFIED_PARAMETERS = 0x18,
    HP_DW_INLINED = 0x1d,
    HP_DW_CONST = 0x26,
    HP_DW_SUBPROGRAM = 0x2e,
    HP_DW_VOLATILE = 0x35,
    HP_DW_RESTRICT = 0x37,
    HP_DW_INTERFACE = 0x38,
    HP_DW_NAMESPACE = 0x39,
    HP_DW_PARTIAL_UNIT = 0x3c,
    HP_DW_RVALUE_REFERENCE = 0x42,
    HP_DW_ATOMIC = 0x47, /* DWARF 5, but gcc has it in 4, too */
    HP_DW_PARAMETER_PACK = 0x4108,

    HP_DW_AT_NAME = 0x03,
    HP_DW_AT_BYTE_SIZE = 0x0b,
    HP_DW_AT_STMT_LIST = 0x10,
    HP_DW_AT_LOW_PC = 0x11,
    HP_DW_AT_LANGUAGE = 0x13,
    HP_DW_AT_COMP_DIR = 0x1b,
    HP_DW_AT_INLINE = 0x20,
    HP_DW_AT_PRODUCER = 0x25,
    HP_DW_AT_PROTOTYPED = 0x27,
    HP_DW_AT_ABSTRACT_ORIGIN = 0x31,
    HP_DW_AT_ARTIFICIAL = 0x34,
    HP_DW_AT_DECL_FILE = 0x3a,
    HP_DW_AT_DECL_LINE = 0x3b,
    HP_DW_AT_DECLARATION = 0x3c,
    HP_DW_AT_ENCODING = 0x3e,
    HP_DW_AT_EXTERNAL = 0x3f,
    HP_DW_AT_SPECIFICATION = 0x47,
    HP_DW_AT_TYPE = 0x49,
    HP_DW_AT_ENTRY_PC = 0x52,
    HP_DW_AT_EXTENSION = 0x54,
    HP_DW_AT_RANGES = 0x55,
    HP_DW_AT_OBJECT_POINTER = 0x64,
};

#define HP_DWARF_NONE UINT32_MAX

/** A unit of a version that is read. */
typedef struct hp_dwarf_unit {
    uint32_t offset;
    uint16_t version;
    uint8_t address_size;
    uint8_t compiler, is_cxx, is_free, is_guarded; /**< as in hp_fact */
    uint64_t low;                                  /**< what its ranges are relative to */
    const char *directory;                         /**< DW_AT_comp_dir or NULL */
    uint32_t lines;                                /**< offset in .debug_line; HP_DWARF_NONE: none */
} hp_dwarf_unit;

enum {
    HP_DWARF_EXTERNAL = 1,
    HP_DWARF_DECLARATION = 2,
    HP_DWARF_ARTIFICIAL = 4,
    HP_DWARF_VARIADIC = 8,
    HP_DWARF_OBJECT = 16,
    HP_DWARF_INLINE = 32,    /**< DW_AT_inline says inlined, or declared so */
    HP_DWARF_CODE = 64,      /**< it has an address in the image */
    HP_DWARF_INSTANCE = 128, /**< some instance of it has code, or had it and was discarded */
    HP_DWARF_PROTOTYPED = 256
};

/** An entry that a fact may need. Offsets lead into .debug_info, HP_DWARF_NONE for none. */
typedef struct hp_dwarf_node {
    uint32_t offset;
    uint32_t scope;                       /**< index of the next scope or function around it */
    uint32_t origin, specification, type; /**< offsets */
    uint32_t first, next;      /**< indices: a function's first parameter, a parameter's next one */
    uint32_t unit, file, line; /**< unit: index; file: number in the unit's table, 0 for none */
    uint32_t rva, inlined;
    const char *name; /**< in the sections; NULL: none */
    uint16_t tag, flags;
    uint8_t size, encoding; /**< 0: unknown */
} hp_dwarf_node;

/** What the first pass leaves. */
typedef struct hp_dwarf {
    const hp_dwarf_sections *sections;
    const char *reason; /**< of a failure; static */
    hp_dwarf_unit *units;
    size_t unit_count, unit_capacity;
    hp_dwarf_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *copies; /**< for each inlined copy in code: offset of what was inlined */
    size_t copy_count, copy_capacity;
    size_t skipped_units; /**< of other versions */
    uint64_t steps;       /**< references that may still be followed: chains that many share take time */
    uint64_t producers;   /**< bytes of producers that may still be looked at */
} hp_dwarf;

/** Note what is wrong. @return HP_E_DEBUG_INFO */
static inline HRESULT hp_facts_dwarf_damaged(hp_dwarf *dwarf, const char *reason) {
    dwarf->reason = reason;
    return HP_E_DEBUG_INFO;
}

/* facts_dwarf_abbrev.c */

typedef struct hp_dwarf_abbrev {
    uint64_t code;
    uint32_t first, count; /**< its attributes */
    uint16_t tag;
    uint8_t has_children;
} hp_dwarf_abbrev;

typedef struct hp_dwarf_attribute {
    uint16_t name, form;
} hp_dwarf_attribute;

/** The abbreviations of a unit (7.5.3). */
typedef struct hp_dwarf_abbrevs {
    uint64_t offset; /**< what is loaded; meaningless while count is 0 */
    hp_dwarf_abbrev *items;
    size_t count, capacity;
    hp_dwarf_attribute *attributes;
    size_t attribute_count, attribute_capacity;
    uint64_t
        budget; /**< bytes that may still be read: units that name ever new offsets cannot take forever */
} hp_dwarf_abbrevs;

/** Load the table at an offset of .debug_abbrev, unless it is there. @return S_OK, HP_E_DEBUG_INFO,
 * E_OUTOFMEMORY */
HRESULT hp_facts_dwarf_abbrev_load(hp_dwarf *dwarf, hp_dwarf_abbrevs *abbrevs, uint64_t offset);

/** The abbreviation of this code; NULL if there is none. */
const hp_dwarf_abbrev *hp_facts_dwarf_abbrev_find(const hp_dwarf_abbrevs *abbrevs, uint64_t code);

void hp_facts_dwarf_abbrev_free(hp_dwarf_abbrevs *abbrevs);

typedef enum hp_dwarf_kind {
    HP_DWARF_OTHER, /**< a block or something that is not followed */
    HP_DWARF_NUMBER,
    HP_DWARF_ADDRESS,
    HP_DWARF_TEXT,
    HP_DWARF_REFERENCE, /**< number is an offset in .debug_info, not checked */
} hp_dwarf_kind;

typedef struct hp_dwarf_value {
    hp_dwarf_kind kind;
    uint64_t number;
    const char *text; /**< NULL if the text lies outside */
} hp_dwarf_value;

/**
 * Read an attribute's value (7.5.4 and 7.5.5).
 *
 * @param cursor  at it; behind it afterwards; failed for a form that is not known
 */
hp_dwarf_value hp_facts_dwarf_abbrev_value(const hp_dwarf_sections *sections, const hp_dwarf_unit *unit,
                                           hp_cursor *cursor, uint16_t form);

/* facts_dwarf_walk.c */

/** The first pass. @return S_OK, HP_E_DEBUG_INFO, E_OUTOFMEMORY; free the lists in any case */
HRESULT hp_facts_dwarf_walk(hp_dwarf *dwarf);

/* facts_dwarf_node.c */

/** Read all attributes of an entry into a node, whatever its tag; those of other tags are not needed. */
void hp_facts_dwarf_node_read(hp_dwarf *dwarf, hp_dwarf_unit *unit, hp_cursor *cursor,
                              const hp_dwarf_abbrevs *abbrevs, const hp_dwarf_abbrev *abbrev,
                              hp_dwarf_node *node);

/** The node at this offset; NULL if there is none. */
hp_dwarf_node *hp_facts_dwarf_node_find(const hp_dwarf *dwarf, uint32_t offset);

/* facts_dwarf_unit.c */

/** Read the attributes of a unit's own entry. */
void hp_facts_dwarf_unit_read(hp_dwarf *dwarf, hp_dwarf_unit *unit, hp_cursor *cursor,
                              const hp_dwarf_abbrevs *abbrevs, const hp_dwarf_abbrev *abbrev);

/* facts_dwarf_line.c */

/** The file table of one unit, kept until another unit's is asked for. Zero it first. */
typedef struct hp_dwarf_files {
    uint32_t lines; /**< what is loaded */
    int is_loaded;
    const char **directories;
    size_t directory_count, directory_capacity;
    struct hp_dwarf_file {
        const char *name;
        uint64_t directory;
    } * items;
    size_t count, capacity;
    uint64_t budget; /**< as of hp_dwarf_abbrevs */
} hp_dwarf_files;

/**
 * A file's path: with its directory and, where that is relative too, the unit's if that is absolute.
 *
 * @param text  receives it; empty if it is not known
 * @return S_OK; E_OUTOFMEMORY
 */
HRESULT hp_facts_dwarf_line_file(const hp_dwarf *dwarf, hp_dwarf_files *files, const hp_dwarf_unit *unit,
                                 uint32_t number, char text[HP_FACTS_TEXT_MAX + 1]);

void hp_facts_dwarf_line_free(hp_dwarf_files *files);

/* facts_dwarf_resolve.c */

/** The second pass. @return S_OK; HP_E_DEBUG_INFO; E_OUTOFMEMORY */
HRESULT hp_facts_dwarf_resolve(hp_dwarf *dwarf, hp_facts_list *list);

#endif
