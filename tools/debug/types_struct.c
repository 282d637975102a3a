#include "tools/debug/symbols_ask.h"

#include <stdlib.h>
#include <string.h>

#include "idl/protocol.h"
#include "proxygen/signature.h"
#include "tools/debug/types_node.h"

/** A member while its structure is being laid out. */
typedef struct member {
    char *name; /* NULL if it has none that a signature could take */
    uint64_t offset, count;
    const hp_types_node *type; /* of an element */
    int is_array;
} member;

static void refuse(hp_types_node *node, const char *error, const char *where) {
    node->error = error;
    if (where && !node->where)
        node->where = _strdup(where);
}

/** @return 1: a member; 0: nothing that takes room in it; -1: the structure is none for signatures */
static int read_member(hp_symbols *symbols, hp_types_node *node, uint32_t id, member *it) {
    uint32_t tag = hp_symbols_ask(symbols, id, TI_GET_SYMTAG, 0);
    if (tag == HP_TAG_BASE_CLASS || tag == HP_TAG_VTABLE) {
        refuse(node, "a class with a base class or virtual functions", NULL);
        return -1;
    }
    if (tag != HP_TAG_DATA || hp_symbols_ask(symbols, id, TI_GET_DATAKIND, 0) != HP_DATA_MEMBER)
        return 0;
    char *name = hp_symbols_ask_name(symbols, id);
    DWORD bit = 0;
    int is_bits = SymGetTypeInfo(symbols->session, symbols->base, id, TI_GET_BITPOSITION, &bit) != 0;
    *it = (member){.offset = hp_symbols_ask(symbols, id, TI_GET_OFFSET, UINT32_MAX)};
    const hp_types_node *type = hp_types_node_get(symbols, hp_symbols_ask(symbols, id, TI_GET_TYPE, 0));
    it->type = hp_types_node_element(symbols, type, &it->count);
    it->is_array = type->kind == HP_TYPES_ARRAY;
    int result = -1;
    if (is_bits)
        refuse(node, "a bit field", name);
    else if (!it->type->is_value)
        refuse(node, it->type->error, name);
    else if (it->count == 0)
        refuse(node, "an array of unknown length", name);
    else if (it->count > HP_SIGNATURE_MAX_STRUCT)
        refuse(node, "larger than a structure may be", name);
    else
        result = 1;
    node->too_long |= it->type->too_long;
    if (result == 1 && hp_types_text_is_name(name))
        it->name = name;
    else
        free(name);
    return result;
}

static uint64_t round_up(uint64_t value, uint32_t align) {
    return (value + align - 1) / align * align;
}

/**
 * Wine tells only the last dimension of an array from DWARF: float m[3][4] is float m[4]. If the array is
 * shorter than the room up to the next member, and exactly one number of rows explains that room, this is it.
 */
static void repair_rows(member *it, uint64_t next, uint32_t next_align) {
    uint64_t size = it->type->size * it->count;
    if (!it->is_array || size == 0 || round_up(it->offset + size, next_align) >= next ||
        next - it->offset > HP_SIGNATURE_MAX_STRUCT)
        return;
    uint64_t rows = (next - it->offset) / size;
    if (round_up(it->offset + rows * size, next_align) == next &&
        round_up(it->offset + (rows - 1) * size, next_align) != next)
        it->count *= rows;
}

/** Is it laid out as a C compiler does it by itself? */
static int is_natural(hp_types_node *node, member *members, uint32_t count, int repair) {
    uint64_t end = 0;
    node->align = 1;
    for (uint32_t i = 0; i < count; i++)
        if (members[i].type->align > node->align)
            node->align = members[i].type->align;
    for (uint32_t i = 0; i < count; i++) {
        member *it = &members[i];
        int is_last = i + 1 == count;
        if (repair)
            repair_rows(it, is_last ? node->size : it[1].offset, is_last ? node->align : it[1].type->align);
        if (it->type->align == 0 || it->offset != round_up(end, it->type->align)) {
            refuse(node, "it does not stand where C puts it: packed, aligned or a union", it->name);
            return 0;
        }
        end = it->offset + it->type->size * it->count;
    }
    if (round_up(end, node->align) == node->size)
        return 1;
    refuse(node, "not as large as its members: packed, aligned, or with members that dbghelp does not tell",
           NULL);
    return 0;
}

static int write_body(hp_types_node *node, const member *members, uint32_t count) {
    hp_types_text text = {0};
    for (uint32_t i = 0; i < count && text.length <= HP_SIGNATURE_MAX; i++) {
        hp_types_text_add(&text, "%c", i ? ';' : '{');
        hp_types_node_write(members[i].type, &text);
        if (members[i].name)
            hp_types_text_add(&text, " %s", members[i].name);
        if (members[i].is_array)
            hp_types_text_add(&text, "[%u]", (unsigned)members[i].count);
    }
    hp_types_text_add(&text, "}");
    if (text.length > HP_SIGNATURE_MAX) {
        hp_types_text_free(&text);
        node->too_long = 1;
        refuse(node, "its description is longer than a signature may be", NULL);
        return 0;
    }
    return hp_types_node_take(&text, &node->body);
}

/** "struct HWND__ { int unused; }": what STRICT makes handles of. Source: winnt.h, DECLARE_HANDLE. */
static int is_token(const hp_types_node *node) {
    size_t length = node->tag ? strlen(node->tag) : 0;
    return length > 2 && strcmp(node->tag + length - 2, "__") == 0 && node->body &&
           strcmp(node->body, "{i32 unused}") == 0;
}

static void fill(hp_symbols *symbols, hp_types_node *node, const uint32_t *ids, uint32_t count) {
    member *members = calloc(count, sizeof *members);
    uint32_t used = 0;
    int state = members ? 1 : -1;
    for (uint32_t i = 0; state >= 0 && i < count; i++) {
        state = read_member(symbols, node, ids[i], &members[used]);
        used += state > 0;
    }
    if (state >= 0 && used == 0)
        refuse(node, "a structure without members", NULL);
    else if (state >= 0 && is_natural(node, members, used, !symbols->is_pdb))
        node->is_value = (uint8_t)write_body(node, members, used);
    for (uint32_t i = 0; members && i < used; i++)
        free(members[i].name);
    free(members);
}

void hp_types_struct_fill(hp_symbols *symbols, hp_types_node *node) {
    enum { KIND_UNION = 2 };
    node->kind = HP_TYPES_STRUCTURE;
    node->head = "struct";
    hp_types_node_name(symbols, node);
    if (hp_symbols_ask(symbols, node->id, TI_GET_UDTKIND, 0) == KIND_UNION) {
        refuse(node, "a union", NULL);
        return;
    }
    uint32_t *ids = NULL;
    uint32_t count = hp_symbols_ask_children(symbols, node->id, HP_SYMBOLS_CHILDREN_MAX, &ids);
    if (count == 0)
        refuse(node, "a structure whose members the debug information does not tell", NULL);
    else
        fill(symbols, node, ids, count);
    free(ids);
    node->is_token = (uint8_t)is_token(node);
}
