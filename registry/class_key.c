#include "registry/class_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

REGSAM hp_class_key_view(hp_class_view view) {
    return view == HP_CLASS_VIEW_64 ? KEY_WOW64_64KEY : KEY_WOW64_32KEY;
}

hp_class_view hp_class_key_native(void) {
    return HP_ARCH_HERE == HP_ARCH_X64 ? HP_CLASS_VIEW_64 : HP_CLASS_VIEW_32;
}

const char *hp_class_key_utf8(const wchar_t *wide, char *text, int capacity) {
    // An over-long text is converted up to where it fits: a UTF-16 unit makes at most three bytes.
    int count = (int)wcsnlen(wide, (size_t)(capacity - 1) / 3);
    if (count && wide[count - 1] >= 0xd800 && wide[count - 1] <= 0xdbff)
        count--;
    int length = count ? WideCharToMultiByte(CP_UTF8, 0, wide, count, text, capacity - 1, NULL, NULL) : 0;
    text[length] = 0;
    return text;
}

HRESULT hp_class_key_trouble(hp_trouble *trouble, HRESULT hr, HKEY hive, const wchar_t *key,
                             const char *format, ...) {
    char path[sizeof trouble->thing], name[1024], detail[sizeof trouble->detail];
    snprintf(path, sizeof path, "%s\\%s",
             hive == HKEY_CURRENT_USER ? "HKEY_CURRENT_USER" : "HKEY_LOCAL_MACHINE",
             hp_class_key_utf8(key, name, sizeof name));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    return hp_trouble_set(trouble, hr, path, "%s", detail);
}

HRESULT hp_class_key_open(HKEY hive, const wchar_t *key, hp_class_view view, HKEY *opened,
                          hp_trouble *trouble) {
    *opened = NULL;
    LSTATUS status = HP_FAULT("open key")
                         ? (LSTATUS)GetLastError()
                         : RegOpenKeyExW(hive, key, 0, KEY_READ | hp_class_key_view(view), opened);
    if (status == ERROR_SUCCESS)
        return S_OK;
    *opened = NULL;
    if (status == ERROR_FILE_NOT_FOUND || status == ERROR_PATH_NOT_FOUND || status == ERROR_KEY_DELETED)
        return S_FALSE;
    return hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), hive, key,
                                "the key cannot be opened");
}

HRESULT hp_class_key_read(HKEY hive, const wchar_t *key, const wchar_t *value, hp_class_view view,
                          hp_class_data *data, hp_trouble *trouble) {
    *data = (hp_class_data){0};
    HKEY opened;
    HRESULT hr = hp_class_key_open(hive, key, view, &opened, trouble);
    if (hr != S_OK)
        return hr;
    LSTATUS status = ERROR_MORE_DATA;
    BYTE *bytes = NULL;
    DWORD type = REG_NONE, size = 0;
    // The size may change between two calls, so it is asked for with the data.
    for (DWORD room = 256; status == ERROR_MORE_DATA; room *= 4) {
        BYTE *more = HP_FAULT("memory for a value") ? NULL : realloc(bytes, room + 3);
        if (!more) {
            status = ERROR_OUTOFMEMORY;
            break;
        }
        bytes = more;
        size = room;
        status = HP_FAULT("read value") ? (LSTATUS)GetLastError()
                                        : RegQueryValueExW(opened, value, NULL, &type, bytes, &size);
        if (room > 0x10000000)
            break;
    }
    RegCloseKey(opened);
    if (status == ERROR_SUCCESS) {
        memset(bytes + size, 0, 3);
        *data = (hp_class_data){.type = type, .data = bytes, .size = size};
        return S_OK;
    }
    free(bytes);
    if (status == ERROR_FILE_NOT_FOUND ||
        status == ERROR_KEY_DELETED) // deleted while it was read: it is not there
        return S_FALSE;
    return hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), hive, key,
                                "a value cannot be read");
}

// The registry keeps what it is given: of any type, with or without terminators, of odd length. (RegGetValueW
// would repair all of that, but Wine's runs past the end of an unterminated REG_EXPAND_SZ.)
static HRESULT expand(wchar_t **text) {
    DWORD room = ExpandEnvironmentStringsW(*text, NULL, 0);
    for (int tries = 0; room && tries < 8; tries++) {
        wchar_t *expanded = HP_FAULT("memory for a text") ? NULL : malloc(room * sizeof *expanded);
        if (!expanded)
            return E_OUTOFMEMORY;
        DWORD needed = ExpandEnvironmentStringsW(*text, expanded, room);
        if (needed && needed <= room) {
            free(*text);
            *text = expanded;
            return S_OK;
        }
        free(expanded); // somebody changed a variable in between
        room = needed;
    }
    return HP_E_CLASS_DAMAGED;
}

HRESULT hp_class_key_text(HKEY hive, const wchar_t *key, const wchar_t *value, hp_class_view view,
                          wchar_t **text, hp_trouble *trouble) {
    hp_class_data data;
    *text = NULL;
    HRESULT hr = hp_class_key_read(hive, key, value, view, &data, trouble);
    if (hr != S_OK)
        return hr;
    const char *wrong = NULL;
    if (data.type != REG_SZ && data.type != REG_EXPAND_SZ)
        wrong = "the value is not a text";
    else if (data.size > HP_CLASS_KEY_DATA_MAX)
        wrong = "the value is too long";
    if (wrong) {
        free(data.data);
        return hp_class_key_trouble(trouble, HP_E_CLASS_DAMAGED, hive, key, "%s", wrong);
    }
    *text = (wchar_t *)(void *)data.data;
    hr = data.type == REG_EXPAND_SZ ? expand(text) : S_OK;
    if (SUCCEEDED(hr))
        return hr;
    free(*text);
    *text = NULL;
    return hp_class_key_trouble(trouble, hr, hive, key,
                                "the environment variables in the value cannot be expanded");
}

HRESULT hp_class_key_empty(const wchar_t *key, hp_class_view view, int *exists, hp_trouble *trouble) {
    *exists = 0;
    HKEY opened;
    HRESULT hr = hp_class_key_open(HKEY_CURRENT_USER, key, view, &opened, trouble);
    if (hr != S_OK)
        return hr;
    *exists = 1;
    DWORD keys = 0, values = 0;
    LSTATUS status = HP_FAULT("count subkeys") ? (LSTATUS)GetLastError()
                                               : RegQueryInfoKeyW(opened, NULL, NULL, NULL, &keys, NULL, NULL,
                                                                  &values, NULL, NULL, NULL, NULL);
    RegCloseKey(opened);
    if (status != ERROR_SUCCESS)
        return hp_class_key_trouble(trouble, HRESULT_FROM_WIN32((DWORD)status), HKEY_CURRENT_USER, key,
                                    "the subkeys cannot be counted");
    return keys == 0 && values == 0 ? S_OK : S_FALSE;
}

int hp_class_key_equal(const hp_class_data *data, const hp_class_row *row) {
    if (!data->data || data->type != (DWORD)row->type)
        return 0;
    if (row->type == HP_CLASS_NUMBER)
        return data->size == sizeof row->number && memcmp(data->data, &row->number, sizeof row->number) == 0;
    size_t size = (wcslen(row->text) + 1) * sizeof(wchar_t);
    return data->size == size && memcmp(data->data, row->text, size) == 0;
}
