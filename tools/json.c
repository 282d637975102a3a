#include "tools/json.h"

#include "hotpatch/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/shown.h"

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

size_t hp_json_escape(const char *text, size_t length, char *target) {
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: character, its letter */
    size_t size = 0;
    for (size_t at = 0; at < length;) {
        const char *here = text + at;
        uint32_t code = 0;
        const size_t whole = hp_shown_character(here, length - at, &code);
        char piece[8];
        size_t bytes = whole;
        const char *name = NULL;
        for (size_t i = 0; i + 1 < sizeof names - 1 && !name; i += 2)
            if (names[i] == *here)
                name = names + i + 1;
        if (whole == 0) {
            memcpy(piece, "\xEF\xBF\xBD", bytes = 3);
        } else if (name) {
            piece[0] = '\\';
            piece[1] = *name;
            bytes = 2;
        } else if (hp_shown_is_active(code)) {
            bytes = (size_t)snprintf(piece, sizeof piece, "\\u%04x", (unsigned)(code & 0xFFFF));
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
