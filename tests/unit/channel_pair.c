#include "unit/channel_pair.h"

#include <stdlib.h>

#include "e2e/storm_dice.h"
#include "idl/protocol.h"

enum { DATA = 3u << 20 };

void channel_pair_open(channel_pair *pair) {
    hp_channel_handles handles;
    *pair = (channel_pair){0};
    HANDLE *events[] = {&pair->app_process, &pair->update_process, &pair->cancel};
    for (int i = 0; i < 3; i++) {
        *events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        assert_non_null(*events[i]);
    }
    assert_int_equal(hp_channel_make(pair->update_process, pair->cancel, &pair->app, &handles), S_OK);
    assert_int_equal(hp_channel_join(GetCurrentProcess(), &handles, &pair->update), S_OK);
    pair->update.wait.process = pair->app_process;
    CloseHandle(handles.section);
}

void channel_pair_close(channel_pair *pair) {
    hp_channel_close(&pair->app);
    hp_channel_close(&pair->update);
    CloseHandle(pair->app_process);
    CloseHandle(pair->update_process);
    CloseHandle(pair->cancel);
}

void channel_pair_set_counters(channel_pair *pair, uint32_t by_app, uint32_t by_update) {
    hp_channel_area *area = pair->app.area;
    pair->app.sent = pair->update.got = by_app;
    pair->update.sent = pair->app.got = by_update;
    area->app.filled = (LONG)by_app;
    area->update.filled = (LONG)by_update;
}

ULONGLONG channel_pair_patience(void) {
    return GetTickCount64() + PATIENCE_MS;
}

static const unsigned char *data(void) {
    static unsigned char *bytes;
    storm_dice dice = {20261121};
    if (bytes != NULL)
        return bytes;
    bytes = malloc(DATA);
    assert_non_null(bytes);
    for (uint32_t i = 0; i < DATA; i++)
        bytes[i] = (unsigned char)storm_bits(&dice);
    return bytes;
}

/* The last block takes what is left. */
static void put_blocks(hp_frame *frame, uint32_t size) {
    uint32_t at = 24u + 8u * frame->words + 24u * frame->blocks;
    for (uint16_t i = 0; i < frame->blocks; i++) {
        const int last = i + 1 == frame->blocks;
        at = (at + 15) & ~15u;
        assert_true(size > at && size - at < DATA / 2);
        const uint32_t part = last ? size - at : 2u * i + 1;
        frame->block[i] = (hp_frame_block){.parameter = i == 32 ? HP_FRAME_RESULT : i,
                                           .size = part,
                                           .capacity = part,
                                           .data = data() + (size + 7919u * i) % (DATA / 2)};
        at += part;
    }
}

hp_frame channel_pair_frame(uint32_t size, uint16_t blocks) {
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = blocks > 1 ? HP_FRAME_REPLY : HP_FRAME_CALL};
    uint32_t measured;
    frame.words = (uint16_t)(blocks == 0 ? (size - 24) / 8 : 1);
    frame.blocks = blocks;
    for (uint16_t i = 0; i < frame.words; i++)
        frame.word[i] = size * 0x9E3779B97F4A7C15u + i;
    put_blocks(&frame, size);
    assert_int_equal(hp_frame_measure(&frame, &measured), S_OK);
    assert_int_equal(measured, size);
    return frame;
}

void channel_pair_expect(const hp_channel *channel, const hp_channel_head *head, uint32_t what,
                         const hp_frame *frame) {
    hp_frame copy = *frame;
    uint32_t size;
    assert_int_equal(hp_frame_measure(&copy, &size), S_OK);
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(hp_frame_write(&copy, bytes, size), S_OK);
    assert_int_equal(head->what, what);
    assert_int_equal(head->bytes, size);
    assert_int_equal((uintptr_t)channel->room % 16, 0);
    if (memcmp(channel->room, bytes, size) != 0)
        fail_msg("a frame of %lu bytes has changed on its way", (unsigned long)size);
    free(bytes);
}

static DWORD WINAPI send_it(void *context) {
    channel_work *work = context;
    work->result = hp_channel_send(work->channel, 1, work->flags, work->frame, work->until);
    return 0;
}

static DWORD WINAPI receive_it(void *context) {
    channel_work *work = context;
    work->result = hp_channel_receive(work->channel, work->most, &work->head, work->until);
    return 0;
}

static DWORD WINAPI answer_it(void *context) {
    channel_work *work = context;
    receive_it(context);
    if (SUCCEEDED(work->result))
        work->result = hp_channel_send(work->channel, work->head.what + 1, 0, work->frame, work->until);
    return 0;
}

static void start(channel_work *work, DWORD WINAPI (*run)(void *)) {
    work->thread = CreateThread(NULL, 0, run, work, 0, NULL);
    assert_non_null(work->thread);
}

void channel_work_send(channel_work *work) {
    start(work, send_it);
}

void channel_work_receive(channel_work *work) {
    start(work, receive_it);
}

void channel_work_answer(channel_work *work) {
    start(work, answer_it);
}

void channel_work_await_sleep(const channel_work *work) {
    const ULONGLONG limit = channel_pair_patience();
    while (work->channel->own->sleeps == 0) {
        assert_true(GetTickCount64() < limit);
        assert_int_equal(WaitForSingleObject(work->thread, 1), WAIT_TIMEOUT);
    }
}

HRESULT channel_work_end(channel_work *work) {
    if (WaitForSingleObject(work->thread, PATIENCE_MS) != WAIT_OBJECT_0)
        fail_msg("the other end does not come to an end");
    CloseHandle(work->thread);
    return work->result;
}

int channel_pair_handles(void) {
    int count = 0;
    DWORD flags;
    for (uintptr_t value = 4; value < 0x800; value += 4)
        count += GetHandleInformation((HANDLE)value, &flags) != 0;
    return count;
}
