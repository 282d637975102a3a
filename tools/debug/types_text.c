#include "tools/debug/types_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_room(hp_types_text *text, size_t more) {
    if (text->failed)
        return 0;
    if (text->capacity - text->length > more)
        return 1;
    size_t capacity = 2 * text->capacity + more + 64;
    char *at = realloc(text->at, capacity);
    if (!at) {
        text->failed = 1;
        return 0;
    }
    text->at = at;
    text->capacity = capacity;
    return 1;
}

void hp_types_text_add(hp_types_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && make_room(text, (size_t)length)) {
        vsnprintf(text->at + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void hp_types_text_free(hp_types_text *text) {
    free(text->at);
    *text = (hp_types_text){0};
}

static int is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

static int is_letter(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

int hp_types_text_is_name(const char *name) {
    if (!name || !is_letter(*name))
        return 0;
    while (is_letter(*name) || is_digit(*name))
        name++;
    return *name == '\0';
}

int hp_types_text_tag(char *name) {
    char *last = name;
    int depth = 0; // of template arguments
    for (char *at = name; *at; at++) {
        depth += *at == '<';
        depth -= *at == '>' && depth > 0;
        if (depth == 0 && at[0] == ':' && at[1] == ':')
            last = at + 2;
    }
    // "<unnamed-tag>" of clang and MSVC, "zz_anon_zz" of Wine
    if (*last == '\0' || *last == '<' || strcmp(last, "zz_anon_zz") == 0 ||
        strncmp(last, "__unnamed", 9) == 0)
        return 0;
    char *to = name;
    if (is_digit(*last))
        *to++ = '_'; // name is longer than last: "::" stood before it, or it is no identifier at all
    if (to > last)
        return 0;
    for (; *last; last++)
        *to++ = (char)(is_letter(*last) || is_digit(*last) ? *last : '_');
    *to = '\0';
    return 1;
}

size_t hp_types_text_unnamed(const char *text) {
    static const char *const forms[] = {
        "(anonymous namespace)::", "(anonymous%20namespace)::", "{anonymous}::",
        "`anonymous namespace'::", "`anonymous-namespace'::",   "`anonymous%20namespace'::"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(text, forms[i], strlen(forms[i])) == 0)
            return strlen(forms[i]);
    return 0;
}

char *hp_types_text_full(const char *name) {
    char *full = malloc(strlen(name) + 1), *tag = malloc(strlen(name) + 1);
    int depth = 0; // of template arguments
    size_t length = 0;
    int ok = full && tag;
    if (ok) {
        memcpy(tag, name, strlen(name) + 1);
        ok = hp_types_text_tag(tag);
    }
    free(tag);
    for (const char *at = name; ok && *at; at++) {
        const size_t unnamed = hp_types_text_unnamed(at);
        if (unnamed > 0) {
            at += unnamed - 1;
            continue;
        }
        depth += *at == '<';
        depth -= *at == '>' && depth > 0;
        full[length++] = (char)(is_letter(*at) || is_digit(*at) || (*at == ':' && depth == 0) ? *at : '_');
    }
    if (!ok) {
        free(full);
        return NULL;
    }
    full[length] = '\0';
    return full;
}
