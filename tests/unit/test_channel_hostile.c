// The other side writes at random into all that is shared, while this one receives and sends: an error, or
// bytes in memory of its own, but never an end of its process.
#include "unit/channel_pair.h"

#include <malloc.h>

#include "e2e/storm_dice.h"
#include "idl/protocol.h"

enum { ROUNDS = 10000, MOST = HP_CHANNEL_WHOLE + 200000, WORDS = HP_CHANNEL_BYTES / 4 };

static channel_pair pair;
static volatile LONG stop;
static const uint64_t seed = 6;

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

/* The length of a message, near what matters. */
static uint32_t any_bytes(storm_dice *dice) {
    const uint32_t ends[] = {0,
                             HP_CHANNEL_COPIED,
                             HP_CHANNEL_PIECE,
                             HP_CHANNEL_PIECE + HP_CHANNEL_PIECE,
                             HP_CHANNEL_WHOLE,
                             HP_CHANNEL_WHOLE + HP_CHANNEL_PIECE,
                             MOST,
                             HP_FRAME_MAX};
    return storm_once_in(dice, 4) ? (uint32_t)storm_bits(dice)
                                  : ends[storm_roll(dice, 8)] + storm_roll(dice, 5) - 2;
}

/* A counter near what is expected, or anywhere. */
static uint32_t any_count(storm_dice *dice, uint32_t around) {
    return storm_once_in(dice, 4) ? (uint32_t)storm_number(dice) : around + storm_roll(dice, 9) - 2;
}

static void scribble(storm_dice *dice, volatile LONG *word, const hp_channel *victim) {
    hp_channel_area *area = victim->area;
    volatile LONG *head =
        (volatile LONG *)(void *)(victim->own == &area->app ? &area->update : &area->app)->head;
    hp_channel_side *side = storm_once_in(dice, 4)      ? victim->own
                            : victim->own == &area->app ? &area->update
                                                        : &area->app;
    switch (storm_roll(dice, 8)) {
    case 0:
    case 1:
        side->filled = (LONG)any_count(dice, victim->got);
        break;
    case 2:
        side->drained = (LONG)any_count(dice, victim->sent);
        break;
    case 3:
        side->sleeps = (LONG)storm_roll(dice, 2);
        break;
    case 4:
        if (storm_once_in(dice, 64))
            side->closed = (LONG)storm_roll(dice, 2);
        break;
    case 5:
        head[0] = (LONG)any_bytes(dice);
        break;
    case 6:
        head[3] = storm_once_in(dice, 4) ? (LONG)storm_bits(dice) : 0;
        break;
    default:
        for (uint32_t i = 0; i < 64; i++)
            word[storm_roll(dice, (storm_once_in(dice, 2) ? 16384 : WORDS) - 64) + 64] =
                (LONG)storm_bits(dice);
        area->claim = (LONG)storm_number(dice);
        break;
    }
}

static DWORD WINAPI scribble_on(void *context) {
    const hp_channel *victim = context;
    storm_dice dice = {seed + (victim == &pair.app)};
    while (!stop) {
        for (int i = 0; i < 200; i++)
            scribble(&dice, (volatile LONG *)(void *)victim->area, victim);
        SetEvent(victim->wait.event);
        SwitchToThread();
    }
    return 0;
}

typedef struct tally {
    int whole, stayed, late, refused, broken, sent;
} tally;

static void note(tally *it, HRESULT hr, const hp_channel *victim, const hp_channel_head *head,
                 const unsigned char *payload) {
    if (hr == S_OK) {
        uint32_t sum = 0;
        assert_true(head->bytes <= MOST && head->bytes <= victim->capacity && head->zero == 0);
        assert_true(payload == victim->room ||
                    (head->bytes <= HP_CHANNEL_WHOLE && payload == victim->area->piece[0]));
        it->stayed += payload != victim->room;
        for (uint32_t i = 0; i < head->bytes; i++) /* a sanitizer, or the heap, would see what is not ours */
            sum += payload[i];
        it->whole += sum < UINT32_MAX;
    } else if (hr == HP_E_DEADLINE) {
        it->late++;
    } else if (hr == BROKEN_PIPE) {
        it->broken++;
    } else {
        assert_true(hr == HP_E_FRAME_TOO_LARGE || hr == HP_E_FRAME_MALFORMED);
        it->refused++;
    }
}

static void endure(hp_channel *victim) {
    const hp_frame frames[] = {channel_pair_frame(500, 1),
                               channel_pair_frame(MOST - 100000, HP_FRAME_MAX_BLOCKS)};
    storm_dice dice = {seed + 10};
    tally seen = {0};
    HANDLE process = (victim == &pair.app) ? pair.update_process : pair.app_process;
    stop = 0;
    HANDLE thread = CreateThread(NULL, 0, scribble_on, victim, 0, NULL);
    assert_non_null(thread);
    for (int i = 0; i < ROUNDS; i++) {
        hp_channel_head head;
        if (storm_once_in(&dice, 4)) {
            const HRESULT hr = hp_channel_send(victim, 1, HP_CHANNEL_REVOCABLE, &frames[storm_roll(&dice, 2)],
                                               GetTickCount64() + 2);
            assert_true(hr == S_OK || hr == HP_E_DEADLINE || hr == BROKEN_PIPE);
            seen.sent += hr == S_OK;
        } else if (storm_once_in(&dice, 2)) {
            const HRESULT hr = hp_channel_receive(victim, MOST, &head, GetTickCount64() + 2);
            note(&seen, hr, victim, &head, victim->room);
        } else {
            const unsigned char *payload;
            const HRESULT hr = hp_channel_look(victim, MOST, &head, &payload, GetTickCount64() + 2);
            note(&seen, hr, victim, &head, payload);
        }
        if (storm_once_in(&dice, 50))
            hp_channel_trim(victim);
        victim->area->app.closed = victim->area->update.closed = 0;
    }
    assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
    InterlockedExchange(&stop, 1);
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    print_message("# %d rounds: %d received (%d stayed), %d sent, %d late, %d refused, %d broken\n", ROUNDS,
                  seen.whole, seen.stayed, seen.sent, seen.late, seen.refused, seen.broken);
    assert_true(seen.whole > 0 && seen.stayed > 0 && seen.sent > 0 && seen.refused > 0);
    assert_true(HeapValidate(GetProcessHeap(), 0, NULL) && _heapchk() == _HEAPOK);
}

static void update_endures_a_scribbling_app(void **state) {
    (void)state;
    endure(&pair.update);
}

static void app_endures_a_scribbling_update(void **state) {
    (void)state;
    endure(&pair.app);
}

/* The length and the reserved bits change between right and wrong ones. */
static DWORD WINAPI flip(void *context) {
    volatile LONG *head = context;
    while (!stop) {
        for (int i = 0; i < 1000; i++) {
            head[0] = 100;
            head[3] = 0;
            head[0] = 2000;
            head[3] = -1;
        }
        SwitchToThread();
    }
    return 0;
}

static void what_was_checked_is_what_is_used(void **state) {
    (void)state;
    const hp_channel_head fine = {.bytes = 100};
    int right = 0;
    memcpy(pair.app.own->head, &fine, sizeof fine);
    stop = 0;
    HANDLE thread = CreateThread(NULL, 0, flip, pair.app.own->head, 0, NULL);
    assert_non_null(thread);
    for (int i = 0; i < 100000; i++) {
        hp_channel_head got;
        const uint32_t filled = pair.update.got + 1;
        pair.app.area->app.filled = (LONG)filled;
        if (hp_channel_receive(&pair.update, 1000, &got, 1) != S_OK)
            continue;
        assert_int_equal(got.bytes, 100);
        assert_int_equal(got.zero, 0);
        right++;
    }
    InterlockedExchange(&stop, 1);
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_true(right > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(update_endures_a_scribbling_app),
        TEST(app_endures_a_scribbling_update),
        TEST(what_was_checked_is_what_is_used),
    };
    return cmocka_run_group_tests_name("channel-hostile", tests, NULL, NULL);
}
