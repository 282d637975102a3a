// hotpatch signature: how a function of an update is called, asked of the update itself.
#include <stdlib.h>

#include "tools/print.h"
#include "tools/command/remote.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch signature [--json] [--allow-elevated] PROGID NAME\n"
    "Starts the update that is registered under a ProgID, as an app would, and prints how one of its\n"
    "functions is called.\n\n"
    "  --json            an object: progid, name, signature\n" HP_REMOTE_HELP
    "  -h, --help        this text\n\n"
    "Exit codes: 0 done; 2 the command line cannot be understood; 3 the update cannot be reached, or has no\n"
    "such function.\n";

int hp_signature_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"allow-elevated", no_argument, NULL, 'e'}, {0}};
    int code, as_json = 0, elevated = 0;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        as_json |= option == 'j';
        elevated |= option == 'e';
    }
    if (argc - optind != 2)
        return hp_tool_misuse(argv[0], "a ProgID and the name of a function are needed");
    const char *progid = argv[optind], *name = argv[optind + 1];
    hp_remote remote;
    hp_trouble trouble = {0};
    char *signature = NULL;
    HRESULT hr = hp_remote_open(progid, elevated, &remote, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_remote_signature(&remote, name, &signature, &trouble);
    hp_remote_close(&remote);
    if (FAILED(hr))
        return hp_tool_fail(argv[0], &trouble);
    if (as_json) {
        hp_json json = {0};
        hp_json_begin(&json, '{');
        hp_json_put_string(&json, "progid", progid);
        hp_json_put_string(&json, "name", name);
        hp_json_put_string(&json, "signature", signature);
        hp_json_end(&json);
        hp_print_json(&json);
    } else {
        hp_print("%s\n", signature);
    }
    free(signature);
    return HP_TOOL_OK;
}
