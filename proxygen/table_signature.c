// Signatures in a table: structures and enums are written once, and referred to.
#include "proxygen/table_shared.h"

/** A text that is being written out. */
typedef struct hp_writing {
    char *text;
    size_t capacity, length;
} hp_writing;

static const unsigned char *definition_at(const hp_table *table, uint32_t index) {
    return table->definition + (size_t)index * HP_TABLE_DEFINITION;
}

/** The definition that the reference at stands for; one that there cannot be if it is none. */
static uint32_t read_reference(const char *at) {
    const unsigned char *bytes = (const unsigned char *)at;
    if (bytes[1] < 0x80 || bytes[2] < 0x80) // neither ends the text, or the first does, and ends this
        return HP_TABLE_MAX_DEFINITIONS;
    return ((uint32_t)bytes[0] - HP_TABLE_REFERENCE_FIRST) << 14 | (bytes[1] & 0x7Fu) << 7 |
           (bytes[2] & 0x7Fu);
}

/**
 * Measure one text as it is when written out, by what the definitions say of themselves.
 *
 * @param at      where it begins; receives where the next one does
 * @param below   it may refer to definitions below this one
 * @param length  receives its length, 0 to HP_SIGNATURE_MAX
 * @param levels  receives levels of references in it
 * @return NULL or what is wrong
 */
static const char *measure(const hp_table *table, uint32_t *at, uint32_t below, uint32_t *length,
                           unsigned *levels) {
    const char *byte = table->signature + *at;
    *length = 0;
    *levels = 0;
    for (; *byte; byte++) {
        uint32_t more = 1;
        if (hp_table_refers(*byte)) {
            const uint32_t index = read_reference(byte);
            if (index >= below)
                return "a signature refers to a definition that is not there or comes later";
            const unsigned char *definition = definition_at(table, index);
            more = hp_table_u16(definition + HP_TABLE_AT_DEFINED_LENGTH);
            if (*levels <= definition[HP_TABLE_AT_DEFINED_LEVELS])
                *levels = definition[HP_TABLE_AT_DEFINED_LEVELS] + 1u;
            byte += HP_TABLE_REFERENCE - 1;
        }
        *length += more;
        if (*length > HP_SIGNATURE_MAX)
            return "a signature is too long when it is written out";
    }
    *at = (uint32_t)(byte + 1 - table->signature);
    return NULL;
}

/* Each text is walked through once, however often it is used. A definition that is not empty and has few
 * levels below it can be written out without further thought. */
const char *hp_table_signature_check(const hp_table *table) {
    const uint32_t size = table->signature_size;
    uint32_t at = 0, length;
    unsigned levels;
    if (size > 0 && table->signature[size - 1] != '\0')
        return "its signatures do not end as texts do";
    for (uint32_t i = 0; i < table->definitions; i++) {
        const unsigned char *definition = definition_at(table, i);
        if (at >= size || hp_table_u32(definition + HP_TABLE_AT_DEFINED_TEXT) != at)
            return "a definition does not stand behind the one before it";
        const char *wrong = measure(table, &at, i, &length, &levels);
        if (wrong)
            return wrong;
        if (length == 0 || length != hp_table_u16(definition + HP_TABLE_AT_DEFINED_LENGTH))
            return "a definition has another length";
        if (levels > HP_TABLE_MAX_LEVELS || levels != definition[HP_TABLE_AT_DEFINED_LEVELS])
            return "a definition has another number of levels";
        if (definition[HP_TABLE_AT_DEFINED_ZERO] != 0)
            return "a reserved byte of a definition is not zero";
    }
    while (at < size) {
        const char *wrong = measure(table, &at, table->definitions, &length, &levels);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/** Recursion ends: HP_TABLE_MAX_LEVELS. */
static void write_out(const hp_table *table, uint32_t at, hp_writing *out) {
    for (const char *byte = table->signature + at; *byte; byte++) {
        if (hp_table_refers(*byte)) {
            const unsigned char *definition = definition_at(table, read_reference(byte));
            write_out(table, hp_table_u32(definition + HP_TABLE_AT_DEFINED_TEXT), out);
            byte += HP_TABLE_REFERENCE - 1;
            continue;
        }
        if (out->length + 1 < out->capacity)
            out->text[out->length] = *byte;
        out->length++;
    }
}

size_t hp_table_signature(const hp_table *table, uint32_t index, char *text, size_t capacity) {
    const unsigned char *function = hp_table_function_at(table, index);
    hp_writing out = {.text = text, .capacity = capacity};
    write_out(table, hp_table_u32(function + HP_TABLE_AT_SIGNATURE), &out);
    if (capacity > 0)
        text[out.length < capacity ? out.length : capacity - 1] = '\0';
    return out.length;
}
