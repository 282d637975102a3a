// A PDB, whatever it claims, with an image that has a .text of 0x123 bytes.
#include "tools/debug/facts.h"
#include "tests/unit/pe_build.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static const hp_pe *image(void) {
    static pe_image built;
    static hp_pe pe;
    if (!pe.bytes) {
        pe_build(&built, HP_ARCH_X64, 0);
        if (hp_pe_open(built.bytes, built.size, &pe, NULL) != S_OK)
            abort();
    }
    return &pe;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    // A copy of exactly this size: the sanitizer sees one byte too many.
    unsigned char *bytes = malloc(length ? length : 1);
    if (!bytes)
        return 0;
    if (length)
        memcpy(bytes, input, length);
    hp_facts facts;
    const char *reason = NULL;
    const HRESULT hr = hp_facts_pdb(bytes, length, image(), &facts, &reason);
    if ((hr == HP_E_DEBUG_INFO) != (reason != NULL) || (hr != S_OK && facts.count))
        abort();
    for (size_t i = 0; i < facts.count; i++) {
        const hp_fact *fact = &facts.items[i];
        if ((fact->rva != 0) != (i < facts.with_code) || fact->parameters > HP_FACT_PARAMETERS)
            abort();
        if (fact->rva ? hp_facts_find(&facts, fact->rva) != fact : !fact->name)
            abort();
    }
    hp_facts_free(&facts);
    free(bytes);
    return 0;
}
