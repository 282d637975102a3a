#include "tools/debug/facts_dwarf.h"

#include <stdio.h>

/* Real chains have two or three links, of types some more; what is longer goes round in circles. */
enum { CHAIN_MAX = 16, TYPES_MAX = 64, SCOPES_MAX = 64 };

/* References that are followed: real programs need some three for each node or inlined copy.
 * Without a limit many functions that share one long chain would keep a reader busy for hours. */
enum { STEPS_PER_NODE = 32, STEPS_LEAST = 100000 };

typedef struct resolver {
    hp_dwarf *dwarf;
    hp_facts_list *list;
    hp_dwarf_files files;
    char name[HP_FACTS_TEXT_MAX + 1], file[HP_FACTS_TEXT_MAX + 1];
} resolver;

/* NULL, too, when there were too many references: see STEPS_PER_NODE. */
static hp_dwarf_node *find(hp_dwarf *dwarf, uint32_t offset) {
    if (offset == HP_DWARF_NONE || !dwarf->steps)
        return NULL;
    dwarf->steps--;
    return hp_facts_dwarf_node_find(dwarf, offset);
}

/* From a concrete instance to the function that it is one of (3.3.8); NULL if that goes nowhere. */
static hp_dwarf_node *function_of(hp_dwarf *dwarf, hp_dwarf_node *node) {
    for (unsigned i = 0; i < CHAIN_MAX && node && node->tag == HP_DW_SUBPROGRAM; i++) {
        if (node->origin == HP_DWARF_NONE)
            return node;
        node = find(dwarf, node->origin);
    }
    return NULL;
}

/* The declaration inside of a class or namespace that an entry completes; NULL if there is none. */
static hp_dwarf_node *declaration_of(hp_dwarf *dwarf, const hp_dwarf_node *node) {
    hp_dwarf_node *found = find(dwarf, node->specification);
    return found && found->tag == node->tag ? found : NULL;
}

static const hp_dwarf_node *past_qualifiers(hp_dwarf *dwarf, uint32_t type, int *is_const) {
    const hp_dwarf_node *node = find(dwarf, type);
    for (unsigned i = 0; i < TYPES_MAX && node; i++) {
        if (node->tag == HP_DW_CONST)
            *is_const = 1;
        else if (node->tag != HP_DW_TYPEDEF && node->tag != HP_DW_VOLATILE && node->tag != HP_DW_RESTRICT &&
                 node->tag != HP_DW_ATOMIC)
            return node;
        node = find(dwarf, node->type);
    }
    return NULL;
}

static void take_parameter(hp_dwarf *dwarf, const hp_dwarf_node *parameter, hp_fact *fact) {
    const hp_dwarf_node *typed = parameter;
    for (unsigned i = 0; i < CHAIN_MAX && typed && typed->type == HP_DWARF_NONE; i++)
        typed = find(dwarf, typed->origin);
    int ignored = 0, is_const = 0;
    const hp_dwarf_node *pointer = typed ? past_qualifiers(dwarf, typed->type, &ignored) : NULL;
    if (pointer && (pointer->tag == HP_DW_POINTER || pointer->tag == HP_DW_REFERENCE ||
                    pointer->tag == HP_DW_RVALUE_REFERENCE)) {
        past_qualifiers(dwarf, pointer->type, &is_const);
        if (is_const)
            fact->const_behind |= (uint32_t)1 << fact->parameters;
        if (pointer->tag != HP_DW_POINTER)
            fact->reference |= (uint32_t)1 << fact->parameters;
    }
    fact->parameters++;
}

/* `this` is artificial, and so are other parameters of constructors. */
static int is_object(hp_dwarf *dwarf, const hp_dwarf_node *parameter) {
    const char *name = parameter->name;
    uint16_t flags = parameter->flags;
    const hp_dwarf_node *origin = parameter;
    for (unsigned i = 0; i < CHAIN_MAX && !name && (origin = find(dwarf, origin->origin)) != NULL; i++) {
        name = origin->name;
        flags |= origin->flags;
    }
    return (flags & HP_DWARF_ARTIFICIAL) && (!name || strcmp(name, "this") == 0);
}

/* The function's own parameters, or those of its declaration. */
static void take_parameters(hp_dwarf *dwarf, const hp_dwarf_node *function, const hp_dwarf_node *declaration,
                            hp_fact *fact) {
    const hp_dwarf_node *source = function;
    if (function->first == HP_DWARF_NONE && !(function->flags & HP_DWARF_VARIADIC) && declaration)
        source = declaration;
    fact->is_variadic = (source->flags & HP_DWARF_VARIADIC) != 0;
    fact->has_object =
        (function->flags & HP_DWARF_OBJECT) != 0 || (declaration && declaration->flags & HP_DWARF_OBJECT);
    if (source->first != HP_DWARF_NONE && is_object(dwarf, &dwarf->nodes[source->first]))
        fact->has_object = 1;
    for (uint32_t i = source->first; i != HP_DWARF_NONE && fact->parameters < HP_FACT_PARAMETERS;
         i = dwarf->nodes[i].next)
        take_parameter(dwarf, &dwarf->nodes[i], fact);
}

/* "acme::score::add": scopes around the declaration. Those without a name are left out, as dbghelp does.
 * It is written from the end of the buffer to the front. @return NULL if there is no name, or too much of
 * it */
static const char *name_of(resolver *work, const hp_dwarf_node *function, const hp_dwarf_node *declaration) {
    hp_dwarf *dwarf = work->dwarf;
    const hp_dwarf_node *node = declaration ? declaration : function;
    const char *part = function->name ? function->name : node->name;
    char *at = work->name + HP_FACTS_TEXT_MAX;
    *at = 0;
    if (!part)
        return NULL;
    for (unsigned i = 0; i < SCOPES_MAX; i++) {
        if (part) {
            const size_t room = (size_t)(at - work->name);
            const size_t size = strnlen(part, HP_FACTS_TEXT_MAX + 1), colons = *at ? 2 : 0;
            if (size + colons > room)
                return NULL;
            at -= colons;
            memcpy(at, "::", colons);
            at -= size;
            memcpy(at, part, size);
        }
        if (node->scope == HP_DWARF_NONE)
            return at;
        const hp_dwarf_node *scope = &dwarf->nodes[node->scope];
        const hp_dwarf_node *declared = declaration_of(dwarf, scope);
        part = scope->tag == HP_DW_SUBPROGRAM ? NULL : scope->name;
        if (!part && declared && scope->tag != HP_DW_SUBPROGRAM)
            part = declared->name;
        node = declared ? declared : scope;
    }
    return NULL;
}

static HRESULT add(resolver *work, hp_fact *fact, const hp_dwarf_node *function) {
    hp_dwarf *dwarf = work->dwarf;
    const hp_dwarf_node *declaration = declaration_of(dwarf, function);
    const hp_dwarf_unit *unit = &dwarf->units[function->unit];
    fact->is_cxx = unit->is_cxx;
    const unsigned flags = function->flags | (declaration ? declaration->flags : 0u);
    fact->is_external = (flags & HP_DWARF_EXTERNAL) != 0;
    take_parameters(dwarf, function, declaration, fact);
    // Of C++ and of assembler it is not said; what refers to an unknown function says nothing of itself.
    fact->is_unprototyped = !unit->is_cxx && fact->parameters > 0 && !(flags & HP_DWARF_PROTOTYPED) &&
                            function->origin == HP_DWARF_NONE;

    const hp_dwarf_node *filed = function->file || !declaration ? function : declaration;
    fact->line = function->line || !declaration ? function->line : declaration->line;
    HRESULT hr =
        hp_facts_dwarf_line_file(dwarf, &work->files, &dwarf->units[filed->unit], filed->file, work->file);
    if (hr != S_OK)
        return hr;
    const char *name = name_of(work, function, declaration);
    if (!name && !fact->rva)
        return S_OK;
    hr = hp_facts_list_add(work->list, fact, name, work->file[0] ? work->file : NULL);
    return hr == HP_E_DEBUG_INFO ? hp_facts_dwarf_damaged(work->dwarf, "the DWARF has too many names") : hr;
}

static HRESULT add_coded(resolver *work, hp_dwarf_node *node) {
    hp_dwarf *dwarf = work->dwarf;
    const hp_dwarf_node *function = function_of(dwarf, node);
    const hp_dwarf_unit *unit = &dwarf->units[node->unit];
    hp_fact fact = {.rva = node->rva,
                    .compiler = unit->compiler,
                    .is_free = unit->is_free,
                    .is_guarded = unit->is_guarded};
    if (!function)
        function = node;
    fact.inlined = function->inlined;
    fact.is_free &= dwarf->units[function->unit].is_free;
    fact.is_guarded &= dwarf->units[function->unit].is_guarded;
    return add(work, &fact, function);
}

/* A definition that no code comes from. */
static HRESULT add_codeless(resolver *work, const hp_dwarf_node *function) {
    if ((function->flags & (HP_DWARF_CODE | HP_DWARF_DECLARATION)) || function->origin != HP_DWARF_NONE)
        return S_OK;
    if (!function->inlined && (function->flags & HP_DWARF_INSTANCE))
        return S_OK;
    const hp_dwarf_unit *unit = &work->dwarf->units[function->unit];
    hp_fact fact = {.compiler = unit->compiler,
                    .is_free = unit->is_free,
                    .inlined = function->inlined,
                    .is_gone = !function->inlined && !(function->flags & HP_DWARF_INLINE)};
    return add(work, &fact, function);
}

/* Count copies and mark what has instances, so that the rest is known to have no code. */
static void mark(hp_dwarf *dwarf) {
    for (size_t i = 0; i < dwarf->copy_count; i++) {
        hp_dwarf_node *function = function_of(dwarf, find(dwarf, dwarf->copies[i]));
        if (function)
            function->inlined++;
    }
    for (size_t i = 0; i < dwarf->node_count; i++) {
        hp_dwarf_node *node = &dwarf->nodes[i];
        if (node->tag != HP_DW_SUBPROGRAM || !(node->flags & HP_DWARF_INSTANCE))
            continue;
        hp_dwarf_node *function = function_of(dwarf, node);
        if (function)
            function->flags |= node->flags & (HP_DWARF_CODE | HP_DWARF_INSTANCE);
    }
}

static HRESULT add_enum(resolver *work, const hp_dwarf_node *node) {
    enum { ATE_SIGNED = 5, ATE_SIGNED_CHAR, ATE_UNSIGNED, ATE_UNSIGNED_CHAR }; // 7.8
    if (node->encoding < ATE_SIGNED || node->encoding > ATE_UNSIGNED_CHAR)
        return S_OK;
    return hp_facts_enum_add(work->list, node->name, node->size, node->encoding >= ATE_UNSIGNED);
}

HRESULT hp_facts_dwarf_resolve(hp_dwarf *dwarf, hp_facts_list *list) {
    resolver work = {.dwarf = dwarf, .list = list};
    work.files.budget = 64 * (uint64_t)dwarf->sections->line.size;
    dwarf->steps = STEPS_PER_NODE * ((uint64_t)dwarf->node_count + dwarf->copy_count) + STEPS_LEAST;
    mark(dwarf);
    HRESULT hr = S_OK;
    for (size_t i = 0; i < dwarf->node_count && dwarf->steps && hr == S_OK; i++) {
        hp_dwarf_node *node = &dwarf->nodes[i];
        if (node->tag == HP_DW_ENUM)
            hr = add_enum(&work, node);
        if (node->tag != HP_DW_SUBPROGRAM)
            continue;
        if (node->rva)
            hr = add_coded(&work, node);
        else
            hr = add_codeless(&work, node);
    }
    hp_facts_dwarf_line_free(&work.files);
    if (hr == S_OK && !dwarf->steps)
        hr = hp_facts_dwarf_damaged(dwarf, "the entries of the DWARF refer to each other without end");
    return hr;
}
