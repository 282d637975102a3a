#include "proxygen/thrown.h"

#include <string.h>

typedef struct writer {
    char *text;
    size_t length, capacity;
} writer;

static void put(writer *to, const char *bytes, size_t count) {
    size_t room = to->capacity - 1 - to->length;
    count = count < room ? count : room;
    memcpy(to->text + to->length, bytes, count);
    to->length += count;
    to->text[to->length] = '\0';
}

// <source-name>: its length in decimal, then the name. 0 if there is none.
static int take_source_name(const char **from, writer *to) {
    const char *at = *from;
    size_t length = 0;
    while (*at >= '0' && *at <= '9' && length < 10000)
        length = length * 10 + (size_t)(*at++ - '0');
    if (!length || strnlen(at, length) < length)
        return 0;
    if (length >= 10 && !memcmp(at, "_GLOBAL__N", 10))
        put(to, "(anonymous namespace)", 21);
    else
        put(to, at, length);
    *from = at + length;
    return 1;
}

// <nested-name> without qualifiers and templates, or <unscoped-name>.
static int take_class(const char *from, writer *to) {
    int nested = *from == 'N';
    from += nested;
    if (from[0] == 'S' && from[1] == 't') {
        put(to, "std::", 5);
        from += 2;
    }
    do {
        if (!take_source_name(&from, to))
            return 0;
        if (nested && *from != 'E')
            put(to, "::", 2);
    } while (nested && *from != 'E');
    return from[nested] == '\0';
}

static const char *builtin(const char *mangled) {
    static const struct {
        char code[4];
        const char *name;
    } types[] = {
        {"b", "bool"},
        {"c", "char"},
        {"a", "signed char"},
        {"h", "unsigned char"},
        {"w", "wchar_t"},
        {"s", "short"},
        {"t", "unsigned short"},
        {"i", "int"},
        {"j", "unsigned int"},
        {"l", "long"},
        {"m", "unsigned long"},
        {"x", "long long"},
        {"y", "unsigned long long"},
        {"f", "float"},
        {"d", "double"},
        {"e", "long double"},
        {"PKc", "const char *"},
        {"PKw", "const wchar_t *"},
        {"Pc", "char *"},
        {"Pv", "void *"},
        {"Dn", "std::nullptr_t"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
        if (!strcmp(types[i].code, mangled))
            return types[i].name;
    return NULL;
}

void hp_thrown_name(const char *mangled, char *text, size_t capacity) {
    writer to = {text, 0, capacity};
    text[0] = '\0';
    const char *name = builtin(mangled);
    if (!name && take_class(mangled, &to))
        return;
    to.length = 0;
    name = name ? name : mangled;
    put(&to, name, strlen(name));
}
