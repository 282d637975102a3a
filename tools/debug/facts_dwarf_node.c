#include "tools/debug/facts_dwarf.h"

/* What the attributes of one entry say of its address. */
typedef struct code_place {
    int has_entry, has_low, has_ranges;
    uint64_t entry, low, ranges;
} code_place;

static uint32_t offset_of(const hp_dwarf_value *value) {
    const int is_offset = value->kind == HP_DWARF_REFERENCE && value->number < HP_DWARF_NONE;
    return is_offset ? (uint32_t)value->number : HP_DWARF_NONE;
}

static uint32_t small_number(const hp_dwarf_value *value) {
    return value->kind == HP_DWARF_NUMBER && value->number <= UINT32_MAX ? (uint32_t)value->number : 0;
}

static uint8_t tiny_number(const hp_dwarf_value *value) {
    return (uint8_t)(small_number(value) <= UINT8_MAX ? small_number(value) : 0);
}

static void set_flag(hp_dwarf_node *node, const hp_dwarf_value *value, uint16_t flag) {
    if (value->number)
        node->flags |= flag;
}

/* The first range is the one that holds the entry; gcc puts the cold part behind it (2.17.3). */
static int first_range(const hp_dwarf_sections *sections, const hp_dwarf_unit *unit, uint64_t offset,
                       uint64_t *low) {
    hp_cursor cursor = hp_cursor_open(sections->ranges, offset);
    const uint64_t selection = unit->address_size == 8 ? UINT64_MAX : UINT32_MAX;
    uint64_t base = unit->low;
    for (unsigned bound = 0; bound < 16; bound++) {
        const uint64_t from = hp_cursor_number(&cursor, unit->address_size);
        const uint64_t to = hp_cursor_number(&cursor, unit->address_size);
        if (cursor.failed || (!from && !to))
            return 0;
        if (from == selection) {
            base = to;
        } else if (from < to) {
            *low = base + from;
            return 1;
        }
    }
    return 0;
}

static void set_code(const hp_dwarf_sections *sections, const hp_dwarf_unit *unit, code_place *place,
                     hp_dwarf_node *node) {
    if (!place->has_low && !place->has_ranges)
        return;
    node->flags |= HP_DWARF_INSTANCE;
    uint64_t low = place->has_entry ? place->entry : place->low;
    if (!place->has_entry && !place->has_low && !first_range(sections, unit, place->ranges, &low))
        return;
    // What the linker discarded stands at address 0.
    if (low <= sections->image_base || low - sections->image_base > UINT32_MAX)
        return;
    node->rva = (uint32_t)(low - sections->image_base);
    node->flags |= HP_DWARF_CODE;
}

static void take_place(code_place *place, uint16_t name, const hp_dwarf_value *value) {
    if (name == HP_DW_AT_RANGES && value->kind == HP_DWARF_NUMBER) {
        place->has_ranges = 1;
        place->ranges = value->number;
    } else if (name == HP_DW_AT_LOW_PC && value->kind == HP_DWARF_ADDRESS) {
        place->has_low = 1;
        place->low = value->number;
    } else if (name == HP_DW_AT_ENTRY_PC && value->kind == HP_DWARF_ADDRESS) {
        place->has_entry = 1;
        place->entry = value->number;
    }
}

static void take_attribute(hp_dwarf_node *node, code_place *place, uint16_t name,
                           const hp_dwarf_value *value) {
    switch (name) {
    case HP_DW_AT_NAME:
        node->name = value->text;
        break;
    case HP_DW_AT_ABSTRACT_ORIGIN:
        node->origin = offset_of(value);
        break;
    case HP_DW_AT_SPECIFICATION:
    case HP_DW_AT_EXTENSION:
        node->specification = offset_of(value);
        break;
    case HP_DW_AT_TYPE:
        node->type = offset_of(value);
        break;
    case HP_DW_AT_DECL_FILE:
        node->file = small_number(value);
        break;
    case HP_DW_AT_BYTE_SIZE:
        node->size = tiny_number(value);
        break;
    case HP_DW_AT_ENCODING:
        node->encoding = tiny_number(value);
        break;
    case HP_DW_AT_DECL_LINE:
        node->line = small_number(value);
        break;
    case HP_DW_AT_EXTERNAL:
        set_flag(node, value, HP_DWARF_EXTERNAL);
        break;
    case HP_DW_AT_DECLARATION:
        set_flag(node, value, HP_DWARF_DECLARATION);
        break;
    case HP_DW_AT_ARTIFICIAL:
        set_flag(node, value, HP_DWARF_ARTIFICIAL);
        break;
    case HP_DW_AT_PROTOTYPED:
        set_flag(node, value, HP_DWARF_PROTOTYPED);
        break;
    case HP_DW_AT_OBJECT_POINTER:
        node->flags |= HP_DWARF_OBJECT;
        break;
    case HP_DW_AT_INLINE: // 0 is "neither", 7.20
        set_flag(node, value, HP_DWARF_INLINE);
        break;
    default:
        take_place(place, name, value);
    }
}

void hp_facts_dwarf_node_read(hp_dwarf *dwarf, hp_dwarf_unit *unit, hp_cursor *cursor,
                              const hp_dwarf_abbrevs *abbrevs, const hp_dwarf_abbrev *abbrev,
                              hp_dwarf_node *node) {
    code_place place = {0};
    for (uint32_t i = 0; i < abbrev->count && !cursor->failed; i++) {
        const hp_dwarf_attribute *attribute = &abbrevs->attributes[abbrev->first + i];
        const hp_dwarf_value value =
            hp_facts_dwarf_abbrev_value(dwarf->sections, unit, cursor, attribute->form);
        take_attribute(node, &place, attribute->name, &value);
    }
    if (node->tag == HP_DW_SUBPROGRAM && !cursor->failed)
        set_code(dwarf->sections, unit, &place, node);
}

hp_dwarf_node *hp_facts_dwarf_node_find(const hp_dwarf *dwarf, uint32_t offset) {
    size_t low = 0, high = dwarf->node_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (dwarf->nodes[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dwarf->node_count && dwarf->nodes[low].offset == offset ? &dwarf->nodes[low] : NULL;
}
