// hotpatch list: the function table of an image file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/binary.h"
#include "tools/print.h"
#include "tools/select.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch list [OPTION...] IMAGE [PATTERN...]\n"
    "Shows the functions that \"hotpatch prepare\" found in an image: name, where it is in the source, RVA,\n"
    "size, whether it can be patched (with the form of its entry and the bytes of room before it) or else "
    "why\n"
    "not, and its signature or why no app can call it in another process. \"*\" marks functions that apps "
    "may\n"
    "run in this image (HP_EXPORT, HP_OFFER, --offer), \"~\" those that some callers have inlined.\n"
    "Patterns choose functions by name: \"*\" is any characters, \"?\" one.\n\n"
    "  --check       say whether every pattern matches a function and every function that matches (without\n"
    "                patterns: every function) can be patched; those that cannot are named on stderr\n"
    "  --all         signatures in full, also where the terminal is not wide enough\n"
    "  --json        an object: image, arch, writer, functions\n"
    "  --color=WHEN  auto (default: if stdout is a terminal and NO_COLOR is not set), always, never\n"
    "  -h, --help    this text\n\n"
    "Exit codes: 0 done; 1 --check found something; 2 the command line cannot be understood; 3 the image or "
    "its\n"
    "table cannot be read, or the table is of another build.\n";

/** What the command line asks for. */
typedef struct request {
    const char *image;
    char **patterns;
    size_t count;
    int json, check, all;
} request;

static const char *const forms[HP_FORM_COUNT] = {
    [HP_FORM_NONE] = "none",       [HP_FORM_NOPS] = "nops",       [HP_FORM_NOP2] = "nop2",
    [HP_FORM_MOV_EDI] = "mov edi", [HP_FORM_LEA_RSP] = "lea rsp", [HP_FORM_INSTRUCTION] = "instruction",
};

/* Another function on the same code; NULL if there is none. */
static const char *twin_of(const hp_binary *binary, const hp_table_function *function) {
    for (uint32_t i = 0; i < binary->table.count; i++) {
        hp_table_function other;
        hp_table_get(&binary->table, i, &other);
        if (other.rva == function->rva && strcmp(other.name, function->name) != 0)
            return other.name;
    }
    return NULL;
}

static void state_of(const hp_binary *binary, const hp_table_function *function, char text[400]) {
    const char *twin =
        function->patchable == HP_E_ADDRESS_SHARED && function->rva ? twin_of(binary, function) : NULL;
    if (SUCCEEDED(function->patchable))
        snprintf(text, 400, "patchable (%s, %u)", forms[function->form], (unsigned)function->room);
    else if (twin)
        snprintf(text, 400, "folded with %s", twin);
    else if (function->patchable == HP_E_INLINED && function->rva)
        snprintf(text, 400, "partly inlined");
    else
        snprintf(text, 400, "%s", hp_binary_reason(function->patchable));
}

static void add_row(const hp_binary *binary, hp_print_grid *grid, const hp_table_function *function) {
    char state[400];
    const int good = SUCCEEDED(function->patchable), callable = SUCCEEDED(function->callable);
    state_of(binary, function, state);
    hp_print_cell(grid, HP_TINT_WARN, "%s%s", function->offered ? "*" : " ",
                  function->partly_inlined ? "~" : " ");
    hp_print_cell(grid, HP_TINT_BOLD, "%s", function->name);
    if (function->file && function->line)
        hp_print_cell(grid, HP_TINT_DIM, "%s:%u", function->file, (unsigned)function->line);
    else
        hp_print_cell(grid, HP_TINT_DIM, "%s", function->file ? function->file : "?");
    if (function->rva)
        hp_print_cell(grid, HP_TINT_NONE, "0x%lx", (unsigned long)function->rva);
    else
        hp_print_cell(grid, HP_TINT_DIM, "-");
    if (function->size)
        hp_print_cell(grid, HP_TINT_NONE, "%lu", (unsigned long)function->size);
    else
        hp_print_cell(grid, HP_TINT_DIM, "-");
    hp_print_cell(grid, good ? HP_TINT_GOOD : HP_TINT_BAD, "%s", state);
    if (callable)
        hp_print_cell(grid, HP_TINT_NONE, "%s", function->signature);
    else
        hp_print_cell(grid, HP_TINT_WARN, "not callable: %s",
                      *function->signature ? function->signature : hp_binary_reason(function->callable));
}

static void print_table(const request *asked, const hp_binary *binary, const hp_table_function *functions,
                        size_t count) {
    static const char *const heads[] = {"", "NAME", "WHERE", "RVA", "SIZE", "STATE", "SIGNATURE"};
    hp_print_grid grid = {.columns = 7, .to_right = 1u << 3 | 1u << 4};
    grid.fit = asked->all ? 0 : hp_print_width();
    for (size_t i = 0; i < 7; i++)
        hp_print_cell(&grid, HP_TINT_DIM, "%s", heads[i]);
    for (size_t i = 0; i < count; i++)
        add_row(binary, &grid, &functions[i]);
    hp_print_table(&grid);
}

static void add_json(const hp_binary *binary, hp_json *json, const hp_table_function *function) {
    char state[400];
    const int callable = SUCCEEDED(function->callable);
    static const char *const compilers[] = {
        [HP_COMPILER_GNU] = "gcc", [HP_COMPILER_CLANG] = "clang", [HP_COMPILER_MSVC] = "msvc"};
    static const char *const conventions[] = {"cdecl", "stdcall", "fastcall", "thiscall"};
    state_of(binary, function, state);
    hp_json_begin(json, '{');
    hp_json_put_string(json, "name", function->name);
    hp_json_put_string(json, "file", function->file);
    hp_json_put_unsigned(json, "line", function->line);
    hp_json_put_unsigned(json, "rva", function->rva);
    hp_json_put_unsigned(json, "size", function->size);
    hp_json_put_bool(json, "patchable", SUCCEEDED(function->patchable));
    hp_json_put_string(json, "state", state);
    hp_json_put_string(json, "form", forms[function->form]);
    hp_json_put_unsigned(json, "room", function->room);
    hp_json_put_error(json, "patch_error", function->patchable, NULL);
    hp_json_put_bool(json, "callable", callable);
    hp_json_put_string(json, "signature", callable ? function->signature : NULL);
    hp_json_put_error(json, "call_error", function->callable, callable ? NULL : function->signature);
    hp_json_put_bool(json, "offered", function->offered);
    hp_json_put_bool(json, "static", function->is_static);
    hp_json_put_bool(json, "partly_inlined", function->partly_inlined);
    hp_json_put_string(json, "compiler",
                       function->compiler <= HP_COMPILER_MSVC ? compilers[function->compiler] : NULL);
    hp_json_put_string(json, "convention", conventions[function->convention & 3]);
    hp_json_end(json);
}

static int print_json(const request *asked, const hp_binary *binary, const hp_table_function *functions,
                      size_t count) {
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "image", asked->image);
    hp_json_put_string(&json, "arch", hp_binary_arch(binary->pe.arch));
    hp_json_put_string(&json, "writer", binary->table.about.writer);
    hp_json_key(&json, "functions");
    hp_json_begin(&json, '[');
    for (size_t i = 0; i < count; i++)
        add_json(binary, &json, &functions[i]);
    hp_json_end(&json);
    hp_json_end(&json);
    return hp_print_json(&json);
}

static int check(const request *asked, const hp_binary *binary, const hp_table_function *functions,
                 size_t count) {
    int good = 1;
    for (size_t i = 0; i < count; i++) {
        char state[400];
        if (SUCCEEDED(functions[i].patchable))
            continue;
        state_of(binary, &functions[i], state);
        hp_print_note("hotpatch list: %s: %s cannot be patched: %s (%s): %s", asked->image, functions[i].name,
                      state, hp_error_symbol(functions[i].patchable), hp_error_todo(functions[i].patchable));
        good = 0;
    }
    for (size_t k = 0; k < asked->count; k++) {
        int matches = 0;
        for (size_t i = 0; i < count && !matches; i++)
            matches = hp_select_matches(functions[i].name, asked->patterns[k]);
        if (!matches)
            hp_print_note("hotpatch list: %s: no function matches \"%s\"", asked->image, asked->patterns[k]);
        good &= matches;
    }
    return good;
}

static void summarise(const hp_table_function *functions, size_t count) {
    size_t patchable = 0, callable = 0, offered = 0;
    for (size_t i = 0; i < count; i++) {
        patchable += SUCCEEDED(functions[i].patchable);
        callable += SUCCEEDED(functions[i].callable);
        offered += functions[i].offered;
    }
    hp_print_note("%zu functions, %zu patchable, %zu callable, %zu offered", count, patchable, callable,
                  offered);
}

static int list(const request *asked) {
    hp_binary binary = {0};
    hp_trouble trouble = {0};
    hp_table_function *functions = NULL;
    size_t count = 0;
    int code = HP_TOOL_OK;
    HRESULT hr = hp_binary_open(asked->image, &binary, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_binary_table(&binary, asked->image, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_binary_functions(&binary, asked->patterns, asked->count, &functions, &count, &trouble);
    if (FAILED(hr)) {
        code = hp_tool_fail("list", &trouble);
    } else {
        if (asked->json)
            code = print_json(asked, &binary, functions, count) ? HP_TOOL_OK : HP_TOOL_FAILED;
        else
            print_table(asked, &binary, functions, count);
        summarise(functions, count);
        if (asked->check && !check(asked, &binary, functions, count) && code == HP_TOOL_OK)
            code = HP_TOOL_NO;
    }
    free(functions);
    hp_binary_close(&binary);
    return code;
}

int hp_list_main(int argc, char **argv) {
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"check", no_argument, NULL, 'k'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"color", required_argument, NULL, 'c'},
                                            {0}};
    request asked = {0};
    int code;
    for (int option; (option = hp_tool_option(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        asked.json |= option == 'j';
        asked.check |= option == 'k';
        asked.all |= option == 'a';
        if (option == 'c' && !hp_print_color(optarg))
            return hp_tool_misuse(argv[0], "--color is auto, always or never, not \"%s\"", optarg);
    }
    if (optind == argc)
        return hp_tool_misuse(argv[0], "the image is missing");
    asked.image = argv[optind];
    asked.patterns = argv + optind + 1;
    asked.count = (size_t)(argc - optind - 1);
    return list(&asked);
}
