#include "tools/inventory/inventory_judge.h"

#include <stdio.h>
#include <string.h>

#if HP_X64
#include "client/instruction.h"
#endif

hp_convention hp_inventory_judge_convention(const hp_evidence *evidence) {
    if (evidence->pe->arch != HP_ARCH_X86)
        return HP_CONVENTION_CDECL;
    if (evidence->is_pdb)
        return evidence->debug_convention;
    size_t count, length;
    hp_convention convention = HP_CONVENTION_CDECL;
    const hp_pe_symbol *symbol = hp_coff_find(evidence->coff, evidence->symbol->rva, &count);
    if (symbol != NULL)
        hp_coff_bare(evidence->coff, symbol, &length, &convention);
    /* Methods have mangled names, which say nothing; "..." makes them cdecl. */
    if (convention == HP_CONVENTION_CDECL && evidence->fact != NULL && evidence->fact->has_object &&
        !evidence->fact->is_variadic)
        convention = HP_CONVENTION_THISCALL;
    return convention;
}

int hp_inventory_judge_is_cxx(const hp_evidence *evidence) {
    size_t count, length;
    const char *name = evidence->symbol->name;
    if (evidence->symbol->is_plain)
        return 0;
    const hp_pe_symbol *symbol = hp_coff_find(evidence->coff, evidence->symbol->rva, &count);
    for (size_t i = 0; i < count; i++) { /* extern "C" leaves the name as it is */
        const char *bare = hp_coff_bare(evidence->coff, symbol + i, &length, NULL);
        if (length == strlen(name) && memcmp(bare, name, length) == 0)
            return 0;
    }
    if (evidence->fact != NULL)
        return evidence->fact->is_cxx;
    return strstr(name, "::") != NULL;
}

/* "?12", and not "?12*". */
static int is_opaque_value(const char *at) {
    return *at == '?' && at[1 + strspn(at + 1, "0123456789")] != '*';
}

int hp_inventory_judge_written(const hp_signature *written, const char *shape, const hp_fact *fact,
                               char reason[256]) {
    if (fact != NULL && fact->is_unprototyped) {
        snprintf(reason, 256, "it has no prototype: callers pass promoted arguments");
        return 0;
    }
    for (unsigned i = 0; fact != NULL && i < written->count; i++) {
        const hp_direction direction = written->parameter[i].direction;
        if ((fact->const_behind >> i & 1) && (direction == HP_OUT || direction == HP_INOUT)) {
            snprintf(reason, 256, "parameter %u is written, and points to const", i + 1);
            return 0;
        }
    }
    const char *list = strchr(shape, '(');
    for (const char *at = strchr(shape, '?'); at != NULL; at = strchr(at + 1, '?')) {
        const int is_result = list == NULL || at < list;
        if (is_opaque_value(at) &&
            ((is_result && written->arch == HP_ARCH_X86) || (fact != NULL && fact->is_cxx))) {
            snprintf(reason, 256, "where the compiler puts this %s is not known: wrap the function",
                     is_result ? "result" : "parameter");
            return 0;
        }
    }
    return 1;
}

static int is_clone(const hp_evidence *evidence) {
    size_t count;
    const hp_pe_symbol *symbol = hp_coff_find(evidence->coff, evidence->symbol->rva, &count);
    for (size_t i = 0; i < count; i++)
        if (hp_coff_is_clone(symbol + i))
            return 1;
    /* An optimiser passes arguments of static functions as it likes, and no symbol says so: gcc in registers
     * on x86, clang not at all where it knows them. */
    const hp_fact *fact = evidence->fact;
    const int may_differ =
        evidence->pe->arch == HP_ARCH_X86 || (fact != NULL && fact->compiler == HP_COMPILER_CLANG);
    return may_differ && fact != NULL && !fact->is_external && !fact->is_free && !fact->has_object &&
           !evidence->is_marked;
}

static HRESULT look_at_code(const hp_evidence *evidence, hp_table_function *function) {
    const hp_pe *pe = evidence->pe;
    const uint32_t rva = evidence->symbol->rva;
    hp_pe_section section;
    if (!hp_pe_section_at(pe, rva, &section) || !(section.traits & IMAGE_SCN_MEM_EXECUTE))
        return HP_E_NOT_PATCHABLE;
    const uint32_t before = rva - section.rva;
    if (before < HP_PROLOGUE_BEFORE || before > section.raw_size ||
        section.raw_size - before < HP_PROLOGUE_AFTER)
        return HP_E_NOT_PATCHABLE;
    const unsigned char *entry = pe->bytes + section.raw + before;
    hp_prologue_look look;
    HRESULT hr = hp_prologue_inspect(pe->arch, entry, before, rva, &look);
    function->room = look.room;
    /* gcc leaves such room by chance only, and callers rely on registers that the function happens to leave
     * alone
     * (-fipa-ra); its option for room switches that off. */
    if (look.form == HP_FORM_INSTRUCTION &&
        (evidence->fact == NULL || evidence->fact->compiler == HP_COMPILER_GNU))
        return HP_E_PAD_OCCUPIED;
#if HP_X64
    uint32_t length;
    if (SUCCEEDED(hr) && look.form == HP_FORM_INSTRUCTION)
        hr = hp_instruction_check(entry, pe->bytes + section.raw + section.raw_size, &length, NULL);
#endif
    if (SUCCEEDED(hr))
        function->form = look.form;
    if (hr == HP_E_FOREIGN_BYTES) /* in a file it is the function's own jump: all that it does is a call */
        hr = HP_E_NOT_PATCHABLE;
    /* That it was not compiled to be patched says more than with which instruction it begins. */
    const unsigned jump = pe->arch == HP_ARCH_X64 ? HP_PROLOGUE_JUMP_X64 : HP_PROLOGUE_JUMP_X86;
    return hr == HP_E_NOT_PATCHABLE && look.room < jump ? HP_E_PAD_OCCUPIED : hr;
}

void hp_inventory_judge_code(const hp_evidence *evidence, hp_table_function *function) {
    function->patchable = look_at_code(evidence, function);
    function->partly_inlined = evidence->fact != NULL && evidence->fact->inlined > 0;
    if (evidence->is_folded)
        function->patchable = HP_E_ADDRESS_SHARED;
    else if (is_clone(evidence))
        function->patchable = HP_E_CLONE;
    else if (function->partly_inlined)
        function->patchable = HP_E_INLINED;
    else if (SUCCEEDED(function->patchable) && evidence->fact != NULL && !evidence->fact->is_guarded &&
             !evidence->is_marked)
        function->patchable = HP_E_UNGUARDED;
    if (FAILED(function->patchable))
        function->form = HP_FORM_NONE;
}
