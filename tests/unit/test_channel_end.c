// What ends a wait at a channel: closed, the other process's end, deadline, cancel. And calls that are taken
// back.
#include "unit/channel_pair.h"

#include "idl/protocol.h"

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

static void send_short(hp_channel *channel, uint32_t flags) {
    const hp_frame frame = channel_pair_frame(200, 1);
    assert_int_equal(hp_channel_send(channel, 7, flags, &frame, 0), S_OK);
}

static void expect_short(hp_channel *channel) {
    const hp_frame frame = channel_pair_frame(200, 1);
    hp_channel_head head;
    assert_int_equal(hp_channel_receive(channel, 200, &head, channel_pair_patience()), S_OK);
    channel_pair_expect(channel, &head, 7, &frame);
}

static HRESULT receive(hp_channel *channel) {
    hp_channel_head head;
    return hp_channel_receive(channel, HP_FRAME_MAX, &head, channel_pair_patience());
}

/* Two pieces more than are there when the sender gives up. */
static void send_half_of_a_long_one(hp_channel *channel) {
    const hp_frame frame = channel_pair_frame(HP_CHANNEL_WHOLE + 2 * HP_CHANNEL_PIECE, 1);
    assert_int_equal(hp_channel_send(channel, 7, HP_CHANNEL_REVOCABLE, &frame, GetTickCount64() + 5),
                     HP_E_DEADLINE);
}

static void what_was_sent_before_closing_is_read_first(void **state) {
    (void)state;
    send_short(&pair.app, 0);
    hp_channel_close(&pair.app);
    expect_short(&pair.update);
    assert_int_equal(receive(&pair.update), BROKEN_PIPE);
    assert_int_equal(receive(&pair.update), BROKEN_PIPE);
}

static void what_was_sent_before_the_process_ended_is_read_first(void **state) {
    (void)state;
    send_short(&pair.app, 0);
    SetEvent(pair.app_process);
    expect_short(&pair.update);
    assert_int_equal(receive(&pair.update), BROKEN_PIPE);
    send_short(&pair.update, 0);
    SetEvent(pair.update_process);
    expect_short(&pair.app);
    assert_int_equal(receive(&pair.app), BROKEN_PIPE);
}

static void half_a_message_is_none(void **state) {
    (void)state;
    send_half_of_a_long_one(&pair.app);
    hp_channel_close(&pair.app);
    assert_int_equal(receive(&pair.update), BROKEN_PIPE);
    close_pair(NULL);
    open_pair(NULL);
    send_half_of_a_long_one(&pair.update);
    SetEvent(pair.update_process);
    assert_int_equal(receive(&pair.app), BROKEN_PIPE);
}

static void close_app(void) {
    hp_channel_close(&pair.app);
}

static void end_app(void) {
    SetEvent(pair.app_process);
}

static void close_update(void) {
    hp_channel_close(&pair.update);
}

static void end_update(void) {
    SetEvent(pair.update_process);
}

static void cancel_app(void) {
    SetEvent(pair.cancel);
}

static const struct {
    void (*happen)(void);
    int is_app; /* who waits */
    HRESULT result;
} ends[] = {
    {close_app, 0, HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE)},
    {end_app, 0, HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE)},
    {close_update, 1, HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE)},
    {end_update, 1, HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE)},
    {cancel_app, 1, HRESULT_FROM_WIN32(ERROR_CANCELLED)},
};

static void who_sleeps_for_a_message_is_woken_by_its_end(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        channel_work work = {.channel = ends[i].is_app ? &pair.app : &pair.update, .most = HP_FRAME_MAX};
        channel_work_receive(&work);
        channel_work_await_sleep(&work);
        ends[i].happen();
        assert_int_equal(channel_work_end(&work), ends[i].result);
        assert_int_equal(work.channel->own->sleeps, 0);
        close_pair(NULL);
        open_pair(NULL);
    }
}

static void who_sleeps_for_room_is_woken_by_its_end(void **state) {
    (void)state;
    const hp_frame frame = channel_pair_frame(HP_CHANNEL_WHOLE + 1, 1);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        channel_work work = {.channel = ends[i].is_app ? &pair.app : &pair.update, .frame = &frame};
        channel_work_send(&work);
        channel_work_await_sleep(&work);
        ends[i].happen();
        assert_int_equal(channel_work_end(&work), ends[i].result);
        close_pair(NULL);
        open_pair(NULL);
    }
}

static void who_sleeps_is_woken_by_a_message(void **state) {
    (void)state;
    const hp_frame frame = channel_pair_frame(200, 1);
    for (int i = 0; i < 200; i++) { /* the end of its spinning is as good a moment as its sleep */
        channel_work work = {.channel = &pair.update, .most = HP_FRAME_MAX};
        channel_work_receive(&work);
        if (i % 2 == 0)
            channel_work_await_sleep(&work);
        send_short(&pair.app, 0);
        assert_int_equal(channel_work_end(&work), S_OK);
        channel_pair_expect(&pair.update, &work.head, 7, &frame);
        send_short(&pair.update, 0);
        expect_short(&pair.app);
    }
}

static void a_deadline_passes_and_the_message_may_still_come(void **state) {
    (void)state;
    hp_channel_head head;
    assert_int_equal(hp_channel_receive(&pair.app, 200, &head, 1), HP_E_DEADLINE); /* long past */
    assert_int_equal(hp_channel_receive(&pair.app, 200, &head, GetTickCount64() + 5), HP_E_DEADLINE);
    assert_int_equal(pair.app.own->sleeps, 0);
    send_short(&pair.update, 0);
    expect_short(&pair.app);
    send_short(&pair.update, 0);
    assert_int_equal(hp_channel_receive(&pair.app, 200, &head, 1), S_OK); /* it was there in time */
}

static void what_is_there_is_read_although_cancelled(void **state) {
    (void)state;
    send_short(&pair.update, 0);
    SetEvent(pair.cancel);
    expect_short(&pair.app);
    assert_int_equal(receive(&pair.app), HRESULT_FROM_WIN32(ERROR_CANCELLED));
    pair.app.wait.cancel = NULL;
    send_short(&pair.update, 0);
    expect_short(&pair.app);
}

static void a_call_is_posted_with_its_last_piece(void **state) {
    (void)state;
    volatile LONG *claim = &pair.app.area->claim;
    *claim = HP_CHANNEL_REVOKED;
    send_short(&pair.app, 0);
    expect_short(&pair.update);
    assert_int_equal(*claim, HP_CHANNEL_REVOKED); /* nobody asks for it then */
    send_short(&pair.app, HP_CHANNEL_REVOCABLE);
    assert_int_equal(*claim, HP_CHANNEL_POSTED);
    expect_short(&pair.update);
    *claim = HP_CHANNEL_RUNNING;
    send_half_of_a_long_one(&pair.app);
    assert_int_equal(*claim, HP_CHANNEL_RUNNING);
}

/* Both at once: one of them, and only one, has the call. */
static DWORD WINAPI run_call(void *context) {
    LONG *runs = context;
    hp_channel_head head;
    if (FAILED(hp_channel_receive(&pair.update, 200, &head, channel_pair_patience())))
        return 0;
    *runs = InterlockedCompareExchange(&pair.update.area->claim, HP_CHANNEL_RUNNING, HP_CHANNEL_POSTED) ==
            HP_CHANNEL_POSTED;
    return 0;
}

static void a_call_is_run_or_revoked(void **state) {
    (void)state;
    LONG ran = 0;
    for (int i = 0; i < 300; i++) {
        LONG runs = -1;
        HANDLE thread = CreateThread(NULL, 0, run_call, &runs, 0, NULL);
        assert_non_null(thread);
        send_short(&pair.app, HP_CHANNEL_REVOCABLE);
        if (i % 3 == 0)
            WaitForSingleObject(thread, 1);
        const int revoked = InterlockedCompareExchange(&pair.app.area->claim, HP_CHANNEL_REVOKED,
                                                       HP_CHANNEL_POSTED) == HP_CHANNEL_POSTED;
        assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
        CloseHandle(thread);
        assert_int_equal(runs, !revoked);
        ran += runs;
    }
    assert_true(ran > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_sent_before_closing_is_read_first),
        TEST(what_was_sent_before_the_process_ended_is_read_first),
        TEST(half_a_message_is_none),
        TEST(who_sleeps_for_a_message_is_woken_by_its_end),
        TEST(who_sleeps_for_room_is_woken_by_its_end),
        TEST(who_sleeps_is_woken_by_a_message),
        TEST(a_deadline_passes_and_the_message_may_still_come),
        TEST(what_is_there_is_read_although_cancelled),
        TEST(a_call_is_posted_with_its_last_piece),
        TEST(a_call_is_run_or_revoked),
    };
    return cmocka_run_group_tests_name("channel-end", tests, NULL, NULL);
}
