#include "tools/inventory/inventory_take.h"

#include <string.h>

#include "hotpatch/function.h"
#include "tools/inventory/inventory_alias.h"
#include "tools/inventory/inventory_judge.h"
#include "tools/inventory/inventory_name.h"
#include "tools/debug/select.h"
#include "tools/debug/source.h"

/* The programmer's word for the function at this RVA: his export entry if there is one. */
static const hp_marked *find_mark(const hp_inventory_maker *it, uint32_t rva, int *is_patchable) {
    const hp_marked *found = NULL;
    *is_patchable = 0;
    for (size_t i = 0; i < it->mark_count; i++) {
        if (it->marks[i].rva != rva)
            continue;
        *is_patchable |= it->marks[i].kind == HP_ENTRY_PATCHABLE;
        if (it->marks[i].kind == HP_ENTRY_EXPORT)
            found = &it->marks[i];
    }
    return found;
}

/* How many of his export entries there have this name; all of them if it is NULL. */
static size_t count_exports(const hp_inventory_maker *it, uint32_t rva, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < it->mark_count; i++)
        count += it->marks[i].rva == rva && it->marks[i].kind == HP_ENTRY_EXPORT &&
                 (name == NULL || strcmp(it->marks[i].name, name) == 0);
    return count;
}

static char *keep(hp_inventory_maker *it, const char *text) {
    return hp_arena_copy(&it->inventory->texts, text, strlen(text));
}

static int matches_any(const char *name, const char *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hp_select_matches(name, patterns[i]))
            return 1;
    return 0;
}

/* What a pattern names is remembered, to say why it is not there. */
static HRESULT leave_out(hp_inventory_maker *it, const char *name, const char *file,
                         hp_inventory_reason reason) {
    const hp_inventory_options *options = it->options;
    if (!matches_any(name, options->functions, options->function_count) &&
        !matches_any(name, options->offers, options->offer_count))
        return S_OK;
    hp_inventory_left *left = &it->inventory->left[it->inventory->left_count++];
    *left = (hp_inventory_left){keep(it, name), file != NULL ? keep(it, file) : NULL, reason};
    return left->name != NULL && (file == NULL || left->file != NULL) ? S_OK : E_OUTOFMEMORY;
}

static HRESULT leave_unnamed(hp_inventory_maker *it, const char *name) {
    if (it->inventory->unnamed++ == 0)
        strncpy(it->inventory->unnamed_example, name, sizeof it->inventory->unnamed_example - 1);
    return leave_out(it, name, NULL, HP_INVENTORY_UNNAMED);
}

HRESULT hp_inventory_take_foreign(hp_inventory_maker *it, const char *name, const char *file) {
    return leave_out(it, name, file, HP_INVENTORY_FOREIGN);
}

/* What he wrote counts, if it fits what the compiler saw. */
static HRESULT take_written(hp_inventory_maker *it, const hp_marked *mark, const hp_fact *fact,
                            hp_table_function *function) {
    hp_signature parsed;
    hp_signature_error error;
    char reason[256];
    HRESULT hr = hp_signature_parse(mark->signature, it->pe->arch, &parsed, &error);
    if (FAILED(hr))
        return hp_trouble_set(it->trouble, hr, function->name, "position %zu of \"%.200s\": %s",
                              error.position + 1, mark->signature, error.reason);
    if (it->call->result == HP_E_SIGNATURE_CONVENTION)
        return hp_trouble_set(it->trouble, it->call->result, function->name, "%s", it->call->reason);
    if (!hp_types_check(mark->signature, it->pe->arch, it->call->shape, reason) ||
        !hp_inventory_judge_written(&parsed, it->call->shape, fact, reason))
        return hp_trouble_set(it->trouble, HP_E_SIGNATURE_MISMATCH, function->name,
                              "HP_EXPORT says %.200s: %s", mark->signature, reason);
    function->callable = S_OK;
    function->signature = mark->signature;
    return S_OK;
}

static HRESULT take_signature(hp_inventory_maker *it, const hp_marked *mark, const hp_fact *fact,
                              hp_table_function *function) {
    if (mark != NULL && mark->signature != NULL)
        return take_written(it, mark, fact, function);
    if (mark != NULL && FAILED(it->call->result))
        return hp_trouble_set(it->trouble, it->call->result, function->name, "HP_OFFER cannot offer it: %s",
                              it->call->reason);
    function->callable = it->call->result;
    function->signature = keep(it, FAILED(it->call->result) ? it->call->reason : it->call->signature);
    return function->signature != NULL ? S_OK : E_OUTOFMEMORY;
}

static uint8_t compiler_of(const hp_inventory_maker *it, const hp_fact *fact) {
    if (fact != NULL && fact->compiler != 0)
        return fact->compiler;
    return it->symbols.is_pdb ? HP_COMPILER_MSVC : HP_COMPILER_GNU;
}

/* The linker's names of functions. */
const hp_coff *hp_inventory_take_names(const hp_inventory_maker *it) {
    return it->symbols.is_pdb ? &it->symbols.publics : &it->coff;
}

static hp_inventory_entry entry_of(const hp_evidence *evidence) {
    return (hp_inventory_entry){.rva = evidence->symbol->rva,
                                .name = evidence->symbol->name,
                                .is_cxx = evidence->fact != NULL && evidence->fact->is_cxx};
}

static int is_folded(const hp_inventory_maker *it, const hp_evidence *evidence) {
    const hp_symbols *symbols = &it->symbols;
    const hp_symbol *symbol = evidence->symbol;
    if ((symbol > symbols->items && symbol[-1].rva == symbol->rva) ||
        (symbol + 1 < symbols->items + symbols->count && symbol[1].rva == symbol->rva) ||
        (evidence->fact != NULL && evidence->fact->is_folded))
        return 1;
    const hp_inventory_entry entry = entry_of(evidence);
    hp_inventory_alias alias;
    for (size_t at = 0; hp_inventory_alias_next(hp_inventory_take_names(it), &entry, &at, &alias);)
        if (hp_inventory_alias_is_folded(&it->facts, &alias))
            return 1;
    return 0;
}

static int is_wanted(const hp_inventory_maker *it, const char *name) {
    return it->options->function_count == 0 ||
           matches_any(name, it->options->functions, it->options->function_count);
}

static HRESULT put(hp_inventory_maker *it, const hp_table_function *function) {
    const char *name = keep(it, function->name);
    if (name == NULL)
        return E_OUTOFMEMORY;
    hp_table_function *added = &it->inventory->functions[it->inventory->count++];
    *added = *function;
    added->name = name;
    return S_OK;
}

/* The next alias as a function of the table. @return 0 at the end */
static int next_alias(const hp_inventory_maker *it, const hp_evidence *evidence, size_t *at, char *bare,
                      char *full, hp_table_function *function) {
    const hp_inventory_entry entry = entry_of(evidence);
    hp_inventory_alias alias;
    while (!evidence->is_folded && hp_inventory_alias_next(hp_inventory_take_names(it), &entry, at, &alias)) {
        if (alias.length > HP_NAME_MAX)
            continue;
        memcpy(bare, alias.name, alias.length);
        bare[alias.length] = '\0';
        const size_t length =
            hp_inventory_name_make(bare, NULL, alias.is_static ? evidence->symbol->file : NULL, full);
        if (length == 0)
            continue;
        function->name = full;
        function->short_length = (uint8_t)length;
        function->is_static = (uint8_t)alias.is_static;
        function->offered = count_exports(it, evidence->symbol->rva, bare) > 0;
        return 1;
    }
    return 0;
}

/* The function and its entry's other names. A call by one of them is a call by all, so each is as good as the
 * others, and a patch under one redirects them all. */
static HRESULT put_all(hp_inventory_maker *it, const hp_evidence *evidence, hp_table_function *function) {
    hp_inventory *inventory = it->inventory;
    hp_table_function alias = *function;
    char bare[HP_NAME_MAX + 1], name[HP_NAME_MAX + 1];
    size_t exports = count_exports(it, function->rva, NULL);
    HRESULT hr = S_OK;
    for (size_t at = 0; SUCCEEDED(hr) && next_alias(it, evidence, &at, bare, name, &alias);) {
        exports -= count_exports(it, function->rva, bare);
        if (!is_wanted(it, name))
            continue;
        hr = put(it, &alias);
        if (SUCCEEDED(hr))
            inventory->aliases[inventory->alias_count++] = inventory->functions[inventory->count - 1].name;
    }
    function->offered = exports > 0;
    if (FAILED(hr))
        return hr;
    return is_wanted(it, function->name) ? put(it, function)
                                         : leave_out(it, function->name, NULL, HP_INVENTORY_FILTERED);
}

static int is_any_wanted(const hp_inventory_maker *it, const hp_evidence *evidence, const char *name) {
    char bare[HP_NAME_MAX + 1], other[HP_NAME_MAX + 1];
    hp_table_function alias;
    int is = is_wanted(it, name);
    for (size_t at = 0; !is && next_alias(it, evidence, &at, bare, other, &alias);)
        is = is_wanted(it, other);
    return is;
}

HRESULT hp_inventory_take_symbol(hp_inventory_maker *it, const hp_symbol *symbol) {
    int is_patchable;
    const hp_marked *mark = find_mark(it, symbol->rva, &is_patchable);
    hp_evidence evidence = {
        .pe = it->pe,
        .coff = &it->coff,
        .symbol = symbol,
        .fact = hp_facts_find(&it->facts, symbol->rva),
        .is_pdb = it->symbols.is_pdb,
        .is_marked = is_patchable,
        .debug_convention = it->symbols.is_pdb && it->pe->arch == HP_ARCH_X86
                                ? hp_types_convention(&it->symbols, symbol)
                                : HP_CONVENTION_CDECL,
    };
    evidence.is_folded = is_folded(it, &evidence);
    const hp_convention convention = hp_inventory_judge_convention(&evidence);
    HRESULT hr = hp_types_describe(&it->symbols, symbol, evidence.fact, convention, it->call);
    if (FAILED(hr))
        return hr;
    char name[HP_NAME_MAX + 1];
    const int is_static = symbol->is_static || (evidence.fact != NULL && !evidence.fact->is_external);
    const size_t short_length = hp_inventory_name_make(
        symbol->name, hp_inventory_judge_is_cxx(&evidence) ? it->call->parameters : NULL,
        is_static ? symbol->file : NULL, name);
    if (short_length == 0) {
        return leave_unnamed(it, symbol->name);
    }
    if (!is_any_wanted(it, &evidence, name))
        return leave_out(it, name, NULL, HP_INVENTORY_FILTERED);
    hp_table_function function = {
        .name = name,
        .file = symbol->file != NULL ? keep(it, symbol->file) : NULL,
        .rva = symbol->rva,
        .size = symbol->size,
        .line = symbol->line,
        .short_length = (uint8_t)short_length,
        .compiler = compiler_of(it, evidence.fact),
        .convention = (uint8_t)convention,
        .is_static = (uint8_t)is_static,
    };
    if (symbol->file != NULL && function.file == NULL)
        return E_OUTOFMEMORY;
    hp_inventory_judge_code(&evidence, &function);
    if (it->call->result == HP_E_CLONE && !is_patchable)
        function.patchable = HP_E_CLONE;
    hr = take_signature(it, mark, evidence.fact, &function);
    return SUCCEEDED(hr) ? put_all(it, &evidence, &function) : hr;
}

HRESULT hp_inventory_take_ghost(hp_inventory_maker *it, const hp_fact *fact) {
    char path[HP_SOURCE_PATH], name[HP_NAME_MAX + 1];
    const hp_sources sources = {it->options->source_count, it->options->sources};
    const char *file = hp_source_own(&sources, fact->file, path);
    const uint32_t rva =
        file != NULL && fact->is_gone ? hp_inventory_alias_place(&it->coff, &it->facts, fact) : 0;
    if (fact->is_gone && rva == 0)
        return S_OK;
    if (file == NULL)
        return leave_out(it, fact->name, fact->file != NULL ? fact->file : "", HP_INVENTORY_FOREIGN);
    const size_t short_length =
        hp_inventory_name_make(fact->name, NULL, fact->is_external ? NULL : file, name);
    if (short_length == 0) {
        return leave_unnamed(it, fact->name);
    }
    if (!is_wanted(it, name))
        return leave_out(it, name, NULL, HP_INVENTORY_FILTERED);
    const hp_table_function function = {
        .name = name,
        .file = keep(it, file),
        .rva = rva,
        .line = fact->line,
        .short_length = (uint8_t)short_length,
        .compiler = compiler_of(it, fact),
        .patchable = fact->is_gone ? HP_E_ADDRESS_SHARED : HP_E_INLINED,
        .callable = HP_E_SIGNATURE_UNKNOWN,
        .signature = "it has no code of its own",
        .is_static = !fact->is_external,
    };
    return function.file != NULL ? put(it, &function) : E_OUTOFMEMORY;
}
