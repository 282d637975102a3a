// The list of names that an update gives: whatever can be split consists of valid names, each once, which lie
// in the text and are all of it.
#include "idl/name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    char *text = malloc(length + 1);
    if (!text)
        return 0;
    memcpy(text, input, length);
    text[length] = '\0';
    const size_t end = strlen(text);
    hp_name_span *spans = NULL, bad = {0};
    size_t count = 0;
    if (hp_name_split(text, &spans, &count, &bad) == S_OK) {
        size_t used = 0;
        for (size_t i = 0; i < count; i++) {
            if (spans[i].text < text || spans[i].text + spans[i].length > text + end ||
                hp_name_check(spans[i].text, spans[i].length) != S_OK)
                abort();
            for (size_t k = 0; k < i && count < 64; k++)
                if (spans[k].length == spans[i].length &&
                    memcmp(spans[k].text, spans[i].text, spans[i].length) == 0)
                    abort();
            used += spans[i].length;
        }
        for (size_t i = 0; i < end; i++)
            used += text[i] == ' ';
        if (used != end)
            abort();
    } else if (bad.text && (bad.text < text || bad.text + bad.length > text + end)) {
        abort();
    }
    free(spans);
    free(text);
    return 0;
}
