#include "idl/channel.h"

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "idl/fault.h"

_Static_assert(sizeof(hp_channel_area) == HP_CHANNEL_BYTES && sizeof(hp_channel_side) == 256 &&
                   offsetof(hp_channel_area, app) == 128 && offsetof(hp_channel_area, claim) == 640 &&
                   offsetof(hp_channel_area, piece) == 768 && HP_CHANNEL_PIECE % 64 == 0,
               "layout of the section");
_Static_assert(sizeof(hp_channel_head) == sizeof((hp_channel_side *)0)->head &&
                   HP_FRAME_HEAD_MAX < HP_CHANNEL_PIECE,
               "the head of a message and of its frame fit");
_Static_assert(HP_CHANNEL_TEXT_MAX <= HP_CHANNEL_COPIED,
               "the text of a failure is always looked at in a copy");

HRESULT hp_channel_reserve(hp_channel *channel, uint32_t bytes) {
    if (bytes <= channel->capacity)
        return S_OK;
    uint32_t capacity = 4096;
    while (capacity < bytes)
        capacity *= 2;
    _aligned_free(channel->room);
    channel->room = HP_FAULT("memory for a message") ? NULL : _aligned_malloc(capacity, 16);
    channel->capacity = channel->room != NULL ? capacity : 0;
    return channel->room != NULL ? S_OK : E_OUTOFMEMORY;
}

void hp_channel_trim(hp_channel *channel) {
    if (channel->capacity <= HP_CHANNEL_KEEP)
        return;
    _aligned_free(channel->room);
    channel->room = NULL;
    channel->capacity = 0;
}

/* Full barrier: either the other side sees the word before it sleeps, or we see that it does. */
static void publish(const hp_channel *channel, volatile LONG *word, uint32_t value) {
    atomic_signal_fence(
        memory_order_seq_cst); /* no store may sink below, whatever the compiler makes of it */
    InterlockedExchange(word, (LONG)value);
    if (channel->peer->sleeps != 0)
        SetEvent(channel->wake);
}

static void fill(hp_channel *channel) {
    publish(channel, &channel->own->filled, ++channel->sent);
}

/* A place may be written again when what lies there has been taken. */
static HRESULT wait_for_room(hp_channel *channel, uint32_t base, uint32_t piece, ULONGLONG until) {
    if (piece < HP_CHANNEL_PIECES)
        return S_OK;
    return hp_wait_until(&channel->wait, &channel->peer->drained, base + piece - HP_CHANNEL_PIECES + 1,
                         until);
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

HRESULT hp_channel_send(hp_channel *channel, uint32_t what, uint32_t flags, const hp_frame *frame,
                        ULONGLONG until) {
    hp_frame_plan plan;
    uint32_t size;
    HRESULT hr = hp_frame_measure(frame, &size);
    if (FAILED(hr))
        return hr;
    unsigned char *first = hp_channel_first(channel->area, channel->own, size);
    hr = hp_frame_begin(frame, first, &plan);
    if (FAILED(hr))
        return hr;
    const hp_channel_head head = {.bytes = plan.size, .what = what, .flags = flags};
    memcpy(channel->own->head, &head, sizeof head);
    uint32_t done = least(plan.size, HP_CHANNEL_PIECE);
    if (done > plan.head)
        hp_frame_copy(frame, &plan, plan.head, first + plan.head, done - plan.head);
    const uint32_t base = channel->sent;
    for (uint32_t piece = 1; done < plan.size; piece++) {
        fill(channel);
        hr = wait_for_room(channel, base, piece, until);
        if (FAILED(hr))
            return hr;
        const uint32_t part = least(plan.size - done, HP_CHANNEL_PIECE);
        hp_frame_copy(frame, &plan, done, channel->area->piece[piece % HP_CHANNEL_PIECES], part);
        done += part;
    }
    if ((flags & HP_CHANNEL_REVOCABLE) != 0)
        channel->area->claim = HP_CHANNEL_POSTED;
    fill(channel);
    return S_OK;
}

void hp_channel_send_failure(hp_channel *channel, HRESULT result, const char *text) {
    const size_t length = strlen(text);
    const hp_channel_head head = {
        .bytes = length < HP_CHANNEL_TEXT_MAX ? (uint32_t)length : HP_CHANNEL_TEXT_MAX,
        .what = (uint32_t)result,
    };
    memcpy(channel->own->head, &head, sizeof head);
    memcpy(hp_channel_first(channel->area, channel->own, head.bytes), text, head.bytes);
    fill(channel);
}

/* The other side may change it all the while: the compiler may neither begin before the look
 * at the counter nor come back to it later. */
static void take(void *to, const unsigned char *from, uint32_t bytes) {
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(to, from, bytes);
    atomic_signal_fence(memory_order_seq_cst);
}

/* Counters are compared over a distance of 2^31: the one that is seldom written must not fall so far
 * behind. */
static void count_piece(hp_channel *channel) {
    enum { NOW_AND_THEN = 1 << 20 };
    if (++channel->got % NOW_AND_THEN == 0)
        channel->own->drained = (LONG)channel->got;
}

static HRESULT receive_rest(hp_channel *channel, uint32_t bytes, uint32_t done, int stays, ULONGLONG until) {
    const int long_one = bytes > HP_CHANNEL_WHOLE;
    for (uint32_t piece = 1; done < bytes; piece++) {
        if (long_one)
            publish(channel, &channel->own->drained, channel->got);
        HRESULT hr = hp_wait_until(&channel->wait, &channel->peer->filled, channel->got + 1, until);
        if (FAILED(hr))
            return hr;
        const uint32_t part = least(bytes - done, HP_CHANNEL_PIECE);
        const unsigned char *from = channel->area->piece[piece % HP_CHANNEL_PIECES];
        if (!stays)
            take(channel->room + done, from, part);
        count_piece(channel);
        done += part;
    }
    return S_OK;
}

/* most_copied: of a payload that fits as a whole; a longer one stays. */
static HRESULT receive(hp_channel *channel, uint32_t most, uint32_t most_copied, hp_channel_head *head,
                       const unsigned char **payload, ULONGLONG until) {
    HRESULT hr = hp_wait_until(&channel->wait, &channel->peer->filled, channel->got + 1, until);
    if (FAILED(hr))
        return hr;
    take(head, channel->peer->head, sizeof *head);
    if (head->bytes > most)
        return HP_E_FRAME_TOO_LARGE;
    if (head->zero != 0)
        return HP_E_FRAME_MALFORMED;
    hr = hp_channel_reserve(channel, head->bytes);
    if (FAILED(hr))
        return hr;
    const int stays = head->bytes > most_copied && head->bytes <= HP_CHANNEL_WHOLE;
    const unsigned char *first = hp_channel_first(channel->area, channel->peer, head->bytes);
    const uint32_t done = least(head->bytes, HP_CHANNEL_PIECE);
    *payload = stays ? first : channel->room;
    if (!stays)
        take(channel->room, first, done);
    count_piece(channel);
    hr = receive_rest(channel, head->bytes, done, stays, until);
    /* Nothing more can be there before this one is answered, or the next is asked for. */
    return SUCCEEDED(hr) && (uint32_t)channel->peer->filled != channel->got ? HP_E_FRAME_MALFORMED : hr;
}

HRESULT hp_channel_receive(hp_channel *channel, uint32_t most, hp_channel_head *head, ULONGLONG until) {
    const unsigned char *payload;
    return receive(channel, most, UINT32_MAX, head, &payload, until);
}

HRESULT hp_channel_look(hp_channel *channel, uint32_t most, hp_channel_head *head,
                        const unsigned char **payload, ULONGLONG until) {
    return receive(channel, most, HP_CHANNEL_COPIED, head, payload, until);
}

const unsigned char *hp_channel_keep(hp_channel *channel, const unsigned char *payload, uint32_t at,
                                     uint32_t bytes) {
    take(channel->room + at, payload + at, bytes);
    return channel->room + at;
}
