#include "tools/shown.h"

#include <stdio.h>
#include <string.h>

size_t hp_shown_character(const char *text, size_t left, uint32_t *code) {
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        unsigned char size, bits;             /* bits: of the first byte that count */
    } rows[] = {
        {0x00, 0x7F, 0x00, 0xFF, 1, 0x7F}, {0xC2, 0xDF, 0x80, 0xBF, 2, 0x1F},
        {0xE0, 0xE0, 0xA0, 0xBF, 3, 0x0F}, {0xE1, 0xEC, 0x80, 0xBF, 3, 0x0F},
        {0xED, 0xED, 0x80, 0x9F, 3, 0x0F}, {0xEE, 0xEF, 0x80, 0xBF, 3, 0x0F},
        {0xF0, 0xF0, 0x90, 0xBF, 4, 0x07}, {0xF1, 0xF3, 0x80, 0xBF, 4, 0x07},
        {0xF4, 0xF4, 0x80, 0x8F, 4, 0x07},
    };
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*at < rows[i].first || *at > rows[i].last)
            continue;
        const size_t size = rows[i].size;
        uint32_t value = *at & rows[i].bits;
        if (size > left || (size > 1 && (at[1] < rows[i].low || at[1] > rows[i].high)))
            return 0;
        for (size_t k = 1; k < size; k++) {
            if ((at[k] & 0xC0) != 0x80)
                return 0;
            value = value << 6 | (at[k] & 0x3F);
        }
        *code = value;
        return size;
    }
    return 0;
}

int hp_shown_is_active(uint32_t code) {
    static const uint32_t ranges[][2] = {
        {0x00, 0x1F}, {0x7F, 0x9F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x206F},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return 1;
    return 0;
}

size_t hp_shown_escape(const char *text, size_t length, char keep, char *target) {
    size_t size = 0;
    for (size_t at = 0; at < length;) {
        uint32_t code = 0;
        const size_t whole = hp_shown_character(text + at, length - at, &code);
        const size_t from = whole != 0 ? whole : 1;
        char piece[HP_SHOWN_MOST + 1] = "";
        if (whole == 0)
            snprintf(piece, sizeof piece, "\\x%02x", (unsigned)(unsigned char)text[at]);
        else if (hp_shown_is_active(code) && (keep == 0 || text[at] != keep))
            snprintf(piece, sizeof piece, "\\u%04x", (unsigned)(code & 0xFFFF));
        const size_t bytes = *piece != 0 ? strlen(piece) : from;
        if (target != NULL)
            memcpy(target + size, *piece != 0 ? piece : text + at, bytes);
        size += bytes;
        at += from;
    }
    return size;
}
