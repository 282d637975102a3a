/**
 * @file channel_pair.h
 * For tests of channels: both ends in one process, and frames of any size. Failures end the running test.
 */
#ifndef HP_TESTS_UNIT_CHANNEL_PAIR_H
#define HP_TESTS_UNIT_CHANNEL_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "idl/channel.h"

/** Longest wait for something that has to happen. */
#define PATIENCE_MS 30000

#define BROKEN_PIPE HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE)

/** The ends, and events that stand for their processes: setting one is that process's end. */
typedef struct channel_pair {
    hp_channel app, update;
    HANDLE app_process, update_process, cancel; /**< cancel: of the app */
} channel_pair;

void channel_pair_open(channel_pair *pair);

/** Either end may have been closed before. */
void channel_pair_close(channel_pair *pair);

/** Both ends go on as if so many pieces had been sent by each side. */
void channel_pair_set_counters(channel_pair *pair, uint32_t by_app, uint32_t by_update);

/** GetTickCount64 at which patience ends. */
ULONGLONG channel_pair_patience(void);

/**
 * A frame of size bytes: a call without blocks or with one, or a reply with 33 of odd sizes. Its data stays
 * the same, and there, until the process ends.
 *
 * @param blocks  0 (size 24 + 8 * words), 1 or HP_FRAME_MAX_BLOCKS
 */
hp_frame channel_pair_frame(uint32_t size, uint16_t blocks);

/** Fail unless what was received is this frame. */
void channel_pair_expect(const hp_channel *channel, const hp_channel_head *head, uint32_t what,
                         const hp_frame *frame);

/** What another thread does with an end. */
typedef struct channel_work {
    hp_channel *channel;
    const hp_frame *frame; /**< to be sent */
    uint32_t flags, most;
    ULONGLONG until;
    hp_channel_head head; /**< received */
    HRESULT result;
    HANDLE thread;
} channel_work;

/** Send, or receive, or receive and send the frame with what + 1, on a thread. */
void channel_work_send(channel_work *work);
void channel_work_receive(channel_work *work);
void channel_work_answer(channel_work *work);

/** Wait until that thread sleeps in its channel. */
void channel_work_await_sleep(const channel_work *work);

/** Wait for its end; what it came to. */
HRESULT channel_work_end(channel_work *work);

/** Number of this process's handles. */
int channel_pair_handles(void);

#endif
