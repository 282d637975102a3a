// Whatever can be read is written again byte by byte: one valid byte string for one content. And of
// a frame that may change meanwhile the same is read. The first byte chooses architecture and kind, the rest
// is the frame.
#include "idl/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require_same(const hp_frame *a, const hp_frame *b) {
    if (a->arch != b->arch || a->kind != b->kind || a->modes != b->modes || a->words != b->words ||
        a->blocks != b->blocks || memcmp(a->word, b->word, 8u * a->words) != 0)
        abort();
    for (uint16_t i = 0; i < a->blocks; i++) {
        const hp_frame_block *one = &a->block[i], *other = &b->block[i];
        if (one->parameter != other->parameter || one->flags != other->flags || one->size != other->size ||
            one->capacity != other->capacity || one->data != other->data)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length) {
    if (length == 0)
        return 0;
    const hp_arch arch = input[0] & 1 ? HP_ARCH_X64 : HP_ARCH_X86;
    const hp_frame_kind kind = input[0] & 2 ? HP_FRAME_REPLY : HP_FRAME_CALL;
    // A copy of exactly this size: the sanitizer sees one byte too many.
    unsigned char *bytes = malloc(length);
    if (!bytes)
        return 0;
    memcpy(bytes, input + 1, length - 1);

    hp_frame frame, shared;
    const HRESULT hr = hp_frame_read(bytes, length - 1, arch, kind, &frame);
    if (hp_frame_read_shared(bytes, length - 1, arch, kind, &shared) != hr)
        abort();
    if (hr == S_OK) {
        require_same(&frame, &shared);
        uint32_t size;
        if (hp_frame_measure(&frame, &size) != S_OK || size != length - 1)
            abort();
        unsigned char *again = malloc(size);
        if (!again || hp_frame_write(&frame, again, size) != S_OK || memcmp(again, bytes, size) != 0)
            abort();
        free(again);
    }
    free(bytes);
    return 0;
}
