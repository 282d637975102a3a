#include "tools/debug/symbols_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxygen/fnv.h"
#include "tools/debug/types_node.h"

/** Longer lists of entries are told by their hash. */
enum { ENTRIES_MAX = 512 };

typedef struct entry {
    int64_t value;
    char *name;
} entry;

/** The value of an entry. Wine always says VT_I4, whatever size and sign the enum has. */
static int read_value(const hp_symbols *symbols, uint32_t id, int is_unsigned, int64_t *value) {
    VARIANT variant;
    memset(&variant, 0, sizeof variant);
    if (!SymGetTypeInfo(symbols->session, symbols->base, id, TI_GET_VALUE, &variant))
        return 0;
    switch (V_VT(&variant)) {
    case VT_I1:
        *value = is_unsigned ? (int64_t)V_UI1(&variant) : (int64_t)(signed char)V_I1(&variant);
        return 1;
    case VT_UI1:
        *value = V_UI1(&variant);
        return 1;
    case VT_I2:
        *value = is_unsigned ? (int64_t)V_UI2(&variant) : (int64_t)V_I2(&variant);
        return 1;
    case VT_UI2:
        *value = V_UI2(&variant);
        return 1;
    case VT_I4:
    case VT_INT:
        *value = is_unsigned ? (int64_t)V_UI4(&variant) : (int64_t)V_I4(&variant);
        return 1;
    case VT_UI4:
    case VT_UINT:
        *value = V_UI4(&variant);
        return 1;
    case VT_I8:
    case VT_UI8:
        *value = V_I8(&variant);
        return 1;
    default:
        return 0;
    }
}

static int compare(const void *one, const void *other) {
    const entry *a = one, *b = other;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return strcmp(a->name, b->name);
}

/** @return 0 if one of them cannot be told */
static int read_entries(const hp_symbols *symbols, const uint32_t *ids, uint32_t count, int is_unsigned,
                        entry *entries) {
    for (uint32_t i = 0; i < count; i++) {
        entries[i].name = hp_symbols_ask_name(symbols, ids[i]);
        if (!hp_types_text_is_name(entries[i].name) ||
            !read_value(symbols, ids[i], is_unsigned, &entries[i].value))
            return 0;
    }
    qsort(entries, count, sizeof *entries, compare);
    return 1;
}

/** "{RED=0,GREEN=1}", or "{#hash}" of them. */
static int write_entries(const entry *entries, uint32_t count, char **body) {
    hp_types_text text = {0};
    uint64_t hash = HP_FNV_64;
    for (uint32_t i = 0; i < count; i++) {
        char number[32];
        size_t length = (size_t)snprintf(number, sizeof number, "=%" PRId64 "\n", entries[i].value);
        hash = hp_fnv_64(hash, entries[i].name, strlen(entries[i].name));
        hash = hp_fnv_64(hash, number, length);
        if (text.length <= ENTRIES_MAX + 2)
            hp_types_text_add(&text, "%c%s=%" PRId64, i ? ',' : '{', entries[i].name, entries[i].value);
    }
    if (text.length > ENTRIES_MAX + 1) { // with the brace
        text.length = 0;
        hp_types_text_add(&text, "{#%016" PRIx64, hash);
    }
    hp_types_text_add(&text, "}");
    return hp_types_node_take(&text, body);
}

/**
 * An enum of 4 bytes is i32, unless a value needs u32: gcc and clang say unsigned and MSVC says int of the
 * same one, and Wine, where the enum stands before its base type in DWARF, says nothing.
 */
static const char *head_of(uint64_t size, int is_unsigned, const entry *entries, uint32_t count) {
    switch (size) {
    case 1:
        return is_unsigned ? "enum u8" : "enum i8";
    case 2:
        return is_unsigned ? "enum u16" : "enum i16";
    case 4:
        return count > 0 && entries[count - 1].value > INT32_MAX ? "enum u32" : "enum i32";
    default:
        return NULL; // Wine cuts the values of larger ones off
    }
}

/** @param base  what the values are; head NULL if that is not known */
static void fill(hp_symbols *symbols, hp_types_node *node, const hp_types_node *base) {
    int is_unsigned = base->head && base->head[0] == 'u';
    uint32_t *ids = NULL;
    uint32_t count = hp_symbols_ask_children(symbols, node->id, HP_SYMBOLS_CHILDREN_MAX, &ids);
    entry *entries = calloc(count + 1, sizeof *entries);
    int known = entries && read_entries(symbols, ids, count, is_unsigned, entries);
    if (known && count == 0 && base->is_value) { // std::byte and the like
        node->head = base->head;
        free(node->tag);
        free(node->full);
        node->tag = node->full = NULL;
        node->is_value = 1;
    } else if (known && count > 0) {
        node->head = head_of(node->size, is_unsigned, entries, count);
        node->is_value = node->head && write_entries(entries, count, &node->body);
    }
    if (!node->is_value)
        node->error = "an enum whose values dbghelp does not tell";
    for (uint32_t i = 0; entries && i < count; i++)
        free(entries[i].name);
    free(entries);
    free(ids);
}

/** What the facts know of an enum of which Wine tells no integer type. */
static int ask_facts(const hp_symbols *symbols, const hp_types_node *node, hp_types_node *base) {
    static const char *const heads[2][9] = {{[1] = "i8", [2] = "i16", [4] = "i32", [8] = "i64"},
                                            {[1] = "u8", [2] = "u16", [4] = "u32", [8] = "u64"}};
    const hp_fact_enum *fact =
        symbols->facts && node->tag ? hp_facts_enum_find(symbols->facts, node->tag) : NULL;
    if (!fact)
        return 0;
    base->size = fact->size;
    base->head = heads[fact->is_unsigned][fact->size];
    base->is_value = 1;
    return 1;
}

void hp_types_enum_fill(hp_symbols *symbols, hp_types_node *node, int is_c) {
    static const hp_types_node no_base = {0};
    node->kind = HP_TYPES_ENUM;
    hp_types_node_name(symbols, node);
    uint32_t type = hp_symbols_ask(symbols, node->id, TI_GET_TYPE, 0);
    const hp_types_node *base = type ? hp_types_node_get(symbols, type) : &no_base;
    if (base->kind != HP_TYPES_SIMPLE)
        base = &no_base;
    hp_types_node known = {0};
    if (base == &no_base && ask_facts(symbols, node, &known))
        base = &known;
    if (node->size == 0)
        node->size = base->size;
    if (node->size == 0 && is_c)
        node->size = sizeof(int);
    node->align = (uint32_t)node->size;
    if (node->size == 0)
        node->error = "an enum of which dbghelp does not tell how large it is";
    else
        fill(symbols, node, base);
}
