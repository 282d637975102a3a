#include "tools/tool.h"

#include <stdlib.h>
#include <string.h>

#include "idl/text.h"
#include "tools/print.h"

int hp_tool_fail(const char *command, const hp_trouble *trouble) {
    char line[1536];
    hp_trouble_format(trouble, line, sizeof line);
    hp_print_note("hotpatch %s: %s", command, line);
    return HP_TOOL_FAILED;
}

int hp_tool_misuse(const char *command, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    hp_text_format(text, sizeof text, format, arguments);
    va_end(arguments);
    hp_print_note("hotpatch %s: %s", command, text);
    hp_print_note("\"hotpatch %s --help\" explains it.", command);
    return HP_TOOL_USAGE;
}

enum { OPTIONS_MOST = 32 };

// getopt's short form of the options: an option whose value is a letter can be given by that letter.
static void make_letters(const char *begin, const struct option *options,
                         char letters[2 * OPTIONS_MOST + 8]) {
    size_t length = strlen(begin);
    memcpy(letters, begin, length);
    for (size_t i = 0; i < OPTIONS_MOST && options[i].name; i++) {
        if (options[i].flag || options[i].val <= ' ' || options[i].val >= 0x7F)
            continue;
        letters[length++] = (char)options[i].val;
        if (options[i].has_arg == required_argument)
            letters[length++] = ':';
    }
    letters[length] = '\0';
}

static int read_option(int argc, char **argv, const char *begin, const struct option *options,
                       const char *help, int *code) {
    struct option all[OPTIONS_MOST + 2];
    char letters[2 * OPTIONS_MOST + 8];
    size_t count = 0;
    make_letters(begin, options, letters);
    for (; count < OPTIONS_MOST && options[count].name; count++)
        all[count] = options[count];
    all[count++] = (struct option){"help", no_argument, NULL, 'h'};
    all[count] = (struct option){0};
    opterr = 0;
    const int value = getopt_long(argc, argv, letters, all, NULL);
    const char *culprit = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    switch (value) {
    case 'h':
        hp_print_bytes(help, strlen(help));
        *code = HP_TOOL_OK;
        return -2;
    case ':':
        *code = hp_tool_misuse(argv[0], "\"%s\" needs a value", culprit);
        return -2;
    case '?':
        if (optopt > ' ' && optopt < 0x7F && strncmp(culprit, "--", 2) != 0)
            *code = hp_tool_misuse(argv[0], "there is no option \"-%c\"", optopt);
        else
            *code = hp_tool_misuse(argv[0], "\"%s\" is no option, is ambiguous, or takes no value", culprit);
        return -2;
    default:
        return value;
    }
}

int hp_tool_option(int argc, char **argv, const struct option *options, const char *help, int *code) {
    return read_option(argc, argv, ":h", options, help, code);
}

int hp_tool_option_first(int argc, char **argv, const struct option *options, const char *help, int *code) {
    return read_option(argc, argv, "+:h", options, help, code);
}

HRESULT hp_tool_read_file(const char *path, unsigned char **bytes, size_t *size, hp_trouble *trouble) {
    enum { PIECE = 1 << 24 };
    static const LONGLONG most = 1 << 30;
    *bytes = NULL;
    *size = 0;
    wchar_t *wide = hp_tool_wide(path);
    if (!wide)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, path, NULL);
    HANDLE file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    free(wide);
    if (file == INVALID_HANDLE_VALUE)
        return hp_trouble_set_last_error(trouble, path, "opening the file");
    LARGE_INTEGER length;
    HRESULT hr = S_OK;
    unsigned char *memory = NULL;
    if (!GetFileSizeEx(file, &length))
        hr = hp_trouble_set_last_error(trouble, path, "GetFileSizeEx");
    else if (length.QuadPart > most)
        hr = hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_FILE_TOO_LARGE), path, "it exceeds 1 GiB");
    else if (!(memory = malloc((size_t)length.QuadPart + 1)))
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, path, NULL);
    size_t at = 0;
    while (SUCCEEDED(hr) && at < (size_t)length.QuadPart) {
        const size_t left = (size_t)length.QuadPart - at;
        DWORD got = 0;
        if (!ReadFile(file, memory + at, left < PIECE ? (DWORD)left : PIECE, &got, NULL))
            hr = hp_trouble_set_last_error(trouble, path, "reading the file");
        else if (got == 0)
            break; /* it has become shorter */
        at += got;
    }
    CloseHandle(file);
    if (FAILED(hr)) {
        free(memory);
        return hr;
    }
    *bytes = memory;
    *size = at;
    return S_OK;
}

wchar_t *hp_tool_wide(const char *text) {
    const int units = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = units > 0 ? malloc((size_t)units * sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, units);
    return wide;
}

char *hp_tool_utf8(const wchar_t *text) {
    const int bytes = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = bytes > 0 ? malloc((size_t)bytes) : NULL;
    if (utf8)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, bytes, NULL, NULL);
    return utf8;
}

/* Levenshtein, the last row only. */
static unsigned distance(const char *one, const char *other) {
    enum { MOST = 64 };
    unsigned row[MOST + 1];
    const size_t length = strlen(other);
    if (strlen(one) > MOST || length > MOST)
        return MOST;
    for (unsigned i = 0; i <= length; i++)
        row[i] = i;
    for (unsigned i = 1; *one; i++, one++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            const unsigned above = row[k];
            const unsigned swap = diagonal + (*one != other[k - 1]);
            const unsigned step = (row[k - 1] < above ? row[k - 1] : above) + 1;
            row[k] = swap < step ? swap : step;
            diagonal = above;
        }
    }
    return row[length];
}

const char *hp_tool_nearest(const char *word, const char *const *names, size_t count) {
    const char *best = NULL;
    unsigned least = (unsigned)strlen(word) / 3 + 2; /* further away it is another word */
    for (size_t i = 0; i < count; i++) {
        const unsigned steps = distance(word, names[i]);
        if (steps < least) {
            least = steps;
            best = names[i];
        }
    }
    return best;
}
