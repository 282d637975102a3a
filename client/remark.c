#include "client/remark.h"

#include <string.h>

/* Behind a prefix, or where it was. */
static const char *behind(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : text;
}

void hp_remark_tidy(HRESULT result, const char *function, char *text) {
    const char *from = text, *next = behind(text, function);
    if (next != from) {
        from = behind(next, ": ");
        from = behind(from, hp_error_what(result));
        from = *from == ':' ? behind(from, ": ") : behind(from, " ");
    }
    size_t length = strlen(from);
    const char *code = strstr(from, hp_error_symbol(result));
    if (code != NULL && code > from && code[-1] == '(')
        length = (size_t)(code - 1 - from);
    while (length > 0 && from[length - 1] == ' ')
        length--;
    memmove(text, from, length);
    text[length] = '\0';
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = '?';
}
