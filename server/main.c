#include "hotpatch/server.h"

#include <stdlib.h>

#include <objbase.h>
#include <shellapi.h>

#include "idl/fault.h"
#include "idl/handover.h"
#include "idl/log.h"
#include "registry/class.h"
#include "server/caller.h"
#include "server/command.h"
#include "server/factory.h"
#include "server/image.h"
#include "server/lifetime.h"

#define DEFAULT_IDLE_MS 30000u

// A line on stderr, whatever the program's subsystem and C library make of it.
static void say(const hp_trouble *trouble) {
    hp_log_trouble(HP_LOG_ERROR, trouble);
    char line[1536];
    wchar_t wide[1536];
    size_t length = hp_trouble_format(trouble, line, sizeof line - 1);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    HANDLE out = GetStdHandle(STD_ERROR_HANDLE);
    DWORD mode;
    DWORD written;
    if (!out || out == INVALID_HANDLE_VALUE)
        return;
    if (!GetConsoleMode(out, &mode)) { // a file or pipe gets UTF-8
        WriteFile(out, line, (DWORD)length, &written, NULL);
        return;
    }
    int units = MultiByteToWideChar(CP_UTF8, 0, line, (int)length, wide, (int)(sizeof wide / sizeof *wide));
    WriteConsoleW(out, wide, (DWORD)units, &written, NULL);
}

static HRESULT understand(hp_command *command, hp_trouble *trouble) {
    int argc;
    wchar_t **argv = HP_FAULT("command line") ? NULL : CommandLineToArgvW(GetCommandLineW(), &argc);
    if (!argv)
        return hp_trouble_set_last_error(trouble, NULL, "CommandLineToArgvW");
    const char *reason;
    HRESULT hr = hp_command_parse(argc, (const wchar_t *const *)argv, command, &reason);
    if (FAILED(hr))
        hp_trouble_set(trouble, hr, NULL, "%s", reason);
    LocalFree(argv);
    return hr;
}

static HRESULT check_class(const hp_server_class *description, CLSID *clsid, hp_trouble *trouble) {
    if (!description || description->size != sizeof *description)
        return hp_trouble_set(trouble, E_INVALIDARG, "hp_server_class", "its size is not set");
    if (!description->progid || !description->version)
        return hp_trouble_set(trouble, E_INVALIDARG, "hp_server_class",
                              "it needs a ProgID and a version of at least 1");
    HRESULT hr = hp_class_derive_clsid(description->progid, description->version, clsid);
    if (FAILED(hr))
        return hp_trouble_set_wide(trouble, hr, description->progid,
                                   hr == E_INVALIDARG ? "with its version, %lu, it is no ProgID of COM's: "
                                                        "letters, digits, single periods, 39 characters"
                                                      : "no class id can be derived for version %lu",
                                   (unsigned long)description->version);
    if (description->clsid)
        *clsid = *description->clsid;
    return S_OK;
}

// What a client would only find out when it attaches is found out when the update is registered.
static HRESULT check_exports(hp_trouble *trouble) {
    hp_exports exports;
    HRESULT hr = hp_exports_open(GetModuleHandleW(NULL), &exports, trouble);
    if (SUCCEEDED(hr))
        hp_exports_close(&exports);
    return hr;
}

static HRESULT change_registration(const hp_server_class *description, const CLSID *clsid,
                                   hp_command_action action, hp_trouble *trouble) {
    HRESULT hr = action == HP_COMMAND_REGISTER ? check_exports(trouble) : S_OK;
    if (FAILED(hr))
        return hr;
    wchar_t *exe;
    hr = hp_image_path(&exe, trouble);
    if (FAILED(hr))
        return hr;
    const hp_class_description entry = {
        .progid = description->progid,
        .version = description->version,
        .name = description->name ? description->name : description->progid,
        .clsid = *clsid,
        .exe = exe,
        .arch = HP_ARCH_HERE,
    };
    hr = action == HP_COMMAND_REGISTER ? hp_class_register(&entry, trouble)
                                       : hp_class_unregister(&entry, trouble);
    if (FAILED(hr))
        hp_trouble_set_wide(trouble, hr, description->progid, NULL);
    free(exe);
    return hr;
}

// Tell the app that started us that it can connect. An app that gave a number which is no
// event learns it by other means.
static void tell_ready(uintptr_t ready) {
    if (ready && !SetEvent((HANDLE)ready))
        hp_log_write(HP_LOG_WARNING, "handle %zu of the command line is not an event (error %lu)",
                     (size_t)ready, (unsigned long)GetLastError());
}

// The last release is a call like any other: whoever ends before it is answered breaks the connection under
// the client's feet. The app that started us resets the event when it has us, and sets it when that call
// has returned. To other clients we give a moment, as every COM server has to.
static void wait_for_goodbye(uintptr_t ready) {
    enum { APP_MS = 2000, OTHERS_MS = 50 };
    if (!ready || WaitForSingleObject((HANDLE)ready, APP_MS) != WAIT_OBJECT_0 || hp_lifetime_total() > 1)
        Sleep(OTHERS_MS);
}

// The app that started us gets our class object from us, see handover.h.
static HRESULT hand_over(uintptr_t section, hp_trouble *trouble) {
    HRESULT hr = hp_handover_give((HANDLE)section, hp_factory_object(), &IID_IClassFactory);
    CloseHandle((HANDLE)section);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, NULL, "the class object cannot be handed to the app")
                      : S_OK;
}

// Nobody sits before a server: what fails here ends or is an error, and never waits in a box for a click. A
// heap that is damaged ends the process, as it does by default in newer programs.
static void never_ask(void) {
    SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    _set_error_mode(_OUT_TO_STDERR); // assert and abort of a program without a console ask otherwise
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
}

static HRESULT serve(const hp_server_class *description, const CLSID *clsid, const hp_command *command,
                     hp_trouble *trouble) {
    hp_exports exports;
    DWORD cookie;
    never_ask();
    HRESULT hr = hp_exports_open(GetModuleHandleW(NULL), &exports, trouble);
    if (FAILED(hr))
        return hr;
    hr = HP_FAULT("apartment of the update")
             ? E_UNEXPECTED
             : CoInitializeEx(NULL, COINIT_MULTITHREADED | COINIT_DISABLE_OLE1DDE);
    if (FAILED(hr)) {
        hp_trouble_set(trouble, hr, NULL, "CoInitializeEx failed: call hp_com_main before COM is used");
        goto close_exports;
    }
    hr = hp_caller_protect(trouble);
    if (FAILED(hr) && hr != RPC_E_TOO_LATE)
        goto uninitialize;
    hr = hp_lifetime_open(trouble);
    if (FAILED(hr))
        goto uninitialize;
    hr = hp_factory_register(clsid, &exports, &cookie, trouble);
    if (FAILED(hr))
        goto close_lifetime;
    if (command->object)
        hr = hand_over(command->object, trouble);
    if (FAILED(hr))
        goto revoke;

    hp_log_write(HP_LOG_INFO, "process %lu serves %zu functions", (unsigned long)GetCurrentProcessId(),
                 exports.count);
    tell_ready(command->ready);
    hp_lifetime_wait(description->idle_ms ? description->idle_ms : DEFAULT_IDLE_MS);
    wait_for_goodbye(command->ready);

revoke:
    hp_factory_revoke(cookie);
close_lifetime:
    hp_lifetime_close();
uninitialize:
    CoUninitialize();
close_exports:
    hp_exports_close(&exports);
    return hr;
}

int hp_com_main(const hp_server_class *description) {
    hp_trouble trouble = {0};
    hp_command command = {0};
    CLSID clsid;
    HRESULT hr = understand(&command, &trouble);
    if (SUCCEEDED(hr) && command.action == HP_COMMAND_NONE)
        return HP_NOT_A_SERVER;
    if (SUCCEEDED(hr))
        hr = check_class(description, &clsid, &trouble);
    if (SUCCEEDED(hr)) {
        hr = command.action == HP_COMMAND_EMBED
                 ? serve(description, &clsid, &command, &trouble)
                 : change_registration(description, &clsid, command.action, &trouble);
    }
    if (SUCCEEDED(hr))
        return 0;
    say(&trouble);
    return 1;
}
