// What lies inside of two values: fields, their types or names, and the entries of enums.
#include "proxygen/signature_compare.h"

#include <stdio.h>

/** A field of a structure, on one side. */
typedef struct field {
    hp_type type;
    hp_signature_span span, name; // the type's, the name's; no name: length 0
    uint32_t count;               // of an array's elements; 0: none
} field;

bool hp_signature_compare_alike(const hp_type *one, const hp_type *other) {
    // Of structures what they contain decides.
    return one->kind == other->kind && one->text == other->text &&
           (one->kind == HP_TYPE_STRUCT || one->size == other->size);
}

/** "struct player"; without a tag on either side where it is. */
static void name_structure(const hp_signature_pair *pair, char *title) {
    const hp_signature_text *sides[] = {&pair->ours.text, &pair->theirs.text};
    for (int i = 0; i < 2; i++) {
        const hp_signature_text *text = sides[i];
        if (text->token == HP_TOKEN_WORD) {
            snprintf(title, HP_SIGNATURE_WORDS, "struct %.*s",
                     text->span.length < 64 ? (int)text->span.length : 64, text->text + text->span.at);
            return;
        }
    }
    snprintf(title, HP_SIGNATURE_WORDS, "a structure in %.100s", pair->place);
}

/** [ name ] [ "[" number "]" ] */
static void read_rest(hp_signature_text *text, field *into) {
    if (text->token == HP_TOKEN_WORD) {
        into->name = text->span;
        hp_signature_text_next(text);
    }
    if (hp_signature_text_skip(text, '[')) {
        hp_signature_text_number(text, &into->count); // the text was read before
        hp_signature_text_skip(text, ']');
    }
}

/** "i32", "struct player[4]" */
static void field_words(const hp_signature_text *text, const field *of, char *words) {
    char type[HP_SIGNATURE_WORDS - 16];
    hp_signature_words(text, of->span, NULL, type, sizeof type);
    if (of->count)
        snprintf(words, HP_SIGNATURE_WORDS, "%s[%u]", type, (unsigned)of->count);
    else
        snprintf(words, HP_SIGNATURE_WORDS, "%s", type);
}

/** @return true */
static bool say_field(hp_signature_pair *pair, const char *title, unsigned number, const field *ours,
                      const field *theirs) {
    char here[HP_SIGNATURE_WORDS], there[HP_SIGNATURE_WORDS];
    field_words(&pair->ours.text, ours, here);
    field_words(&pair->theirs.text, theirs, there);
    const hp_signature_text *text = ours->name.length ? &pair->ours.text : &pair->theirs.text;
    hp_signature_span name = ours->name.length ? ours->name : theirs->name;
    const char *open = name.length ? " (" : "", *close = name.length ? ")" : "";
    return hp_signature_compare_say(pair, "%s: field %u%s%.*s%s is %s here, %s there", title, number, open,
                                    name.length < 64 ? (int)name.length : 64, text->text + name.at, close,
                                    here, there);
}

/** A field that is next on both sides. */
static bool fields_differ(hp_signature_pair *pair, const char *title, unsigned number) {
    field ours = {.span = {pair->ours.text.span.at, 1}}, theirs = {.span = {pair->theirs.text.span.at, 1}};
    if (hp_signature_compare_values(pair, &ours.type, &theirs.type))
        return true;
    ours.span.length = (uint16_t)(pair->ours.text.span.at - ours.span.at);
    theirs.span.length = (uint16_t)(pair->theirs.text.span.at - theirs.span.at);
    read_rest(&pair->ours.text, &ours);
    read_rest(&pair->theirs.text, &theirs);
    if (!hp_signature_compare_alike(&ours.type, &theirs.type) || ours.count != theirs.count)
        return say_field(pair, title, number, &ours, &theirs);
    const char *here = pair->ours.text.text + ours.name.at, *there = pair->theirs.text.text + theirs.name.at;
    if (!pair->names || ours.name.length == 0 || theirs.name.length == 0 ||
        hp_signature_compare_same(here, ours.name, there, theirs.name))
        return false;
    return hp_signature_compare_say(pair, "%s: field %u is %.*s here, %.*s there", title, number,
                                    (int)ours.name.length, here, (int)theirs.name.length, there);
}

/** Fields up to the "}", which is then next. */
static unsigned count_fields(hp_signature_text *text) {
    unsigned count = 0;
    while (!hp_signature_text_mark(text, '}')) {
        field ignored = {0};
        if (FAILED(hp_signature_value_read(text, &ignored.type)))
            break; // cannot be: the text was read before
        read_rest(text, &ignored);
        hp_signature_text_skip(text, ';');
        count++;
    }
    return count;
}

/** Structures on both sides, whose "struct" is next. */
static bool structures_differ(hp_signature_pair *pair) {
    hp_signature_text *ours = &pair->ours.text, *theirs = &pair->theirs.text;
    char title[HP_SIGNATURE_WORDS];
    hp_signature_text_next(ours);
    hp_signature_text_next(theirs);
    name_structure(pair, title);
    while (!hp_signature_text_skip(ours, '{'))
        hp_signature_text_next(ours);
    while (!hp_signature_text_skip(theirs, '{'))
        hp_signature_text_next(theirs);
    for (unsigned number = 1;; number++) {
        if (fields_differ(pair, title, number))
            return true;
        hp_signature_text_skip(ours, ';');
        hp_signature_text_skip(theirs, ';');
        if (hp_signature_text_mark(ours, '}') || hp_signature_text_mark(theirs, '}')) {
            unsigned here = number + count_fields(ours), there = number + count_fields(theirs);
            hp_signature_text_next(ours);
            hp_signature_text_next(theirs);
            return here != there && hp_signature_compare_say(pair, "%s: here %u field%s, there %u", title,
                                                             here, here == 1 ? "" : "s", there);
        }
    }
}

bool hp_signature_compare_values(hp_signature_pair *pair, hp_type *ours, hp_type *theirs) {
    hp_signature_text *here = &pair->ours.text, *there = &pair->theirs.text;
    if (hp_signature_text_word(here, "struct") && hp_signature_text_word(there, "struct")) {
        *ours = *theirs = (hp_type){.kind = HP_TYPE_STRUCT};
        return structures_differ(pair);
    }
    if (pair->names && hp_signature_text_word(here, "enum") && hp_signature_text_word(there, "enum")) {
        hp_signature_text before[2] = {*here, *there};
        if (hp_signature_compare_enums(pair))
            return true;
        *here = before[0];
        *there = before[1];
    }
    // The texts were read before: this steps over, it finds no mistakes.
    hp_signature_value_read(here, ours);
    hp_signature_value_read(there, theirs);
    return false;
}
