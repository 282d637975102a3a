// Which build a PDB belongs to: LLVM, "The PDB File Format", info stream and DBI stream.
#include "tools/debug/facts_pdb.h"

enum { STREAM_INFO = 1, STREAM_MODULES = 3 };

int hp_facts_pdb_fits(const void *bytes, size_t size, const unsigned char signature[16], uint32_t age) {
    hp_pdb pdb = {0};
    hp_span info, modules;
    HRESULT hr = hp_facts_pdb_msf_open(&pdb, (hp_span){.at = bytes, .size = size});
    if (hr == S_OK)
        hr = hp_facts_pdb_msf_stream(&pdb, STREAM_INFO, &info);
    if (hr == S_OK)
        hr = hp_facts_pdb_msf_stream(&pdb, STREAM_MODULES, &modules);
    int fits = -1;
    if (hr == S_OK) {
        hp_cursor cursor = hp_cursor_open(info, 12); // behind version, signature, age
        const unsigned char *found = hp_cursor_take(&cursor, 16);
        cursor = hp_cursor_open(modules, 8); // behind signature, version
        const uint32_t found_age = hp_cursor_u32(&cursor);
        if (found && memcmp(found, signature, 16) != 0)
            fits = 0;
        else if (found && !cursor.failed)
            fits = found_age >= age;
    }
    hp_facts_pdb_msf_free(&pdb.msf);
    return fits;
}
