// hotpatch list: the function table of an image file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/protocol.h"
#include "tools/image/binary.h"
#include "tools/print.h"
#include "tools/tool.h"
#include "tools/command/twins.h"

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

/** What the command works on. */
typedef struct listing {
    const request *asked;
    const hp_binary *binary;
    hp_twins twins;
    const hp_table_function *functions; /* those that were chosen */
    size_t count;
} listing;

static void state_of(const listing *it, const hp_table_function *function, char text[400]) {
    const char *twin = function->rva ? hp_twins_find(&it->twins, function) : NULL;
    if (SUCCEEDED(function->patchable)) /* two names of one entry: aliases */
        snprintf(text, 400, "patchable (%s, %u)%s%s", forms[function->form], (unsigned)function->room,
                 twin ? ", also " : "", twin ? twin : "");
    else if (twin && function->patchable == HP_E_ADDRESS_SHARED)
        snprintf(text, 400, "folded with %s", twin);
    else if (function->patchable == HP_E_INLINED && function->rva)
        snprintf(text, 400, "partly inlined");
    else
        snprintf(text, 400, "%s", hp_binary_reason(function->patchable));
}

static void add_row(const listing *it, hp_print_grid *grid, const hp_table_function *function) {
    char state[400];
    const int good = SUCCEEDED(function->patchable), callable = SUCCEEDED(function->callable);
    char signature[HP_SIGNATURE_MAX + 1];
    hp_table_signature(&it->binary->table, function->index, signature, sizeof signature);
    state_of(it, function, state);
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
        hp_print_cell(grid, HP_TINT_NONE, "%s", signature);
    else
        hp_print_cell(grid, HP_TINT_WARN, "not callable: %s",
                      *signature ? signature : hp_binary_reason(function->callable));
}

static void print_table(const listing *it) {
    static const char *const heads[] = {"", "NAME", "WHERE", "RVA", "SIZE", "STATE", "SIGNATURE"};
    hp_print_grid grid = {.columns = 7, .to_right = 1u << 3 | 1u << 4};
    grid.fit = it->asked->all ? 0 : hp_print_width();
    for (size_t i = 0; i < 7; i++)
        hp_print_cell(&grid, HP_TINT_DIM, "%s", heads[i]);
    for (size_t i = 0; i < it->count; i++)
        add_row(it, &grid, &it->functions[i]);
    hp_print_table(&grid);
}

static void add_json(const listing *it, hp_json *json, const hp_table_function *function) {
    char state[400];
    const int callable = SUCCEEDED(function->callable);
    static const char *const compilers[] = {
        [HP_COMPILER_GNU] = "gcc", [HP_COMPILER_CLANG] = "clang", [HP_COMPILER_MSVC] = "msvc"};
    static const char *const conventions[] = {"cdecl", "stdcall", "fastcall", "thiscall"};
    char signature[HP_SIGNATURE_MAX + 1];
    hp_table_signature(&it->binary->table, function->index, signature, sizeof signature);
    state_of(it, function, state);
    hp_json_begin(json, '{');
    hp_json_put_string(json, "name", function->name);
    hp_json_put_string(json, "file", function->file);
    hp_json_put_unsigned(json, "line", function->line);
    hp_json_put_unsigned(json, "rva", function->rva);
    hp_json_put_unsigned(json, "size", function->size);
    hp_json_put_bool(json, "patchable", SUCCEEDED(function->patchable));
    hp_json_put_string(json, "state", state);
    hp_json_put_string(json, "same_code", function->rva ? hp_twins_find(&it->twins, function) : NULL);
    hp_json_put_string(json, "form", forms[function->form]);
    hp_json_put_unsigned(json, "room", function->room);
    hp_json_put_error(json, "patch_error", function->patchable, NULL);
    hp_json_put_bool(json, "callable", callable);
    hp_json_put_string(json, "signature", callable ? signature : NULL);
    hp_json_put_error(json, "call_error", function->callable, callable ? NULL : signature);
    hp_json_put_bool(json, "offered", function->offered);
    hp_json_put_bool(json, "static", function->is_static);
    hp_json_put_bool(json, "partly_inlined", function->partly_inlined);
    hp_json_put_string(json, "compiler",
                       function->compiler <= HP_COMPILER_MSVC ? compilers[function->compiler] : NULL);
    hp_json_put_string(json, "convention", conventions[function->convention & 3]);
    hp_json_end(json);
}

static int print_json(const listing *it) {
    hp_json json = {0};
    hp_json_begin(&json, '{');
    hp_json_put_string(&json, "image", it->asked->image);
    hp_json_put_string(&json, "arch", hp_binary_arch(it->binary->pe.arch));
    hp_json_put_string(&json, "writer", it->binary->table.about.writer);
    hp_json_key(&json, "functions");
    hp_json_begin(&json, '[');
    for (size_t i = 0; i < it->count; i++)
        add_json(it, &json, &it->functions[i]);
    hp_json_end(&json);
    hp_json_end(&json);
    return hp_print_json(&json);
}

static int check(const listing *it) {
    int good = 1;
    for (size_t i = 0; i < it->count; i++) {
        const hp_table_function *function = &it->functions[i];
        char state[400];
        if (SUCCEEDED(function->patchable))
            continue;
        state_of(it, function, state);
        hp_print_note("hotpatch list: %s: %s cannot be patched: %s (%s): %s", it->asked->image,
                      function->name, state, hp_error_symbol(function->patchable),
                      hp_error_todo(function->patchable));
        good = 0;
    }
    return good;
}

static void summarise(const listing *it) {
    size_t patchable = 0, callable = 0, offered = 0;
    for (size_t i = 0; i < it->count; i++) {
        patchable += SUCCEEDED(it->functions[i].patchable);
        callable += SUCCEEDED(it->functions[i].callable);
        offered += it->functions[i].offered;
    }
    hp_print_note("%zu functions, %zu patchable, %zu callable, %zu offered", it->count, patchable, callable,
                  offered);
}

static int show(const listing *it) {
    const request *asked = it->asked;
    int code = HP_TOOL_OK;
    if (asked->json)
        code = print_json(it) ? HP_TOOL_OK : HP_TOOL_FAILED;
    else
        print_table(it);
    summarise(it);
    const int good = hp_binary_match(it->binary, "list", asked->image, asked->patterns, asked->count);
    if (asked->check && !(check(it) & good) && code == HP_TOOL_OK)
        code = HP_TOOL_NO;
    return code;
}

static int list(const request *asked) {
    hp_binary binary = {0};
    hp_trouble trouble = {0};
    hp_table_function *functions = NULL;
    listing it = {.asked = asked, .binary = &binary};
    HRESULT hr = hp_binary_open(asked->image, &binary, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_binary_table(&binary, asked->image, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_binary_functions(&binary, asked->patterns, asked->count, &functions, &it.count, &trouble);
    if (SUCCEEDED(hr))
        hr = hp_trouble_set(&trouble, hp_twins_make(&binary.table, &it.twins), NULL, NULL);
    it.functions = functions;
    const int code = FAILED(hr) ? hp_tool_fail("list", &trouble) : show(&it);
    hp_twins_free(&it.twins);
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
