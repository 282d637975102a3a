// Two signatures: do they describe one call, and mean the same by it? If not, what differs, in words.
#include "proxygen/signature_compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool hp_signature_compare_say(hp_signature_pair *pair, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    // Whatever can be read is ASCII: a cut never goes through a character.
    if (pair->capacity > 0)
        vsnprintf(pair->detail, pair->capacity, format, arguments);
    va_end(arguments);
    return true;
}

/** Go to a type, which a read of the whole signature found. */
static void go_to(hp_signature_side *side, hp_signature_span span) {
    side->text.span = (hp_signature_span){span.at, 0};
    hp_signature_text_next(&side->text);
}

/** "parameter 2 (points)" */
static void name_parameter(hp_signature_pair *pair, uint16_t index) {
    const hp_signature_side *side = pair->ours.source.name[index].length ? &pair->ours : &pair->theirs;
    hp_signature_span name = side->source.name[index];
    if (name.length)
        snprintf(pair->place, sizeof pair->place, "parameter %u (%.*s)", index + 1u,
                 name.length < 64 ? (int)name.length : 64, side->text.text + name.at);
    else
        snprintf(pair->place, sizeof pair->place, "parameter %u", index + 1u);
}

/** A type at one place of both; parameters are NULL for the result. @return true: they differ */
static bool types_differ(hp_signature_pair *pair, hp_signature_span our_type, const hp_parameter *ours,
                         hp_signature_span their_type, const hp_parameter *theirs) {
    const hp_type *one = ours ? &ours->type : &pair->ours.signature.result;
    const hp_type *other = theirs ? &theirs->type : &pair->theirs.signature.result;
    bool same = hp_signature_compare_alike(one, other);
    if (ours && theirs)
        same = same && ours->direction == theirs->direction && ours->length == theirs->length &&
               ours->count == theirs->count;
    if (!same) {
        char here[HP_SIGNATURE_WORDS], there[HP_SIGNATURE_WORDS];
        hp_signature_words(&pair->ours.text, our_type, ours, here, sizeof here);
        hp_signature_words(&pair->theirs.text, their_type, theirs, there, sizeof there);
        return hp_signature_compare_say(pair, "%s is %s here, %s there", pair->place, here, there);
    }
    if (one->kind == HP_TYPE_VOID || one->text)
        return false;
    hp_type ignored[2];
    go_to(&pair->ours, our_type);
    go_to(&pair->theirs, their_type);
    return hp_signature_compare_values(pair, &ignored[0], &ignored[1]);
}

/** Convention, number of parameters, "...". @return true: they differ */
static bool shapes_differ(hp_signature_pair *pair) {
    static const char *const conventions[] = {
        [HP_CONVENTION_CDECL] = "cdecl",
        [HP_CONVENTION_STDCALL] = "stdcall",
        [HP_CONVENTION_FASTCALL] = "fastcall",
        [HP_CONVENTION_THISCALL] = "thiscall",
    };
    const hp_signature *ours = &pair->ours.signature, *theirs = &pair->theirs.signature;
    if (ours->convention != theirs->convention)
        return hp_signature_compare_say(pair, "the convention is %s here, %s there",
                                        conventions[ours->convention], conventions[theirs->convention]);
    if (ours->count != theirs->count)
        return hp_signature_compare_say(pair, "here %u parameter%s, there %u", (unsigned)ours->count,
                                        ours->count == 1 ? "" : "s", (unsigned)theirs->count);
    if (ours->variadic != theirs->variadic)
        return hp_signature_compare_say(pair, "\"...\" stands only %s", ours->variadic ? "here" : "there");
    if (pair->ours.source.variadic != pair->theirs.source.variadic)
        return hp_signature_compare_say(pair, "\"...\" stands behind parameter %u here, %u there",
                                        (unsigned)pair->ours.source.variadic,
                                        (unsigned)pair->theirs.source.variadic);
    return false;
}

/** All types, or, as pair->names says, all names. @return true: they differ */
static bool sides_differ(hp_signature_pair *pair) {
    snprintf(pair->place, sizeof pair->place, "the result");
    if (types_differ(pair, pair->ours.source.result, NULL, pair->theirs.source.result, NULL))
        return true;
    uint16_t ours = pair->ours.signature.count, theirs = pair->theirs.signature.count;
    for (uint16_t i = 0; i < ours && i < theirs; i++) {
        name_parameter(pair, i);
        if (types_differ(pair, pair->ours.source.type[i], &pair->ours.signature.parameter[i],
                         pair->theirs.source.type[i], &pair->theirs.signature.parameter[i]))
            return true;
    }
    return false;
}

static HRESULT read_side(hp_signature_pair *pair, hp_signature_side *side, const char *text, hp_arch arch,
                         const char *where) {
    hp_signature_error error = {0};
    HRESULT hr = hp_signature_read(text, arch, &side->signature, &side->source, &error);
    if (FAILED(hr))
        hp_signature_compare_say(pair, "the signature %s cannot be read, at %zu: %s", where, error.position,
                                 error.reason);
    side->text = (hp_signature_text){.text = text, .arch = arch};
    return hr;
}

/** Canonical forms decide. Of texts that have been read, so they have one. */
static bool same_call(const char *ours, const char *theirs, hp_arch arch) {
    char here[HP_SIGNATURE_MAX + 129], there[HP_SIGNATURE_MAX + 129];
    return SUCCEEDED(hp_signature_canonical(ours, arch, here, sizeof here)) &&
           SUCCEEDED(hp_signature_canonical(theirs, arch, there, sizeof there)) && strcmp(here, there) == 0;
}

HRESULT hp_signature_compare(const char *ours, const char *theirs, hp_arch arch, char *detail,
                             size_t capacity) {
    if (detail && capacity > 0)
        *detail = '\0';
    if (!ours || !theirs || (!detail && capacity > 0) || (arch != HP_ARCH_X86 && arch != HP_ARCH_X64))
        return E_INVALIDARG;
    hp_signature_pair pair = {.detail = detail, .capacity = capacity};
    HRESULT hr = read_side(&pair, &pair.ours, ours, arch, "here");
    if (SUCCEEDED(hr))
        hr = read_side(&pair, &pair.theirs, theirs, arch, "there");
    if (FAILED(hr))
        return hr;
    if (!same_call(ours, theirs, arch)) {
        if (!shapes_differ(&pair))
            sides_differ(&pair);
        return HP_E_SIGNATURE_MISMATCH;
    }
    pair.names = true;
    return sides_differ(&pair) ? HP_E_TYPE_MISMATCH : S_OK;
}
