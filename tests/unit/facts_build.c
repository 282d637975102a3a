#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts_build.h"
#include "facts_support.h"

void facts_put(facts_bytes *bytes, const void *from, size_t size) {
    if (bytes->size + size > bytes->room) {
        bytes->room = 2 * (bytes->size + size) + 64;
        bytes->at = realloc(bytes->at, bytes->room);
        if (!bytes->at)
            abort();
    }
    if (size)
        memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
}

void facts_number(facts_bytes *bytes, uint64_t number, unsigned size) {
    facts_put(bytes, &number, size);
}

void facts_uleb(facts_bytes *bytes, uint64_t number) {
    for (; number > 0x7f; number >>= 7)
        facts_number(bytes, (number & 0x7f) | 0x80, 1);
    facts_number(bytes, number, 1);
}

uint32_t facts_text(facts_bytes *bytes, const char *text) {
    const size_t at = bytes->size;
    facts_put(bytes, text, strlen(text) + 1);
    return (uint32_t)at;
}

void facts_set(facts_bytes *bytes, size_t at, uint32_t number) {
    if (at + 4 > bytes->size)
        abort();
    memcpy(bytes->at + at, &number, 4);
}

void facts_drop(facts_bytes *bytes) {
    free(bytes->at);
    *bytes = (facts_bytes){0};
}

void facts_abbrev(facts_dwarf *dwarf, uint64_t code, unsigned tag, unsigned has_children,
                  const uint16_t *attributes) {
    facts_uleb(&dwarf->abbrev, code);
    facts_uleb(&dwarf->abbrev, tag);
    facts_number(&dwarf->abbrev, has_children, 1);
    for (; attributes[0] || attributes[1]; attributes += 2) {
        facts_uleb(&dwarf->abbrev, attributes[0]);
        facts_uleb(&dwarf->abbrev, attributes[1]);
    }
    facts_number(&dwarf->abbrev, 0, 2);
}

// One directory, "/src", and one file, "a.c", of it.
static void add_lines(facts_dwarf *dwarf) {
    const size_t at = dwarf->line.size;
    facts_number(&dwarf->line, 0, 4);
    facts_number(&dwarf->line, 4, 2);
    facts_number(&dwarf->line, 0, 4);            // header_length, which nobody needs
    facts_number(&dwarf->line, 0x0e01010101, 5); // up to line_range
    facts_number(&dwarf->line, 2, 1);            // opcode_base
    facts_number(&dwarf->line, 0, 1);            // length of opcode 1
    facts_put(&dwarf->line, "/src\0\0a.c\0\1\0\0\0", 14);
    facts_set(&dwarf->line, at, (uint32_t)(dwarf->line.size - at - 4));
}

static void add_abbrevs(facts_dwarf *dwarf) {
    static const struct {
        uint8_t code, tag, has_children;
        uint16_t attributes[14];
    } table[] = {
        {A_UNIT,
         HP_DW_UNIT,
         1,
         {HP_DW_AT_PRODUCER, FORM_STRING, HP_DW_AT_LANGUAGE, FORM_DATA1, HP_DW_AT_COMP_DIR, FORM_STRING,
          HP_DW_AT_STMT_LIST, FORM_SEC_OFFSET}},
        {A_FUNCTION,
         HP_DW_SUBPROGRAM,
         1,
         {HP_DW_AT_NAME, FORM_STRING, HP_DW_AT_LOW_PC, FORM_ADDR, HP_DW_AT_DECL_FILE, FORM_DATA1,
          HP_DW_AT_DECL_LINE, FORM_DATA1, HP_DW_AT_EXTERNAL, FORM_PRESENT}},
        {A_PARAMETER, HP_DW_PARAMETER, 0, {HP_DW_AT_TYPE, FORM_REF4}},
        {A_POINTER, HP_DW_POINTER, 0, {HP_DW_AT_TYPE, FORM_REF4}},
        {A_CONST, HP_DW_CONST, 0, {HP_DW_AT_TYPE, FORM_REF4}},
        {A_TYPEDEF, HP_DW_TYPEDEF, 0, {HP_DW_AT_TYPE, FORM_REF4}},
        {A_INT, 0x24, 0, {0}},
        {A_SPLIT, HP_DW_SUBPROGRAM, 0, {HP_DW_AT_NAME, FORM_STRING, HP_DW_AT_RANGES, FORM_SEC_OFFSET}},
        {A_ABSTRACT,
         HP_DW_SUBPROGRAM,
         1,
         {HP_DW_AT_NAME, FORM_STRING, HP_DW_AT_DECL_FILE, FORM_DATA1, HP_DW_AT_DECL_LINE, FORM_DATA1,
          HP_DW_AT_INLINE, FORM_PRESENT}},
        {A_INSTANCE, HP_DW_SUBPROGRAM, 1, {HP_DW_AT_ABSTRACT_ORIGIN, FORM_REF4, HP_DW_AT_LOW_PC, FORM_ADDR}},
        {A_COPY, HP_DW_INLINED, 0, {HP_DW_AT_ABSTRACT_ORIGIN, FORM_REF4}},
        {A_COMPLETED, HP_DW_SUBPROGRAM, 1, {HP_DW_AT_SPECIFICATION, FORM_REF4, HP_DW_AT_LOW_PC, FORM_ADDR}},
        {A_STRUCT, HP_DW_STRUCTURE, 1, {HP_DW_AT_NAME, FORM_STRING}},
        {A_METHOD,
         HP_DW_SUBPROGRAM,
         0,
         {HP_DW_AT_NAME, FORM_STRING, HP_DW_AT_DECLARATION, FORM_PRESENT, HP_DW_AT_EXTERNAL, FORM_PRESENT}},
        {A_DOTS, HP_DW_UNSPECIFIED_PARAMETERS, 0, {0}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        facts_abbrev(dwarf, table[i].code, table[i].tag, table[i].has_children, table[i].attributes);
}

void facts_unit_header(facts_dwarf *dwarf, unsigned version) {
    dwarf->unit = dwarf->info.size;
    facts_number(&dwarf->info, 0, 4);
    facts_number(&dwarf->info, version, 2);
    facts_number(&dwarf->info, 0, 4);
    facts_number(&dwarf->info, 8, 1);
}

void facts_unit(facts_dwarf *dwarf, const char *producer, unsigned language) {
    facts_unit_header(dwarf, 4);
    facts_entry(dwarf, A_UNIT, producer);
    facts_number(&dwarf->info, language, 1);
    facts_text(&dwarf->info, "/src");
    facts_number(&dwarf->info, 0, 4);
}

void facts_dwarf_begin(facts_dwarf *dwarf) {
    add_lines(dwarf);
    add_abbrevs(dwarf);
    facts_unit(dwarf, "GNU C11 12-win32 -mtune=generic -O2", 0x0c);
}

void facts_end(facts_dwarf *dwarf) {
    facts_number(&dwarf->info, 0, 1);
}

void facts_unit_end(facts_dwarf *dwarf) {
    facts_end(dwarf);
    facts_set(&dwarf->info, dwarf->unit, (uint32_t)(dwarf->info.size - dwarf->unit - 4));
}

uint32_t facts_entry(facts_dwarf *dwarf, unsigned code, const char *name) {
    const size_t at = dwarf->info.size;
    facts_uleb(&dwarf->info, code);
    if (name)
        facts_text(&dwarf->info, name);
    return (uint32_t)(at - dwarf->unit);
}

uint32_t facts_refer(facts_dwarf *dwarf, unsigned code, uint32_t to) {
    const uint32_t at = facts_entry(dwarf, code, NULL);
    facts_number(&dwarf->info, to, 4);
    return at;
}

void facts_function(facts_dwarf *dwarf, const char *name, uint32_t rva, unsigned line) {
    facts_entry(dwarf, A_FUNCTION, name);
    facts_number(&dwarf->info, FACTS_BASE + rva, 8);
    facts_number(&dwarf->info, 1, 1);
    facts_number(&dwarf->info, line, 1);
    facts_end(dwarf);
}

void facts_instance(facts_dwarf *dwarf, uint32_t origin, uint32_t rva) {
    facts_refer(dwarf, A_INSTANCE, origin);
    facts_number(&dwarf->info, FACTS_BASE + rva, 8);
    facts_end(dwarf);
}

static hp_span copy(const facts_bytes *bytes, size_t limit) {
    const size_t size = bytes->size < limit ? bytes->size : limit;
    unsigned char *at = malloc(size ? size : 1);
    if (!at)
        abort();
    if (size)
        memcpy(at, bytes->at, size);
    return (hp_span){.at = at, .size = size};
}

void facts_expect_sane(HRESULT hr, const hp_facts *facts, const char *reason) {
    if (hr == S_OK) {
        assert_null(reason);
        facts_expect_order(facts);
        return;
    }
    assert_int_equal(hr, HP_E_DEBUG_INFO);
    assert_non_null(reason);
    assert_int_equal(facts->count, 0);
    assert_null(facts->items);
    assert_int_equal(facts->enum_count, 0);
}

HRESULT facts_dwarf_read(const facts_dwarf *dwarf, const size_t *limits, hp_facts *facts) {
    static const size_t none[5] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    const size_t *limit = limits ? limits : none;
    facts_bytes abbrev = {0};
    facts_put(&abbrev, dwarf->abbrev.at, dwarf->abbrev.size);
    facts_number(&abbrev, 0, 1); // the table ends
    const hp_dwarf_sections sections = {.abbrev = copy(&abbrev, limit[0]),
                                        .text = copy(&dwarf->text, limit[1]),
                                        .line = copy(&dwarf->line, limit[2]),
                                        .ranges = copy(&dwarf->ranges, limit[3]),
                                        .info = copy(&dwarf->info, limit[4]),
                                        .image_base = FACTS_BASE};
    facts_drop(&abbrev);
    const char *reason = NULL;
    const HRESULT hr = hp_facts_dwarf_read(&sections, facts, &reason);
    const hp_span *spans[] = {&sections.abbrev, &sections.text, &sections.line, &sections.ranges,
                              &sections.info};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        free((void *)(uintptr_t)spans[i]->at);
    facts_expect_sane(hr, facts, reason);
    return hr;
}

void facts_dwarf_refused(const facts_dwarf *dwarf) {
    hp_facts facts;
    const HRESULT hr = facts_dwarf_read(dwarf, NULL, &facts);
    hp_facts_free(&facts);
    assert_int_equal(hr, HP_E_DEBUG_INFO);
}

void facts_dwarf_drop(facts_dwarf *dwarf) {
    facts_drop(&dwarf->info);
    facts_drop(&dwarf->abbrev);
    facts_drop(&dwarf->text);
    facts_drop(&dwarf->line);
    facts_drop(&dwarf->ranges);
}
