// hotpatch status: what is registered for this user, without starting anything.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/class_list.h"
#include "tools/image/binary.h"
#include "tools/print.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch status [--json] [--color=WHEN] [PROGID]\n"
    "Lists the updates that are registered for this user, or those of one ProgID (either form), without\n"
    "starting them: ProgID, version (* the one that apps get), state, architecture, number of functions "
    "that\n"
    "the EXE offers, and the EXE.\n\n"
    "  --json        an array of objects\n"
    "  --color=WHEN  auto (default: if stdout is a terminal and NO_COLOR is not set), always, never\n"
    "  -h, --help    this text\n\n"
    "Exit codes: 0 something is registered; 1 nothing is; 2 the command line cannot be understood; 3 the\n"
    "registry cannot be read.\n";

/** One class, and what is known of its EXE. */
typedef struct entry {
    const hp_class_listed *listed;
    char *progid, *exe, *name, *clsid;
    hp_trouble trouble; /* result S_OK: fine */
    hp_arch arch;       /* of the EXE, else as registered; 0 unknown */
    int exists;
    unsigned offers;
} entry;

/** What the sink works on. */
typedef struct listing {
    const wchar_t *only; /* NULL: all */
    size_t count;
    int as_json;
    hp_json json;
    hp_print_grid grid;
} listing;

static void look_at_exe(entry *it) {
    hp_binary binary;
    const DWORD attributes = GetFileAttributesW(it->listed->exe);
    it->exists = attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (!it->exists) {
        hp_trouble_set(&it->trouble, HP_E_SERVER_MISSING, it->exe, NULL);
        return;
    }
    if (!it->exe || FAILED(hp_binary_open(it->exe, &binary, &it->trouble)))
        return;
    if (it->arch && it->arch != binary.pe.arch)
        hp_trouble_set(&it->trouble, HP_E_CLASS_DAMAGED, it->exe, "it is %s, registered as %s",
                       hp_binary_arch(binary.pe.arch), hp_binary_arch(it->arch));
    it->arch = binary.pe.arch;
    it->offers = hp_binary_offers(&binary);
    if (it->offers == 0)
        hp_trouble_set(&it->trouble, HP_E_NO_EXPORTS, it->exe, NULL);
    hp_binary_close(&binary);
}

static int is_wanted(const listing *all, const hp_class_listed *listed) {
    if (!all->only)
        return 1;
    if (!listed->progid)
        return 0;
    const size_t length = wcslen(listed->progid);
    if (_wcsnicmp(all->only, listed->progid, length) != 0)
        return 0;
    wchar_t number[16];
    swprintf(number, 16, L".%lu", (unsigned long)listed->version);
    return all->only[length] == L'\0' || wcscmp(all->only + length, number) == 0;
}

static void add_to_json(hp_json *json, const entry *it) {
    hp_json_begin(json, '{');
    hp_json_put_string(json, "progid", it->progid);
    hp_json_put_unsigned(json, "version", it->listed->version);
    hp_json_put_bool(json, "current", it->listed->current);
    hp_json_put_string(json, "name", it->name);
    hp_json_put_string(json, "clsid", it->clsid);
    hp_json_put_string(json, "exe", it->exe);
    hp_json_put_bool(json, "exists", it->exists);
    hp_json_put_string(json, "arch", it->arch ? hp_binary_arch(it->arch) : NULL);
    hp_json_put_unsigned(json, "offers", it->offers);
    hp_json_put_error(json, "error", it->trouble.result, it->trouble.detail);
    hp_json_end(json);
}

static void add_to_table(hp_print_grid *grid, const entry *it) {
    const int bad = FAILED(it->trouble.result);
    const char *state = !bad ? "ok" : it->trouble.result == HP_E_SERVER_MISSING ? "EXE missing" : "broken";
    hp_print_cell(grid, HP_TINT_BOLD, "%s", it->progid ? it->progid : it->clsid ? it->clsid : "?");
    hp_print_cell(grid, HP_TINT_NONE, "%lu%s", (unsigned long)it->listed->version,
                  it->listed->current ? "*" : " ");
    hp_print_cell(grid, bad ? HP_TINT_BAD : HP_TINT_GOOD, "%s", state);
    hp_print_cell(grid, HP_TINT_NONE, "%s", it->arch ? hp_binary_arch(it->arch) : "?");
    hp_print_cell(grid, HP_TINT_NONE, "%u", it->offers);
    hp_print_cell(grid, HP_TINT_NONE, "%s", it->exe ? it->exe : "?");
}

static void add(void *context, const hp_class_listed *listed) {
    listing *all = context;
    if (!is_wanted(all, listed))
        return;
    entry it = {.listed = listed, .arch = listed->arch};
    it.progid = listed->progid ? hp_tool_utf8(listed->progid) : NULL;
    it.exe = listed->exe ? hp_tool_utf8(listed->exe) : NULL;
    it.name = listed->name ? hp_tool_utf8(listed->name) : NULL;
    it.clsid = hp_tool_utf8(listed->clsid);
    const char *thing = it.progid ? it.progid : it.clsid;
    hp_trouble_set(&it.trouble, listed->result, thing, "%s", listed->reason ? listed->reason : "");
    if (listed->exe)
        look_at_exe(&it); /* what is noted already stays */
    if (all->as_json)
        add_to_json(&all->json, &it);
    else
        add_to_table(&all->grid, &it);
    if (FAILED(it.trouble.result) && !all->as_json) {
        char line[1024];
        hp_trouble_format(&it.trouble, line, sizeof line);
        hp_print_note("hotpatch status: %s", line);
    }
    all->count++;
    free(it.progid);
    free(it.exe);
    free(it.name);
    free(it.clsid);
}

static int show(listing *all) {
    static const char *const heads[] = {"PROGID", "VERSION", "STATE", "ARCH", "OFFERS", "EXE"};
    hp_trouble trouble = {0};
    all->grid = (hp_print_grid){.columns = 6, .to_right = 1u << 1 | 1u << 4};
    for (size_t i = 0; i < 6; i++)
        hp_print_cell(&all->grid, HP_TINT_DIM, "%s", heads[i]);
    hp_json_begin(&all->json, '[');
    const HRESULT hr = hp_class_list(add, all, &trouble);
    hp_json_end(&all->json);
    if (FAILED(hr)) {
        hp_json_free(&all->json);
        return hp_tool_fail("status", &trouble);
    }
    if (all->as_json && !hp_print_json(&all->json))
        return HP_TOOL_FAILED;
    hp_json_free(&all->json);
    if (all->count == 0) {
        hp_print_note("hotpatch status: nothing is registered%s", all->only ? " under this ProgID" : "");
        return HP_TOOL_NO;
    }
    if (!all->as_json)
        hp_print_table(&all->grid);
    return HP_TOOL_OK;
}

int hp_status_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"color", required_argument, NULL, 'c'}, {0}};
    listing all = {0};
    int code;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        all.as_json |= option == 'j';
        if (option == 'c' && !hp_print_color(optarg))
            return hp_tool_misuse(argv[0], "--color is auto, always or never, not \"%s\"", optarg);
    }
    if (argc - optind > 1)
        return hp_tool_misuse(argv[0], "one ProgID is enough");
    wchar_t *only = optind < argc ? hp_tool_wide(argv[optind]) : NULL;
    all.only = only;
    code = show(&all);
    free(only);
    return code;
}
