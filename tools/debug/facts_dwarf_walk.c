#include "tools/debug/facts_dwarf.h"

#include <stdlib.h>

#define DEPTH_MAX 1024u
#define NODES_MAX ((size_t)8 << 20)
#define ATTRIBUTES_PER_BYTE 16u
#define PRODUCERS_MAX ((uint64_t)16 << 20) /* a kilobyte for each of 16,384 units */

/* One level of the tree of entries: what its children are in. */
typedef struct level {
    uint32_t scope;    /* node of the next namespace, class or function around; NONE: the unit */
    uint32_t function; /* node whose parameters stand here; NONE: no function's */
    uint32_t last;     /* node of its last parameter so far */
    uint8_t is_code;   /* inside of a function that is in the image */
} level;

typedef struct walker {
    hp_dwarf *dwarf;
    hp_dwarf_abbrevs abbrevs;
    uint64_t attributes; /* that may still be read: those without bytes would be free otherwise */
    size_t depth;
    level levels[DEPTH_MAX];
} walker;

static int makes_node(uint16_t tag, const level *around) {
    switch (tag) {
    case HP_DW_PARAMETER:
        return around->function != HP_DWARF_NONE;
    case HP_DW_ENUM:
    case HP_DW_CLASS:
    case HP_DW_STRUCTURE:
    case HP_DW_UNION:
    case HP_DW_INTERFACE:
    case HP_DW_NAMESPACE:
    case HP_DW_SUBPROGRAM:
    case HP_DW_POINTER:
    case HP_DW_REFERENCE:
    case HP_DW_RVALUE_REFERENCE:
    case HP_DW_TYPEDEF:
    case HP_DW_CONST:
    case HP_DW_VOLATILE:
    case HP_DW_RESTRICT:
    case HP_DW_ATOMIC:
        return 1;
    default:
        return 0;
    }
}

static int is_scope(uint16_t tag) {
    return tag == HP_DW_CLASS || tag == HP_DW_STRUCTURE || tag == HP_DW_UNION || tag == HP_DW_INTERFACE ||
           tag == HP_DW_NAMESPACE || tag == HP_DW_SUBPROGRAM;
}

static HRESULT add_node(hp_dwarf *dwarf, const hp_dwarf_node *node) {
    if (dwarf->node_count == NODES_MAX)
        return hp_facts_dwarf_damaged(dwarf, "the DWARF has more types and functions than can be");
    hp_dwarf_node *grown =
        hp_facts_list_grow(dwarf->nodes, &dwarf->node_capacity, dwarf->node_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    dwarf->nodes = grown;
    grown[dwarf->node_count++] = *node;
    return S_OK;
}

static HRESULT add_copy(hp_dwarf *dwarf, uint32_t origin) {
    if (origin == HP_DWARF_NONE)
        return S_OK;
    uint32_t *grown =
        hp_facts_list_grow(dwarf->copies, &dwarf->copy_capacity, dwarf->copy_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    dwarf->copies = grown;
    grown[dwarf->copy_count++] = origin;
    return S_OK;
}

/* The new node is the last one: hang it where it belongs. */
static void link_node(walker *walk, level *around, level *inside) {
    hp_dwarf *dwarf = walk->dwarf;
    const uint32_t index = (uint32_t)(dwarf->node_count - 1);
    const hp_dwarf_node *node = &dwarf->nodes[index];
    if (node->tag == HP_DW_PARAMETER) {
        if (around->last == HP_DWARF_NONE)
            dwarf->nodes[around->function].first = index;
        else
            dwarf->nodes[around->last].next = index;
        around->last = index;
    }
    if (is_scope(node->tag))
        inside->scope = index;
    if (node->tag == HP_DW_SUBPROGRAM) {
        inside->function = index;
        inside->is_code = (node->flags & HP_DWARF_CODE) != 0;
    }
}

/* One entry; *inside is set to what its children are in. */
static HRESULT read_entry(walker *walk, hp_dwarf_unit *unit, uint32_t offset, hp_cursor *cursor,
                          const hp_dwarf_abbrev *abbrev, level *inside) {
    level *around = &walk->levels[walk->depth];
    hp_dwarf_node node = {.offset = offset,
                          .scope = around->scope,
                          .origin = HP_DWARF_NONE,
                          .specification = HP_DWARF_NONE,
                          .type = HP_DWARF_NONE,
                          .first = HP_DWARF_NONE,
                          .next = HP_DWARF_NONE,
                          .unit = (uint32_t)(walk->dwarf->unit_count - 1),
                          .tag = abbrev->tag};
    hp_facts_dwarf_node_read(walk->dwarf, unit, cursor, &walk->abbrevs, abbrev, &node);
    *inside = (level){
        .scope = around->scope, .function = HP_DWARF_NONE, .last = HP_DWARF_NONE, .is_code = around->is_code};
    if (cursor->failed)
        return S_OK;
    if (makes_node(abbrev->tag, around)) {
        const HRESULT hr = add_node(walk->dwarf, &node);
        if (hr == S_OK)
            link_node(walk, around, inside);
        return hr;
    }
    if (abbrev->tag == HP_DW_INLINED && around->is_code)
        return add_copy(walk->dwarf, node.origin);
    if (abbrev->tag == HP_DW_UNSPECIFIED_PARAMETERS && around->function != HP_DWARF_NONE)
        walk->dwarf->nodes[around->function].flags |= HP_DWARF_VARIADIC;
    if (abbrev->tag == HP_DW_PARAMETER_PACK) { // its parameters are the function's
        inside->function = around->function;
        inside->last = around->last;
    }
    return S_OK;
}

/* A level ends. Parameters of a pack stand one level deeper than their function's others. */
static void leave(walker *walk) {
    const level *inner = &walk->levels[walk->depth];
    level *outer = &walk->levels[--walk->depth];
    if (inner->function != HP_DWARF_NONE && inner->function == outer->function)
        outer->last = inner->last;
}

/* All entries of a unit behind its header. */
static HRESULT walk_entries(walker *walk, hp_dwarf_unit *unit, hp_cursor *cursor) {
    hp_dwarf *dwarf = walk->dwarf;
    walk->depth = 0;
    walk->levels[0] = (level){.scope = HP_DWARF_NONE, .function = HP_DWARF_NONE, .last = HP_DWARF_NONE};
    while (hp_cursor_left(cursor)) {
        const uint32_t offset = (uint32_t)(cursor->at - dwarf->sections->info.at);
        const uint64_t code = hp_cursor_uleb(cursor);
        if (!code) {
            if (walk->depth)
                leave(walk);
            continue;
        }
        const hp_dwarf_abbrev *abbrev = hp_facts_dwarf_abbrev_find(&walk->abbrevs, code);
        if (!abbrev)
            return hp_facts_dwarf_damaged(dwarf, "the DWARF uses an abbreviation that it does not declare");
        if (abbrev->count > walk->attributes)
            return hp_facts_dwarf_damaged(dwarf, "the entries of the DWARF have too many attributes");
        walk->attributes -= abbrev->count;
        level inside = walk->levels[walk->depth];
        if (abbrev->tag == HP_DW_UNIT || abbrev->tag == HP_DW_PARTIAL_UNIT) {
            hp_facts_dwarf_unit_read(dwarf, unit, cursor, &walk->abbrevs, abbrev);
        } else {
            const HRESULT hr = read_entry(walk, unit, offset, cursor, abbrev, &inside);
            if (hr != S_OK)
                return hr;
        }
        if (!abbrev->has_children)
            continue;
        if (++walk->depth == DEPTH_MAX)
            return hp_facts_dwarf_damaged(dwarf, "the entries of the DWARF are nested too deeply");
        walk->levels[walk->depth] = inside;
    }
    return cursor->failed ? hp_facts_dwarf_damaged(dwarf, "an entry of the DWARF is damaged") : S_OK;
}

static HRESULT walk_unit(walker *walk, hp_cursor *cursor, uint32_t offset, uint16_t version) {
    hp_dwarf *dwarf = walk->dwarf;
    const uint64_t abbrevs = hp_cursor_u32(cursor);
    hp_dwarf_unit unit = {
        .offset = offset, .version = version, .address_size = hp_cursor_u8(cursor), .lines = HP_DWARF_NONE};
    if (cursor->failed || (unit.address_size != 4 && unit.address_size != 8))
        return hp_facts_dwarf_damaged(dwarf, "a unit of the DWARF has a damaged header");
    HRESULT hr = hp_facts_dwarf_abbrev_load(dwarf, &walk->abbrevs, abbrevs);
    if (hr != S_OK)
        return hr;
    hp_dwarf_unit *grown =
        hp_facts_list_grow(dwarf->units, &dwarf->unit_capacity, dwarf->unit_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    dwarf->units = grown;
    dwarf->unit_count++;
    hr = walk_entries(walk, &unit, cursor);
    dwarf->units[dwarf->unit_count - 1] = unit;
    return hr;
}

static HRESULT walk_units(walker *walk) {
    hp_dwarf *dwarf = walk->dwarf;
    hp_cursor cursor = hp_cursor_open(dwarf->sections->info, 0);
    while (hp_cursor_left(&cursor)) {
        const uint32_t offset = (uint32_t)(cursor.at - dwarf->sections->info.at);
        const uint32_t length = hp_cursor_u32(&cursor);
        if (!length && !cursor.failed) // padding between what several objects brought along
            continue;
        const unsigned char *at = hp_cursor_take(&cursor, length); // fails for the 64-bit format, too
        hp_cursor unit = {.at = at, .end = cursor.at, .failed = cursor.failed};
        const uint16_t version = hp_cursor_u16(&unit);
        if (unit.failed)
            return hp_facts_dwarf_damaged(dwarf, "a unit of the DWARF is truncated, or of the 64-bit format");
        if (version < 2 || version > 4) {
            dwarf->skipped_units++;
            continue;
        }
        const HRESULT hr = walk_unit(walk, &unit, offset, version);
        if (hr != S_OK)
            return hr;
    }
    return S_OK;
}

HRESULT hp_facts_dwarf_walk(hp_dwarf *dwarf) {
    walker *walk = calloc(1, sizeof *walk);
    if (!walk)
        return E_OUTOFMEMORY;
    walk->dwarf = dwarf;
    walk->abbrevs.budget = 64 * (uint64_t)dwarf->sections->abbrev.size;
    walk->attributes = ATTRIBUTES_PER_BYTE * (uint64_t)dwarf->sections->info.size;
    dwarf->producers = PRODUCERS_MAX;
    HRESULT hr = walk_units(walk);
    if (hr == S_OK && !dwarf->producers)
        hr = hp_facts_dwarf_damaged(dwarf, "the units of the DWARF say too much of their compilers");
    hp_facts_dwarf_abbrev_free(&walk->abbrevs);
    free(walk);
    return hr;
}
