#include "tools/debug/facts_dwarf.h"

#include <stdlib.h>

HRESULT hp_facts_dwarf_read(const hp_dwarf_sections *sections, hp_facts *facts, const char **reason) {
    hp_dwarf_sections trimmed = *sections;
    *facts = (hp_facts){0};
    while (trimmed.text.size && trimmed.text.at[trimmed.text.size - 1] != 0)
        trimmed.text.size--; // so that every text in it has an end
    hp_dwarf dwarf = {.sections = &trimmed};
    hp_facts_list list = {0};
    HRESULT hr = S_OK;
    if (sections->info.size >= HP_DWARF_NONE)
        hr = hp_facts_dwarf_damaged(&dwarf, "the DWARF is larger than 4 GiB");
    if (hr == S_OK)
        hr = hp_facts_dwarf_walk(&dwarf);
    if (hr == S_OK && dwarf.skipped_units && !dwarf.unit_count)
        hr = hp_facts_dwarf_damaged(&dwarf, "the DWARF is of version 5 (compile with -gdwarf-4)");
    if (hr == S_OK)
        hr = hp_facts_dwarf_resolve(&dwarf, &list);
    if (hr == S_OK)
        hr = hp_facts_list_finish(&list, facts);
    hp_facts_list_free(&list);
    free(dwarf.units);
    free(dwarf.nodes);
    free(dwarf.copies);
    if (reason)
        *reason = dwarf.reason;
    return hr;
}

static hp_span section(const hp_pe *pe, const char *name) {
    hp_pe_section found;
    if (!hp_pe_section_find(pe, name, &found))
        return (hp_span){0};
    const uint32_t size = found.raw_size < found.size ? found.raw_size : found.size;
    return (hp_span){.at = pe->bytes + found.raw, .size = size};
}

HRESULT hp_facts_dwarf(const hp_pe *pe, hp_facts *facts, const char **reason) {
    const hp_dwarf_sections sections = {
        .info = section(pe, ".debug_info"),
        .abbrev = section(pe, ".debug_abbrev"),
        .text = section(pe, ".debug_str"),
        .line = section(pe, ".debug_line"),
        .ranges = section(pe, ".debug_ranges"),
        .image_base = pe->image_base,
    };
    *facts = (hp_facts){0};
    if (reason)
        *reason = NULL;
    const int is_compressed = section(pe, ".zdebug_info").size != 0 ||
                              (sections.info.size >= 4 && memcmp(sections.info.at, "ZLIB", 4) == 0);
    if (is_compressed) {
        if (reason)
            *reason = "the DWARF is compressed (link without -gz)";
        return HP_E_DEBUG_INFO;
    }
    return sections.info.size ? hp_facts_dwarf_read(&sections, facts, reason) : S_OK;
}
