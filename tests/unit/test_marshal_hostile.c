// Frames that are well-formed by themselves and lie about the call: nothing may be read,
// written or leaked because of them.
#include "unit/marshal_trip.h"

#include "idl/protocol.h"

/**
 * Words and blocks of the call: 0 in str, 1 inout str (8), 2 out i32[n], 3 n, 4 struct of 12, 5 inout wstr
 * (4), 6 bool, 7 in u16[2]. The result is a structure of 24 bytes.
 */
static const char signature[] =
    "struct{u64 a[3]}(in str, inout str b[8], out i32 c[n], i16 n, struct{u32 d[3]}, "
    "inout wstr e[4], bool, in u16 f[2])";

static marshal_trip trip;

static struct {
    char text[4];
    char buffer[8];
    int32_t numbers[3];
    uint16_t wide[4];
    uint16_t pair[2];
    uint64_t result[3];
} app, app_before;
static hp_registers registers_before;

/** A good call, sent; and, if asked for, carried out and answered. */
static void begin(int answer) {
    trip_begin(&trip, signature);
    memset(&app, 0x3C, sizeof app);
    memcpy(app.text, "abc", 4);
    memcpy(app.buffer, "defg\0xx", 8);
    app.wide[1] = 0;
    trip_pointer(&trip, 0, app.text);
    trip_pointer(&trip, 1, app.buffer);
    trip_pointer(&trip, 2, app.numbers);
    trip_integer(&trip, 3, 3);
    trip_value(&trip, 4, "123456789abc");
    trip_pointer(&trip, 5, app.wide);
    trip_integer(&trip, 6, 1);
    trip_pointer(&trip, 7, app.pair);
    trip_hidden(&trip, app.result);
    if (!answer) {
        trip_send(&trip);
        return;
    }
    trip_there(&trip);
    strcpy(trip_seen_pointer(&trip, 1), "hi");
    trip_result(&trip, "0123456789abcdef01234567");
    trip_answer(&trip);
    app_before = app;
    registers_before = trip.app;
}

static void accept_must_fail(const hp_frame *reply, const char *what) {
    uintptr_t action = 4711;
    HRESULT hr = hp_marshal_accept(&trip.marshal, &trip.app, &trip.call, reply, &action);
    if (hr != HP_E_FRAME_MALFORMED)
        fail_msg("%s: 0x%08x", what, (unsigned)hr);
    assert_memory_equal(&app, &app_before, sizeof app);
    assert_memory_equal(&trip.app, &registers_before, sizeof trip.app);
    assert_int_equal(action, 4711);
}

static void rebuild_must_fail(const hp_frame *call, const char *what) {
    hp_invocation invocation;
    HRESULT hr = hp_marshal_rebuild(&trip.marshal, call, &invocation);
    if (hr != HP_E_FRAME_MALFORMED)
        fail_msg("%s: 0x%08x", what, (unsigned)hr);
}

/** Take a block out. */
static void drop(hp_frame *frame, unsigned index) {
    frame->blocks--;
    memmove(&frame->block[index], &frame->block[index + 1], (frame->blocks - index) * sizeof *frame->block);
}

/** Change one field of a good frame, see it refused. */
#define REPLY_WITH(change)                                                                                   \
    do {                                                                                                     \
        hp_frame f = trip.read_reply;                                                                        \
        change;                                                                                              \
        accept_must_fail(&f, #change);                                                                       \
    } while (0)
#define CALL_WITH(change)                                                                                    \
    do {                                                                                                     \
        hp_frame f = trip.read_call;                                                                         \
        change;                                                                                              \
        rebuild_must_fail(&f, #change);                                                                      \
    } while (0)

static void the_good_reply_is_accepted(void **state) {
    (void)state;
    begin(1); // else the tests below would show nothing
    assert_int_equal(trip.read_reply.blocks, 4);
    assert_int_equal(hp_marshal_accept(&trip.marshal, &trip.app, &trip.call, &trip.read_reply, &trip.action),
                     S_OK);
    assert_memory_equal(app.buffer, "hi\0g\0xx", 8);
    assert_memory_equal(app.result, "0123456789abcdef01234567", 24);
    assert_int_equal(app.numbers[2], 0);
    assert_memory_equal(app.pair, app_before.pair, sizeof app.pair);
    trip_end(&trip);
}

static void replies_with_other_blocks_write_nothing(void **state) {
    (void)state;
    begin(1);
    REPLY_WITH(f.kind = HP_FRAME_CALL);
    REPLY_WITH(f.arch = HP_X64 ? HP_ARCH_X86 : HP_ARCH_X64);
    REPLY_WITH(f.words = 0);
    REPLY_WITH(f.words = 2);
    REPLY_WITH(f.word[0] = 1); // the result is a block
    REPLY_WITH(f.blocks = 0);
    for (unsigned i = 0; i < 4; i++)
        REPLY_WITH(drop(&f, i));
    REPLY_WITH(f.block[0].parameter = 0); // an in-string
    REPLY_WITH(f.block[1].parameter = 3); // a value
    REPLY_WITH(f.block[2].parameter = 7); // an in-array
    REPLY_WITH(f.block[2].parameter = 31);
    REPLY_WITH(f.block[3].parameter = 8);
    REPLY_WITH(f.block[0].parameter = HP_FRAME_RESULT);
    REPLY_WITH(f.block[4] = f.block[3]; f.blocks = 5);
    REPLY_WITH(f.block[3] = f.block[2]);
    for (unsigned i = 0; i < 4; i++)
        REPLY_WITH(f.block[i] =
                       ((hp_frame_block){.parameter = f.block[i].parameter, .flags = HP_FRAME_NULL}));
    trip_end(&trip);
}

static void replies_with_other_sizes_write_nothing(void **state) {
    (void)state;
    begin(1);
    for (unsigned i = 0; i < 4; i++) {
        REPLY_WITH(f.block[i].capacity++);
        REPLY_WITH(f.block[i].capacity--);
        REPLY_WITH(f.block[i].size = f.block[i].capacity = f.block[i].capacity + 16);
        REPLY_WITH(f.block[i].size = f.block[i].capacity + 1);
        REPLY_WITH(f.block[i].size = 0);
    }
    REPLY_WITH(f.block[0].size = 2); // "hi" without its end
    REPLY_WITH(f.block[1].size = 8); // two of three numbers
    REPLY_WITH(f.block[2].size = 3); // half a character
    REPLY_WITH(f.block[2].size = 1);
    REPLY_WITH(f.block[2].size = 2); // no terminator
    REPLY_WITH(f.block[3].size = 23);
    trip_end(&trip);
}

static void results_with_bits_above_their_type_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *signature;
        uint64_t word;
    } cases[] = {{"void()", 1},         {"i8()", 0x100},       {"bool()", 0x100},
                 {"i32()", UINT64_MAX}, {"f32()", 1ull << 32}, {"struct{u8 a[3]}()", 1 << 24},
                 {"u16()", 1ull << 63}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trip_begin(&trip, cases[i].signature);
        uint64_t memory = 0x3C;
        if (trip.marshal.layout.result == HP_RESULT_HIDDEN)
            trip_hidden(&trip, &memory);
        trip_there(&trip);
        trip_answer(&trip);
        app_before = app;
        registers_before = trip.app;
        REPLY_WITH(f.word[0] = cases[i].word);
        assert_true(memory == 0x3C);
        trip_end(&trip);
    }
}

static void calls_with_other_words_are_refused(void **state) {
    (void)state;
    begin(0);
    hp_invocation invocation;
    assert_int_equal(hp_marshal_rebuild(&trip.marshal, &trip.read_call, &invocation), S_OK);
    hp_marshal_release(&invocation);
    CALL_WITH(f.kind = HP_FRAME_REPLY);
    CALL_WITH(f.arch = HP_X64 ? HP_ARCH_X86 : HP_ARCH_X64);
    CALL_WITH(f.words = 7);
    CALL_WITH(f.words = 9);
    CALL_WITH(f.words = 0);
    for (unsigned i = 0; i < 8; i++) {
        if (i != 3 && i != 6)
            CALL_WITH(f.word[i] = 1); // an address is nobody's business
    }
    CALL_WITH(f.word[3] = 0x10003);
    CALL_WITH(f.word[3] = UINT64_MAX);
    CALL_WITH(f.word[6] = 0x100);
    CALL_WITH(f.word[3] = 0xFFFF); // minus one
    CALL_WITH(f.word[3] = 2);
    CALL_WITH(f.word[3] = 4);
    CALL_WITH(f.word[3] = 0x7FFF);
    trip_end(&trip);
}

static void calls_with_other_blocks_are_refused(void **state) {
    (void)state;
    begin(0);
    assert_int_equal(trip.read_call.blocks, 6); // 0 1 2 4 5 7
    CALL_WITH(f.blocks = 0);
    for (unsigned i = 0; i < 6; i++) {
        CALL_WITH(drop(&f, i));
        CALL_WITH(f.block[i].parameter = 3);
        CALL_WITH(f.block[i].parameter = HP_FRAME_RESULT);
        CALL_WITH(f.block[i].flags = HP_FRAME_NULL); // with a capacity
        CALL_WITH(f.block[i].flags = 2);
        CALL_WITH(f.block[i].capacity++);
        if (i != 1) // a longer text would still end with a zero: the frame's padding
            CALL_WITH(f.block[i].size++);
        CALL_WITH(f.block[i].size = f.block[i].capacity + 4);
    }
    CALL_WITH(f.block[6] = f.block[5]; f.blocks = 7);
    CALL_WITH(f.block[3] =
                  ((hp_frame_block){.parameter = 4, .flags = HP_FRAME_NULL})); // a value is never NULL
    CALL_WITH(f.block[2].size = 12; f.block[2].data = f.block[3].data);        // an out-buffer with data
    CALL_WITH(f.block[3].size = f.block[3].capacity = 8);
    CALL_WITH(f.block[5].size = 2);
    CALL_WITH(f.block[5].size = f.block[5].capacity = 2);
    trip_end(&trip);
}

static void strings_without_end_are_refused(void **state) {
    (void)state;
    begin(0);
    CALL_WITH(f.block[0].size = f.block[0].capacity = 3); // "abc"
    CALL_WITH(f.block[0].size = f.block[0].capacity = 0);
    CALL_WITH(f.block[1].size = 4); // "defg" of 8
    CALL_WITH(f.block[1].size = 0);
    CALL_WITH(f.block[4].size = 3);
    CALL_WITH(f.block[4].size = 2);
    CALL_WITH(f.block[4].size = 0);
    trip_end(&trip);

    trip_begin(&trip, "void(in wstr)");
    static const uint16_t wide[] = {0x4100, 0x0041, 0};
    trip_pointer(&trip, 0, wide);
    trip_send(&trip);
    assert_int_equal(trip.read_call.block[0].size, 6);
    CALL_WITH(f.block[0].size = f.block[0].capacity = 5); // ends with a zero byte
    CALL_WITH(f.block[0].size = f.block[0].capacity = 4);
    CALL_WITH(f.block[0].size = f.block[0].capacity = 1);
    trip_end(&trip);
}

static void capacities_that_add_up_to_too_much_are_refused(void **state) {
    (void)state;
    char text[300] = "void(u32 n";
    for (int i = 0; i < 8; i++)
        sprintf(text + strlen(text), ", out u8 b%d[n]", i);
    trip_begin(&trip, strcat(text, ")"));
    hp_frame call = {.arch = HP_ARCH_HERE, .kind = HP_FRAME_CALL, .words = 9, .blocks = 8};
    call.word[0] = HP_FRAME_MAX / 8;
    for (uint16_t i = 0; i < 8; i++)
        call.block[i] = (hp_frame_block){.parameter = (uint16_t)(i + 1), .capacity = HP_FRAME_MAX / 8};
    rebuild_must_fail(&call, "256 MiB of memory for a frame without data");
}

static void release_twice_is_harmless(void **state) {
    (void)state;
    begin(0);
    assert_int_equal(hp_marshal_rebuild(&trip.marshal, &trip.read_call, &trip.update), S_OK);
    hp_marshal_release(&trip.update);
    trip_end(&trip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_good_reply_is_accepted),
        cmocka_unit_test(replies_with_other_blocks_write_nothing),
        cmocka_unit_test(replies_with_other_sizes_write_nothing),
        cmocka_unit_test(results_with_bits_above_their_type_are_refused),
        cmocka_unit_test(calls_with_other_words_are_refused),
        cmocka_unit_test(calls_with_other_blocks_are_refused),
        cmocka_unit_test(strings_without_end_are_refused),
        cmocka_unit_test(capacities_that_add_up_to_too_much_are_refused),
        cmocka_unit_test(release_twice_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
