#include "tools/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "hotpatch/function.h"
#include "tools/debugfile.h"
#include "tools/inventory_choose.h"
#include "tools/inventory_judge.h"
#include "tools/inventory_name.h"
#include "tools/select.h"
#include "tools/source.h"
#include "tools/types.h"

/** Everything that is read while an inventory is made. */
typedef struct maker {
    const hp_pe *pe;
    const hp_inventory_options *options;
    hp_inventory *inventory;
    hp_trouble *trouble;
    hp_facts facts;
    hp_symbols symbols;
    hp_coff coff;
    hp_marked *marks;
    size_t mark_count;
    hp_types_call *call; /* scratch */
} maker;

static HRESULT read_marks(maker *it) {
    hp_marked mark;
    size_t at = 0, count = 0;
    HRESULT hr;
    while ((hr = hp_marked_next(it->pe, &at, &mark)) == S_OK)
        count++;
    if (FAILED(hr))
        return hp_trouble_set(it->trouble, hr, ".hpfn", "the entry that ends at offset %zu", at);
    it->marks = calloc(count + 1, sizeof *it->marks);
    if (it->marks == NULL)
        return E_OUTOFMEMORY;
    at = 0;
    while (it->mark_count < count && hp_marked_next(it->pe, &at, &it->marks[it->mark_count]) == S_OK)
        it->mark_count++;
    return S_OK;
}

/* The programmer's word for the function at this RVA: his export entry if there is one. */
static const hp_marked *find_mark(const maker *it, uint32_t rva, int *is_patchable) {
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

static char *keep(maker *it, const char *text) {
    return hp_arena_copy(&it->inventory->texts, text, strlen(text));
}

static int matches_any(const char *name, const char *const *patterns, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hp_select_matches(name, patterns[i]))
            return 1;
    return 0;
}

static void leave_out(maker *it, const char *name) {
    if (it->inventory->unnamed++ == 0)
        strncpy(it->inventory->unnamed_example, name, sizeof it->inventory->unnamed_example - 1);
}

/* What he wrote counts, if it fits what the compiler saw. */
static HRESULT take_written(maker *it, const hp_marked *mark, const hp_fact *fact,
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

static HRESULT take_signature(maker *it, const hp_marked *mark, const hp_fact *fact,
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

static uint8_t compiler_of(const maker *it, const hp_fact *fact) {
    if (fact != NULL && fact->compiler != 0)
        return fact->compiler;
    return it->symbols.is_pdb ? HP_COMPILER_MSVC : HP_COMPILER_GNU;
}

static int is_folded(const hp_symbols *symbols, const hp_symbol *symbol) {
    return (symbol > symbols->items && symbol[-1].rva == symbol->rva) ||
           (symbol + 1 < symbols->items + symbols->count && symbol[1].rva == symbol->rva);
}

static HRESULT take_symbol(maker *it, const hp_symbol *symbol) {
    hp_inventory *inventory = it->inventory;
    int is_patchable;
    const hp_marked *mark = find_mark(it, symbol->rva, &is_patchable);
    hp_evidence evidence = {
        .pe = it->pe,
        .coff = &it->coff,
        .symbol = symbol,
        .fact = hp_facts_find(&it->facts, symbol->rva),
        .is_pdb = it->symbols.is_pdb,
        .is_folded = is_folded(&it->symbols, symbol),
        .is_marked = is_patchable,
        .debug_convention = it->symbols.is_pdb && it->pe->arch == HP_ARCH_X86
                                ? hp_types_convention(&it->symbols, symbol)
                                : HP_CONVENTION_CDECL,
    };
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
        leave_out(it, symbol->name);
        return S_OK;
    }
    if (it->options->function_count > 0 &&
        !matches_any(name, it->options->functions, it->options->function_count))
        return S_OK;
    hp_table_function *function = &inventory->functions[inventory->count];
    *function = (hp_table_function){
        .name = keep(it, name),
        .file = symbol->file != NULL ? keep(it, symbol->file) : NULL,
        .rva = symbol->rva,
        .size = symbol->size,
        .line = symbol->line,
        .short_length = (uint8_t)short_length,
        .compiler = compiler_of(it, evidence.fact),
        .convention = (uint8_t)convention,
        .offered = mark != NULL,
        .is_static = (uint8_t)is_static,
    };
    if (function->name == NULL || (symbol->file != NULL && function->file == NULL))
        return E_OUTOFMEMORY;
    hp_inventory_judge_code(&evidence, function);
    if (it->call->result == HP_E_CLONE && !is_patchable)
        function->patchable = HP_E_CLONE;
    inventory->count++;
    return take_signature(it, mark, evidence.fact, function);
}

/* A function that is nowhere but in its callers. */
static HRESULT take_ghost(maker *it, const hp_fact *fact) {
    char path[HP_SOURCE_PATH], name[HP_NAME_MAX + 1];
    const hp_sources sources = {it->options->source_count, it->options->sources};
    const char *file = hp_source_own(&sources, fact->file, path);
    if (file == NULL)
        return S_OK;
    const size_t short_length =
        hp_inventory_name_make(fact->name, NULL, fact->is_external ? NULL : file, name);
    if (short_length == 0) {
        leave_out(it, fact->name);
        return S_OK;
    }
    if (it->options->function_count > 0 &&
        !matches_any(name, it->options->functions, it->options->function_count))
        return S_OK;
    hp_table_function *function = &it->inventory->functions[it->inventory->count];
    *function = (hp_table_function){
        .name = keep(it, name),
        .file = keep(it, file),
        .line = fact->line,
        .short_length = (uint8_t)short_length,
        .compiler = compiler_of(it, fact),
        .patchable = HP_E_INLINED,
        .callable = HP_E_SIGNATURE_UNKNOWN,
        .signature = "it has no code of its own",
        .is_static = !fact->is_external,
    };
    if (function->name == NULL || function->file == NULL)
        return E_OUTOFMEMORY;
    it->inventory->count++;
    return S_OK;
}

static HRESULT take_all(maker *it) {
    const size_t ghosts = it->facts.count - it->facts.with_code;
    it->inventory->functions = calloc(it->symbols.count + ghosts + 1, sizeof *it->inventory->functions);
    it->call = malloc(sizeof *it->call);
    if (it->inventory->functions == NULL || it->call == NULL)
        return E_OUTOFMEMORY;
    HRESULT hr = S_OK;
    for (size_t i = 0; i < it->symbols.count && SUCCEEDED(hr); i++)
        hr = take_symbol(it, &it->symbols.items[i]);
    for (size_t i = it->facts.with_code; i < it->facts.count && SUCCEEDED(hr); i++)
        hr = take_ghost(it, &it->facts.items[i]);
    if (SUCCEEDED(hr))
        hp_inventory_choose_one_each(it->inventory);
    it->inventory->seen = it->symbols.seen;
    return hr;
}

HRESULT hp_inventory_make(const wchar_t *path, const hp_pe *pe, const hp_inventory_options *options,
                          hp_inventory *inventory, hp_trouble *trouble) {
    *inventory = (hp_inventory){0};
    maker it = {.pe = pe, .options = options, .inventory = inventory, .trouble = trouble};
    const hp_sources sources = {options->source_count, options->sources};
    HRESULT hr = hp_debugfile_facts(path, pe, &it.facts, trouble);
    if (SUCCEEDED(hr))
        hr = hp_symbols_open(path, pe->arch, &sources, &it.facts, &it.symbols, trouble);
    if (SUCCEEDED(hr))
        hr = hp_coff_open(pe, &it.coff);
    if (SUCCEEDED(hr))
        hr = read_marks(&it);
    if (SUCCEEDED(hr))
        hr = take_all(&it);
    if (SUCCEEDED(hr))
        hr = hp_inventory_choose_offers(inventory, options, trouble);
    free(it.call);
    free(it.marks);
    hp_coff_free(&it.coff);
    hp_symbols_close(&it.symbols);
    hp_facts_free(&it.facts);
    if (FAILED(hr)) {
        hp_inventory_free(inventory);
        hp_trouble_set(trouble, hr, NULL, NULL); /* unless somebody said more */
    }
    return hr;
}

void hp_inventory_free(hp_inventory *inventory) {
    free(inventory->functions);
    hp_arena_free(&inventory->texts);
    *inventory = (hp_inventory){0};
}
