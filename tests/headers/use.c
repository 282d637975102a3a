// What an app and an update write, in C: all macros of the public headers. Compiled by "headers-c" only.
#include <hotpatch/hotpatch.h>
#include <hotpatch/patch.h>

int use_plain(int a, int b);
HP_PATCHABLE(int, use_plain, (int a, int b)) {
    return a + b;
}
HP_EXPORT(use_plain, "i32(i32 a, i32 b)");

HP_PATCHABLE(static int HP_STDCALL, use_standard, (const wchar_t *name)) {
    return name[0];
}
HP_EXPORT_AS("use::standard", use_standard, "stdcall i32(in wstr name)");

HP_PATCHABLE(static void HP_FASTCALL, use_nothing, (void)) {}
HP_OFFER(use_nothing);

static double HP_CDECL use_known(double x) {
    return x;
}
HP_PATCHABLE_AS("use::known", use_known);

static const char *use_symbol(HRESULT hr) {
    switch (hr) { // the codes are constants
    case HP_E_UPDATE_GONE:
        return "gone";
    default:
        return hp_error_symbol(hr);
    }
}

int use_server(void);
int use_server(void) {
    static const hp_server_class update = {
        .size = sizeof update, .version = 2, .progid = L"Acme.Game.Update"};
    return hp_com_main(&update);
}

HRESULT use_client(void);
HRESULT use_client(void) {
    static const hp_attach_options options = {.size = sizeof options, .flags = HP_ATTACH_PARTIAL};
    HRESULT hr = hp_com_attach_ex(L"Acme.Game.Update", &options, NULL);
    if (hr == HP_S_PARTIAL || use_symbol(hr)[0] == 'H')
        return use_plain(2, 3);
    return hr;
}
