// Values of a signature: the simple types, and structures with the facts about them
// that calling conventions ask for. Enums are in signature_enum.c.
#include "proxygen/signature_text.h"

#include <string.h>

/** More named fields ("i8 a;") and entries than fit into a text. */
#define NAMES_MAX HP_SIGNATURE_ENTRIES_MAX

/** The structures that are open, and the names of their fields so far; behind them those of an enum. */
typedef struct nesting {
    uint32_t depth;
    uint32_t names;
    hp_signature_span name[NAMES_MAX];
} nesting;

static HRESULT read_value(hp_signature_text *text, nesting *nest, hp_type *type);

hp_type hp_signature_value_keyword(const hp_signature_text *text) {
    static const struct {
        const char *word;
        hp_type_kind kind;
        uint8_t size; // 0: of a pointer
    } keywords[] = {
        {"bool", HP_TYPE_BOOL, 1},    {"i8", HP_TYPE_SIGNED, 1},      {"u8", HP_TYPE_UNSIGNED, 1},
        {"i16", HP_TYPE_SIGNED, 2},   {"u16", HP_TYPE_UNSIGNED, 2},   {"i32", HP_TYPE_SIGNED, 4},
        {"u32", HP_TYPE_UNSIGNED, 4}, {"i64", HP_TYPE_SIGNED, 8},     {"u64", HP_TYPE_UNSIGNED, 8},
        {"isize", HP_TYPE_SIGNED, 0}, {"usize", HP_TYPE_UNSIGNED, 0}, {"f32", HP_TYPE_FLOAT, 4},
        {"f64", HP_TYPE_FLOAT, 8},    {"handle", HP_TYPE_HANDLE, 0},
    };
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (hp_signature_text_word(text, keywords[i].word)) {
            uint32_t size = keywords[i].size ? keywords[i].size : text->arch == HP_ARCH_X64 ? 8 : 4;
            return (hp_type){.kind = keywords[i].kind, .size = size, .align = size};
        }
    }
    return (hp_type){.kind = HP_TYPE_VOID};
}

/** Why the next token is not a value. */
static HRESULT not_a_value(const hp_signature_text *text) {
    if (hp_signature_text_word(text, "str") || hp_signature_text_word(text, "wstr"))
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a string can only be a parameter; use handle for an opaque pointer");
    if (hp_signature_text_word(text, "void"))
        return hp_signature_text_fail(
            text, text->span.at, HP_E_SIGNATURE_SYNTAX,
            "void is not a value; use u8[n] for memory, handle for an opaque pointer");
    return hp_signature_text_expected(text, "a type");
}

/** [name] of a field, which must be new in its structure. */
static HRESULT read_field_name(hp_signature_text *text, nesting *nest, uint32_t first) {
    if (hp_signature_text_mark(text, '*'))
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a field cannot be a pointer; use handle for an opaque one");
    if (text->token != HP_TOKEN_WORD)
        return S_OK;
    for (uint32_t i = first; i < nest->names; i++) {
        if (hp_signature_text_same(text, nest->name[i], text->span))
            return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                          "two fields carry the same name");
    }
    if (nest->names < NAMES_MAX)
        nest->name[nest->names++] = text->span;
    hp_signature_text_next(text);
    return S_OK;
}

/** [ "[" number "]" ] of a field. @param count  receives the number, 0 for no array */
static HRESULT read_field_count(hp_signature_text *text, uint32_t size, uint32_t *count) {
    *count = 0;
    if (!hp_signature_text_skip(text, '['))
        return S_OK;
    hp_signature_span place = text->span;
    HRESULT hr = hp_signature_text_number(text, count);
    if (FAILED(hr))
        return hr;
    if (*count == 0)
        return hp_signature_text_fail(text, place.at, HP_E_SIGNATURE_SYNTAX,
                                      "an array needs at least one element");
    if ((uint64_t)*count * size > HP_SIGNATURE_MAX_STRUCT)
        return hp_signature_text_fail(text, place.at, HP_E_SIGNATURE_LIMIT,
                                      "a structure exceeds 65536 bytes");
    if (!hp_signature_text_skip(text, ']'))
        return hp_signature_text_expected(text, "\"]\"");
    return S_OK;
}

static bool register_size(uint32_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/** Append a field. @return false: the structure gets too large */
static bool add_field(hp_type *type, const hp_type *field, uint32_t count, bool only) {
    uint32_t bytes = field->size * (count ? count : 1); // read_field_count saw to it that this fits
    type->size = (type->size + field->align - 1) / field->align * field->align;
    if (type->size > HP_SIGNATURE_MAX_STRUCT - bytes)
        return false;
    type->size += bytes;
    if (field->align > type->align)
        type->align = field->align;

    bool simple = field->kind != HP_TYPE_STRUCT;
    if (!register_size(bytes) || !(simple || field->in_registers))
        type->in_registers = 0;
    uint8_t lone = field->kind == HP_TYPE_FLOAT ? (uint8_t)field->size : field->lone_float;
    type->lone_float = only && count <= 1 ? lone : 0;
    type->lone_word = only && count == 0 && simple && field->kind != HP_TYPE_FLOAT && field->size == 4;
    return true;
}

/** field { ";" field } [ ";" ] "}" */
static HRESULT read_fields(hp_signature_text *text, nesting *nest, hp_type *type) {
    uint32_t names = nest->names;
    *type = (hp_type){.kind = HP_TYPE_STRUCT, .align = 1, .in_registers = 1};
    for (bool only = true;; only = false) {
        hp_signature_span place = text->span;
        hp_type field = {0};
        uint32_t count = 0;
        HRESULT hr = read_value(text, nest, &field);
        if (SUCCEEDED(hr))
            hr = read_field_name(text, nest, names);
        if (SUCCEEDED(hr))
            hr = read_field_count(text, field.size, &count);
        if (FAILED(hr))
            return hr;
        if (!add_field(type, &field, count, only))
            return hp_signature_text_fail(text, place.at, HP_E_SIGNATURE_LIMIT,
                                          "a structure exceeds 65536 bytes");
        bool more = hp_signature_text_skip(text, ';');
        if (hp_signature_text_mark(text, '}'))
            break;
        if (!more)
            return hp_signature_text_expected(text, "\";\" or \"}\"");
    }
    nest->names = names;
    // The limit is a multiple of every alignment: this cannot step over it.
    type->size = (type->size + type->align - 1) / type->align * type->align;
    if (!register_size(type->size))
        type->in_registers = 0;
    return S_OK;
}

/** The structure whose "struct" is next. */
static HRESULT read_structure(hp_signature_text *text, nesting *nest, hp_type *type) {
    hp_signature_span place = text->span;
    if (nest->depth == HP_SIGNATURE_MAX_DEPTH)
        return hp_signature_text_fail(text, place.at, HP_E_SIGNATURE_LIMIT,
                                      "structures nest deeper than 8 levels");
    hp_signature_text_next(text);
    if (text->token == HP_TOKEN_WORD)
        hp_signature_text_next(text);
    if (!hp_signature_text_skip(text, '{'))
        return hp_signature_text_expected(text, "\"{\"");
    if (hp_signature_text_mark(text, '}'))
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a structure needs a field");
    nest->depth++;
    HRESULT hr = read_fields(text, nest, type);
    nest->depth--;
    if (FAILED(hr))
        return hr;
    hp_signature_text_next(text);
    return S_OK;
}

static HRESULT read_value(hp_signature_text *text, nesting *nest, hp_type *type) {
    if (hp_signature_text_word(text, "struct"))
        return read_structure(text, nest, type);
    if (hp_signature_text_word(text, "enum"))
        return hp_signature_enum_read(text, type, nest->name + nest->names, NAMES_MAX - nest->names);
    *type = hp_signature_value_keyword(text);
    if (type->kind == HP_TYPE_VOID)
        return not_a_value(text);
    hp_signature_text_next(text);
    return S_OK;
}

HRESULT hp_signature_value_read(hp_signature_text *text, hp_type *type) {
    nesting nest;
    nest.depth = 0;
    nest.names = 0;
    return read_value(text, &nest, type);
}
