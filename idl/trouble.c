#include "idl/trouble.h"

#include "idl/text.h"

#include <stdio.h>
#include <string.h>

static int is_noted(const hp_trouble *trouble) {
    return FAILED(trouble->result);
}

/* What other processes say may hold line breaks; a log line may not. */
static void keep_on_one_line(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = '?';
}

static void note(hp_trouble *trouble, HRESULT result, const char *thing, const char *format,
                 va_list arguments) {
    trouble->result = result;
    hp_text_copy(trouble->thing, sizeof trouble->thing, thing ? thing : "");
    trouble->detail[0] = '\0';
    if (format)
        hp_text_format(trouble->detail, sizeof trouble->detail, format, arguments);
    keep_on_one_line(trouble->thing);
    keep_on_one_line(trouble->detail);
}

HRESULT hp_trouble_set(hp_trouble *trouble, HRESULT result, const char *thing, const char *format, ...) {
    if (!trouble || SUCCEEDED(result) || is_noted(trouble))
        return result;
    va_list arguments;
    va_start(arguments, format);
    note(trouble, result, thing, format, arguments);
    va_end(arguments);
    return result;
}

void hp_trouble_add(hp_trouble *trouble, const char *text) {
    if (!trouble || !is_noted(trouble))
        return;
    size_t length = strlen(trouble->detail);
    hp_text_copy(trouble->detail + length, sizeof trouble->detail - length, text);
}

#ifdef _WIN32
/** A name of this many UTF-16 units has at least as many bytes in UTF-8: more of them are never needed. */
#define THING_UNITS sizeof(((hp_trouble *)0)->thing)

static void narrow(const wchar_t *wide, char *text, size_t capacity) {
    int units = (int)wcsnlen(wide, THING_UNITS);
    int length = WideCharToMultiByte(CP_UTF8, 0, wide, units, text, (int)capacity - 1, NULL, NULL);
    text[length > 0 ? length : 0] = '\0';
}

HRESULT hp_trouble_set_wide(hp_trouble *trouble, HRESULT result, const wchar_t *thing, const char *format,
                            ...) {
    if (!trouble || SUCCEEDED(result) || is_noted(trouble))
        return result;
    DWORD last_error = GetLastError();
    char text[3 * THING_UNITS + 1];
    narrow(thing ? thing : L"", text, sizeof text);
    va_list arguments;
    va_start(arguments, format);
    note(trouble, result, text, format, arguments);
    va_end(arguments);
    SetLastError(last_error);
    return result;
}

HRESULT hp_trouble_set_last_error(hp_trouble *trouble, const char *thing, const char *call) {
    DWORD last_error = GetLastError();
    HRESULT result = last_error == ERROR_SUCCESS ? E_FAIL : HRESULT_FROM_WIN32(last_error);
    hp_trouble_set(trouble, result, thing, "%s failed", call);
    SetLastError(last_error);
    return result;
}
#endif

size_t hp_trouble_format(const hp_trouble *trouble, char *text, size_t capacity) {
    return hp_error_format(trouble->result, trouble->thing[0] ? trouble->thing : NULL,
                           trouble->detail[0] ? trouble->detail : NULL, text, capacity);
}
