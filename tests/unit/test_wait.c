// Two sides of a channel on one processor, where they would take turns for ever: the update's moves away.
#include "unit/channel_pair.h"

#include "idl/protocol.h"

enum { BYTES = 64, MANY = 20000 };

static channel_pair pair;
static volatile LONG elsewhere; /* calls that were answered on another processor than the first */
static DWORD_PTR all, first;
static HANDLE answering;

/* Returns where the thread might run before. */
static DWORD_PTR pin(HANDLE thread, DWORD_PTR processors) {
    const DWORD_PTR before = SetThreadAffinityMask(thread, processors);
    assert_true(before != 0);
    return before;
}

static DWORD WINAPI answer(void *context) {
    const hp_frame frame = channel_pair_frame(BYTES, 0);
    hp_channel_head head;
    (void)context;
    while (SUCCEEDED(hp_channel_receive(&pair.update, HP_FRAME_MAX, &head, channel_pair_patience()))) {
        if ((DWORD_PTR)1 << GetCurrentProcessorNumber() % (8 * sizeof first) != first)
            InterlockedIncrement(&elsewhere);
        if (FAILED(hp_channel_send(&pair.update, S_OK, 0, &frame, channel_pair_patience())))
            break;
    }
    return 0;
}

static void call_once(void) {
    const hp_frame frame = channel_pair_frame(BYTES, 0);
    hp_channel_head head;
    assert_int_equal(hp_channel_send(&pair.app, 1, 0, &frame, channel_pair_patience()), S_OK);
    assert_int_equal(hp_channel_receive(&pair.app, HP_FRAME_MAX, &head, channel_pair_patience()), S_OK);
}

static int begin(void **state) {
    DWORD_PTR of_system;
    (void)state;
    assert_true(GetProcessAffinityMask(GetCurrentProcess(), &all, &of_system));
    first = all & (~all + 1);
    channel_pair_open(&pair);
    pin(GetCurrentThread(), first);
    answering = CreateThread(NULL, 0, answer, NULL, 0, NULL);
    assert_non_null(answering);
    return 0;
}

static int end(void **state) {
    (void)state;
    hp_channel_close(&pair.app);
    assert_int_equal(WaitForSingleObject(answering, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(answering);
    channel_pair_close(&pair);
    pin(GetCurrentThread(), all);
    return 0;
}

/* On a machine with one processor nobody spins, so nobody is in the way. */
static int can_move(void) {
    return pair.update.wait.most != 0 && first != all;
}

/* Both are there, and nothing keeps them there but that neither sleeps. */
static void meet_on_one_processor(void) {
    pin(answering, first);
    call_once();
    pin(answering, all);
    for (int i = 0; i < 50; i++)
        call_once();
}

static void meet_until_it_moves(void) {
    const ULONGLONG limit = channel_pair_patience();
    while (can_move() && pair.update.wait.moved == 0) {
        meet_on_one_processor();
        assert_true(GetTickCount64() < limit);
    }
}

static void await_sleep(void) {
    const ULONGLONG limit = channel_pair_patience();
    while (pair.update.own->sleeps == 0) {
        assert_true(GetTickCount64() < limit);
        Sleep(1);
    }
}

static void update_on_the_apps_processor_moves_away(void **state) {
    (void)state;
    const ULONGLONG limit = channel_pair_patience();
    meet_until_it_moves();
    for (elsewhere = 0; can_move() && elsewhere == 0;) {
        call_once();
        assert_true(GetTickCount64() < limit);
    }
}

static void update_that_sleeps_may_run_everywhere_again(void **state) {
    (void)state;
    meet_until_it_moves();
    await_sleep();
    assert_int_equal(pin(answering, all), all);
    call_once();
}

static void where_somebody_else_puts_the_thread_it_stays(void **state) {
    (void)state;
    pin(answering, first);
    elsewhere = 0;
    for (int i = 0; i < MANY / 10; i++)
        call_once();
    assert_int_equal(elsewhere, 0);
    await_sleep();
    assert_int_equal(pin(answering, all), first);
    call_once();
}

static void update_on_another_processor_stays(void **state) {
    (void)state;
    pin(answering, first != all ? all & ~first : all);
    for (int i = 0; i < MANY; i++)
        call_once();
    assert_int_equal(pair.update.wait.moved, 0);
}

/* It is told where the app is by the app, which may say anything. */
static void place_that_is_none_is_no_harm(void **state) {
    (void)state;
    for (int i = 0; i < MANY; i++) {
        pair.app.area->place = i % 3 == 0 ? -1 : i % 3 == 1 ? 0x7fffffff : 65;
        call_once();
    }
    await_sleep();
    assert_int_equal(pin(answering, all), all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(update_on_the_apps_processor_moves_away, begin, end),
        cmocka_unit_test_setup_teardown(update_that_sleeps_may_run_everywhere_again, begin, end),
        cmocka_unit_test_setup_teardown(where_somebody_else_puts_the_thread_it_stays, begin, end),
        cmocka_unit_test_setup_teardown(update_on_another_processor_stays, begin, end),
        cmocka_unit_test_setup_teardown(place_that_is_none_is_no_harm, begin, end),
    };
    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
