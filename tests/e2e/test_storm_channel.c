// Generated messages through channels of a live update: whatever comes, it stays up, answers what is right
// and loses nothing. The same functions, called in this process, have to say the same.
//
// t-storm-channel [messages] [seed]; "soak" in place of a number: 500,000 messages, and on until
// HOTPATCH_SOAK_MINUTES have passed.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/server_process.h"
#include "e2e/storm_answers.h"
#include "e2e/storm_channel.h"
#include "e2e/storm_frame.h"
#include "e2e/storm_functions.h"

#include "hotpatch/log.h"
#include "idl/protocol.h"
#include "server/call.h"
#include "server/lifetime.h"

#include <malloc.h>
#include <objbase.h>

#include <cmocka.h>

enum { ROUND = 1000, SOAK_MESSAGES = 500000, WARM_ROUNDS = 3, FUNCTIONS_MAX = 32, LONG_BYTES = 3 << 19 };

typedef struct storm {
    server update;
    IDispatch *object;
    hp_exports exports;                    /* of this process */
    uint32_t number[FUNCTIONS_MAX], count; /* of each of them in the update, and of all there */
    hp_channel channel;
    int is_open;
    storm_dice dice;
    uint64_t seed, messages;
    uint64_t answered, refused, unknown, closed, opened;
} storm;

static storm it;
static uint64_t messages_wanted, seed_wanted, minutes_wanted;
static unsigned char *bytes, *copy; /* of the message, and for the call here: at multiples of 16 */

#define WRONG(...)                                                                                           \
    do {                                                                                                     \
        print_message("# seed %llu, message %llu\n", (unsigned long long)it.seed,                            \
                      (unsigned long long)it.messages);                                                      \
        fail_msg(__VA_ARGS__);                                                                               \
    } while (0)

static ULONGLONG patience(void) {
    return GetTickCount64() + PATIENCE_MS;
}

static void close_channel(void) {
    hp_channel_close(&it.channel);
    it.is_open = 0;
}

static void need_channel(void) {
    if (it.is_open)
        return;
    storm_channel_open(&it.update, it.object, &it.channel);
    it.is_open = 1;
    it.opened++;
}

static uint32_t any_function(void) {
    return storm_roll(&it.dice, (uint32_t)it.exports.count);
}

/* The answer has to be what the function gives here. */
static void expect_same(uint32_t function, uint32_t size, const hp_channel_head *head) {
    const hp_export *item = &it.exports.items[function];
    static hp_call call;
    memcpy(copy, bytes, size);
    const HRESULT here = hp_call_begin(&it.exports, item, copy, size, &call, NULL);
    if ((HRESULT)head->what != here)
        WRONG("%s gives 0x%08lx there, 0x%08lx here", item->name, (unsigned long)head->what, here);
    if (FAILED(here)) {
        assert_true(head->bytes <= HP_CHANNEL_TEXT_MAX);
        it.refused++;
        return;
    }
    uint32_t measured;
    assert_int_equal(hp_frame_measure(&call.frame, &measured), S_OK);
    unsigned char *reply = malloc(measured);
    assert_non_null(reply);
    assert_int_equal(hp_frame_write(&call.frame, reply, measured), S_OK);
    hp_call_end(&call);
    if (head->bytes != measured || memcmp(reply, it.channel.room, measured) != 0)
        WRONG("%s answers other bytes there than here", item->name);
    free(reply);
    it.answered++;
}

static void receive(hp_channel_head *head) {
    const HRESULT hr = hp_channel_receive(&it.channel, HP_FRAME_MAX, head, patience());
    if (hr != S_OK)
        WRONG("no answer comes: 0x%08lx", hr);
    if (head->flags != 0)
        WRONG("an answer has flags");
}

static uint32_t make_frame(uint32_t function, uint32_t kind) {
    if (kind == 0)
        return storm_frame_noise(&it.dice, bytes);
    const uint32_t size = storm_frame_make(&it.dice, &it.exports.items[function].marshal.signature, bytes);
    return kind < 6 ? storm_frame_spoil(&it.dice, bytes, size) : size;
}

/* A message that is one, with any frame. */
static void one_frame(void) {
    const uint32_t function = any_function(), size = make_frame(function, storm_roll(&it.dice, 10));
    hp_channel_head head = {.bytes = size, .what = it.number[function]};
    if (storm_once_in(&it.dice, 2)) {
        head.flags = HP_CHANNEL_REVOCABLE;
        it.channel.area->claim = HP_CHANNEL_POSTED;
    }
    assert_int_equal(storm_channel_post(&it.channel, &head, bytes, size), S_OK);
    receive(&head);
    expect_same(function, size, &head);
}

/* No function has this number. The update refuses it, and goes on. */
static void one_number(void) {
    const uint32_t size = make_frame(any_function(), 9),
                   number = it.count + storm_roll(&it.dice, storm_once_in(&it.dice, 2) ? 3 : 0xffffff00u);
    hp_channel_head head = {.bytes = size, .what = number};
    assert_int_equal(storm_channel_post(&it.channel, &head, bytes, size), S_OK);
    receive(&head);
    if ((HRESULT)head.what != HP_E_NAME_UNKNOWN)
        WRONG("function %lu gives 0x%08lx", (unsigned long)number, (unsigned long)head.what);
    it.unknown++;
}

/* Where a head says other than what was sent, or the call is taken back, nothing is run. */
static void one_that_closes(void) {
    hp_channel_head head = {.bytes = make_frame(any_function(), storm_roll(&it.dice, 10)),
                            .what = storm_roll(&it.dice, it.count)};
    const uint32_t size = head.bytes;
    switch (storm_roll(&it.dice, 3)) {
    case 0:
        head.zero = 1u << storm_roll(&it.dice, 32);
        break;
    case 1:
        head.bytes = HP_FRAME_MAX + 1 + storm_roll(&it.dice, UINT32_MAX - HP_FRAME_MAX - 1);
        break;
    default:
        head.flags = HP_CHANNEL_REVOCABLE;
        it.channel.area->claim = HP_CHANNEL_RUNNING + (LONG)storm_roll(&it.dice, 2);
        break;
    }
    HRESULT hr = storm_channel_post(&it.channel, &head, bytes, size);
    if (hr == S_OK)
        hr = hp_channel_receive(&it.channel, HP_FRAME_MAX, &head, patience());
    if (hr != HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE))
        WRONG("what is no call gives 0x%08lx", hr);
}

/* Left in the middle, or with something in it that nobody can know what it comes to. */
static void one_that_is_left(void) {
    hp_channel_head head = {.bytes = make_frame(any_function(), storm_roll(&it.dice, 10)),
                            .what = storm_roll(&it.dice, it.count)};
    const uint32_t size = head.bytes;
    switch (storm_roll(&it.dice, 5)) {
    case 0:
        head.bytes += HP_CHANNEL_PIECE + storm_roll(&it.dice, 1u << storm_roll(&it.dice, 27));
        break;
    case 1:
        it.channel.area->app.filled += (LONG)storm_number(&it.dice);
        SetEvent(it.channel.wake);
        return;
    case 2:
        storm_channel_scribble(&it.channel, &it.dice);
        return;
    case 3:
        InterlockedExchange(&it.channel.area->app.closed, 1);
        break;
    default:
        return;
    }
    storm_channel_post(&it.channel, &head, bytes, size);
}

static void one_message(void) {
    const uint32_t kind = storm_roll(&it.dice, 100);
    need_channel();
    it.messages++;
    if (kind < 90) {
        one_frame();
    } else if (kind < 95) {
        one_number();
    } else {
        if (kind < 97)
            one_that_closes();
        else
            one_that_is_left();
        close_channel();
        it.closed++;
    }
    if (storm_once_in(&it.dice, 100))
        storm_channel_open_garbage(&it.update, it.object, &it.dice);
}

/* A long call, and its long answer. */
static void expect_long(void) {
    const uint32_t function = 2; /* storm_faults */
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 2, .blocks = 1};
    assert_string_equal(it.exports.items[function].name, "storm_faults");
    memset(copy, 1, LONG_BYTES);
    frame.word[1] = LONG_BYTES;
    frame.block[0] = (hp_frame_block){.size = LONG_BYTES, .capacity = LONG_BYTES, .data = copy};
    uint32_t size;
    assert_int_equal(hp_frame_measure(&frame, &size), S_OK);
    assert_int_equal(hp_frame_write(&frame, bytes, size), S_OK);
    assert_int_equal(hp_channel_send(&it.channel, it.number[function], 0, &frame, patience()), S_OK);
    hp_channel_head head;
    receive(&head);
    expect_same(function, size, &head);
    assert_int_equal(head.what, S_OK);
}

static void one_round(void) {
    for (int i = 0; i < ROUND; i++)
        one_message();
    need_channel();
    expect_long();
    storm_answers_expect(it.object);
    assert_true(server_runs(&it.update));
}

typedef struct measures {
    uint64_t handles, allocated, memory;
    int threads;
} measures;

static measures measure(void) {
    return (measures){storm_measured(it.object, STORM_HANDLES), storm_measured(it.object, STORM_ALLOCATED),
                      storm_measured(it.object, STORM_PRIVATE), storm_channel_threads(it.update.pid)};
}

/* With all channels closed; their threads end by themselves, and nothing tells when. */
static measures measure_at_rest(const measures *before) {
    const ULONGLONG limit = patience();
    measures now;
    close_channel();
    do {
        WaitForSingleObject(it.update.process, 100);
        now = measure();
    } while (GetTickCount64() < limit &&
             (before == NULL ? now.threads != storm_channel_threads(it.update.pid)
                             : now.handles > before->handles || now.threads > before->threads ||
                                   now.allocated > before->allocated + 512));
    return now;
}

static void update_stays_up_answers_right_and_loses_nothing(void **state) {
    (void)state;
    const ULONGLONG start = GetTickCount64();
    measures before = {0};
    it.dice.state = it.seed = seed_wanted;
    print_message("# seed %llu\n", (unsigned long long)it.seed);
    for (uint64_t round = 0;
         it.messages < messages_wanted || GetTickCount64() - start < minutes_wanted * 60000; round++) {
        if (round == WARM_ROUNDS)
            before = measure_at_rest(NULL);
        one_round();
    }
    const measures after = measure_at_rest(&before);
    print_message(
        "# %llu messages in %llu ms: %llu answered, %llu refused, %llu of no function; %llu channels "
        "opened, %llu spoiled\n",
        it.messages, (unsigned long long)(GetTickCount64() - start), it.answered, it.refused, it.unknown,
        it.opened, it.closed);
    print_message(
        "# the update: handles %llu, then %llu; threads %d, then %d; bytes allocated %llu, then %llu; "
        "private KiB %llu, then %llu\n",
        before.handles, after.handles, before.threads, after.threads, before.allocated, after.allocated,
        before.memory / 1024, after.memory / 1024);
    assert_true(it.answered >= it.messages / 8 && it.refused >= it.messages / 8);
    assert_true(it.opened > it.messages / 40);
    assert_true(after.handles <= before.handles + 8);
    assert_true(after.threads <= before.threads + 4);
    assert_true(after.allocated <= before.allocated + 512);
    assert_int_equal(storm_measured(it.object, STORM_IS_SOUND), 1);
    assert_true(HeapValidate(GetProcessHeap(), 0, NULL) && _heapchk() == _HEAPOK);
}

/* Sixty-four, and not one more; and again, once they are closed. */
static void a_client_has_so_many_channels_and_no_more(void **state) {
    (void)state;
    static hp_channel channels[HP_CHANNEL_MOST];
    close_channel();
    for (int times = 0; times < 3; times++) {
        for (int i = 0; i < HP_CHANNEL_MOST; i++)
            storm_channel_open(&it.update, it.object, &channels[i]);
        for (int i = 0; i < HP_CHANNEL_MOST; i++) {
            it.channel = channels[i];
            expect_long();
            channels[i] = it.channel;
        }
        for (int i = 0; i < HP_CHANNEL_MOST; i++)
            hp_channel_close(&channels[i]);
    }
    it.channel = (hp_channel){0};
}

/* GetNames tells the order: names with a space between. */
static void take_numbers(void) {
    VARIANT names;
    char *name, *rest, text[2048];
    assert_int_equal(invoke(it.object, HP_DISPID_GET_NAMES, DISPATCH_METHOD, NULL, 0, &names, NULL, NULL),
                     S_OK);
    assert_int_equal(V_VT(&names), VT_BSTR);
    assert_int_not_equal(WideCharToMultiByte(CP_UTF8, 0, V_BSTR(&names), -1, text, sizeof text, NULL, NULL),
                         0);
    VariantClear(&names);
    uint32_t found = 0;
    for (rest = text; (name = strtok(rest, " ")) != NULL; rest = NULL, it.count++)
        for (size_t i = 0; i < it.exports.count; i++)
            if (strcmp(name, it.exports.items[i].name) == 0) {
                it.number[i] = it.count;
                found++;
            }
    assert_int_equal(found, it.exports.count);
    assert_true(found <= FUNCTIONS_MAX);
}

static int set_up(void **state) {
    (void)state;
    hp_trouble trouble = {0};
    VARIANT pid;
    hp_log_set(NULL, NULL, HP_LOG_ERROR);
    bytes = _aligned_malloc(2 * LONG_BYTES, 16);
    copy = _aligned_malloc(2 * LONG_BYTES, 16);
    assert_int_equal(hp_exports_open(GetModuleHandleW(NULL), &it.exports, &trouble), S_OK);
    it.update = server_start_file(L"storm_update.exe", 0);
    it.object = server_object(&it.update);
    V_VT(&pid) = VT_I4;
    V_I4(&pid) = (LONG)GetCurrentProcessId();
    assert_int_equal(invoke(it.object, HP_DISPID_CONNECT, DISPATCH_METHOD, &pid, 1, NULL, NULL, NULL), S_OK);
    take_numbers();
    return 0;
}

/* That it ends shows that no channel keeps it. */
static int tear_down(void **state) {
    (void)state;
    close_channel();
    IDispatch_Release(it.object);
    server_expect_end(&it.update);
    hp_exports_close(&it.exports);
    _aligned_free(bytes);
    _aligned_free(copy);
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(update_stays_up_answers_right_and_loses_nothing),
        cmocka_unit_test(a_client_has_so_many_channels_and_no_more),
    };
    messages_wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    seed_wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (argc > 1 && strcmp(argv[1], "soak") == 0) {
        const char *minutes = getenv("HOTPATCH_SOAK_MINUTES");
        minutes_wanted = minutes != NULL ? strtoull(minutes, NULL, 10) : 0;
        messages_wanted = SOAK_MESSAGES;
        if (argc <= 2)
            seed_wanted = (uint64_t)GetTickCount64();
    }
    if (messages_wanted < (WARM_ROUNDS + 1) * ROUND)
        messages_wanted = (WARM_ROUNDS + 1) * ROUND;
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    int failures = cmocka_run_group_tests_name("storm-channel", tests, set_up, tear_down);
    CoUninitialize();
    return failures;
}
