// Structures, as written and as the compiler saw them, read in step. Both texts were read before: whatever is
// asked here finds no mistakes.
#include "tools/debug/types_check_struct.h"

#include <stdio.h>
#include <string.h>

#define WORDS 40 // of a type, or a name
#define PATH 48  // 8 numbers of 4 digits, for no text has more fields, and what separates them

/** A field, on one side. */
typedef struct field {
    hp_type type; // of a structure only its kind
    bool enumeration;
    hp_signature_span span, name; // the type's, the name's; no name: length 0
    uint32_t count;               // of an array's elements; 0: none
} field;

/** Two structures. */
typedef struct struct_walk {
    hp_signature_text here, there;
    char title[WORDS + 8]; // "struct player"
    char *words;           // receives what differs
} struct_walk;

static bool structures_fit(struct_walk *walk, const char *path);

bool hp_types_check_struct_integer(const hp_type *type) {
    return type->kind == HP_TYPE_SIGNED || type->kind == HP_TYPE_UNSIGNED;
}

bool hp_types_check_struct_simple(const hp_type *written, const hp_type *seen, bool enumeration) {
    if (written->size != seen->size)
        return false;
    if (written->kind == HP_TYPE_HANDLE && hp_types_check_struct_integer(seen))
        return true;
    return written->kind == seen->kind || (enumeration && hp_types_check_struct_integer(written));
}

/** What hp_types_check_struct_simple says, and an integer for a handle too: no shape has one of its own. */
static bool fields_alike(const field *here, const field *there) {
    if (here->count != there->count) // "[1]" too: clang passes it differently
        return false;
    if (here->type.kind == HP_TYPE_STRUCT || there->type.kind == HP_TYPE_STRUCT)
        return here->type.kind == there->type.kind;
    return hp_types_check_struct_simple(&here->type, &there->type, there->enumeration) ||
           hp_types_check_struct_simple(&there->type, &here->type, false);
}

/** Its type; a structure stays next. */
static void read_type(hp_signature_text *text, field *into) {
    *into = (field){.span = {text->span.at, 1}};
    if (hp_signature_text_word(text, "struct")) {
        into->type.kind = HP_TYPE_STRUCT;
    } else if (hp_signature_text_word(text, "enum")) {
        into->enumeration = true;
        hp_signature_enum_read(text, &into->type, NULL, 0);
    } else {
        into->type = hp_signature_value_keyword(text);
        hp_signature_text_next(text);
    }
}

/** [ name ] [ "[" number "]" ] [ ";" ] */
static void read_rest(hp_signature_text *text, field *into) {
    if (text->token == HP_TOKEN_WORD) {
        into->name = text->span;
        hp_signature_text_next(text);
    }
    if (hp_signature_text_skip(text, '[')) {
        hp_signature_text_number(text, &into->count);
        hp_signature_text_skip(text, ']');
    }
    hp_signature_text_skip(text, ';');
}

/** "i32", "struct player[4]" */
static void field_words(const hp_signature_text *text, const field *of, char words[WORDS + 8]) {
    char type[WORDS - 4]; // leaves room for any number
    hp_signature_words(text, of->span, NULL, type, sizeof type);
    if (of->count)
        snprintf(words, WORDS + 8, "%s[%u]", type, (unsigned)of->count);
    else
        snprintf(words, WORDS + 8, "%s", type);
}

/** " (level)", unless the sides do not agree on it. */
static void name_words(const struct_walk *walk, const field *here, const field *there, char words[WORDS]) {
    const char *ours = walk->here.text + here->name.at, *theirs = walk->there.text + there->name.at;
    hp_signature_span name = here->name.length ? here->name : there->name;
    bool both = here->name.length && there->name.length;
    bool same = here->name.length == there->name.length && memcmp(ours, theirs, name.length) == 0;
    words[0] = '\0';
    if (name.length && (!both || same))
        snprintf(words, WORDS, " (%.*s)", name.length < WORDS - 4 ? (int)name.length : WORDS - 4,
                 here->name.length ? ours : theirs);
}

/** @return false */
static bool say_field(struct_walk *walk, const char *path, const field *here, const field *there) {
    char name[WORDS], ours[WORDS + 8], theirs[WORDS + 8];
    name_words(walk, here, there, name);
    field_words(&walk->here, here, ours);
    field_words(&walk->there, there, theirs);
    snprintf(walk->words, HP_TYPES_CHECK_STRUCT_WORDS, "%s: field %s%s is %s here, %s there", walk->title,
             path, name, ours, theirs);
    return false;
}

/** @param path  of the structure; empty: the whole @return false */
static bool say_count(struct_walk *walk, const char *path, unsigned here, unsigned there) {
    snprintf(walk->words, HP_TYPES_CHECK_STRUCT_WORDS, "%s%s%s: here %u field%s, there %u", walk->title,
             *path ? ": field " : "", path, here, here == 1 ? "" : "s", there);
    return false;
}

/** A field that is next on both sides. */
static bool next_fits(struct_walk *walk, const char *path) {
    field here, there;
    hp_type ignored;
    read_type(&walk->here, &here);
    read_type(&walk->there, &there);
    if (here.type.kind == HP_TYPE_STRUCT && there.type.kind == HP_TYPE_STRUCT) {
        if (!structures_fit(walk, path))
            return false;
    } else if (here.type.kind == HP_TYPE_STRUCT) {
        hp_signature_value_read(&walk->here, &ignored);
    } else if (there.type.kind == HP_TYPE_STRUCT) {
        hp_signature_value_read(&walk->there, &ignored);
    }
    read_rest(&walk->here, &here);
    read_rest(&walk->there, &there);
    return fields_alike(&here, &there) || say_field(walk, path, &here, &there);
}

/** Fields up to the "}", which is stepped over. */
static unsigned count_rest(hp_signature_text *text) {
    unsigned count = 0;
    field ignored;
    while (text->token != HP_TOKEN_END && !hp_signature_text_skip(text, '}')) {
        hp_signature_value_read(text, &ignored.type);
        read_rest(text, &ignored);
        count++;
    }
    return count;
}

/** "struct" [ tag ] "{" */
static void open_structure(hp_signature_text *text) {
    hp_signature_text_next(text);
    if (text->token == HP_TOKEN_WORD)
        hp_signature_text_next(text);
    hp_signature_text_skip(text, '{');
}

/** Structures that are next on both sides. @param path  their number as a field, "2.1"; empty: the whole */
static bool structures_fit(struct_walk *walk, const char *path) {
    open_structure(&walk->here);
    open_structure(&walk->there);
    for (unsigned number = 1;; number++) {
        char inner[PATH];
        snprintf(inner, sizeof inner, "%s%s%u", path, *path ? "." : "", number);
        if (!next_fits(walk, inner))
            return false;
        if (!hp_signature_text_mark(&walk->here, '}') && !hp_signature_text_mark(&walk->there, '}'))
            continue;
        unsigned here = number + count_rest(&walk->here), there = number + count_rest(&walk->there);
        return here == there || say_count(walk, path, here, there);
    }
}

static hp_signature_text text_at(const hp_signature_text *of, hp_signature_span span) {
    hp_signature_text text = {.text = of->text, .arch = of->arch, .span = {span.at, 0}};
    hp_signature_text_next(&text);
    return text;
}

/** "struct player", by the tag of whoever gives one. */
static void name_whole(struct_walk *walk) {
    hp_signature_text sides[] = {walk->here, walk->there};
    snprintf(walk->title, sizeof walk->title, "struct");
    for (int i = 0; i < 2; i++) {
        hp_signature_text_next(&sides[i]);
        hp_signature_span tag = sides[i].span;
        if (sides[i].token != HP_TOKEN_WORD)
            continue;
        snprintf(walk->title, sizeof walk->title, "struct %.*s", tag.length < WORDS ? (int)tag.length : WORDS,
                 sides[i].text + tag.at);
        return;
    }
}

bool hp_types_check_struct(const hp_signature_text *written, hp_signature_span here,
                           const hp_signature_text *seen, hp_signature_span there,
                           char words[HP_TYPES_CHECK_STRUCT_WORDS]) {
    struct_walk walk = {.here = text_at(written, here), .there = text_at(seen, there)};
    walk.words = words;
    name_whole(&walk);
    return structures_fit(&walk, "");
}
