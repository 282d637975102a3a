#include "tools/json.h"

#include "hotpatch/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(hp_json *json, const char *text, size_t length) {
    if (json->failed)
        return;
    if (length > json->room - json->size) {
        size_t room = json->room < 512 ? 1024 : 2 * json->room;
        while (room - json->size < length)
            room *= 2;
        char *grown = realloc(json->text, room);
        if (!grown) {
            json->failed = 1;
            return;
        }
        json->text = grown;
        json->room = room;
    }
    memcpy(json->text + json->size, text, length);
    json->size += length;
}

static void new_line(hp_json *json) {
    append(json, "\n", 1);
    for (unsigned i = 0; i < json->depth; i++)
        append(json, "  ", 2);
}

/* What stands before a value: nothing behind a key, else a comma but for the first one. */
static void before_value(hp_json *json) {
    if (!json->keyed && json->depth > 0) {
        if (json->filled[json->depth])
            append(json, ",", 1);
        json->filled[json->depth] = 1;
        new_line(json);
    }
    json->keyed = 0;
}

void hp_json_begin(hp_json *json, char bracket) {
    before_value(json);
    if (json->depth == HP_JSON_DEPTH)
        json->failed = 1;
    append(json, &bracket, 1);
    if (json->failed)
        return;
    json->depth++;
    json->filled[json->depth] = 0;
    json->open[json->depth] = bracket == '{' ? '}' : ']';
}

void hp_json_end(hp_json *json) {
    if (json->failed || json->depth == 0)
        return;
    const char bracket = json->open[json->depth];
    const int filled = json->filled[json->depth];
    json->depth--;
    if (filled)
        new_line(json);
    append(json, &bracket, 1);
    if (json->depth == 0)
        append(json, "\n", 1);
}

void hp_json_key(hp_json *json, const char *key) {
    before_value(json);
    json->keyed = 1;
    hp_json_string(json, key);
    append(json, ": ", 2);
    json->keyed = 1;
}

/* Bytes of the UTF-8 character there (RFC 3629, section 4); 0 if it is none. */
static size_t character(const unsigned char *at, size_t left) {
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        unsigned char size;
    } rows[] = {
        {0x00, 0x7F, 0x00, 0xFF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*at < rows[i].first || *at > rows[i].last)
            continue;
        const size_t size = rows[i].size;
        if (size > left || (size > 1 && (at[1] < rows[i].low || at[1] > rows[i].high)))
            return 0;
        for (size_t k = 2; k < size; k++)
            if ((at[k] & 0xC0) != 0x80)
                return 0;
        return size;
    }
    return 0;
}

size_t hp_json_escape(const char *text, size_t length, char *target) {
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: character, its letter */
    size_t size = 0;
    for (size_t at = 0; at < length;) {
        const unsigned char *here = (const unsigned char *)text + at;
        const size_t whole = character(here, length - at);
        char piece[8];
        size_t bytes = whole;
        const char *name = NULL;
        for (size_t i = 0; i + 1 < sizeof names - 1 && !name; i += 2)
            if ((unsigned char)names[i] == *here)
                name = names + i + 1;
        if (whole == 0) {
            memcpy(piece, "\xEF\xBF\xBD", bytes = 3);
        } else if (name) {
            piece[0] = '\\';
            piece[1] = *name;
            bytes = 2;
        } else if (*here < 0x20 || *here == 0x7F) {
            bytes = (size_t)snprintf(piece, sizeof piece, "\\u%04x", (unsigned)*here);
        } else {
            memcpy(piece, here, bytes);
        }
        if (target)
            memcpy(target + size, piece, bytes);
        size += bytes;
        at += whole ? whole : 1;
    }
    return size;
}

void hp_json_text(hp_json *json, const char *text, size_t length) {
    before_value(json);
    const size_t size = hp_json_escape(text, length, NULL);
    char *escaped = malloc(size + 1);
    if (!escaped) {
        json->failed = 1;
        return;
    }
    hp_json_escape(text, length, escaped);
    append(json, "\"", 1);
    append(json, escaped, size);
    append(json, "\"", 1);
    free(escaped);
}

void hp_json_string(hp_json *json, const char *text) {
    if (text)
        hp_json_text(json, text, strlen(text));
    else
        hp_json_null(json);
}

void hp_json_spelled(hp_json *json, const char *number) {
    before_value(json);
    append(json, number, strlen(number));
}

void hp_json_signed(hp_json *json, int64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    hp_json_spelled(json, text);
}

void hp_json_unsigned(hp_json *json, uint64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    hp_json_spelled(json, text);
}

void hp_json_bool(hp_json *json, int value) {
    hp_json_spelled(json, value ? "true" : "false");
}

void hp_json_null(hp_json *json) {
    hp_json_spelled(json, "null");
}

void hp_json_put_string(hp_json *json, const char *key, const char *text) {
    hp_json_key(json, key);
    hp_json_string(json, text);
}

void hp_json_put_unsigned(hp_json *json, const char *key, uint64_t number) {
    hp_json_key(json, key);
    hp_json_unsigned(json, number);
}

void hp_json_put_bool(hp_json *json, const char *key, int value) {
    hp_json_key(json, key);
    hp_json_bool(json, value);
}

void hp_json_put_error(hp_json *json, const char *key, HRESULT result, const char *detail) {
    char code[16];
    hp_json_key(json, key);
    if (SUCCEEDED(result)) {
        hp_json_null(json);
        return;
    }
    snprintf(code, sizeof code, "0x%08lX", (unsigned long)(uint32_t)result);
    hp_json_begin(json, '{');
    hp_json_put_string(json, "code", code);
    hp_json_put_string(json, "symbol", hp_error_symbol(result));
    hp_json_put_string(json, "what", hp_error_what(result));
    hp_json_put_string(json, "todo", hp_error_todo(result));
    hp_json_put_string(json, "detail", detail && *detail ? detail : NULL);
    hp_json_end(json);
}

void hp_json_free(hp_json *json) {
    free(json->text);
    *json = (hp_json){0};
}
