#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <windows.h>

#include "e2e/hkcu.h"

enum { NAME_CHARS = 16384, DATA_BYTES = 65536 };

typedef struct dump {
    char *text;
    size_t length, capacity;
} dump;

static void add(dump *d, const char *text) {
    size_t length = strlen(text);
    if (d->length + length + 1 > d->capacity) {
        d->capacity = 2 * (d->length + length + 1);
        d->text = realloc(d->text, d->capacity);
        assert_non_null(d->text);
    }
    memcpy(d->text + d->length, text, length + 1);
    d->length += length;
}

static void add_wide(dump *d, const wchar_t *text) {
    static char utf8[3 * NAME_CHARS];
    assert_true(WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL) > 0);
    add(d, utf8);
}

static void add_values(dump *d, HKEY key) {
    static wchar_t name[NAME_CHARS];
    static unsigned char data[DATA_BYTES];
    for (DWORD i = 0;; i++) {
        DWORD chars = NAME_CHARS, type, size = DATA_BYTES;
        LSTATUS status = RegEnumValueW(key, i, name, &chars, NULL, &type, data, &size);
        if (status == ERROR_NO_MORE_ITEMS)
            return;
        assert_int_equal(status, ERROR_SUCCESS);
        char hex[16];
        add(d, "    ");
        add_wide(d, name);
        snprintf(hex, sizeof hex, " = (%lu)", type);
        add(d, hex);
        for (DWORD b = 0; b < size; b++) {
            snprintf(hex, sizeof hex, " %02x", data[b]);
            add(d, hex);
        }
        add(d, "\n");
    }
}

static void add_key(dump *d, HKEY parent, const wchar_t *name, const wchar_t *parent_path) {
    HKEY key;
    LSTATUS status = RegOpenKeyExW(parent, name, 0, KEY_READ | KEY_WOW64_64KEY, &key);
    wchar_t *path = malloc((wcslen(parent_path) + wcslen(name) + 2) * sizeof *path);
    assert_non_null(path);
    wcscpy(path, parent_path);
    if (*name != 0)
        wcscat(wcscat(path, L"\\"), name);
    /* Wine's note of which code page its fonts were listed for: each start under
     * another locale rewrites it. */
    if (wcscmp(path, L"HKCU\\Software\\Wine\\Fonts") == 0) {
        if (status == ERROR_SUCCESS)
            RegCloseKey(key);
        free(path);
        return;
    }
    add_wide(d, path);
    if (status != ERROR_SUCCESS) {
        add(d, " (closed to us)\n");
        free(path);
        return;
    }
    add(d, "\n");
    add_values(d, key);
    wchar_t child[256];
    for (DWORD i = 0;; i++) {
        DWORD chars = 256;
        status = RegEnumKeyExW(key, i, child, &chars, NULL, NULL, NULL, NULL);
        if (status == ERROR_NO_MORE_ITEMS)
            break;
        assert_int_equal(status, ERROR_SUCCESS);
        add_key(d, key, child, path);
    }
    RegCloseKey(key);
    free(path);
}

char *hkcu_dump(void) {
    dump d = {NULL, 0, 0};
    add_key(&d, HKEY_CURRENT_USER, L"", L"HKCU");
    return d.text;
}

char *hkcu_dump_below(const wchar_t *path) {
    dump d = {NULL, 0, 0};
    HKEY key;
    LSTATUS status = RegOpenKeyExW(HKEY_CURRENT_USER, path, 0, KEY_READ | KEY_WOW64_64KEY, &key);
    add(&d, "");
    if (status == ERROR_FILE_NOT_FOUND)
        return d.text;
    assert_int_equal(status, ERROR_SUCCESS);
    RegCloseKey(key);
    add_key(&d, HKEY_CURRENT_USER, path, L"HKCU");
    return d.text;
}

void hkcu_assert_equal(const char *before, const char *after) {
    while (*before != 0 && *after != 0) {
        size_t b = strcspn(before, "\n"), a = strcspn(after, "\n");
        if (a != b || memcmp(before, after, a) != 0)
            fail_msg("HKCU differs: before \"%.*s\", after \"%.*s\"", (int)b, before, (int)a, after);
        before += b + 1;
        after += a + 1;
    }
    if (*before != *after)
        fail_msg("HKCU differs: \"%.200s\" is there only %s", *before != 0 ? before : after,
                 *before != 0 ? "before" : "after");
}

static char *at_first;

int hkcu_remember(void **state) {
    (void)state;
    at_first = hkcu_dump();
    return 0;
}

int hkcu_compare(void **state) {
    (void)state;
    char *after = hkcu_dump();
    hkcu_assert_equal(at_first, after);
    free(after);
    free(at_first);
    return 0;
}
