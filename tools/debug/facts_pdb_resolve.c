#include "tools/debug/facts_pdb.h"

#include <stdlib.h>

/* By type and name: that is how a copy's id and a procedure are known to be one function. */
static int by_identity(const void *left, const void *right) {
    const hp_pdb_procedure *a = left, *b = right;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int by_source(const void *left, const void *right) {
    const hp_pdb_inlinee *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

/* Those of one function by module, so that a module is found in them. */
static int by_source_and_module(const void *left, const void *right) {
    const hp_pdb_inlinee *a = left, *b = right;
    const int order = by_source(a, b);
    return order ? order : (a->module > b->module) - (a->module < b->module);
}

static int by_module(const void *left, const void *right) {
    const hp_pdb_inlinee *a = left, *b = right;
    return (a->module > b->module) - (a->module < b->module);
}

static uint32_t sum(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* The first procedure that is not less than this one. */
static size_t lower_bound(const hp_pdb *pdb, const hp_pdb_procedure *key) {
    size_t low = 0, high = pdb->procedure_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_identity(&pdb->procedures[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Give the copies to the procedures of this name: exactly this, or, if length is not 0, this many bytes of it
 * (ids of template functions have no arguments: "twice" where the procedure is "twice<int>"). A static
 * function of another module is another function. @return how many procedures there are */
static size_t give(hp_pdb *pdb, const hp_pdb_procedure *key, size_t length, const hp_pdb_inlinee *inlinees,
                   size_t count, uint32_t copies) {
    size_t given = 0;
    for (size_t i = lower_bound(pdb, key); i < pdb->procedure_count; i++) {
        hp_pdb_procedure *procedure = &pdb->procedures[i];
        if (procedure->type != key->type || (length ? strncmp(procedure->name, key->name, length) != 0
                                                    : strcmp(procedure->name, key->name) != 0))
            break;
        if (!pdb->steps)
            break;
        pdb->steps--;
        const hp_pdb_inlinee own = {.module = procedure->module};
        if (!procedure->is_external && !bsearch(&own, inlinees, count, sizeof own, by_module))
            continue;
        procedure->inlined = sum(procedure->inlined, copies);
        given++;
    }
    return given;
}

/* Copies of one function, from one or more modules. */
static HRESULT resolve_inlinee(hp_pdb *pdb, hp_facts_list *list, const hp_pdb_inlinee *inlinees,
                               size_t count) {
    char name[HP_FACTS_TEXT_MAX + 2];
    if (!hp_facts_pdb_type_name(pdb, inlinees->id, name))
        return S_OK;
    hp_fact fact = {.line = inlinees->line, .compiler = inlinees->compiler, .is_cxx = inlinees->is_cxx};
    for (size_t i = 0; i < count; i++)
        fact.inlined = sum(fact.inlined, inlinees[i].copies);
    hp_pdb_procedure key = {.type = hp_facts_pdb_type_of_id(pdb, inlinees->id), .name = name};
    size_t given = give(pdb, &key, 0, inlinees, count, fact.inlined);
    const size_t length = strlen(name);
    memcpy(name + length, "<", 2);
    given += give(pdb, &key, length + 1, inlinees, count, fact.inlined);
    name[length] = 0;
    if (given)
        return S_OK;
    hp_facts_pdb_type_describe(pdb, key.type, &fact);
    const char *file = inlinees->file == HP_PDB_NONE ? NULL : (const char *)pdb->names.at + inlinees->file;
    if (file && strnlen(file, HP_FACTS_TEXT_MAX + 1) > HP_FACTS_TEXT_MAX)
        file = NULL;
    return hp_facts_list_add(list, &fact, name, file);
}

HRESULT hp_facts_pdb_resolve(hp_pdb *pdb, hp_facts_list *list) {
    if (pdb->procedure_count)
        qsort(pdb->procedures, pdb->procedure_count, sizeof *pdb->procedures, by_identity);
    if (pdb->inlinee_count)
        qsort(pdb->inlinees, pdb->inlinee_count, sizeof *pdb->inlinees, by_source_and_module);
    pdb->steps = 100u * 1000 * 1000;
    list->one_each = 1; // the linker keeps what is said of the one copy of an inline function that it keeps
    HRESULT hr = S_OK;
    for (size_t i = 0, end; i < pdb->inlinee_count && hr == S_OK; i = end) {
        for (end = i + 1; end < pdb->inlinee_count; end++)
            if (by_source(&pdb->inlinees[i], &pdb->inlinees[end]) != 0)
                break;
        hr = resolve_inlinee(pdb, list, &pdb->inlinees[i], end - i);
    }
    if (hr == S_OK && !pdb->steps)
        hr = hp_facts_pdb_damaged(pdb, "the PDB has one function too often");
    for (size_t i = 0; i < pdb->procedure_count && hr == S_OK; i++) {
        const hp_pdb_procedure *procedure = &pdb->procedures[i];
        hp_fact fact = {.rva = procedure->rva,
                        .inlined = procedure->inlined,
                        .compiler = procedure->compiler,
                        .is_cxx = procedure->is_cxx,
                        .is_external = procedure->is_external,
                        .is_free = procedure->is_free,
                        .is_guarded = procedure->is_free || procedure->compiler == HP_COMPILER_MSVC};
        hp_facts_pdb_type_describe(pdb, procedure->type, &fact);
        const int fits = strnlen(procedure->name, HP_FACTS_TEXT_MAX + 1) <= HP_FACTS_TEXT_MAX;
        hr = hp_facts_list_add(list, &fact, fits ? procedure->name : NULL, NULL);
    }
    return hr == HP_E_DEBUG_INFO && !pdb->reason ? hp_facts_pdb_damaged(pdb, "the PDB has too many names")
                                                 : hr;
}
