// The frame codec against everything that a damaged or hostile peer may send.
#include "idl/frame.h"
#include "idl/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HERE HP_ARCH_HERE
#define OTHER (HP_ARCH_HERE == HP_ARCH_X64 ? HP_ARCH_X86 : HP_ARCH_X64)

enum { HEAD = 24, BLOCK = 24 };

/** 3 words; blocks: 20 bytes of parameter 0, NULL of parameter 1, 5 of 9 bytes of parameter 2. */
static hp_frame example(void) {
    static const unsigned char data[] = "abcdefghijklmnopqrst";
    return (hp_frame){
        .arch = HERE,
        .kind = HP_FRAME_CALL,
        .words = 3,
        .blocks = 3,
        .word = {1, UINT64_MAX, 0x0123456789ABCDEF},
        .block = {{.parameter = 0, .size = 20, .capacity = 20, .data = data},
                  {.parameter = 1, .flags = HP_FRAME_NULL},
                  {.parameter = 2, .size = 5, .capacity = 9, .data = data + 3}},
    };
}

enum { EXAMPLE_WORDS = 3, EXAMPLE_SIZE = 160 + 5 };

static unsigned char *write_frame(hp_frame *frame, uint32_t *size) {
    assert_int_equal(hp_frame_measure(frame, size), S_OK);
    unsigned char *bytes = malloc(*size); // exactly: a sanitizer sees one byte too many
    memset(bytes, 0xEE, *size);
    assert_int_equal(hp_frame_write(frame, bytes, *size), S_OK);
    return bytes;
}

static HRESULT read_call(const unsigned char *bytes, size_t size) {
    hp_frame frame;
    return hp_frame_read(bytes, size, HERE, HP_FRAME_CALL, &frame);
}

static void put32(unsigned char *bytes, size_t at, uint32_t value) {
    memcpy(bytes + at, &value, 4);
}

static uint32_t get32(const unsigned char *bytes, size_t at) {
    uint32_t value;
    memcpy(&value, bytes + at, 4);
    return value;
}

// The bytes are a contract between builds of years: spelled out once, by hand.
static void bytes_are_as_documented(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    assert_int_equal(size, EXAMPLE_SIZE);
    const unsigned char head[HEAD] = {'H', 'P', 'F', '1', 1, 0, HERE, 1, EXAMPLE_SIZE, 0, 0, 0, 0, 0, 0, 0,
                                      3,   0,   3,   0,   0, 0, 0,    0};
    assert_memory_equal(bytes, head, HEAD);
    const unsigned char words[24] = {1,    0,    0,    0,    0,    0,    0,    0,    0xFF, 0xFF, 0xFF, 0xFF,
                                     0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01};
    assert_memory_equal(bytes + HEAD, words, 24);
    const unsigned char blocks[3 * BLOCK] = {
        0, 0, 0, 0, 128, 0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
        1, 0, 1, 0, 0,   0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
        2, 0, 0, 0, 160, 0, 0, 0, 5,  0, 0, 0, 9,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    assert_memory_equal(bytes + 48, blocks, sizeof blocks);
    assert_memory_equal(bytes + 120, "\0\0\0\0\0\0\0\0abcdefghijklmnopqrst\0\0\0\0\0\0\0\0\0\0\0\0defgh", 45);
    free(bytes);
}

static void smallest_frames_are_a_head_and_words(void **state) {
    (void)state;
    hp_frame call = {.arch = HERE, .kind = HP_FRAME_CALL}, got;
    uint32_t size;
    unsigned char *bytes = write_frame(&call, &size);
    assert_int_equal(size, HEAD);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_CALL, &got), S_OK);
    assert_int_equal(got.words + got.blocks, 0);
    free(bytes);
    hp_frame reply = {.arch = HERE, .kind = HP_FRAME_REPLY, .words = 1, .word = {42}};
    bytes = write_frame(&reply, &size);
    assert_int_equal(size, HEAD + 8);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_REPLY, &got), S_OK);
    assert_true(got.word[0] == 42);
    free(bytes);
}

static void truncation_at_every_byte(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    for (uint32_t length = 0; length < size; length++) {
        unsigned char *cut = malloc(length ? length : 1);
        memcpy(cut, bytes, length);
        assert_int_equal(read_call(cut, length), HP_E_FRAME_TRUNCATED);
        if (length >= HEAD) { // the same with a size field that agrees
            put32(cut, 8, length);
            assert_int_equal(read_call(cut, length), HP_E_FRAME_MALFORMED);
        }
        free(cut);
    }
    free(bytes);
}

static void trailing_bytes_are_refused(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    bytes = realloc(bytes, size + 32);
    memset(bytes + size, 0, 32);
    for (uint32_t extra = 1; extra <= 32; extra++) {
        assert_int_equal(read_call(bytes, size + extra), HP_E_FRAME_MALFORMED);
        put32(bytes, 8, size + extra);
        assert_int_equal(read_call(bytes, size + extra), HP_E_FRAME_MALFORMED);
        put32(bytes, 8, size);
    }
    assert_int_equal(read_call(bytes, size), S_OK);
    free(bytes);
}

/** What a flipped bit at this place has to give. 0: S_OK, the content just differs. */
static HRESULT expected_of_flip(size_t at, int bit) {
    if (at < 4)
        return HP_E_FRAME_MALFORMED; // magic
    if (at < 6)
        return HP_E_FRAME_VERSION;
    if (at == 6)
        return HP_E_FRAME_ARCHITECTURE;
    if (at >= 12 && at < 16)
        return HP_FRAME_MODES >> (8 * (at - 12) + (size_t)bit) & 1 ? S_OK : HP_E_FRAME_MALFORMED;
    if (at >= HEAD && at < HEAD + 8 * EXAMPLE_WORDS)
        return S_OK;
    if ((at >= 128 && at < 148) || at >= 160)
        return S_OK;
    if (at == 74 && bit == 0)
        return S_OK;     // a pointer to nothing instead of NULL
    return E_UNEXPECTED; // some error; which one depends on the field
}

static void every_bit_of_head_and_block_headers_is_checked(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            HRESULT hr = read_call(bytes, size), expected = expected_of_flip(at, bit);
            // A capacity that still holds the data is content: bytes 12..15 of a header with data
            int capacity = (at >= 60 && at < 64) || (at >= 108 && at < 112);
            if (expected == E_UNEXPECTED && capacity && hr == S_OK)
                assert_true(get32(bytes, 60) >= 20 && get32(bytes, 108) >= 5);
            else if (expected == E_UNEXPECTED)
                assert_true(FAILED(hr));
            else
                assert_int_equal(hr, expected);
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    assert_int_equal(read_call(bytes, size), S_OK);
    free(bytes);
}

static void wrong_kind_and_architecture_are_refused(void **state) {
    (void)state;
    hp_frame frame = example(), got;
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_REPLY, &got), HP_E_FRAME_MALFORMED);
    assert_int_equal(hp_frame_read(bytes, size, OTHER, HP_FRAME_CALL, &got), HP_E_FRAME_ARCHITECTURE);
    free(bytes);
}

/** Read the example with one 32-bit number replaced. */
static HRESULT with_number(size_t at, uint32_t value) {
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    put32(bytes, at, value);
    HRESULT hr = read_call(bytes, size);
    free(bytes);
    return hr;
}

static void lengths_that_overflow_are_refused(void **state) {
    (void)state;
    static const uint32_t values[] = {UINT32_MAX,  UINT32_MAX - 15, UINT32_MAX - 143, 0x80000000u,
                                      0x7FFFFFFFu, HP_FRAME_MAX,    HP_FRAME_MAX + 1, 0x10000};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_true(FAILED(with_number(8, values[i])));   // size
        assert_true(FAILED(with_number(52, values[i])));  // offset of block 0
        assert_true(FAILED(with_number(56, values[i])));  // size of block 0
        assert_true(FAILED(with_number(84, values[i])));  // capacity of the NULL block
        assert_true(FAILED(with_number(104, values[i]))); // size of block 2
    }
    assert_int_equal(with_number(8, HP_FRAME_MAX + 1), HP_E_FRAME_TOO_LARGE);
    assert_int_equal(with_number(60, HP_FRAME_MAX + 1), HP_E_FRAME_TOO_LARGE); // capacity of block 0
    assert_int_equal(with_number(60, HP_FRAME_MAX), S_OK);

    // Size and capacity agree, and 32 bits of offset plus size wrap around to a place inside of the frame.
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    for (uint32_t end = 0; end < 160; end += 16) {
        put32(bytes, 56, end - 128);
        put32(bytes, 60, end - 128);
        assert_true(FAILED(read_call(bytes, size)));
    }
    free(bytes);
}

static void counts_beyond_the_limits_are_refused(void **state) {
    (void)state;
    for (uint32_t words = 0; words <= 0xFFFF; words += words < 300 ? 1 : 0x3FF)
        assert_int_equal(with_number(16, words | 3u << 16), words == 3 ? S_OK : HP_E_FRAME_MALFORMED);
    for (uint32_t blocks = 0; blocks <= 0xFFFF; blocks += blocks < 300 ? 1 : 0x3FF)
        assert_int_equal(with_number(16, 3u | blocks << 16), blocks == 3 ? S_OK : HP_E_FRAME_MALFORMED);
}

static void swapped_repeated_and_foreign_blocks_are_refused(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    unsigned char first[BLOCK], *headers = bytes + 48;
    memcpy(first, headers, BLOCK);
    memcpy(headers, headers + BLOCK, BLOCK);
    memcpy(headers + BLOCK, first, BLOCK);
    assert_int_equal(read_call(bytes, size), HP_E_FRAME_MALFORMED);
    free(bytes);
    assert_int_equal(with_number(72, 0u | HP_FRAME_NULL << 16), HP_E_FRAME_MALFORMED); // parameter 0 twice
    assert_int_equal(with_number(96, 3u), HP_E_FRAME_MALFORMED);                       // no such parameter
    assert_int_equal(with_number(96, HP_FRAME_RESULT), HP_E_FRAME_MALFORMED);          // a call has no result
}

static void blocks_that_share_bytes_are_refused(void **state) {
    (void)state;
    assert_int_equal(with_number(100, 128), HP_E_FRAME_MALFORMED); // block 2 at block 0's place
    assert_int_equal(with_number(100, 144), HP_E_FRAME_MALFORMED);
    assert_int_equal(with_number(52, 0), HP_E_FRAME_MALFORMED);   // onto the head
    assert_int_equal(with_number(76, 128), HP_E_FRAME_MALFORMED); // a place for no data
}

static void padding_that_is_not_zero_is_refused(void **state) {
    (void)state;
    hp_frame frame = example();
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    for (size_t at = 120; at < 160; at++) {
        if (at >= 128 && at < 148)
            continue;
        assert_int_equal(bytes[at], 0);
        bytes[at] = 0x80;
        assert_int_equal(read_call(bytes, size), HP_E_FRAME_MALFORMED);
        bytes[at] = 0;
    }
    free(bytes);
}

static void bytes_need_not_be_aligned(void **state) {
    (void)state;
    unsigned char *room = malloc(EXAMPLE_SIZE + 16);
    for (size_t shift = 0; shift < 16; shift++) {
        hp_frame frame = example(), got;
        assert_int_equal(hp_frame_write(&frame, room + shift, EXAMPLE_SIZE), S_OK);
        assert_int_equal(hp_frame_read(room + shift, EXAMPLE_SIZE, HERE, HP_FRAME_CALL, &got), S_OK);
        assert_ptr_equal(got.block[0].data, room + shift + 128);
    }
    free(room);
}

static void a_place_without_data_is_given_zeroed(void **state) {
    (void)state;
    hp_frame frame = example(), got;
    frame.block[2].data = NULL;
    uint32_t size;
    unsigned char *bytes = write_frame(&frame, &size);
    assert_ptr_equal(frame.block[2].data, bytes + 160);
    assert_memory_equal(bytes + 160, "\0\0\0\0\0", 5);
    memcpy(bytes + 160, "12345", 5);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_CALL, &got), S_OK);
    assert_memory_equal(got.block[2].data, "12345", 5);
    free(bytes);
}

static void the_writer_refuses_what_the_reader_would(void **state) {
    (void)state;
    uint32_t size;
    hp_frame frame = example();
    frame.words = 33;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.blocks = HP_FRAME_MAX_BLOCKS + 1;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.kind = HP_FRAME_REPLY; // three words
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[1].parameter = 2;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[0].capacity = 19;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[1].capacity = 1;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[0].flags = 2;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_MALFORMED);
    frame = example();
    unsigned char bytes[EXAMPLE_SIZE + 1];
    assert_int_equal(hp_frame_write(&frame, bytes, EXAMPLE_SIZE - 1), HP_E_FRAME_TRUNCATED);
    assert_int_equal(hp_frame_write(&frame, bytes, EXAMPLE_SIZE + 1), HP_E_FRAME_TRUNCATED);
}

static void modes_travel_and_what_is_none_is_refused(void **state) {
    (void)state;
    hp_frame call = {.arch = HERE, .kind = HP_FRAME_CALL, .modes = HP_FRAME_MODES}, got;
    hp_frame reply = {.arch = HERE, .kind = HP_FRAME_REPLY, .words = 1, .modes = HP_FRAME_MODES_USUAL};
    uint32_t size;
    unsigned char *bytes = write_frame(&call, &size);
    assert_int_equal(get32(bytes, 12), HP_FRAME_MODES);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_CALL, &got), S_OK);
    assert_int_equal(got.modes, HP_FRAME_MODES);
    free(bytes);
    call.modes = 0x40; // of MXCSR's upper half ldmxcsr would fault; of x87's control word this is no mode
    assert_int_equal(hp_frame_measure(&call, &size), HP_E_FRAME_MALFORMED);
    assert_int_equal(hp_frame_measure(&reply, &size), HP_E_FRAME_MALFORMED);
    reply.modes = 0;
    bytes = write_frame(&reply, &size);
    put32(bytes, 12, HP_FRAME_MODES_USUAL);
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_REPLY, &got), HP_E_FRAME_MALFORMED);
    free(bytes);
}

static void sums_over_the_limit_are_too_large(void **state) {
    (void)state;
    uint32_t size;
    hp_frame frame = {.arch = HERE, .kind = HP_FRAME_CALL, .words = 32, .blocks = 32};
    for (uint16_t i = 0; i < 32; i++)
        frame.block[i] = (hp_frame_block){.parameter = i, .size = HP_FRAME_MAX, .capacity = HP_FRAME_MAX};
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_TOO_LARGE);
    for (uint16_t i = 0; i < 32; i++)
        frame.block[i].size = frame.block[i].capacity = HP_FRAME_MAX / 32;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_TOO_LARGE);
    for (uint16_t i = 0; i < 32; i++)
        frame.block[i].size = frame.block[i].capacity = UINT32_MAX - 7;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_TOO_LARGE);
    const uint32_t before = 24 + 8 * 1 + 24 * 1 + 8;
    frame = (hp_frame){.arch = HERE, .kind = HP_FRAME_CALL, .words = 1, .blocks = 1};
    frame.block[0] = (hp_frame_block){.size = HP_FRAME_MAX - before, .capacity = HP_FRAME_MAX - before};
    assert_int_equal(hp_frame_measure(&frame, &size), S_OK);
    assert_int_equal(size, HP_FRAME_MAX);
    frame.block[0].size++;
    frame.block[0].capacity++;
    assert_int_equal(hp_frame_measure(&frame, &size), HP_E_FRAME_TOO_LARGE);
}

static uint32_t random_number(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*seed * below) >> 32);
}

static hp_frame random_frame(uint32_t *seed, const unsigned char *data) {
    hp_frame frame = {.arch = HERE, .kind = random_number(seed, 2) ? HP_FRAME_CALL : HP_FRAME_REPLY};
    frame.words = frame.kind == HP_FRAME_CALL ? (uint16_t)random_number(seed, 33) : 1;
    for (int i = 0; i < frame.words; i++)
        frame.word[i] = (uint64_t)random_number(seed, UINT32_MAX) << 32 | random_number(seed, UINT32_MAX);
    frame.modes = frame.kind == HP_FRAME_CALL ? random_number(seed, UINT32_MAX) & HP_FRAME_MODES : 0;
    const uint16_t parameters = frame.kind == HP_FRAME_CALL ? frame.words : 33;
    for (uint16_t i = 0; i < parameters; i++) {
        if (random_number(seed, 3) == 0)
            continue;
        hp_frame_block *block = &frame.block[frame.blocks++];
        block->parameter = i == 32 ? HP_FRAME_RESULT : i;
        if (random_number(seed, 4) == 0) {
            block->flags = HP_FRAME_NULL;
            continue;
        }
        block->capacity = random_number(seed, random_number(seed, 4) ? 40 : 2000);
        block->size = random_number(seed, 2) ? block->capacity : random_number(seed, block->capacity + 1);
        block->data = data + random_number(seed, 1000);
    }
    return frame;
}

static void random_frames_survive_the_round_trip(void **state) {
    (void)state;
    unsigned char data[3000];
    uint32_t seed = 20260101;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)random_number(&seed, 256);
    for (int round = 0; round < 5000; round++) {
        hp_frame frame = random_frame(&seed, data), got;
        uint32_t size;
        unsigned char *bytes = write_frame(&frame, &size);
        assert_int_equal(hp_frame_read(bytes, size, HERE, frame.kind, &got), S_OK);
        assert_int_equal(got.modes, frame.modes);
        assert_int_equal(got.words, frame.words);
        assert_int_equal(got.blocks, frame.blocks);
        assert_memory_equal(got.word, frame.word, 8u * frame.words);
        for (int i = 0; i < got.blocks; i++) {
            assert_int_equal(got.block[i].parameter, frame.block[i].parameter);
            assert_int_equal(got.block[i].flags, frame.block[i].flags);
            assert_int_equal(got.block[i].size, frame.block[i].size);
            assert_int_equal(got.block[i].capacity, frame.block[i].capacity);
            if (got.block[i].size)
                assert_memory_equal(got.block[i].data, frame.block[i].data, frame.block[i].size);
        }
        free(bytes);
    }
}

/** The same bytes as hp_frame_write's, begun and copied in pieces, each into memory of exactly its size. */
static void expect_pieces(uint32_t *seed, const hp_frame *frame, const unsigned char *whole, uint32_t size) {
    hp_frame_plan plan;
    unsigned char *head = malloc(HP_FRAME_HEAD_MAX);
    memset(head, 0xEE, HP_FRAME_HEAD_MAX);
    assert_int_equal(hp_frame_begin(frame, head, &plan), S_OK);
    assert_int_equal(plan.size, size);
    assert_int_equal(plan.head, HEAD + 8 * frame->words + BLOCK * frame->blocks);
    assert_memory_equal(head, whole, plan.head);
    for (uint32_t i = plan.head; i < HP_FRAME_HEAD_MAX; i++)
        assert_int_equal(head[i], 0xEE);
    free(head);
    const uint32_t longest = 1 + random_number(seed, random_number(seed, 3) ? 50 : 5000);
    for (uint32_t done = plan.head; done < size;) {
        uint32_t part = random_number(seed, longest + 1); // 0, too
        part = part < size - done ? part : size - done;
        unsigned char *piece = malloc(part ? part : 1);
        memset(piece, 0xEE, part);
        hp_frame_copy(frame, &plan, done, piece, part);
        if (part)
            assert_memory_equal(piece, whole + done, part);
        free(piece);
        done += part;
    }
}

static void frames_written_in_pieces_are_the_same(void **state) {
    (void)state;
    unsigned char data[3000];
    uint32_t seed = 20261121;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(1 + random_number(&seed, 255)); // where zeros belong, none comes by chance
    for (int round = 0; round < 5000; round++) {
        hp_frame frame = random_frame(&seed, data);
        for (int i = 0; i < frame.blocks; i++)
            if (random_number(&seed, 5) == 0)
                frame.block[i].data = NULL;
        hp_frame given = frame; // writing gives places to blocks without data
        uint32_t size;
        unsigned char *whole = write_frame(&given, &size);
        expect_pieces(&seed, &frame, whole, size);
        free(whole);
    }
}

static void what_cannot_be_written_is_not_begun(void **state) {
    (void)state;
    hp_frame_plan plan;
    unsigned char *head = malloc(HP_FRAME_HEAD_MAX);
    hp_frame frame = example();
    frame.words = 33;
    assert_int_equal(hp_frame_begin(&frame, head, &plan), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.blocks = HP_FRAME_MAX_BLOCKS + 1;
    assert_int_equal(hp_frame_begin(&frame, head, &plan), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[2].parameter = 1;
    assert_int_equal(hp_frame_begin(&frame, head, &plan), HP_E_FRAME_MALFORMED);
    frame = example();
    frame.block[2].size = frame.block[2].capacity = HP_FRAME_MAX;
    assert_int_equal(hp_frame_begin(&frame, head, &plan), HP_E_FRAME_TOO_LARGE);
    free(head);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_as_documented),
        cmocka_unit_test(smallest_frames_are_a_head_and_words),
        cmocka_unit_test(truncation_at_every_byte),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(every_bit_of_head_and_block_headers_is_checked),
        cmocka_unit_test(wrong_kind_and_architecture_are_refused),
        cmocka_unit_test(lengths_that_overflow_are_refused),
        cmocka_unit_test(counts_beyond_the_limits_are_refused),
        cmocka_unit_test(swapped_repeated_and_foreign_blocks_are_refused),
        cmocka_unit_test(blocks_that_share_bytes_are_refused),
        cmocka_unit_test(padding_that_is_not_zero_is_refused),
        cmocka_unit_test(bytes_need_not_be_aligned),
        cmocka_unit_test(a_place_without_data_is_given_zeroed),
        cmocka_unit_test(the_writer_refuses_what_the_reader_would),
        cmocka_unit_test(modes_travel_and_what_is_none_is_refused),
        cmocka_unit_test(sums_over_the_limit_are_too_large),
        cmocka_unit_test(random_frames_survive_the_round_trip),
        cmocka_unit_test(frames_written_in_pieces_are_the_same),
        cmocka_unit_test(what_cannot_be_written_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
