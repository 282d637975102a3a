// hotpatch register and unregister: by running the update, which knows its class.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/class.h"
#include "tools/binary.h"
#include "tools/print.h"
#include "tools/tool.h"

static const char register_help[] =
    "Usage: hotpatch register EXE\n"
    "Registers an update for this user: runs \"EXE\" /regserver and waits for it. Running apps that watch "
    "for\n"
    "its ProgID attach to it then. What EXE itself says goes to stderr and stdout as it is.\n\n"
    "  -h, --help  this text\n\n"
    "Exit codes: 0 it is registered; 2 the command line cannot be understood; 3 EXE is no update, does not\n"
    "start, or says that it failed.\n";

static const char unregister_help[] =
    "Usage: hotpatch unregister EXE|PROGID\n"
    "Takes a registration back. An EXE is run with /unregserver. What is no file is taken for a ProgID: its\n"
    "registration is removed without the EXE, which may be gone.\n\n"
    "  -h, --help  this text\n\n"
    "Exit codes: 0 it is no longer registered; 1 nothing was registered under this ProgID; 2 the command "
    "line\n"
    "cannot be understood; 3 it could not be done.\n";

/* A program that is no update would just run, whatever its command line is. */
static HRESULT check_update(const char *exe, hp_trouble *trouble) {
    hp_binary binary;
    HRESULT hr = hp_binary_open(exe, &binary, trouble);
    if (FAILED(hr))
        return hr;
    if (binary.pe.is_dll)
        hr = hp_trouble_set(trouble, HP_E_SERVER_NOT_EXECUTABLE, exe, "it is a DLL");
    else if (hp_binary_offers(&binary) == 0)
        hr = hp_trouble_set(trouble, HP_E_NO_EXPORTS, exe, "so it is no update, and was not started");
    hp_binary_close(&binary);
    return hr;
}

static HRESULT run(const wchar_t *exe, const wchar_t *argument, DWORD *code, hp_trouble *trouble) {
    const size_t room = wcslen(exe) + wcslen(argument) + 4;
    wchar_t *line = malloc(room * sizeof *line);
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                            .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                            .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    PROCESS_INFORMATION process;
    if (!line)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    swprintf(line, room, L"\"%ls\" %ls", exe, argument);
    const BOOL started = CreateProcessW(exe, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);
    HRESULT hr = started ? S_OK : hp_trouble_set_last_error(trouble, NULL, "CreateProcess");
    free(line);
    if (!started)
        return hr;
    if (WaitForSingleObject(process.hProcess, INFINITE) != WAIT_OBJECT_0 ||
        !GetExitCodeProcess(process.hProcess, code))
        hr = hp_trouble_set_last_error(trouble, NULL, "waiting for it");
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return hr;
}

static int run_update(const char *command, const char *exe, const wchar_t *argument) {
    hp_trouble trouble = {0}, named = {0};
    DWORD code = 0;
    HRESULT hr = check_update(exe, &trouble);
    wchar_t *wide = SUCCEEDED(hr) ? hp_tool_wide(exe) : NULL;
    wchar_t path[4096];
    if (SUCCEEDED(hr) && (!wide || !GetFullPathNameW(wide, 4096, path, NULL)))
        hr = hp_trouble_set_last_error(&trouble, exe, "GetFullPathName");
    free(wide);
    if (SUCCEEDED(hr))
        hr = run(path, argument, &code, &trouble);
    if (FAILED(hr)) {
        hp_trouble_set(&named, hr, trouble.thing[0] ? trouble.thing : exe, "%s", trouble.detail);
        return hp_tool_fail(command, &named);
    }
    if (code == 0)
        return HP_TOOL_OK;
    hp_print_note("hotpatch %s: %s: %ls ended with exit code %lu", command, exe, argument,
                  (unsigned long)code);
    return HP_TOOL_FAILED;
}

static int only_operand(int argc, char **argv, const char *help, const char *what, int *code) {
    static const struct option none[] = {{0}};
    for (int option; (option = hp_tool_option(argc, argv, none, help, code)) != -1;)
        if (option == -2)
            return 0;
    if (argc - optind == 1)
        return 1;
    *code = hp_tool_misuse(argv[0], argc == optind ? "%s is missing" : "only %s is expected", what);
    return 0;
}

int hp_register_main(int argc, char **argv) {
    int code;
    return only_operand(argc, argv, register_help, "the EXE", &code)
               ? run_update(argv[0], argv[optind], L"/regserver")
               : code;
}

static int is_file(const wchar_t *path) {
    const DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* "C:\dir\update.exe" can be no ProgID: then the missing file is what is wrong. */
static int looks_like_path(const char *text) {
    const size_t length = strlen(text);
    return strpbrk(text, "\\/:") || (length > 4 && _stricmp(text + length - 4, ".exe") == 0);
}

int hp_unregister_main(int argc, char **argv) {
    int code;
    if (!only_operand(argc, argv, unregister_help, "the EXE or the ProgID", &code))
        return code;
    const char *operand = argv[optind];
    hp_trouble trouble = {0};
    wchar_t *wide = hp_tool_wide(operand);
    if (!wide) {
        hp_trouble_set(&trouble, E_OUTOFMEMORY, operand, NULL);
        return hp_tool_fail(argv[0], &trouble);
    }
    if (looks_like_path(operand) || is_file(wide)) {
        free(wide);
        return run_update(argv[0], operand, L"/unregserver");
    }
    const HRESULT hr = hp_class_unregister_progid(wide, &trouble);
    free(wide);
    if (FAILED(hr))
        return hp_tool_fail(argv[0], &trouble);
    if (hr == S_FALSE)
        hp_print_note("hotpatch unregister: %s: nothing was registered", operand);
    return hr == S_FALSE ? HP_TOOL_NO : HP_TOOL_OK;
}
