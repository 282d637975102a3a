// Enums of a signature: an integer, and perhaps names for its values. Calls see the integer only.
#include "proxygen/signature_text.h"

#include <string.h>

#define DIGEST_DIGITS 16

HRESULT hp_signature_enum_head(hp_signature_text *text, hp_type *integer, hp_signature_span *tag) {
    hp_signature_text_next(text);
    *integer = hp_signature_value_keyword(text);
    bool whole = integer->kind == HP_TYPE_SIGNED || integer->kind == HP_TYPE_UNSIGNED;
    // An enum has the same width everywhere, so these two are not its integer.
    if (!whole || hp_signature_text_word(text, "isize") || hp_signature_text_word(text, "usize"))
        return hp_signature_text_expected(text, "the integer of an enum, i8 to u64");
    hp_signature_text_next(text);
    *tag = (hp_signature_span){0};
    if (text->token == HP_TOKEN_WORD) {
        *tag = text->span;
        hp_signature_text_next(text);
    }
    return S_OK;
}

/** Decimal digits that are next, as a number. @return false: more than 64 bits */
static bool read_digits(const hp_signature_text *text, uint64_t *number) {
    const char *digits = text->text + text->span.at;
    *number = 0;
    for (uint16_t i = 0; i < text->span.length; i++) {
        uint64_t digit = (uint64_t)(digits[i] - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

/** The largest number that stands behind a "-", or behind none. */
static uint64_t largest(const hp_type *integer, bool negative) {
    uint64_t all = UINT64_MAX >> (64 - 8 * integer->size);
    if (integer->kind == HP_TYPE_UNSIGNED)
        return negative ? 0 : all;
    return negative ? all / 2 + 1 : all / 2;
}

/** ["-"] number */
static HRESULT read_entry_value(hp_signature_text *text, const hp_type *integer, uint64_t *bits) {
    uint16_t at = text->span.at;
    bool negative = hp_signature_text_skip(text, '-');
    if (text->token != HP_TOKEN_NUMBER)
        return hp_signature_text_expected(text, "a number");
    bool zero = text->text[text->span.at] == '0';
    if (zero && (negative || text->span.length > 1))
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a number does not begin with 0");
    uint64_t number = 0;
    if (!read_digits(text, &number) || number > largest(integer, negative))
        return hp_signature_text_fail(text, at, HP_E_SIGNATURE_SYNTAX,
                                      "the number does not fit the integer of the enum");
    *bits = negative ? 0 - number : number;
    hp_signature_text_next(text);
    return S_OK;
}

HRESULT hp_signature_enum_entry(hp_signature_text *text, const hp_type *integer, hp_signature_entry *entry) {
    if (text->token != HP_TOKEN_WORD)
        return hp_signature_text_expected(text, "the name of an enum's entry");
    entry->name = text->span;
    hp_signature_text_next(text);
    if (!hp_signature_text_skip(text, '='))
        return hp_signature_text_expected(text, "\"=\"");
    return read_entry_value(text, integer, &entry->bits);
}

HRESULT hp_signature_enum_digest(hp_signature_text *text, uint64_t *digest) {
    // To the tokens, "09ab" is a number and a word.
    const char *digits = text->text + text->span.at;
    size_t length = strspn(digits, "0123456789abcdef");
    if (length != DIGEST_DIGITS)
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a digest has 16 digits, 0 to 9 and a to f");
    *digest = 0;
    for (size_t i = 0; i < length; i++)
        *digest = *digest << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    text->span.length = DIGEST_DIGITS;
    hp_signature_text_next(text);
    return S_OK;
}

/** entry { "," entry } */
static HRESULT read_entries(hp_signature_text *text, const hp_type *integer, hp_signature_span *names,
                            size_t capacity) {
    size_t count = 0;
    do {
        uint16_t at = text->span.at;
        hp_signature_entry entry = {0};
        HRESULT hr = hp_signature_enum_entry(text, integer, &entry);
        if (FAILED(hr))
            return hr;
        for (size_t i = 0; i < count; i++) {
            if (hp_signature_text_same(text, names[i], entry.name))
                return hp_signature_text_fail(text, at, HP_E_SIGNATURE_SYNTAX,
                                              "two entries of an enum carry the same name");
        }
        if (names && count < capacity)
            names[count++] = entry.name;
    } while (hp_signature_text_skip(text, ','));
    return S_OK;
}

HRESULT hp_signature_enum_read(hp_signature_text *text, hp_type *integer, hp_signature_span *names,
                               size_t capacity) {
    hp_signature_span tag;
    uint64_t digest;
    HRESULT hr = hp_signature_enum_head(text, integer, &tag);
    if (FAILED(hr) || !hp_signature_text_skip(text, '{'))
        return hr;
    bool list = !hp_signature_text_skip(text, '#');
    hr = list ? read_entries(text, integer, names, capacity) : hp_signature_enum_digest(text, &digest);
    if (FAILED(hr))
        return hr;
    if (!hp_signature_text_skip(text, '}'))
        return hp_signature_text_expected(text, list ? "\",\" or \"}\"" : "\"}\"");
    return S_OK;
}
