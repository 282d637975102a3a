#include "tools/command/known.h"

#include <stdlib.h>
#include <string.h>

#include "hotpatch/function.h"
#include "idl/name.h"
#include "idl/text.h"
#include "tools/image/marked.h"

enum { PATCHABLE = 1, EXPORTED = 2 }; /* of hp_known_function.marked */

static int compare_marks(const void *left, const void *right) {
    const hp_marked *a = left, *b = right;
    const int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

static HRESULT read_marks(const hp_pe *pe, hp_marked **marks, size_t *count) {
    size_t at = 0, room = 0;
    hp_marked mark;
    HRESULT hr;
    *marks = NULL;
    for (*count = 0; (hr = hp_marked_next(pe, &at, &mark)) == S_OK; (*count)++) {
        if (*count == room) {
            room = room != 0 ? 2 * room : 64;
            void *grown = realloc(*marks, room * sizeof mark);
            if (grown == NULL)
                return E_OUTOFMEMORY;
            *marks = grown;
        }
        (*marks)[*count] = mark;
    }
    if (*count > 0)
        qsort(*marks, *count, sizeof mark, compare_marks);
    return hr == S_FALSE ? S_OK : hr;
}

static void spoil(hp_known_function *function) {
    function->patchable = function->callable = HP_E_NAME_DUPLICATE;
}

/* Marks of one name follow each other, patchable ones first. */
static void merge(const hp_marked *marks, size_t count, hp_known *known) {
    hp_known_function *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const hp_marked *mark = &marks[i];
        const uint8_t kind = mark->kind == HP_ENTRY_PATCHABLE ? PATCHABLE : EXPORTED;
        if (last == NULL || strcmp(last->name, mark->name) != 0) {
            last = &known->all[known->count++];
            *last = (hp_known_function){.name = mark->name,
                                        .rva = mark->rva,
                                        .patchable = kind == PATCHABLE ? S_OK : HP_E_NOT_PATCHABLE,
                                        .callable = S_FALSE};
        }
        if (last->marked & kind)
            spoil(last);
        last->marked |= kind;
        if (kind != EXPORTED || FAILED(last->callable))
            continue;
        last->written = mark->signature;
        last->replacement = mark->rva;
        last->callable = mark->signature != NULL ? S_OK : S_FALSE;
    }
    known->marked = known->count;
}

/* What the table knows of a function that the programmer marked. */
static void complete(hp_known_function *function, const hp_table_function *from, uint32_t index) {
    if (function->patchable == HP_E_NAME_DUPLICATE)
        return;
    function->prepared = 1;
    function->index = index;
    if (function->written == NULL)
        function->callable = from->callable;
    if (!(function->marked & PATCHABLE))
        function->patchable = from->patchable;
}

static uint32_t entry_of(const hp_known_function *function) {
    return function->replacement != 0 ? function->replacement : function->rva;
}

static void take(const hp_table *table, uint32_t index, hp_known_function *function) {
    hp_table_function from;
    hp_table_get(table, index, &from);
    *function = (hp_known_function){.name = from.name,
                                    .rva = from.rva,
                                    .replacement = from.offered ? from.rva : 0,
                                    .patchable = from.patchable,
                                    .callable = from.callable,
                                    .index = index,
                                    .prepared = 1};
}

/* Those of the table that are not marked too: of these one line is enough. */
static HRESULT add_prepared(hp_known *known) {
    unsigned char *is_marked = calloc((size_t)known->table->count + 1, 1);
    if (is_marked == NULL)
        return E_OUTOFMEMORY;
    for (size_t i = 0; i < known->marked; i++) {
        hp_known_function *function = &known->all[i];
        uint32_t index;
        hp_table_function from;
        if (!hp_twins_at(&known->twins, entry_of(function), &index))
            continue;
        hp_table_get(known->table, index, &from);
        complete(function, &from, index);
        is_marked[index] = 1;
    }
    for (uint32_t i = 0; i < known->table->count; i++)
        if (!is_marked[i])
            take(known->table, i, &known->all[known->count++]);
    free(is_marked);
    return S_OK;
}

HRESULT hp_known_open(const hp_pe *pe, const hp_table *table, hp_known *known) {
    hp_marked *marks;
    size_t count;
    *known = (hp_known){.table = table};
    HRESULT hr = read_marks(pe, &marks, &count);
    if (SUCCEEDED(hr))
        hr = hp_twins_make(table, &known->twins);
    if (SUCCEEDED(hr)) {
        known->all = calloc(count + table->count + 1, sizeof *known->all);
        hr = known->all != NULL ? S_OK : E_OUTOFMEMORY;
    }
    if (SUCCEEDED(hr)) {
        merge(marks, count, known);
        hr = add_prepared(known);
    }
    free(marks);
    if (FAILED(hr))
        hp_known_close(known);
    return hr;
}

static int compare_name(const void *name, const void *function) {
    return strcmp(name, ((const hp_known_function *)function)->name);
}

HRESULT hp_known_look(const hp_known *known, const char *name, hp_known_function *function) {
    const hp_known_function *marked =
        known->marked > 0 ? bsearch(name, known->all, known->marked, sizeof *known->all, compare_name) : NULL;
    if (marked != NULL) {
        *function = *marked;
        return marked->patchable == HP_E_NAME_DUPLICATE ? HP_E_NAME_DUPLICATE : S_OK;
    }
    uint32_t index;
    const HRESULT hr =
        known->table->count > 0 ? hp_table_find(known->table, name, strlen(name), &index) : HP_E_NAME_UNKNOWN;
    *function = (hp_known_function){0};
    if (hr == HP_E_NAME_UNKNOWN)
        return hr;
    take(known->table, index, function);
    if (SUCCEEDED(hr) && !hp_name_is_kin(name, strlen(name), function->name, strlen(function->name)))
        return HP_E_NAME_UNKNOWN;
    return hr;
}

const char *hp_known_signature(const hp_known *known, const hp_known_function *function,
                               char text[HP_SIGNATURE_MAX + 1]) {
    text[0] = '\0';
    if (function->written != NULL)
        hp_text_copy(text, HP_SIGNATURE_MAX + 1, function->written);
    else if (function->prepared)
        hp_table_signature(known->table, function->index, text, HP_SIGNATURE_MAX + 1);
    return text;
}

void hp_known_close(hp_known *known) {
    hp_twins_free(&known->twins);
    free(known->all);
    *known = (hp_known){0};
}
