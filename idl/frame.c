#include "idl/frame.h"

#include "idl/protocol.h"

#include <stdatomic.h>
#include <string.h>

/** The first bytes of a frame. Both architectures are little-endian and lay it out alike. */
typedef struct wire_head {
    uint32_t magic;
    uint16_t version;
    uint8_t arch;
    uint8_t kind;
    uint32_t size;
    uint32_t modes;
    uint16_t words;
    uint16_t blocks;
    uint32_t reserved;
} wire_head;

typedef struct wire_block {
    uint16_t parameter;
    uint16_t flags;
    uint32_t offset;
    uint32_t size;
    uint32_t capacity;
    uint64_t reserved;
} wire_block;

_Static_assert(sizeof(wire_head) == 24 && sizeof(wire_block) == 24 && offsetof(wire_head, size) == 8 &&
                   offsetof(wire_head, words) == 16 && offsetof(wire_block, size) == 8,
               "wire format");
_Static_assert(HP_ARCH_HERE == HP_ARCH_X64 || HP_ARCH_HERE == HP_ARCH_X86, "little-endian");

static uint32_t align16(uint32_t position) {
    return (position + 15u) & ~15u;
}

static uint32_t blocks_offset(const hp_frame *frame) {
    return (uint32_t)sizeof(wire_head) + 8u * frame->words;
}

/** Where the blocks' data can begin at the earliest. */
static uint32_t data_offset(const hp_frame *frame) {
    return blocks_offset(frame) + (uint32_t)sizeof(wire_block) * frame->blocks;
}

static int head_is_right(const hp_frame *frame) {
    if (frame->modes & ~(frame->kind == HP_FRAME_CALL ? HP_FRAME_MODES : 0u))
        return 0;
    if (frame->blocks > HP_FRAME_MAX_BLOCKS)
        return 0;
    return frame->kind == HP_FRAME_REPLY  ? frame->words == 1
           : frame->kind == HP_FRAME_CALL ? frame->words <= HP_FRAME_MAX_WORDS
                                          : 0;
}

/**
 * A call's blocks belong to its parameters; a reply does not say how many there
 * were, but it may carry a result.
 */
static int parameter_is_right(const hp_frame *frame, uint16_t parameter) {
    if (frame->kind == HP_FRAME_REPLY)
        return parameter < HP_FRAME_MAX_WORDS || parameter == HP_FRAME_RESULT;
    return parameter < frame->words;
}

/**
 * Check one block and give its data a place.
 *
 * @param end  end of what stands before; moved behind the data. At most HP_FRAME_MAX,
 *             so that nothing here overflows
 * @param at   receives the data's offset, 0 without data
 */
static HRESULT place_block(const hp_frame *frame, uint16_t index, uint32_t *end, uint32_t *at) {
    const hp_frame_block *block = &frame->block[index];
    if (!parameter_is_right(frame, block->parameter))
        return HP_E_FRAME_MALFORMED;
    if (index > 0 && frame->block[index - 1].parameter >= block->parameter)
        return HP_E_FRAME_MALFORMED;
    if (block->flags & ~HP_FRAME_NULL || block->size > block->capacity)
        return HP_E_FRAME_MALFORMED;
    if (block->flags & HP_FRAME_NULL && block->capacity > 0)
        return HP_E_FRAME_MALFORMED;
    if (block->capacity > HP_FRAME_MAX)
        return HP_E_FRAME_TOO_LARGE;
    *at = 0;
    if (block->size == 0)
        return S_OK;
    *at = align16(*end);
    if (block->size > HP_FRAME_MAX - *at)
        return HP_E_FRAME_TOO_LARGE;
    *end = *at + block->size;
    return S_OK;
}

HRESULT hp_frame_measure(const hp_frame *frame, uint32_t *size) {
    if (!head_is_right(frame))
        return HP_E_FRAME_MALFORMED;
    uint32_t end = data_offset(frame);
    for (uint16_t i = 0; i < frame->blocks; i++) {
        uint32_t at;
        HRESULT hr = place_block(frame, i, &end, &at);
        if (FAILED(hr))
            return hr;
    }
    *size = end;
    return S_OK;
}

/* By eight bytes, as wire_head and wire_block have them: a structure that is put together on the stack and
 * copied then has to wait for its own stores. */
static void put64(unsigned char *to, uint64_t value) {
    memcpy(to, &value, sizeof value);
}

static void write_head(const hp_frame *frame, unsigned char *bytes, uint32_t size) {
    put64(bytes, HP_FRAME_MAGIC | (uint64_t)HP_FRAME_VERSION << 32 | (uint64_t)(uint8_t)frame->arch << 48 |
                     (uint64_t)(uint8_t)frame->kind << 56);
    put64(bytes + 8, size | (uint64_t)frame->modes << 32);
    put64(bytes + 16, frame->words | (uint64_t)frame->blocks << 16);
    for (uint16_t i = 0; i < frame->words; i++)
        put64(bytes + sizeof(wire_head) + 8u * i, frame->word[i]);
}

static void write_block(const hp_frame_block *block, uint32_t offset, unsigned char *bytes) {
    put64(bytes, block->parameter | (uint64_t)block->flags << 16 | (uint64_t)offset << 32);
    put64(bytes + 8, block->size | (uint64_t)block->capacity << 32);
    put64(bytes + 16, 0);
}

HRESULT hp_frame_begin(const hp_frame *frame, unsigned char *bytes, hp_frame_plan *plan) {
    if (!head_is_right(frame))
        return HP_E_FRAME_MALFORMED;
    plan->head = plan->size = data_offset(frame);
    unsigned char *header = bytes + blocks_offset(frame);
    for (uint16_t i = 0; i < frame->blocks; i++, header += sizeof(wire_block)) {
        const hp_frame_block *block = &frame->block[i];
        HRESULT hr = place_block(frame, i, &plan->size, &plan->at[i]);
        if (FAILED(hr))
            return hr;
        write_block(block, plan->at[i], header);
    }
    write_head(frame, bytes, plan->size);
    return S_OK;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

void hp_frame_copy(const hp_frame *frame, const hp_frame_plan *plan, uint32_t from, unsigned char *to,
                   uint32_t count) {
    const uint32_t end = from + count;
    for (uint16_t i = 0; i < frame->blocks && from < end; i++) {
        const hp_frame_block *block = &frame->block[i];
        const uint32_t start = plan->at[i], stop = start + block->size;
        if (block->size == 0 || from >= stop)
            continue;
        const uint32_t gap = from < start ? least(start, end) - from : 0;
        memset(to, 0, gap);
        from += gap;
        to += gap;
        const uint32_t part = least(stop, end) - from;
        if (part == 0)
            continue;
        if (block->data)
            memcpy(to, block->data + (from - start), part);
        else
            memset(to, 0, part);
        from += part;
        to += part;
    }
}

HRESULT hp_frame_write(hp_frame *frame, unsigned char *bytes, uint32_t size) {
    uint32_t measured;
    hp_frame_plan plan;
    HRESULT hr = hp_frame_measure(frame, &measured);
    if (SUCCEEDED(hr) && size != measured)
        hr = HP_E_FRAME_TRUNCATED;
    if (SUCCEEDED(hr))
        hr = hp_frame_begin(frame, bytes, &plan);
    if (FAILED(hr))
        return hr;
    hp_frame_copy(frame, &plan, plan.head, bytes + plan.head, plan.size - plan.head);
    for (uint16_t i = 0; i < frame->blocks; i++)
        if (frame->block[i].size > 0 && !frame->block[i].data)
            frame->block[i].data = bytes + plan.at[i];
    return S_OK;
}

static HRESULT read_head(const unsigned char *bytes, size_t size, hp_arch arch, hp_frame_kind kind,
                         wire_head *head) {
    if (size < sizeof *head)
        return HP_E_FRAME_TRUNCATED;
    memcpy(head, bytes, sizeof *head);
    if (head->magic != HP_FRAME_MAGIC)
        return HP_E_FRAME_MALFORMED;
    if (head->version != HP_FRAME_VERSION)
        return HP_E_FRAME_VERSION;
    if (head->arch != arch)
        return HP_E_FRAME_ARCHITECTURE;
    if (head->kind != kind)
        return HP_E_FRAME_MALFORMED;
    if (head->size > HP_FRAME_MAX || size > HP_FRAME_MAX)
        return HP_E_FRAME_TOO_LARGE;
    if (head->size > size)
        return HP_E_FRAME_TRUNCATED;
    if (head->size < size || head->reserved)
        return HP_E_FRAME_MALFORMED;
    return S_OK;
}

static int is_zero(const unsigned char *bytes, uint32_t count) {
    unsigned any = 0;
    for (uint32_t i = 0; i < count; i++)
        any |= bytes[i];
    return any == 0;
}

/** Where a frame is read: all that is checked, but the paddings, from head; the blocks' data is in bytes. */
typedef struct source {
    const unsigned char *head, *bytes;
    size_t size;
} source;

static HRESULT read_block(const source *from, hp_frame *frame, uint16_t index, uint32_t *end) {
    wire_block wire;
    memcpy(&wire, from->head + blocks_offset(frame) + sizeof wire * index, sizeof wire);
    hp_frame_block *block = &frame->block[index];
    *block = (hp_frame_block){wire.parameter, wire.flags, wire.size, wire.capacity, NULL};
    uint32_t before = *end, at;
    HRESULT hr = place_block(frame, index, end, &at);
    if (FAILED(hr))
        return hr;
    if (wire.offset != at || wire.reserved || *end > from->size)
        return HP_E_FRAME_MALFORMED;
    if (block->size == 0)
        return S_OK;
    if (!is_zero(from->bytes + before, at - before))
        return HP_E_FRAME_MALFORMED;
    block->data = from->bytes + at;
    return S_OK;
}

static HRESULT read_frame(const source *from, hp_arch arch, hp_frame_kind kind, hp_frame *frame) {
    wire_head head;
    HRESULT hr = read_head(from->head, from->size, arch, kind, &head);
    if (FAILED(hr))
        return hr;
    frame->arch = arch;
    frame->kind = kind;
    frame->words = head.words;
    frame->blocks = head.blocks;
    frame->modes = head.modes;
    if (!head_is_right(frame) || data_offset(frame) > head.size)
        return HP_E_FRAME_MALFORMED;
    for (uint16_t i = 0; i < frame->words; i++)
        memcpy(&frame->word[i], from->head + sizeof head + 8u * i, 8);

    uint32_t end = data_offset(frame);
    for (uint16_t i = 0; i < frame->blocks; i++) {
        hr = read_block(from, frame, i, &end);
        if (FAILED(hr))
            return hr;
    }
    return end == head.size ? S_OK : HP_E_FRAME_MALFORMED;
}

HRESULT hp_frame_read(const unsigned char *bytes, size_t size, hp_arch arch, hp_frame_kind kind,
                      hp_frame *frame) {
    const source from = {bytes, bytes, size};
    return read_frame(&from, arch, kind, frame);
}

HRESULT hp_frame_read_shared(const unsigned char *bytes, size_t size, hp_arch arch, hp_frame_kind kind,
                             hp_frame *frame) {
    unsigned char head[HP_FRAME_HEAD_MAX];
    const source from = {head, bytes, size};
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(head, bytes, size < sizeof head ? size : sizeof head);
    atomic_signal_fence(memory_order_seq_cst); /* behind it the compiler cannot go back to bytes */
    return read_frame(&from, arch, kind, frame);
}
