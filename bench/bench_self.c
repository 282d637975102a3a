#include "bench/bench_self.h"

#include <stdio.h>

HRESULT hp_bench_self_register(void) {
    wchar_t path[MAX_PATH], line[MAX_PATH + 32];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    swprintf(line, MAX_PATH + 32, L"\"%ls\" /regserver", path);
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    if (!CreateProcessW(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started))
        return HRESULT_FROM_WIN32(GetLastError());
    DWORD code = 1;
    WaitForSingleObject(started.hProcess, INFINITE);
    GetExitCodeProcess(started.hProcess, &code);
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    return code == 0 ? S_OK : E_FAIL;
}
