#include "tools/debug/facts_dwarf.h"

/* Options included; longer ones are not looked at. */
#define PRODUCER_MAX 16384u

/* Where an option that begins like this stands last in the text; what stands last is in force. */
static const char *last_option(const char *text, const char *option) {
    const char *last = NULL;
    for (const char *at = strstr(text, option); at; at = strstr(at + 1, option))
        last = at;
    return last;
}

/* Has no optimiser seen the code? The producer's text has the options; clang's only if it was told so. */
static uint8_t is_free(const char *producer, int is_clang) {
    if (is_clang && !strstr(producer, " -"))
        return 0;
    const char *kept = last_option(producer, " -fkeep-static-functions");
    const char *dropped = last_option(producer, " -fno-keep-static-functions");
    if (!is_clang && kept && (!dropped || dropped < kept))
        return 1;
    const char *level = last_option(producer, " -O");
    return !level || (level[3] == '0' && (level[4] == 0 || level[4] == ' '));
}

/* May calls of its functions be relied on? */
static uint8_t is_guarded(const char *producer, int is_clang) {
    if (is_clang && !strstr(producer, " -"))
        return 0;
    const char *level = last_option(producer, " -O");
    if (!level || (level[3] == '0' && (level[4] == 0 || level[4] == ' ')))
        return 1;
    return !is_clang && strstr(producer, " -flive-patching") && !strstr(producer, " -fno-live-patching");
}

/* What the compiler calls itself (DW_AT_producer). */
static void take_producer(hp_dwarf *dwarf, hp_dwarf_unit *unit, const char *producer) {
    if (!producer)
        return;
    const size_t size = strnlen(producer, PRODUCER_MAX);
    if (size > dwarf->producers) { // each unit may have another part of one long text
        dwarf->producers = 0;
        return;
    }
    dwarf->producers -= size;
    if (size == PRODUCER_MAX)
        return;
    if (strncmp(producer, "GNU AS ", 7) == 0)
        unit->is_guarded = 1;
    const int is_clang = strstr(producer, "clang version") != NULL;
    if (!is_clang && (strncmp(producer, "GNU ", 4) != 0 || unit->is_guarded))
        return;
    unit->compiler = is_clang ? HP_COMPILER_CLANG : HP_COMPILER_GNU;
    unit->is_free = is_free(producer, is_clang);
    unit->is_guarded = is_guarded(producer, is_clang);
}

/* DW_LANG_... of C and of assembler (7.12; those above 0x13 are DWARF 5's, which gcc has in DWARF 4, too). */
static uint8_t is_cxx(uint64_t language) {
    switch (language) {
    case 0x01:   // C89
    case 0x02:   // C
    case 0x0c:   // C99
    case 0x1d:   // C11
    case 0x2c:   // C17
    case 0x8001: // assembler
        return 0;
    default:
        return 1;
    }
}

void hp_facts_dwarf_unit_read(hp_dwarf *dwarf, hp_dwarf_unit *unit, hp_cursor *cursor,
                              const hp_dwarf_abbrevs *abbrevs, const hp_dwarf_abbrev *abbrev) {
    for (uint32_t i = 0; i < abbrev->count && !cursor->failed; i++) {
        const hp_dwarf_attribute *attribute = &abbrevs->attributes[abbrev->first + i];
        const hp_dwarf_value value =
            hp_facts_dwarf_abbrev_value(dwarf->sections, unit, cursor, attribute->form);
        switch (attribute->name) {
        case HP_DW_AT_PRODUCER:
            take_producer(dwarf, unit, value.text);
            break;
        case HP_DW_AT_LANGUAGE:
            unit->is_cxx = is_cxx(value.number);
            break;
        case HP_DW_AT_COMP_DIR:
            unit->directory = value.text;
            break;
        case HP_DW_AT_STMT_LIST:
            if (value.kind == HP_DWARF_NUMBER && value.number < HP_DWARF_NONE)
                unit->lines = (uint32_t)value.number;
            break;
        case HP_DW_AT_LOW_PC:
            if (value.kind == HP_DWARF_ADDRESS)
                unit->low = value.number;
            break;
        default:
            break;
        }
    }
}
