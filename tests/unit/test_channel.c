// Messages through shared memory, in pieces, both ways; and what ends a wait for one.
#include "unit/channel_pair.h"

#include "idl/protocol.h"

enum { LONG_ONE = HP_CHANNEL_WHOLE + 200000 }; /* does not fit as a whole */

static channel_pair pair;

static int open_pair(void **state) {
    (void)state;
    channel_pair_open(&pair);
    return 0;
}

static int close_pair(void **state) {
    (void)state;
    channel_pair_close(&pair);
    return 0;
}

/* There, and the same size back, with blocks of its own. */
static void exchange(uint32_t size, uint16_t blocks, uint16_t back) {
    const hp_frame call = channel_pair_frame(size, blocks), answer = channel_pair_frame(size, back);
    channel_work other = {
        .channel = &pair.update, .frame = &answer, .most = HP_FRAME_MAX, .until = channel_pair_patience()};
    hp_channel_head head;
    channel_work_answer(&other);
    const HRESULT sent = hp_channel_send(&pair.app, size, 0, &call, channel_pair_patience());
    const HRESULT got = hp_channel_receive(&pair.app, HP_FRAME_MAX, &head, channel_pair_patience());
    assert_int_equal(channel_work_end(&other), S_OK);
    assert_int_equal(sent, S_OK);
    assert_int_equal(got, S_OK);
    channel_pair_expect(&pair.update, &other.head, size, &call);
    channel_pair_expect(&pair.app, &head, size + 1, &answer);
}

/* A short one there and back, on this thread. */
static void exchange_short(void) {
    const hp_frame call = channel_pair_frame(24, 0), answer = channel_pair_frame(100, 1);
    hp_channel_head head;
    assert_int_equal(hp_channel_send(&pair.app, 3, 0, &call, 0), S_OK);
    assert_int_equal(hp_channel_receive(&pair.update, HP_FRAME_MAX, &head, channel_pair_patience()), S_OK);
    channel_pair_expect(&pair.update, &head, 3, &call);
    assert_int_equal(hp_channel_send(&pair.update, 4, 0, &answer, 0), S_OK);
    assert_int_equal(hp_channel_receive(&pair.app, HP_FRAME_MAX, &head, channel_pair_patience()), S_OK);
    channel_pair_expect(&pair.app, &head, 4, &answer);
}

static void sizes_around_the_ends_of_pieces_arrive_byte_for_byte(void **state) {
    (void)state;
    static const uint32_t ends[] = {HP_CHANNEL_PIECE,
                                    HP_CHANNEL_PIECE + HP_CHANNEL_PIECE,
                                    HP_CHANNEL_WHOLE,
                                    HP_CHANNEL_PIECE + 2 * HP_CHANNEL_PIECE,
                                    HP_CHANNEL_WHOLE + HP_CHANNEL_PIECE,
                                    HP_CHANNEL_WHOLE + 2 * HP_CHANNEL_PIECE,
                                    1u << 20};
    for (int i = 0; i < 7; i++) {
        for (uint32_t size = ends[i] - 17; size <= ends[i] + 17; size += i < 3 ? 1 : 17) {
            exchange(size, 1, HP_FRAME_MAX_BLOCKS);
            exchange(size, HP_FRAME_MAX_BLOCKS, 1);
        }
    }
    for (uint32_t size = 24; size <= 24 + 8 * HP_FRAME_MAX_WORDS; size += 8)
        exchange(size, 0, 0);
    for (uint32_t size = 3000; size < 1500000; size = size * 7 / 5 + 1)
        exchange(size, 1, HP_FRAME_MAX_BLOCKS);
}

/* Where it lies, and that it is the same: a payload that stays, up to the last byte of the section. */
static void a_long_payload_stays_until_it_is_answered(void **state) {
    (void)state;
    static const uint32_t sizes[] = {HP_CHANNEL_COPIED,    HP_CHANNEL_COPIED + 1, HP_CHANNEL_PIECE + 1,
                                     HP_CHANNEL_WHOLE - 1, HP_CHANNEL_WHOLE,      HP_CHANNEL_WHOLE + 1};
    for (int i = 0; i < 6; i++) {
        const hp_frame answer = channel_pair_frame(sizes[i], HP_FRAME_MAX_BLOCKS);
        const int stays = i > 0 && i < 5;
        const unsigned char *payload = NULL;
        hp_channel_head head;
        channel_work other = {.channel = &pair.update, .frame = &answer, .until = channel_pair_patience()};
        channel_work_send(&other);
        const HRESULT hr = hp_channel_look(&pair.app, HP_FRAME_MAX, &head, &payload, channel_pair_patience());
        assert_int_equal(channel_work_end(&other), S_OK);
        assert_int_equal(hr, S_OK);
        assert_ptr_equal(payload, stays ? pair.app.area->piece[0] : pair.app.room);
        assert_int_equal((uintptr_t)payload % 16, 0);
        if (stays) {
            assert_ptr_equal(hp_channel_keep(&pair.app, payload, 0, head.bytes), pair.app.room);
            memset((void *)(uintptr_t)payload, 0xA5, head.bytes); /* the copy is one */
        }
        channel_pair_expect(&pair.app, &head, 1, &answer);
    }
    exchange_short();
}

static void counters_wrap_around(void **state) {
    (void)state;
    for (uint32_t before = 0; before < 6; before++) {
        channel_pair_set_counters(&pair, 0u - before, 3u - before);
        exchange_short();
        exchange(HP_CHANNEL_PIECE + 2 * HP_CHANNEL_PIECE + 5, 1, HP_FRAME_MAX_BLOCKS);
        exchange(HP_CHANNEL_WHOLE + 5, 1, HP_FRAME_MAX_BLOCKS);
        exchange(HP_CHANNEL_PIECE + 5, 1, 1);
        exchange(LONG_ONE, HP_FRAME_MAX_BLOCKS, 1);
        channel_pair_set_counters(&pair, 0x80000000u - before, 0x80000003u - before);
        exchange_short();
        exchange(LONG_ONE, HP_FRAME_MAX_BLOCKS, 1);
    }
}

/*
 * Short messages alone for so long that what was drained would lie half of all numbers back, if it were not
 * written now and then: when a counter passes a multiple of 2^20, at the latest.
 */
static void nothing_is_overwritten_after_very_many_short_messages(void **state) {
    (void)state;
    static const uint32_t multiples[] = {0x7ff00000, 0x80000000u, 0x80100000u, 0xc0000000u, 0xfff00000u};
    const hp_frame frame = channel_pair_frame(HP_CHANNEL_WHOLE + HP_CHANNEL_PIECE, 1);
    for (int i = 0; i < 5; i++) {
        close_pair(NULL);
        open_pair(NULL);
        channel_pair_set_counters(&pair, multiples[i] - 1, multiples[i] - 1);
        for (int times = 0; times < 3; times++)
            exchange_short();
        assert_int_equal(hp_channel_send(&pair.app, 1, 0, &frame, GetTickCount64() + 5), HP_E_DEADLINE);
    }
}

static void a_sender_of_pieces_waits_for_whoever_takes_them(void **state) {
    (void)state;
    const hp_frame frame = channel_pair_frame(LONG_ONE, 1);
    channel_work other = {.channel = &pair.update, .frame = &frame, .until = channel_pair_patience()};
    hp_channel_head head;
    channel_work_send(&other);
    channel_work_await_sleep(&other);
    assert_int_equal(hp_channel_receive(&pair.app, LONG_ONE, &head, channel_pair_patience()), S_OK);
    assert_int_equal(channel_work_end(&other), S_OK);
    channel_pair_expect(&pair.app, &head, 1, &frame);
}

static void what_is_no_frame_is_not_sent_and_the_channel_goes_on(void **state) {
    (void)state;
    hp_frame frame = channel_pair_frame(1000, 1);
    const uint32_t sent = pair.app.sent;
    frame.block[0].capacity = frame.block[0].size = HP_FRAME_MAX;
    assert_int_equal(hp_channel_send(&pair.app, 1, 0, &frame, 0), HP_E_FRAME_TOO_LARGE);
    frame.words = 33;
    assert_int_equal(hp_channel_send(&pair.app, 1, 0, &frame, 0), HP_E_FRAME_MALFORMED);
    assert_int_equal(pair.app.sent, sent);
    exchange_short();
}

static void failures_carry_text_which_is_cut(void **state) {
    (void)state;
    char text[3 * HP_CHANNEL_TEXT_MAX];
    hp_channel_head head;
    for (size_t length = 0; length < sizeof text; length += 511) {
        memset(text, 'x', length);
        text[length] = '\0';
        exchange_short();
        hp_channel_send_failure(&pair.update, E_ACCESSDENIED, text);
        assert_int_equal(hp_channel_receive(&pair.app, HP_CHANNEL_TEXT_MAX, &head, channel_pair_patience()),
                         S_OK);
        assert_int_equal((HRESULT)head.what, E_ACCESSDENIED);
        assert_int_equal(head.bytes, length < HP_CHANNEL_TEXT_MAX ? length : HP_CHANNEL_TEXT_MAX);
        assert_memory_equal(pair.app.room, text, head.bytes);
    }
}

/* Post a head by hand, and say what its receiver says. */
static HRESULT receive_head(uint32_t bytes, uint32_t zero, uint32_t most) {
    const hp_channel_head head = {.bytes = bytes, .what = 1, .zero = zero};
    hp_channel_head got;
    memcpy(pair.app.own->head, &head, sizeof head);
    const uint32_t filled = pair.update.got + 1;
    InterlockedExchange(&pair.app.area->app.filled, (LONG)filled);
    return hp_channel_receive(&pair.update, most, &got, GetTickCount64() + 5);
}

static void hostile_heads_are_refused(void **state) {
    (void)state;
    const unsigned char *room = pair.update.room;
    assert_int_equal(receive_head(1001, 0, 1000), HP_E_FRAME_TOO_LARGE);
    assert_int_equal(receive_head(UINT32_MAX, 0, 1000), HP_E_FRAME_TOO_LARGE);
    assert_int_equal(receive_head(UINT32_MAX, 0, HP_FRAME_MAX), HP_E_FRAME_TOO_LARGE);
    assert_int_equal(receive_head(HP_FRAME_MAX + 1, 0, HP_FRAME_MAX), HP_E_FRAME_TOO_LARGE);
    assert_int_equal(receive_head(10, 1, 1000), HP_E_FRAME_MALFORMED);
    assert_int_equal(receive_head(10, 0x80000000u, 1000), HP_E_FRAME_MALFORMED);
    assert_ptr_equal(pair.update.room, room); /* no memory was asked for */
    assert_int_equal(receive_head(0, 0, 0), S_OK);
    assert_int_equal(receive_head(1000, 0, 1000), S_OK);
    assert_int_equal(receive_head(HP_CHANNEL_PIECE + 1, 0, HP_FRAME_MAX),
                     HP_E_DEADLINE); /* no second piece */
}

/* The next message cannot be there before this one is answered: whoever believed it would read for ever. */
static void a_counter_that_runs_ahead_is_refused(void **state) {
    (void)state;
    static const uint32_t more[] = {2, 3, 1000, 0x7fffffff};
    hp_channel_head head = {.bytes = 100};
    for (int i = 0; i < 4; i++) {
        memcpy(pair.app.own->head, &head, sizeof head);
        const uint32_t filled = pair.update.got + more[i];
        pair.app.area->app.filled = (LONG)filled;
        assert_int_equal(hp_channel_receive(&pair.update, 1000, &head, 1), HP_E_FRAME_MALFORMED);
    }
}

static void memory_is_kept_only_up_to_a_limit(void **state) {
    (void)state;
    assert_int_equal(hp_channel_reserve(&pair.app, HP_CHANNEL_KEEP), S_OK);
    const unsigned char *room = pair.app.room;
    hp_channel_trim(&pair.app);
    assert_ptr_equal(pair.app.room, room);
    assert_int_equal(hp_channel_reserve(&pair.app, HP_CHANNEL_KEEP + 1), S_OK);
    assert_true(pair.app.capacity > HP_CHANNEL_KEEP);
    hp_channel_trim(&pair.app);
    assert_int_equal(pair.app.capacity, 0);
    exchange_short();
    exchange(3u << 18, 1, HP_FRAME_MAX_BLOCKS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sizes_around_the_ends_of_pieces_arrive_byte_for_byte),
        TEST(a_long_payload_stays_until_it_is_answered),
        TEST(counters_wrap_around),
        TEST(nothing_is_overwritten_after_very_many_short_messages),
        TEST(a_sender_of_pieces_waits_for_whoever_takes_them),
        TEST(what_is_no_frame_is_not_sent_and_the_channel_goes_on),
        TEST(failures_carry_text_which_is_cut),
        TEST(hostile_heads_are_refused),
        TEST(a_counter_that_runs_ahead_is_refused),
        TEST(memory_is_kept_only_up_to_a_limit),
    };
    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
