// A reply that has stayed in shared memory: what is checked does not change any more, the rest is copied
// once, to the app's memory, and only when all of it is right. The update may scribble on it all the while.
#include "unit/channel_pair.h"
#include "unit/marshal_trip.h"

#include "client/reply.h"
#include "idl/protocol.h"

enum { DATA_BYTES = 100000, TEXT_BYTES = 64, SAID = 40, GUARD = 0x6B, BEFORE = 0x11, NEW = 0x22 };

static channel_pair pair;
static marshal_trip trip;
static volatile LONG stop;

/* The app's memory, with something behind each. */
static struct {
    unsigned char data[DATA_BYTES + 16];
    char text[TEXT_BYTES + 16];
} app;

static unsigned char new_data[2 * HP_CHANNEL_WHOLE];

/* A call of a function with raw bytes and a text, both ways. */
static int begin(void **state) {
    (void)state;
    channel_pair_open(&pair);
    memset(new_data, NEW, sizeof new_data);
    memset(app.data, BEFORE, DATA_BYTES);
    memset(app.data + DATA_BYTES, GUARD, 16);
    memset(app.text, GUARD, sizeof app.text);
    strcpy(app.text, "before");
    trip_begin(&trip, "void(inout u8 data[size], u32 size, inout str text[64])");
    trip_pointer(&trip, 0, app.data);
    trip_integer(&trip, 1, DATA_BYTES);
    trip_pointer(&trip, 2, app.text);
    trip_send(&trip);
    assert_int_equal(hp_channel_reserve(&pair.app, 2 * sizeof new_data), S_OK);
    return 0;
}

static int end(void **state) {
    (void)state;
    trip_end(&trip);
    channel_pair_close(&pair);
    return 0;
}

/* What comes back: data, and a text of SAID bytes, the last of which is this. */
static hp_frame answer(char last) {
    static char said[TEXT_BYTES];
    hp_frame frame = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_REPLY, .words = 1, .blocks = 2};
    memset(said, 'n', SAID);
    said[SAID - 1] = last;
    frame.block[0] = (hp_frame_block){.size = DATA_BYTES, .capacity = DATA_BYTES, .data = new_data};
    frame.block[1] = (hp_frame_block){
        .parameter = 2, .size = SAID, .capacity = TEXT_BYTES, .data = (const unsigned char *)said};
    return frame;
}

static HRESULT look(const unsigned char **payload, uint32_t *bytes) {
    hp_channel_head head;
    const HRESULT hr =
        hp_channel_look(&pair.app, 2 * sizeof new_data, &head, payload, channel_pair_patience());
    *bytes = head.bytes;
    return hr;
}

/* Sent by the update, whole. */
static const unsigned char *receive(const hp_frame *frame, uint32_t *bytes) {
    const unsigned char *payload;
    channel_work other = {.channel = &pair.update, .frame = frame, .until = channel_pair_patience()};
    channel_work_send(&other);
    const HRESULT hr = look(&payload, bytes);
    assert_int_equal(channel_work_end(&other), S_OK);
    assert_int_equal(hr, S_OK);
    return payload;
}

static HRESULT read_reply(const unsigned char *payload, uint32_t bytes) {
    return hp_reply_read(&trip.marshal, &pair.app, payload, bytes, &trip.read_reply);
}

static HRESULT accept_reply(void) {
    return hp_marshal_accept(&trip.marshal, &trip.app, &trip.call, &trip.read_reply, &trip.action);
}

static int is_in_section(const unsigned char *at) {
    return at >= pair.app.area->piece[0] && at < pair.app.area->piece[0] + sizeof pair.app.area->piece;
}

static void expect_untouched(void) {
    for (uint32_t i = 0; i < DATA_BYTES; i++)
        assert_int_equal(app.data[i], BEFORE);
    assert_string_equal(app.text, "before");
}

static void expect_guards(void) {
    for (int i = 0; i < 16; i++)
        assert_true(app.data[DATA_BYTES + i] == GUARD && app.text[TEXT_BYTES + i] == GUARD);
}

static void raw_bytes_are_copied_straight_and_texts_are_not(void **state) {
    (void)state;
    uint32_t bytes;
    const hp_frame frame = answer('\0');
    const unsigned char *payload = receive(&frame, &bytes);
    assert_true(is_in_section(payload));
    assert_int_equal(read_reply(payload, bytes), S_OK);
    assert_true(is_in_section(trip.read_reply.block[0].data));
    assert_false(is_in_section(trip.read_reply.block[1].data));
    memset(pair.app.area->piece, 0x33, sizeof pair.app.area->piece); /* by the update */
    assert_int_equal(accept_reply(), S_OK);
    assert_int_equal(strlen(app.text), SAID - 1);
    assert_int_equal(app.data[0], 0x33); /* its own data is the update's to choose */
    assert_int_equal(app.data[DATA_BYTES - 1], 0x33);
    expect_guards();
}

static void what_is_refused_has_changed_nothing(void **state) {
    (void)state;
    uint32_t bytes;
    const hp_frame frame = answer('x'); /* no end, behind raw bytes that are right */
    const unsigned char *payload = receive(&frame, &bytes);
    assert_int_equal(read_reply(payload, bytes), S_OK);
    assert_int_equal(accept_reply(), HP_E_FRAME_MALFORMED);
    expect_untouched();
    expect_guards();
}

/* Memory that cannot be read at all stands for memory that changes. */
static void raw_bytes_are_not_looked_at_before_all_is_right(void **state) {
    (void)state;
    uint32_t bytes;
    const hp_frame frame = answer('x');
    const unsigned char *payload = receive(&frame, &bytes);
    assert_int_equal(read_reply(payload, bytes), S_OK);
    assert_false(hp_marshal_looks_at(&trip.marshal, &trip.read_reply.block[0]));
    assert_true(hp_marshal_looks_at(&trip.marshal, &trip.read_reply.block[1]));
    void *nowhere = VirtualAlloc(NULL, DATA_BYTES, MEM_COMMIT | MEM_RESERVE, PAGE_NOACCESS);
    assert_non_null(nowhere);
    trip.read_reply.block[0].data = nowhere;
    assert_int_equal(accept_reply(), HP_E_FRAME_MALFORMED);
    VirtualFree(nowhere, 0, MEM_RELEASE);
    expect_untouched();
}

/* Whose parameter or size is a lie is looked at, and so are all texts. */
static void what_may_be_looked_at_is_copied(void **state) {
    (void)state;
    static const hp_frame_block looked_at[] = {
        {.parameter = 3, .size = 8, .capacity = 8},      {.parameter = 31, .size = 8, .capacity = 8},
        {.parameter = 0xFFFE, .size = 8, .capacity = 8}, {.parameter = 0, .size = 7, .capacity = 8},
        {.parameter = 2, .size = 64, .capacity = 64},    {.parameter = 2, .size = 1, .capacity = 64},
    };
    for (size_t i = 0; i < sizeof looked_at / sizeof *looked_at; i++)
        assert_true(hp_marshal_looks_at(&trip.marshal, &looked_at[i]));
    assert_false(
        hp_marshal_looks_at(&trip.marshal, &(hp_frame_block){.parameter = 0, .size = 8, .capacity = 8}));
}

static void what_does_not_fit_into_the_section_is_copied(void **state) {
    (void)state;
    uint32_t bytes;
    hp_frame frame = answer('\0');
    frame.block[0].size = frame.block[0].capacity = HP_CHANNEL_WHOLE;
    const unsigned char *payload = receive(&frame, &bytes);
    assert_ptr_equal(payload, pair.app.room);
    assert_int_equal(read_reply(payload, bytes), S_OK);
    memset(pair.app.area->piece, 0x33, sizeof pair.app.area->piece);
    assert_int_equal(trip.read_reply.block[0].data[HP_CHANNEL_WHOLE - 1], NEW);
    assert_int_equal(accept_reply(), HP_E_FRAME_MALFORMED); /* more than the app has there */
    expect_untouched();
}

/* The text's end and size, and a size that would reach behind the app's memory, come and go. */
static DWORD WINAPI scribble(void *context) {
    unsigned char *payload = context;
    uint32_t size_at = 24 + 8 + 24 + 8, data_size_at = 24 + 8 + 8, end_at;
    memcpy(&end_at, payload + 24 + 8 + 24 + 4, sizeof end_at);
    end_at += SAID - 1;
    volatile unsigned char *last = payload + end_at;
    volatile uint32_t *size = (volatile uint32_t *)(void *)(payload + size_at);
    volatile uint32_t *data_size = (volatile uint32_t *)(void *)(payload + data_size_at);
    while (!stop) {
        for (int i = 0; i < 500; i++) {
            *last = 'x';
            *size = 2 * SAID;
            *data_size = DATA_BYTES + 1;
            payload[DATA_BYTES] ^= 0x40;
            *data_size = DATA_BYTES;
            *size = SAID;
            *last = '\0';
        }
        for (volatile int i = 0; i < 300; i++)
            ;
    }
    return 0;
}

static void nothing_unchecked_is_taken_from_under_a_scribbler(void **state) {
    (void)state;
    enum { ROUNDS = 20000 };
    uint32_t bytes;
    const hp_frame frame = answer('\0');
    const unsigned char *payload = receive(&frame, &bytes);
    const uint32_t pieces = (bytes + HP_CHANNEL_PIECE - 1) / HP_CHANNEL_PIECE;
    int taken = 0, refused = 0;
    stop = 0;
    HANDLE thread = CreateThread(NULL, 0, scribble, (void *)(uintptr_t)payload, 0, NULL);
    assert_non_null(thread);
    for (int i = 0; i < ROUNDS; i++) {
        const uint32_t filled = pair.app.got + pieces;
        pair.app.area->update.filled = (LONG)filled;
        assert_int_equal(look(&payload, &bytes), S_OK);
        memset(app.text, 'o', TEXT_BYTES);
        HRESULT hr = read_reply(payload, bytes);
        if (hr == S_OK)
            hr = accept_reply();
        taken += hr == S_OK;
        refused += hr == HP_E_FRAME_MALFORMED || hr == HP_E_FRAME_TRUNCATED;
        if (hr == S_OK)
            assert_true(memchr(app.text, '\0', TEXT_BYTES) == app.text + SAID - 1);
        else
            assert_null(memchr(app.text, '\0', TEXT_BYTES));
        expect_guards();
    }
    InterlockedExchange(&stop, 1);
    assert_int_equal(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    print_message("# %d taken, %d refused\n", taken, refused);
    assert_int_equal(taken + refused, ROUNDS);
    assert_true(taken > 0 && refused > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(raw_bytes_are_copied_straight_and_texts_are_not),
        TEST(what_is_refused_has_changed_nothing),
        TEST(raw_bytes_are_not_looked_at_before_all_is_right),
        TEST(what_may_be_looked_at_is_copied),
        TEST(what_does_not_fit_into_the_section_is_copied),
        TEST(nothing_unchecked_is_taken_from_under_a_scribbler),
    };
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
