#include "tools/command/register_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include <objbase.h>

#include "registry/class.h"
#include "tools/print.h"
#include "tools/tool.h"

static void note(void *context, const hp_class_listed *listed) {
    hp_register_state *before = context;
    if (before->count == before->room) {
        const size_t room = before->room ? 2 * before->room : 16;
        void *grown = realloc(before->clsids, room * sizeof *before->clsids);
        if (!grown) {
            before->failed = 1;
            return;
        }
        before->clsids = grown;
        before->room = room;
    }
    swprintf(before->clsids[before->count++], 40, L"%.39ls", listed->clsid);
}

HRESULT hp_register_state_note(hp_register_state *before, hp_trouble *trouble) {
    *before = (hp_register_state){0};
    HRESULT hr = hp_class_list(note, before, trouble);
    if (SUCCEEDED(hr) && before->failed)
        hr = hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, "the list of classes");
    if (FAILED(hr))
        hp_register_state_free(before);
    return hr;
}

/** One class that is the update's. */
typedef struct remnant {
    wchar_t clsid[40], progid[HP_CLASS_PROGID_CHARS], name[256]; /* empty: not there */
    uint32_t version;                                            /* 0: not there */
    hp_arch arch;
    int is_whole;
} remnant;

/** What the sink works on. */
typedef struct survey {
    const hp_register_state *before;
    const wchar_t *exe;
    remnant found[16];
    size_t count;
} survey;

static int was_there(const hp_register_state *before, const wchar_t *clsid) {
    for (size_t i = 0; i < before->count; i++)
        if (_wcsicmp(before->clsids[i], clsid) == 0)
            return 1;
    return 0;
}

static void look(void *context, const hp_class_listed *listed) {
    survey *it = context;
    const int whole = SUCCEEDED(listed->result);
    const int same = listed->exe && CompareStringOrdinal(listed->exe, -1, it->exe, -1, TRUE) == CSTR_EQUAL;
    if (it->count == sizeof it->found / sizeof *it->found ||
        (!same && (whole || listed->exe || was_there(it->before, listed->clsid))))
        return;
    remnant *found = &it->found[it->count++];
    *found = (remnant){.is_whole = whole, .version = listed->version, .arch = listed->arch};
    swprintf(found->clsid, 40, L"%.39ls", listed->clsid);
    if (listed->progid)
        swprintf(found->progid, HP_CLASS_PROGID_CHARS, L"%.39ls", listed->progid);
    if (listed->name)
        swprintf(found->name, 256, L"%.255ls", listed->name);
}

/* As the update would do it. What it had not come to write is not missed. */
static int remove_half(const remnant *found, const wchar_t *exe) {
    hp_class_description description = {.progid = found->progid,
                                        .version = found->version,
                                        .name = found->name,
                                        .exe = exe,
                                        .arch = found->arch ? found->arch : HP_ARCH_HERE};
    return found->progid[0] != L'\0' && found->version != 0 &&
           SUCCEEDED(CLSIDFromString(found->clsid, &description.clsid)) &&
           hp_class_unregister(&description, NULL) == S_OK;
}

static void settle(const char *command, const remnant *found, const wchar_t *exe) {
    wchar_t name[64];
    if (found->progid[0] != L'\0')
        swprintf(name, 64, L"%ls.%lu", found->progid, (unsigned long)found->version);
    else
        swprintf(name, 64, L"%ls", found->clsid);
    if (found->is_whole)
        hp_print_note(
            "hotpatch %s: it is registered, as %ls: apps can find it. \"hotpatch unregister %ls\" takes "
            "that back",
            command, name, name);
    else if (remove_half(found, exe))
        hp_print_note("hotpatch %s: it was half registered, as %ls: that was removed", command, name);
    else
        hp_print_note("hotpatch %s: it is half registered, as %ls: no app can find it. Registering it again "
                      "completes that",
                      command, name);
}

void hp_register_state_settle(const hp_register_state *before, const char *command, const wchar_t *exe) {
    hp_trouble trouble = {0};
    survey it = {.before = before, .exe = exe};
    if (FAILED(hp_class_list(look, &it, &trouble))) {
        hp_tool_fail(command, &trouble);
        return;
    }
    for (size_t i = 0; i < it.count; i++)
        settle(command, &it.found[i], exe);
    if (it.count == 0)
        hp_print_note("hotpatch %s: nothing is registered for it", command);
}

void hp_register_state_free(hp_register_state *before) {
    free(before->clsids);
    *before = (hp_register_state){0};
}
