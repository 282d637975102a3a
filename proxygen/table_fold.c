// Finds structures and enums by their keyword and their braces, and reads no more of a signature than that:
// whatever it takes for one, what is written out again is the text that it was.
#include "idl/fault.h"
#include "proxygen/table_shared.h"
#include "proxygen/table_texts.h"

#include <stdlib.h>
#include <string.h>

/** A text that is not longer stays where it is: a definition costs this much beyond its text. */
enum { WORTH = HP_TABLE_REFERENCE + HP_TABLE_DEFINITION + 1, NONE = UINT16_MAX };

/** A brace that was opened. */
typedef struct hp_brace {
    uint16_t begin;  /**< where its definition begins in what is folded; NONE if it has no keyword */
    uint16_t source; /**< and in the signature */
    uint8_t levels;  /**< of references in it */
} hp_brace;

/** A signature that is being folded. */
typedef struct hp_folding {
    const char *from;
    char *to;
    uint16_t at, length; /**< read and written so far */
    hp_brace keyword;    /**< the last one, while a tag and a brace may follow it */
    hp_brace braces[2 * HP_TABLE_MAX_LEVELS];
    size_t open; /**< braces; none is noted beyond these */
} hp_folding;

static HRESULT grow(hp_fold *fold) {
    if (fold->count < fold->capacity)
        return S_OK;
    const uint32_t capacity = fold->capacity ? 2 * fold->capacity : 64;
    hp_definition *definitions = HP_FAULT("memory for definitions")
                                     ? NULL
                                     : realloc(fold->definitions, capacity * sizeof *fold->definitions);
    if (!definitions)
        return E_OUTOFMEMORY;
    fold->definitions = definitions;
    fold->capacity = capacity;
    return S_OK;
}

/** The number of the definition whose text begins there. */
static uint32_t number_of(const hp_fold *fold, uint32_t text) {
    uint32_t low = 0, high = fold->count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (fold->definitions[middle].text <= text)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/** The brace that closes is written: a reference for all that stands since its keyword. */
static HRESULT define(hp_fold *fold, hp_folding *it, const hp_brace *brace) {
    uint32_t text;
    it->to[it->length] = '\0';
    HRESULT hr = grow(fold);
    if (SUCCEEDED(hr))
        hr = hp_table_texts_add(&fold->texts, it->to + brace->begin, &text);
    if (FAILED(hr))
        return hr;
    if (hr == S_OK)
        fold->definitions[fold->count++] = (hp_definition){
            .text = text, .length = (uint16_t)(it->at - brace->source), .levels = brace->levels};
    const uint32_t index = number_of(fold, text);
    it->to[brace->begin] = (char)(HP_TABLE_REFERENCE_FIRST + (index >> 14));
    it->to[brace->begin + 1] = (char)(unsigned char)(0x80 | (index >> 7 & 0x7F));
    it->to[brace->begin + 2] = (char)(unsigned char)(0x80 | (index & 0x7F));
    it->length = (uint16_t)(brace->begin + HP_TABLE_REFERENCE);
    return S_OK;
}

static HRESULT close_brace(hp_fold *fold, hp_folding *it) {
    const size_t room = sizeof it->braces / sizeof *it->braces;
    if (it->open == 0 || it->open-- > room)
        return S_OK;
    const hp_brace brace = it->braces[it->open];
    uint8_t levels = brace.levels;
    HRESULT hr = S_OK;
    if (brace.begin != NONE && it->length - brace.begin > WORTH && levels <= HP_TABLE_MAX_LEVELS &&
        fold->count < HP_TABLE_MAX_DEFINITIONS) {
        hr = define(fold, it, &brace);
        levels++;
    }
    if (it->open > 0 && it->braces[it->open - 1].levels < levels)
        it->braces[it->open - 1].levels = levels;
    return hr;
}

static void open_brace(hp_folding *it) {
    if (it->open < sizeof it->braces / sizeof *it->braces)
        it->braces[it->open] = it->keyword;
    it->open++;
}

static int is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_';
}

static void copy_word(hp_folding *it) {
    const char *word = it->from + it->at;
    size_t length = 1;
    while (is_letter(word[length]))
        length++;
    if (it->keyword.begin == NONE &&
        ((length == 6 && memcmp(word, "struct", 6) == 0) || (length == 4 && memcmp(word, "enum", 4) == 0)))
        it->keyword = (hp_brace){.begin = it->length, .source = it->at};
    memcpy(it->to + it->length, word, length);
    it->at = (uint16_t)(it->at + length);
    it->length = (uint16_t)(it->length + length);
}

HRESULT hp_table_fold_signature(hp_fold *fold, const char *signature, char folded[HP_SIGNATURE_MAX + 1]) {
    static const hp_brace none = {.begin = NONE};
    hp_folding it = {.from = signature, .to = folded, .keyword = none};
    HRESULT hr = S_OK;
    while (signature[it.at] && SUCCEEDED(hr)) {
        const char byte = signature[it.at];
        if (is_letter(byte)) {
            copy_word(&it);
            continue;
        }
        folded[it.length++] = byte;
        it.at++;
        if (byte == '{')
            open_brace(&it);
        if (byte == '}')
            hr = close_brace(fold, &it);
        if (byte != ' ')
            it.keyword = none;
    }
    folded[it.length] = '\0';
    return hr;
}

void hp_table_fold_free(hp_fold *fold) {
    hp_table_texts_free(&fold->texts);
    free(fold->definitions);
    *fold = (hp_fold){0};
}
