#include "tools/arguments.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const hp_value_types *types;
    hp_arguments *arguments;
    const char *name;
    hp_trouble *trouble;
} reader;

static HRESULT wrong(const reader *in, unsigned index, const char *reason) {
    const hp_value_piece piece = in->types->types[1 + index].whole;
    return hp_trouble_set(in->trouble, HP_E_ARGUMENT, in->name, "argument %u, \"%.*s\": %s", index + 1,
                          (int)(piece.length < 200 ? piece.length : 200), in->types->text + piece.at, reason);
}

/* Memory for count elements, zero; at least one byte, so that it is not NULL. */
static unsigned char *make(uint32_t count, uint32_t size) {
    return calloc((size_t)count + 1, size);
}

static HRESULT read_text(reader *in, unsigned index, const char *text) {
    const hp_parameter *parameter = &in->types->signature.parameter[index];
    hp_arguments_item *item = &in->arguments->item[index];
    text += *text == '=';
    const size_t length = strlen(text);
    const size_t units = parameter->type.size == 1 ? length : hp_value_to_utf16(text, length, NULL);
    if (units == SIZE_MAX)
        return wrong(in, index, "it is no UTF-8");
    if (units >= HP_FRAME_MAX / 2)
        return wrong(in, index, "it is too long");
    item->bytes = make((uint32_t)units + 1, parameter->type.size);
    if (!item->bytes)
        return E_OUTOFMEMORY;
    if (parameter->type.size == 1)
        memcpy(item->bytes, text, length);
    else
        hp_value_to_utf16(text, length, item->bytes);
    item->count = (uint32_t)units + 1;
    return S_OK;
}

static HRESULT read_memory(reader *in, unsigned index, const char *text) {
    const hp_parameter *parameter = &in->types->signature.parameter[index];
    hp_arguments_item *item = &in->arguments->item[index];
    char reason[HP_VALUE_REASON];
    item->open = strcmp(text, "_") == 0;
    if (item->open || strcmp(text, "null") == 0) {
        if (item->open && parameter->direction == HP_IN)
            return wrong(in, index, "\"_\" is for what the function writes; give a value");
        return S_OK;
    }
    if (parameter->direction == HP_OUT)
        return wrong(in, index, "the function only writes it: give \"_\", or null");
    if (parameter->type.text)
        return read_text(in, index, text);
    if (parameter->length == HP_LENGTH_CONSTANT && parameter->count == 1 && !hp_value_is_list(text)) {
        item->bytes = make(1, parameter->type.size);
        if (!item->bytes)
            return E_OUTOFMEMORY;
        item->count = 1;
        return hp_value_read(in->types, 1 + index, text, item->bytes, reason) ? S_OK
                                                                              : wrong(in, index, reason);
    }
    return hp_value_read_list(in->types, 1 + index, text, &item->bytes, &item->count, reason)
               ? S_OK
               : wrong(in, index, reason);
}

static int is_length(const hp_signature *signature, unsigned index) {
    for (unsigned i = 0; i < signature->count; i++)
        if (signature->parameter[i].direction != HP_BY_VALUE &&
            signature->parameter[i].length == HP_LENGTH_PARAMETER && signature->parameter[i].count == index)
            return 1;
    return 0;
}

static HRESULT read_value(reader *in, unsigned index, const char *text) {
    hp_arguments_item *item = &in->arguments->item[index];
    char reason[HP_VALUE_REASON];
    item->bytes = make(1, in->types->types[1 + index].size);
    if (!item->bytes)
        return E_OUTOFMEMORY;
    item->count = 1;
    item->open = strcmp(text, "_") == 0;
    if (item->open)
        return is_length(&in->types->signature, index) ? S_OK : wrong(in, index, "a value is needed");
    return hp_value_read(in->types, 1 + index, text, item->bytes, reason) ? S_OK : wrong(in, index, reason);
}

static int counts_by(const hp_parameter *parameter, unsigned index) {
    return parameter->direction != HP_BY_VALUE && parameter->length == HP_LENGTH_PARAMETER &&
           parameter->count == index;
}

/* "_" for a length: what is given must agree on it, and something must be given. */
static HRESULT compute_length(reader *in, unsigned index) {
    const hp_signature *signature = &in->types->signature;
    uint32_t length = 0;
    int known = 0, open = 0;
    for (unsigned i = 0; i < signature->count; i++) {
        const hp_arguments_item *item = &in->arguments->item[i];
        if (!counts_by(&signature->parameter[i], index))
            continue;
        open |= item->open;
        if (!item->bytes)
            continue;
        if (known && item->count != length)
            return wrong(in, index, "say it: what it counts is given with different lengths");
        length = item->count;
        known = 1;
    }
    if (!known && open)
        return wrong(in, index, "say it: nothing is given that would tell");
    const hp_type *type = &signature->parameter[index].type;
    const unsigned bits = 8 * type->size - (type->kind == HP_TYPE_SIGNED);
    if (bits < 32 && length >> bits != 0)
        return wrong(in, index, "more is given than it can count");
    unsigned char *bytes = in->arguments->item[index].bytes;
    for (uint32_t i = 0; i < type->size; i++)
        bytes[i] = (unsigned char)(i < 4 ? length >> (8 * i) & 0xFF : 0);
    return S_OK;
}

/* How many elements a parameter's memory shall have. */
static HRESULT wanted(reader *in, unsigned index, uint64_t *count) {
    const hp_parameter *parameter = &in->types->signature.parameter[index];
    *count = parameter->count;
    if (parameter->length != HP_LENGTH_PARAMETER)
        return S_OK;
    const hp_type *type = &in->types->signature.parameter[parameter->count].type;
    const unsigned char *bytes = in->arguments->item[parameter->count].bytes;
    *count = 0;
    for (uint32_t i = type->size; i-- > 0;)
        *count = *count << 8 | bytes[i];
    if (type->kind == HP_TYPE_SIGNED && bytes[type->size - 1] & 0x80)
        return wrong(in, parameter->count, "a length cannot be negative");
    return S_OK;
}

static HRESULT fit_memory(reader *in, unsigned index) {
    const hp_parameter *parameter = &in->types->signature.parameter[index];
    hp_arguments_item *item = &in->arguments->item[index];
    uint64_t count;
    if (parameter->length == HP_LENGTH_TERMINATED || (!item->bytes && !item->open))
        return S_OK;
    HRESULT hr = wanted(in, index, &count);
    if (FAILED(hr))
        return hr;
    if (count > HP_FRAME_MAX / parameter->type.size)
        return wrong(in, index, "its length is more than a call can carry");
    if (item->count > count)
        return wrong(in, index, "more is given than its length says");
    if (item->count < count && parameter->direction == HP_IN)
        return wrong(in, index, "less is given than its length says");
    unsigned char *whole = make((uint32_t)count, parameter->type.size);
    if (!whole)
        return E_OUTOFMEMORY;
    if (item->bytes)
        memcpy(whole, item->bytes, (size_t)item->count * parameter->type.size);
    free(item->bytes);
    item->bytes = whole;
    item->count = (uint32_t)count;
    return S_OK;
}

static HRESULT read_all(reader *in, const char *const *texts) {
    const hp_signature *signature = &in->types->signature;
    HRESULT hr = S_OK;
    for (unsigned i = 0; i < signature->count && SUCCEEDED(hr); i++)
        hr = signature->parameter[i].direction == HP_BY_VALUE ? read_value(in, i, texts[i])
                                                              : read_memory(in, i, texts[i]);
    for (unsigned i = 0; i < signature->count && SUCCEEDED(hr); i++)
        if (signature->parameter[i].direction == HP_BY_VALUE && in->arguments->item[i].open)
            hr = compute_length(in, i);
    for (unsigned i = 0; i < signature->count && SUCCEEDED(hr); i++)
        if (signature->parameter[i].direction != HP_BY_VALUE)
            hr = fit_memory(in, i);
    return hr;
}

HRESULT hp_arguments_read(const hp_value_types *types, const char *const *texts, unsigned count,
                          const char *name, hp_arguments *arguments, hp_trouble *trouble) {
    reader in = {types, arguments, name, trouble};
    *arguments = (hp_arguments){0};
    if (count != types->signature.count)
        return hp_trouble_set(trouble, HP_E_ARGUMENT, name, "it takes %u arguments, %u are given: %.300s",
                              (unsigned)types->signature.count, count, types->text);
    HRESULT hr = read_all(&in, texts);
    if (FAILED(hr)) {
        hp_trouble_set(trouble, hr, name, NULL);
        hp_arguments_free(arguments);
    }
    return hr;
}

void hp_arguments_free(hp_arguments *arguments) {
    for (unsigned i = 0; i < HP_SIGNATURE_MAX_PARAMETERS; i++)
        free(arguments->item[i].bytes);
    *arguments = (hp_arguments){0};
}
