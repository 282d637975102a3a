#include "server/command.h"

#include "idl/protocol.h"

// The C library's case folding follows the locale; options are ASCII.
static wchar_t fold(wchar_t c) {
    return c >= L'A' && c <= L'Z' ? (wchar_t)(c - L'A' + L'a') : c;
}

// What follows the prefix in text, in any case; NULL if text does not begin with it.
static const wchar_t *after(const wchar_t *text, const wchar_t *prefix) {
    for (; *prefix; ++text, ++prefix) {
        if (fold(*text) != fold(*prefix))
            return NULL;
    }
    return text;
}

static int equals(const wchar_t *text, const wchar_t *option) {
    const wchar_t *rest = after(text, option);
    return rest && !*rest;
}

// 0 is no handle, so it serves as the error too.
static uintptr_t decimal(const wchar_t *text) {
    uintptr_t value = 0;
    for (; *text; ++text) {
        if (*text < L'0' || *text > L'9')
            return 0;
        uintptr_t digit = (uintptr_t)(*text - L'0');
        if (value > (UINTPTR_MAX - digit) / 10)
            return 0;
        value = value * 10 + digit;
    }
    return value;
}

static hp_command_action action_of(const wchar_t *option) {
    if (equals(option, L"regserver"))
        return HP_COMMAND_REGISTER;
    if (equals(option, L"unregserver"))
        return HP_COMMAND_UNREGISTER;
    if (equals(option, L"embedding"))
        return HP_COMMAND_EMBED;
    return HP_COMMAND_NONE;
}

// The value of an argument that carries a handle, noted once. Returns 0 if the argument is another one.
static int note_handle(const wchar_t *option, const wchar_t *name, const wchar_t **value,
                       const char **wrong) {
    const wchar_t *handle = after(option, name);
    if (!handle)
        return 0;
    if (*value)
        *wrong = "a handle is given twice";
    *value = handle;
    return 1;
}

static uintptr_t read_handle(const wchar_t *value, const char **wrong) {
    uintptr_t handle = value ? decimal(value) : 0;
    if (value && !handle && !*wrong)
        *wrong = "a handle is not a number";
    return handle;
}

HRESULT hp_command_parse(int argc, const wchar_t *const *argv, hp_command *command, const char **reason) {
    hp_command found = {.action = HP_COMMAND_NONE};
    const wchar_t *ready = NULL;
    const wchar_t *object = NULL;
    const char *wrong = NULL;
    for (int i = 1; i < argc && !wrong; ++i) {
        if (!argv[i] || (argv[i][0] != L'/' && argv[i][0] != L'-'))
            continue;
        if (note_handle(argv[i] + 1, HP_READY_ARGUMENT, &ready, &wrong) ||
            note_handle(argv[i] + 1, HP_OBJECT_ARGUMENT, &object, &wrong))
            continue;
        hp_command_action action = action_of(argv[i] + 1);
        if (action == HP_COMMAND_NONE)
            continue;
        if (found.action != HP_COMMAND_NONE && found.action != action)
            wrong = "two options exclude each other";
        found.action = action;
    }
    if (found.action == HP_COMMAND_EMBED) {
        found.ready = read_handle(ready, &wrong);
        found.object = read_handle(object, &wrong);
    }
    if (found.action == HP_COMMAND_NONE) // without an action of ours nothing of the line is our business
        wrong = NULL;
    if (wrong)
        found = (hp_command){.action = HP_COMMAND_NONE};
    *command = found;
    if (reason)
        *reason = wrong;
    return wrong ? HP_E_COMMAND_LINE : S_OK;
}
