// What an update answers through a channel when it is ordered to answer garbage, or how it dies of it. This
// stands between the server and the channel: the linker lets the server's call of hp_channel_send come here
// first. The call has been run by then.
//
// Left out are lies that nobody can see through (see chaos_garbage.c), such as a counter that runs ahead of
// an answer that does come, or a claim that says that the call was not begun; and silence, which is another
// deed.
#include "e2e/chaos_update.h"

#include "idl/channel.h"
#include "idl/protocol.h"

#include <stdlib.h>

typedef HRESULT channel_send(hp_channel *channel, uint32_t what, uint32_t flags, const hp_frame *frame,
                             ULONGLONG until);
channel_send __real_hp_channel_send, __wrap_hp_channel_send;

enum disguise {
    NOISE = 18, /* those before are of chaos_garbage.c */
    RESIZED,
    BIT,
    BENT,
    TOO_LONG, /* by what the head says */
    RESERVED, /* bits of the head */
    OTHER_SUCCESS,
    FAILURE,
    AHEAD, /* the counter, of an answer that does not come */
    BEHIND,
    SLEEPS, /* and an answer that is right */
    CLAIM,  /* the same */
    SCRIBBLED,
    TORN, /* a long one */
    DISGUISES
};

_Static_assert((int)DISGUISES == (int)CHAOS_GARBLES, "there is a place to count each");

#define CLOSE HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE) /* to the server: give this channel up */
enum { EXTRA = 8192, HEADER = 24, BLOCK_HEADER = 24 };

/* An answer, not yet sent. */
typedef struct answer {
    hp_channel *channel;
    hp_channel_head head;
    unsigned char *bytes; /* and EXTRA bytes more */
    uint32_t size;
} answer;

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void publish(hp_channel *channel, uint32_t filled) {
    InterlockedExchange(&channel->own->filled, (LONG)filled);
    SetEvent(channel->wake);
}

/* Send so many pieces of it at most, whatever the head says. */
static HRESULT post(const answer *it, uint32_t pieces) {
    hp_channel *channel = it->channel;
    const uint32_t base = channel->sent;
    const int is_short = it->head.bytes <= HP_CHANNEL_SHORT;
    uint32_t done = least(it->size, is_short ? HP_CHANNEL_SHORT : HP_CHANNEL_PIECE);
    memcpy(channel->own->head, &it->head, sizeof it->head);
    memcpy(hp_channel_first(channel->area, channel->own, it->head.bytes), it->bytes, done);
    for (uint32_t piece = 1; piece <= pieces; piece++) {
        publish(channel, ++channel->sent);
        if (done >= it->size)
            return S_OK;
        HRESULT hr = piece < HP_CHANNEL_PIECES ? S_OK
                                               : hp_wait_until(&channel->wait, &channel->peer->drained,
                                                               base + piece - HP_CHANNEL_PIECES + 1, 0);
        if (FAILED(hr))
            return hr;
        const uint32_t part = least(it->size - done, HP_CHANNEL_PIECE);
        memcpy(channel->area->piece[piece % HP_CHANNEL_PIECES], it->bytes + done, part);
        done += part;
    }
    return CLOSE;
}

static void fill_with_noise(storm_dice *dice, unsigned char *bytes, uint32_t size) {
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)storm_bits(dice);
}

static HRESULT post_all(answer *it) {
    it->head.bytes = it->size;
    return post(it, UINT32_MAX);
}

static HRESULT post_noise(storm_dice *dice, answer *it) {
    it->size = storm_roll(dice, EXTRA);
    fill_with_noise(dice, it->bytes, it->size);
    if (storm_once_in(dice, 2) && it->size >= 4)
        memcpy(it->bytes, "HPF1", 4);
    return post_all(it);
}

/* One bit of what is not a value. */
static void turn_bit(storm_dice *dice, answer *it) {
    const uint32_t blocks = it->bytes[18], at = HEADER + 8; /* one word */
    const uint32_t bit = storm_roll(dice, 8 * (HEADER + blocks * BLOCK_HEADER));
    const uint32_t byte = bit / 8 < HEADER ? bit / 8 : bit / 8 - HEADER + at;
    it->bytes[byte] ^= (unsigned char)(1u << bit % 8);
}

static HRESULT post_failure(storm_dice *dice, answer *it) {
    HRESULT code = chaos_code(dice);
    it->head.what = (uint32_t)(FAILED(code) ? code : E_FAIL);
    it->size = storm_once_in(dice, 3) ? 0 : storm_roll(dice, 6000);
    fill_with_noise(dice, it->bytes, it->size);
    return post_all(it);
}

static HRESULT post_bad_head(storm_dice *dice, answer *it, uint32_t kind) {
    it->head.bytes = it->size;
    if (kind == TOO_LONG)
        it->head.bytes = storm_once_in(dice, 2) ? HP_FRAME_MAX + 1 + storm_roll(dice, 1u << 30) : UINT32_MAX;
    else if (kind == OTHER_SUCCESS)
        it->head.what = 1 + storm_roll(dice, storm_once_in(dice, 2) ? 3 : 0x7fffffff);
    else if (storm_once_in(dice, 2))
        it->head.flags = 1u << storm_roll(dice, 32);
    else
        it->head.zero = 1u << storm_roll(dice, 32);
    return post(it, UINT32_MAX);
}

/* An answer is expected: what is there instead is the call, or what was scribbled over it. */
static HRESULT mislead(storm_dice *dice, const answer *it, uint32_t kind) {
    hp_channel *channel = it->channel;
    if (kind == SCRIBBLED) {
        const LONG closed = channel->area->app.closed;
        unsigned char *area = (unsigned char *)channel->area; /* all but begun: the call has */
        fill_with_noise(dice, area, offsetof(hp_channel_area, begun));
        fill_with_noise(dice, area + offsetof(hp_channel_area, unused), sizeof channel->area->unused);
        fill_with_noise(dice, (unsigned char *)&channel->area->update, sizeof channel->area->update);
        fill_with_noise(dice, channel->area->piece[0], sizeof channel->area->piece);
        channel->area->app.closed = closed; /* so that we do not take our own word for the app's */
        channel->area->claim = HP_CHANNEL_RUNNING;
    }
    publish(channel, kind == BEHIND ? channel->sent - 1 - storm_roll(dice, 1000)
                                    : channel->sent + 1 + storm_roll(dice, 1000));
    return CLOSE;
}

/* What has no meaning at this moment, and a right answer. */
static HRESULT post_with_words(storm_dice *dice, answer *it, uint32_t kind) {
    hp_channel_area *area = it->channel->area;
    if (kind == SLEEPS) {
        area->app.sleeps = (LONG)storm_bits(dice);
        area->update.sleeps = (LONG)storm_bits(dice);
        area->magic = area->version = area->bytes = (uint32_t)storm_bits(dice);
        for (uint32_t i = storm_roll(dice, 5); i > 0; i--)
            SetEvent(it->channel->wake);
    } else {
        const uint32_t claim = HP_CHANNEL_RUNNING + storm_roll(dice, 1u << 30);
        area->claim = (LONG)claim;
        area->update.closed = (LONG)storm_roll(dice, 2);
    }
    const int closed = area->update.closed != 0;
    const HRESULT hr = post_all(it);
    return closed ? CLOSE : hr;
}

static HRESULT tear(storm_dice *dice, answer *it) {
    it->head.bytes = it->size;
    post(it, it->size > HP_CHANNEL_PIECE ? 1 + storm_roll(dice, (it->size - 1) / HP_CHANNEL_PIECE) : 0);
    if (storm_once_in(dice, 3))
        TerminateProcess(GetCurrentProcess(), 3);
    return CLOSE;
}

static HRESULT disguise(storm_dice *dice, answer *it, uint32_t kind) {
    switch (kind) {
    case NOISE:
        return post_noise(dice, it);
    case RESIZED:
        it->size = storm_once_in(dice, 2)
                       ? storm_roll(dice, it->size)
                       : it->size + 1 + storm_roll(dice, storm_once_in(dice, 2) ? 16 : EXTRA);
        return post_all(it);
    case BIT:
        turn_bit(dice, it);
        return post_all(it);
    case FAILURE:
        return post_failure(dice, it);
    case TOO_LONG:
    case RESERVED:
    case OTHER_SUCCESS:
        return post_bad_head(dice, it, kind);
    case AHEAD:
    case BEHIND:
    case SCRIBBLED:
        return mislead(dice, it, kind);
    case SLEEPS:
    case CLAIM:
        return post_with_words(dice, it, kind);
    case TORN:
        return tear(dice, it);
    default:
        return post_all(it);
    }
}

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's name
HRESULT __wrap_hp_channel_send(hp_channel *channel, uint32_t what, uint32_t flags, const hp_frame *frame,
                               ULONGLONG until) {
    if (chaos_take_order(CHAOS_GARBAGE, CHAOS_GARBAGE) == CHAOS_ANSWER)
        return __real_hp_channel_send(channel, what, flags, frame, until);
    storm_dice dice = chaos_throw_dice();
    const uint32_t kind = NOISE + storm_roll(&dice, DISGUISES - NOISE);
    hp_frame reply = *frame;
    answer it = {.channel = channel, .head = {.what = what}};
    InterlockedIncrement(&chaos_shared->garbled[kind]);
    if (kind == BENT)
        chaos_bend(&dice, 4 + storm_roll(&dice, CHAOS_BENDS - 4), &reply);
    HRESULT hr = hp_frame_measure(&reply, &it.size);
    it.bytes = SUCCEEDED(hr) ? calloc(1, it.size + 2 * (size_t)EXTRA) : NULL;
    if (it.bytes == NULL)
        return CLOSE;
    hr = hp_frame_write(&reply, it.bytes, it.size);
    hr = SUCCEEDED(hr) ? disguise(&dice, &it, kind) : CLOSE;
    free(it.bytes);
    return hr;
}
