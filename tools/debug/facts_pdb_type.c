#include "tools/debug/facts_pdb.h"

#include <stdio.h>

/* Records (cvinfo.h, LEAF_ENUM_e). */
enum {
    LF_MODIFIER = 0x1001,
    LF_POINTER = 0x1002,
    LF_PROCEDURE = 0x1008,
    LF_MFUNCTION = 0x1009,
    LF_ARGLIST = 0x1201,
    LF_CLASS = 0x1504,
    LF_STRUCTURE = 0x1505,
    LF_UNION = 0x1506,
    LF_INTERFACE = 0x1519,
    LF_FUNC_ID = 0x1601,
    LF_MFUNC_ID = 0x1602,
    LF_STRING_ID = 0x1605,
};

enum { CHAIN_MAX = 32 };

HRESULT hp_facts_pdb_type_open(hp_pdb *pdb, hp_span stream, hp_pdb_types *types) {
    hp_cursor cursor = hp_cursor_open(stream, 0);
    if (!stream.size)
        return S_OK;
    hp_cursor_u32(&cursor); // version
    const uint32_t header = hp_cursor_u32(&cursor);
    types->first = hp_cursor_u32(&cursor);
    hp_cursor_u32(&cursor); // end
    const uint32_t size = hp_cursor_u32(&cursor);
    cursor = hp_cursor_open(stream, header);
    if (cursor.failed || size > hp_cursor_left(&cursor))
        return hp_facts_pdb_damaged(pdb, "a type stream of the PDB is damaged");
    types->bytes = (hp_span){.at = cursor.at, .size = size};
    cursor.end = cursor.at + size;
    while (hp_cursor_left(&cursor)) {
        uint32_t *grown = hp_facts_list_grow(types->offsets, &types->capacity, types->count, sizeof *grown);
        if (!grown)
            return E_OUTOFMEMORY;
        types->offsets = grown;
        grown[types->count++] = (uint32_t)(cursor.at - types->bytes.at);
        const uint16_t length = hp_cursor_u16(&cursor);
        hp_cursor_take(&cursor, length);
        if (cursor.failed)
            return hp_facts_pdb_damaged(pdb, "a type record of the PDB is truncated");
    }
    return S_OK;
}

hp_cursor hp_facts_pdb_type_get(const hp_pdb_types *types, uint32_t number, uint16_t *kind) {
    *kind = 0;
    if (number < types->first || number - types->first >= types->count)
        return (hp_cursor){.failed = 1};
    hp_cursor cursor = hp_cursor_open(types->bytes, types->offsets[number - types->first]);
    const uint16_t length = hp_cursor_u16(&cursor);
    cursor.end = cursor.at + length; // hp_facts_pdb_type_open has seen that it fits
    *kind = hp_cursor_u16(&cursor);
    return cursor;
}

uint32_t hp_facts_pdb_type_of_id(const hp_pdb *pdb, uint32_t id) {
    uint16_t kind;
    hp_cursor cursor = hp_facts_pdb_type_get(&pdb->ids, id, &kind);
    hp_cursor_u32(&cursor); // scope, or class
    const uint32_t type = hp_cursor_u32(&cursor);
    return kind == LF_FUNC_ID || kind == LF_MFUNC_ID ? type : 0;
}

/* A number in a record: small ones as they are, others behind a word that says how large (cvinfo.h,
 * LF_NUMERIC). */
static void skip_numeric(hp_cursor *cursor) {
    static const uint8_t sizes[] = {1, 2, 2, 4, 4, 4, 8, 10, 16, 8, 8};
    const uint16_t leaf = hp_cursor_u16(cursor);
    if (leaf < 0x8000)
        return;
    if (leaf - 0x8000u < sizeof sizes)
        hp_cursor_take(cursor, sizes[leaf - 0x8000u]);
    else
        cursor->failed = 1;
}

/* Name of the scope that an id stands in, terminated; NULL if it stands in none. */
static const char *scope_of(const hp_pdb *pdb, uint16_t id_kind, uint32_t scope) {
    uint16_t kind;
    hp_cursor cursor = hp_facts_pdb_type_get(id_kind == LF_FUNC_ID ? &pdb->ids : &pdb->types, scope, &kind);
    if (id_kind == LF_FUNC_ID) {
        hp_cursor_u32(&cursor); // parts of a long text: compilers make none for scopes
        return kind == LF_STRING_ID ? hp_cursor_text(&cursor) : NULL;
    }
    if (kind != LF_CLASS && kind != LF_STRUCTURE && kind != LF_INTERFACE && kind != LF_UNION)
        return NULL;
    hp_cursor_take(&cursor, kind == LF_UNION ? 8 : 16); // count, properties, fields; derived, vshape
    skip_numeric(&cursor);
    return hp_cursor_text(&cursor);
}

int hp_facts_pdb_type_name(const hp_pdb *pdb, uint32_t id, char name[HP_FACTS_TEXT_MAX + 1]) {
    uint16_t kind;
    hp_cursor cursor = hp_facts_pdb_type_get(&pdb->ids, id, &kind);
    const uint32_t scope = hp_cursor_u32(&cursor);
    hp_cursor_u32(&cursor); // type
    const char *own = hp_cursor_text(&cursor);
    if ((kind != LF_FUNC_ID && kind != LF_MFUNC_ID) || !own || !*own)
        return 0;
    const char *outer = scope ? scope_of(pdb, kind, scope) : NULL;
    const int length = snprintf(name, HP_FACTS_TEXT_MAX + 1, "%.*s%s%.*s", HP_FACTS_TEXT_MAX + 1,
                                outer ? outer : "", outer ? "::" : "", HP_FACTS_TEXT_MAX + 1, own);
    return length > 0 && length <= HP_FACTS_TEXT_MAX;
}

/* A pointer's target, with *is_reference; 0 if the type is no pointer. Numbers below 0x1000 are basic types,
 * pointers to them too: none is const. */
static uint32_t pointer_target(const hp_pdb *pdb, uint32_t type, int *is_reference) {
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        uint16_t kind;
        hp_cursor cursor = hp_facts_pdb_type_get(&pdb->types, type, &kind);
        type = hp_cursor_u32(&cursor);
        if (kind == LF_POINTER) {
            const uint32_t mode = hp_cursor_u32(&cursor) >> 5 & 7; // 1: reference, 4: to what can be moved
            *is_reference = mode == 1 || mode == 4;
            return mode == 2 || mode == 3 ? 0 : type; // to members
        }
        if (kind != LF_MODIFIER)
            return 0;
    }
    return 0;
}

static int is_const(const hp_pdb *pdb, uint32_t type) {
    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        uint16_t kind;
        hp_cursor cursor = hp_facts_pdb_type_get(&pdb->types, type, &kind);
        if (kind != LF_MODIFIER)
            return 0;
        type = hp_cursor_u32(&cursor);
        if (hp_cursor_u16(&cursor) & 1)
            return 1;
    }
    return 0;
}

static void add_parameter(const hp_pdb *pdb, uint32_t type, hp_fact *fact) {
    if (fact->parameters == HP_FACT_PARAMETERS)
        return;
    int is_reference = 0;
    const uint32_t target = pointer_target(pdb, type, &is_reference);
    if (target && is_const(pdb, target))
        fact->const_behind |= (uint32_t)1 << fact->parameters;
    if (is_reference)
        fact->reference |= (uint32_t)1 << fact->parameters;
    fact->parameters++;
}

void hp_facts_pdb_type_describe(const hp_pdb *pdb, uint32_t type, hp_fact *fact) {
    uint16_t kind;
    hp_cursor cursor = hp_facts_pdb_type_get(&pdb->types, type, &kind);
    if (kind != LF_PROCEDURE && kind != LF_MFUNCTION)
        return;
    hp_cursor_u32(&cursor); // result
    if (kind == LF_MFUNCTION) {
        hp_cursor_u32(&cursor); // class
        const uint32_t object = hp_cursor_u32(&cursor);
        if (object) { // else static, or the basic type "none"
            fact->has_object = 1;
            add_parameter(pdb, object, fact);
        }
    }
    hp_cursor_u32(&cursor); // convention, options, count
    cursor = hp_facts_pdb_type_get(&pdb->types, hp_cursor_u32(&cursor), &kind);
    const uint32_t count = kind == LF_ARGLIST ? hp_cursor_u32(&cursor) : 0;
    for (uint32_t i = 0; i < count && hp_cursor_left(&cursor) >= 4; i++) {
        if (fact->parameters == HP_FACT_PARAMETERS && i + 1 < count) {
            hp_cursor_take(&cursor, 4 * (uint64_t)(count - 1 - i)); // "..." would be the last one
            i = count - 1;
        }
        const uint32_t parameter = hp_cursor_u32(&cursor);
        if (!parameter && i + 1 == count)
            fact->is_variadic = 1;
        else
            add_parameter(pdb, parameter, fact);
    }
}
