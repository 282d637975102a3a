#include "tools/debug/symbols_ask.h"

#include <stdlib.h>

static int ask(const hp_symbols *symbols, uint32_t id, IMAGEHLP_SYMBOL_TYPE_INFO what, void *answer) {
    return SymGetTypeInfo(symbols->session, symbols->base, id, what, answer);
}

uint32_t hp_symbols_ask(const hp_symbols *symbols, uint32_t id, IMAGEHLP_SYMBOL_TYPE_INFO what,
                        uint32_t otherwise) {
    DWORD answer = otherwise;
    return ask(symbols, id, what, &answer) ? answer : otherwise;
}

uint64_t hp_symbols_ask_size(const hp_symbols *symbols, uint32_t id) {
    ULONG64 size = 0;
    return ask(symbols, id, TI_GET_LENGTH, &size) ? size : 0;
}

char *hp_symbols_ask_utf8(const wchar_t *text) {
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = size > 0 ? malloc((size_t)size) : NULL;
    if (utf8)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, size, NULL, NULL);
    return utf8;
}

char *hp_symbols_ask_name(const hp_symbols *symbols, uint32_t id) {
    WCHAR *wide = NULL;
    if (!ask(symbols, id, TI_GET_SYMNAME, &wide) || !wide)
        return NULL;
    char *name = hp_symbols_ask_utf8(wide);
    LocalFree(wide);
    return name;
}

uint32_t hp_symbols_ask_children(const hp_symbols *symbols, uint32_t id, uint32_t limit, uint32_t **ids) {
    uint32_t count = hp_symbols_ask(symbols, id, TI_GET_CHILDRENCOUNT, 0);
    if (count > limit)
        count = limit;
    *ids = NULL;
    if (count == 0 || count > HP_SYMBOLS_CHILDREN_MAX)
        return 0;
    TI_FINDCHILDREN_PARAMS *children = calloc(1, sizeof *children + count * sizeof *children->ChildId);
    *ids = children ? malloc(count * sizeof **ids) : NULL;
    uint32_t found = 0;
    if (*ids) {
        children->Count = count;
        found = ask(symbols, id, TI_FINDCHILDREN, children) ? count : 0;
    }
    for (uint32_t i = 0; i < found; i++)
        (*ids)[i] = children->ChildId[i];
    free(children);
    return found;
}
