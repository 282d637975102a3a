// hotpatch call: call a function of an update as a running app would, with arguments from the command line.
#include <stdlib.h>
#include <string.h>

#include "tools/command/call.h"
#include "tools/print.h"
#include "tools/command/remote.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch call [--json] [--allow-elevated] PROGID NAME [ARGUMENT...]\n"
    "Starts the update that is registered under a ProgID, as an app would, calls one of its functions, and\n"
    "prints the result and the memory that the function may have changed. \"hotpatch signature\" says what "
    "it\n"
    "takes; options stand before the ProgID. One argument for each parameter:\n\n"
    "  i8 ... u64, isize      decimal or 0x...; an enum also by the name of an entry\n"
    "  f32, f64               1.5, -2e9, nan, inf\n"
    "  bool                   true, false\n"
    "  handle                 a number, or null\n"
    "  struct                 {1, 2.5, {3}}, or with names, {x=1, y=2.5}\n"
    "  in str, in wstr        the text; \"=null\" is the word null, \"==\" an equals sign\n"
    "  memory, one element    its value\n"
    "  memory, more elements  [1, 2, 3]; bytes also x\"0a0b\"\n"
    "  out                    _ : its memory is made as large as its length says\n"
    "  inout                  as in, filled up with zeros to its length; _ for zeros only\n"
    "  any memory             null: a null pointer\n"
    "  a length               a number; _ : as many as are given, a text's terminator included\n\n"
    "  --json                 an object: function, signature, result, parameters\n" HP_REMOTE_HELP
    "  -h, --help             this text\n\n"
    "Exit codes: 0 the function ran; 2 the command line cannot be understood; 3 the update cannot be "
    "reached,\n"
    "an argument does not fit, or the function failed with an exception.\n";

/* Bytes to where the ABI wants them. */
static void place(hp_call *it, const hp_place *where, const void *bytes, uint32_t size) {
    if (where->kind == HP_PLACE_STACK) {
        memcpy(it->registers.stack + where->offset, bytes, size);
        return;
    }
#if HP_X64
    if (where->kind == HP_PLACE_FLOAT) {
        memcpy(it->registers.xmm[where->index], bytes, size);
        memcpy(&it->registers.gp[where->shadow], bytes, size); /* as behind "..." */
        return;
    }
#endif
    memcpy(&it->registers.gp[where->index], bytes, size);
}

/* Registers and stack as they are when a real caller has just called. */
static HRESULT make_registers(hp_call *it, const char *name, hp_trouble *trouble) {
    const hp_signature *signature = &it->marshal.signature;
    const hp_layout *layout = &it->marshal.layout;
    it->stack = calloc(1, layout->stack_bytes + 64);
    it->hidden = calloc(1, signature->result.size + 8);
    if (!it->stack || !it->hidden)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, name, NULL);
    it->registers.stack = it->stack;
    if (layout->result == HP_RESULT_HIDDEN)
        place(it, &layout->hidden, &it->hidden, sizeof it->hidden);
    for (unsigned i = 0; i < signature->count; i++) {
        const hp_arguments_item *item = &it->arguments.item[i];
        if (signature->parameter[i].direction == HP_BY_VALUE && !layout->place[i].indirect)
            place(it, &layout->place[i], item->bytes, signature->parameter[i].type.size);
        else
            place(it, &layout->place[i], &item->bytes, sizeof item->bytes);
    }
    return S_OK;
}

static HRESULT run(hp_call *it, hp_remote *remote, const char *name, hp_trouble *trouble) {
    hp_frame *frames = calloc(2, sizeof *frames);
    VARIANT hold;
    uintptr_t action;
    if (!frames)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, name, NULL);
    HRESULT hr = make_registers(it, name, trouble);
    if (SUCCEEDED(hr))
        hr = hp_marshal_gather(&it->marshal, &it->registers, &frames[0]);
    if (SUCCEEDED(hr)) {
        hr = hp_remote_call(remote, name, &frames[0], &frames[1], &hold, trouble);
        if (SUCCEEDED(hr))
            hr = hp_marshal_accept(&it->marshal, &it->registers, &frames[0], &frames[1], &action);
        VariantClear(&hold);
    }
    free(frames);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, name, NULL) : hr;
}

/* From the signature's text to what makes a call of it. */
static HRESULT understand(hp_call *it, const char *signature, const char *name, hp_trouble *trouble) {
    hp_signature_error error = {0};
    HRESULT hr = hp_value_open(signature, HP_ARCH_HERE, &it->types, &error);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, name, "at %zu: %s: %.200s", error.position, error.reason,
                              signature);
    it->marshal.signature = it->types.signature;
    hp_layout_compute(&it->marshal.signature, HP_COMPILER_HERE, &it->marshal.layout);
    return S_OK;
}

static int call_function(int count, char **words, int elevated, int as_json) {
    hp_call *it = calloc(1, sizeof *it);
    hp_remote remote = {0};
    hp_trouble trouble = {0};
    char *signature = NULL;
    const char *name = words[1];
    HRESULT hr = it ? hp_remote_open(words[0], elevated, &remote, &trouble)
                    : hp_trouble_set(&trouble, E_OUTOFMEMORY, name, NULL);
    if (SUCCEEDED(hr))
        hr = hp_remote_signature(&remote, name, &signature, &trouble);
    if (SUCCEEDED(hr) && it)
        hr = understand(it, signature, name, &trouble);
    if (SUCCEEDED(hr) && it)
        hr = hp_arguments_read(&it->types, (const char *const *)words + 2, (unsigned)count - 2, name,
                               &it->arguments, &trouble);
    if (SUCCEEDED(hr) && it)
        hr = run(it, &remote, name, &trouble);
    hp_remote_close(&remote);
    int code = HP_TOOL_OK;
    if (FAILED(hr) || !it)
        code = hp_tool_fail("call", &trouble);
    else if (!as_json)
        hp_call_print(it);
    else if (!hp_call_print_json(it, name))
        code = HP_TOOL_FAILED;
    free(signature);
    if (it) {
        hp_value_close(&it->types);
        hp_arguments_free(&it->arguments);
        free(it->stack);
        free(it->hidden);
    }
    free(it);
    return code;
}

int hp_call_main(int argc, char **argv) {
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"allow-elevated", no_argument, NULL, 'e'}, {0}};
    int code, json = 0, elevated = 0;
    for (int option; (option = hp_tool_option_first(argc, argv, options, help, &code)) != -1;) {
        if (option == -2)
            return code;
        json |= option == 'j';
        elevated |= option == 'e';
    }
    if (argc - optind < 2)
        return hp_tool_misuse(argv[0], "a ProgID and the name of a function are needed");
    return call_function(argc - optind, argv + optind, elevated, json);
}
