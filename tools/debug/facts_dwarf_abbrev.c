#include "tools/debug/facts_dwarf.h"

#include <stdlib.h>

/* Of one abbreviation; compilers use some 25. */
#define ATTRIBUTES_MAX 256u

static int by_code(const void *left, const void *right) {
    const hp_dwarf_abbrev *a = left, *b = right;
    return (a->code > b->code) - (a->code < b->code);
}

static HRESULT read_attributes(hp_dwarf_abbrevs *abbrevs, hp_cursor *cursor, hp_dwarf_abbrev *abbrev) {
    abbrev->first = (uint32_t)abbrevs->attribute_count;
    for (;;) {
        const uint64_t name = hp_cursor_uleb(cursor), form = hp_cursor_uleb(cursor);
        if (cursor->failed || name > UINT16_MAX || form > UINT16_MAX)
            return HP_E_DEBUG_INFO;
        if (!name && !form)
            return S_OK;
        if (abbrev->count == ATTRIBUTES_MAX)
            return HP_E_DEBUG_INFO;
        hp_dwarf_attribute *grown = hp_facts_list_grow(abbrevs->attributes, &abbrevs->attribute_capacity,
                                                       abbrevs->attribute_count, sizeof *grown);
        if (!grown)
            return E_OUTOFMEMORY;
        abbrevs->attributes = grown;
        grown[abbrevs->attribute_count++] =
            (hp_dwarf_attribute){.name = (uint16_t)name, .form = (uint16_t)form};
        abbrev->count++;
    }
}

static HRESULT read_table(hp_dwarf_abbrevs *abbrevs, hp_cursor *cursor) {
    int is_sorted = 1;
    for (;;) {
        hp_dwarf_abbrev abbrev = {.code = hp_cursor_uleb(cursor)};
        if (cursor->failed)
            return HP_E_DEBUG_INFO;
        if (!abbrev.code)
            break;
        const uint64_t tag = hp_cursor_uleb(cursor);
        abbrev.has_children = hp_cursor_u8(cursor);
        if (cursor->failed || tag > UINT16_MAX)
            return HP_E_DEBUG_INFO;
        abbrev.tag = (uint16_t)tag;
        const HRESULT hr = read_attributes(abbrevs, cursor, &abbrev);
        if (hr != S_OK)
            return hr;
        hp_dwarf_abbrev *grown =
            hp_facts_list_grow(abbrevs->items, &abbrevs->capacity, abbrevs->count, sizeof *grown);
        if (!grown)
            return E_OUTOFMEMORY;
        abbrevs->items = grown;
        is_sorted = is_sorted && (!abbrevs->count || grown[abbrevs->count - 1].code < abbrev.code);
        grown[abbrevs->count++] = abbrev;
    }
    if (!is_sorted)
        qsort(abbrevs->items, abbrevs->count, sizeof *abbrevs->items, by_code);
    for (size_t i = 1; i < abbrevs->count; i++)
        if (abbrevs->items[i - 1].code == abbrevs->items[i].code)
            return HP_E_DEBUG_INFO;
    return S_OK;
}

HRESULT hp_facts_dwarf_abbrev_load(hp_dwarf *dwarf, hp_dwarf_abbrevs *abbrevs, uint64_t offset) {
    if (abbrevs->count && abbrevs->offset == offset)
        return S_OK;
    abbrevs->count = abbrevs->attribute_count = 0;
    abbrevs->offset = offset;
    hp_cursor cursor = hp_cursor_open(dwarf->sections->abbrev, offset);
    const size_t before = hp_cursor_left(&cursor);
    const HRESULT hr = read_table(abbrevs, &cursor);
    if (hr == E_OUTOFMEMORY)
        return hr;
    if (hr != S_OK)
        return hp_facts_dwarf_damaged(dwarf, "an abbreviation table of the DWARF is damaged");
    const size_t taken = before - hp_cursor_left(&cursor);
    if (taken > abbrevs->budget)
        return hp_facts_dwarf_damaged(dwarf, "the units of the DWARF have too many abbreviations");
    abbrevs->budget -= taken;
    return S_OK;
}

const hp_dwarf_abbrev *hp_facts_dwarf_abbrev_find(const hp_dwarf_abbrevs *abbrevs, uint64_t code) {
    if (code && code <= abbrevs->count && abbrevs->items[code - 1].code == code) // as compilers number them
        return &abbrevs->items[code - 1];
    const hp_dwarf_abbrev key = {.code = code};
    return abbrevs->count ? bsearch(&key, abbrevs->items, abbrevs->count, sizeof key, by_code) : NULL;
}

void hp_facts_dwarf_abbrev_free(hp_dwarf_abbrevs *abbrevs) {
    free(abbrevs->items);
    free(abbrevs->attributes);
    *abbrevs = (hp_dwarf_abbrevs){0};
}

/* Forms (7.5.4); those with GNU are gcc's and GDB's. */
enum {
    FORM_ADDR = 0x01,
    FORM_BLOCK2 = 0x03,
    FORM_BLOCK4 = 0x04,
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_BLOCK1 = 0x0a,
    FORM_DATA1 = 0x0b,
    FORM_FLAG = 0x0c,
    FORM_SDATA = 0x0d,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_REF_ADDR = 0x10,
    FORM_REF1 = 0x11,
    FORM_REF2 = 0x12,
    FORM_REF4 = 0x13,
    FORM_REF8 = 0x14,
    FORM_REF_UDATA = 0x15,
    FORM_INDIRECT = 0x16,
    FORM_SEC_OFFSET = 0x17,
    FORM_EXPRLOC = 0x18,
    FORM_FLAG_PRESENT = 0x19,
    FORM_REF_SIG8 = 0x20,
    FORM_GNU_ADDR_INDEX = 0x1f01,
    FORM_GNU_STR_INDEX = 0x1f02,
    FORM_GNU_REF_ALT = 0x1f20,
    FORM_GNU_STRP_ALT = 0x1f21,
};

static hp_dwarf_value number(uint64_t value) {
    return (hp_dwarf_value){.kind = HP_DWARF_NUMBER, .number = value};
}

/* Within the unit; an overflow leads outside of the section, so to nothing. */
static hp_dwarf_value reference(const hp_dwarf_unit *unit, uint64_t offset) {
    return (hp_dwarf_value){.kind = HP_DWARF_REFERENCE,
                            .number = offset > UINT32_MAX ? UINT64_MAX : unit->offset + offset};
}

static hp_dwarf_value other(hp_cursor *cursor, uint64_t size) {
    hp_cursor_take(cursor, size);
    return (hp_dwarf_value){.kind = HP_DWARF_OTHER};
}

static hp_dwarf_value text_at(const hp_dwarf_sections *sections, uint64_t offset) {
    const char *text = offset < sections->text.size ? (const char *)sections->text.at + offset : NULL;
    return (hp_dwarf_value){.kind = HP_DWARF_TEXT, .text = text};
}

static hp_dwarf_value other_form(hp_cursor *cursor, uint16_t form) {
    switch (form) {
    case FORM_BLOCK1:
        return other(cursor, hp_cursor_u8(cursor));
    case FORM_BLOCK2:
        return other(cursor, hp_cursor_u16(cursor));
    case FORM_BLOCK4:
        return other(cursor, hp_cursor_u32(cursor));
    case FORM_BLOCK:
    case FORM_EXPRLOC:
        return other(cursor, hp_cursor_uleb(cursor));
    case FORM_SDATA:
        hp_cursor_skip_sleb(cursor);
        return other(cursor, 0);
    case FORM_REF_SIG8:
        return other(cursor, 8);
    case FORM_GNU_ADDR_INDEX:
    case FORM_GNU_STR_INDEX:
        hp_cursor_uleb(cursor);
        return other(cursor, 0);
    case FORM_GNU_REF_ALT:
    case FORM_GNU_STRP_ALT: // in another file
        return other(cursor, 4);
    default:
        cursor->failed = 1;
        return (hp_dwarf_value){.kind = HP_DWARF_OTHER};
    }
}

hp_dwarf_value hp_facts_dwarf_abbrev_value(const hp_dwarf_sections *sections, const hp_dwarf_unit *unit,
                                           hp_cursor *cursor, uint16_t form) {
    if (form == FORM_INDIRECT) {
        const uint64_t inner = hp_cursor_uleb(cursor);
        form = inner > UINT16_MAX || inner == FORM_INDIRECT ? 0 : (uint16_t)inner; // 0: refused below
    }
    switch (form) {
    case FORM_ADDR:
        return (hp_dwarf_value){.kind = HP_DWARF_ADDRESS,
                                .number = hp_cursor_number(cursor, unit->address_size)};
    case FORM_DATA1:
    case FORM_FLAG:
        return number(hp_cursor_u8(cursor));
    case FORM_DATA2:
        return number(hp_cursor_u16(cursor));
    case FORM_DATA4:
    case FORM_SEC_OFFSET:
        return number(hp_cursor_u32(cursor));
    case FORM_DATA8:
        return number(hp_cursor_number(cursor, 8));
    case FORM_UDATA:
        return number(hp_cursor_uleb(cursor));
    case FORM_FLAG_PRESENT:
        return number(1);
    case FORM_STRING:
        return (hp_dwarf_value){.kind = HP_DWARF_TEXT, .text = hp_cursor_text(cursor)};
    case FORM_STRP:
        return text_at(sections, hp_cursor_u32(cursor));
    case FORM_REF1:
        return reference(unit, hp_cursor_u8(cursor));
    case FORM_REF2:
        return reference(unit, hp_cursor_u16(cursor));
    case FORM_REF4:
        return reference(unit, hp_cursor_u32(cursor));
    case FORM_REF8:
        return reference(unit, hp_cursor_number(cursor, 8));
    case FORM_REF_UDATA:
        return reference(unit, hp_cursor_uleb(cursor));
    case FORM_REF_ADDR: // as large as an address in version 2 only
        return (hp_dwarf_value){.kind = HP_DWARF_REFERENCE,
                                .number =
                                    hp_cursor_number(cursor, unit->version == 2 ? unit->address_size : 4)};
    default:
        return other_form(cursor, form);
    }
}
