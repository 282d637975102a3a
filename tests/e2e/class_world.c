#include "e2e/class_world.h"

void world_require_private(void) {
    wchar_t value[2];
    if (GetEnvironmentVariableW(L"HP_PRIVATE_PREFIX", value, 2) != 1 || value[0] != L'1')
        fail_msg("refused: this would change the real registry of the user; run it with ctest");
}

void world_forget(void) {
    HKEY classes;
    world_require_private();
    if (RegOpenKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", 0, KEY_ALL_ACCESS, &classes) != ERROR_SUCCESS)
        return;
    RegDeleteTreeW(classes, NULL);
    RegCloseKey(classes);
    RegDeleteKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", KEY_WOW64_64KEY, 0);
}

hp_class_description world_version(uint32_t version, const wchar_t *exe) {
    hp_class_description description = {
        .progid = WORLD_PROGID, .version = version, .name = L"Acme Game", .exe = exe, .arch = HP_ARCH_HERE};
    assert_int_equal(hp_class_derive_clsid(WORLD_PROGID, version, &description.clsid), S_OK);
    return description;
}

static void expect(HRESULT actual, HRESULT expected, const hp_trouble *trouble) {
    char text[1024];
    if (actual == expected)
        return;
    hp_trouble_format(trouble, text, sizeof text);
    fail_msg("0x%08lx and not 0x%08lx: %s", actual, expected, text);
}

void world_register(const hp_class_description *description, HRESULT expected) {
    hp_trouble trouble = {0};
    world_require_private();
    expect(hp_class_register(description, &trouble), expected, &trouble);
    assert_int_equal(trouble.result, FAILED(expected) ? expected : 0);
}

void world_unregister(const hp_class_description *description, HRESULT expected) {
    hp_trouble trouble = {0};
    world_require_private();
    expect(hp_class_unregister(description, &trouble), expected, &trouble);
    assert_int_equal(trouble.result, FAILED(expected) ? expected : 0);
}

void world_expect_lookup(const wchar_t *progid, const wchar_t *exe) {
    hp_class_found found;
    hp_trouble trouble = {0};
    expect(hp_class_lookup(progid, &found, &trouble), exe ? S_OK : HP_E_PROGID_UNKNOWN, &trouble);
    if (exe && wcscmp(found.exe, exe) != 0)
        fail_msg("%ls leads to %ls and not to %ls", progid, found.exe, exe);
    hp_class_free(&found);
}

const wchar_t *world_class_key(const hp_class_description *description, const wchar_t *rest) {
    static wchar_t key[256];
    wchar_t id[39];
    StringFromGUID2(&description->clsid, id, 39);
    swprintf(key, 256, L"CLSID\\%ls%ls", id, rest);
    return key;
}

static const wchar_t *path_of(const wchar_t *key) {
    static wchar_t path[512];
    swprintf(path, 512, WORLD_CLASSES L"%ls", key);
    return path;
}

void world_put(HKEY hive, const wchar_t *key, const wchar_t *value, DWORD type, const void *data, DWORD size,
               REGSAM view) {
    HKEY opened;
    world_require_private();
    assert_int_equal(
        RegCreateKeyExW(hive, path_of(key), 0, NULL, 0, KEY_ALL_ACCESS | view, NULL, &opened, NULL), 0);
    assert_int_equal(RegSetValueExW(opened, value, 0, type, data, size), 0);
    RegCloseKey(opened);
}

void world_put_text(HKEY hive, const wchar_t *key, const wchar_t *value, const wchar_t *text) {
    world_put(hive, key, value, REG_SZ, text, (DWORD)((wcslen(text) + 1) * sizeof *text), KEY_WOW64_64KEY);
}

const wchar_t *world_text(const wchar_t *key, const wchar_t *value, REGSAM view) {
    static wchar_t text[512];
    DWORD size = sizeof text;
    HKEY opened;
    text[0] = 0;
    if (RegOpenKeyExW(HKEY_CURRENT_USER, path_of(key), 0, KEY_READ | view, &opened) != ERROR_SUCCESS)
        return text;
    if (RegGetValueW(opened, NULL, value, RRF_RT_REG_SZ, NULL, text, &size) != ERROR_SUCCESS)
        text[0] = 0;
    RegCloseKey(opened);
    return text;
}

char *world_dump(void) {
    return hkcu_dump_below(L"Software\\Classes");
}

void world_delete(HKEY hive, const wchar_t *key, REGSAM view) {
    HKEY opened;
    world_require_private();
    assert_int_equal(RegOpenKeyExW(hive, path_of(key), 0, KEY_ALL_ACCESS | view, &opened), 0);
    assert_int_equal(RegDeleteTreeW(opened, NULL), 0);
    RegCloseKey(opened);
    LSTATUS status = RegDeleteKeyExW(hive, path_of(key), view, 0);
    assert_true(status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND);
}

void world_divide_views(void) {
    world_put_text(HKEY_CURRENT_USER, L"Wow6432Node", L"of the test", L"x");
    // Whether it worked: what the one view is given, the other must not see.
    world_put_text(HKEY_CURRENT_USER, L"CLSID\\{probe}", NULL, L"x");
    assert_int_equal(world_text(L"CLSID\\{probe}", NULL, KEY_WOW64_32KEY)[0], 0);
    world_delete(HKEY_CURRENT_USER, L"CLSID", KEY_WOW64_64KEY);
}

void world_join_views(void) {
    world_delete(HKEY_CURRENT_USER, L"Wow6432Node", KEY_WOW64_64KEY);
    RegDeleteKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", KEY_WOW64_64KEY, 0);
}
