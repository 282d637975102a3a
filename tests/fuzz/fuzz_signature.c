// Any text: parse, canonical form and layout keep their promises, for both architectures and every compiler.
#include "idl/protocol.h"
#include "proxygen/layout.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool promise) {
    if (!promise)
        __builtin_trap();
}

/** Bytes first to first + size of the stack, or a register, belong to one parameter only. */
static void take(const hp_place *place, const hp_layout *layout, unsigned char *stack, bool *registers) {
    if (place->kind != HP_PLACE_STACK) {
        uint32_t index = place->index + (place->kind == HP_PLACE_FLOAT ? 16u : 0u);
        require(index < 32 && !registers[index]);
        registers[index] = true;
        return;
    }
    require(place->size > 0 && place->offset % 4 == 0);
    require(place->offset <= layout->stack_bytes && place->size <= layout->stack_bytes - place->offset);
    for (uint32_t i = 0; i < place->size; i++) {
        require(stack[place->offset + i] == 0);
        stack[place->offset + i] = 1;
    }
}

static void check_layout(const hp_signature *signature, hp_compiler compiler) {
    hp_layout layout;
    hp_layout_compute(signature, compiler, &layout);
    require(layout.stack_bytes <= HP_SIGNATURE_MAX_STACK);
    require(layout.cleanup == 0 || layout.cleanup == layout.stack_bytes);
    require((layout.result == HP_RESULT_NONE) == (signature->result.kind == HP_TYPE_VOID));
    bool registers[32] = {false};
    unsigned char *stack = calloc(1, layout.stack_bytes + 1u);
    require(stack != NULL);
    if (layout.result == HP_RESULT_HIDDEN)
        take(&layout.hidden, &layout, stack, registers);
    for (uint16_t i = 0; i < signature->count; i++)
        take(&layout.place[i], &layout, stack, registers);
    free(stack);
}

static void check_text(const char *text, size_t length, hp_arch arch) {
    static char canon[HP_SIGNATURE_MAX + 129], again[HP_SIGNATURE_MAX + 129];
    hp_signature signature, reread;
    hp_signature_error error;
    HRESULT hr = hp_signature_parse(text, arch, &signature, &error);
    if (FAILED(hr)) {
        require(error.position <= length && memchr(error.reason, '\0', sizeof error.reason) &&
                error.reason[0]);
        require(hp_signature_canonical(text, arch, canon, sizeof canon) == hr);
        return;
    }
    require(hp_signature_canonical(text, arch, canon, sizeof canon) == S_OK);
    require(strlen(canon) <= length + 128);
    require(hp_signature_canonical(text, arch, again, strlen(canon)) == E_INVALIDARG);
    if (strlen(canon) <= HP_SIGNATURE_MAX) {
        require(hp_signature_canonical(canon, arch, again, sizeof again) == S_OK &&
                strcmp(canon, again) == 0);
        require(hp_signature_parse(canon, arch, &reread, NULL) == S_OK && reread.count == signature.count);
        for (uint16_t i = 0; i < signature.count; i++) {
            const hp_parameter *one = &signature.parameter[i], *other = &reread.parameter[i];
            require(one->direction == other->direction && one->length == other->length);
            require(one->count == other->count && one->variadic == other->variadic);
            require(one->type.kind == other->type.kind && one->type.size == other->type.size);
            require(one->type.align == other->type.align && one->type.text == other->type.text);
            require(one->type.lone_float == other->type.lone_float &&
                    one->type.lone_word == other->type.lone_word);
            require(one->type.in_registers == other->type.in_registers);
        }
    }
    for (int compiler = HP_COMPILER_GNU; compiler <= HP_COMPILER_MSVC; compiler++)
        check_layout(&signature, (hp_compiler)compiler);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); // of its exact size: the sanitizer sees a step over the end
    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    size_t length = strlen(text);
    check_text(text, length, HP_ARCH_X86);
    check_text(text, length, HP_ARCH_X64);
    free(text);
    return 0;
}
