#include "server/method.h"

#include <stdio.h>

#include "idl/name.h"
#include "idl/protocol.h"
#include "proxygen/signature_text.h"

static char lower(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

// How much alike are they: 2 exactly, 1 but for the case, 0 not. Names are ASCII.
static int compare(const wchar_t *name, size_t length, const char *text, size_t text_length) {
    if (length != text_length)
        return 0;
    int exact = 1;
    for (size_t i = 0; i < length; ++i) {
        if (name[i] == (unsigned char)text[i])
            continue;
        if (name[i] >= 0x80 || lower((char)name[i]) != lower(text[i]))
            return 0;
        exact = 0;
    }
    return 1 + exact;
}

// How well does a name fit an export? 0: not at all.
static int rank_of(const hp_export *item, const wchar_t *name, size_t length) {
    int same = compare(name, length, item->name, item->length);
    if (same)
        return 4 + same;
    const size_t brief = hp_name_short(item->name, item->length);
    same = compare(name, length, item->name, brief);
    if (same)
        return 2 + same;
    size_t last = brief;
    while (last > 0 && item->name[last - 1] != ':')
        --last;
    return compare(name, length, item->name + last, brief - last);
}

HRESULT hp_method_find(const hp_exports *exports, const wchar_t *name, DISPID *id) {
    const size_t length = wcsnlen(name, HP_NAME_MAX + 1);
    int best = 0;
    int several = 0;
    *id = DISPID_UNKNOWN;
    for (size_t i = 0; length && length <= HP_NAME_MAX && i < exports->count; ++i) {
        const int rank = rank_of(&exports->items[i], name, length);
        if (!rank || rank < best)
            continue;
        several = rank == best;
        best = rank;
        *id = HP_DISPID_FUNCTION_BASE + (DISPID)i;
    }
    if (best && !several)
        return S_OK;
    *id = DISPID_UNKNOWN;
    return DISP_E_UNKNOWNNAME;
}

const hp_export *hp_method_export(const hp_exports *exports, DISPID id) {
    return id >= HP_DISPID_FUNCTION_BASE && (size_t)(id - HP_DISPID_FUNCTION_BASE) < exports->count
               ? &exports->items[id - HP_DISPID_FUNCTION_BASE]
               : NULL;
}

// Where the names stand in the text, which was read before.
static void read_names(const hp_export *item, hp_signature_source *source) {
    hp_signature signature;
    if (FAILED(hp_signature_read(item->signature, HP_ARCH_HERE, &signature, source, NULL)))
        *source = (hp_signature_source){0};
}

static DISPID find_parameter(const hp_export *item, const hp_signature_source *source, const wchar_t *name) {
    const size_t length = wcsnlen(name, HP_SIGNATURE_MAX + 1);
    int best = 0;
    DISPID found = DISPID_UNKNOWN;
    for (uint16_t i = 0; length && i < item->marshal.signature.count; ++i) {
        const hp_signature_span span = source->name[i];
        const int same = compare(name, length, item->signature + span.at, span.length);
        if (!same || same < best)
            continue;
        found = same == best ? DISPID_UNKNOWN : i;
        best = same;
    }
    return found;
}

HRESULT hp_method_parameters(const hp_export *item, LPOLESTR *names, UINT count, DISPID *ids) {
    hp_signature_source source;
    HRESULT hr = S_OK;
    if (count)
        read_names(item, &source);
    for (UINT i = 0; i < count; ++i) {
        ids[i] = find_parameter(item, &source, names[i]);
        if (ids[i] == DISPID_UNKNOWN)
            hr = DISP_E_UNKNOWNNAME;
    }
    return hr;
}

void hp_method_say(const hp_export *item, uint16_t index, char *text, size_t capacity) {
    hp_signature_source source;
    read_names(item, &source);
    const hp_signature_span span = source.name[index];
    if (span.length)
        snprintf(text, capacity, "parameter %u (%.*s)", index + 1u, (int)span.length,
                 item->signature + span.at);
    else
        snprintf(text, capacity, "parameter %u", index + 1u);
}

HRESULT hp_method_arrange(const hp_export *item, const DISPPARAMS *parameters, hp_method_arguments *arguments,
                          UINT *bad) {
    const UINT count = item->marshal.signature.count;
    const UINT named = parameters->cNamedArgs;
    if (parameters->cArgs != count)
        return DISP_E_BADPARAMCOUNT;
    if (named > count || (count && !parameters->rgvarg) || (named && !parameters->rgdispidNamedArgs))
        return E_INVALIDARG;
    *arguments = (hp_method_arguments){0};
    for (UINT i = 0; i < count; ++i) {
        // Those without a name come last, and in reverse.
        const UINT at = count - 1 - i;
        const DISPID id = i < count - named ? (DISPID)i : parameters->rgdispidNamedArgs[at];
        if (id < 0 || (UINT)id >= count || arguments->value[id]) {
            *bad = at;
            return DISP_E_PARAMNOTFOUND;
        }
        arguments->value[id] = &parameters->rgvarg[at];
        arguments->place[id] = at;
    }
    return S_OK;
}
