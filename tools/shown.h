/**
 * @file shown.h
 * Text of others on a terminal: names, paths and signatures come from files and processes that nobody
 * vouches for, and may not move the cursor, change colours or turn the line around. Pure, thread-safe.
 */
#ifndef HP_TOOLS_SHOWN_H
#define HP_TOOLS_SHOWN_H

#include "hotpatch/base.h"

/** What a byte can become at most: "\u001b". */
#define HP_SHOWN_MOST 6

/**
 * Bytes of the UTF-8 character there (RFC 3629, section 4); 0 if it is none.
 *
 * @param left  bytes at text, at least 1
 * @param code  receives its code point; untouched if it is none
 */
size_t hp_shown_character(const char *text, size_t left, uint32_t *code);

/**
 * Does a terminal act on it? That are the controls C0, DEL and C1 (Unicode Standard, section 23.1: U+009B
 * begins a sequence as "ESC [" does), the separators of lines and paragraphs, and what changes the direction
 * of text (UAX #9, section 2: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, and the deprecated
 * U+206A to U+206F behind these).
 */
int hp_shown_is_active(uint32_t code);

/**
 * Write such characters as "\u001b", and bytes that are no UTF-8 as "\x9b". Everything else stays.
 *
 * @param text    length bytes
 * @param keep    a character that stays nevertheless, "\n"; 0: none
 * @param target  receives it, not terminated; HP_SHOWN_MOST bytes for each of text are enough; NULL to
 * measure
 * @return bytes written
 */
size_t hp_shown_escape(const char *text, size_t length, char keep, char *target);

#endif
