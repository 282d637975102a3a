#include "tools/debug/types_shape.h"

#include <stdio.h>

#include "idl/text.h"
#include "proxygen/fnv.h"

enum { STARS_MAX = 8 };

const hp_types_node *hp_types_shape_target(hp_symbols *symbols, uint32_t id, unsigned *stars) {
    const hp_types_node *node = hp_types_node_get(symbols, id);
    *stars = 0;
    while (node->kind == HP_TYPES_POINTER && *stars < STARS_MAX) {
        uint64_t count;
        ++*stars;
        // An array behind a pointer is its elements.
        node = hp_types_node_element(symbols, hp_types_node_get(symbols, node->target), &count);
    }
    return node;
}

/** What a shape says of a type without its stars; brief: without members and entries. */
static void write_base(const hp_types_node *node, unsigned stars, int brief, hp_types_text *text) {
    int has_tag = (node->kind == HP_TYPES_STRUCTURE || node->kind == HP_TYPES_ENUM) && node->tag;
    if (brief && has_tag)
        hp_types_text_add(text, "%s",
                          node->kind == HP_TYPES_STRUCTURE && node->full ? node->full : node->tag);
    else if (node->kind == HP_TYPES_VOID)
        hp_types_text_add(text, "void");
    else if (node->kind == HP_TYPES_FUNCTION && stars > 0)
        hp_types_text_add(text, "func");
    else if (!node->is_value)
        hp_types_text_add(text, "?%llu", (unsigned long long)node->size);
    else if (brief && node->kind != HP_TYPES_SIMPLE)
        hp_types_text_add(text, "%s", node->kind == HP_TYPES_ENUM ? "enum" : "struct");
    else
        hp_types_node_write(node, text);
}

static void write_shape(hp_symbols *symbols, uint32_t id, hp_types_text *text) {
    unsigned stars;
    const hp_types_node *node = hp_types_shape_target(symbols, id, &stars);
    write_base(node, stars, 0, text);
    hp_types_text_add(text, "%.*s", (int)stars, "********");
}

/** "const-acme::player&": what tells overloads apart. */
static void write_brief(hp_symbols *symbols, const hp_types_list *list, uint32_t index, const hp_fact *fact,
                        hp_types_text *text) {
    unsigned stars;
    const hp_types_node *node = hp_types_shape_target(symbols, list->type[index], &stars);
    int known = fact && stars > 0 && index < HP_FACT_PARAMETERS;
    int is_reference = known && (fact->reference >> index & 1);
    hp_types_text_add(text, "%s", known && (fact->const_behind >> index & 1) ? "const-" : "");
    write_base(node, stars, 1, text);
    hp_types_text_add(text, "%.*s%s", (int)stars - is_reference, "********", is_reference ? "&" : "");
}

const char *hp_types_shape_convention(const hp_symbols *symbols, hp_convention convention) {
    static const char *const words[] = {[HP_CONVENTION_STDCALL] = "stdcall ",
                                        [HP_CONVENTION_FASTCALL] = "fastcall ",
                                        [HP_CONVENTION_THISCALL] = "thiscall "};
    return symbols->arch == HP_ARCH_X86 && convention != HP_CONVENTION_CDECL ? words[convention] : "";
}

void hp_types_shape_make(hp_symbols *symbols, const hp_types_list *list, hp_convention convention,
                         hp_types_call *call) {
    enum { SPARE = 16 }; // for ",...", ",~)" and the like
    hp_types_text text = {0};
    hp_types_text_add(&text, "%s", hp_types_shape_convention(symbols, convention));
    if (list->known)
        write_shape(symbols, list->result, &text);
    else
        hp_types_text_add(&text, "?0");
    hp_types_text_add(&text, "(");
    if (text.length > HP_SIGNATURE_MAX - SPARE) { // not even the result
        text.length = 0;
        hp_types_text_add(&text, "%s?0(", hp_types_shape_convention(symbols, convention));
    }
    int is_whole = list->known && !list->too_many;
    for (uint32_t i = 0; i < list->count; i++) {
        size_t before = text.length;
        hp_types_text_add(&text, "%s", i ? "," : "");
        write_shape(symbols, list->type[i], &text);
        hp_types_text_add(&text, "%s%s", list->name[i] ? " " : "", list->name[i] ? list->name[i] : "");
        if (text.length > HP_SIGNATURE_MAX - SPARE) {
            text.length = before;
            is_whole = 0;
            break;
        }
    }
    const char *comma = text.at && text.length > 0 && text.at[text.length - 1] != '(' ? "," : "";
    if (!is_whole)
        hp_types_text_add(&text, "%s~)", comma);
    else
        hp_types_text_add(&text, "%s%s)", list->is_variadic ? comma : "", list->is_variadic ? "..." : "");
    if (!text.failed)
        hp_text_copy(call->shape, sizeof call->shape, text.at);
    hp_types_text_free(&text);
}

void hp_types_shape_parameters(hp_symbols *symbols, const hp_types_list *list, const hp_fact *fact,
                               hp_types_call *call) {
    enum { WHOLE = 100, CUT = 80 };
    hp_types_text text = {0};
    hp_types_text_add(&text, "(");
    for (uint32_t i = 0; i < list->count; i++) {
        hp_types_text_add(&text, "%s", i ? "," : "");
        write_brief(symbols, list, i, fact, &text);
    }
    if (list->is_variadic)
        hp_types_text_add(&text, "%s...", list->count ? "," : "");
    hp_types_text_add(&text, ")");
    char *to = call->parameters;
    if (!text.failed && text.length <= WHOLE)
        hp_text_copy(to, sizeof call->parameters, text.at);
    else if (!text.failed)
        snprintf(to, sizeof call->parameters, "%.*s~%08x)", CUT, text.at,
                 (unsigned)hp_fnv_32(HP_FNV_32, text.at, text.length));
    hp_types_text_free(&text);
}
