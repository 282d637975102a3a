// Decorations: Microsoft, "Decorated names", "Format of a C decorated name".
#include "tools/image/coff.h"

#include <stdlib.h>
#include <string.h>

static int compare_symbols(const void *a, const void *b) {
    const hp_pe_symbol *x = a, *y = b;
    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

HRESULT hp_coff_open(const hp_pe *pe, hp_coff *coff) {
    *coff = (hp_coff){.arch = pe->arch};
    hp_pe_symbol symbol;
    size_t at = 0, count = 0;
    while (hp_pe_symbol_next(pe, &at, &symbol))
        count += symbol.is_function;
    if (count == 0)
        return S_OK;
    coff->symbols = malloc(count * sizeof *coff->symbols);
    if (coff->symbols == NULL)
        return E_OUTOFMEMORY;
    at = 0;
    while (coff->count < count && hp_pe_symbol_next(pe, &at, &symbol))
        if (symbol.is_function)
            coff->symbols[coff->count++] = symbol;
    qsort(coff->symbols, coff->count, sizeof *coff->symbols, compare_symbols);
    return S_OK;
}

void hp_coff_free(hp_coff *coff) {
    free(coff->symbols);
    *coff = (hp_coff){0};
}

const hp_pe_symbol *hp_coff_find(const hp_coff *coff, uint32_t rva, size_t *count) {
    size_t low = 0, high = coff->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (coff->symbols[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < coff->count && coff->symbols[end].rva == rva)
        end++;
    *count = end - low;
    return end > low ? &coff->symbols[low] : NULL;
}

const char *hp_coff_bare(const hp_coff *coff, const hp_pe_symbol *symbol, size_t *length,
                         hp_convention *convention) {
    hp_convention ignored;
    if (convention == NULL)
        convention = &ignored;
    *convention = HP_CONVENTION_CDECL;
    *length = symbol->length;
    if (coff->arch != HP_ARCH_X86 || symbol->length == 0 || (*symbol->name != '_' && *symbol->name != '@'))
        return symbol->name;
    const char *name = symbol->name + 1;
    size_t bare = symbol->length - 1, digits = bare;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
        digits--;
    if (digits < bare && digits > 1 && name[digits - 1] == '@') {
        *convention = *symbol->name == '@' ? HP_CONVENTION_FASTCALL : HP_CONVENTION_STDCALL;
        bare = digits - 1;
    }
    *length = bare;
    return name;
}

int hp_coff_is_clone(const hp_pe_symbol *symbol) {
    static const char *const marks[] = {".constprop.", ".isra.", ".part.", ".cold"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const size_t length = strlen(marks[i]);
        for (size_t at = 1; at + length <= symbol->length; at++)
            if (memcmp(symbol->name + at, marks[i], length) == 0)
                return 1;
    }
    return 0;
}
