#include "tools/debug/facts_pdb.h"

#include <stdlib.h>

/* Symbols (cvinfo.h, SYM_ENUM_e). */
enum {
    S_LPROC32 = 0x110f,
    S_GPROC32 = 0x1110,
    S_COMPILE2 = 0x1116,
    S_COMPILE3 = 0x113c,
    S_LPROC32_ID = 0x1146,
    S_GPROC32_ID = 0x1147,
    S_BUILDINFO = 0x114c,
    S_INLINESITE = 0x114d,
    S_LPROC32_DPC = 0x1155,
    S_LPROC32_DPC_ID = 0x1156,
    S_INLINESITE2 = 0x115d,
};

typedef struct id_list {
    uint32_t *items;
    size_t count, capacity;
} id_list;

static void read_compiler(hp_pdb_module *module, hp_cursor *record, uint16_t kind) {
    const uint32_t language = hp_cursor_u32(record) & 0xff;
    hp_cursor_take(record, kind == S_COMPILE3 ? 18 : 14); // machine and versions
    const char *version = hp_cursor_text(record);
    if (!version)
        return;
    module->is_cxx = language != 0 && language != 3; // C, MASM
    if (strstr(version, "clang"))
        module->compiler = HP_COMPILER_CLANG;
    else if (strstr(version, "Microsoft"))
        module->compiler = HP_COMPILER_MSVC;
}

static uint32_t rva_of(const hp_pdb *pdb, uint16_t section, uint32_t offset) {
    if (!section || section > pdb->pe->section_count)
        return 0;
    hp_pe_section header;
    hp_pe_section_get(pdb->pe, (uint16_t)(section - 1), &header);
    return offset < header.size ? header.rva + offset : 0;
}

/* @param is_code  receives whether the procedure is in the image; what is inlined in one that is not has
 * no copy */
static HRESULT read_procedure(hp_pdb *pdb, const hp_pdb_module *module, hp_cursor *record, uint16_t kind,
                              int *is_code) {
    hp_pdb_procedure procedure = {
        .module = module->index, .compiler = module->compiler, .is_cxx = module->is_cxx};
    hp_cursor_take(record, 24); // parent, end, next, size, where debugging begins and ends
    procedure.type = hp_cursor_u32(record);
    const uint32_t offset = hp_cursor_u32(record);
    procedure.rva = rva_of(pdb, hp_cursor_u16(record), offset);
    hp_cursor_u8(record); // flags
    procedure.name = hp_cursor_text(record);
    *is_code = !record->failed && procedure.rva;
    if (!*is_code)
        return S_OK;
    procedure.is_external = kind == S_GPROC32 || kind == S_GPROC32_ID;
    if (kind == S_GPROC32_ID || kind == S_LPROC32_ID || kind == S_LPROC32_DPC_ID)
        procedure.type = hp_facts_pdb_type_of_id(pdb, procedure.type);
    hp_pdb_procedure *grown =
        hp_facts_list_grow(pdb->procedures, &pdb->procedure_capacity, pdb->procedure_count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    pdb->procedures = grown;
    grown[pdb->procedure_count++] = procedure;
    return S_OK;
}

static HRESULT read_site(hp_cursor *record, id_list *sites) {
    hp_cursor_take(record, 8); // parent, end
    const uint32_t id = hp_cursor_u32(record);
    if (record->failed)
        return S_OK;
    uint32_t *grown = hp_facts_list_grow(sites->items, &sites->capacity, sites->count, sizeof *grown);
    if (!grown)
        return E_OUTOFMEMORY;
    sites->items = grown;
    grown[sites->count++] = id;
    return S_OK;
}

static HRESULT read_symbols(hp_pdb *pdb, hp_pdb_module *module, hp_cursor *symbols, id_list *sites) {
    int is_code = 0;
    HRESULT hr = S_OK;
    while (hr == S_OK && hp_cursor_left(symbols)) {
        const uint16_t length = hp_cursor_u16(symbols);
        const unsigned char *at = hp_cursor_take(symbols, length);
        hp_cursor record = {.at = at, .end = symbols->at, .failed = symbols->failed};
        const uint16_t kind = hp_cursor_u16(&record);
        if (record.failed)
            return hp_facts_pdb_damaged(pdb, "the symbols of a module in the PDB are damaged");
        switch (kind) {
        case S_COMPILE2:
        case S_COMPILE3:
            read_compiler(module, &record, kind);
            break;
        case S_BUILDINFO:
            module->build = hp_cursor_u32(&record);
            break;
        case S_GPROC32:
        case S_LPROC32:
        case S_GPROC32_ID:
        case S_LPROC32_ID:
        case S_LPROC32_DPC:
        case S_LPROC32_DPC_ID:
            hr = read_procedure(pdb, module, &record, kind, &is_code);
            break;
        case S_INLINESITE:
        case S_INLINESITE2:
            if (is_code)
                hr = read_site(&record, sites);
            break;
        default:
            break;
        }
    }
    return hr;
}

static int by_number(const void *left, const void *right) {
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static int by_id(const void *left, const void *right) {
    const hp_pdb_lines *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static HRESULT add_inlinees(hp_pdb *pdb, const hp_pdb_module *module, id_list *sites,
                            hp_pdb_lines_list *lines) {
    if (sites->count)
        qsort(sites->items, sites->count, sizeof *sites->items, by_number);
    if (lines->count)
        qsort(lines->items, lines->count, sizeof *lines->items, by_id);
    for (size_t i = 0, end; i < sites->count; i = end) {
        for (end = i + 1; end < sites->count && sites->items[end] == sites->items[i]; end++)
            ;
        hp_pdb_inlinee *grown =
            hp_facts_list_grow(pdb->inlinees, &pdb->inlinee_capacity, pdb->inlinee_count, sizeof *grown);
        if (!grown)
            return E_OUTOFMEMORY;
        pdb->inlinees = grown;
        const hp_pdb_lines key = {.id = sites->items[i]};
        const hp_pdb_lines *found =
            lines->count ? bsearch(&key, lines->items, lines->count, sizeof key, by_id) : NULL;
        grown[pdb->inlinee_count++] = (hp_pdb_inlinee){.id = key.id,
                                                       .module = module->index,
                                                       .copies = (uint32_t)(end - i),
                                                       .file = found ? found->file : HP_PDB_NONE,
                                                       .line = found ? found->line : 0,
                                                       .compiler = module->compiler,
                                                       .is_cxx = module->is_cxx};
    }
    return S_OK;
}

HRESULT hp_facts_pdb_module_read(hp_pdb *pdb, hp_pdb_module *module, hp_span stream) {
    hp_cursor cursor = hp_cursor_open(stream, 0);
    const unsigned char *at = hp_cursor_take(&cursor, module->symbols);
    hp_cursor_take(&cursor, module->c11);
    const hp_span c13 = {.at = cursor.at, .size = module->c13};
    hp_cursor_take(&cursor, module->c13);
    if (cursor.failed)
        return hp_facts_pdb_damaged(pdb, "a module of the PDB is truncated");
    hp_cursor symbols = {.at = at, .end = at + module->symbols};
    if (module->symbols)
        hp_cursor_u32(&symbols); // signature
    id_list sites = {0};
    hp_pdb_lines_list lines = {0};
    const size_t first = pdb->procedure_count;
    HRESULT hr = read_symbols(pdb, module, &symbols, &sites);
    const int is_free = hp_facts_pdb_build_is_free(pdb, module->build);
    for (size_t i = first; i < pdb->procedure_count; i++)
        pdb->procedures[i].is_free = (uint8_t)is_free;
    if (hr == S_OK && sites.count)
        hr = hp_facts_pdb_inline_lines(pdb, c13, &lines);
    if (hr == S_OK)
        hr = add_inlinees(pdb, module, &sites, &lines);
    free(sites.items);
    free(lines.items);
    return hr;
}
