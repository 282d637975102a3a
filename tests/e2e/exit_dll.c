// A DLL that tells the app of what its DllMain is told: the app calls patched functions there.
#include <windows.h>

typedef void hook(DWORD reason);

static hook *volatile current;

__declspec(dllexport) void exit_dll_set(hook *wanted) {
    current = wanted;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) {
    (void)module;
    hook *told = current;
    if (told != NULL && (reason != DLL_PROCESS_DETACH || reserved != NULL))
        told(reason);
    return TRUE;
}
