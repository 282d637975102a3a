/**
 * @file print.h
 * What the command writes: results on stdout, all else on stderr. UTF-8 to files and pipes, byte for byte (no
 * line endings are changed); UTF-16 to a console. Colour and tables. What printf makes of a format is written
 * with the escapes of shown.h, since names and paths come from others. Not thread-safe.
 */
#ifndef HP_TOOLS_PRINT_H
#define HP_TOOLS_PRINT_H

#include "tools/json.h"

/** Write to stdout, printf-like, lines or parts of them; buffered until hp_print_end. */
void hp_print(const char *format, ...) HP_PRINTF(1, 2);

/** Write bytes to stdout, as they are. */
void hp_print_bytes(const void *bytes, size_t size);

/** Write a finished document to stdout and free it. @return 1; 0 if there was no memory for it: nothing is
 * written */
int hp_print_json(hp_json *json);

/** Write a line to stderr, printf-like, at once (what went to stdout before is written first); cut off at 8
 * KiB. */
void hp_print_note(const char *format, ...) HP_PRINTF(1, 2);

/** Write out what is left. @return 1; 0 if something that went to stdout could not be written, now or earlier
 */
int hp_print_end(void);

/** When to use colours. @param when  "auto" (if stdout is a terminal and NO_COLOR is not set), "always",
 * "never"
 * @return 0 if it is none of these */
int hp_print_color(const char *when);

/** Columns of the terminal that stdout is; 0 if it is none. */
unsigned hp_print_width(void);

typedef enum hp_print_tint {
    HP_TINT_NONE,
    HP_TINT_GOOD, /**< green */
    HP_TINT_BAD,  /**< red */
    HP_TINT_WARN, /**< yellow */
    HP_TINT_DIM,
    HP_TINT_BOLD,
} hp_print_tint;

/** The escape sequence that begins a tint, or with HP_TINT_NONE ends it; "" where there is no colour. Static.
 */
const char *hp_print_tinted(hp_print_tint tint);

/** A table whose columns are as wide as their widest cell. Zero-initialise; freed by hp_print_table. */
typedef struct hp_print_grid {
    size_t columns;    /**< set it */
    unsigned fit;      /**< cut the last column so that lines have fewer characters than this; 0: do not */
    unsigned to_right; /**< bit i: column i is aligned to the right */
    size_t count, room;
    struct hp_print_cell {
        char *text;
        hp_print_tint tint;
    } * cells;
    int failed; /**< no memory: cells are missing at the end */
} hp_print_grid;

/** The next cell, row by row; printf-like. */
void hp_print_cell(hp_print_grid *grid, hp_print_tint tint, const char *format, ...) HP_PRINTF(3, 4);

/** Write it to stdout, two spaces between columns, no spaces at a line's end. */
void hp_print_table(hp_print_grid *grid);

#endif
