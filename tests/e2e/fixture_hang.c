// An update that never ends when it is to register itself: at once, after it has (FIXTURE_HANG=whole), or in
// the middle of it (FIXTURE_HANG=half: what its class is called is missing).
#include <hotpatch/server.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static int fixture_hang(int value) {
    return value;
}
HP_EXPORT(fixture_hang, "i32(i32 value)");

static void forget_name(void) {
    HKEY classes;
    wchar_t key[256], text[64];
    LSTATUS status =
        RegOpenKeyExW(HKEY_CURRENT_USER, L"Software\\Classes", 0, KEY_READ | KEY_WRITE, &classes);
    DWORD size = sizeof text;
    if (status == ERROR_SUCCESS)
        status = RegGetValueW(classes, L"Hotpatch.Hang.1\\CLSID", NULL, RRF_RT_REG_SZ, NULL, text, &size);
    swprintf(key, 256, L"CLSID\\%ls\\LocalServer32", text);
    if (status == ERROR_SUCCESS)
        status = RegDeleteTreeW(classes, key);
    if (status != ERROR_SUCCESS)
        exit(99);
}

int main(void) {
    static const hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.Hang", .version = 1, .name = L"Hotpatch test fixture"};
    const char *how = getenv("FIXTURE_HANG");
    if (how != NULL && strcmp(how, "no") == 0)
        return hp_com_main(&update);
    if (how != NULL && hp_com_main(&update) != 0)
        return 98;
    if (how != NULL && strcmp(how, "half") == 0)
        forget_name();
    Sleep(INFINITE);
    return 0;
}
