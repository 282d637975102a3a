/**
 * @file text.h
 * Cutting UTF-8 text to a size without leaving half a character behind. Pure, thread-safe.
 */
#ifndef HP_IDL_TEXT_H
#define HP_IDL_TEXT_H

#include "hotpatch/base.h"

#include <stdarg.h>

/**
 * Length of the text without an incomplete character at its end (RFC 3629, section 3). Bytes
 * that are no UTF-8 at all stay.
 *
 * @param text    need not be terminated
 * @param length  bytes at text
 */
size_t hp_text_whole(const char *text, size_t length);

/**
 * Copy as much as fits, terminated, in whole characters.
 *
 * @param target    receives it
 * @param capacity  bytes there, at least 1
 * @param text      terminated
 */
void hp_text_copy(char *target, size_t capacity, const char *text);

/**
 * vsnprintf, but the part that fits ends with a whole character, and a format that cannot
 * be expanded gives an empty text.
 *
 * @param target    receives it, always terminated; may be NULL if capacity is 0
 * @param capacity  bytes there
 * @return length of the whole text without the terminator, also if it did not fit
 */
size_t hp_text_format(char *target, size_t capacity, const char *format, va_list arguments) HP_PRINTF(3, 0);

#endif
