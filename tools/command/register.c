// hotpatch register and unregister: by running the update, which knows its class.
#include <stdlib.h>
#include <string.h>

#include "registry/class.h"
#include "tools/image/binary.h"
#include "tools/command/launch.h"
#include "tools/print.h"
#include "tools/command/register_state.h"
#include "tools/tool.h"

static const char register_help[] =
    "Usage: hotpatch register [--timeout SECONDS] EXE\n"
    "Registers an update for this user: runs \"EXE\" /regserver and waits for it. Running apps that watch "
    "for\n"
    "its ProgID attach to it then. What EXE itself says goes to stderr and stdout as it is.\n\n"
    "  -t, --timeout SECONDS  end it if it takes longer (default: 60); then what is registered is said\n"
    "  -h, --help             this text\n\n"
    "Exit codes: 0 it is registered; 2 the command line cannot be understood; 3 EXE is no update, does not\n"
    "start, does not end, or says that it failed.\n";

static const char unregister_help[] =
    "Usage: hotpatch unregister [--timeout SECONDS] EXE|PROGID\n"
    "Takes a registration back. An EXE is run with /unregserver. What is no file is taken for a ProgID: its\n"
    "registration is removed without the EXE, which may be gone.\n\n"
    "  -t, --timeout SECONDS  end EXE if it takes longer (default: 60); then what is registered is said\n"
    "  -h, --help             this text\n\n"
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

/* An update that waits for something may never end. What it has done until then is to be known. */
static HRESULT run(const char *command, const wchar_t *exe, const wchar_t *argument, uint32_t seconds,
                   DWORD *code, hp_trouble *trouble) {
    hp_register_state before;
    HRESULT hr = hp_register_state_note(&before, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_launch_wait(exe, argument, seconds, code, trouble);
    if (hr == HRESULT_FROM_WIN32(ERROR_TIMEOUT)) {
        hp_register_state_settle(&before, command, exe);
        hp_print_note("hotpatch %s: run it by hand to see what it waits for, or allow it more with --timeout",
                      command);
    }
    hp_register_state_free(&before);
    return hr;
}

static int run_update(const char *command, const char *exe, const wchar_t *argument, uint32_t seconds) {
    hp_trouble trouble = {0}, named = {0};
    DWORD code = 0;
    HRESULT hr = check_update(exe, &trouble);
    wchar_t *wide = SUCCEEDED(hr) ? hp_tool_wide(exe) : NULL;
    wchar_t path[4096];
    if (SUCCEEDED(hr) && (!wide || !GetFullPathNameW(wide, 4096, path, NULL)))
        hr = hp_trouble_set_last_error(&trouble, exe, "GetFullPathName");
    free(wide);
    if (SUCCEEDED(hr))
        hr = run(command, path, argument, seconds, &code, &trouble);
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

/* The operand, and how long an EXE may take. */
static int understand(int argc, char **argv, const char *help, const char *what, uint32_t *seconds,
                      int *code) {
    enum { DAY = 86400 };
    static const struct option options[] = {{"timeout", required_argument, NULL, 't'}, {0}};
    *seconds = 60;
    for (int option; (option = hp_tool_option(argc, argv, options, help, code)) != -1;) {
        if (option == -2)
            return 0;
        char *end;
        const unsigned long value = strtoul(optarg, &end, 10);
        if (*optarg < '0' || *optarg > '9' || *end != '\0' || value < 1 || value > DAY) {
            *code = hp_tool_misuse(argv[0], "--timeout is a number of seconds from 1 to %d, not \"%s\"", DAY,
                                   optarg);
            return 0;
        }
        *seconds = (uint32_t)value;
    }
    if (argc - optind == 1)
        return 1;
    *code = hp_tool_misuse(argv[0], argc == optind ? "%s is missing" : "only %s is expected", what);
    return 0;
}

int hp_register_main(int argc, char **argv) {
    int code;
    uint32_t seconds;
    return understand(argc, argv, register_help, "the EXE", &seconds, &code)
               ? run_update(argv[0], argv[optind], L"/regserver", seconds)
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
    uint32_t seconds;
    if (!understand(argc, argv, unregister_help, "the EXE or the ProgID", &seconds, &code))
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
        return run_update(argv[0], operand, L"/unregserver", seconds);
    }
    const HRESULT hr = hp_class_unregister_progid(wide, &trouble);
    free(wide);
    if (FAILED(hr))
        return hp_tool_fail(argv[0], &trouble);
    if (hr == S_FALSE)
        hp_print_note("hotpatch unregister: %s: nothing was registered", operand);
    return hr == S_FALSE ? HP_TOOL_NO : HP_TOOL_OK;
}
