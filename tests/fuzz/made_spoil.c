#include "tests/fuzz/made_spoil.h"

#include <string.h>

static uint32_t nearly(uint32_t number, uint8_t byte) {
    return byte < 0xF8 ? number + (byte & 0x3Fu) - 0x20u : UINT32_MAX >> (byte & 7) * 4;
}

/* Its data would not be there: zeros are written instead. */
static void resize(hp_frame_block *block, uint32_t size) {
    block->size = size;
    block->data = NULL;
}

static void spoil_block(hp_frame *frame, unsigned index, unsigned how, uint8_t byte) {
    hp_frame_block *block = &frame->block[index];
    const size_t behind = frame->blocks - index - 1u;
    switch (how) {
    case 0:
        resize(block, nearly(block->size, byte));
        break;
    case 1:
        block->capacity = nearly(block->capacity, byte);
        break;
    case 2:
        resize(block, nearly(block->size, byte));
        block->capacity = block->size;
        break;
    case 3:
        *block = (hp_frame_block){.parameter = block->parameter, .flags = HP_FRAME_NULL};
        break;
    case 4:
        block->parameter = byte < 0x80 ? byte % 40 : HP_FRAME_RESULT;
        break;
    case 5:
        memmove(block, block + 1, behind * sizeof *block);
        frame->blocks--;
        break;
    default:
        if (frame->blocks == HP_FRAME_MAX_BLOCKS)
            break;
        memmove(block + 1, block, (behind + 1) * sizeof *block);
        block[1].parameter++;
        frame->blocks++;
        break;
    }
}

void made_spoil_frame(made_source *source, hp_frame *frame) {
    for (unsigned times = made_below(source, 6); times > 0; times--) {
        const unsigned how = made_below(source, 9);
        const unsigned where = made_byte(source);
        const uint8_t byte = made_byte(source);
        if (how >= 7)
            frame->word[frame->words ? where % frame->words : 0] ^= (uint64_t)byte
                                                                    << (how == 7 ? 0 : byte % 57);
        else if (frame->blocks > 0)
            spoil_block(frame, where % frame->blocks, how, byte);
    }
}

static const uint32_t numbers[] = {0, 1, 16, 0xFFFF, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFF0u, UINT32_MAX};

unsigned char *made_spoil_bytes(made_source *source, unsigned char *bytes, uint32_t *size) {
    while (source->left > 0) {
        const unsigned how = made_below(source, 8);
        const unsigned low = made_byte(source);
        const uint8_t byte = made_byte(source);
        const uint32_t at = *size ? (how & 1 ? low : low << 8 | byte) % *size : 0;
        if (how < 2 && *size) {
            bytes[at] = made_byte(source);
        } else if (how < 4 && *size) {
            bytes[at] ^= (unsigned char)(1u << (byte & 7));
        } else if (how < 6 && *size >= 4) {
            memcpy(bytes + at % (*size - 3), &numbers[byte % 8], 4);
        } else if (how == 6) {
            *size = at;
        } else {
            unsigned char *longer = malloc(*size + low + 1);
            MADE_REQUIRE(longer);
            memcpy(longer, bytes, *size);
            memset(longer + *size, byte, low + 1);
            free(bytes);
            bytes = longer;
            *size += low + 1;
        }
    }
    unsigned char *exact = malloc(*size ? *size : 1); // the sanitizer sees one byte too many
    MADE_REQUIRE(exact);
    memcpy(exact, bytes, *size);
    free(bytes);
    return exact;
}
