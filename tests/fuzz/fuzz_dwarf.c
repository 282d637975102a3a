// DWARF, whatever it claims: it is read within its bounds, and what comes out keeps the order that facts.h
// promises. The input: four sizes of two bytes, then that much of .debug_abbrev, .debug_str, .debug_line
// and .debug_ranges, and what is left is .debug_info. The image begins at address 0.
#include "tools/debug/facts_dwarf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

// A copy of exactly this size: the sanitizer sees one byte too many.
static hp_span copy(hp_cursor *cursor, size_t size) {
    if (size > hp_cursor_left(cursor))
        size = hp_cursor_left(cursor);
    unsigned char *bytes = malloc(size ? size : 1);
    if (!bytes)
        abort();
    const unsigned char *from = hp_cursor_take(cursor, size);
    if (size && from)
        memcpy(bytes, from, size);
    return (hp_span){.at = bytes, .size = size};
}

static void check(const hp_facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        const hp_fact *fact = &facts->items[i];
        const int has_code = fact->rva != 0;
        if (has_code != (i < facts->with_code) || fact->parameters > HP_FACT_PARAMETERS)
            abort();
        if (has_code && hp_facts_find(facts, fact->rva) != fact)
            abort();
        if (!has_code && (!fact->name || strlen(fact->name) > HP_FACTS_TEXT_MAX))
            abort();
        if (fact->file && strlen(fact->file) > HP_FACTS_TEXT_MAX)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    hp_cursor cursor = hp_cursor_open((hp_span){.at = input, .size = length}, 0);
    size_t sizes[4];
    for (size_t i = 0; i < 4; i++)
        sizes[i] = hp_cursor_u16(&cursor);
    if (cursor.failed)
        return 0;
    hp_dwarf_sections sections = {0};
    hp_span *const parts[] = {&sections.abbrev, &sections.text, &sections.line, &sections.ranges};
    for (size_t i = 0; i < 4; i++)
        *parts[i] = copy(&cursor, sizes[i]);
    sections.info = copy(&cursor, hp_cursor_left(&cursor));

    hp_facts facts;
    const char *reason = NULL;
    const HRESULT hr = hp_facts_dwarf_read(&sections, &facts, &reason);
    if ((hr == HP_E_DEBUG_INFO) != (reason != NULL) || (hr != S_OK && facts.count))
        abort();
    check(&facts);
    hp_facts_free(&facts);
    for (size_t i = 0; i < 4; i++)
        free((void *)parts[i]->at);
    free((void *)sections.info.at);
    return 0;
}
