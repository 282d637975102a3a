/**
 * @file facts_build.h
 * DWARF made by hand: small sections, sound ones, which a test then damages. What is read is
 * copied to memory of exactly its size, so that a sanitizer sees one byte too many.
 */
#ifndef HP_TESTS_UNIT_FACTS_BUILD_H
#define HP_TESTS_UNIT_FACTS_BUILD_H

#include "tools/debug/facts_dwarf.h"

/** Bytes that grow. */
typedef struct facts_bytes {
    unsigned char *at;
    size_t size, room;
} facts_bytes;

void facts_put(facts_bytes *bytes, const void *from, size_t size);
/** A number of size bytes, little-endian. */
void facts_number(facts_bytes *bytes, uint64_t number, unsigned size);
void facts_uleb(facts_bytes *bytes, uint64_t number);
/** Text with its NUL. @return its offset */
uint32_t facts_text(facts_bytes *bytes, const char *text);
/** Overwrite four bytes. */
void facts_set(facts_bytes *bytes, size_t at, uint32_t number);
void facts_drop(facts_bytes *bytes);

/** Sections of DWARF. Zero it; free it with facts_dwarf_drop. */
typedef struct facts_dwarf {
    facts_bytes info, abbrev, text, line, ranges;
    size_t unit; /**< where the last one begins */
} facts_dwarf;

#define FACTS_BASE UINT64_C(0x140000000) /* where the image is loaded */

/* What the forms are called (DWARF 4, 7.5.4). */
enum {
    FORM_ADDR = 1,
    FORM_BLOCK4 = 4,
    FORM_DATA1 = 0x0b,
    FORM_STRING = 8,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_REF_ADDR = 0x10,
    FORM_REF4 = 0x13,
    FORM_INDIRECT = 0x16,
    FORM_SEC_OFFSET = 0x17,
    FORM_PRESENT = 0x19
};

/* The abbreviations that facts_dwarf_begin declares; behind them the attributes that follow the code. */
enum {
    A_UNIT = 1,  /**< producer (text), language (1), directory (text), .debug_line (4); children */
    A_FUNCTION,  /**< name (text), address (8), file (1), line (1); children; external */
    A_PARAMETER, /**< type (4) */
    A_POINTER,   /**< type (4) */
    A_CONST,     /**< type (4) */
    A_TYPEDEF,   /**< type (4) */
    A_INT,       /**< nothing */
    A_SPLIT,     /**< name (text), offset of its ranges (4) */
    A_ABSTRACT,  /**< name (text), file (1), line (1); children; DW_AT_inline */
    A_INSTANCE,  /**< origin (4), address (8); children */
    A_COPY,      /**< origin (4): an inlined copy */
    A_COMPLETED, /**< specification (4), address (8); children */
    A_STRUCT,    /**< name (text); children */
    A_METHOD,    /**< name (text); a declaration */
    A_DOTS,      /**< nothing */
    A_ODD        /**< free for tests */
};

/** Declare the abbreviations, and begin a unit of version 4 with its entry, by gcc -O2, that has the file
 * "a.c" in "/src". */
void facts_dwarf_begin(facts_dwarf *dwarf);
/** Declare an abbreviation with pairs of attribute and form that end with two zeros; the table stays open. */
void facts_abbrev(facts_dwarf *dwarf, uint64_t code, unsigned tag, unsigned has_children,
                  const uint16_t *attributes);
/** The header of a unit, and its entry. */
void facts_unit_header(facts_dwarf *dwarf, unsigned version);
void facts_unit(facts_dwarf *dwarf, const char *producer, unsigned language);
/** End the entry of the unit and the unit. */
void facts_unit_end(facts_dwarf *dwarf);
/** An entry with one text (or NULL) behind its code. @return its offset in the unit */
uint32_t facts_entry(facts_dwarf *dwarf, unsigned code, const char *name);
/** An entry that refers to another one. @return its offset in the unit */
uint32_t facts_refer(facts_dwarf *dwarf, unsigned code, uint32_t to);
/** A whole function without parameters. */
void facts_function(facts_dwarf *dwarf, const char *name, uint32_t rva, unsigned line);
/** A whole instance of an abstract function. */
void facts_instance(facts_dwarf *dwarf, uint32_t origin, uint32_t rva);
/** Children end. */
void facts_end(facts_dwarf *dwarf);

/** Read it; what comes out is checked to be sane. Every section is as long as said in limits (abbrev, text,
 * line, ranges, info; or NULL). */
HRESULT facts_dwarf_read(const facts_dwarf *dwarf, const size_t *limits, hp_facts *facts);
/** Expect damage. */
void facts_dwarf_refused(const facts_dwarf *dwarf);
void facts_dwarf_drop(facts_dwarf *dwarf);

/** What a reader may give: facts in their order, or damage with a reason and no facts. */
void facts_expect_sane(HRESULT hr, const hp_facts *facts, const char *reason);

#endif
