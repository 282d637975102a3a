#include "idl/name.h"
#include "proxygen/table_shared.h"

#include <string.h>

/** Is it the same piece, or does one of the names not have it? */
static int piece_fits(const char *a, size_t a_length, const char *b, size_t b_length) {
    return a_length == 0 || b_length == 0 || (a_length == b_length && memcmp(a, b, a_length) == 0);
}

/** Can name, whose short name is that of other too, mean other? */
static int fits(const char *name, const hp_name_pieces *pieces, const char *other) {
    hp_name_pieces found;
    hp_name_read(other, hp_table_name_length(other), &found);
    const char *file = name + pieces->brief + pieces->parameters;
    const char *other_file = other + found.brief + found.parameters;
    return piece_fits(name + pieces->brief, pieces->parameters, other + found.brief, found.parameters) &&
           piece_fits(file, pieces->file, other_file, found.file);
}

HRESULT hp_table_find(const hp_table *table, const char *name, size_t length, uint32_t *index) {
    hp_name_pieces pieces;
    if (table->buckets == 0 || FAILED(hp_name_read(name, length, &pieces)))
        return HP_E_NAME_UNKNOWN;
    const uint32_t bucket = hp_table_bucket(name, pieces.brief, table->buckets);
    const uint32_t end = hp_table_bucket_begin(table, bucket + 1);
    uint32_t found = 0, first = 0;
    for (uint32_t i = hp_table_bucket_begin(table, bucket); i < end; i++) {
        const unsigned char *at = hp_table_function_at(table, i);
        const char *other = hp_table_text_at(table, at + HP_TABLE_AT_NAME);
        if (at[HP_TABLE_AT_SHORT] != pieces.brief || memcmp(other, name, pieces.brief) != 0)
            continue;
        if (hp_table_name_length(other) == length && memcmp(other, name, length) == 0) {
            *index = i;
            return S_OK;
        }
        if (fits(name, &pieces, other) && found++ == 0)
            first = i;
    }
    if (found == 0)
        return HP_E_NAME_UNKNOWN;
    *index = first;
    return found == 1 ? S_OK : HP_E_NAME_DUPLICATE;
}
