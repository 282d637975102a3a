// Calls with generated signatures against the readers of both sides: what libFuzzer does with the same
// program on the building machine (tests/fuzz/made_play.h says what is promised), with numbers of a series,
// so that x86 and the real registers of Windows programs are seen too.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "e2e/storm_dice.h"
#include "fuzz/made_play.h"
#include "fuzz/made_signature.h"
#include "proxygen/signature.h"

enum { INPUTS = 20000, LONGEST = 900, OUTCOMES = MADE_TAKEN + 1 };

/* A part with its length in front; small numbers come up often. */
static size_t append_part(storm_dice *dice, uint8_t *input, size_t at, uint32_t most) {
    const uint32_t size = storm_roll(dice, most);
    input[at++] = (uint8_t)size;
    for (uint32_t i = 0; i < size; i++)
        input[at++] = (uint8_t)(storm_once_in(dice, 3) ? storm_roll(dice, 8) : storm_bits(dice));
    return at;
}

/* An input as made_play.h describes it, with or without bytes that spoil. */
static size_t make_input(storm_dice *dice, made_way way, int spoil, uint8_t *input) {
    input[0] = (uint8_t)(way | storm_roll(dice, 3) << 3);
    size_t at = append_part(dice, input, 1, storm_once_in(dice, 4) ? 250 : 60);
    at = append_part(dice, input, at, 200);
    if (way == MADE_REPLY_SPOILT)
        at = append_part(dice, input, at, 200);
    if (!spoil)
        return at;
    const uint32_t times = storm_roll(dice, 4); // of the frame, three bytes each; then of its bytes
    input[at++] = (uint8_t)times;
    for (uint32_t i = 3 * times + (storm_once_in(dice, 4) ? storm_roll(dice, 9) : 0); i > 0; i--)
        input[at++] = (uint8_t)(storm_once_in(dice, 2) ? storm_roll(dice, 8) : storm_bits(dice));
    return at;
}

static void play(made_way way, int spoil, unsigned counts[OUTCOMES]) {
    storm_dice dice = {way + 1u};
    uint8_t input[LONGEST];
    memset(counts, 0, OUTCOMES * sizeof *counts);
    for (unsigned i = 0; i < INPUTS; i++)
        counts[made_play(input, make_input(&dice, way, spoil, input))]++;
    print_message("# no signature %u, no call %u, unreadable %u, refused %u, taken %u\n",
                  counts[MADE_NOTHING], counts[MADE_NO_CALL], counts[MADE_UNREADABLE], counts[MADE_REFUSED],
                  counts[MADE_TAKEN]);
}

static void unspoilt_calls_arrive_and_come_back(void **state) {
    (void)state;
    unsigned counts[OUTCOMES];
    play(MADE_REPLY_SPOILT, 0, counts);
    assert_int_equal(counts[MADE_UNREADABLE] + counts[MADE_REFUSED], 0);
    assert_true(counts[MADE_TAKEN] > INPUTS / 2 && counts[MADE_NO_CALL] > INPUTS / 1000);
}

static void a_spoilt_reply_changes_nothing_or_only_what_it_may(void **state) {
    (void)state;
    unsigned counts[OUTCOMES];
    play(MADE_REPLY_SPOILT, 1, counts);
    assert_true(counts[MADE_UNREADABLE] > INPUTS / 20);
    assert_true(counts[MADE_REFUSED] > INPUTS / 20);
    assert_true(counts[MADE_TAKEN] > INPUTS / 20);
}

static void a_spoilt_call_is_refused_or_is_what_it_says(void **state) {
    (void)state;
    unsigned counts[OUTCOMES];
    play(MADE_CALL_SPOILT, 1, counts);
    assert_true(counts[MADE_UNREADABLE] > INPUTS / 20);
    assert_true(counts[MADE_REFUSED] > INPUTS / 20);
    assert_true(counts[MADE_TAKEN] > INPUTS / 20);
}

static void generated_signatures_are_of_every_kind(void **state) {
    (void)state;
    enum { ALL = 1 << 14 };
    storm_dice dice = {7};
    char text[MADE_SIGNATURE];
    unsigned seen = 0, readable = 0;
    for (unsigned i = 0; i < INPUTS; i++) {
        uint8_t bytes[256];
        const size_t size = append_part(&dice, bytes, 0, 250);
        made_source source = {bytes + 1, size - 1};
        hp_signature signature;
        made_signature(&source, text);
        if (hp_signature_parse(text, HP_ARCH_HERE, &signature, NULL) != S_OK)
            continue;
        readable++;
        seen |= 1u << signature.result.kind | 1u << (7 + (signature.count == HP_SIGNATURE_MAX_PARAMETERS));
        for (unsigned k = 0; k < signature.count; k++)
            if (signature.parameter[k].direction != HP_BY_VALUE)
                seen |= 1u << (9 + signature.parameter[k].length);
        seen |= (unsigned)signature.variadic << 12;
        seen |= (unsigned)(strstr(text, "struct{struct{") != NULL) << 13;
    }
    assert_int_equal(seen, ALL - 1);
    assert_true(readable > INPUTS / 10 * 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_signatures_are_of_every_kind),
        cmocka_unit_test(unspoilt_calls_arrive_and_come_back),
        cmocka_unit_test(a_spoilt_reply_changes_nothing_or_only_what_it_may),
        cmocka_unit_test(a_spoilt_call_is_refused_or_is_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
