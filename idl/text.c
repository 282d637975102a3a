#include "idl/text.h"

#include <stdio.h>
#include <string.h>

/** Bytes of the character that this byte begins; 1 for bytes that begin none. */
static size_t character_size(unsigned char lead) {
    if (lead >= 0xF0)
        return 4;
    if (lead >= 0xE0)
        return 3;
    return lead >= 0xC0 ? 2 : 1;
}

size_t hp_text_whole(const char *text, size_t length) {
    for (size_t back = 1; back <= 4 && back <= length; back++) {
        unsigned char byte = (unsigned char)text[length - back];
        if ((byte & 0xC0) != 0x80)
            return character_size(byte) > back ? length - back : length;
    }
    return length;
}

void hp_text_copy(char *target, size_t capacity, const char *text) {
    size_t length = strlen(text);
    if (length >= capacity)
        length = hp_text_whole(text, capacity - 1);
    memcpy(target, text, length);
    target[length] = '\0';
}

size_t hp_text_format(char *target, size_t capacity, const char *format, va_list arguments) {
    int length = vsnprintf(target, capacity, format, arguments);
    if (length < 0) {
        if (capacity > 0)
            target[0] = '\0';
        return 0;
    }
    if (capacity > 0 && (size_t)length >= capacity)
        target[hp_text_whole(target, capacity - 1)] = '\0';
    return (size_t)length;
}
