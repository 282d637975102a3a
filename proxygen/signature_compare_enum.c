// The entries of two enums, which stand there as a list or as a digest.
#include "proxygen/fnv.h"
#include "proxygen/signature_compare.h"

#include <stdio.h>
#include <string.h>

/** What one side says of an enum. */
typedef struct entries {
    const char *text;
    hp_type integer;
    hp_signature_span tag;
    bool given, digested; // digested: digest instead of items
    uint64_t digest;
    size_t count;
    hp_signature_entry item[HP_SIGNATURE_ENTRIES_MAX];
} entries;

bool hp_signature_compare_same(const char *one, hp_signature_span first, const char *other,
                               hp_signature_span second) {
    return first.length == second.length && memcmp(one, other, first.length) == 0;
}

/** The enum that is next; the text was read before. */
static void gather(hp_signature_text *text, entries *into) {
    into->text = text->text;
    into->given = into->digested = false;
    into->count = 0;
    if (FAILED(hp_signature_enum_head(text, &into->integer, &into->tag)) ||
        !hp_signature_text_skip(text, '{'))
        return;
    into->given = true;
    into->digested = hp_signature_text_skip(text, '#');
    if (into->digested) {
        hp_signature_enum_digest(text, &into->digest);
        return;
    }
    do {
        if (into->count == HP_SIGNATURE_ENTRIES_MAX ||
            FAILED(hp_signature_enum_entry(text, &into->integer, &into->item[into->count])))
            return;
        into->count++;
    } while (hp_signature_text_skip(text, ','));
}

/** Values as one writes them. */
static void value_words(const entries *of, uint64_t bits, char words[24]) {
    bool negative = of->integer.kind == HP_TYPE_SIGNED && bits >> 63;
    snprintf(words, 24, "%s%llu", negative ? "-" : "", (unsigned long long)(negative ? 0 - bits : bits));
}

/** Ordered by value, then by the bytes of the name. */
static bool stands_before(const entries *of, const hp_signature_entry *one, const hp_signature_entry *other) {
    uint64_t flip = of->integer.kind == HP_TYPE_SIGNED ? UINT64_C(1) << 63 : 0;
    if (one->bits != other->bits)
        return (one->bits ^ flip) < (other->bits ^ flip);
    size_t shorter = one->name.length < other->name.length ? one->name.length : other->name.length;
    int order = memcmp(of->text + one->name.at, of->text + other->name.at, shorter);
    return order != 0 ? order < 0 : one->name.length < other->name.length;
}

/** The digest of a list, which is then in order. */
static uint64_t digest(entries *of) {
    if (of->digested)
        return of->digest;
    for (size_t i = 1; i < of->count; i++) {
        hp_signature_entry moved = of->item[i];
        size_t place = i;
        for (; place > 0 && stands_before(of, &moved, &of->item[place - 1]); place--)
            of->item[place] = of->item[place - 1];
        of->item[place] = moved;
    }
    uint64_t hash = HP_FNV_64;
    for (size_t i = 0; i < of->count; i++) {
        char value[24];
        value_words(of, of->item[i].bits, value);
        hash = hp_fnv_64(hash, of->text + of->item[i].name.at, of->item[i].name.length);
        hash = hp_fnv_64(hash, "=", 1);
        hash = hp_fnv_64(hash, value, strlen(value));
        hash = hp_fnv_64(hash, "\n", 1);
    }
    return hash;
}

static const hp_signature_entry *find(const entries *in, const char *text, hp_signature_span name) {
    for (size_t i = 0; i < in->count; i++) {
        if (hp_signature_compare_same(in->text + in->item[i].name.at, in->item[i].name, text + name.at, name))
            return &in->item[i];
    }
    return NULL;
}

/** "enum color"; without a tag on either side where it is. */
static void name_enum(const hp_signature_pair *pair, const entries *ours, const entries *theirs,
                      char *title) {
    const entries *of = ours->tag.length ? ours : theirs;
    if (of->tag.length)
        snprintf(title, HP_SIGNATURE_WORDS, "enum %.*s", of->tag.length < 64 ? (int)of->tag.length : 64,
                 of->text + of->tag.at);
    else
        snprintf(title, HP_SIGNATURE_WORDS, "an enum in %.100s", pair->place);
}

/** Two lists. */
static bool lists_differ(hp_signature_pair *pair, const entries *ours, const entries *theirs,
                         const char *title) {
    for (size_t i = 0; i < ours->count; i++) {
        hp_signature_span name = ours->item[i].name;
        const char *letters = ours->text + name.at;
        const hp_signature_entry *other = find(theirs, ours->text, name);
        if (!other)
            return hp_signature_compare_say(pair, "%s: %.*s is only here", title, (int)name.length, letters);
        if (other->bits != ours->item[i].bits) {
            char here[24], there[24];
            value_words(ours, ours->item[i].bits, here);
            value_words(theirs, other->bits, there);
            return hp_signature_compare_say(pair, "%s: %.*s is %s here, %s there", title, (int)name.length,
                                            letters, here, there);
        }
    }
    for (size_t i = 0; i < theirs->count; i++) {
        hp_signature_span name = theirs->item[i].name;
        if (!find(ours, theirs->text, name))
            return hp_signature_compare_say(pair, "%s: %.*s is only there", title, (int)name.length,
                                            theirs->text + name.at);
    }
    return false;
}

bool hp_signature_compare_enums(hp_signature_pair *pair) {
    char title[HP_SIGNATURE_WORDS];
    entries ours, theirs;
    gather(&pair->ours.text, &ours);
    gather(&pair->theirs.text, &theirs);
    if (!ours.given || !theirs.given)
        return false;
    name_enum(pair, &ours, &theirs, title);
    if (!ours.digested && !theirs.digested)
        return lists_differ(pair, &ours, &theirs, title);
    uint64_t here = digest(&ours), there = digest(&theirs);
    return here != there &&
           hp_signature_compare_say(pair, "%s: its entries are others here (#%016llx) than there (#%016llx)",
                                    title, (unsigned long long)here, (unsigned long long)there);
}
