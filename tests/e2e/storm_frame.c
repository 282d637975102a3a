#include "e2e/storm_frame.h"

#include <stdlib.h>
#include <string.h>

#include "idl/frame.h"
#include "idl/protocol.h"

enum { TEXT_MAX = 300, LENGTH_MAX = 64, ROOM = STORM_FRAME_MAX / 2 };

/* What is being made: the frame, and memory for its blocks. */
typedef struct making {
    storm_dice *dice;
    const hp_signature *signature;
    hp_frame frame;
    uint64_t length[HP_SIGNATURE_MAX_PARAMETERS]; /* of the parameters that are lengths of others */
    unsigned char room[ROOM];
    uint32_t used;
} making;

static unsigned char *take(making *it, uint32_t size) {
    unsigned char *at = it->room + it->used;
    if (size > ROOM - it->used)
        abort(); /* a signature that needs more is a defect of the test */
    it->used += size;
    for (uint32_t i = 0; i < size; i++)
        at[i] = (unsigned char)storm_bits(it->dice);
    return at;
}

static uint64_t mask(uint32_t size) {
    return size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
}

static int is_length(const hp_signature *signature, uint32_t index) {
    for (uint16_t i = 0; i < signature->count; i++)
        if (signature->parameter[i].direction != HP_BY_VALUE &&
            signature->parameter[i].length == HP_LENGTH_PARAMETER && signature->parameter[i].count == index)
            return 1;
    return 0;
}

static void put_value(making *it, uint16_t index) {
    const hp_type *type = &it->signature->parameter[index].type;
    if (is_length(it->signature, index)) {
        uint32_t most = storm_once_in(it->dice, 20) ? 20 * LENGTH_MAX : LENGTH_MAX;
        it->frame.word[index] = storm_roll(it->dice, type->size > 1 || most < 127 ? most : 127);
    } else if (type->size > 8) {
        it->frame.block[it->frame.blocks++] = (hp_frame_block){
            .parameter = index, .size = type->size, .capacity = type->size, .data = take(it, type->size)};
    } else {
        it->frame.word[index] = storm_number(it->dice) & mask(type->size);
    }
}

/* Text of so many bytes that ends with its NUL and has none before. */
static unsigned char *text(making *it, uint32_t element, uint32_t size) {
    unsigned char *at = take(it, size);
    for (uint32_t i = 0; i < size; i++)
        at[i] = at[i] == 0 ? 'x' : at[i];
    memset(at + size - element, 0, element);
    return at;
}

static void put_memory(making *it, uint16_t index) {
    const hp_parameter *parameter = &it->signature->parameter[index];
    const uint32_t element = parameter->type.size;
    hp_frame_block *block = &it->frame.block[it->frame.blocks++];
    *block = (hp_frame_block){.parameter = index};
    if (storm_once_in(it->dice, 8)) {
        block->flags = HP_FRAME_NULL;
        return;
    }
    if (parameter->length == HP_LENGTH_TERMINATED) {
        block->size = block->capacity = element * (1 + storm_roll(it->dice, TEXT_MAX));
        block->data = text(it, element, block->size);
        return;
    }
    uint32_t count = parameter->length == HP_LENGTH_PARAMETER ? (uint32_t)it->frame.word[parameter->count]
                                                              : parameter->count;
    block->capacity = count * element;
    if ((parameter->direction & HP_IN) == 0 || count == 0)
        return;
    block->size = block->capacity;
    if (!parameter->type.text || storm_once_in(it->dice, 4)) {
        block->data = take(it, block->size);
    } else {
        block->size = element * (1 + storm_roll(it->dice, count));
        block->data = text(it, element, block->size);
    }
}

uint32_t storm_frame_make(storm_dice *dice, const hp_signature *signature, unsigned char *bytes) {
    static making it;
    it.dice = dice;
    it.signature = signature;
    it.used = 0;
    it.frame = (hp_frame){.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = signature->count};
    if (!storm_once_in(dice, 4)) /* else the usual ones; exceptions stay masked */
        it.frame.modes = HP_FRAME_MODES_USUAL | ((uint32_t)storm_bits(dice) & HP_FRAME_MODES);
    for (uint16_t i = 0; i < signature->count; i++) /* lengths may stand behind the memory */
        if (is_length(signature, i))
            put_value(&it, i);
    for (uint16_t i = 0; i < signature->count; i++) {
        if (signature->parameter[i].direction != HP_BY_VALUE)
            put_memory(&it, i);
        else if (!is_length(signature, i))
            put_value(&it, i);
    }
    uint32_t size;
    if (hp_frame_measure(&it.frame, &size) != S_OK || size > STORM_FRAME_MAX ||
        hp_frame_write(&it.frame, bytes, size) != S_OK)
        abort();
    return size;
}

/* A number of 1 to 8 bytes somewhere, more often in the headers. */
static void overwrite(storm_dice *dice, unsigned char *bytes, uint32_t size) {
    const uint32_t width = 1u << storm_roll(dice, 4);
    const uint32_t area = storm_once_in(dice, 2) && size > 24 ? 24
                          : size > 200 && storm_roll(dice, 4) ? 200
                                                              : size;
    if (area < width)
        return;
    const uint32_t at = storm_roll(dice, area / width) * width;
    uint64_t number = storm_number(dice);
    if (storm_once_in(dice, 3)) { /* next to what stands there */
        number = 0;
        memcpy(&number, bytes + at, width);
        number += storm_roll(dice, 33) - 16u;
    }
    memcpy(bytes + at, &number, width);
}

static uint32_t resize(storm_dice *dice, unsigned char *bytes, uint32_t size) {
    uint32_t now = storm_once_in(dice, 2) ? storm_roll(dice, size + 1) : size + 1 + storm_roll(dice, 64);
    if (now > STORM_FRAME_MAX)
        now = STORM_FRAME_MAX;
    if (now > size)
        memset(bytes + size, (int)storm_roll(dice, 2) * 0x41, now - size);
    uint32_t claimed = now;
    if (now >= 12 && storm_roll(dice, 2) != 0) /* the size field goes along */
        memcpy(bytes + 8, &claimed, sizeof claimed);
    return now;
}

uint32_t storm_frame_spoil(storm_dice *dice, unsigned char *bytes, uint32_t size) {
    for (uint32_t times = 1 + storm_roll(dice, 4); times > 0; times--) {
        uint32_t from, to, length;
        switch (size == 0 ? 4 : storm_roll(dice, 6)) {
        case 0:
            bytes[storm_roll(dice, size)] ^= (unsigned char)(1u << storm_roll(dice, 8));
            break;
        case 1:
        case 2:
        case 3:
            overwrite(dice, bytes, size);
            break;
        case 4:
            size = resize(dice, bytes, size);
            break;
        default: /* a piece over another */
            from = storm_roll(dice, size);
            to = storm_roll(dice, size);
            length = 1 + storm_roll(dice, size - (from > to ? from : to));
            memmove(bytes + to, bytes + from, length);
            break;
        }
    }
    return size;
}

uint32_t storm_frame_noise(storm_dice *dice, unsigned char *bytes) {
    const uint32_t size = storm_roll(dice, storm_once_in(dice, 50) ? STORM_FRAME_MAX : 300);
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)storm_bits(dice);
    if (size >= 24 && storm_roll(dice, 4) != 0) {
        const uint32_t magic = HP_FRAME_MAGIC;
        const unsigned char rest[4] = {HP_FRAME_VERSION, 0, HP_ARCH_HERE, HP_FRAME_CALL};
        memcpy(bytes, &magic, 4);
        memcpy(bytes + 4, rest, 4);
        memcpy(bytes + 8, &size, 4);
        const uint32_t modes = (uint32_t)storm_bits(dice) & HP_FRAME_MODES;
        memcpy(bytes + 12, &modes, 4);
        memset(bytes + 20, 0, 4);
        bytes[16] %= 40;
        bytes[17] = 0;
        bytes[18] %= 40;
        bytes[19] = 0;
    }
    return size;
}
