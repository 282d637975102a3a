#include "idl/channel.h"

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "idl/fault.h"

_Static_assert(sizeof(hp_channel_area) == HP_CHANNEL_BYTES && sizeof(hp_channel_side) == 64 &&
                   offsetof(hp_channel_area, app) == 64 && offsetof(hp_channel_area, claim) == 192 &&
                   offsetof(hp_channel_area, half) == 256 && HP_CHANNEL_HALF % 64 == 0,
               "layout of the section");
_Static_assert(sizeof(hp_channel_head) == 16 && sizeof(hp_channel_head) + HP_FRAME_HEAD_MAX < HP_CHANNEL_HALF,
               "the head of a message fits into its first piece");

enum { FIRST = HP_CHANNEL_HALF - sizeof(hp_channel_head) }; /* payload in the first piece, at most */

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

/* A half may be written again when the piece before the last one has been taken. */
static HRESULT wait_for_half(hp_channel *channel, uint32_t base, uint32_t piece, ULONGLONG until) {
    return piece < 2 ? S_OK : hp_wait_until(&channel->wait, &channel->peer->drained, base + piece - 1, until);
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

HRESULT hp_channel_send(hp_channel *channel, uint32_t what, uint32_t flags, const hp_frame *frame,
                        ULONGLONG until) {
    unsigned char *first = channel->area->half[0];
    hp_frame_plan plan;
    HRESULT hr = hp_frame_begin(frame, first + sizeof(hp_channel_head), &plan);
    if (FAILED(hr))
        return hr;
    const hp_channel_head head = {.bytes = plan.size, .what = what, .flags = flags};
    memcpy(first, &head, sizeof head);
    uint32_t done = least(plan.size, FIRST);
    if (done > plan.head)
        hp_frame_copy(frame, &plan, plan.head, first + sizeof head + plan.head, done - plan.head);
    const uint32_t base = channel->sent;
    for (uint32_t piece = 1; done < plan.size; piece++) {
        fill(channel);
        hr = wait_for_half(channel, base, piece, until);
        if (FAILED(hr))
            return hr;
        const uint32_t part = least(plan.size - done, HP_CHANNEL_HALF);
        hp_frame_copy(frame, &plan, done, channel->area->half[piece & 1], part);
        done += part;
    }
    if ((flags & HP_CHANNEL_REVOCABLE) != 0)
        channel->area->claim = HP_CHANNEL_POSTED;
    fill(channel);
    return S_OK;
}

void hp_channel_send_failure(hp_channel *channel, HRESULT result, const char *text) {
    unsigned char *first = channel->area->half[0];
    const size_t length = strlen(text);
    const hp_channel_head head = {
        .bytes = length < HP_CHANNEL_TEXT_MAX ? (uint32_t)length : HP_CHANNEL_TEXT_MAX,
        .what = (uint32_t)result,
    };
    memcpy(first, &head, sizeof head);
    memcpy(first + sizeof head, text, head.bytes);
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

static HRESULT receive_rest(hp_channel *channel, uint32_t bytes, uint32_t done, ULONGLONG until) {
    const int long_one = bytes > FIRST + HP_CHANNEL_HALF;
    for (uint32_t piece = 1; done < bytes; piece++) {
        if (long_one)
            publish(channel, &channel->own->drained, channel->got);
        HRESULT hr = hp_wait_until(&channel->wait, &channel->peer->filled, channel->got + 1, until);
        if (FAILED(hr))
            return hr;
        const uint32_t part = least(bytes - done, HP_CHANNEL_HALF);
        take(channel->room + done, channel->area->half[piece & 1], part);
        count_piece(channel);
        done += part;
    }
    return S_OK;
}

HRESULT hp_channel_receive(hp_channel *channel, uint32_t most, hp_channel_head *head, ULONGLONG until) {
    HRESULT hr = hp_wait_until(&channel->wait, &channel->peer->filled, channel->got + 1, until);
    if (FAILED(hr))
        return hr;
    const unsigned char *first = channel->area->half[0];
    take(head, first, sizeof *head);
    if (head->bytes > most)
        return HP_E_FRAME_TOO_LARGE;
    if (head->zero != 0)
        return HP_E_FRAME_MALFORMED;
    hr = hp_channel_reserve(channel, head->bytes);
    if (FAILED(hr))
        return hr;
    const uint32_t done = least(head->bytes, FIRST);
    take(channel->room, first + sizeof *head, done);
    count_piece(channel);
    hr = receive_rest(channel, head->bytes, done, until);
    /* Nothing more can be there before this one is answered, or the next is asked for. */
    return SUCCEEDED(hr) && (uint32_t)channel->peer->filled != channel->got ? HP_E_FRAME_MALFORMED : hr;
}
