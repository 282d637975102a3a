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

HRESULT hp_name_check(const char *name, size_t length) {
    if (length > HP_NAME_MAX)
        return HP_E_NAME_TOO_LONG;
    for (size_t at = 0;; at += 2) {
        if (at >= length || !begins_part(name[at]))
            return HP_E_NAME_INVALID;
        while (at < length && continues_part(name[at]))
            at++;
        if (at == length)
            return S_OK;
        if (length - at < 2 || name[at] != ':' || name[at + 1] != ':')
            return HP_E_NAME_INVALID;
    }
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
