// Between UTF-8 and UTF-16 (RFC 3629, RFC 2781).
#include "tools/value/value.h"

/* One character, or 0xFFFFFFFF. Overlong forms, surrogates and what is beyond U+10FFFF are none. */
static uint32_t decode(const unsigned char *at, size_t left, size_t *size) {
    const unsigned first = at[0];
    *size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (*size == 0 || *size > left)
        return UINT32_MAX;
    uint32_t code = *size == 1 ? first : first & (0xFFu >> (*size + 1));
    for (size_t i = 1; i < *size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        code = code << 6 | (at[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[*size] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return UINT32_MAX;
    return code;
}

static void put_unit(unsigned char *wide, size_t index, uint32_t unit) {
    if (!wide)
        return;
    wide[2 * index] = (unsigned char)unit;
    wide[2 * index + 1] = (unsigned char)(unit >> 8);
}

size_t hp_value_to_utf16(const char *text, size_t length, unsigned char *wide) {
    size_t units = 0, size;
    for (size_t at = 0; at < length; at += size) {
        const uint32_t code = decode((const unsigned char *)text + at, length - at, &size);
        if (code == UINT32_MAX)
            return SIZE_MAX;
        if (code >= 0x10000) {
            put_unit(wide, units++, 0xD800 + ((code - 0x10000) >> 10));
            put_unit(wide, units++, 0xDC00 + (code & 0x3FF));
        } else {
            put_unit(wide, units++, code);
        }
    }
    return units;
}

static uint32_t unit_at(const unsigned char *bytes, size_t index) {
    return bytes[2 * index] | (uint32_t)bytes[2 * index + 1] << 8;
}

size_t hp_value_to_utf8(const unsigned char *bytes, size_t units, char *text) {
    size_t size = 0;
    for (size_t i = 0; i < units; i++) {
        uint32_t code = unit_at(bytes, i);
        const uint32_t low = i + 1 < units ? unit_at(bytes, i + 1) : 0;
        if (code >= 0xD800 && code < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i++;
        } else if (code >= 0xD800 && code < 0xE000) {
            code = 0xFFFD;
        }
        const unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned char head[] = {0x00, 0xC0, 0xE0, 0xF0};
        text[size++] = (char)(head[more] | (code >> (6 * more)));
        for (unsigned k = more; k-- > 0;)
            text[size++] = (char)(0x80 | ((code >> (6 * k)) & 0x3F));
    }
    return size;
}
