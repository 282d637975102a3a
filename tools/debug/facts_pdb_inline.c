#include "tools/debug/facts_pdb.h"

/* Subsections behind a module's symbols (cvinfo.h, DEBUG_S_SUBSECTION_TYPE). */
enum { INLINEE_LINES = 0xf6, FILE_CHECKSUMS = 0xf4 };

/* The next subsection, by its kind; those marked as to be ignored (the top bit) have other kinds. @return
 * 0 at the end */
static int next(hp_cursor *cursor, uint32_t *kind, hp_span *part) {
    *kind = hp_cursor_u32(cursor);
    const uint32_t size = hp_cursor_u32(cursor);
    const unsigned char *at = hp_cursor_take(cursor, size);
    if (!at)
        return 0;
    *part = (hp_span){.at = at, .size = size};
    if (size % 4)
        hp_cursor_take(cursor, 4 - size % 4);
    return 1;
}

static hp_span find(hp_span c13, uint32_t wanted) {
    hp_cursor cursor = hp_cursor_open(c13, 0);
    uint32_t kind;
    hp_span part;
    while (next(&cursor, &kind, &part))
        if (kind == wanted)
            return part;
    return (hp_span){0};
}

/* Lines name files by their place in the checksums, checksums by their place in the names. */
static uint32_t file_of(const hp_pdb *pdb, hp_span checksums, uint32_t place) {
    hp_cursor cursor = hp_cursor_open(checksums, place);
    const uint32_t name = hp_cursor_u32(&cursor);
    return cursor.failed || name >= pdb->names.size ? HP_PDB_NONE : name;
}

static HRESULT read_lines(const hp_pdb *pdb, hp_span part, hp_span checksums, hp_pdb_lines_list *lines) {
    hp_cursor cursor = hp_cursor_open(part, 0);
    const uint32_t has_more_files = hp_cursor_u32(&cursor);
    while (hp_cursor_left(&cursor) >= 12) {
        hp_pdb_lines entry = {.id = hp_cursor_u32(&cursor)};
        entry.file = file_of(pdb, checksums, hp_cursor_u32(&cursor));
        entry.line = hp_cursor_u32(&cursor);
        if (has_more_files) {
            const uint32_t count = hp_cursor_u32(&cursor);
            hp_cursor_take(&cursor, 4 * (uint64_t)count);
        }
        hp_pdb_lines *grown = hp_facts_list_grow(lines->items, &lines->capacity, lines->count, sizeof *grown);
        if (!grown)
            return E_OUTOFMEMORY;
        lines->items = grown;
        grown[lines->count++] = entry;
    }
    return S_OK;
}

HRESULT hp_facts_pdb_inline_lines(const hp_pdb *pdb, hp_span c13, hp_pdb_lines_list *lines) {
    const hp_span checksums = find(c13, FILE_CHECKSUMS);
    hp_cursor cursor = hp_cursor_open(c13, 0);
    uint32_t kind;
    hp_span part;
    HRESULT hr = S_OK;
    while (hr == S_OK && next(&cursor, &kind, &part))
        if (kind == INLINEE_LINES)
            hr = read_lines(pdb, part, checksums, lines);
    return hr;
}
