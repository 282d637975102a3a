// LF_BUILDINFO: microsoft-pdb, cvinfo.h. What clang writes there is the command line of its inner compiler,
// quoted.
#include "tools/debug/facts_pdb.h"

enum { LF_BUILDINFO = 0x1603, LF_STRING_ID = 0x1605, COMMAND_LINE = 4 };

static const char *find_command_line(const hp_pdb *pdb, uint32_t build) {
    uint16_t kind;
    hp_cursor record = hp_facts_pdb_type_get(&pdb->ids, build, &kind);
    if (kind != LF_BUILDINFO || hp_cursor_u16(&record) <= COMMAND_LINE)
        return NULL;
    hp_cursor_take(&record, 4 * COMMAND_LINE); // directory, tool, source, PDB
    const uint32_t text = hp_cursor_u32(&record);
    record = hp_facts_pdb_type_get(&pdb->ids, text, &kind);
    if (kind != LF_STRING_ID)
        return NULL;
    hp_cursor_u32(&record); // what stands before it, if it is long: not where clang has its level
    return hp_cursor_text(&record);
}

/* The next word, without quotes; NULL at the end. */
static const char *next_word(const char *at, size_t *length) {
    at += strspn(at, " \"");
    *length = strcspn(at, " \"");
    return *length ? at : NULL;
}

/* The last word about the level counts. */
int hp_facts_pdb_build_is_free(const hp_pdb *pdb, uint32_t build) {
    const char *at = build ? find_command_line(pdb, build) : NULL;
    int is_free = 0;
    size_t length;
    for (; at && (at = next_word(at, &length)) != NULL; at += length) {
        if (length < 3 || (*at != '-' && *at != '/') || at[1] != 'O')
            continue;
        is_free = length == 3 && (at[2] == '0' || at[2] == 'd');
    }
    return is_free;
}
