#include "tools/debug/facts_dwarf.h"

#include <stdlib.h>

static int is_absolute(const char *path) {
    return path[0] == '/' || path[0] == '\\' || (path[0] && path[1] == ':');
}

static HRESULT add_directory(hp_dwarf_files *files, const char *name) {
    const char **grown = hp_facts_list_grow(files->directories, &files->directory_capacity,
                                            files->directory_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    files->directories = grown;
    grown[files->directory_count++] = name;
    return S_OK;
}

static HRESULT add_file(hp_dwarf_files *files, const char *name, uint64_t directory) {
    struct hp_dwarf_file *grown =
        hp_facts_list_grow(files->items, &files->capacity, files->count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    files->items = grown;
    grown[files->count++] = (struct hp_dwarf_file){.name = name, .directory = directory};
    return S_OK;
}

/* The header of a line number program as far as its files (6.2.4); what is damaged has no files. */
static hp_cursor open_header(hp_span lines, uint32_t offset) {
    hp_cursor cursor = hp_cursor_open(lines, offset);
    const uint32_t length = hp_cursor_u32(&cursor);
    if (length > hp_cursor_left(&cursor))
        cursor.failed = 1;
    if (!cursor.failed)
        cursor.end = cursor.at + length;
    const uint16_t version = hp_cursor_u16(&cursor);
    if (version < 2 || version > 4)
        cursor.failed = 1;
    hp_cursor_u32(&cursor);                        // header_length
    hp_cursor_take(&cursor, version == 4 ? 5 : 4); // up to line_range; 4 has a byte more
    const uint8_t opcodes = hp_cursor_u8(&cursor);
    hp_cursor_take(&cursor, opcodes ? opcodes - 1u : 0);
    return cursor;
}

static HRESULT read_lists(hp_dwarf_files *files, hp_cursor *cursor) {
    HRESULT hr = S_OK;
    while (hr == S_OK) {
        const char *name = hp_cursor_text(cursor);
        if (!name || !*name)
            break;
        hr = add_directory(files, name);
    }
    while (hr == S_OK) {
        const char *name = hp_cursor_text(cursor);
        if (!name || !*name)
            break;
        const uint64_t directory = hp_cursor_uleb(cursor);
        hp_cursor_uleb(cursor); // time and size
        hp_cursor_uleb(cursor);
        if (!cursor->failed)
            hr = add_file(files, name, directory);
    }
    return hr;
}

static HRESULT load(const hp_dwarf *dwarf, hp_dwarf_files *files, uint32_t lines) {
    if (files->is_loaded && files->lines == lines)
        return S_OK;
    files->count = files->directory_count = 0;
    files->lines = lines;
    files->is_loaded = 1;
    hp_cursor cursor = open_header(dwarf->sections->line, lines);
    const size_t before = hp_cursor_left(&cursor);
    if (before > files->budget)
        return S_OK; // no more files: only units that share what cannot be shared come here
    const HRESULT hr = read_lists(files, &cursor);
    files->budget -= cursor.failed ? before : before - hp_cursor_left(&cursor);
    return hr;
}

/* Append, behind a "/" if there is something before it. A "." adds nothing. @return 0 if it does not fit */
static int append(char text[HP_FACTS_TEXT_MAX + 1], const char *part) {
    if (!part || strcmp(part, ".") == 0)
        return 1;
    const size_t used = strlen(text), slash = used ? 1 : 0;
    const size_t size = strnlen(part, HP_FACTS_TEXT_MAX + 1); // no more: many files may share a long text
    if (used + slash + size > HP_FACTS_TEXT_MAX)
        return 0;
    memcpy(text + used, "/", slash);
    memcpy(text + used + slash, part, size);
    text[used + slash + size] = 0;
    return 1;
}

HRESULT hp_facts_dwarf_line_file(const hp_dwarf *dwarf, hp_dwarf_files *files, const hp_dwarf_unit *unit,
                                 uint32_t number, char text[HP_FACTS_TEXT_MAX + 1]) {
    text[0] = 0;
    if (!number || unit->lines == HP_DWARF_NONE)
        return S_OK;
    const HRESULT hr = load(dwarf, files, unit->lines);
    if (hr != S_OK || number > files->count)
        return hr;
    const struct hp_dwarf_file *file = &files->items[number - 1];
    const char *directory = NULL;
    if (file->directory && file->directory <= files->directory_count)
        directory = files->directories[file->directory - 1];
    int fits = 1;
    if (!is_absolute(file->name)) {
        // A relative one was made so (-ffile-prefix-map), and then the files were, too.
        if ((!directory || !is_absolute(directory)) && unit->directory && is_absolute(unit->directory))
            fits = append(text, unit->directory);
        fits = fits && append(text, directory);
    }
    if (!fits || !append(text, file->name))
        text[0] = 0;
    return S_OK;
}

void hp_facts_dwarf_line_free(hp_dwarf_files *files) {
    free(files->directories);
    free(files->items);
    *files = (hp_dwarf_files){0};
}
