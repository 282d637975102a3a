// Canonical form, made from the pieces of a text that has been read without a complaint.
#include "proxygen/signature_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Where the form is written. */
typedef struct canon_writer {
    char *text;
    size_t capacity;
    size_t length; // that it would have
} canon_writer;

HP_PRINTF(2, 3) static void add(canon_writer *canon, const char *format, ...) {
    size_t used = canon->length < canon->capacity ? canon->length : canon->capacity;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(canon->text + used, canon->capacity - used, format, arguments);
    va_end(arguments);
    if (length > 0)
        canon->length += (size_t)length;
}

static const char *keyword(const hp_type *type) {
    static const char *const integer[2][4] = {{"u8", "u16", "u32", "u64"}, {"i8", "i16", "i32", "i64"}};
    unsigned width = type->size == 1 ? 0 : type->size == 2 ? 1 : type->size == 4 ? 2 : 3;
    switch (type->kind) {
    case HP_TYPE_BOOL:
        return "bool";
    case HP_TYPE_SIGNED:
        return integer[1][width];
    case HP_TYPE_UNSIGNED:
        return integer[0][width];
    case HP_TYPE_FLOAT:
        return type->size == 4 ? "f32" : "f64";
    case HP_TYPE_HANDLE:
        return "handle";
    case HP_TYPE_VOID:
    case HP_TYPE_STRUCT:
        break;
    }
    return "void";
}

/** A type's keyword, if it has one. Steps over it. @return false: no type that fits one word */
static bool add_simple(canon_writer *canon, hp_signature_text *text) {
    hp_type type = {.kind = HP_TYPE_VOID};
    if (!hp_signature_text_word(text, "enum")) {
        type = hp_signature_value_keyword(text);
        if (type.kind != HP_TYPE_VOID)
            hp_signature_text_next(text);
    } else if (FAILED(hp_signature_enum_read(text, &type, NULL, 0))) {
        type.kind = HP_TYPE_VOID; // cannot be: the text was read before
    }
    if (type.kind != HP_TYPE_VOID)
        add(canon, "%s", keyword(&type));
    return type.kind != HP_TYPE_VOID;
}

/** A ";" that may be left out, being the last one. */
static bool is_last(const hp_signature_text *text) {
    hp_signature_text after = *text;
    if (!hp_signature_text_skip(&after, ';'))
        return false;
    return hp_signature_text_mark(&after, '}');
}

/**
 * A type, given by where it stands. Inside a structure a word is a keyword or, after a type, a name; which
 * of them, the token before tells.
 */
static void add_type(canon_writer *canon, const hp_signature_text *whole, hp_signature_span span) {
    hp_signature_text text = *whole;
    text.span = (hp_signature_span){span.at, 0};
    size_t end = (size_t)span.at + span.length;
    bool type_next = true; // else a name, or a tag
    hp_signature_text_next(&text);
    while (text.span.at < end && text.token != HP_TOKEN_END) {
        const char *piece = text.text + text.span.at;
        if (text.token == HP_TOKEN_WORD) {
            bool type = type_next;
            type_next = false;
            if (type && add_simple(canon, &text))
                continue;
            if (type) // struct, void, str, wstr
                add(canon, "%.*s", (int)text.span.length, piece);
        } else if (!is_last(&text)) {
            add(canon, "%.*s", (int)text.span.length, piece);
            if (strchr("{;}", *piece))
                type_next = *piece != '}';
        }
        hp_signature_text_next(&text);
    }
}

/** "in", "out", "inout" with a space behind, of a value nothing. */
static const char *direction(const hp_parameter *parameter) {
    static const char *const directions[] = {
        [HP_BY_VALUE] = "", [HP_IN] = "in ", [HP_OUT] = "out ", [HP_INOUT] = "inout "};
    return directions[parameter->direction];
}

/** "*", "[16]", "[#3]" behind memory. */
static void add_length(canon_writer *canon, const hp_parameter *parameter) {
    if (parameter->direction == HP_BY_VALUE || parameter->length == HP_LENGTH_TERMINATED)
        return;
    if (parameter->length == HP_LENGTH_PARAMETER)
        add(canon, "[#%u]", (unsigned)parameter->count);
    else if (parameter->count == 1 && !parameter->type.text)
        add(canon, "*");
    else
        add(canon, "[%u]", (unsigned)parameter->count);
}

static void add_parameter(canon_writer *canon, const hp_signature_text *text, const hp_parameter *parameter,
                          hp_signature_span type) {
    add(canon, "%s", direction(parameter));
    add_type(canon, text, type);
    add_length(canon, parameter);
}

void hp_signature_words(const hp_signature_text *text, hp_signature_span span, const hp_parameter *parameter,
                        char *words, size_t capacity) {
    canon_writer canon = {.capacity = capacity};
    canon.text = words;
    hp_signature_text type = *text;
    type.span = (hp_signature_span){span.at, 0};
    hp_signature_text_next(&type);
    add(&canon, "%s", parameter ? direction(parameter) : "");
    if (hp_signature_text_word(&type, "struct")) {
        hp_signature_text_next(&type);
        if (type.token == HP_TOKEN_WORD)
            add(&canon, "struct %.*s", (int)type.span.length, type.text + type.span.at);
        else
            add(&canon, "struct{...}");
    } else {
        add_type(&canon, text, span);
    }
    if (parameter)
        add_length(&canon, parameter);
}

HRESULT hp_signature_canonical(const char *text, hp_arch arch, char *canon_text, size_t capacity) {
    static const char *const conventions[] = {
        [HP_CONVENTION_CDECL] = "cdecl ",
        [HP_CONVENTION_STDCALL] = "stdcall ",
        [HP_CONVENTION_FASTCALL] = "fastcall ",
        [HP_CONVENTION_THISCALL] = "thiscall ",
    };
    hp_signature signature;
    hp_signature_source source;
    if (!text || !canon_text || capacity == 0 || (arch != HP_ARCH_X86 && arch != HP_ARCH_X64))
        return E_INVALIDARG;
    HRESULT hr = hp_signature_read(text, arch, &signature, &source, NULL);
    if (FAILED(hr))
        return hr;

    canon_writer canon = {.capacity = capacity};
    canon.text = canon_text;
    const hp_signature_text whole = {.text = text, .arch = arch};
    if (arch == HP_ARCH_X86)
        add(&canon, "%s", conventions[signature.convention]);
    add_type(&canon, &whole, source.result);
    add(&canon, "(");
    for (uint16_t i = 0; i < signature.count; i++) {
        if (signature.variadic && i == source.variadic)
            add(&canon, ",...");
        if (i > 0)
            add(&canon, ",");
        add_parameter(&canon, &whole, &signature.parameter[i], source.type[i]);
    }
    add(&canon, signature.variadic && source.variadic == signature.count ? ",...)" : ")");
    return canon.length < capacity ? S_OK : E_INVALIDARG;
}
