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

/**
 * A type, given by where it stands. Inside a structure a word is a keyword or, after a type, a name; which
 * of them, the token before tells.
 */
static void add_type(canon_writer *canon, const hp_signature_text *whole, hp_span span) {
    hp_signature_text text = *whole;
    text.span = (hp_span){span.at, 0};
    size_t end = (size_t)span.at + span.length;
    bool type_next = true; // else a name, or a tag
    for (hp_signature_text_next(&text); text.span.at < end && text.token != HP_TOKEN_END;
         hp_signature_text_next(&text)) {
        const char *piece = text.text + text.span.at;
        if (hp_signature_text_mark(&text, ';')) {
            hp_signature_text after = text;
            hp_signature_text_next(&after);
            if (hp_signature_text_mark(&after, '}'))
                continue; // the last one may be left out
        }
        if (text.token != HP_TOKEN_WORD) {
            add(canon, "%.*s", (int)text.span.length, piece);
            if (strchr("{;}", *piece))
                type_next = *piece != '}';
        } else if (type_next) {
            hp_type type = hp_signature_value_keyword(&text);
            if (type.kind == HP_TYPE_VOID) // struct, void, str, wstr
                add(canon, "%.*s", (int)text.span.length, piece);
            else
                add(canon, "%s", keyword(&type));
            type_next = false;
        }
    }
}

static void add_parameter(canon_writer *canon, const hp_signature_text *text, const hp_parameter *parameter,
                          hp_span type) {
    static const char *const directions[] = {
        [HP_BY_VALUE] = "", [HP_IN] = "in ", [HP_OUT] = "out ", [HP_INOUT] = "inout "};
    add(canon, "%s", directions[parameter->direction]);
    add_type(canon, text, type);
    if (parameter->direction == HP_BY_VALUE || parameter->length == HP_LENGTH_TERMINATED)
        return;
    if (parameter->length == HP_LENGTH_PARAMETER)
        add(canon, "[#%u]", (unsigned)parameter->count);
    else if (parameter->count == 1 && !parameter->type.text)
        add(canon, "*");
    else
        add(canon, "[%u]", (unsigned)parameter->count);
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
