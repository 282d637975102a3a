#include "registry/class_command.h"

#include "registry/class_table.h"

static int is_separator(wchar_t c) {
    return c == L'\\' || c == L'/';
}

static int is_drive(const wchar_t *path) {
    wchar_t letter = (wchar_t)(path[0] | 0x20);
    return letter >= L'a' && letter <= L'z' && path[1] == L':' && is_separator(path[2]);
}

size_t hp_class_command_file_at(const wchar_t *path) {
    size_t at = 0;
    for (size_t i = 0; path[i]; i++) {
        if (is_separator(path[i]))
            at = i + 1;
    }
    return at;
}

int hp_class_command_path_full(const wchar_t *path) {
    int share = path[0] == L'\\' && path[1] == L'\\' && path[2] && !is_separator(path[2]);
    if (!is_drive(path) && !share)
        return 0;
    for (size_t i = 0; path[i]; i++) {
        if (path[i] == L'"' || (unsigned long)path[i] < 0x20)
            return 0;
    }
    size_t file = hp_class_command_file_at(path);
    return file > 2 && path[file] != 0;
}

static int is_blank(wchar_t c) {
    return c == L' ' || c == L'\t';
}

static int ends_exe(const wchar_t *text) {
    static const wchar_t extension[] = L".exe";
    for (size_t i = 0; extension[i]; i++) {
        wchar_t c = text[i];
        if ((c >= L'A' && c <= L'Z' ? (wchar_t)(c + 32) : c) != extension[i])
            return 0;
    }
    return text[4] == 0 || is_blank(text[4]);
}

static size_t unquoted_end(const wchar_t *command, size_t from) {
    size_t last = from;
    for (size_t i = from; command[i]; i++) {
        if (ends_exe(command + i))
            return i + 4;
        if (!is_blank(command[i]))
            last = i + 1;
    }
    return last;
}

const char *hp_class_command_parse(const wchar_t *command, size_t *first, size_t *length) {
    *first = *length = 0;
    size_t at = 0;
    while (is_blank(command[at]))
        at++;
    if (!command[at])
        return "the command line is empty";
    size_t end;
    if (command[at] == L'"') {
        end = ++at;
        while (command[end] && command[end] != L'"')
            end++;
        if (!command[end])
            return "the quotation mark is not closed";
    } else {
        end = unquoted_end(command, at);
    }
    if (end == at)
        return "the path is empty";
    if (end - at > HP_CLASS_EXE_MAX)
        return "the path is too long";
    *first = at;
    *length = end - at;
    return NULL;
}
