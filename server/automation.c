#include "server/automation.h"

#include <stdlib.h>
#include <string.h>

#include <oleauto.h>

#include "idl/fault.h"
#include "proxygen/marshal_shared.h"
#include "server/call.h"
#include "server/memory.h"
#include "server/method.h"
#include "server/reference.h"

// One call under way.
typedef struct value_call {
    const hp_export *item;
    const hp_signature *signature;
    const VARIANT *const *argument;
    LCID locale;
    uint16_t current; // parameter that is worked on
    uint64_t total;   // bytes of all memory
    hp_frame frame;
    unsigned char *memory[HP_SIGNATURE_MAX_PARAMETERS]; // of arguments
    VARTYPE of[HP_SIGNATURE_MAX_PARAMETERS];            // elements of arrays that go back
    VARIANT back[HP_SIGNATURE_MAX_PARAMETERS];
    VARIANT result;
} value_call;

static int is_text(const hp_parameter *parameter) {
    return parameter->type.text;
}

static uint32_t elements_of(const hp_parameter *parameter, uint32_t capacity) {
    return capacity / parameter->type.size;
}

// What the function writes to a pointer to one element is a value, unless the caller has an array there.
static hp_reference_shape shape_of(const hp_parameter *parameter, const VARIANT *argument) {
    if (is_text(parameter))
        return HP_REFERENCE_TEXT;
    return parameter->length == HP_LENGTH_CONSTANT && parameter->count == 1 &&
                   parameter->type.kind != HP_TYPE_STRUCT && !(hp_variant_type(argument) & VT_ARRAY)
               ? HP_REFERENCE_VALUE
               : HP_REFERENCE_ARRAY;
}

static HRESULT take_word(value_call *it, uint16_t index) {
    const hp_type *type = &it->signature->parameter[index].type;
    it->frame.word[index] = 0;
    if (type->kind != HP_TYPE_STRUCT)
        return hp_variant_to_bits(it->argument[index], type, it->locale, &it->frame.word[index]);
    unsigned char *bytes;
    HRESULT hr = hp_memory_from_array(it->argument[index], type, 1, it->locale, &bytes);
    if (FAILED(hr))
        return hr;
    memcpy(&it->frame.word[index], bytes, type->size);
    free(bytes);
    return S_OK;
}

// Can what comes back be given to the caller? Who passes a value does not want it.
static HRESULT check_back(value_call *it, uint16_t index, uint32_t capacity) {
    const hp_parameter *parameter = &it->signature->parameter[index];
    const VARIANT *argument = it->argument[index];
    if (!(parameter->direction & HP_OUT) || !hp_reference_is(argument))
        return S_OK;
    const hp_reference_shape shape = shape_of(parameter, argument);
    HRESULT hr = hp_reference_check(argument, &parameter->type, shape, &it->of[index]);
    if (FAILED(hr))
        return hr;
    const int bare = parameter->type.kind == HP_TYPE_STRUCT ||
                     (it->of[index] != VT_EMPTY && it->of[index] == hp_variant_natural(&parameter->type));
    return shape == HP_REFERENCE_ARRAY && !bare &&
                   elements_of(parameter, capacity) > HP_MARSHAL_LIMIT / sizeof(VARIANT)
               ? HP_E_FRAME_TOO_LARGE
               : S_OK;
}

static HRESULT take_text(value_call *it, uint16_t index, hp_frame_block *block) {
    const hp_parameter *parameter = &it->signature->parameter[index];
    HRESULT hr = hp_memory_from_text(it->argument[index], parameter->type.size, it->locale,
                                     &it->memory[index], &block->size);
    if (FAILED(hr))
        return hr;
    block->data = it->memory[index];
    if (parameter->length == HP_LENGTH_TERMINATED)
        block->capacity = block->size;
    return block->size > block->capacity ? DISP_E_OVERFLOW : S_OK;
}

static HRESULT take_memory(value_call *it, uint16_t index, hp_frame_block *block) {
    const hp_parameter *parameter = &it->signature->parameter[index];
    HRESULT hr;
    VARIANT none;
    switch (hp_variant_type(it->argument[index])) {
    case VT_NULL:
        block->flags = HP_FRAME_NULL;
        return S_OK;
    case VT_ERROR: // also where nothing is read
        return hp_variant_change(it->argument[index], VT_I4, it->locale, &none);
    default:
        break;
    }
    if (parameter->length == HP_LENGTH_TERMINATED)
        return take_text(it, index, block);
    hr = hp_marshal_capacity(it->signature, it->frame.word, parameter, &block->capacity);
    if (SUCCEEDED(hr))
        hr = check_back(it, index, block->capacity);
    if (FAILED(hr) || !(parameter->direction & HP_IN))
        return hr;
    if (is_text(parameter))
        return take_text(it, index, block);
    hr = hp_memory_from_array(it->argument[index], &parameter->type, elements_of(parameter, block->capacity),
                              it->locale, &it->memory[index]);
    block->data = it->memory[index];
    block->size = block->capacity;
    return hr;
}

static HRESULT take_block(value_call *it, uint16_t index) {
    const hp_parameter *parameter = &it->signature->parameter[index];
    hp_frame_block *block = &it->frame.block[it->frame.blocks++];
    *block = (hp_frame_block){.parameter = index};
    HRESULT hr;
    if (parameter->direction != HP_BY_VALUE) {
        hr = take_memory(it, index, block);
    } else {
        hr = hp_memory_from_array(it->argument[index], &parameter->type, 1, it->locale, &it->memory[index]);
        block->data = it->memory[index];
        block->size = block->capacity = parameter->type.size;
    }
    it->total += block->capacity;
    return SUCCEEDED(hr) && it->total > HP_MARSHAL_LIMIT ? HP_E_FRAME_TOO_LARGE : hr;
}

// All words first: a buffer's length may stand behind the buffer.
static HRESULT take_arguments(value_call *it) {
    it->frame = (hp_frame){.arch = it->item->marshal.layout.arch, .kind = HP_FRAME_CALL};
    it->frame.words = it->signature->count;
    it->total = it->signature->result.size;
    HRESULT hr = S_OK;
    for (it->current = 0; it->current < it->signature->count; ++it->current) {
        if (hp_marshal_has_block(&it->signature->parameter[it->current]))
            it->frame.word[it->current] = 0;
        else
            hr = take_word(it, it->current);
        if (FAILED(hr))
            return hr;
    }
    for (it->current = 0; it->current < it->signature->count; ++it->current) {
        if (hp_marshal_has_block(&it->signature->parameter[it->current]))
            hr = take_block(it, it->current);
        if (FAILED(hr))
            return hr;
    }
    return S_OK;
}

static HRESULT make_back(value_call *it, const hp_frame_block *block, VARIANT *made) {
    const hp_parameter *parameter = &it->signature->parameter[block->parameter];
    const VARIANT *argument = it->argument[block->parameter];
    uint64_t bits = 0;
    HRESULT hr = S_OK;
    switch (shape_of(parameter, argument)) {
    case HP_REFERENCE_TEXT:
        hr = hp_memory_to_text(block->data, parameter->type.size, block->size, made);
        break;
    case HP_REFERENCE_VALUE:
        memcpy(&bits, block->data, parameter->type.size);
        hp_variant_from_bits(&parameter->type, bits, made);
        break;
    case HP_REFERENCE_ARRAY:
        hr = hp_memory_to_array(block->data, &parameter->type, elements_of(parameter, block->size),
                                it->of[block->parameter], made);
        break;
    }
    return SUCCEEDED(hr) ? hp_reference_fit(argument, it->locale, made) : hr;
}

static HRESULT make_result(value_call *it, const hp_frame *reply) {
    const hp_type *type = &it->signature->result;
    if (type->kind != HP_TYPE_STRUCT) {
        hp_variant_from_bits(type, reply->word[0], &it->result);
        return S_OK;
    }
    const unsigned char *bytes = type->size > HP_MARSHAL_WORD ? reply->block[reply->blocks - 1].data
                                                              : (const unsigned char *)&reply->word[0];
    return hp_memory_to_array(bytes, type, 1, VT_UI1, &it->result);
}

static int goes_back(const value_call *it, const hp_frame_block *block) {
    return block->parameter != HP_FRAME_RESULT && hp_reference_is(it->argument[block->parameter]);
}

// Everything that can fail, then everything that the caller sees.
static HRESULT give_back(value_call *it, const hp_frame *reply, VARIANT *result) {
    it->current = HP_AUTOMATION_NOBODY;
    HRESULT hr = make_result(it, reply);
    for (uint16_t i = 0; i < reply->blocks && SUCCEEDED(hr); ++i) {
        const hp_frame_block *block = &reply->block[i];
        if (!goes_back(it, block))
            continue;
        it->current = block->parameter;
        hr = make_back(it, block, &it->back[block->parameter]);
    }
    if (FAILED(hr))
        return hr;
    for (uint16_t i = 0; i < reply->blocks; ++i)
        if (goes_back(it, &reply->block[i]))
            hp_reference_store(it->argument[reply->block[i].parameter], &it->back[reply->block[i].parameter]);
    if (result) {
        *result = it->result;
        VariantInit(&it->result);
    }
    return S_OK;
}

static HRESULT blame(const value_call *it, HRESULT hr, const char *what, hp_trouble *trouble) {
    char parameter[96];
    const char *reason = NULL;
    if (it->current == HP_AUTOMATION_NOBODY)
        return hp_trouble_set(trouble, hr, it->item->name, "%s", what);
    hp_method_say(it->item, it->current, parameter, sizeof parameter);
    if (hr == E_INVALIDARG)
        reason = "the array has another number of elements";
    else if (hr == HP_E_FRAME_MALFORMED)
        reason = "its length is negative";
    else if (hr == DISP_E_OVERFLOW)
        reason = "the value does not fit";
    else if (hr == DISP_E_PARAMNOTOPTIONAL)
        reason = "it was left out";
    else if (hr == DISP_E_TYPEMISMATCH)
        reason = "this cannot be converted";
    return hp_trouble_set(trouble, hr, it->item->name, "%s%s%s%s", what, parameter, reason ? ": " : "",
                          reason ? reason : "");
}

static HRESULT run(const hp_exports *exports, value_call *it, VARIANT *result, hp_trouble *trouble) {
    static const char ran[] = "it ran, but its results could not be given back; ";
    uint32_t size;
    hp_call call;
    HRESULT hr = take_arguments(it);
    if (FAILED(hr))
        return blame(it, hr, "", trouble);
    it->current = HP_AUTOMATION_NOBODY;
    hr = hp_frame_measure(&it->frame, &size);
    if (FAILED(hr))
        return blame(it, hr, "the arguments together", trouble);
    unsigned char *bytes = HP_FAULT("memory for a call") ? NULL : malloc(size);
    if (!bytes)
        return blame(it, E_OUTOFMEMORY, "a call frame", trouble);
    hr = hp_frame_write(&it->frame, bytes, size);
    if (SUCCEEDED(hr))
        hr = hp_call_begin(exports, it->item, bytes, size, &call, trouble);
    if (SUCCEEDED(hr)) {
        hr = give_back(it, &call.frame, result);
        hp_call_end(&call);
        if (FAILED(hr)) {
            blame(it, hr, ran, trouble);
            it->current = HP_AUTOMATION_NOBODY; // an index alone would say that it did not run
        }
    }
    free(bytes);
    return hr;
}

HRESULT hp_automation_run(const hp_exports *exports, const hp_export *item, const VARIANT *const *argument,
                          LCID locale, VARIANT *result, uint16_t *bad, hp_trouble *trouble) {
    value_call it;
    it.item = item;
    it.signature = &item->marshal.signature;
    it.argument = argument;
    it.locale = locale;
    VariantInit(&it.result);
    for (uint16_t i = 0; i < it.signature->count; ++i) {
        it.memory[i] = NULL;
        it.of[i] = VT_EMPTY;
        VariantInit(&it.back[i]);
    }
    HRESULT hr = run(exports, &it, result, trouble);
    *bad = it.current;
    for (uint16_t i = 0; i < it.signature->count; ++i) {
        free(it.memory[i]);
        VariantClear(&it.back[i]);
    }
    VariantClear(&it.result);
    return hr;
}
