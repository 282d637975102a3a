#include "idl/name.h"

#include "idl/fault.h"
#include "idl/protocol.h"

#include <stdlib.h>
#include <string.h>

static int begins_part(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

static int continues_part(char letter) {
    return begins_part(letter) || (letter >= '0' && letter <= '9');
}

static int is_anything(char letter) {
    return letter > ' ' && letter < 0x7F && letter != '"' && letter != '\'' && letter != '`' &&
           letter != '\\';
}

/* What follows skips one thing of the grammar: it returns what is behind it, NULL if there is none. */

static const char *skip_parentheses(const char *at, const char *end) {
    size_t depth = 0;
    for (; at < end; at++) {
        depth += *at == '(';
        if (*at == ')' && --depth == 0)
            return at + 1;
    }
    return NULL;
}

/** Arguments may be missing. */
static const char *skip_arguments(const char *at, const char *end) {
    if (at == end || *at != '<')
        return at;
    size_t depth = 0;
    while (at < end && *at != ')') {
        if (*at == '(') {
            at = skip_parentheses(at, end);
            if (!at)
                return NULL;
            continue;
        }
        depth += *at == '<';
        if (*at == '>' && at[-1] != '-' && --depth == 0)
            return at + 1;
        at++;
    }
    return NULL;
}

static int is_scope(const char *at, const char *end) {
    return end - at >= 2 && at[0] == ':' && at[1] == ':';
}

/** "operator<<i32>" is "operator<" with arguments: the longest symbol counts behind which a part can end. */
static const char *skip_symbol(const char *at, const char *end) {
    static const char *const symbols[] = {"<=>", "->*", "<<=", ">>=", "()", "[]", "->", "++", "--", "<<",
                                          ">>",  "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=", "*=",
                                          "/=",  "%=",  "^=",  "&=",  "|=", "+",  "-",  "*",  "/",  "%",
                                          "^",   "&",   "|",   "~",   "!",  "=",  "<",  ">",  ","};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i]);
        if ((size_t)(end - at) < length || memcmp(at, symbols[i], length) != 0)
            continue;
        const char *behind = skip_arguments(at + length, end);
        if (behind && (behind == end || *behind == '(' || *behind == '@' || is_scope(behind, end)))
            return behind;
    }
    return NULL;
}

/** The type of a conversion is the rest of the short name, with its namespaces. */
static const char *skip_conversion(const char *at, const char *end) {
    if (at == end || (*at != '%' && !continues_part(*at)))
        return NULL;
    while (at && at < end && *at != '(' && *at != '@') {
        if (*at == '<')
            at = skip_arguments(at, end);
        else if (continues_part(*at) || strchr("%*&[]", *at))
            at++;
        else if (is_scope(at, end) && end - at > 2 && begins_part(at[2]))
            at += 2;
        else
            return NULL;
    }
    return at;
}

static const char *skip_part(const char *at, const char *end) {
    static const char word[] = "operator";
    const size_t length = sizeof word - 1;
    if ((size_t)(end - at) >= length && memcmp(at, word, length) == 0) {
        const char *behind = skip_symbol(at + length, end);
        if (!behind)
            behind = skip_conversion(at + length, end);
        if (behind)
            return behind; // else an identifier that begins like this
    }
    if (at < end && *at == '~')
        at++;
    if (at == end || !begins_part(*at))
        return NULL;
    while (at < end && continues_part(*at))
        at++;
    return skip_arguments(at, end);
}

HRESULT hp_name_read(const char *name, size_t length, hp_name_pieces *pieces) {
    *pieces = (hp_name_pieces){0};
    if (length > HP_NAME_MAX)
        return HP_E_NAME_TOO_LONG;
    for (size_t i = 0; i < length; i++)
        if (!is_anything(name[i]))
            return HP_E_NAME_INVALID;
    const char *const end = name + length;
    const char *brief = skip_part(name, end);
    while (brief && is_scope(brief, end))
        brief = skip_part(brief + 2, end);
    if (!brief)
        return HP_E_NAME_INVALID;
    const char *parameters = brief < end && *brief == '(' ? skip_parentheses(brief, end) : brief;
    if (!parameters || (parameters < end && (*parameters != '@' || end - parameters < 2)))
        return HP_E_NAME_INVALID;
    *pieces = (hp_name_pieces){.brief = (size_t)(brief - name),
                               .parameters = (size_t)(parameters - brief),
                               .file = (size_t)(end - parameters)};
    return S_OK;
}

HRESULT hp_name_check(const char *name, size_t length) {
    return hp_name_read(name, length, &(hp_name_pieces){0});
}

size_t hp_name_short(const char *name, size_t length) {
    hp_name_pieces pieces;
    return hp_name_read(name, length, &pieces) == S_OK ? pieces.brief : 0;
}

int hp_name_is_kin(const char *one, size_t one_length, const char *other, size_t other_length) {
    hp_name_pieces a, b;
    return hp_name_read(one, one_length, &a) == S_OK && hp_name_read(other, other_length, &b) == S_OK &&
           a.file == b.file && memcmp(one + one_length - a.file, other + other_length - b.file, a.file) == 0;
}

static int compare(const hp_name_span *a, const hp_name_span *b) {
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static void merge(const hp_name_span *from, size_t left, size_t middle, size_t right, hp_name_span *to) {
    size_t a = left, b = middle;
    for (size_t at = left; at < right; at++)
        to[at] = b >= right || (a < middle && compare(&from[a], &from[b]) <= 0) ? from[a++] : from[b++];
}

/** Stable, and n log n for every input: the list comes from another process, and qsort promises nothing. */
static const hp_name_span *sort(hp_name_span *spans, hp_name_span *scratch, size_t count) {
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t left = 0; left < count; left += 2 * width) {
            size_t middle = count - left > width ? left + width : count;
            size_t right = count - left > 2 * width ? left + 2 * width : count;
            merge(spans, left, middle, right, scratch);
        }
        hp_name_span *sorted = scratch;
        scratch = spans;
        spans = sorted;
    }
    return spans;
}

static HRESULT find_duplicate(const hp_name_span *spans, size_t count, hp_name_span *bad) {
    hp_name_span *work = count > SIZE_MAX / 2 / sizeof *work || HP_FAULT("memory for sorting names")
                             ? NULL
                             : malloc(2 * count * sizeof *work);
    if (!work)
        return E_OUTOFMEMORY;
    memcpy(work, spans, count * sizeof *work);
    const hp_name_span *sorted = sort(work, work + count, count);
    HRESULT hr = S_OK;
    for (size_t at = 1; at < count && hr == S_OK; at++) {
        if (compare(&sorted[at - 1], &sorted[at]) == 0) {
            *bad = sorted[at];
            hr = HP_E_NAME_DUPLICATE;
        }
    }
    free(work);
    return hr;
}

/** Every name between two spaces into spans, checked. */
static HRESULT take_apart(const char *list, hp_name_span *spans, size_t count, hp_name_span *bad) {
    for (size_t at = 0; at < count; at++) {
        spans[at] = (hp_name_span){list, strcspn(list, " ")};
        HRESULT hr = hp_name_check(list, spans[at].length);
        if (FAILED(hr)) {
            *bad = spans[at];
            return hr;
        }
        list += spans[at].length + 1;
    }
    return find_duplicate(spans, count, bad);
}

HRESULT hp_name_split(const char *list, hp_name_span **spans, size_t *count, hp_name_span *bad) {
    hp_name_span ignored;
    if (!bad)
        bad = &ignored;
    *bad = (hp_name_span){list, 0};
    *spans = NULL;
    *count = 0;
    if (list[strspn(list, " ")] == '\0')
        return HP_E_NO_EXPORTS;

    size_t names = 1;
    for (const char *at = list; *at; at++)
        names += *at == ' ';
    hp_name_span *found = names > SIZE_MAX / sizeof *found || HP_FAULT("memory for names")
                              ? NULL
                              : malloc(names * sizeof *found);
    if (!found)
        return E_OUTOFMEMORY;
    HRESULT hr = take_apart(list, found, names, bad);
    if (FAILED(hr)) {
        free(found);
        return hr;
    }
    *spans = found;
    *count = names;
    return S_OK;
}
