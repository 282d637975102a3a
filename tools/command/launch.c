#include "tools/command/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static HRESULT start(const wchar_t *exe, const wchar_t *argument, PROCESS_INFORMATION *process,
                     hp_trouble *trouble) {
    const size_t room = wcslen(exe) + wcslen(argument) + 4;
    wchar_t *line = malloc(room * sizeof *line);
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                            .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                            .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    if (!line)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    swprintf(line, room, L"\"%ls\" %ls", exe, argument);
    const BOOL started = CreateProcessW(exe, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, process);
    const HRESULT hr = started ? S_OK : hp_trouble_set_last_error(trouble, NULL, "CreateProcess");
    free(line);
    return hr;
}

/* It may end by itself at the last moment: then it cannot be ended, and that is fine. */
static HRESULT stop(HANDLE process, const wchar_t *argument, uint32_t seconds, hp_trouble *trouble) {
    enum { PATIENCE_MS = 10000 }; /* it dies at once, unless a driver holds it */
    const BOOL ended = TerminateProcess(process, HP_E_SERVER_SILENT & 0xFFFF);
    const DWORD error = GetLastError();
    if (WaitForSingleObject(process, PATIENCE_MS) != WAIT_OBJECT_0)
        return hp_trouble_set(trouble, ended ? HRESULT_FROM_WIN32(ERROR_TIMEOUT) : HRESULT_FROM_WIN32(error),
                              NULL, "%ls did not end within %lu s, and process %lu cannot be ended", argument,
                              (unsigned long)seconds, (unsigned long)GetProcessId(process));
    return ended ? hp_trouble_set(trouble, HRESULT_FROM_WIN32(ERROR_TIMEOUT), NULL,
                                  "%ls did not end within %lu s, and was ended", argument,
                                  (unsigned long)seconds)
                 : S_OK;
}

HRESULT hp_launch_wait(const wchar_t *exe, const wchar_t *argument, uint32_t seconds, DWORD *code,
                       hp_trouble *trouble) {
    PROCESS_INFORMATION process = {0};
    HRESULT hr = start(exe, argument, &process, trouble);
    if (FAILED(hr))
        return hr;
    const DWORD waited = WaitForSingleObject(process.hProcess, seconds * 1000);
    if (waited == WAIT_TIMEOUT)
        hr = stop(process.hProcess, argument, seconds, trouble);
    else if (waited != WAIT_OBJECT_0)
        hr = hp_trouble_set_last_error(trouble, NULL, "waiting for it");
    if (SUCCEEDED(hr) && !GetExitCodeProcess(process.hProcess, code))
        hr = hp_trouble_set_last_error(trouble, NULL, "GetExitCodeProcess");
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return hr;
}
