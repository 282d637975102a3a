// Reading a frame that its maker may change meanwhile: the same verdict as over a copy, and nothing that was
// checked comes from a second look.
#include "idl/frame.h"

#include "idl/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HERE HP_ARCH_HERE

/* All words and blocks that there can be, so that the head is as long as it can be; odd sizes. */
static unsigned char *full_frame(uint32_t *size) {
    static const unsigned char data[128] = {1, 2, 3};
    hp_frame frame = {.arch = HERE, .kind = HP_FRAME_REPLY, .words = 1, .blocks = HP_FRAME_MAX_BLOCKS};
    for (uint16_t i = 0; i < HP_FRAME_MAX_BLOCKS; i++)
        frame.block[i] = (hp_frame_block){.parameter = i == 32 ? HP_FRAME_RESULT : i,
                                          .size = 3u * i + 1,
                                          .capacity = 3u * i + 1 + i % 2,
                                          .data = data};
    frame.block[32].capacity = frame.block[32].size;
    assert_int_equal(hp_frame_measure(&frame, size), S_OK);
    unsigned char *bytes = malloc(*size); // of exactly this size: the sanitizer sees one byte too many
    assert_non_null(bytes);
    assert_int_equal(hp_frame_write(&frame, bytes, *size), S_OK);
    return bytes;
}

/* The frame, less what is not there of its arrays. */
static void expect_same(const hp_frame *got, const hp_frame *wanted) {
    assert_int_equal(got->arch, wanted->arch);
    assert_int_equal(got->kind, wanted->kind);
    assert_int_equal(got->modes, wanted->modes);
    assert_int_equal(got->words, wanted->words);
    assert_int_equal(got->blocks, wanted->blocks);
    assert_memory_equal(got->word, wanted->word, 8u * wanted->words);
    for (uint16_t i = 0; i < wanted->blocks; i++) {
        assert_int_equal(got->block[i].parameter, wanted->block[i].parameter);
        assert_int_equal(got->block[i].flags, wanted->block[i].flags);
        assert_int_equal(got->block[i].size, wanted->block[i].size);
        assert_int_equal(got->block[i].capacity, wanted->block[i].capacity);
        assert_ptr_equal(got->block[i].data, wanted->block[i].data);
    }
}

static void every_changed_bit_is_judged_alike(void **state) {
    (void)state;
    uint32_t size;
    unsigned char *bytes = full_frame(&size);
    unsigned refused = 0;
    for (uint32_t bit = 0; bit < 8 * size; bit++) {
        hp_frame wanted, got;
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        const HRESULT hr = hp_frame_read(bytes, size, HERE, HP_FRAME_REPLY, &wanted);
        assert_int_equal(hp_frame_read_shared(bytes, size, HERE, HP_FRAME_REPLY, &got), hr);
        if (hr == S_OK)
            expect_same(&got, &wanted);
        refused += hr != S_OK;
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_true(refused > 0 && refused < 8 * size);
    free(bytes);
}

static void every_length_is_judged_alike(void **state) {
    (void)state;
    uint32_t size;
    unsigned char *bytes = full_frame(&size);
    for (uint32_t length = 0; length < size; length++) {
        hp_frame frame;
        unsigned char *part = malloc(length > 0 ? length : 1);
        assert_non_null(part);
        memcpy(part, bytes, length);
        const HRESULT hr = hp_frame_read(part, length, HERE, HP_FRAME_REPLY, &frame);
        assert_true(FAILED(hr));
        assert_int_equal(hp_frame_read_shared(part, length, HERE, HP_FRAME_REPLY, &frame), hr);
        if (length >= 24) { // the length that it says is right, so that what is behind the head is looked for
            memcpy(part + 8, &length, sizeof length);
            assert_true(FAILED(hp_frame_read_shared(part, length, HERE, HP_FRAME_REPLY, &frame)));
        }
        free(part);
    }
    free(bytes);
}

static void what_was_read_of_the_head_does_not_change(void **state) {
    (void)state;
    uint32_t size;
    unsigned char *bytes = full_frame(&size);
    hp_frame before, got;
    assert_int_equal(hp_frame_read(bytes, size, HERE, HP_FRAME_REPLY, &before), S_OK);
    assert_int_equal(hp_frame_read_shared(bytes, size, HERE, HP_FRAME_REPLY, &got), S_OK);
    memset(bytes, 0xFF, size);
    expect_same(&got, &before); // and the data's places, in bytes, are the only thing that leads there
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_changed_bit_is_judged_alike),
        cmocka_unit_test(every_length_is_judged_alike),
        cmocka_unit_test(what_was_read_of_the_head_does_not_change),
    };
    return cmocka_run_group_tests_name("frame-shared", tests, NULL, NULL);
}
