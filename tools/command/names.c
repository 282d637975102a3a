// hotpatch names: what an update offers, asked of the update itself.
#include <stdlib.h>

#include "tools/print.h"
#include "tools/command/remote.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch names [--json] [--allow-elevated] PROGID\n"
    "Starts the update that is registered under a ProgID, as an app would, and prints the names of the\n"
    "functions that it offers, one a line.\n\n"
    "  --json            an object: progid, exe, pid, functions with name and signature\n" HP_REMOTE_HELP
    "  -h, --help        this text\n\n"
    "Exit codes: 0 done; 2 the command line cannot be understood; 3 the update cannot be reached.\n";

static void add_function(hp_remote *remote, const char *name, hp_json *json) {
    hp_trouble trouble = {0};
    char *signature;
    const HRESULT hr = hp_remote_signature(remote, name, &signature, &trouble);
    hp_json_begin(json, '{');
    hp_json_put_string(json, "name", name);
    hp_json_put_string(json, "signature", signature);
    hp_json_put_error(json, "error", hr, trouble.detail);
    hp_json_end(json);
    free(signature);
}

static int print_json(hp_remote *remote, const char *progid) {
    hp_json json = {0};
    char *exe = hp_tool_utf8(remote->found.exe);
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "progid", progid);
    hp_json_put_string(&json, "exe", exe);
    hp_json_put_unsigned(&json, "pid", remote->offer.pid);
    hp_json_key(&json, "functions");
    hp_json_begin(&json, '[');
    for (size_t i = 0; i < remote->offer.count; i++)
        add_function(remote, remote->offer.items[i].name, &json);
    hp_json_end(&json);
    hp_json_end(&json);
    free(exe);
    return hp_print_json(&json);
}

int hp_names_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"allow-elevated", no_argument, NULL, 'e'}, {0}};
    int code, json = 0, elevated = 0;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        json |= option == 'j';
        elevated |= option == 'e';
    }
    if (argc - optind != 1)
        return hp_tool_misuse(argv[0], argc == optind ? "the ProgID is missing" : "one ProgID is enough");
    hp_remote remote;
    hp_trouble trouble = {0};
    const HRESULT hr = hp_remote_open(argv[optind], elevated, &remote, &trouble);
    if (FAILED(hr))
        code = hp_tool_fail(argv[0], &trouble);
    else if (json)
        code = print_json(&remote, argv[optind]) ? HP_TOOL_OK : HP_TOOL_FAILED;
    else
        code = HP_TOOL_OK;
    for (size_t i = 0; i < remote.offer.count && SUCCEEDED(hr) && !json; i++)
        hp_print("%s\n", remote.offer.items[i].name);
    hp_remote_close(&remote);
    return code;
}
