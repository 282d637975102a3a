// What can be said of a signature only once all of its parameters are known.
#include "proxygen/signature_text.h"

/** Find the parameter that a length means, and see whether it can be one. */
static HRESULT resolve_length(const hp_signature_text *text, const hp_signature *signature,
                              const hp_signature_source *source, hp_parameter *parameter,
                              hp_signature_span length) {
    char first = text->text[length.at];
    if (first < '0' || first > '9') {
        parameter->count = 0;
        while (parameter->count < signature->count &&
               !hp_signature_text_same(text, source->name[parameter->count], length))
            parameter->count++;
    }
    const char *reason = NULL;
    if (parameter->count >= signature->count)
        reason = "no parameter of this name";
    else if (signature->parameter[parameter->count].direction != HP_BY_VALUE)
        reason = "a length has to be passed by value";
    else if (signature->parameter[parameter->count].type.kind != HP_TYPE_SIGNED &&
             signature->parameter[parameter->count].type.kind != HP_TYPE_UNSIGNED)
        reason = "a length has to be an integer";
    return reason ? hp_signature_text_fail(text, length.at, HP_E_SIGNATURE_LENGTH, reason) : S_OK;
}

/** thiscall: the first parameter is the object. */
static HRESULT check_this(const hp_signature_text *text, const hp_signature *signature,
                          const hp_signature_source *source) {
    const hp_parameter *first = &signature->parameter[0];
    if (signature->convention != HP_CONVENTION_THISCALL)
        return S_OK;
    if (signature->count == 0)
        return hp_signature_text_fail(text, text->span.at, HP_E_SIGNATURE_CONVENTION,
                                      "thiscall needs a first parameter, the object");
    bool pointer = first->direction != HP_BY_VALUE;
    bool number = first->type.kind == HP_TYPE_SIGNED || first->type.kind == HP_TYPE_UNSIGNED ||
                  first->type.kind == HP_TYPE_HANDLE;
    if (pointer || (number && first->type.size == (signature->arch == HP_ARCH_X64 ? 8u : 4u)))
        return S_OK;
    return hp_signature_text_fail(text, source->type[0].at, HP_E_SIGNATURE_CONVENTION,
                                  "the object of thiscall is a handle, a pointer or as large as one");
}

/**
 * x86 puts structures themselves on the stack: what is there, at most, must be
 * something that a call can push.
 */
static HRESULT check_stack(const hp_signature_text *text, const hp_signature *signature,
                           const hp_signature_source *source) {
    if (signature->arch != HP_ARCH_X86)
        return S_OK;
    uint32_t bytes = signature->result.kind == HP_TYPE_STRUCT ? 4 : 0;
    for (uint16_t i = 0; i < signature->count; i++) {
        const hp_parameter *parameter = &signature->parameter[i];
        bytes += parameter->direction == HP_BY_VALUE ? (parameter->type.size + 3) / 4 * 4 : 4;
        if (bytes > HP_SIGNATURE_MAX_STACK)
            return hp_signature_text_fail(text, source->type[i].at, HP_E_SIGNATURE_LIMIT,
                                          "the arguments exceed 65536 bytes of stack");
    }
    return S_OK;
}

HRESULT hp_signature_check_whole(const hp_signature_text *text, hp_signature *signature,
                                 const hp_signature_source *source) {
    for (uint16_t i = 0; i < signature->count; i++) {
        if (signature->parameter[i].length != HP_LENGTH_PARAMETER)
            continue;
        HRESULT hr = resolve_length(text, signature, source, &signature->parameter[i], source->length[i]);
        if (FAILED(hr))
            return hr;
    }
    HRESULT hr = check_this(text, signature, source);
    return FAILED(hr) ? hr : check_stack(text, signature, source);
}
