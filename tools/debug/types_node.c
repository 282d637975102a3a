#include "tools/debug/symbols_ask.h"

#include <stdlib.h>
#include <string.h>

#include "tools/debug/types_node.h"

/** Types inside types inside types: beyond that the debug information is damaged, or nobody wants to know. */
enum { DEPTH_MAX = 16 };

struct hp_types {
    hp_types_node **slots; /* by id, open addressing; capacity is a power of two */
    size_t capacity, count;
    unsigned depth;
    int is_c;
    int failed;
};

static const hp_types_node too_deep = {.error = "types are nested too deep"};

hp_types *hp_types_node_open(void) {
    return calloc(1, sizeof(hp_types));
}

static void free_node(hp_types_node *node) {
    free(node->tag);
    free(node->full);
    free(node->body);
    free(node->where);
    free(node->parameters);
    free(node);
}

void hp_types_node_close(hp_types *types) {
    if (!types)
        return;
    for (size_t i = 0; i < types->capacity; i++)
        if (types->slots[i])
            free_node(types->slots[i]);
    free(types->slots);
    free(types);
}

void hp_types_node_set_c(hp_types *types, int is_c) {
    types->is_c = is_c;
}

int hp_types_node_failed(const hp_types *types) {
    return types->failed;
}

/** Where an id stands, or would stand. */
static hp_types_node **slot_of(const hp_types *types, uint32_t id) {
    size_t mask = types->capacity - 1;
    size_t at = (id * (size_t)2654435761u) & mask; // neighbours far from each other (Knuth)
    while (types->slots[at] && types->slots[at]->id != id)
        at = (at + 1) & mask;
    return &types->slots[at];
}

static int make_room(hp_types *types) {
    if (2 * (types->count + 1) <= types->capacity)
        return 1;
    hp_types grown = *types;
    grown.capacity = types->capacity ? 2 * types->capacity : 1024;
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return 0;
    for (size_t i = 0; i < types->capacity; i++)
        if (types->slots[i])
            *slot_of(&grown, types->slots[i]->id) = types->slots[i];
    free(types->slots);
    *types = grown;
    return 1;
}

int hp_types_node_take(hp_types_text *text, char **target) {
    int ok = !text->failed && text->at;
    if (ok) {
        *target = text->at;
        *text = (hp_types_text){0};
    }
    hp_types_text_free(text);
    return ok;
}

/** Source: Microsoft, "BasicType" (DIA SDK). */
static void fill_base(hp_symbols *symbols, hp_types_node *node) {
    enum {
        BT_VOID = 1,
        BT_CHAR,
        BT_WCHAR,
        BT_INT = 6,
        BT_UINT,
        BT_FLOAT,
        BT_BOOL = 10,
        BT_LONG = 13,
        BT_ULONG,
        BT_HRESULT = 31,
        BT_CHAR16,
        BT_CHAR32,
        BT_CHAR8
    };
    static const char *const integers[2][4] = {{"u8", "u16", "u32", "u64"}, {"i8", "i16", "i32", "i64"}};
    uint32_t base = hp_symbols_ask(symbols, node->id, TI_GET_BASETYPE, 0);
    uint64_t size = node->size;
    unsigned width = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    int fits = size == 1 || size == 2 || size == 4 || size == 8;
    node->kind = base == BT_VOID ? HP_TYPES_VOID : HP_TYPES_SIMPLE;
    switch (base) {
    case BT_CHAR:
    case BT_INT:
    case BT_LONG:
    case BT_HRESULT:
        node->head = fits ? integers[1][width] : NULL;
        break;
    case BT_WCHAR:
    case BT_UINT:
    case BT_ULONG:
    case BT_CHAR16:
    case BT_CHAR32:
    case BT_CHAR8:
        node->head = fits ? integers[0][width] : NULL;
        break;
    case BT_BOOL:
        node->head = size == 1 ? "bool" : NULL;
        break;
    case BT_FLOAT:
        node->head = size == 4 ? "f32" : size == 8 ? "f64" : NULL;
        break;
    default:
        break;
    }
    node->is_value = node->head != NULL;
    node->align = (uint32_t)size;
    node->is_char = base == BT_CHAR && size == 1 ? 1 : base == BT_WCHAR && size == 2 ? 2 : 0;
    if (!node->is_value)
        node->error = "a simple type that no signature has, such as long double";
}

/** What the typedef stands for; its name serves those that have none. */
static void fill_typedef(hp_symbols *symbols, hp_types_node *node) {
    const hp_types_node *real = hp_types_node_get(symbols, hp_symbols_ask(symbols, node->id, TI_GET_TYPE, 0));
    uint32_t id = node->id;
    *node = *real;
    node->id = id;
    node->tag = node->full = node->body = node->where = NULL;
    node->parameters = NULL; // nobody asks a typedef for them
    char *name = hp_symbols_ask_name(symbols, id);
    if (real->kind == HP_TYPES_SIMPLE && real->size == 2 && name &&
        (strcmp(name, "wchar_t") == 0 || strcmp(name, "WCHAR") == 0))
        node->is_char = 2;
    int ok = (!real->body || (node->body = _strdup(real->body))) &&
             (!real->where || (node->where = _strdup(real->where)));
    if (real->tag)
        ok = ok && (node->tag = _strdup(real->tag)) && (!real->full || (node->full = _strdup(real->full)));
    else if (name && (real->kind == HP_TYPES_STRUCTURE || real->kind == HP_TYPES_ENUM) &&
             (node->full = hp_types_text_full(name)) && hp_types_text_tag(name))
        node->tag = _strdup(name);
    free(name);
    if (!ok)
        symbols->types->failed = 1;
}

static void fill_function(hp_symbols *symbols, hp_types_node *node) {
    node->kind = HP_TYPES_FUNCTION;
    node->error = "a function";
    node->target = hp_symbols_ask(symbols, node->id, TI_GET_TYPE, 0);
    node->count = hp_symbols_ask_children(symbols, node->id, HP_SYMBOLS_CHILDREN_MAX, &node->parameters);
    for (uint64_t i = 0; i < node->count; i++)
        node->parameters[i] = hp_symbols_ask(symbols, node->parameters[i], TI_GET_TYPE, 0);
}

void hp_types_node_name(const hp_symbols *symbols, hp_types_node *node) {
    node->tag = hp_symbols_ask_name(symbols, node->id);
    if (!node->tag)
        return;
    node->full = hp_types_text_full(node->tag);
    if (!hp_types_text_tag(node->tag)) {
        free(node->tag);
        node->tag = NULL;
    }
}

static void fill(hp_symbols *symbols, hp_types_node *node) {
    uint32_t tag = hp_symbols_ask(symbols, node->id, TI_GET_SYMTAG, 0);
    node->error = "the debug information does not tell what type it is";
    node->size = tag ? hp_symbols_ask_size(symbols, node->id) : 0;
    switch (tag) {
    case HP_TAG_BASE:
        fill_base(symbols, node);
        break;
    case HP_TAG_TYPEDEF:
        fill_typedef(symbols, node);
        break;
    case HP_TAG_POINTER:
        node->kind = HP_TYPES_POINTER;
        node->target = hp_symbols_ask(symbols, node->id, TI_GET_TYPE, 0);
        node->error = "a pointer";
        break;
    case HP_TAG_ARRAY:
        node->kind = HP_TYPES_ARRAY;
        node->target = hp_symbols_ask(symbols, node->id, TI_GET_TYPE, 0);
        node->count = hp_symbols_ask(symbols, node->id, TI_GET_COUNT, 0);
        node->error = "an array";
        break;
    case HP_TAG_FUNCTION_TYPE:
        fill_function(symbols, node);
        break;
    case HP_TAG_STRUCTURE:
        hp_types_struct_fill(symbols, node);
        break;
    case HP_TAG_ENUM:
        hp_types_enum_fill(symbols, node, symbols->types->is_c && !symbols->is_pdb);
        break;
    default:
        break;
    }
}

const hp_types_node *hp_types_node_get(hp_symbols *symbols, uint32_t id) {
    hp_types *types = symbols->types;
    if (types->depth == DEPTH_MAX)
        return &too_deep;
    hp_types_node *node = NULL;
    if (types->count > 0 && (node = *slot_of(types, id)) != NULL)
        return node; // if it is being filled: a structure that contains itself
    node = make_room(types) ? calloc(1, sizeof *node) : NULL;
    if (!node) {
        types->failed = 1;
        return &too_deep;
    }
    node->id = id;
    *slot_of(types, id) = node;
    types->count++;
    types->depth++;
    fill(symbols, node);
    types->depth--;
    return node;
}

const hp_types_node *hp_types_node_element(hp_symbols *symbols, const hp_types_node *node, uint64_t *count) {
    *count = 1;
    for (unsigned i = 0; i < DEPTH_MAX && node->kind == HP_TYPES_ARRAY; i++) {
        *count = node->count > UINT32_MAX || *count > UINT32_MAX ? UINT64_MAX : *count * node->count;
        node = hp_types_node_get(symbols, node->target);
    }
    return node;
}

void hp_types_node_write(const hp_types_node *node, hp_types_text *text) {
    hp_types_text_add(text, "%s%s%s%s", node->head ? node->head : "", node->tag ? " " : "",
                      node->tag ? node->tag : "", node->body ? node->body : "");
}
