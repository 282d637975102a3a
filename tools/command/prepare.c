/* hotpatch prepare: write the function table into an image. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inventory/inventory_choose.h"
#include "tools/image/pe_write.h"
#include "tools/print.h"
#include "tools/image/publish.h"
#include "tools/debug/select.h"
#include "tools/tool.h"

static const char help[] =
    "Usage: hotpatch prepare [options] IMAGE\n"
    "\n"
    "Reads the debug information of an EXE or DLL and writes a table of its functions into it, as the "
    "resource\n"
    "HOTPATCHDATA: names, places, signatures. With the table an app needs no HP_PATCHABLE, and an update no\n"
    "HP_EXPORT. Run it after the link and before signing; after stripping, if you strip (a .gnu_debuglink "
    "file\n"
    "is found). The image is replaced only when the new one has passed its tests.\n"
    "\n"
    "  -s, --sources DIR       functions whose source file is below DIR are your own (repeatable; default: "
    "the\n"
    "                          current directory)\n"
    "  -f, --function PATTERN  only these functions (repeatable; * and ? are wildcards)\n"
    "  -O, --offer PATTERN     an app may run these functions here, when this image is its update "
    "(repeatable).\n"
    "                          HP_EXPORT and HP_OFFER in the source say the same\n"
    "  -o, --output FILE       write there, and leave IMAGE as it is\n"
    "      --remove            take the table out again; needs no debug information\n"
    "  -q, --quiet             say nothing if all is well\n"
    "  -h, --help              this text\n"
    "\n"
    "Debug information: DWARF up to version 4 (gcc -gdwarf-4), or a PDB (clang -gcodeview with lld, MSVC).\n"
    "Exit codes: 0 done, 2 wrong usage, 3 not done and nothing changed.\n";

enum {
    MOST = 256,    /* of each repeatable option */
    REMOVE = 1000, /* an option without a letter */
};

typedef struct prepare {
    const char *image, *output;
    hp_inventory_options wanted;
    const char *sources[MOST], *functions[MOST], *offers[MOST];
    char *paths[MOST]; /* of sources, owned */
    int remove, quiet;
    hp_trouble trouble;
} prepare;

static int add(const char **list, size_t *count, const char *text) {
    if (*count == MOST)
        return hp_tool_misuse("prepare", "more than %d times the same option", MOST);
    list[(*count)++] = text;
    return HP_TOOL_OK;
}

static int understand(int argc, char **argv, prepare *it) {
    static const struct option options[] = {{"sources", required_argument, NULL, 's'},
                                            {"function", required_argument, NULL, 'f'},
                                            {"offer", required_argument, NULL, 'O'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"remove", no_argument, NULL, REMOVE},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {NULL, 0, NULL, 0}};
    int option, code = HP_TOOL_OK;
    while ((option = hp_tool_option(argc, argv, options, help, &code)) != -1) {
        switch (option) {
        case 's':
            code = add(it->sources, &it->wanted.source_count, optarg);
            break;
        case 'f':
            code = add(it->functions, &it->wanted.function_count, optarg);
            break;
        case 'O':
            code = add(it->offers, &it->wanted.offer_count, optarg);
            break;
        case 'o':
            it->output = optarg;
            break;
        case REMOVE:
            it->remove = 1;
            break;
        case 'q':
            it->quiet = 1;
            break;
        default:
            return code == HP_TOOL_OK ? -1 : code; /* help was given */
        }
        if (code != HP_TOOL_OK)
            return code;
    }
    if (optind != argc - 1)
        return hp_tool_misuse("prepare", optind == argc ? "which image?" : "one image at a time");
    it->image = argv[optind];
    if (it->output != NULL && *it->output == '\0')
        return hp_tool_misuse("prepare", "no output file has an empty name");
    if (it->output == NULL)
        it->output = it->image;
    return HP_TOOL_OK;
}

/* The directories in the form that source files are compared with. */
static HRESULT find_sources(prepare *it) {
    enum { PATH = 4096 };
    char here[PATH], text[PATH];
    wchar_t wide[PATH];
    const DWORD length = GetCurrentDirectoryW(PATH, wide);
    char *current = length > 0 && length < PATH ? hp_tool_utf8(wide) : NULL;
    const int known = current != NULL && hp_select_path(current, NULL, here, sizeof here);
    free(current);
    if (!known)
        return hp_trouble_set(&it->trouble, E_UNEXPECTED, NULL, "the current directory has no usable name");
    if (it->wanted.source_count == 0)
        it->sources[it->wanted.source_count++] = ".";
    for (size_t i = 0; i < it->wanted.source_count; i++) {
        if (!hp_select_path(it->sources[i], here, text, sizeof text))
            return hp_trouble_set(&it->trouble, E_INVALIDARG, it->sources[i], "no such directory can be");
        it->paths[i] = _strdup(text);
        if (it->paths[i] == NULL)
            return E_OUTOFMEMORY;
        it->sources[i] = it->paths[i];
    }
    it->wanted.sources = it->sources;
    it->wanted.functions = it->functions;
    it->wanted.offers = it->offers;
    return S_OK;
}

static HRESULT make_table(const hp_pe *pe, const hp_inventory *inventory, unsigned char **table, size_t *size,
                          hp_trouble *trouble) {
    const hp_table_about about = {.timestamp = pe->timestamp,
                                  .image_size = pe->image_size,
                                  .arch = pe->arch,
                                  .writer = "hotpatch " HP_VERSION};
    const hp_table_function *bad = NULL;
    HRESULT hr = hp_table_make(&about, inventory->functions, (uint32_t)inventory->count, table, size, &bad);
    return FAILED(hr) ? hp_trouble_set(trouble, hr, bad != NULL ? bad->name : NULL, "it cannot be listed")
                      : hr;
}

/* The copy's headers are known only now. */
static void seal(unsigned char *copy, size_t copy_size, size_t place, size_t size) {
    hp_pe pe;
    if (FAILED(hp_pe_open(copy, copy_size, &pe, NULL)))
        return; /* whoever verifies the copy will find out */
    hp_table_seal(copy + place, size, pe.image_size, hp_pe_fingerprint(&pe));
    hp_pe_write_checksum(copy, copy_size);
}

/* A pattern offers what it can; what it cannot is not to be missed in silence. */
static void say_refused(const prepare *it, const hp_inventory *inventory) {
    for (size_t i = 0; i < it->wanted.offer_count; i++) {
        size_t matches;
        const hp_table_function *example;
        const char *pattern = it->wanted.offers[i];
        const size_t refused = hp_inventory_choose_refused(inventory, pattern, &matches, &example);
        if (refused > 0)
            hp_print_note("hotpatch prepare: --offer \"%s\" matches %zu functions, %zu of them cannot be "
                          "offered; %s, for one: %s",
                          pattern, matches, refused, example->name, example->signature);
    }
}

static void say(const prepare *it, const hp_inventory *inventory, size_t table_size) {
    size_t patchable = 0, callable = 0, offered = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        patchable += SUCCEEDED(inventory->functions[i].patchable);
        callable += SUCCEEDED(inventory->functions[i].callable);
        offered += inventory->functions[i].offered;
    }
    if (inventory->unnamed > 0)
        hp_print_note("hotpatch prepare: left out %zu functions whose names cannot be written, such as %s",
                      inventory->unnamed, inventory->unnamed_example);
    if (!it->quiet)
        say_refused(it, inventory);
    if (!it->quiet)
        hp_print(
            "%s: %zu of %zu functions are your own: %zu patchable, %zu callable, %zu offered (%zu bytes)\n",
            it->output, inventory->count, inventory->seen, patchable, callable, offered, table_size);
}

static HRESULT write_table(prepare *it, const wchar_t *path, const hp_pe *pe) {
    hp_inventory inventory;
    unsigned char *table = NULL, *copy = NULL;
    size_t size = 0, copy_size, place;
    const char *reason = "";
    HRESULT hr = hp_inventory_make(path, pe, &it->wanted, &inventory, &it->trouble);
    if (SUCCEEDED(hr) && inventory.count == 0)
        hr = hp_trouble_set(&it->trouble, E_INVALIDARG, NULL,
                            "none of its %zu functions comes from %.200s%s: name your sources with --sources",
                            inventory.seen, it->sources[0], it->wanted.source_count > 1 ? " and so on" : "");
    if (SUCCEEDED(hr))
        hr = make_table(pe, &inventory, &table, &size, &it->trouble);
    if (SUCCEEDED(hr)) {
        hr = hp_pe_write_rcdata(pe, HP_TABLE_RESOURCE, table, size, &copy, &copy_size, &place, &reason);
        if (FAILED(hr))
            hp_trouble_set(&it->trouble, hr, NULL, "%s", reason);
    }
    if (SUCCEEDED(hr)) {
        seal(copy, copy_size, place, size);
        hr = hp_publish_image(it->output, pe, copy, copy_size, inventory.seen, &it->trouble);
    }
    if (SUCCEEDED(hr))
        say(it, &inventory, size);
    free(copy);
    free(table);
    hp_inventory_free(&inventory);
    return hr;
}

/* Without the debug information, which may long be elsewhere. */
static HRESULT remove_table(prepare *it, const hp_pe *pe) {
    unsigned char *copy = NULL;
    size_t copy_size;
    const char *reason = "";
    if (hp_pe_rcdata(pe, HP_TABLE_RESOURCE).at == NULL)
        return hp_trouble_set(&it->trouble, HP_E_TABLE_MISSING, NULL, "there is no table to remove");
    HRESULT hr = hp_pe_write_rcdata(pe, HP_TABLE_RESOURCE, NULL, 0, &copy, &copy_size, NULL, &reason);
    if (FAILED(hr))
        hp_trouble_set(&it->trouble, hr, NULL, "%s", reason);
    else
        hr = hp_publish_image(it->output, pe, copy, copy_size, HP_PUBLISH_UNCOUNTED, &it->trouble);
    free(copy);
    return hr;
}

static HRESULT work(prepare *it) {
    unsigned char *bytes = NULL;
    size_t size;
    hp_pe pe;
    const char *reason = "";
    HRESULT hr = it->remove ? S_OK : find_sources(it);
    if (SUCCEEDED(hr))
        hr = hp_tool_read_file(it->image, &bytes, &size, &it->trouble);
    if (SUCCEEDED(hr)) {
        hr = hp_pe_open(bytes, size, &pe, &reason);
        if (FAILED(hr))
            hp_trouble_set(&it->trouble, hr, NULL, "%s", reason);
    }
    wchar_t *path = SUCCEEDED(hr) ? hp_tool_wide(it->image) : NULL;
    if (SUCCEEDED(hr))
        hr = path == NULL ? E_OUTOFMEMORY : it->remove ? remove_table(it, &pe) : write_table(it, path, &pe);
    free(path);
    free(bytes);
    return hr;
}

int hp_prepare_main(int argc, char **argv) {
    static prepare it; /* large */
    int code = understand(argc, argv, &it);
    if (code != HP_TOOL_OK)
        return code < 0 ? HP_TOOL_OK : code;
    HRESULT hr = work(&it);
    for (size_t i = 0; i < MOST; i++)
        free(it.paths[i]);
    if (SUCCEEDED(hr))
        return HP_TOOL_OK;
    hp_trouble_set(&it.trouble, hr, NULL, NULL);
    hp_trouble named = {0};
    char thing[sizeof named.thing];
    const int whole = it.trouble.thing[0] == '\0' || strcmp(it.trouble.thing, it.image) == 0;
    snprintf(thing, sizeof thing, "%.130s%s%.120s", it.image, whole ? "" : ": ",
             whole ? "" : it.trouble.thing);
    hp_trouble_set(&named, it.trouble.result, thing, "%s", it.trouble.detail);
    return hp_tool_fail("prepare", &named);
}
