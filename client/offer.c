#include "client/offer.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/transport.h"
#include "idl/fault.h"
#include "idl/name.h"
#include "idl/protocol.h"
#include "idl/text.h"

/* What one update may offer: enough for large programs, and no way to exhaust the app's memory. */
enum { FUNCTIONS_MAX = 16384, NAMES_MAX = FUNCTIONS_MAX * 64 };

/* Ask for a value that must have this type. */
static HRESULT ask_typed(IDispatch *update, DISPID member, VARIANT *argument, VARTYPE type, VARIANT *result,
                         hp_trouble *trouble) {
    char detail[256];
    VariantInit(result);
    HRESULT hr = hp_transport_ask(update, member, argument, argument != NULL, result, detail, sizeof detail);
    if (hr == DISP_E_MEMBERNOTFOUND || hr == DISP_E_UNKNOWNNAME || hr == DISP_E_BADPARAMCOUNT ||
        hr == E_NOTIMPL)
        return hp_trouble_set(trouble, HP_E_SERVER_NOT_HOTPATCH, NULL, "it has no member %ld", (long)member);
    if (FAILED(hr))
        return hp_trouble_set(trouble, hr, NULL, "%s", detail);
    if (type != VT_EMPTY && V_VT(result) != type) {
        VARTYPE given = V_VT(result);
        VariantClear(result);
        return hp_trouble_set(trouble, HP_E_SERVER_NOT_HOTPATCH, NULL,
                              "member %ld gives type %u in place of %u", (long)member, given, type);
    }
    return S_OK;
}

static HRESULT ask_long(IDispatch *update, DISPID member, long *value, hp_trouble *trouble) {
    VARIANT result;
    HRESULT hr = ask_typed(update, member, NULL, VT_I4, &result, trouble);
    *value = SUCCEEDED(hr) ? V_I4(&result) : 0;
    return hr;
}

/* What a text may be, and what it is called if it is not. */
typedef struct text_rule {
    size_t most; /* characters */
    HRESULT too_long, malformed;
} text_rule;

/* UTF-8 of a BSTR, malloc'ed. A NUL inside would hide what comes after it. */
static HRESULT to_utf8(BSTR text, const text_rule *rule, char **utf8) {
    UINT length = SysStringLen(text);
    *utf8 = NULL;
    if (length > rule->most)
        return rule->too_long;
    if (length > 0 && wmemchr(text, L'\0', length) != NULL)
        return rule->malformed;
    int size = length == 0 ? 0 : WideCharToMultiByte(CP_UTF8, 0, text, (int)length, NULL, 0, NULL, NULL);
    char *copy = HP_FAULT("memory for a text") ? NULL : malloc((size_t)size + 1);
    if (copy == NULL)
        return E_OUTOFMEMORY;
    if (size > 0)
        WideCharToMultiByte(CP_UTF8, 0, text, (int)length, copy, size, NULL, NULL);
    copy[size] = '\0';
    *utf8 = copy;
    return S_OK;
}

static HRESULT ask_text(IDispatch *update, DISPID member, VARIANT *argument, const text_rule *rule,
                        char **text, hp_trouble *trouble) {
    VARIANT result;
    *text = NULL;
    HRESULT hr = ask_typed(update, member, argument, VT_BSTR, &result, trouble);
    if (FAILED(hr))
        return hr;
    hr = to_utf8(V_BSTR(&result), rule, text);
    VariantClear(&result);
    if (FAILED(hr))
        hp_trouble_set(trouble, hr, NULL, "the text that member %ld gives", (long)member);
    return hr;
}

static HRESULT check_protocol(IDispatch *update, hp_trouble *trouble) {
    long version;
    HRESULT hr = ask_long(update, HP_DISPID_PROTOCOL_VERSION, &version, trouble);
    if (SUCCEEDED(hr) && version != HP_PROTOCOL_VERSION)
        hr = hp_trouble_set(trouble, HP_E_PROTOCOL, NULL, "the app speaks version %d, the update %ld",
                            HP_PROTOCOL_VERSION, version);
    return hr;
}

static HRESULT check_identity(IDispatch *update, hp_trouble *trouble) {
    static const text_rule rule = {64, HP_E_SERVER_NOT_HOTPATCH, HP_E_SERVER_NOT_HOTPATCH};
    char *identity;
    HRESULT hr = ask_text(update, HP_DISPID_IMAGE_IDENTITY, NULL, &rule, &identity, trouble);
    if (SUCCEEDED(hr) && strncmp(identity, "x64-", 4) != 0 && strncmp(identity, "x86-", 4) != 0)
        hr = hp_trouble_set(trouble, HP_E_SERVER_NOT_HOTPATCH, NULL, "\"%s\" is no image identity", identity);
    if (SUCCEEDED(hr) && strncmp(identity, HP_X64 ? "x64-" : "x86-", 4) != 0)
        hr = hp_trouble_set(trouble, HP_E_SERVER_ARCHITECTURE, NULL, "the app is %s, the update %.3s",
                            HP_X64 ? "x64" : "x86", identity);
    free(identity);
    return hr;
}

static HRESULT introduce(IDispatch *update, hp_trouble *trouble) {
    VARIANT process, nothing;
    V_VT(&process) = VT_I4;
    V_I4(&process) = (LONG)GetCurrentProcessId();
    HRESULT hr = ask_typed(update, HP_DISPID_CONNECT, &process, VT_EMPTY, &nothing, trouble);
    if (SUCCEEDED(hr))
        VariantClear(&nothing);
    return hr;
}

static char *copy_span(hp_name_span span) {
    char *copy = HP_FAULT("memory for a name") ? NULL : malloc(span.length + 1);
    if (copy != NULL) {
        memcpy(copy, span.text, span.length);
        copy[span.length] = '\0';
    }
    return copy;
}

static HRESULT copy_names(const hp_name_span *spans, size_t count, hp_offer *offer) {
    offer->items = HP_FAULT("memory for the offer") ? NULL : calloc(count, sizeof *offer->items);
    if (offer->items == NULL)
        return E_OUTOFMEMORY;
    for (offer->count = 0; offer->count < count; offer->count++) {
        offer->items[offer->count].name = copy_span(spans[offer->count]);
        if (offer->items[offer->count].name == NULL)
            return E_OUTOFMEMORY;
    }
    return S_OK;
}

static HRESULT ask_names(IDispatch *update, hp_offer *offer, hp_trouble *trouble) {
    static const text_rule rule = {NAMES_MAX, HP_E_FRAME_TOO_LARGE, HP_E_NAME_INVALID};
    char *names;
    hp_name_span *spans = NULL, bad = {0};
    size_t count = 0;
    HRESULT hr = ask_text(update, HP_DISPID_GET_NAMES, NULL, &rule, &names, trouble);
    if (FAILED(hr))
        return hr;
    hr = hp_name_split(names, &spans, &count, &bad);
    if (SUCCEEDED(hr) && count > FUNCTIONS_MAX)
        hr = HP_E_FRAME_TOO_LARGE;
    if (SUCCEEDED(hr))
        hr = copy_names(spans, count, offer);
    if (FAILED(hr)) {
        char thing[HP_NAME_MAX + 1] = "";
        size_t length = bad.length < HP_NAME_MAX ? bad.length : HP_NAME_MAX;
        if (bad.text != NULL)
            memcpy(thing, bad.text, hp_text_whole(bad.text, length));
        hp_trouble_set(trouble, hr, thing[0] != '\0' ? thing : NULL,
                       "in the list of names that the update gives");
    }
    free(spans);
    free(names);
    return hr;
}

/* A signature that the update itself finds faulty concerns one function; a dead update concerns all. */
static HRESULT ask_signature(IDispatch *update, hp_offer_item *item, hp_trouble *trouble) {
    static const text_rule rule = {HP_SIGNATURE_MAX, HP_E_SIGNATURE_LIMIT, HP_E_SIGNATURE_SYNTAX};
    wchar_t wide[HP_NAME_MAX + 1];
    MultiByteToWideChar(CP_UTF8, 0, item->name, -1, wide, HP_NAME_MAX + 1);
    VARIANT name;
    V_VT(&name) = VT_BSTR;
    V_BSTR(&name) = HP_FAULT("memory for a name") ? NULL : SysAllocString(wide);
    if (V_BSTR(&name) == NULL)
        return hp_trouble_set(trouble, E_OUTOFMEMORY, item->name, NULL);
    hp_trouble own = {0};
    item->result = ask_text(update, HP_DISPID_GET_SIGNATURE, &name, &rule, &item->signature, &own);
    VariantClear(&name);
    hp_text_copy(item->detail, sizeof item->detail, own.detail);
    unsigned facility = HRESULT_FACILITY(item->result);
    if (SUCCEEDED(item->result) || (facility == FACILITY_ITF && item->result != HP_E_UPDATE_GONE))
        return S_OK;
    return hp_trouble_set(trouble, item->result, item->name, "%s", own.detail);
}

HRESULT hp_offer_ask(IDispatch *update, const hp_functable *table, hp_offer *offer, hp_trouble *trouble) {
    *offer = (hp_offer){0};
    long pid = 0;
    HRESULT hr = check_protocol(update, trouble);
    if (SUCCEEDED(hr)) /* early: from here on the update ends with us, whatever becomes of us */
        hr = introduce(update, trouble);
    if (SUCCEEDED(hr))
        hr = check_identity(update, trouble);
    if (SUCCEEDED(hr))
        hr = ask_long(update, HP_DISPID_PROCESS_ID, &pid, trouble);
    offer->pid = (uint32_t)pid;
    if (SUCCEEDED(hr))
        hr = ask_names(update, offer, trouble);
    for (size_t i = 0; i < offer->count && SUCCEEDED(hr); i++) {
        hp_function ignored;
        const char *name = offer->items[i].name;
        if (hp_functable_look(table, name, strlen(name), &ignored) != HP_E_NAME_UNKNOWN)
            hr = ask_signature(update, &offer->items[i], trouble);
    }
    return hr;
}

void hp_offer_free(hp_offer *offer) {
    for (size_t i = 0; i < offer->count; i++) {
        free(offer->items[i].name);
        free(offer->items[i].signature);
    }
    free(offer->items);
    *offer = (hp_offer){0};
}
