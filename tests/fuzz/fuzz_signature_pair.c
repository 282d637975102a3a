// Any two texts, a newline between them: comparing them and checking one against the other as a shape keeps
// its promises, for both architectures.
#include "idl/protocol.h"
#include "tools/debug/types.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void require(bool promise) {
    if (!promise)
        __builtin_trap();
}

/** Terminated, ASCII. */
static void check_words(const char *words, size_t capacity) {
    require(memchr(words, '\0', capacity) != NULL);
    for (; *words; words++)
        require(*words >= ' ' && *words <= '~');
}

/** Compare; what is said does not depend on where it is cut. */
static HRESULT compare(const char *ours, const char *theirs, hp_arch arch) {
    char detail[256], cut[9];
    memset(detail, 0x55, sizeof detail);
    memset(cut, 0x55, sizeof cut);
    HRESULT hr = hp_signature_compare(ours, theirs, arch, detail, sizeof detail);
    check_words(detail, sizeof detail);
    require((hr == S_OK) == (detail[0] == '\0')); // each difference is put into words
    require(hp_signature_compare(ours, theirs, arch, cut, sizeof cut - 1) == hr);
    require(memcmp(cut, detail, strlen(cut)) == 0 && strlen(cut) < sizeof cut - 1 && cut[8] == 0x55);
    return hr;
}

static void check_pair(const char *one, const char *other, hp_arch arch) {
    static char canon[2][HP_SIGNATURE_MAX + 129];
    HRESULT hr[] = {hp_signature_canonical(one, arch, canon[0], sizeof canon[0]),
                    hp_signature_canonical(other, arch, canon[1], sizeof canon[1])};
    require(compare(one, one, arch) == hr[0]);
    require(compare(other, other, arch) == hr[1]);
    HRESULT there = compare(one, other, arch), back = compare(other, one, arch);
    if (FAILED(hr[0]) || FAILED(hr[1])) {
        require(there == (FAILED(hr[0]) ? hr[0] : hr[1]));
        require(back == (FAILED(hr[1]) ? hr[1] : hr[0]));
        return;
    }
    require(there == back);
    bool same = strcmp(canon[0], canon[1]) == 0;
    require((there == HP_E_SIGNATURE_MISMATCH) == !same);
    require(there == HP_E_SIGNATURE_MISMATCH || there == HP_E_TYPE_MISMATCH || there == S_OK);
    if (strlen(canon[0]) <= HP_SIGNATURE_MAX) // nothing is said there: nothing contradicts
        require(compare(one, canon[0], arch) == S_OK);
}

static void check_shape(const char *written, const char *shape, hp_arch arch) {
    char reason[256];
    memset(reason, 0x55, sizeof reason);
    int fits = hp_types_check(written, arch, shape, reason);
    check_words(reason, sizeof reason);
    require(fits == 0 || fits == 1);
    require((fits == 1) == (reason[0] == '\0'));
}

/** A copy of its exact size: the sanitizer sees a step over the end. */
static char *copy(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t first = newline ? (size_t)(newline - data) : size;
    char *one = copy(data, first);
    char *other = newline ? copy(newline + 1, size - first - 1) : copy(NULL, 0);
    for (int arch = HP_ARCH_X86; arch <= HP_ARCH_X64; arch++) {
        check_pair(one, other, (hp_arch)arch);
        check_shape(one, other, (hp_arch)arch);
        check_shape(other, one, (hp_arch)arch);
    }
    free(one);
    free(other);
    return 0;
}
