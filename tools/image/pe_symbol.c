#include "tools/image/pe_read.h"

#include <string.h>

/* A record of the symbol table: PE specification, "COFF Symbol Table". */
enum {
    NAME_SIZE = 8,
    NAME_OFFSET = 4, /* where the first 4 bytes are 0 */
    VALUE = 8,
    SECTION = 12,
    TYPE = 14,
    CLASS = 16,
    AUXILIARIES = 17,
    RECORD = 18,
};
enum { CLASS_EXTERNAL = 2, CLASS_WEAK_EXTERNAL = 105, DERIVED_FUNCTION = 2 };

/* Its name; 0 if that lies outside of the string table, or never ends. */
static int name_of(const hp_pe *pe, const unsigned char *record, hp_pe_symbol *symbol) {
    if (hp_pe_read_32(record) != 0) {
        const unsigned char *end = memchr(record, 0, NAME_SIZE);
        symbol->name = (const char *)record;
        symbol->length = end ? (size_t)(end - record) : NAME_SIZE;
        return 1;
    }
    const uint32_t at = hp_pe_read_32(record + NAME_OFFSET);
    if (at < 4 || at >= pe->strings.size)
        return 0;
    const unsigned char *text = pe->strings.at + at;
    const unsigned char *end = memchr(text, 0, pe->strings.size - at);
    symbol->name = (const char *)text;
    symbol->length = end ? (size_t)(end - text) : 0;
    return end != NULL;
}

int hp_pe_symbol_next(const hp_pe *pe, size_t *at, hp_pe_symbol *symbol) {
    while (*at < pe->symbol_count) {
        const unsigned char *record = pe->bytes + pe->symbols + *at * RECORD;
        if (record[AUXILIARIES] >= pe->symbol_count - *at)
            break;
        *at += 1u + record[AUXILIARIES];
        const unsigned section = hp_pe_read_16(record + SECTION); // 0 and the negative ones are none
        if (section == 0 || section > pe->section_count)
            continue;
        hp_pe_section place;
        hp_pe_section_get(pe, (uint16_t)(section - 1), &place);
        const uint32_t value = hp_pe_read_32(record + VALUE);
        if (value > place.size)
            continue;
        *symbol = (hp_pe_symbol){
            .rva = place.rva + value,
            .is_function = (hp_pe_read_16(record + TYPE) >> 4 & 3) == DERIVED_FUNCTION,
            .is_external = record[CLASS] == CLASS_EXTERNAL || record[CLASS] == CLASS_WEAK_EXTERNAL,
        };
        if (!name_of(pe, record, symbol))
            break;
        return 1;
    }
    *at = pe->symbol_count;
    return 0;
}
