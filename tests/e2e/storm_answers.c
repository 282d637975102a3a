#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/server_process.h"
#include "e2e/storm_answers.h"
#include "e2e/storm_functions.h"

#include "idl/protocol.h"

#include <oleauto.h>

#include <cmocka.h>

static hp_frame ask(IDispatch *object, const wchar_t *name, hp_frame *call, VARIANT *result) {
    hp_frame reply = {0};
    HRESULT hr = run_function(object, name, frame_of(call), result, &reply);
    if (hr != S_OK)
        fail_msg("%ls gives 0x%08lx", name, hr);
    return reply;
}

static uint64_t ask_words(IDispatch *object, const wchar_t *name, uint16_t count, const uint64_t *words) {
    hp_frame call = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = count};
    VARIANT result;
    memcpy(call.word, words, count * sizeof *words);
    hp_frame reply = ask(object, name, &call, &result);
    VariantClear(&result);
    return reply.word[0];
}

static hp_frame_block block_of(uint16_t parameter, const void *data, uint32_t size, uint32_t capacity) {
    return (hp_frame_block){.parameter = parameter, .size = size, .capacity = capacity, .data = data};
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void expect_values(IDispatch *object) {
    const uint64_t integers[] = {0xff, 200, 0x8000, 65535, (uint32_t)-5, 4000000000u, (uint64_t)-7, 8, 1};
    assert_true(ask_words(object, L"storm_integers", 9, integers) ==
                storm_integers(-1, 200, -32768, 65535, -5, 4000000000u, -7, 8, true));
    float a = 0.5f, c = -2.25f;
    uint64_t floats[] = {0, bits_of(3.5), 0, 7, bits_of(1e10)};
    memcpy(&floats[0], &a, sizeof a);
    memcpy(&floats[2], &c, sizeof c);
    assert_true(ask_words(object, L"storm_floats", 5, floats) == bits_of(storm_floats(a, 3.5, c, 7, 1e10)));
    const uint64_t variadic[] = {77, bits_of(0.25), 12345678901ull};
    assert_true(ask_words(object, L"storm_variadic", 3, variadic) ==
                (uint32_t)storm_variadic(77, 0.25, (int64_t)12345678901ll));
    assert_true(ask_words(object, L"storm_nothing", 0, variadic) == 0);
}

static void expect_structures(IDispatch *object) {
    storm_pair pair = {-3, 4};
    storm_odd odd = {{1, 2, 3, 255}};
    hp_frame call = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 3, .blocks = 1};
    memcpy(&call.word[0], &pair, sizeof pair);
    call.word[2] = (uint16_t)-2;
    call.block[0] = block_of(1, &odd, sizeof odd, sizeof odd);
    VARIANT result;
    hp_frame reply = ask(object, L"storm_structures", &call, &result);
    storm_large large = storm_structures(pair, odd, -2);
    assert_int_equal(reply.blocks, 1);
    assert_int_equal(reply.block[0].size, sizeof large);
    assert_memory_equal(reply.block[0].data, &large, sizeof large);
    VariantClear(&result);
}

static void expect_texts(IDispatch *object) {
    static const wchar_t wide[] = L"some more", quiet[] = L"be quiet";
    hp_frame call = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 4, .word = {0, 0, 0, 9}, .blocks = 3};
    call.block[0] = block_of(0, "a text", 7, 7);
    call.block[1] = block_of(1, wide, sizeof wide, sizeof wide);
    call.block[2] = block_of(2, NULL, 0, 9);
    VARIANT result;
    hp_frame reply = ask(object, L"storm_text", &call, &result);
    assert_int_equal(reply.word[0], 6 + 3 * 9);
    assert_int_equal(reply.blocks, 1);
    assert_int_equal(reply.block[0].size, 7);
    assert_string_equal((const char *)reply.block[0].data, "a text");
    VariantClear(&result);
    call = (hp_frame){.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .word = {0, 9}, .blocks = 1};
    call.block[0] = block_of(0, quiet, sizeof quiet, sizeof quiet);
    reply = ask(object, L"storm_capitals", &call, &result);
    assert_int_equal(reply.word[0], 1);
    assert_int_equal(reply.block[0].size, sizeof quiet);
    assert_memory_equal(reply.block[0].data, L"BE QUIET", sizeof quiet);
    VariantClear(&result);
}

static void expect_arrays(IDispatch *object) {
    static const uint16_t a[] = {1, 20, 300};
    static const int8_t c[] = {0, -1};
    static const uint32_t sums[] = {1, 21, 321};
    static const int8_t changed[] = {0x55, (int8_t)0xaa};
    hp_frame call = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 5, .word = {0, 0, 0, 3, 2}, .blocks = 3};
    call.block[0] = block_of(0, a, sizeof a, sizeof a);
    call.block[1] = block_of(1, NULL, 0, sizeof sums);
    call.block[2] = block_of(2, c, sizeof c, sizeof c);
    VARIANT result;
    hp_frame reply = ask(object, L"storm_arrays", &call, &result);
    assert_int_equal(reply.word[0], 321);
    assert_int_equal(reply.blocks, 2);
    assert_memory_equal(reply.block[0].data, sums, sizeof sums);
    assert_memory_equal(reply.block[1].data, changed, sizeof changed);
    VariantClear(&result);
    static const storm_record before[] = {{1, 10}, {2, 20}};
    storm_record after[2];
    memcpy(after, before, sizeof after);
    uint64_t sum = storm_records(5, 6, after, 2);
    call = (hp_frame){
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 4, .word = {5, 6, 0, 2}, .blocks = 1};
    call.block[0] = block_of(2, before, sizeof before, sizeof before);
    reply = ask(object, L"storm_records", &call, &result);
    assert_true(reply.word[0] == sum);
    assert_memory_equal(reply.block[0].data, after, sizeof after);
    VariantClear(&result);
}

static void expect_pointers(IDispatch *object) {
    static const int32_t a = 0x100;
    static const storm_pair c = {0x10, 3};
    hp_frame call = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 4, .word = {0, 0, 0, 9}, .blocks = 3};
    call.block[0] = block_of(0, &a, sizeof a, sizeof a);
    call.block[1] = block_of(1, NULL, 0, sizeof(double));
    call.block[2] = block_of(2, &c, sizeof c, sizeof c);
    VARIANT result;
    hp_frame reply = ask(object, L"storm_pointers", &call, &result);
    const int32_t changed = 0x110;
    const double three = 3;
    assert_int_equal(reply.word[0], 15);
    assert_int_equal(reply.blocks, 2);
    assert_memory_equal(reply.block[0].data, &changed, sizeof changed);
    assert_memory_equal(reply.block[1].data, &three, sizeof three);
    VariantClear(&result);
    static const unsigned char fine[] = {1, 2, 3};
    call = (hp_frame){.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .word = {0, 3}, .blocks = 1};
    call.block[0] = block_of(0, fine, sizeof fine, sizeof fine);
    reply = ask(object, L"storm_faults", &call, &result);
    assert_int_equal(reply.word[0], 1);
    assert_memory_equal(reply.block[0].data, "\xee\xee\xee", 3);
    VariantClear(&result);
}

void storm_answers_expect(IDispatch *object) {
    expect_values(object);
    expect_structures(object);
    expect_texts(object);
    expect_arrays(object);
    expect_pointers(object);
}

uint64_t storm_measured(IDispatch *object, uint32_t what) {
    const uint64_t word = what;
    return ask_words(object, L"storm_measure", 1, &word);
}

enum { TIMES = 2000, COUNT = 2000 };

static void ask_much(IDispatch *object) {
    hp_frame call = {
        .arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 5, .word = {0, 0, 0, COUNT, 0}, .blocks = 3};
    call.block[0] = (hp_frame_block){.parameter = 0, .flags = HP_FRAME_NULL};
    call.block[1] = block_of(1, NULL, 0, COUNT * sizeof(uint32_t));
    call.block[2] = (hp_frame_block){.parameter = 2, .flags = HP_FRAME_NULL};
    for (int i = 0; i < TIMES; i++) {
        VARIANT result;
        hp_frame reply = ask(object, L"storm_arrays", &call, &result);
        assert_int_equal(reply.word[0], COUNT);
        VariantClear(&result);
    }
}

/* A reply that is lost would show: these are large. What a heap grows by at a time is more than what the
 * bound leaves, so it may grow before. */
void storm_answers_are_freed(IDispatch *object) {
    ask_much(object);
    const uint64_t before = storm_measured(object, STORM_PRIVATE);
    ask_much(object);
    const uint64_t after = storm_measured(object, STORM_PRIVATE);
    print_message("# %d replies of %d KiB: private KiB %llu, then %llu\n", TIMES, COUNT / 256, before / 1024,
                  after / 1024);
    assert_true(after <= before + (4u << 20));
}
