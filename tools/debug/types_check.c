// Does the programmer's signature fit what the compiler saw? types.h has the grammar of the latter, a shape.
#include "proxygen/signature_text.h"
#include "tools/debug/types.h"
#include "tools/debug/types_check_struct.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REASON 256
#define WORDS 64

/** A type of the shape. */
typedef struct shape_type {
    enum { BASE_VALUE, BASE_VOID, BASE_FUNCTION, BASE_BYTES } base;
    hp_type value; // BASE_VALUE: it; BASE_BYTES: its size, 0 if nobody knows
    bool enumeration;
    hp_signature_span span; // of the base
    unsigned stars;
    hp_signature_span name; // of the parameter; may be empty
} shape_type;

/** One check. */
typedef struct checker {
    hp_signature_text written, shape;
    hp_signature signature;
    hp_signature_source source;
    hp_signature_error error; // of the shape
    char *reason;
} checker;

typedef enum outcome { READ, CUT, UNREADABLE } outcome;

static const char *const conventions[] = {
    [HP_CONVENTION_CDECL] = "cdecl",
    [HP_CONVENTION_STDCALL] = "stdcall",
    [HP_CONVENTION_FASTCALL] = "fastcall",
    [HP_CONVENTION_THISCALL] = "thiscall",
};

/** @return 0: it does not fit */
HP_PRINTF(2, 3) static int say(const checker *check, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->reason, REASON, format, arguments); // all that can be read is ASCII
    va_end(arguments);
    return 0;
}

/** "?" bytes */
static HRESULT read_bytes(hp_signature_text *text, shape_type *type) {
    type->base = BASE_BYTES;
    hp_signature_text_next(text);
    return hp_signature_text_number(text, &type->value.size);
}

/** base { "*" }. A shape that was too long has a "~" in place of what is left, perhaps in a structure. */
static outcome read_type(checker *check, shape_type *type) {
    hp_signature_text *text = &check->shape;
    HRESULT hr = S_OK;
    *type = (shape_type){.span = {text->span.at, 0}};
    if (hp_signature_text_mark(text, '~'))
        return CUT;
    if (hp_signature_text_mark(text, '?')) {
        hr = read_bytes(text, type);
    } else if (hp_signature_text_word(text, "void") || hp_signature_text_word(text, "func")) {
        type->base = hp_signature_text_word(text, "void") ? BASE_VOID : BASE_FUNCTION;
        hp_signature_text_next(text);
    } else {
        type->enumeration = hp_signature_text_word(text, "enum");
        hr = hp_signature_value_read(text, &type->value);
    }
    if (FAILED(hr))
        return strchr(text->text + check->error.position, '~') ? CUT : UNREADABLE;
    type->span.length = (uint16_t)(text->span.at - type->span.at);
    while (hp_signature_text_skip(text, '*'))
        type->stars++;
    if (type->base == BASE_FUNCTION && type->stars == 0)
        return UNREADABLE;
    return READ;
}

/** "i32", "struct player*", "12 bytes*" */
static void type_words(const checker *check, const shape_type *type, char *words) {
    char base[WORDS - 8];
    if (type->base == BASE_VALUE)
        hp_signature_words(&check->shape, type->span, NULL, base, sizeof base);
    else if (type->base == BASE_BYTES && type->value.size == 0)
        snprintf(base, sizeof base, "a type of unknown size");
    else if (type->base == BASE_BYTES)
        snprintf(base, sizeof base, "%u bytes", (unsigned)type->value.size);
    else
        snprintf(base, sizeof base, "%s", type->base == BASE_VOID ? "void" : "function");
    snprintf(words, WORDS, "%s%s", base, type->stars == 0 ? "" : type->stars == 1 ? "*" : "**");
}

/** A value, where the compiler saw one. Into two structures nobody looked yet. */
static bool value_fits(const hp_type *written, const shape_type *seen) {
    const hp_type *value = &seen->value;
    if (seen->base == BASE_VOID || written->kind == HP_TYPE_VOID)
        return seen->base == BASE_VOID && written->kind == HP_TYPE_VOID;
    if (seen->base == BASE_BYTES)
        return value->size == 0 || (written->kind == HP_TYPE_STRUCT && written->size == value->size);
    if (written->kind == HP_TYPE_STRUCT || value->kind == HP_TYPE_STRUCT)
        return written->kind == value->kind;
    return hp_types_check_struct_simple(written, value, seen->enumeration);
}

/** Memory, behind a pointer that the compiler saw: are the elements as large? Structures as in value_fits. */
static bool memory_fits(const checker *check, const hp_type *element, const shape_type *seen) {
    const hp_type *value = &seen->value;
    if (seen->stars > 1)
        return element->size == (check->signature.arch == HP_ARCH_X64 ? 8u : 4u); // which no character is
    switch (seen->base) {
    case BASE_VOID:
        return true;
    case BASE_FUNCTION:
        return false;
    case BASE_BYTES:
        return value->size == 0 || (!element->text && element->size == value->size);
    case BASE_VALUE:
        break;
    }
    if (value->kind == HP_TYPE_STRUCT)
        return element->kind == HP_TYPE_STRUCT;
    return element->size == value->size && (!element->text || hp_types_check_struct_integer(value));
}

/** Something written, and something seen. @param parameter  NULL: the result */
static bool type_fits(const checker *check, const hp_type *written, const hp_parameter *parameter,
                      const shape_type *seen) {
    bool by_value = !parameter || parameter->direction == HP_BY_VALUE;
    if (seen->stars == 0)
        return by_value && value_fits(written, seen);
    return by_value ? written->kind == HP_TYPE_HANDLE : memory_fits(check, written, seen);
}

/** Sizes, where words do not tell them. */
static void add_sizes(const hp_type *written, const shape_type *seen, char *words, size_t capacity) {
    bool known = seen->base == BASE_VALUE || (seen->base == BASE_BYTES && seen->value.size > 0);
    bool structures = written->kind == HP_TYPE_STRUCT || seen->value.kind == HP_TYPE_STRUCT;
    *words = '\0';
    if (known && structures && written->size != seen->value.size && seen->stars < 2)
        snprintf(words, capacity, " (%u bytes, %u bytes)", (unsigned)written->size,
                 (unsigned)seen->value.size);
}

/** What fits from outside: if both are structures, their members. */
static int check_inside(const checker *check, const char *place, const hp_type *written,
                        hp_signature_span written_span, const shape_type *seen) {
    char detail[HP_TYPES_CHECK_STRUCT_WORDS];
    if (written->kind != HP_TYPE_STRUCT || seen->value.kind != HP_TYPE_STRUCT || seen->stars > 1)
        return 1;
    if (hp_types_check_struct(&check->written, written_span, &check->shape, seen->span, detail))
        return 1;
    return say(check, "%s: %s", place, detail);
}

static int check_type(const checker *check, const char *place, const hp_parameter *parameter,
                      hp_signature_span written_span, const shape_type *seen) {
    const hp_type *written = parameter ? &parameter->type : &check->signature.result;
    if (type_fits(check, written, parameter, seen))
        return check_inside(check, place, written, written_span, seen);
    char here[WORDS], there[WORDS], sizes[WORDS];
    hp_signature_words(&check->written, written_span, parameter, here, sizeof here);
    type_words(check, seen, there);
    add_sizes(written, seen, sizes, sizeof sizes);
    return say(check, "%s: written %s, the compiler saw %s%s%s", place, here, there, sizes,
               seen->base == BASE_FUNCTION && seen->stars == 1 ? ", for which only handle fits" : "");
}

/** Parameter index: "parameter 2 (data)", by the name of whoever gives one. */
static int check_parameter(const checker *check, uint16_t index, const shape_type *seen) {
    hp_signature_span name = check->source.name[index];
    const char *text = check->written.text;
    if (name.length == 0) {
        name = seen->name;
        text = check->shape.text;
    }
    char place[WORDS + 32];
    if (name.length)
        snprintf(place, sizeof place, "parameter %u (%.*s)", index + 1u,
                 name.length < WORDS ? (int)name.length : WORDS, text + name.at);
    else
        snprintf(place, sizeof place, "parameter %u", index + 1u);
    return check_type(check, place, &check->signature.parameter[index], check->source.type[index], seen);
}

static int unreadable(const checker *check) {
    return say(check, "what the compiler saw cannot be read, at %zu of its shape: %s", check->error.position,
               check->error.reason[0] ? check->error.reason : "expected a type");
}

static int expected(checker *check, const char *what) {
    hp_signature_text_expected(&check->shape, what);
    return unreadable(check);
}

/** type [ name ], compared if it has a counterpart. @return 1; 0: does not fit; -1: the shape was cut off */
static int check_next(checker *check, uint16_t written, unsigned *seen) {
    hp_signature_text *text = &check->shape;
    shape_type type;
    outcome read = read_type(check, &type);
    if (read != READ)
        return read == CUT ? -1 : unreadable(check);
    if (*seen == 0 && type.base == BASE_VOID && type.stars == 0 && hp_signature_text_mark(text, ')'))
        return 1; // "(void)"
    if (text->token == HP_TOKEN_WORD) {
        type.name = text->span;
        hp_signature_text_next(text);
    }
    if (*seen < written && !check_parameter(check, (uint16_t)*seen, &type))
        return 0;
    ++*seen;
    return hp_signature_text_mark(text, '~') ? -1 : 1;
}

/** Behind the "(", up to the end. @param dots  receives whether "..." stands there @return as check_next */
static int check_parameters(checker *check, uint16_t written, unsigned *seen, bool *dots) {
    hp_signature_text *text = &check->shape;
    hp_signature_text_skip(text, ','); // "(,...)"
    for (;;) {
        *dots = text->token == HP_TOKEN_DOTS;
        if (*dots || (*seen == 0 && hp_signature_text_mark(text, ')')))
            break;
        int fits = check_next(check, written, seen);
        if (fits != 1)
            return fits;
        if (!hp_signature_text_skip(text, ','))
            break;
    }
    if (*dots)
        hp_signature_text_next(text);
    if (!hp_signature_text_skip(text, ')'))
        return expected(check, "\",\" or \")\"");
    return text->token == HP_TOKEN_END ? 1 : expected(check, "the end of the text");
}

/** From behind the "(" on. */
static int check_list(checker *check) {
    const hp_signature *signature = &check->signature;
    uint16_t written = signature->variadic ? check->source.variadic : signature->count;
    unsigned seen = 0;
    bool dots = false;
    int fits = check_parameters(check, written, &seen, &dots);
    if (fits == 0)
        return 0;
    bool cut = fits < 0;
    if (seen > written || (!cut && seen < written))
        return say(check, "written %u parameter%s, the compiler saw %s%u", (unsigned)written,
                   written == 1 ? "" : "s", cut ? "at least " : "", seen);
    if (!cut && dots != (signature->variadic != 0))
        return say(check, signature->variadic ? "written \"...\", the compiler saw none"
                                              : "the compiler saw \"...\", none is written");
    return 1;
}

static hp_convention read_convention(hp_signature_text *text) {
    for (int i = HP_CONVENTION_CDECL; i <= HP_CONVENTION_THISCALL; i++) {
        if (hp_signature_text_word(text, conventions[i])) {
            hp_signature_text_next(text);
            return (hp_convention)i;
        }
    }
    return HP_CONVENTION_CDECL;
}

static int check_shape(checker *check) {
    hp_convention convention = read_convention(&check->shape);
    if (check->signature.arch == HP_ARCH_X86 && convention != check->signature.convention)
        return say(check, "written %s, the compiler saw %s", conventions[check->signature.convention],
                   conventions[convention]);
    shape_type result;
    outcome read = read_type(check, &result);
    if (read != READ)
        return read == CUT ? 1 : unreadable(check);
    if (!check_type(check, "the result", NULL, check->source.result, &result))
        return 0;
    if (hp_signature_text_mark(&check->shape, '~'))
        return 1;
    return hp_signature_text_skip(&check->shape, '(') ? check_list(check) : expected(check, "\"(\"");
}

int hp_types_check(const char *written, hp_arch arch, const char *shape, char reason[REASON]) {
    checker check = {.reason = reason};
    *reason = '\0';
    HRESULT hr = hp_signature_read(written, arch, &check.signature, &check.source, &check.error);
    if (FAILED(hr))
        return say(&check, "the signature cannot be read, at %zu: %s", check.error.position,
                   check.error.reason);
    check.error = (hp_signature_error){0};
    if (!memchr(shape, '\0', HP_SIGNATURE_MAX + 1))
        return say(&check, "what the compiler saw is longer than 4096 bytes");
    check.written = (hp_signature_text){.text = written, .arch = arch};
    hp_signature_text_open(&check.shape, shape, arch, &check.error);
    return check_shape(&check);
}
