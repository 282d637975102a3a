#include "tools/debug/select.h"

#include <stdio.h>
#include <string.h>

#include "idl/name.h"

static int is_slash(char letter) {
    return letter == '/' || letter == '\\';
}

static char lower(char letter) {
    if (letter >= 'A' && letter <= 'Z')
        return (char)(letter - 'A' + 'a');
    return letter;
}

static int has_drive(const char *path) {
    char letter = lower(path[0]);
    return letter >= 'a' && letter <= 'z' && path[1] == ':';
}

/** Length of what never goes away: "/" or "c:"; 0 for a relative path. */
static size_t root_length(const char *path) {
    return has_drive(path) ? 2 : path[0] == '/' ? 1 : 0;
}

/** Append a part behind the length that is there. @return the new length, 0 if it does not fit */
static size_t append(char *text, size_t length, size_t capacity, const char *part, size_t size) {
    int joined = length > 0 && text[length - 1] != '/';
    if (length + (size_t)joined + size >= capacity)
        return 0;
    if (joined)
        text[length++] = '/';
    memcpy(text + length, part, size);
    text[length + size] = '\0';
    return length + size;
}

/** Take the last part away. @return the new length, SIZE_MAX if it leads above the root */
static size_t step_up(char *text, size_t length) {
    size_t root = root_length(text);
    if (length <= root)
        return SIZE_MAX;
    while (length > root && text[length - 1] != '/')
        length--;
    if (length > root)
        length--;
    text[length] = '\0';
    return length;
}

static int ends_with_up(const char *text, size_t length) {
    return length == 0 ||
           (length >= 2 && strcmp(text + length - 2, "..") == 0 && (length == 2 || text[length - 3] == '/'));
}

/** What an absolute path begins with; relative ones begin with base. @return where the parts begin, NULL if
 * it does not fit */
static const char *begin(const char *path, const char *base, char *text, size_t capacity) {
    if (is_slash(path[0]) && is_slash(path[1]) && path[2] == '?' && is_slash(path[3]))
        path += 4; // Windows' prefix for long paths
    char drive = '\0';
    if (has_drive(path))
        drive = lower(path[0]);
    const char *rest = drive ? path + 2 : path;
    int length;
    if (drive && drive != 'z')
        length = snprintf(text, capacity, "%c:", drive);
    else
        length = snprintf(text, capacity, "%s", drive || is_slash(rest[0]) ? "/" : base ? base : "");
    return length >= 0 && (size_t)length < capacity ? rest : NULL;
}

int hp_select_path(const char *path, const char *base, char *text, size_t capacity) {
    const char *rest = begin(path, base, text, capacity);
    if (!rest)
        return 0;
    size_t length = strlen(text);
    while (*rest) {
        size_t size = 0;
        while (rest[size] && !is_slash(rest[size]))
            size++;
        int is_up = size == 2 && rest[0] == '.' && rest[1] == '.';
        if (is_up && (root_length(text) > 0 || !ends_with_up(text, length))) {
            length = step_up(text, length);
            if (length == SIZE_MAX)
                return 0;
        } else if (size > 0 && !(size == 1 && rest[0] == '.')) {
            length = append(text, length, capacity, rest, size);
            if (length == 0)
                return 0;
        }
        rest += size;
        while (is_slash(*rest))
            rest++;
    }
    return length > 0 || append(text, 0, capacity, ".", 1) > 0;
}

static int same_letters(const char *one, const char *other, size_t length, int ignore_case) {
    if (!ignore_case)
        return strncmp(one, other, length) == 0;
    for (size_t i = 0; i < length; i++)
        if (lower(one[i]) != lower(other[i]) || one[i] == '\0')
            return 0;
    return 1;
}

/** A relative path that somebody else's build left: of a compiler's or a C library's own sources. */
static int is_foreign(const char *file) {
    static const char *const folders[] = {"../", "usr/", "mingw-w64-crt/", "mingw-w64-libraries/",
                                          "mingw-w64-headers/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(file, folders[i], strlen(folders[i])) == 0)
            return 1;
    return strcmp(file, "..") == 0 || strcmp(file, ".") == 0 || file[0] == '\0';
}

const char *hp_select_below(const char *file, const char *directory) {
    if (root_length(file) == 0)
        return is_foreign(file) ? NULL : file;
    size_t length = strlen(directory);
    if (!same_letters(file, directory, length, has_drive(file) || has_drive(directory)))
        return NULL;
    const char *rest = file + length;
    if (length > 0 && directory[length - 1] != '/' && *rest++ != '/')
        return NULL;
    return length > 0 && *rest ? rest : NULL;
}

static int matches(const char *name, size_t length, const char *pattern) {
    const char *end = name + length;
    const char *star = NULL, *resume = NULL;
    while (name < end) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) { // the last star takes one more
            pattern = star + 1;
            name = ++resume;
        } else {
            return 0;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

int hp_select_matches(const char *name, const char *pattern) {
    size_t length = strlen(name);
    if (matches(name, length, pattern))
        return 1;
    return !strpbrk(pattern, "(@") && matches(name, hp_name_short(name, length), pattern);
}
