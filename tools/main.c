// The command `hotpatch`: which subcommand is meant, and what they are.
#include <stdlib.h>
#include <string.h>

#include "tools/print.h"
#include "tools/tool.h"

// mingw's start-up code shall not take a pattern of functions for one of files.
extern int _dowildcard;
int _dowildcard = 0;

static const struct {
    const char *name, *what;
    hp_tool_command *run;
} commands[] = {
    {"prepare", "write the function table into an image, from its debug information", hp_prepare_main},
    {"list", "show an image's functions, and which can be patched", hp_list_main},
    {"diff", "say which functions an update can replace in a running app", hp_diff_main},
    {"register", "register an update for this user", hp_register_main},
    {"unregister", "take a registration back", hp_unregister_main},
    {"status", "show the updates that are registered for this user", hp_status_main},
    {"names", "ask an update which functions it offers", hp_names_main},
    {"signature", "ask an update how a function is called", hp_signature_main},
    {"call", "call a function of an update", hp_call_main},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void) {
    hp_print("Usage: hotpatch COMMAND [OPTION...] [OPERAND...]\n"
             "Works on programs that are updated while they run, with Hotpatch.\n\n"
             "Commands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        hp_print("  %-11s %s\n", commands[i].name, commands[i].what);
    hp_print("\n"
             "\"hotpatch COMMAND --help\" or \"hotpatch help COMMAND\" explains one of them.\n"
             "\"hotpatch --version\" says which release this is.\n\n"
             "Results go to stdout, everything else to stderr. Exit codes:\n"
             "  %d  done; the answer is yes\n"
             "  %d  done; the answer is no: a check failed, something cannot be replaced, nothing is there\n"
             "  %d  the command line cannot be understood; nothing was done\n"
             "  %d  it could not be done; nothing was changed\n",
             HP_TOOL_OK, HP_TOOL_NO, HP_TOOL_USAGE, HP_TOOL_FAILED);
}

static int complain(const char *word) {
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = hp_tool_nearest(word, names, COMMANDS);
    if (nearest)
        hp_print_note("hotpatch: there is no command \"%s\"; is \"%s\" meant?", word, nearest);
    else
        hp_print_note("hotpatch: there is no command \"%s\"; \"hotpatch --help\" lists them.", word);
    return HP_TOOL_USAGE;
}

static hp_tool_command *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run;
    return NULL;
}

static int help(int argc, char **argv) {
    if (argc < 3) {
        print_help();
        return HP_TOOL_OK;
    }
    hp_tool_command *command = find(argv[2]);
    char option[] = "--help", *arguments[] = {argv[2], option, NULL};
    return command ? command(2, arguments) : complain(argv[2]);
}

static int run(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    if (argc < 2) {
        hp_print_note("hotpatch: a command is missing; \"hotpatch --help\" lists them.");
        return HP_TOOL_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return help(strcmp(word, "help") == 0 ? argc : 2, argv);
    if (strcmp(word, "--version") == 0) {
        hp_print("hotpatch %s\n", HP_VERSION);
        return HP_TOOL_OK;
    }
    hp_tool_command *command = find(word);
    return command ? command(argc - 1, argv + 1) : complain(word);
}

int wmain(int argc, wchar_t **wide) {
    char **argv = calloc((size_t)argc + 1, sizeof *argv);
    int have = argv != NULL;
    for (int i = 0; i < argc && have; i++)
        have = (argv[i] = hp_tool_utf8(wide[i])) != NULL;
    int code = HP_TOOL_FAILED;
    if (have)
        code = run(argc, argv);
    else
        hp_print_note("hotpatch: there is no memory");
    if (!hp_print_end()) {
        hp_print_note("hotpatch: the output could not be written");
        code = HP_TOOL_FAILED;
    }
    for (int i = 0; i < argc && argv; i++)
        free(argv[i]);
    free(argv);
    return code;
}
