// The signature parser: parameters, lengths, and which of them a calling convention can carry.
#include "proxygen/signature_text.h"

#include <string.h>

/** A signature being read. */
typedef struct signature_reader {
    hp_signature_text text;
    hp_signature *signature;
    hp_signature_source *source;
    bool spelled; // the convention stands there
} signature_reader;

static HRESULT fail_here(const signature_reader *reader, HRESULT code, const char *reason) {
    return hp_signature_text_fail(&reader->text, reader->text.span.at, code, reason);
}

/**
 * Bytes from a place up to the next token. The white space before that is harmless: canonical form reads
 * tokens.
 */
static hp_signature_span span_to_here(const signature_reader *reader, uint16_t from) {
    return (hp_signature_span){from, (uint16_t)(reader->text.span.at - from)};
}

static hp_convention read_convention(signature_reader *reader) {
    static const struct {
        const char *word;
        hp_convention convention;
    } conventions[] = {
        {"cdecl", HP_CONVENTION_CDECL},
        {"stdcall", HP_CONVENTION_STDCALL},
        {"fastcall", HP_CONVENTION_FASTCALL},
        {"thiscall", HP_CONVENTION_THISCALL},
    };
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++) {
        if (hp_signature_text_word(&reader->text, conventions[i].word)) {
            hp_signature_text_next(&reader->text);
            reader->spelled = true;
            return conventions[i].convention;
        }
    }
    return HP_CONVENTION_CDECL;
}

static HRESULT read_result(signature_reader *reader) {
    hp_signature_text *text = &reader->text;
    uint16_t from = text->span.at;
    if (hp_signature_text_word(text, "str") || hp_signature_text_word(text, "wstr"))
        return fail_here(reader, HP_E_SIGNATURE_RETURN_POINTER, "a string cannot be returned");
    if (hp_signature_text_word(text, "void")) {
        reader->signature->result = (hp_type){.kind = HP_TYPE_VOID, .align = 1};
        hp_signature_text_next(text);
    } else if (text->token == HP_TOKEN_WORD) {
        HRESULT hr = hp_signature_value_read(text, &reader->signature->result);
        if (FAILED(hr))
            return hr;
    } else {
        return hp_signature_text_expected(text, reader->spelled ? "a result type"
                                                                : "a convention or a result type");
    }
    reader->source->result = span_to_here(reader, from);
    if (hp_signature_text_mark(text, '*') || hp_signature_text_mark(text, '['))
        return fail_here(reader, HP_E_SIGNATURE_RETURN_POINTER, "a pointer or an array cannot be returned");
    return S_OK;
}

/** [ "in" | "out" | "inout" ] */
static hp_direction read_direction(signature_reader *reader) {
    static const char *const words[] = {[HP_IN] = "in", [HP_OUT] = "out", [HP_INOUT] = "inout"};
    for (unsigned i = HP_IN; i <= HP_INOUT; i++) {
        if (hp_signature_text_word(&reader->text, words[i])) {
            hp_signature_text_next(&reader->text);
            return (hp_direction)i;
        }
    }
    return HP_BY_VALUE;
}

/** value | string */
static HRESULT read_type(signature_reader *reader, hp_type *type) {
    hp_signature_text *text = &reader->text;
    bool wide = hp_signature_text_word(text, "wstr");
    if (!wide && !hp_signature_text_word(text, "str"))
        return hp_signature_value_read(text, type);
    uint32_t size = wide ? 2 : 1;
    *type = (hp_type){.kind = HP_TYPE_UNSIGNED, .size = size, .align = size, .text = 1};
    hp_signature_text_next(text);
    return S_OK;
}

/** [ name ], which no parameter before may have. */
static HRESULT read_name(signature_reader *reader, uint16_t index) {
    hp_signature_text *text = &reader->text;
    if (text->token != HP_TOKEN_WORD)
        return S_OK;
    for (uint16_t i = 0; i < index; i++) {
        if (hp_signature_text_same(text, reader->source->name[i], text->span))
            return fail_here(reader, HP_E_SIGNATURE_SYNTAX, "two parameters carry the same name");
    }
    reader->source->name[index] = text->span;
    hp_signature_text_next(text);
    return S_OK;
}

/** Constant length of a buffer. */
static HRESULT read_constant(signature_reader *reader, hp_parameter *parameter) {
    uint16_t at = reader->text.span.at;
    parameter->length = HP_LENGTH_CONSTANT;
    HRESULT hr = hp_signature_text_number(&reader->text, &parameter->count);
    if (FAILED(hr))
        return hr;
    if (parameter->count == 0)
        return hp_signature_text_fail(&reader->text, at, HP_E_SIGNATURE_LENGTH, "a length of 0 elements");
    if (parameter->count > HP_FRAME_MAX / parameter->type.size)
        return hp_signature_text_fail(&reader->text, at, HP_E_SIGNATURE_LIMIT, "a buffer exceeds 256 MiB");
    return S_OK;
}

/** length "]". Parameters are looked up when all of them are known. */
static HRESULT read_length(signature_reader *reader, uint16_t index) {
    hp_signature_text *text = &reader->text;
    hp_parameter *parameter = &reader->signature->parameter[index];
    HRESULT hr = S_OK;
    if (text->token == HP_TOKEN_NUMBER) {
        hr = read_constant(reader, parameter);
    } else if (hp_signature_text_mark(text, '#') || text->token == HP_TOKEN_WORD) {
        parameter->length = HP_LENGTH_PARAMETER;
        bool by_index = hp_signature_text_skip(text, '#');
        reader->source->length[index] = text->span;
        if (by_index)
            hr = hp_signature_text_number(text, &parameter->count);
        else
            hp_signature_text_next(text);
    } else {
        hr = hp_signature_text_expected(text, "a number or the name of a parameter");
    }
    if (FAILED(hr))
        return hr;
    return hp_signature_text_skip(text, ']') ? S_OK : hp_signature_text_expected(text, "\"]\"");
}

/**
 * Do direction, "*" and length fit together? The parameter begins at a place, the next token stands behind
 * it.
 */
static HRESULT check_memory(const signature_reader *reader, const hp_parameter *parameter, uint16_t at,
                            bool star, bool bracket) {
    const hp_signature_text *text = &reader->text;
    bool memory = star || bracket || parameter->type.text;
    if (memory && parameter->direction == HP_BY_VALUE)
        return hp_signature_text_fail(text, at, HP_E_SIGNATURE_SYNTAX,
                                      "memory and strings need in, out or inout");
    if (!memory && parameter->direction != HP_BY_VALUE)
        return hp_signature_text_fail(text, at, HP_E_SIGNATURE_SYNTAX,
                                      "a value takes no direction; \"*\" or a length makes it memory");
    if (parameter->type.text && parameter->direction != HP_IN && !bracket)
        return fail_here(reader, HP_E_SIGNATURE_LENGTH, "an out string needs the length of its buffer");
    return S_OK;
}

/** What travels behind "..." has been promoted by the caller's compiler. */
static HRESULT check_promoted(const signature_reader *reader, const hp_parameter *parameter,
                              uint16_t type_at) {
    bool small = parameter->type.kind != HP_TYPE_STRUCT && parameter->type.size < 4;
    bool single = parameter->type.kind == HP_TYPE_FLOAT && parameter->type.size == 4;
    if (!parameter->variadic || parameter->direction != HP_BY_VALUE || !(small || single))
        return S_OK;
    return hp_signature_text_fail(&reader->text, type_at, HP_E_SIGNATURE_CONVENTION,
                                  single ? "behind \"...\" an f32 travels as f64"
                                         : "behind \"...\" small integers and bool travel as i32");
}

static HRESULT read_parameter(signature_reader *reader, uint16_t index) {
    hp_signature_text *text = &reader->text;
    hp_parameter *parameter = &reader->signature->parameter[index];
    uint16_t at = text->span.at;
    *parameter = (hp_parameter){.direction = read_direction(reader), .variadic = reader->signature->variadic};

    uint16_t type_at = text->span.at;
    HRESULT hr = read_type(reader, &parameter->type);
    if (FAILED(hr))
        return hr;
    reader->source->type[index] = span_to_here(reader, type_at);
    if (hp_signature_text_mark(text, '*') && parameter->type.text)
        return fail_here(reader, HP_E_SIGNATURE_SYNTAX, "a string is a pointer already");
    bool star = hp_signature_text_skip(text, '*');
    if (hp_signature_text_mark(text, '*'))
        return fail_here(reader, HP_E_SIGNATURE_SYNTAX,
                         "a pointer to a pointer; use handle for an opaque one");
    hr = read_name(reader, index);
    if (FAILED(hr))
        return hr;

    bool bracket = hp_signature_text_mark(text, '[');
    if (bracket && star)
        return fail_here(reader, HP_E_SIGNATURE_SYNTAX, "\"*\" and a length exclude each other");
    if (bracket && parameter->type.text && parameter->direction == HP_IN)
        return fail_here(reader, HP_E_SIGNATURE_LENGTH, "an in string ends with its NUL and takes no length");
    if (bracket) {
        hp_signature_text_next(text);
        hr = read_length(reader, index);
        if (FAILED(hr))
            return hr;
    } else {
        parameter->length = parameter->type.text ? HP_LENGTH_TERMINATED : HP_LENGTH_CONSTANT;
        parameter->count = star ? 1 : 0;
    }
    hr = check_memory(reader, parameter, at, star, bracket);
    return FAILED(hr) ? hr : check_promoted(reader, parameter, type_at);
}

static HRESULT read_dots(signature_reader *reader) {
    hp_signature *signature = reader->signature;
    if (signature->count == 0)
        return fail_here(reader, HP_E_SIGNATURE_SYNTAX, "expected a parameter before \"...\"");
    if (signature->variadic)
        return fail_here(reader, HP_E_SIGNATURE_SYNTAX, "\"...\" stands there twice");
    if (signature->convention != HP_CONVENTION_CDECL)
        return fail_here(reader, HP_E_SIGNATURE_CONVENTION, "variable arguments need cdecl");
    signature->variadic = 1;
    reader->source->variadic = signature->count;
    hp_signature_text_next(&reader->text);
    return S_OK;
}

/** "(" [ parameters ] ")" up to the end of the text */
static HRESULT read_parameters(signature_reader *reader) {
    hp_signature_text *text = &reader->text;
    hp_signature *signature = reader->signature;
    if (!hp_signature_text_skip(text, '('))
        return hp_signature_text_expected(text, "\"(\"");
    hp_signature_text before = *text;
    if (hp_signature_text_word(text, "void")) {
        hp_signature_text_next(text);
        if (!hp_signature_text_mark(text, ')'))
            *text = before; // reading it as a parameter finds the reason
    }
    while (signature->count > 0 || signature->variadic || !hp_signature_text_mark(text, ')')) {
        HRESULT hr;
        if (text->token == HP_TOKEN_DOTS) {
            hr = read_dots(reader);
        } else if (signature->count == HP_SIGNATURE_MAX_PARAMETERS) {
            hr = fail_here(reader, HP_E_SIGNATURE_LIMIT, "more than 32 parameters");
        } else {
            hr = read_parameter(reader, signature->count);
            signature->count++;
        }
        if (FAILED(hr))
            return hr;
        if (!hp_signature_text_skip(text, ','))
            break;
    }
    if (!hp_signature_text_mark(text, ')'))
        return hp_signature_text_expected(text, "\",\" or \")\"");
    return S_OK;
}

HRESULT hp_signature_read(const char *text, hp_arch arch, hp_signature *signature,
                          hp_signature_source *source, hp_signature_error *error) {
    size_t length = 0;
    while (length <= HP_SIGNATURE_MAX && text[length] != '\0')
        length++;
    signature_reader reader = {.signature = signature, .source = source, .text = {.error = error}};
    if (length > HP_SIGNATURE_MAX)
        return hp_signature_text_fail(&reader.text, HP_SIGNATURE_MAX, HP_E_SIGNATURE_LIMIT,
                                      "the text exceeds 4096 bytes");

    *signature = (hp_signature){.arch = arch};
    *source = (hp_signature_source){0};
    hp_signature_text_open(&reader.text, text, arch, error);
    signature->convention = read_convention(&reader);
    HRESULT hr = read_result(&reader);
    if (SUCCEEDED(hr))
        hr = read_parameters(&reader);
    if (SUCCEEDED(hr))
        hr = hp_signature_check_whole(&reader.text, signature, source);
    if (FAILED(hr))
        return hr;
    if (arch == HP_ARCH_X64)
        signature->convention = HP_CONVENTION_CDECL; // there is only one
    hp_signature_text_next(&reader.text);
    if (reader.text.token != HP_TOKEN_END)
        return hp_signature_text_expected(&reader.text, "the end of the text");
    return S_OK;
}

HRESULT hp_signature_parse(const char *text, hp_arch arch, hp_signature *signature,
                           hp_signature_error *error) {
    if (error)
        *error = (hp_signature_error){0};
    if (!text || !signature || (arch != HP_ARCH_X86 && arch != HP_ARCH_X64))
        return E_INVALIDARG;
    hp_signature_source source;
    return hp_signature_read(text, arch, signature, &source, error);
}
