#include "tools/image/binary.h"

#include <stdlib.h>
#include <string.h>

#include "hotpatch/function.h"
#include "tools/print.h"
#include "tools/image/marked.h"
#include "tools/debug/select.h"
#include "tools/tool.h"

HRESULT hp_binary_open(const char *path, hp_binary *binary, hp_trouble *trouble) {
    size_t size;
    const char *reason = "";
    *binary = (hp_binary){0};
    HRESULT hr = hp_tool_read_file(path, &binary->bytes, &size, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_pe_open(binary->bytes, size, &binary->pe, &reason);
    if (FAILED(hr)) {
        hp_trouble_set(trouble, hr, path, "%s", reason);
        hp_binary_close(binary);
    }
    return hr;
}

static HRESULT check_place(const hp_pe *pe, const hp_table_function *function, const char *path,
                           hp_trouble *trouble) {
    enum { EXECUTABLE = 0x20000000 };
    hp_pe_section section;
    if (function->rva == 0)
        return S_OK;
    if (hp_pe_section_at(pe, function->rva, &section) && section.traits & EXECUTABLE)
        return S_OK;
    return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, path, "%.100s lies outside of the code, at RVA 0x%lx",
                          function->name, (unsigned long)function->rva);
}

static HRESULT open_table(hp_binary *binary, const char *path, hp_trouble *trouble) {
    const char *reason = "";
    const hp_span span = hp_pe_rcdata(&binary->pe, HP_TABLE_RESOURCE);
    if (!span.at)
        return hp_trouble_set(trouble, HP_E_TABLE_MISSING, path, "run \"hotpatch prepare\" on it");
    HRESULT hr = hp_table_open(span.at, span.size, &binary->table, &reason);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, path, "%s", reason);
    const hp_table_about *about = &binary->table.about;
    if (about->arch != binary->pe.arch)
        return hp_trouble_set(trouble, HP_E_TABLE_STALE, path, "the table is for %s, the image is for %s",
                              hp_binary_arch(about->arch), hp_binary_arch(binary->pe.arch));
    if (about->fingerprint != hp_pe_fingerprint(&binary->pe))
        return hp_trouble_set(trouble, HP_E_TABLE_STALE, path, NULL);
    if (about->image_size > binary->pe.image_size)
        return hp_trouble_set(trouble, HP_E_TABLE_DAMAGED, path, "it is made for a larger image");
    for (uint32_t i = 0; i < binary->table.count && SUCCEEDED(hr); i++) {
        hp_table_function function;
        hp_table_get(&binary->table, i, &function);
        hr = check_place(&binary->pe, &function, path, trouble);
    }
    return hr;
}

HRESULT hp_binary_table(hp_binary *binary, const char *path, hp_trouble *trouble) {
    HRESULT hr = open_table(binary, path, trouble);
    if (FAILED(hr))
        binary->table = (hp_table){0};
    return hr;
}

static unsigned count_exports(const hp_pe *pe) {
    hp_marked marked;
    size_t at = 0;
    unsigned count = 0;
    while (hp_marked_next(pe, &at, &marked) == S_OK)
        count += marked.kind == HP_ENTRY_EXPORT;
    return count;
}

unsigned hp_binary_offers(hp_binary *binary) {
    unsigned count = 0;
    if (binary->table.count == 0 && FAILED(hp_binary_table(binary, "", NULL)))
        return count_exports(&binary->pe);
    for (uint32_t i = 0; i < binary->table.count; i++) {
        hp_table_function function;
        hp_table_get(&binary->table, i, &function);
        count += function.offered;
    }
    return count;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const hp_table_function *)a)->name, ((const hp_table_function *)b)->name);
}

int hp_binary_is_chosen(const char *name, char *const *patterns, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (hp_select_matches(name, patterns[k]))
            return 1;
    return count == 0;
}

HRESULT hp_binary_functions(const hp_binary *binary, char *const *patterns, size_t count,
                            hp_table_function **functions, size_t *found, hp_trouble *trouble) {
    *found = 0;
    *functions = calloc((size_t)binary->table.count + 1, sizeof **functions);
    if (!*functions)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, NULL, NULL);
    for (uint32_t i = 0; i < binary->table.count; i++) {
        hp_table_function *function = *functions + *found;
        hp_table_get(&binary->table, i, function);
        *found += (size_t)hp_binary_is_chosen(function->name, patterns, count);
    }
    qsort(*functions, *found, sizeof **functions, by_name);
    return S_OK;
}

static int has_match(const hp_binary *binary, const char *pattern) {
    for (uint32_t i = 0; i < binary->table.count; i++) {
        hp_table_function function;
        hp_table_get(&binary->table, i, &function);
        if (hp_select_matches(function.name, pattern))
            return 1;
    }
    return 0;
}

int hp_binary_match(const hp_binary *binary, const char *command, const char *path, char *const *patterns,
                    size_t count) {
    int good = 1;
    for (size_t k = 0; k < count; k++) {
        const int matches = has_match(binary, patterns[k]);
        if (!matches)
            hp_print_note("hotpatch %s: %s: no function matches \"%s\"", command, path, patterns[k]);
        good &= matches;
    }
    return good;
}

const char *hp_binary_reason(HRESULT result) {
    static const struct {
        HRESULT result;
        const char *words;
    } rows[] = {
        {HP_E_INLINED, "inlined away"},
        {HP_E_CLONE, "clone"},
        {HP_E_UNGUARDED, "calls optimised"},
        {HP_E_PAD_OCCUPIED, "no pad"},
        {HP_E_NOT_PATCHABLE, "unknown prologue"},
        {HP_E_ENTRY_MISALIGNED, "misaligned"},
        {HP_E_TOO_SHORT, "too short"},
        {HP_E_ADDRESS_SHARED, "folded"},
        {HP_E_INSTRUCTION, "first instruction"},
        {HP_E_OVERLAP, "code in the pad"},
        {HP_E_LINK_THUNK, "jump of the linker"},
        {HP_E_FORWARDER, "forwarded"},
        {HP_E_SIGNATURE_UNKNOWN, "types do not tell"},
        {HP_E_SIGNATURE_RETURN_POINTER, "returns a pointer"},
        {HP_E_SIGNATURE_LIMIT, "beyond a limit"},
        {HP_E_SIGNATURE_MISMATCH, "signature differs"},
        {HP_E_SIGNATURE_CONVENTION, "calling convention"},
        {HP_E_SIGNATURE_SYNTAX, "signature unreadable"},
        {HP_E_SIGNATURE_LENGTH, "length unknown"},
        {HP_E_TYPE_MISMATCH, "types differ"},
        {HP_E_NAME_DUPLICATE, "several of this name"},
        {HP_E_SERVER_ARCHITECTURE, "architectures differ"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == result)
            return rows[i].words;
    return hp_error_what(result);
}

void hp_binary_close(hp_binary *binary) {
    free(binary->bytes);
    *binary = (hp_binary){0};
}

const char *hp_binary_arch(hp_arch arch) {
    return arch == HP_ARCH_X64 ? "x64" : "x86";
}
