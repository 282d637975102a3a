#include "support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { HANDLES = 4 };

// The handles that are there, each once, as CreateProcess wants the list.
static DWORD list_handles(const process_heritage *heritage, HANDLE list[HANDLES]) {
    const HANDLE all[HANDLES] = {heritage->input, heritage->output, heritage->error, heritage->other};
    DWORD count = 0;
    for (int i = 0; i < HANDLES; i++) {
        int known = all[i] == NULL || all[i] == INVALID_HANDLE_VALUE;
        for (DWORD k = 0; k < count; k++)
            known |= list[k] == all[i];
        if (!known)
            list[count++] = all[i];
    }
    return count;
}

// Again if the system could not set the process up, so that nothing of it ran: Wine fails so now and then.
static BOOL create(const wchar_t *exe, wchar_t *command, BOOL inherit, DWORD flags, STARTUPINFOW *how,
                   PROCESS_INFORMATION *started) {
    BOOL good = FALSE;
    for (int i = 0; i < 3 && !good && (i == 0 || GetLastError() == ERROR_INTERNAL_ERROR); i++)
        good = CreateProcessW(exe, command, NULL, NULL, inherit, flags, NULL, NULL, how, started);
    return good;
}

static BOOL start_with(wchar_t *command, const wchar_t *exe, const process_heritage *heritage,
                       PROCESS_INFORMATION *started) {
    HANDLE list[HANDLES];
    DWORD count = list_handles(heritage, list);
    STARTUPINFOEXW how = {.StartupInfo = {.cb = sizeof how}};
    if (heritage->input || heritage->output || heritage->error) {
        how.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        how.StartupInfo.hStdInput = heritage->input;
        how.StartupInfo.hStdOutput = heritage->output;
        how.StartupInfo.hStdError = heritage->error;
    }
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    how.lpAttributeList = malloc(size);
    if (!how.lpAttributeList || !InitializeProcThreadAttributeList(how.lpAttributeList, 1, 0, &size)) {
        free(how.lpAttributeList);
        return FALSE;
    }
    BOOL good = UpdateProcThreadAttribute(how.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list,
                                          count * sizeof *list, NULL, NULL) &&
                create(exe, command, TRUE, EXTENDED_STARTUPINFO_PRESENT, &how.StartupInfo, started);
    DWORD error = GetLastError();
    DeleteProcThreadAttributeList(how.lpAttributeList);
    free(how.lpAttributeList);
    SetLastError(error);
    return good;
}

BOOL process_start(const wchar_t *exe, const wchar_t *arguments, const process_heritage *heritage,
                   PROCESS_INFORMATION *started) {
    size_t capacity = wcslen(exe) + wcslen(arguments) + 4;
    wchar_t *command = malloc(capacity * sizeof *command);
    if (!command) {
        SetLastError(ERROR_OUTOFMEMORY);
        return FALSE;
    }
    swprintf(command, capacity, L"\"%ls\" %ls", exe, arguments);
    STARTUPINFOW plain = {.cb = sizeof plain};
    BOOL good = heritage ? start_with(command, exe, heritage, started)
                         : create(exe, command, FALSE, 0, &plain, started);
    free(command);
    return good;
}
