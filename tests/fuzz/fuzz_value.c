// Arguments of `hotpatch call`: what is read is printed so that it is read back as the same value, whatever
// the signature is. The first byte chooses the architecture, the first line is the signature (of an update,
// so not believed either), each further line an argument.
#include "tools/arguments.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(int condition) {
    if (!condition)
        abort();
}

static void check_value(const hp_value_types *types, unsigned type, const char *text) {
    char reason[HP_VALUE_REASON];
    const size_t size = types->types[type].size;
    unsigned char *bytes = malloc(size),
                  *again = malloc(size); // exactly: the sanitizer sees one byte too many
    require(bytes && again);
    if (hp_value_read(types, type, text, bytes, reason)) {
        char *printed = hp_value_print(types, type, bytes);
        require(printed && hp_value_read(types, type, printed, again, reason));
        char *second = hp_value_print(types, type, again);
        require(second && strcmp(printed, second) == 0); // not the bytes: there are many kinds of "nan"
        hp_json json = {0};
        hp_value_json(types, type, bytes, &json);
        require(!json.failed);
        hp_json_free(&json);
        free(second);
        free(printed);
    }
    free(again);
    free(bytes);
}

static void check_list(const hp_value_types *types, unsigned type, const char *text) {
    char reason[HP_VALUE_REASON];
    unsigned char *bytes, *again = NULL;
    uint32_t count, recount = 0;
    if (!hp_value_read_list(types, type, text, &bytes, &count, reason))
        return;
    char *printed = hp_value_print_list(types, type, bytes, count);
    require(printed && hp_value_read_list(types, type, printed, &again, &recount, reason));
    char *second = hp_value_print_list(types, type, again, recount);
    require(second && count == recount && strcmp(printed, second) == 0);
    free(second);
    free(printed);
    free(again);
    free(bytes);
}

static void check_text(const char *text) {
    const size_t length = strlen(text), units = hp_value_to_utf16(text, length, NULL);
    if (units == SIZE_MAX)
        return;
    unsigned char *wide = malloc(2 * units + 1);
    char *back = malloc(4 * units + 1);
    require(wide && back && hp_value_to_utf16(text, length, wide) == units);
    require(hp_value_to_utf8(wide, units, back) == length && memcmp(back, text, length) == 0);
    free(back);
    free(wide);
}

/* Buffers as large as a call can carry are fine, but slow. */
static int asks_for_much(const hp_value_types *types, char *const *texts) {
    for (unsigned i = 0; i < types->signature.count; i++) {
        const hp_parameter *parameter = &types->signature.parameter[i];
        if (parameter->direction == HP_BY_VALUE)
            continue;
        if (parameter->length == HP_LENGTH_PARAMETER ? strlen(texts[parameter->count]) > 4
                                                     : parameter->count > 9999)
            return 1;
    }
    return 0;
}

static void check_arguments(const hp_value_types *types, char *const *texts, unsigned count) {
    hp_arguments arguments;
    hp_trouble trouble = {0};
    if (count == types->signature.count && asks_for_much(types, texts))
        return;
    const HRESULT hr =
        hp_arguments_read(types, (const char *const *)texts, count, "fuzz", &arguments, &trouble);
    require(SUCCEEDED(hr) ? count == types->signature.count : FAILED(trouble.result));
    for (unsigned i = 0; i < types->signature.count && SUCCEEDED(hr); i++) {
        const hp_arguments_item *item = &arguments.item[i];
        if (!item->bytes)
            continue;
        char *printed = hp_value_print_list(types, 1 + i, item->bytes, item->count); // all of it can be read
        require(printed != NULL);
        free(printed);
    }
    hp_arguments_free(&arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    enum { MOST = HP_SIGNATURE_MAX_PARAMETERS + 1 };
    char *texts[MOST];
    unsigned count = 0;
    if (length == 0)
        return 0;
    char *line = malloc(length);
    require(line != NULL);
    memcpy(line, input + 1, length - 1);
    line[length - 1] = '\0';
    char *next = strchr(line, '\n');
    while (next && count < MOST) {
        *next = '\0';
        texts[count++] = next + 1;
        next = strchr(next + 1, '\n');
    }
    if (next)
        *next = '\0';

    hp_value_types types;
    hp_signature signature;
    hp_signature_error error;
    const hp_arch arch = input[0] & 1 ? HP_ARCH_X64 : HP_ARCH_X86;
    const HRESULT hr = hp_signature_parse(line, arch, &signature, &error);
    require(hp_value_open(line, arch, &types, NULL) == hr); // it understands every signature that there is
    for (unsigned i = 0; i < count; i++)
        check_text(texts[i]);
    if (SUCCEEDED(hr)) {
        for (unsigned i = 0; i < count && i < signature.count; i++) {
            check_value(&types, 1 + i, texts[i]);
            check_list(&types, 1 + i, texts[i]);
        }
        check_arguments(&types, texts, count);
        hp_value_close(&types);
    }
    free(line);
    return 0;
}
