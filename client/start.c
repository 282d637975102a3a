#include "client/start.h"

#include <objbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "client/transport.h"
#include "client/trust.h"
#include "idl/fault.h"
#include "idl/handover.h"
#include "idl/protocol.h"

/* What the update inherits: nothing else, whatever other inheritable handles the app has. */
typedef struct heritage {
    HANDLE ready;  /* event: the class object is there; later, that the app has let go */
    HANDLE object; /* section: the class object */
} heritage;

enum { HERITAGE_HANDLES = sizeof(heritage) / sizeof(HANDLE) };

static HRESULT make_heritage(heritage *it, hp_trouble *trouble) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    it->ready = HP_FAULT("event for readiness") ? NULL : CreateEventW(&inheritable, TRUE, FALSE, NULL);
    if (it->ready == NULL)
        return hp_trouble_set_last_error(trouble, NULL, "CreateEvent");
    HRESULT hr = hp_handover_make(&it->object);
    if (FAILED(hr)) {
        CloseHandle(it->ready);
        hp_trouble_set(trouble, hr, NULL, "CreateFileMapping failed");
    }
    return hr;
}

/* "exe" -Embedding /HotpatchReady:<event> /HotpatchObject:<section> */
static wchar_t *make_command_line(const wchar_t *exe, const heritage *it) {
    const size_t chars = wcslen(exe) + 128;
    wchar_t *line = HP_FAULT("memory for the command line") ? NULL : calloc(chars, sizeof *line);
    if (line != NULL)
        swprintf(line, chars, L"\"%ls\" -Embedding /" HP_READY_ARGUMENT L"%llu /" HP_OBJECT_ARGUMENT L"%llu",
                 exe, (unsigned long long)(uintptr_t)it->ready, (unsigned long long)(uintptr_t)it->object);
    return line;
}

static BOOL create_process(const wchar_t *exe, wchar_t *line, heritage *it, STARTUPINFOEXW *startup,
                           PROCESS_INFORMATION *started) {
    const DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW | CREATE_SUSPENDED;
    if (HP_FAULT("list of inherited handles") ||
        !UpdateProcThreadAttribute(startup->lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, it,
                                   HERITAGE_HANDLES * sizeof(HANDLE), NULL, NULL) ||
        HP_FAULT("start of the update"))
        return FALSE;
    /* The system could not set the process up, so nothing of it ran: seen now and then on a busy machine. */
    BOOL made = FALSE;
    for (int i = 0; i < 3 && !made && (i == 0 || GetLastError() == ERROR_INTERNAL_ERROR); i++)
        made = CreateProcessW(exe, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup->StartupInfo, started);
    return made;
}

/* Nothing of the process has run yet, and nothing will if it is not the EXE that was checked: what the path
 * leads to may have changed since. */
static HRESULT let_run(const hp_start_exe *exe, const PROCESS_INFORMATION *started, hp_trouble *trouble) {
    HRESULT hr = hp_trust_compare(exe->file, exe->path, started->hProcess, trouble);
    if (FAILED(hr))
        return hr;
    if (HP_FAULT("resuming the update") || ResumeThread(started->hThread) == (DWORD)-1)
        return hp_trouble_set_last_error(trouble, NULL, "ResumeThread");
    return S_OK;
}

static HRESULT start_process(const hp_start_exe *exe, heritage *it, HANDLE *process, hp_trouble *trouble) {
    STARTUPINFOEXW startup = {.StartupInfo.cb = sizeof startup};
    PROCESS_INFORMATION started = {0};
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup.lpAttributeList = HP_FAULT("memory for attributes") ? NULL : malloc(size);
    wchar_t *line = make_command_line(exe->path, it);
    HRESULT hr = startup.lpAttributeList != NULL && line != NULL ? S_OK : E_OUTOFMEMORY;
    if (SUCCEEDED(hr) && (HP_FAULT("list of attributes") ||
                          !InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)))
        hr = HRESULT_FROM_WIN32(GetLastError());
    if (SUCCEEDED(hr)) {
        if (!create_process(exe->path, line, it, &startup, &started))
            hr = HRESULT_FROM_WIN32(GetLastError());
        DeleteProcThreadAttributeList(startup.lpAttributeList);
    }
    free(startup.lpAttributeList);
    free(line);
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, hr, exe->path, "the process could not be created");
    *process = started.hProcess;
    hr = let_run(exe, &started, trouble);
    CloseHandle(started.hThread);
    return hr;
}

static HRESULT wait_until_ready(const heritage *it, HANDLE process, const hp_start_limits *limits,
                                const wchar_t *exe, hp_trouble *trouble) {
    const HANDLE any[3] = {it->ready, process, limits->cancel};
    DWORD code = 0;
    switch (HP_FAULT("wait for the update")
                ? WAIT_FAILED
                : WaitForMultipleObjects(limits->cancel != NULL ? 3 : 2, any, FALSE, limits->timeout_ms)) {
    case WAIT_OBJECT_0:
        return S_OK;
    case WAIT_OBJECT_0 + 1:
        GetExitCodeProcess(process, &code);
        return hp_trouble_set_wide(trouble, HP_E_SERVER_EXITED, exe, "its exit code was %lu", code);
    case WAIT_OBJECT_0 + 2:
        return hp_trouble_set_wide(trouble, HRESULT_FROM_WIN32(ERROR_CANCELLED), exe,
                                   "the start was cancelled");
    case WAIT_TIMEOUT:
        return hp_trouble_set_wide(trouble, HP_E_SERVER_SILENT, exe, "waited %lu ms",
                                   (unsigned long)limits->timeout_ms);
    default:
        return hp_trouble_set_last_error(trouble, NULL, "WaitForMultipleObjects");
    }
}

enum { ENDING_LIMIT_MS = 3000 };

/* COM's table is not asked: whoever registered the class id there first would answer. */
static HRESULT take_object(const heritage *it, HANDLE process, IDispatch **update) {
    IClassFactory *factory;
    HRESULT hr = hp_handover_take(it->object, &IID_IClassFactory, (void **)&factory);
    if (hr == S_FALSE)
        hr = HP_E_SERVER_NOT_HOTPATCH;
    if (FAILED(hr))
        return hr;
    int tries = 0;
    do
        hr = HP_FAULT("object of the update")
                 ? HRESULT_FROM_WIN32(ERROR_GEN_FAILURE)
                 : IClassFactory_CreateInstance(factory, NULL, &IID_IDispatch, (void **)update);
    while (hp_transport_retry(hr, &tries, process));
    IClassFactory_Release(factory);
    return hr;
}

void hp_start_end(hp_started *started) {
    SetEvent(started->let_go);
    if (WaitForSingleObject(started->process, ENDING_LIMIT_MS) != WAIT_OBJECT_0) {
        TerminateProcess(started->process, 1);
        WaitForSingleObject(started->process, ENDING_LIMIT_MS);
    }
    CloseHandle(started->process);
    CloseHandle(started->let_go);
    *started = (hp_started){0};
}

static HRESULT reach(const hp_start_exe *exe, heritage *it, const hp_start_limits *limits, IDispatch **update,
                     HANDLE *process, hp_trouble *trouble) {
    HRESULT hr = start_process(exe, it, process, trouble);
    if (SUCCEEDED(hr) && limits->leash != NULL)
        hp_leash_tie(limits->leash, *process);
    if (SUCCEEDED(hr))
        hr = wait_until_ready(it, *process, limits, exe->path, trouble);
    if (FAILED(hr))
        return hr;
    ResetEvent(it->ready); /* from now on it means that the app has let go */
    hr = take_object(it, *process, update);
    if (FAILED(hr))
        hp_trouble_set_wide(trouble, hr, exe->path, "it is running, but its object could not be had");
    return hr;
}

HRESULT hp_start_update(const hp_start_exe *exe, const hp_start_limits *limits, IDispatch **update,
                        hp_started *started, hp_trouble *trouble) {
    heritage it = {0};
    *update = NULL;
    *started = (hp_started){0};
    HRESULT hr = make_heritage(&it, trouble);
    if (FAILED(hr))
        return hr;
    hr = reach(exe, &it, limits, update, &started->process, trouble);
    CloseHandle(it.object);
    started->let_go = it.ready;
    if (SUCCEEDED(hr))
        return hr;
    /* We started it, so we end it; one that has exited is not hurt. */
    if (started->process != NULL) {
        TerminateProcess(started->process, 1);
        hp_start_end(started);
    } else {
        CloseHandle(it.ready);
        *started = (hp_started){0};
    }
    return hr;
}
