#include "tools/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "idl/text.h"
#include "tools/shown.h"

enum { BUFFER = 16384, NOTE = 8192 };

static struct {
    char bytes[BUFFER];
    size_t size;
    int lost;  /* something could not be written */
    int color; /* 0: not decided, 1: yes, 2: no */
} out;

/* A console takes UTF-16, in pieces that are not too large for it. */
static int write_console(HANDLE handle, const char *bytes, size_t size) {
    wchar_t wide[2048];
    while (size > 0) {
        size_t piece = size < 2048 ? size : hp_text_whole(bytes, 2048);
        int units = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)piece, wide, 2048);
        DWORD written;
        if (units <= 0 || !WriteConsoleW(handle, wide, (DWORD)units, &written, NULL))
            return 0;
        bytes += piece;
        size -= piece;
    }
    return 1;
}

static int write_all(DWORD which, const char *bytes, size_t size) {
    HANDLE handle = GetStdHandle(which);
    DWORD mode, written;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return 1; /* closed on purpose: nobody wants to know */
    if (GetConsoleMode(handle, &mode))
        return write_console(handle, bytes, size);
    for (; size > 0; bytes += written, size -= written)
        if (!WriteFile(handle, bytes, (DWORD)size, &written, NULL) || written == 0)
            return 0;
    return 1;
}

/* Half a character at the end stays for the next time. */
static void flush(int all) {
    size_t size = all ? out.size : hp_text_whole(out.bytes, out.size);
    if (size == 0)
        size = out.size;
    if (!out.lost && !write_all(STD_OUTPUT_HANDLE, out.bytes, size))
        out.lost = 1;
    memmove(out.bytes, out.bytes + size, out.size - size);
    out.size -= size;
}

void hp_print_bytes(const void *bytes, size_t size) {
    const char *from = bytes;
    while (size > 0) {
        size_t piece = sizeof out.bytes - out.size;
        piece = piece < size ? piece : size;
        memcpy(out.bytes + out.size, from, piece);
        out.size += piece;
        from += piece;
        size -= piece;
        if (out.size == sizeof out.bytes)
            flush(0);
    }
}

/* What printf makes of it, with nothing in it that a terminal acts on. */
static char *format_text(char keep, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!text)
        return NULL;
    vsnprintf(text, (size_t)length + 1, format, arguments);
    const size_t size = hp_shown_escape(text, strlen(text), keep, NULL);
    char *shown = malloc(size + 1);
    if (shown) {
        hp_shown_escape(text, strlen(text), keep, shown);
        shown[size] = '\0';
    }
    free(text);
    return shown;
}

void hp_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text('\n', format, arguments);
    va_end(arguments);
    if (text)
        hp_print_bytes(text, strlen(text));
    else
        out.lost = 1;
    free(text);
}

int hp_print_json(hp_json *json) {
    const int good = !json->failed;
    if (good)
        hp_print_bytes(json->text, json->size);
    hp_json_free(json);
    return good;
}

void hp_print_note(const char *format, ...) {
    static char shown[NOTE * HP_SHOWN_MOST + 1];
    char text[NOTE];
    va_list arguments;
    if (out.size > 0)
        flush(1);
    va_start(arguments, format);
    hp_text_format(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t length = hp_shown_escape(text, strlen(text), 0, shown);
    shown[length++] = '\n';
    write_all(STD_ERROR_HANDLE, shown, length);
}

int hp_print_end(void) {
    flush(1);
    return !out.lost;
}

static int is_terminal(void) {
    DWORD mode;
    HANDLE handle = GetStdHandle(STD_OUTPUT_HANDLE);
    if (!handle || handle == INVALID_HANDLE_VALUE || !GetConsoleMode(handle, &mode))
        return 0;
    return SetConsoleMode(handle, mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

int hp_print_color(const char *when) {
    if (strcmp(when, "always") == 0)
        out.color = 1;
    else if (strcmp(when, "never") == 0)
        out.color = 2;
    else if (strcmp(when, "auto") == 0)
        out.color = 0;
    else
        return 0;
    return 1;
}

/* https://no-color.org: set to anything but the empty text. */
static int wants_color(void) {
    if (out.color == 0) {
        wchar_t value[2];
        DWORD length = GetEnvironmentVariableW(L"NO_COLOR", value, 2);
        out.color = length == 0 && is_terminal() ? 1 : 2;
    }
    return out.color == 1;
}

unsigned hp_print_width(void) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    HANDLE handle = GetStdHandle(STD_OUTPUT_HANDLE);
    if (!handle || !GetConsoleScreenBufferInfo(handle, &info))
        return 0;
    return info.srWindow.Right >= info.srWindow.Left
               ? (unsigned)(info.srWindow.Right - info.srWindow.Left + 1)
               : 0;
}

const char *hp_print_tinted(hp_print_tint tint) {
    static const char *const sequences[] = {
        [HP_TINT_NONE] = "\x1B[0m",  [HP_TINT_GOOD] = "\x1B[32m", [HP_TINT_BAD] = "\x1B[31m",
        [HP_TINT_WARN] = "\x1B[33m", [HP_TINT_DIM] = "\x1B[2m",   [HP_TINT_BOLD] = "\x1B[1m",
    };
    return wants_color() ? sequences[tint] : "";
}

void hp_print_cell(hp_print_grid *grid, hp_print_tint tint, const char *format, ...) {
    if (grid->count == grid->room) {
        size_t room = grid->room ? 2 * grid->room : 64;
        void *cells = realloc(grid->cells, room * sizeof *grid->cells);
        if (!cells) {
            grid->failed = 1;
            return;
        }
        grid->cells = cells;
        grid->room = room;
    }
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(0, format, arguments);
    va_end(arguments);
    if (!text) {
        grid->failed = 1;
        return;
    }
    grid->cells[grid->count++] = (struct hp_print_cell){text, tint};
}

/* Characters; each is taken to be one column wide. */
static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

static void pad(size_t width) {
    while (width-- > 0)
        hp_print_bytes(" ", 1);
}

/* Cut a text to a number of characters, the last three of them periods. */
static void cut(char *text, size_t width) {
    enum { DOTS = 3 };
    if (width_of(text) <= width)
        return;
    size_t at = 0, seen = 0;
    for (; text[at] && (seen < width - DOTS || (text[at] & 0xC0) == 0x80); at++)
        seen += (text[at + 1] & 0xC0) != 0x80;
    memcpy(text + (at < strlen(text) - DOTS ? at : strlen(text) - DOTS), "...", DOTS + 1);
}

/* The last column gets what the others leave of the terminal's width, or nothing if that is too little. */
static void fit(const hp_print_grid *grid, const size_t *widths) {
    enum { LEAST = 16 };
    size_t used = 1;
    for (size_t i = 0; i + 1 < grid->columns; i++)
        used += widths[i] + 2;
    for (size_t i = grid->columns - 1; i < grid->count; i += grid->columns)
        if (used + LEAST <= grid->fit)
            cut(grid->cells[i].text, grid->fit - used);
        else
            grid->cells[i].text[0] = '\0';
}

static void print_row(const hp_print_grid *grid, size_t first, const size_t *widths) {
    size_t last = first + grid->columns; /* behind the last cell that is not empty */
    while (last > first && (last > grid->count || !*grid->cells[last - 1].text))
        last--;
    for (size_t i = first; i < last; i++) {
        const struct hp_print_cell *cell = &grid->cells[i];
        const size_t column = i - first, space = widths[column] - width_of(cell->text);
        const int right = (grid->to_right >> column & 1) != 0;
        if (right)
            pad(space);
        const char *begin = hp_print_tinted(cell->tint), *end = hp_print_tinted(HP_TINT_NONE);
        if (cell->tint != HP_TINT_NONE)
            hp_print_bytes(begin, strlen(begin));
        hp_print_bytes(cell->text, strlen(cell->text));
        if (cell->tint != HP_TINT_NONE)
            hp_print_bytes(end, strlen(end));
        if (i + 1 < last)
            pad((right ? 0 : space) + 2);
    }
    hp_print_bytes("\n", 1);
}

void hp_print_table(hp_print_grid *grid) {
    size_t widths[32] = {0};
    for (size_t i = 0; i < grid->count; i++) {
        const size_t width = width_of(grid->cells[i].text);
        if (width > widths[i % grid->columns])
            widths[i % grid->columns] = width;
    }
    if (grid->fit > 0)
        fit(grid, widths);
    for (size_t first = 0; first < grid->count; first += grid->columns)
        print_row(grid, first, widths);
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i].text);
    free(grid->cells);
    if (grid->failed)
        out.lost = 1;
    *grid = (hp_print_grid){0};
}
