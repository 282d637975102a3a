// Values from text.
#include "tools/value/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/text.h"

typedef struct reader {
    const hp_value_types *types;
    const char *at;
    char *reason;
} reader;

static int wrong(const reader *in, const char *format, ...) HP_PRINTF(2, 3);
static int wrong(const reader *in, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    hp_text_format(in->reason, HP_VALUE_REASON, format, arguments);
    va_end(arguments);
    return 0;
}

static int is_white(char letter) {
    return letter != '\0' && strchr(" \t\n\r\v\f", letter) != NULL;
}

static char next(reader *in) {
    while (is_white(*in->at))
        in->at++;
    return *in->at;
}

static int skip(reader *in, char mark) {
    if (next(in) != mark)
        return 0;
    in->at++;
    return 1;
}

static int is(const char *token, size_t length, const char *word) {
    return length == strlen(word) && memcmp(token, word, length) == 0;
}

static void put(unsigned char *bytes, uint64_t value, uint32_t size) {
    for (uint32_t i = 0; i < size; i++, value >>= 8)
        bytes[i] = (unsigned char)value;
}

/* The digits behind sign and 0x. @return 0: none, others between them, or more than 64 bits (then *large) */
static int read_digits(const char *at, const char *end, unsigned base, uint64_t *number, int *large) {
    *number = 0;
    *large = 0;
    if (at == end)
        return 0;
    for (; at < end; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
                         : *at >= 'A' && *at <= 'F' ? (unsigned)(*at - 'A') + 10
                                                    : 16;
        if (digit >= base)
            return 0;
        if (*number > (UINT64_MAX - digit) / base)
            *large = 1;
        *number = *number * base + digit;
    }
    return !*large;
}

static int read_integer(const reader *in, const char *token, size_t length, const hp_value_type *type,
                        unsigned char *bytes) {
    const char *at = token, *end = token + length;
    const int minus = length > 0 && *at == '-';
    at += minus || (length > 0 && *at == '+');
    const int hexadecimal = end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    uint64_t number;
    int large;
    const int good = read_digits(at + (hexadecimal ? 2 : 0), end, hexadecimal ? 16 : 10, &number, &large);
    if (!good && !large)
        return wrong(in, "\"%.*s\" is no %s", (int)(length < 40 ? length : 40), token,
                     type->entries.length ? "entry of the enum, and no integer" : "integer");
    const unsigned bits = 8 * type->size;
    const uint64_t all = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    const uint64_t half = (uint64_t)1 << (bits - 1);
    const uint64_t most = type->kind != HP_TYPE_SIGNED ? minus ? 0 : all : minus ? half : half - 1;
    if (large || number > most) {
        if (type->kind == HP_TYPE_SIGNED)
            return wrong(in, "%.*s is out of range: -%llu to %llu", (int)(length < 40 ? length : 40), token,
                         (unsigned long long)half, (unsigned long long)(half - 1));
        return wrong(in, "%.*s is out of range: 0 to %llu", (int)(length < 40 ? length : 40), token,
                     (unsigned long long)all);
    }
    put(bytes, minus ? 0 - number : number, type->size);
    return 1;
}

static int read_bool(const reader *in, const char *token, size_t length, unsigned char *bytes) {
    const int yes = is(token, length, "true") || is(token, length, "1");
    if (!yes && !is(token, length, "false") && !is(token, length, "0"))
        return wrong(in, "\"%.*s\" is neither true nor false", (int)(length < 40 ? length : 40), token);
    *bytes = (unsigned char)yes;
    return 1;
}

static int read_float(const reader *in, const char *token, size_t length, const hp_value_type *type,
                      unsigned char *bytes) {
    char text[512] = "", *end = text;
    double wide = 0;
    if (length > 0 && length < sizeof text) {
        memcpy(text, token, length);
        text[length] = '\0';
        wide = strtod(text, &end);
    }
    if (end == text || *end)
        return wrong(in, "\"%.*s\" is no number", (int)(length < 40 ? length : 40), token);
    const int spelled = strpbrk(text, "nN") != NULL; /* "inf" and "nan" are spelled, not computed */
    const float narrow = (float)wide;
    if (!spelled && (wide - wide != 0 || (type->size == 4 && narrow - narrow != 0)))
        return wrong(in, "%.*s is out of range", (int)(length < 40 ? length : 40), token);
    if (type->size == 4)
        memcpy(bytes, &narrow, sizeof narrow);
    else
        memcpy(bytes, &wide, sizeof wide);
    return 1;
}

/* The number of an enum's entry; empty if there is none of this name. */
static hp_value_piece find_entry(const reader *in, const hp_value_type *type, const char *token,
                                 size_t length) {
    hp_value_piece name, value;
    for (uint16_t at = 0; hp_value_entry(in->types, type, &at, &name, &value);)
        if (name.length == length && memcmp(in->types->text + name.at, token, length) == 0)
            return value;
    return (hp_value_piece){0, 0};
}

static int read_simple(reader *in, const hp_value_type *type, unsigned char *bytes) {
    next(in);
    const char *token = in->at;
    const size_t length = strcspn(token, " \t\n\r\v\f,;{}[]");
    in->at += length;
    if (length == 0)
        return wrong(in, "a value is missing before \"%.20s\"", token);
    switch (type->kind) {
    case HP_TYPE_BOOL:
        return read_bool(in, token, length, bytes);
    case HP_TYPE_FLOAT:
        return read_float(in, token, length, type, bytes);
    case HP_TYPE_HANDLE:
        if (is(token, length, "null")) {
            put(bytes, 0, type->size);
            return 1;
        }
        return read_integer(in, token, length, type, bytes);
    default: {
        const hp_value_piece entry = find_entry(in, type, token, length);
        if (entry.length)
            return read_integer(in, in->types->text + entry.at, entry.length, type, bytes);
        return read_integer(in, token, length, type, bytes);
    }
    }
}

static int read_one(reader *in, const hp_value_type *type, unsigned char *bytes);

/* x"0a0B": bytes. @param most  how many may come */
static int read_hexadecimal(reader *in, uint32_t size, unsigned char *bytes, uint32_t most, uint32_t *count) {
    in->at += 2;
    const char *end = strchr(in->at, '"');
    if (!end)
        return wrong(in, "the closing quotation mark of x\"...\" is missing");
    if (size != 1)
        return wrong(in, "x\"...\" is for elements of one byte");
    const size_t digits = (size_t)(end - in->at);
    if (digits % 2)
        return wrong(in, "x\"...\" has half a byte at its end");
    if (digits / 2 > most)
        return wrong(in, "%zu bytes are given, there is room for %u", digits / 2, (unsigned)most);
    for (*count = 0; in->at < end; in->at += 2) {
        uint64_t byte;
        int large;
        if (!read_digits(in->at, in->at + 2, 16, &byte, &large))
            return wrong(in, "\"%.2s\" are no hexadecimal digits", in->at);
        bytes[(*count)++] = (unsigned char)byte;
    }
    in->at++;
    return 1;
}

static int is_hexadecimal(const char *at) {
    return at[0] == 'x' && at[1] == '"';
}

/* "[" values "]", or bytes, into room for most of them. */
static int read_elements(reader *in, const hp_value_type *type, unsigned char *bytes, uint32_t most,
                         uint32_t *count) {
    *count = 0;
    next(in);
    if (is_hexadecimal(in->at))
        return read_hexadecimal(in, type->size, bytes, most, count);
    if (!skip(in, '['))
        return wrong(in, "a list is expected, [...], before \"%.20s\"", in->at);
    if (skip(in, ']'))
        return 1;
    do {
        if (*count == most)
            return wrong(in, "there are more than %u elements", (unsigned)most);
        if (!read_one(in, type, bytes + (size_t)*count * type->size))
            return 0;
        ++*count;
    } while (skip(in, ','));
    return skip(in, ']') ? 1 : wrong(in, "\",\" or \"]\" is expected before \"%.20s\"", in->at);
}

/* A field's name and "=" may stand before its value. */
static void skip_name(reader *in, const hp_value_type *field) {
    next(in);
    const char *before = in->at;
    const char *name = in->types->text + field->name.at;
    if (field->name.length == 0 || strncmp(in->at, name, field->name.length) != 0)
        return;
    in->at += field->name.length;
    if (!skip(in, '='))
        in->at = before;
}

static int read_structure(reader *in, const hp_value_type *type, unsigned char *bytes) {
    if (!skip(in, '{'))
        return wrong(in, "a structure is expected, {...}, before \"%.20s\"", in->at);
    memset(bytes, 0, type->size);
    for (uint16_t index = type->child; index; index = in->types->types[index].next) {
        const hp_value_type *field = &in->types->types[index];
        const int first = index == type->child;
        if (!first && !skip(in, ','))
            return wrong(in,
                         next(in) == '}' ? "the structure has more fields: %.*s is missing"
                                         : "\",\" is expected before %.*s",
                         (int)field->whole.length, in->types->text + field->whole.at);
        skip_name(in, field);
        uint32_t count = field->count;
        if (field->count ? !read_elements(in, field, bytes + field->offset, field->count, &count)
                         : !read_one(in, field, bytes + field->offset))
            return 0;
        if (count != field->count)
            return wrong(in, "%.*s needs %u elements, not %u", (int)field->whole.length,
                         in->types->text + field->whole.at, (unsigned)field->count, (unsigned)count);
    }
    if (next(in) == ',')
        return wrong(in, "the structure has fewer fields");
    return skip(in, '}') ? 1 : wrong(in, "\"}\" is expected before \"%.20s\"", in->at);
}

static int read_one(reader *in, const hp_value_type *type, unsigned char *bytes) {
    /* Nesting follows the type, which is at most 8 levels deep. */
    return type->kind == HP_TYPE_STRUCT ? read_structure(in, type, bytes) : read_simple(in, type, bytes);
}

static int at_end(reader *in) {
    return next(in) == '\0' ? 1 : wrong(in, "\"%.20s\" stands behind the value", in->at);
}

int hp_value_read(const hp_value_types *types, unsigned type, const char *text, unsigned char *bytes,
                  char reason[HP_VALUE_REASON]) {
    reader in = {.types = types, .at = text};
    in.reason = reason;
    return read_one(&in, &types->types[type], bytes) && at_end(&in);
}

int hp_value_is_list(const char *text) {
    while (is_white(*text))
        text++;
    return *text == '[' || is_hexadecimal(text);
}

int hp_value_read_list(const hp_value_types *types, unsigned type, const char *text, unsigned char **bytes,
                       uint32_t *count, char reason[HP_VALUE_REASON]) {
    reader in = {.types = types, .at = text};
    in.reason = reason;
    const hp_value_type *element = &types->types[type];
    /* Two letters at least for what takes up to 8 bytes of an element. */
    const size_t letters = strlen(text);
    const size_t most = (element->size <= 8 ? letters / 2 : letters * 4 / element->size) + 1;
    *count = 0;
    *bytes = NULL;
    if (most > HP_FRAME_MAX / element->size)
        return wrong(&in, "the list is too long");
    *bytes = calloc(most, element->size);
    if (!*bytes)
        return wrong(&in, "there is no memory for the list");
    if (read_elements(&in, element, *bytes, (uint32_t)most, count) && at_end(&in))
        return 1;
    free(*bytes);
    *bytes = NULL;
    return 0;
}
