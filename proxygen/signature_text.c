// The signature's letters: tokens, places, reasons.
#include "proxygen/signature_text.h"

#include <stdio.h>
#include <string.h>

// <ctype.h> asks the locale, and a signature means the same everywhere.
static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

void hp_signature_text_open(hp_signature_text *text, const char *from, hp_arch arch,
                            hp_signature_error *error) {
    *text = (hp_signature_text){.text = from, .arch = arch, .error = error};
    hp_signature_text_next(text);
}

void hp_signature_text_next(hp_signature_text *text) {
    size_t at = (size_t)text->span.at + text->span.length;
    while (is_space(text->text[at]))
        at++;
    const char *first = text->text + at;
    size_t length = 1;
    if (*first == '\0') {
        text->token = HP_TOKEN_END;
        length = 0;
    } else if (is_letter(*first)) {
        text->token = HP_TOKEN_WORD;
        while (is_letter(first[length]) || is_digit(first[length]))
            length++;
    } else if (is_digit(*first)) {
        text->token = HP_TOKEN_NUMBER;
        while (is_digit(first[length]))
            length++;
    } else if (strncmp(first, "...", 3) == 0) {
        text->token = HP_TOKEN_DOTS;
        length = 3;
    } else {
        text->token = strchr("(){}[],;*#", *first) ? HP_TOKEN_MARK : HP_TOKEN_ALIEN;
    }
    text->span = (hp_signature_span){(uint16_t)at, (uint16_t)length};
}

bool hp_signature_text_word(const hp_signature_text *text, const char *word) {
    return text->token == HP_TOKEN_WORD && strlen(word) == text->span.length &&
           memcmp(text->text + text->span.at, word, text->span.length) == 0;
}

bool hp_signature_text_mark(const hp_signature_text *text, char mark) {
    return text->span.length == 1 && text->text[text->span.at] == mark;
}

bool hp_signature_text_skip(hp_signature_text *text, char mark) {
    if (!hp_signature_text_mark(text, mark))
        return false;
    hp_signature_text_next(text);
    return true;
}

bool hp_signature_text_same(const hp_signature_text *text, hp_signature_span one, hp_signature_span other) {
    return one.length == other.length && memcmp(text->text + one.at, text->text + other.at, one.length) == 0;
}

HRESULT hp_signature_text_fail(const hp_signature_text *text, size_t position, HRESULT code,
                               const char *reason) {
    if (text->error) {
        text->error->position = position;
        snprintf(text->error->reason, sizeof text->error->reason, "%s", reason);
    }
    return code;
}

HRESULT hp_signature_text_expected(const hp_signature_text *text, const char *what) {
    char reason[sizeof text->error->reason];
    if (text->token == HP_TOKEN_ALIEN)
        snprintf(reason, sizeof reason, "a byte that %s (0x%02X)",
                 strchr("=-", text->text[text->span.at]) ? "cannot stand here" : "no signature contains",
                 (unsigned)(unsigned char)text->text[text->span.at]);
    else
        snprintf(reason, sizeof reason, "expected %s%s", what,
                 text->token == HP_TOKEN_END ? ", but the text ends" : "");
    return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX, reason);
}

HRESULT hp_signature_text_number(hp_signature_text *text, uint32_t *number) {
    if (text->token != HP_TOKEN_NUMBER)
        return hp_signature_text_expected(text, "a number");
    const char *digits = text->text + text->span.at;
    if (digits[0] == '0' && text->span.length > 1) // octal to a C programmer, decimal to others
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_SYNTAX,
                                      "a number does not begin with 0");
    uint64_t value = 0;
    for (uint16_t i = 0; i < text->span.length && value < UINT32_MAX; i++)
        value = value * 10 + (uint64_t)(digits[i] - '0');
    *number = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    hp_signature_text_next(text);
    return S_OK;
}
