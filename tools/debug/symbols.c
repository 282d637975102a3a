#include "tools/debug/symbols_public.h"

#include <stdlib.h>
#include <string.h>

#include "tools/debug/source.h"
#include "tools/debug/types_node.h"

/** Where images are pretended to be loaded: below 2 GB, so for both architectures. */
#define IMAGE_BASE 0x10000000u

/** The longest path that is looked at. */

/** While functions are collected and chosen. */
typedef struct collection {
    hp_symbols *symbols;
    const hp_sources *sources; /* NULL: only count */
    const hp_facts *facts;
    uint32_t image_size;
    size_t capacity;
    size_t without_line;
    int out_of_memory;
    hp_symbols_public public;
} collection;

/** dbghelp knows "processes" by handles that may be any number; each session has one of its own. */
static void *new_session(void) {
    static uintptr_t last = 0x48500000;
    return (void *)(last += 4); // no object: only told apart
}

static HRESULT load(const wchar_t *path, hp_arch arch, hp_symbols *symbols, uint32_t *image_size,
                    hp_trouble *trouble) {
    *symbols = (hp_symbols){.arch = arch};
#ifndef _WIN64
    if (arch != HP_ARCH_X86)
        return hp_trouble_set_wide(trouble, HP_E_SERVER_ARCHITECTURE, path,
                                   "debug information of x64 images needs the x64 hotpatch command");
#endif
    SymSetOptions(SYMOPT_LOAD_LINES | SYMOPT_EXACT_SYMBOLS | SYMOPT_FAIL_CRITICAL_ERRORS |
                  SYMOPT_INCLUDE_32BIT_MODULES);
    void *session = new_session();
    if (!SymInitializeW(session, NULL, FALSE))
        return hp_trouble_set_last_error(trouble, NULL, "SymInitialize");
    symbols->session = session;
    SetLastError(ERROR_SUCCESS);
    symbols->base = SymLoadModuleExW(session, NULL, path, NULL, IMAGE_BASE, 0, NULL, 0);
    IMAGEHLP_MODULEW64 module = {.SizeOfStruct = sizeof module};
    if (!symbols->base || !SymGetModuleInfoW64(session, symbols->base, &module)) {
        DWORD error = GetLastError();
        return hp_trouble_set_wide(trouble,
                                   error == ERROR_SUCCESS ? HP_E_DEBUG_INFO : HRESULT_FROM_WIN32(error), path,
                                   "dbghelp cannot load the image");
    }
    symbols->is_pdb = module.SymType == SymPdb;
    *image_size = module.ImageSize;
    return S_OK;
}

static int make_room(collection *it) {
    hp_symbols *symbols = it->symbols;
    if (symbols->count < it->capacity)
        return 1;
    size_t capacity = it->capacity ? 2 * it->capacity : 256;
    hp_symbol *items = realloc(symbols->items, capacity * sizeof *items);
    if (!items)
        return 0;
    symbols->items = items;
    it->capacity = capacity;
    return 1;
}

/** Public symbols have neither types nor a source. */
static BOOL collect_public(collection *it, const SYMBOL_INFOW *info, uint32_t rva) {
    if (it->sources && it->symbols->is_pdb && it->facts && hp_facts_find(it->facts, rva))
        it->out_of_memory |= !hp_symbols_public_add(&it->public, rva, info->Name);
    return !it->out_of_memory;
}

/** Note every function that has code. */
static BOOL CALLBACK collect(PSYMBOL_INFOW info, ULONG size, PVOID context) {
    collection *it = context;
    hp_symbols *symbols = it->symbols;
    (void)size;
    // Functions that the linker has dropped stay in DWARF, at an address outside of the image.
    if (info->Address <= symbols->base || info->Address - symbols->base >= it->image_size)
        return TRUE;
    if (info->Tag == HP_TAG_PUBLIC)
        return collect_public(it, info, (uint32_t)(info->Address - symbols->base));
    if (info->Tag != HP_TAG_FUNCTION)
        return TRUE;
    symbols->seen++;
    if (!it->sources) {
        IMAGEHLP_LINEW64 line = {.SizeOfStruct = sizeof line};
        DWORD displacement;
        if (symbols->seen <= 16 &&
            !SymGetLineFromAddrW64(symbols->session, info->Address, &displacement, &line))
            it->without_line++;
        return TRUE;
    }
    char *name = make_room(it) ? hp_symbols_ask_utf8(info->Name) : NULL;
    if (!name) {
        it->out_of_memory = 1;
        return FALSE;
    }
    symbols->items[symbols->count++] = (hp_symbol){.name = name,
                                                   .rva = (uint32_t)(info->Address - symbols->base),
                                                   .size = info->Size,
                                                   .type = info->TypeIndex,
                                                   .id = info->info};
    return TRUE;
}

/** The source file of a function, malloc'ed: from its line; else from the facts; else its compiland. */
static char *source_of(collection *it, hp_symbol *symbol) {
    IMAGEHLP_LINEW64 line = {.SizeOfStruct = sizeof line};
    DWORD displacement = 0;
    ULONG64 address = it->symbols->base + symbol->rva;
    // A line that begins elsewhere belongs to another function.
    if (SymGetLineFromAddrW64(it->symbols->session, address, &displacement, &line) && displacement == 0) {
        symbol->line = line.LineNumber;
        return hp_symbols_ask_utf8(line.FileName);
    }
    it->without_line++;
    const hp_fact *fact = it->facts ? hp_facts_find(it->facts, symbol->rva) : NULL;
    if (fact && fact->file) {
        symbol->line = fact->line;
        return _strdup(fact->file);
    }
    // The compiland of a PDB is an object file, which says nothing.
    uint32_t compiland = hp_symbols_ask(it->symbols, symbol->id, TI_GET_LEXICALPARENT, 0);
    return it->symbols->is_pdb || !compiland ? NULL : hp_symbols_ask_name(it->symbols, compiland);
}

/** Name without spaces and, in the same memory, the file behind it. */
static int keep(hp_symbol *symbol, const char *file) {
    size_t spaces = 0, length = strlen(symbol->name), at = 0;
    for (size_t i = 0; i < length; i++)
        spaces += symbol->name[i] == ' ';
    size_t size = length + 2 * spaces + 1;
    char *memory = malloc(size + strlen(file) + 1);
    if (!memory)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (symbol->name[i] == ' ') {
            memcpy(memory + at, "%20", 3);
            at += 3;
        } else {
            memory[at++] = symbol->name[i];
        }
    }
    memory[at] = '\0';
    memcpy(memory + size, file, strlen(file) + 1);
    free(symbol->name);
    symbol->name = memory;
    symbol->file = memory + size;
    return 1;
}

/** Keep those whose source is one's own. */
static int choose(collection *it) {
    hp_symbols *symbols = it->symbols;
    size_t kept = 0;
    int ok = 1;
    char *path = malloc(HP_SOURCE_PATH);
    symbols->others = path ? calloc(symbols->count + 1, sizeof *symbols->others) : NULL;
    ok = symbols->others != NULL;
    for (size_t i = 0; i < symbols->count; i++) {
        hp_symbol symbol = symbols->items[i];
        char *source = path && ok ? source_of(it, &symbol) : NULL;
        const char *file = source ? hp_source_own(it->sources, source, path) : NULL;
        ok = ok && keep(&symbol, file ? file : source ? source : "");
        if (!ok)
            free(symbol.name);
        else if (file)
            symbols->items[kept++] = symbol;
        else
            symbols->others[symbols->other_count++] = symbol;
        free(source);
    }
    symbols->count = kept;
    free(path);
    return ok;
}

static int compare(const void *one, const void *other) {
    const hp_symbol *a = one, *b = other;
    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return strcmp(a->name, b->name);
}

/** In DWARF two compilands may both tell of an inline function, of which one copy was kept. What a PDB has
 * twice are two functions that were folded: overloads, which differ by their types, or static functions. */
static int is_same(const hp_symbols *symbols, const hp_symbol *one, const hp_symbol *other) {
    return compare(one, other) == 0 && (!symbols->is_pdb || one->type == other->type);
}

/** One line a function. */
static void sort(hp_symbols *symbols, const hp_facts *facts) {
    if (symbols->count > 0)
        qsort(symbols->items, symbols->count, sizeof *symbols->items, compare);
    size_t kept = 0;
    for (size_t i = 0; i < symbols->count; i++) {
        hp_symbol *symbol = &symbols->items[i];
        if (kept > 0 && is_same(symbols, &symbols->items[kept - 1], symbol)) {
            free(symbol->name);
            continue;
        }
        const hp_fact *fact = facts ? hp_facts_find(facts, symbol->rva) : NULL;
        symbol->is_static = fact && !fact->is_external;
        symbols->items[kept++] = *symbol;
    }
    symbols->count = kept;
}

static HRESULT enumerate(collection *it, const wchar_t *path, hp_trouble *trouble) {
    hp_symbols *symbols = it->symbols;
    SetLastError(ERROR_SUCCESS);
    BOOL done = SymEnumSymbolsW(symbols->session, symbols->base, L"*", collect, it);
    DWORD error = GetLastError();
    if (it->out_of_memory)
        return hp_trouble_set_wide(trouble, E_OUTOFMEMORY, path, NULL);
    if (symbols->seen == 0)
        return hp_trouble_set_wide(trouble, HP_E_DEBUG_INFO, path,
                                   "dbghelp finds no function: it needs the PDB beside the image, or DWARF 4 "
                                   "in it (gcc -gdwarf-4; not 5, which is gcc's default)");
    if (!done)
        return hp_trouble_set_wide(trouble, error == ERROR_SUCCESS ? E_FAIL : HRESULT_FROM_WIN32(error), path,
                                   "SymEnumSymbols failed");
    return S_OK;
}

/**
 * Wine 8 damages its heap when it loads the DWARF that clang makes, and falls over it when it unloads that.
 * Such images are known by that Wine finds no lines in them. They stay loaded.
 */
static int is_unloadable(const collection *it) {
    return it->symbols->is_pdb || it->without_line == 0 ||
           !GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version");
}

HRESULT hp_symbols_open(const wchar_t *path, hp_arch arch, const hp_sources *sources, const hp_facts *facts,
                        hp_symbols *symbols, hp_trouble *trouble) {
    collection it = {.symbols = symbols, .sources = sources, .facts = facts};
    HRESULT hr = load(path, arch, symbols, &it.image_size, trouble);
    if (SUCCEEDED(hr))
        hr = enumerate(&it, path, trouble);
    if (SUCCEEDED(hr)) {
        symbols->types = hp_types_node_open();
        if (!choose(&it) || !symbols->types)
            hr = hp_trouble_set_wide(trouble, E_OUTOFMEMORY, path, NULL);
        symbols->stays = !is_unloadable(&it);
    }
    if (FAILED(hr)) {
        hp_symbols_close(symbols);
    } else {
        sort(symbols, facts);
        hp_symbols_public_give(&it.public, symbols);
        symbols->facts = facts;
    }
    hp_symbols_public_free(&it.public);
    return hr;
}

HRESULT hp_symbols_count(const wchar_t *path, hp_arch arch, size_t *count, hp_trouble *trouble) {
    hp_symbols symbols;
    collection it = {.symbols = &symbols};
    HRESULT hr = load(path, arch, &symbols, &it.image_size, trouble);
    if (SUCCEEDED(hr))
        hr = enumerate(&it, path, trouble);
    *count = symbols.seen;
    symbols.stays = !is_unloadable(&it);
    hp_symbols_close(&symbols);
    return hr;
}

void hp_symbols_close(hp_symbols *symbols) {
    for (size_t i = 0; i < symbols->count; i++)
        free(symbols->items[i].name);
    for (size_t i = 0; i < symbols->other_count; i++)
        free(symbols->others[i].name);
    free(symbols->items);
    free(symbols->others);
    hp_types_node_close(symbols->types);
    hp_symbols_public_drop(&symbols->publics);
    if (symbols->session && !symbols->stays)
        SymCleanup(symbols->session);
    *symbols = (hp_symbols){0};
}
