// From a signature's text to types with names and offsets. hp_signature_parse has checked the text before:
// here it only has to be understood again, with the names that hp_signature does not keep.
#include "tools/value/value.h"

#include <stdlib.h>
#include <string.h>

/* A field takes three bytes of text at least. */
enum { TYPES_MAX = HP_SIGNATURE_MAX / 3 + HP_SIGNATURE_MAX_PARAMETERS + 2 };

typedef struct walk {
    hp_value_types *types;
    hp_arch arch;
    uint16_t at;
    uint8_t depth;
} walk;

static int is_white(char letter) {
    return letter != '\0' && strchr(" \t\n\r\v\f", letter) != NULL;
}

static int is_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
           (letter >= '0' && letter <= '9');
}

static char next(walk *in) {
    while (is_white(in->types->text[in->at]))
        in->at++;
    return in->types->text[in->at];
}

static int skip(walk *in, char mark) {
    if (next(in) != mark)
        return 0;
    in->at++;
    return 1;
}

/* A word or a number; length 0 if there is none. */
static hp_value_piece take(walk *in) {
    next(in);
    hp_value_piece piece = {in->at, 0};
    while (is_letter(in->types->text[in->at]))
        in->at++;
    piece.length = (uint16_t)(in->at - piece.at);
    return piece;
}

static int is(const walk *in, hp_value_piece piece, const char *word) {
    return piece.length == strlen(word) && memcmp(in->types->text + piece.at, word, piece.length) == 0;
}

/* Up to here, without the white space before it. */
static hp_value_piece up_to_here(const walk *in, uint16_t from) {
    uint16_t end = in->at;
    while (end > from && is_white(in->types->text[end - 1]))
        end--;
    return (hp_value_piece){from, (uint16_t)(end - from)};
}

static int set_simple(const walk *in, hp_value_piece word, hp_value_type *type) {
    static const struct {
        const char *word;
        hp_type_kind kind;
        uint8_t size; /* 0: of a pointer */
    } simple[] = {{"bool", HP_TYPE_BOOL, 1},    {"i8", HP_TYPE_SIGNED, 1},      {"u8", HP_TYPE_UNSIGNED, 1},
                  {"i16", HP_TYPE_SIGNED, 2},   {"u16", HP_TYPE_UNSIGNED, 2},   {"i32", HP_TYPE_SIGNED, 4},
                  {"u32", HP_TYPE_UNSIGNED, 4}, {"i64", HP_TYPE_SIGNED, 8},     {"u64", HP_TYPE_UNSIGNED, 8},
                  {"isize", HP_TYPE_SIGNED, 0}, {"usize", HP_TYPE_UNSIGNED, 0}, {"f32", HP_TYPE_FLOAT, 4},
                  {"f64", HP_TYPE_FLOAT, 8},    {"handle", HP_TYPE_HANDLE, 0},  {"str", HP_TYPE_UNSIGNED, 1},
                  {"wstr", HP_TYPE_UNSIGNED, 2}};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (!is(in, word, simple[i].word))
            continue;
        type->kind = simple[i].kind;
        type->size = simple[i].size ? simple[i].size : in->arch == HP_ARCH_X64 ? 8 : 4;
        type->align = type->size;
        return 1;
    }
    return 0;
}

static int walk_value(walk *in, hp_value_type *type);

/* [name] [ "[" number "]" ] behind a field's type */
static void walk_field_rest(walk *in, hp_value_type *field) {
    field->name = take(in);
    if (!skip(in, '['))
        return;
    hp_value_piece number = take(in);
    for (uint16_t i = 0; i < number.length && field->count <= HP_SIGNATURE_MAX_STRUCT; i++)
        field->count = field->count * 10 + (uint32_t)(in->types->text[number.at + i] - '0');
    skip(in, ']');
}

/* struct [tag] { fields }: natural alignment, as docs/signatures.md says. */
static int walk_structure(walk *in, hp_value_type *type) {
    take(in);
    if (!skip(in, '{') || in->depth == HP_SIGNATURE_MAX_DEPTH)
        return 0;
    in->depth++;
    *type = (hp_value_type){.kind = HP_TYPE_STRUCT, .align = 1};
    uint16_t *link = &type->child;
    while (!skip(in, '}')) {
        if (in->types->count == TYPES_MAX)
            return 0;
        const uint16_t index = in->types->count++;
        hp_value_type *field = &in->types->types[index];
        next(in);
        const uint16_t from = in->at;
        *field = (hp_value_type){0};
        if (!walk_value(in, field))
            return 0;
        walk_field_rest(in, field);
        field->whole = up_to_here(in, from);
        field->offset = (type->size + field->align - 1) / field->align * field->align;
        const uint64_t bytes = (uint64_t)field->size * (field->count ? field->count : 1);
        if (field->offset + bytes > HP_SIGNATURE_MAX_STRUCT)
            return 0;
        type->size = field->offset + (uint32_t)bytes;
        if (field->align > type->align)
            type->align = field->align;
        *link = index;
        link = &field->next;
        skip(in, ';');
    }
    type->size = (type->size + type->align - 1) / type->align * type->align;
    in->depth--;
    return 1;
}

/* enum integer [tag] [ { NAME=value, ... } ]: the first word is the tag, whatever stands behind it. */
static int walk_enum(walk *in, hp_value_type *type) {
    if (!set_simple(in, take(in), type))
        return 0;
    take(in);
    if (!skip(in, '{'))
        return 1;
    const uint16_t from = in->at;
    const char *end = strchr(in->types->text + in->at, '}');
    if (!end)
        return 0;
    in->at = (uint16_t)(end - in->types->text);
    type->entries = up_to_here(in, from);
    in->at++;
    return 1;
}

static int walk_value(walk *in, hp_value_type *type) {
    const hp_value_piece word = take(in);
    if (is(in, word, "struct"))
        return walk_structure(in, type);
    if (is(in, word, "enum"))
        return walk_enum(in, type);
    return set_simple(in, word, type);
}

static int walk_parameter(walk *in, hp_value_type *type) {
    next(in);
    const uint16_t from = in->at;
    const hp_value_piece word = take(in);
    if (!is(in, word, "in") && !is(in, word, "out") && !is(in, word, "inout"))
        in->at = from;
    if (!walk_value(in, type))
        return 0;
    skip(in, '*');
    type->name = take(in);
    if (skip(in, '[')) {
        skip(in, '#');
        take(in);
        skip(in, ']');
    }
    type->whole = up_to_here(in, from);
    return 1;
}

static int walk_signature(walk *in) {
    hp_value_types *types = in->types;
    const hp_value_piece first = take(in);
    if (!is(in, first, "cdecl") && !is(in, first, "stdcall") && !is(in, first, "fastcall") &&
        !is(in, first, "thiscall"))
        in->at = 0;
    next(in);
    const uint16_t from = in->at, before = in->at;
    if (!is(in, take(in), "void")) {
        in->at = before;
        if (!walk_value(in, &types->types[0]))
            return 0;
    }
    types->types[0].whole = up_to_here(in, from);
    if (!skip(in, '('))
        return 0;
    for (uint16_t i = 0; i < types->signature.count; i++) {
        while (next(in) == '.' || next(in) == ',')
            in->at++;
        hp_value_type *type = &types->types[1 + i];
        if (!walk_parameter(in, type) || type->size != types->signature.parameter[i].type.size ||
            type->kind != types->signature.parameter[i].type.kind)
            return 0;
    }
    return types->types[0].size == types->signature.result.size;
}

HRESULT hp_value_open(const char *text, hp_arch arch, hp_value_types *types, hp_signature_error *error) {
    hp_signature_error ignored;
    types->types = NULL;
    HRESULT hr = hp_signature_parse(text, arch, &types->signature, error ? error : &ignored);
    if (FAILED(hr))
        return hr;
    memcpy(types->text, text, strlen(text) + 1);
    types->count = (uint16_t)(types->signature.count + 1);
    types->types = calloc(TYPES_MAX, sizeof *types->types);
    if (!types->types)
        return E_OUTOFMEMORY;
    walk in = {.types = types, .arch = arch};
    if (walk_signature(&in))
        return S_OK;
    if (error)
        *error = (hp_signature_error){in.at, "this command does not understand it"};
    hp_value_close(types);
    return HP_E_SIGNATURE_SYNTAX;
}

void hp_value_close(hp_value_types *types) {
    free(types->types);
    types->types = NULL;
}

int hp_value_entry(const hp_value_types *types, const hp_value_type *type, uint16_t *at, hp_value_piece *name,
                   hp_value_piece *value) {
    const char *text = types->text;
    const uint16_t end = (uint16_t)(type->entries.at + type->entries.length);
    uint16_t here = *at ? *at : type->entries.at;
    while (here < end && (is_white(text[here]) || text[here] == ','))
        here++;
    name->at = here;
    while (here < end && is_letter(text[here]))
        here++;
    name->length = (uint16_t)(here - name->at);
    while (here < end && (text[here] == '=' || is_white(text[here])))
        here++;
    value->at = here;
    while (here < end && text[here] != ',' && !is_white(text[here]))
        here++;
    value->length = (uint16_t)(here - value->at);
    *at = here;
    return name->length > 0 && value->length > 0;
}
