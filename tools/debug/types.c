#include "tools/debug/symbols_ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/text.h"
#include "proxygen/signature.h"
#include "tools/debug/types.h"
#include "tools/debug/types_shape.h"

/** A function while it is described. */
typedef struct description {
    hp_symbols *symbols;
    const hp_fact *fact; /* may be NULL */
    hp_types_list list;
    uint32_t call_kind; /* what dbghelp says of the convention; right for PDBs only */
    hp_types_call *call;
} description;

enum { CV_NEAR_C = 0, CV_NEAR_FAST = 4, CV_NEAR_STD = 7, CV_THISCALL = 11 }; // cvconst.h, CV_call_e

/** Why there is no signature; the first reason is kept. */
HP_PRINTF(3, 4) static void refuse(description *it, HRESULT result, const char *format, ...) {
    if (FAILED(it->call->result))
        return;
    it->call->result = result;
    va_list arguments;
    va_start(arguments, format);
    hp_text_format(it->call->reason, sizeof it->call->reason, format, arguments);
    va_end(arguments);
}

/** "parameter 2, data: ..." */
static void refuse_parameter(description *it, uint32_t index, HRESULT result, const char *reason) {
    const char *name = it->list.name[index];
    refuse(it, result, "parameter %u%s%s: %s", (unsigned)index + 1, name ? ", " : "", name ? name : "",
           reason);
}

/** Why a type is no value, with the member that spoils it. */
static void say_why(const hp_types_node *node, char *text, size_t capacity) {
    if (node->where)
        snprintf(text, capacity, "structure %s, member %s: %s", node->tag ? node->tag : "without a tag",
                 node->where, node->error);
    else if (node->kind == HP_TYPES_STRUCTURE)
        snprintf(text, capacity, "structure %s: %s", node->tag ? node->tag : "without a tag", node->error);
    else
        snprintf(text, capacity, "%s", node->error ? node->error : "no type that a signature has");
}

static HRESULT code_of(const hp_types_node *node) {
    return node->too_long ? HP_E_SIGNATURE_LIMIT : HP_E_SIGNATURE_UNKNOWN;
}

/**
 * dbghelp does not tell the constructors of a C++ structure. One that has its own may travel as a pointer
 * where another would travel in registers.
 */
static int is_value(const description *it, const hp_types_node *node, char *why, size_t capacity) {
    if (!node->is_value)
        say_why(node, why, capacity);
    else if (node->kind == HP_TYPES_STRUCTURE && it->fact && it->fact->is_cxx)
        snprintf(why, capacity,
                 "structure %s by value in C++: the types do not say whether it has constructors of its own",
                 node->tag ? node->tag : "without a tag");
    else
        return 1;
    return 0;
}

/** More than one element: dbghelp does not tell all dimensions. */
static int points_to_array(const description *it, uint32_t index) {
    const hp_types_node *pointer = hp_types_node_get(it->symbols, it->list.type[index]);
    return pointer->kind == HP_TYPES_POINTER &&
           hp_types_node_get(it->symbols, pointer->target)->kind == HP_TYPES_ARRAY;
}

/** A parameter that points to memory. */
static void write_pointer(description *it, uint32_t index, const hp_types_node *target, unsigned stars,
                          hp_types_text *text) {
    const hp_fact *fact = it->fact;
    int is_const = fact && index < HP_FACT_PARAMETERS && (fact->const_behind >> index & 1);
    int is_reference = fact && index < HP_FACT_PARAMETERS && (fact->reference >> index & 1);
    int is_object = it->list.has_object && index == 0;
    char why[200];
    if (points_to_array(it, index)) {
        refuse_parameter(it, index, HP_E_SIGNATURE_UNKNOWN, "a pointer to an array, or a reference to one");
    } else if (stars == 1 && target->is_token) {
        hp_types_text_add(text, "handle");
    } else if (stars == 1 && target->kind == HP_TYPES_STRUCTURE && target->is_value) {
        hp_types_text_add(text, "%s ", is_const ? "in" : "inout");
        hp_types_node_write(target, text);
        hp_types_text_add(text, "*");
    } else if (stars == 1 && target->kind == HP_TYPES_STRUCTURE) {
        say_why(target, why, sizeof why);
        refuse_parameter(it, index, code_of(target), why);
    } else if (stars == 1 && is_reference && target->is_value) { // of one: also of a character
        hp_types_text_add(text, "%s ", is_const ? "in" : "inout");
        hp_types_node_write(target, text);
        hp_types_text_add(text, "*");
    } else if (stars == 1 && target->is_char && is_const && !is_object) {
        hp_types_text_add(text, target->is_char == 2 ? "in wstr" : "in str");
    } else if (stars == 1 && target->is_char && fact) {
        refuse_parameter(it, index, HP_E_SIGNATURE_UNKNOWN,
                         "characters that may be written: the types do not say how many there is room for");
    } else {
        refuse_parameter(it, index, HP_E_SIGNATURE_UNKNOWN,
                         "the types do not say how much memory is behind this pointer");
    }
}

static void write_parameter(description *it, uint32_t index, hp_types_text *text) {
    unsigned stars;
    const hp_types_node *node = hp_types_shape_target(it->symbols, it->list.type[index], &stars);
    const char *name = it->list.name[index];
    char why[200];
    hp_types_text_add(text, "%s", index ? "," : "");
    if (stars > 0)
        write_pointer(it, index, node, stars, text);
    else if (is_value(it, node, why, sizeof why))
        hp_types_node_write(node, text);
    else
        refuse_parameter(it, index, code_of(node), why);
    hp_types_text_add(text, "%s%s", name ? " " : "", name ? name : "");
}

static void write_result(description *it, hp_types_text *text) {
    unsigned stars;
    const hp_types_node *node = hp_types_shape_target(it->symbols, it->list.result, &stars);
    char why[200];
    if (stars == 0 && node->kind == HP_TYPES_VOID)
        hp_types_text_add(text, "void");
    else if (stars == 1 && node->is_token)
        hp_types_text_add(text, "handle");
    else if (stars > 0)
        refuse(it, HP_E_SIGNATURE_RETURN_POINTER, "the result is a pointer");
    else if (!is_value(it, node, why, sizeof why))
        refuse(it, code_of(node), "the result: %s", why);
    else if (node->kind == HP_TYPES_STRUCTURE && it->list.has_object)
        refuse(it, HP_E_SIGNATURE_UNKNOWN, "a method that returns a structure: compilers differ about how");
    else
        hp_types_node_write(node, text);
}

/** On x86 signatures have a word for each of them; on x64 they are one. */
static int is_near_call(uint32_t kind) {
    return kind == CV_NEAR_C || kind == CV_NEAR_FAST || kind == CV_NEAR_STD || kind == CV_THISCALL;
}

/** What speaks against a signature before any type is looked at. */
static void check_list(description *it) {
    const hp_types_list *list = &it->list;
    const hp_fact *fact = it->fact;
    if (!list->known)
        refuse(it, HP_E_SIGNATURE_UNKNOWN, "the debug information gives the function no type");
    else if (list->too_many)
        refuse(it, HP_E_SIGNATURE_LIMIT, "more than 32 parameters");
    else if (it->symbols->is_pdb && !is_near_call(it->call_kind))
        refuse(it, HP_E_SIGNATURE_CONVENTION,
               "its calling convention is one that no signature has (CV_call %u)", (unsigned)it->call_kind);
    else if (fact && fact->is_unprototyped)
        refuse(it, HP_E_SIGNATURE_UNKNOWN, "it has no prototype: callers pass promoted arguments");
    else if (!list->agrees && !(fact && fact->is_free))
        refuse(it, HP_E_CLONE, "its type has %u parameters, its code has %u", (unsigned)list->count,
               (unsigned)list->named);
    else if (list->is_variadic)
        refuse(it, HP_E_SIGNATURE_UNKNOWN, "\"...\": the types do not say which arguments follow");
    else if (fact && !it->symbols->is_pdb && list->count <= HP_FACT_PARAMETERS &&
             fact->parameters != list->count)
        refuse(it, HP_E_SIGNATURE_UNKNOWN,
               "dbghelp tells %u of its %u parameters: give every one of them a name", (unsigned)list->count,
               (unsigned)fact->parameters);
    else if (list->has_object && (list->count == 0 || (it->symbols->is_pdb && !list->agrees)))
        refuse(it, HP_E_SIGNATURE_UNKNOWN, "a method, and the types do not say of which class");
}

static void make_signature(description *it, hp_convention convention) {
    hp_types_text text = {0};
    check_list(it);
    if (SUCCEEDED(it->call->result)) {
        hp_types_text_add(&text, "%s", hp_types_shape_convention(it->symbols, convention));
        write_result(it, &text);
        hp_types_text_add(&text, "(");
        for (uint32_t i = 0; i < it->list.count; i++)
            write_parameter(it, i, &text);
        hp_types_text_add(&text, ")");
    }
    if (SUCCEEDED(it->call->result) && text.length > HP_SIGNATURE_MAX)
        refuse(it, HP_E_SIGNATURE_LIMIT, "its signature would be longer than 4096 bytes");
    if (SUCCEEDED(it->call->result) && !text.failed) {
        hp_signature signature;
        hp_signature_error error;
        HRESULT hr = hp_signature_parse(text.at, it->symbols->arch, &signature, &error);
        if (FAILED(hr))
            refuse(it, hr, "%.40s: %s", text.at + (error.position < text.length ? error.position : 0),
                   error.reason);
        else
            memcpy(it->call->signature, text.at, text.length + 1);
    }
    hp_types_text_free(&text);
}

HRESULT hp_types_describe(hp_symbols *symbols, const hp_symbol *symbol, const hp_fact *fact,
                          hp_convention convention, hp_types_call *call) {
    call->result = S_OK;
    call->signature[0] = call->reason[0] = call->shape[0] = call->parameters[0] = '\0';
    hp_types_node_set_c(symbols->types, fact && !fact->is_cxx);
    description it = {.symbols = symbols, .fact = fact, .call = call};
    hp_types_list_read(symbols, symbol, fact, &it.list);
    if (symbols->is_pdb)
        it.call_kind = hp_symbols_ask(symbols, symbol->type, TI_GET_CALLING_CONVENTION, CV_NEAR_C);
    hp_types_shape_make(symbols, &it.list, convention, call);
    hp_types_shape_parameters(symbols, &it.list, fact, call);
    make_signature(&it, convention);
    hp_types_list_free(&it.list);
    return hp_types_node_failed(symbols->types) || !call->shape[0] || !call->parameters[0] ? E_OUTOFMEMORY
                                                                                           : S_OK;
}

hp_convention hp_types_convention(hp_symbols *symbols, const hp_symbol *symbol) {
    switch (hp_symbols_ask(symbols, symbol->type, TI_GET_CALLING_CONVENTION, CV_NEAR_C)) {
    case CV_NEAR_FAST:
        return HP_CONVENTION_FASTCALL;
    case CV_NEAR_STD:
        return HP_CONVENTION_STDCALL;
    case CV_THISCALL:
        return HP_CONVENTION_THISCALL;
    default:
        return HP_CONVENTION_CDECL;
    }
}
