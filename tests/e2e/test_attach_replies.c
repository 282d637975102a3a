// Attached to an update whose replies to calls are hostile: each call must run the app's
// own code, as if nothing had come.
#include "e2e/attach_world.h"

#include <oleauto.h>

#include "idl/frame.h"

enum { FILL_SIZE = 24, FILL_HALF = FILL_SIZE / 2 };
#define SENTINEL 0x5A

/* A reply to err_fill(buffer, FILL_SIZE) that an honest update could give: where its
 * parts lie, see idl/frame.h. */
enum { WORD_AT = 24, BLOCK_AT = WORD_AT + 8, DATA_AT = 64, REPLY_SIZE = DATA_AT + FILL_SIZE };

static const hp_frame good_reply = {
    .arch = HP_ARCH_HERE,
    .kind = HP_FRAME_REPLY,
    .words = 1,
    .blocks = 1,
    .word = {FILL_SIZE},
    .block = {{.parameter = 0, .size = FILL_SIZE, .capacity = FILL_SIZE}},
};

static void put_reply(hp_frame frame) {
    static unsigned char filled[4096];
    memset(filled, FAKE_FILLS, sizeof filled);
    uint32_t size;
    assert_int_equal(hp_frame_measure(&frame, &size), S_OK);
    for (uint16_t i = 0; i < frame.blocks; i++)
        if (frame.block[i].size > 0)
            frame.block[i].data = filled;
    assert_int_equal(hp_frame_write(&frame, fakes[0].orders->reply, size), S_OK);
    fakes[0].orders->reply_size = (LONG)size;
}

static void begin(void) {
    hp_report *report;
    HRESULT hr = fake_attach(&fakes[0], 0, &report);
    assert_non_null(report);
    if (hr != S_OK)
        fail_msg("0x%08lx: %s", hr, report->message);
    hp_report_free(report);
    put_reply(good_reply);
    assert_int_equal(fakes[0].orders->reply_size, REPLY_SIZE);
}

static void order(fake_deed deed, LONG code) {
    fake_order_member(&fakes[0], HP_DISPID_CALL, deed, code);
}

/* The buffer after a call, and the result, are the original's; the update was asked once. */
static void expect_original_fill(const char *why) {
    unsigned char buffer[FILL_SIZE + 16], wanted[FILL_SIZE + 16];
    memset(buffer, SENTINEL, sizeof buffer);
    memset(wanted, SENTINEL, sizeof wanted);
    memset(wanted, 'o', FILL_HALF);
    LONG calls = fakes[0].orders->calls;
    SetLastError(4711);
    unsigned result = err_fill(buffer, FILL_SIZE);
    assert_int_equal(GetLastError(), 4711);
    if (result != FILL_HALF || memcmp(buffer, wanted, sizeof wanted) != 0)
        fail_msg("%s: the result is %u, the buffer begins with %02x and ends with %02x", why, result,
                 buffer[0], buffer[FILL_SIZE - 1]);
    assert_int_equal(fakes[0].orders->calls, calls + 1);
}

/* The update is still attached, and used as soon as it is sensible again. */
static void expect_update(void) {
    unsigned char buffer[FILL_SIZE + 1] = {0};
    order(FAKE_GOOD, 0);
    assert_int_equal(err_add(2, 3), 5 + FAKE_ADDS);
    assert_int_equal(err_fill(buffer, FILL_SIZE), FILL_SIZE);
    assert_int_equal(buffer[0], FAKE_FILLS);
    assert_int_equal(buffer[FILL_SIZE - 1], FAKE_FILLS);
    assert_int_equal(buffer[FILL_SIZE], 0);
}

static void end(void) {
    expect_update();
    assert_int_equal(hp_com_detach(fakes[0].progid, 5000), S_OK);
    assert_int_equal(err_add(2, 3), 5);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
}

/* Whatever else fails here: a good reply does arrive, so that a bad one could. */
static void good_reply_is_taken(void **state) {
    (void)state;
    unsigned char buffer[FILL_SIZE] = {0};
    begin();
    order(FAKE_BYTES, 0);
    assert_int_equal(err_fill(buffer, FILL_SIZE), FILL_SIZE);
    assert_int_equal(buffer[FILL_SIZE - 1], FAKE_FILLS);
    end();
}

static void reply_of_a_wrong_variant_type(void **state) {
    (void)state;
    static const VARTYPE types[] = {
        VT_EMPTY,           VT_NULL,          VT_I4, VT_R8, VT_BSTR, VT_UNKNOWN, VT_DISPATCH, VT_BOOL,
        VT_ARRAY | VT_BSTR, VT_ARRAY | VT_UI1};
    begin();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        order(FAKE_WRONG_TYPE, types[i]);
        expect_original_fill("wrong type");
        assert_int_equal(err_add(2, 3), 5);
        assert_true(err_scale(1.5, 4) == 6.0);
    }
    order(FAKE_WIDE_ARRAY, 0);
    expect_original_fill("array of VT_UI2");
    end();
}

static void reply_array_that_is_null(void **state) {
    (void)state;
    begin();
    order(FAKE_NULL_ARRAY, 0);
    expect_original_fill("NULL array");
    end();
}

static void reply_array_of_two_dimensions(void **state) {
    (void)state;
    begin();
    order(FAKE_TWO_DIMENSIONS, 0);
    expect_original_fill("two dimensions");
    end();
}

static void reply_that_is_truncated_or_longer_than_it_says(void **state) {
    (void)state;
    begin();
    order(FAKE_BYTES, 0);
    for (LONG size = 0; size < REPLY_SIZE; size++) {
        fakes[0].orders->reply_size = size;
        expect_original_fill("truncated");
    }
    static const LONG sizes[] = {REPLY_SIZE + 1, REPLY_SIZE + 8, REPLY_SIZE + 16, 4096, FAKE_REPLY_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fakes[0].orders->reply_size = sizes[i];
        expect_original_fill("oversized");
    }
    end();
}

static void reply_with_one_field_wrong(void **state) {
    (void)state;
    static const struct {
        const char *why;
        int at, size;
        uint32_t value;
    } bad[] = {
        {"no magic", 0, 4, 0},
        {"newer version", 4, 2, HP_FRAME_VERSION + 1},
        {"version 0", 4, 2, 0},
        {"other architecture", 6, 1, HP_X64 ? HP_ARCH_X86 : HP_ARCH_X64},
        {"no architecture", 6, 1, 0},
        {"a call", 7, 1, HP_FRAME_CALL},
        {"no kind", 7, 1, 3},
        {"larger than it is", 8, 4, REPLY_SIZE + 1},
        {"largest size", 8, 4, 0xFFFFFFFF},
        {"smaller than it is", 8, 4, REPLY_SIZE - 1},
        {"reserved", 12, 4, 1},
        {"no word", 16, 2, 0},
        {"two words", 16, 2, 2},
        {"most words", 16, 2, 0xFFFF},
        {"no block", 18, 2, 0},
        {"two blocks", 18, 2, 2},
        {"most blocks", 18, 2, 0xFFFF},
        {"result wider than its type", WORD_AT + 4, 4, 1},
        {"block of another parameter", BLOCK_AT, 2, 1},
        {"block of the result", BLOCK_AT, 2, HP_FRAME_RESULT},
        {"NULL block", BLOCK_AT + 2, 2, HP_FRAME_NULL},
        {"unknown flag", BLOCK_AT + 2, 2, 0x80},
        {"data elsewhere", BLOCK_AT + 4, 4, 0},
        {"data outside", BLOCK_AT + 4, 4, 0xFFFFFFF0},
        {"less data", BLOCK_AT + 8, 4, FILL_SIZE - 1},
        {"more data", BLOCK_AT + 8, 4, FILL_SIZE + 1},
        {"most data", BLOCK_AT + 8, 4, 0xFFFFFFFF},
        {"more room", BLOCK_AT + 12, 4, FILL_SIZE + 1},
        {"most room", BLOCK_AT + 12, 4, 0xFFFFFFFF},
    };
    begin();
    order(FAKE_BYTES, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_reply(good_reply);
        memcpy(fakes[0].orders->reply + bad[i].at, &bad[i].value, (size_t)bad[i].size);
        expect_original_fill(bad[i].why);
    }
    end();
}

/* Frames that are well-formed, but not what this call must be answered with. */
static void well_formed_reply_to_another_call(void **state) {
    (void)state;
    begin();
    order(FAKE_BYTES, 0);
    static const uint32_t sizes[] = {0, 1, FILL_SIZE - 1, FILL_SIZE + 1, FILL_SIZE + 16, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hp_frame frame = good_reply;
        frame.block[0].size = frame.block[0].capacity = sizes[i];
        put_reply(frame);
        expect_original_fill("a block of another size");
    }
    hp_frame frame = good_reply;
    frame.blocks = 0;
    put_reply(frame);
    expect_original_fill("a block too few");
    frame.blocks = 2;
    frame.block[1] = (hp_frame_block){.parameter = 1, .size = 4, .capacity = 4};
    put_reply(frame);
    expect_original_fill("a block for a parameter by value");
    frame.block[1] = (hp_frame_block){.parameter = HP_FRAME_RESULT, .size = 4, .capacity = 4};
    put_reply(frame);
    expect_original_fill("a block for a result in a register");
    put_reply(good_reply);
    assert_int_equal(err_add(2, 3), 5);
    assert_true(err_scale(1.5, 4) == 6.0);
    end();
}

static uint32_t next_random(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Either the change lies in what the reply carries, and arrives; or the reply is
 * bad, and nothing of it does. */
static void expect_changed(const char *why, int in_word, int in_data) {
    if (!in_word && !in_data) {
        expect_original_fill(why);
        return;
    }
    const unsigned char *reply = fakes[0].orders->reply;
    unsigned char buffer[FILL_SIZE];
    uint32_t word;
    memcpy(&word, reply + WORD_AT, sizeof word);
    assert_int_equal(err_fill(buffer, FILL_SIZE), word);
    assert_memory_equal(buffer, reply + DATA_AT, FILL_SIZE);
}

static void reply_with_flipped_bytes(void **state) {
    (void)state;
    uint32_t seed = 20261120;
    begin();
    order(FAKE_BYTES, 0);
    for (int round = 0; round < 400; round++) {
        put_reply(good_reply);
        uint32_t at = next_random(&seed) % REPLY_SIZE;
        fakes[0].orders->reply[at] ^= (unsigned char)(1 + next_random(&seed) % 255);
        char why[64];
        snprintf(why, sizeof why, "round %d, byte %u", round, at);
        expect_changed(why, at >= WORD_AT && at < WORD_AT + 4, at >= DATA_AT);
    }
    for (int round = 0; round < 200; round++) { /* several at once, one of them in the header */
        put_reply(good_reply);
        fakes[0].orders->reply[next_random(&seed) % 20] ^= (unsigned char)(1 + next_random(&seed) % 255);
        for (uint32_t more = next_random(&seed) % 8; more > 0; more--)
            fakes[0].orders->reply[20 + next_random(&seed) % (REPLY_SIZE - 20)] ^=
                (unsigned char)next_random(&seed);
        expect_original_fill("several bytes");
    }
    end();
}

static void reply_of_random_bytes(void **state) {
    (void)state;
    uint32_t seed = 4711;
    begin();
    order(FAKE_BYTES, 0);
    for (int round = 0; round < 100; round++) {
        put_reply(good_reply);
        LONG size = (LONG)(next_random(&seed) % 300);
        for (LONG i = round % 2 ? 0 : 12; i < size; i++) /* every second one with a good beginning */
            fakes[0].orders->reply[i] = (unsigned char)next_random(&seed);
        memcpy(fakes[0].orders->reply + 8, &size, sizeof size);
        fakes[0].orders->reply_size = size;
        expect_original_fill("random bytes");
    }
    end();
}

static void call_that_the_server_refuses(void **state) {
    (void)state;
    static const HRESULT codes[] = {
        E_FAIL,         E_OUTOFMEMORY,     DISP_E_MEMBERNOTFOUND, DISP_E_TYPEMISMATCH,
        E_ACCESSDENIED, HP_E_NAME_UNKNOWN, HP_E_FRAME_MALFORMED,  RPC_E_CALL_REJECTED,
        E_NOTIMPL};
    begin();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        order(FAKE_CODE, codes[i]);
        expect_original_fill("refused");
        order(FAKE_EXCEPTION, codes[i]);
        expect_original_fill("exception");
    }
    order(FAKE_BARE_EXCEPTION, 0);
    expect_original_fill("exception without information");
    end();
}

/* The first complaint of a function is a warning, the rest is for those who debug. */
static void bad_replies_do_not_flood_the_log(void **state) {
    (void)state;
    begin();
    log_forget();
    order(FAKE_NULL_ARRAY, 0);
    for (int i = 0; i < 20; i++)
        expect_original_fill("NULL array");
    assert_int_equal(log_count(HP_LOG_WARNING), 1);
    assert_int_equal(log_count(HP_LOG_ERROR), 0);
    assert_true(log_said("err_fill"));
    assert_true(log_said("HP_E_FRAME_MALFORMED"));
    assert_int_equal(err_add(2, 3), 5);
    assert_int_equal(log_count(HP_LOG_WARNING), 2);
    assert_true(log_said("err_add"));
    end();
}

static void update_that_dies_in_a_call(void **state) {
    (void)state;
    begin();
    log_forget();
    order(FAKE_DIE, 0);
    expect_original_fill("dies");
    assert_int_equal(log_count(HP_LOG_ERROR), 1);
    assert_true(log_said("HpTest.Fake0"));
    /* From now on nobody is asked. */
    LONG calls = fakes[0].orders->calls;
    for (int i = 0; i < 10; i++)
        assert_int_equal(err_add(i, 3), i + 3);
    assert_int_equal(fakes[0].orders->calls, calls);
    assert_int_equal(fake_await_end(&fakes[0]), 1);
    /* Attaching again, without a detach, moves on to a new process. */
    fake_behave(&fakes[0]);
    hp_report *report;
    assert_int_equal(fake_attach(&fakes[0], 0, &report), S_OK);
    hp_report_free(report);
    end();
    attach_expect_good(&fakes[0]);
}

/* Nothing of a bad reply is kept: neither in the app nor, by COM, for it. */
static void bad_replies_leak_no_handles(void **state) {
    (void)state;
    DWORD before = 0, after = 0;
    begin();
    for (int round = 0; round < 220; round++) {
        order(round % 4 == 0   ? FAKE_NULL_ARRAY
              : round % 4 == 1 ? FAKE_TWO_DIMENSIONS
              : round % 4 == 2 ? FAKE_BARE_EXCEPTION
                               : FAKE_WRONG_TYPE,
              VT_UNKNOWN);
        expect_original_fill("bad");
        if (round == 20)
            before = handles_open();
    }
    after = handles_open();
    assert_in_range(after, 1, before + 4); /* threads of the pools come and go */
    end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, attach_setup, attach_teardown)

int main(int argc, char **argv) {
    if (argc > 1) /* one test of the group, by name */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        TEST(good_reply_is_taken),
        TEST(reply_of_a_wrong_variant_type),
        TEST(reply_array_that_is_null),
        TEST(reply_array_of_two_dimensions),
        TEST(reply_that_is_truncated_or_longer_than_it_says),
        TEST(reply_with_one_field_wrong),
        TEST(well_formed_reply_to_another_call),
        TEST(reply_with_flipped_bytes),
        TEST(reply_of_random_bytes),
        TEST(call_that_the_server_refuses),
        TEST(bad_replies_do_not_flood_the_log),
        TEST(update_that_dies_in_a_call),
        TEST(bad_replies_leak_no_handles),
    };
    return cmocka_run_group_tests_name("attach-replies", tests, NULL, NULL);
}
