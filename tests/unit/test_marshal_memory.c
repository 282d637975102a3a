// Memory across the border: buffers, strings, NULL, and lengths that are not to be believed.
#include "unit/marshal_trip.h"

#include "idl/protocol.h"

static marshal_trip trip;

/** A buffer of exactly this size: the sanitizer sees one byte too many. */
static void *exact(const void *bytes, size_t size) {
    void *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static HRESULT gather(void) {
    hp_frame call;
    return hp_marshal_gather(&trip.marshal, &trip.app, &call);
}

static void arrays_travel_in_their_direction_only(void **state) {
    (void)state;
    trip_begin(&trip, "void(in i32 a[4], out i32 b[4], inout i32 c[4])");
    const int32_t before[4] = {1, 2, 3, 4}, nothing[4] = {0}, after[4] = {5, 6, 7, 8};
    int32_t *app[3];
    for (unsigned i = 0; i < 3; i++) {
        app[i] = exact(before, sizeof before);
        trip_pointer(&trip, i, app[i]);
    }
    trip_there(&trip);
    for (unsigned i = 0; i < 3; i++) {
        void *memory = trip_seen_pointer(&trip, i);
        assert_ptr_equal(memory, trip.update.block[i]);
        assert_ptr_not_equal(memory, app[i]);
        assert_int_equal((uintptr_t)memory % 16, 0);
        assert_int_equal(trip.update.capacity[i], 16);
        assert_memory_equal(memory, i == 1 ? nothing : before, 16);
        memcpy(memory, after, 16);
    }
    trip_back(&trip);
    assert_memory_equal(app[0], before, 16);
    assert_memory_equal(app[1], after, 16);
    assert_memory_equal(app[2], after, 16);
    assert_int_equal(trip.read_reply.blocks, 2);
    trip_end(&trip);
    for (unsigned i = 0; i < 3; i++)
        free(app[i]);
}

// What an out-buffer holds before the call is none of the update's business, and neither is where it is.
static void no_app_address_and_no_out_content_leaves_the_app(void **state) {
    (void)state;
    trip_begin(&trip, "void(out u8 a[24], inout u8 b[8], struct{u64 x[3]}, in str)");
    unsigned char secret[24], shared[8];
    memset(secret, 0x5E, sizeof secret);
    memset(shared, 0x01, sizeof shared);
    const uint64_t value[3] = {1, 2, 3};
    const char *text = "t";
    trip_pointer(&trip, 0, secret);
    trip_pointer(&trip, 1, shared);
    trip_value(&trip, 2, value);
    trip_pointer(&trip, 3, text);
    trip_send(&trip);
    const void *addresses[] = {secret, shared, trip.copy[2], text, trip.stack};
    for (size_t i = 0; i < 5; i++) {
        for (size_t at = 0; at + sizeof(void *) <= trip.call_size; at++)
            assert_true(memcmp(trip.call_bytes + at, &addresses[i], sizeof(void *)) != 0);
    }
    for (size_t at = 0; at + 2 <= trip.call_size; at++)
        assert_false(trip.call_bytes[at] == 0x5E && trip.call_bytes[at + 1] == 0x5E);
    for (unsigned i = 0; i < 4; i++)
        assert_true(trip.read_call.word[i] == 0);
    trip_end(&trip);
}

static void lengths_before_behind_and_of_every_type(void **state) {
    (void)state;
    static const char *const types[] = {"i8",  "u8",  "i16", "u16",   "i32",
                                        "u32", "i64", "u64", "isize", "usize"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (unsigned length = 0; length <= 100; length += 25) {
            char text[100];
            sprintf(text, "i32(%s n, in u16 a[n], out u16 b[m], %s m)", types[i], types[i]);
            trip_begin(&trip, text);
            uint16_t content[101];
            for (unsigned j = 0; j <= 100; j++)
                content[j] = (uint16_t)(j * 333);
            uint16_t *a = exact(content, 2 * length), *b = exact(content + 1, 2 * length);
            trip_integer(&trip, 0, length);
            trip_pointer(&trip, 1, a);
            trip_pointer(&trip, 2, b);
            trip_integer(&trip, 3, length);
            trip_there(&trip);
            assert_int_equal(trip.update.capacity[1], 2 * length);
            assert_memory_equal(trip_seen_pointer(&trip, 1), content, 2 * length);
            // A length of zero is not NULL: both pointers are real and differ.
            assert_non_null(trip_seen_pointer(&trip, 2));
            assert_ptr_not_equal(trip_seen_pointer(&trip, 1), trip_seen_pointer(&trip, 2));
            memcpy(trip_seen_pointer(&trip, 2), trip_seen_pointer(&trip, 1), 2 * length);
            trip_back(&trip);
            assert_memory_equal(b, content, 2 * length);
            trip_end(&trip);
            free(a);
            free(b);
        }
    }
}

static void null_stays_null_whatever_the_length_says(void **state) {
    (void)state;
    trip_begin(
        &trip,
        "void(i32 n, in u8 a[n], out u8 b[n], inout u8 c[n], in str, in wstr, out str d[n], inout wstr "
        "e[n], in struct{i32 x}*, inout i64*)");
    trip_integer(&trip, 0, -1);
    for (unsigned i = 1; i < 10; i++)
        trip_pointer(&trip, i, NULL);
    trip_there(&trip);
    for (unsigned i = 1; i < 10; i++) {
        assert_null(trip_seen_pointer(&trip, i));
        assert_null(trip.update.block[i]);
        assert_int_equal(trip.read_call.block[i - 1].flags, HP_FRAME_NULL);
    }
    trip_back(&trip);
    assert_int_equal(trip.read_reply.blocks, 0);
    trip_end(&trip);
}

static void negative_lengths_are_refused(void **state) {
    (void)state;
    static const char *const types[] = {"i8", "i16", "i32", "i64", "isize"};
    unsigned char byte = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (unsigned direction = 0; direction < 3; direction++) {
            static const char *const directions[] = {"in", "out", "inout"};
            char text[100];
            sprintf(text, "void(%s u8 a[n], %s n)", directions[direction], types[i]);
            trip_begin(&trip, text);
            trip_pointer(&trip, 0, &byte);
            trip_integer(&trip, 1, -1);
            assert_int_equal(gather(), HP_E_FRAME_MALFORMED);
            trip_integer(&trip, 1, 1);
            assert_int_equal(gather(), S_OK);
        }
    }
}

static void lengths_whose_bytes_overflow_are_too_large(void **state) {
    (void)state;
    static const struct {
        const char *signature;
        int64_t length;
    } cases[] = {
        {"void(out u32 a[n], u32 n)", 0x40000001},
        {"void(out u32 a[n], u64 n)", 0x4000000000000001},
        {"void(out u8 a[n], u64 n)", -1},
        {"void(out u8 a[n], u32 n)", UINT32_MAX},
        {"void(out struct{u8 x[65536]} a[n], u16 n)", 65535},
        {"void(inout u64 a[n], i64 n)", INT64_MAX},
        {"void(in u64 a[n], u64 n)", 0x2000000000000000},
        {"void(out u8 a[n], u32 n)", HP_FRAME_MAX},
    };
    unsigned char byte = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trip_begin(&trip, cases[i].signature);
        trip_pointer(&trip, 0, &byte);
        trip_integer(&trip, 1, cases[i].length);
        assert_int_equal(gather(), HP_E_FRAME_TOO_LARGE);
    }
}

// After the call it would be too late to find out that the reply does not fit.
static void out_buffers_count_before_the_call(void **state) {
    (void)state;
    trip_begin(&trip, "void(out u8 a[n], out u8 b[n], u32 n)");
    unsigned char byte = 0;
    trip_pointer(&trip, 0, &byte);
    trip_pointer(&trip, 1, &byte);
    trip_integer(&trip, 2, HP_FRAME_MAX / 2);
    assert_int_equal(gather(), HP_E_FRAME_TOO_LARGE);
    trip_integer(&trip, 2, HP_FRAME_MAX / 2 - 4096);
    assert_int_equal(gather(), S_OK);
    trip_pointer(&trip, 1, NULL);
    trip_integer(&trip, 2, HP_FRAME_MAX / 2);
    assert_int_equal(gather(), S_OK);
}

static void strings_in_end_at_their_terminator(void **state) {
    (void)state;
    trip_begin(&trip, "void(in str, in wstr, in str, in wstr)");
    static const uint16_t wide[] = {'w', 0x0100, 0x00FF, 0xD83D, 0xDE00, 0, 'x'};
    char *text = exact("hello\0secret", 6), *empty = exact("", 1);
    unsigned char *odd = malloc(sizeof wide + 1); // text may stand anywhere
    memcpy(odd + 1, wide, sizeof wide);
    uint16_t *empty_wide = exact(wide + 5, 2);
    trip_pointer(&trip, 0, text);
    trip_pointer(&trip, 1, odd + 1);
    trip_pointer(&trip, 2, empty);
    trip_pointer(&trip, 3, empty_wide);
    trip_there(&trip);
    assert_string_equal((char *)trip_seen_pointer(&trip, 0), "hello");
    assert_memory_equal(trip_seen_pointer(&trip, 1), wide, 12);
    static const uint32_t sizes[] = {6, 12, 1, 2};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(trip.update.capacity[i], sizes[i]);
    trip_back(&trip);
    assert_int_equal(trip.read_reply.blocks, 0);
    trip_end(&trip);
    free(text);
    free(empty);
    free(odd);
    free(empty_wide);
}

static void a_string_without_end_is_too_long(void **state) {
    (void)state;
    char *endless = malloc(HP_FRAME_MAX);
    assert_non_null(endless);
    memset(endless, 'a', HP_FRAME_MAX);
    trip_begin(&trip, "void(in str)");
    trip_pointer(&trip, 0, endless);
    assert_int_equal(gather(), HP_E_STRING_TOO_LONG);
    endless[HP_FRAME_MAX - 4096] = 0; // one too many
    assert_int_equal(gather(), HP_E_STRING_TOO_LONG);
    endless[HP_FRAME_MAX - 4096 - 1] = 0;
    assert_int_equal(gather(), S_OK);
    trip_begin(&trip, "void(in wstr)");
    trip_pointer(&trip, 0, endless);
    assert_int_equal(gather(), HP_E_STRING_TOO_LONG);
    free(endless);
}

static void string_out_writes_only_what_the_callee_wrote(void **state) {
    (void)state;
    trip_begin(&trip, "void(out str a[n], out wstr b[n], u32 n)");
    char *a = exact("01234567", 8);
    uint16_t wide[8], *b;
    memset(wide, 0x77, sizeof wide);
    b = exact(wide, sizeof wide);
    trip_pointer(&trip, 0, a);
    trip_pointer(&trip, 1, b);
    trip_integer(&trip, 2, 8);
    trip_there(&trip);
    assert_memory_equal(trip_seen_pointer(&trip, 0), "\0\0\0\0\0\0\0\0", 8);
    memcpy(trip_seen_pointer(&trip, 0), "new\0xyz", 8);
    static const uint16_t news[] = {0x100, 1, 0, 5};
    memcpy(trip_seen_pointer(&trip, 1), news, sizeof news);
    trip_back(&trip);
    assert_memory_equal(a,
                        "new\0"
                        "4567",
                        8);
    assert_memory_equal(b, news, 6);
    assert_memory_equal(b + 3, wide, 10);
    trip_end(&trip);
    free(a);
    free(b);
}

static void string_out_may_fill_the_buffer_to_the_last_byte(void **state) {
    (void)state;
    trip_begin(&trip, "void(out str a[4], inout wstr b[2])");
    char *a = exact("....", 4);
    uint16_t *b = exact("....", 4);
    trip_pointer(&trip, 0, a);
    trip_pointer(&trip, 1, b);
    trip_there(&trip);
    assert_memory_equal(trip_seen_pointer(&trip, 1), "....", 4); // unterminated on the way there as well
    memcpy(trip_seen_pointer(&trip, 0), "full", 4);
    memcpy(trip_seen_pointer(&trip, 1), "FULL", 4);
    trip_back(&trip);
    assert_memory_equal(a, "full", 4);
    assert_memory_equal(b, "FULL", 4);
    trip_end(&trip);
    free(a);
    free(b);
}

static void string_inout_sends_no_byte_behind_the_terminator(void **state) {
    (void)state;
    trip_begin(&trip, "void(inout str a[n], i16 n)");
    char *a = exact("abc\0SECRET", 10);
    trip_pointer(&trip, 0, a);
    trip_integer(&trip, 1, 10);
    trip_there(&trip);
    assert_int_equal(trip.read_call.block[0].size, 4);
    assert_int_equal(trip.update.capacity[0], 10);
    assert_memory_equal(trip_seen_pointer(&trip, 0), "abc\0\0\0\0\0\0\0", 10);
    strcpy(trip_seen_pointer(&trip, 0), "longer");
    trip_back(&trip);
    assert_memory_equal(a, "longer\0RET", 10);
    trip_end(&trip);
    free(a);
}

static void structures_behind_pointers(void **state) {
    (void)state;
    typedef struct point {
        int8_t tag;
        int32_t x;
        double y;
    } point;
    trip_begin(&trip, "i32(in struct{i8 tag; i32 x; f64 y}*, inout struct{i8 tag; i32 x; f64 y} p[n], u8 n)");
    point one, many[3];
    memset(&one, 0, sizeof one);
    memset(many, 0, sizeof many);
    one.x = -7;
    many[2].y = 2.5;
    trip_pointer(&trip, 0, &one);
    trip_pointer(&trip, 1, many);
    trip_integer(&trip, 2, 3);
    trip_there(&trip);
    assert_int_equal(trip.update.capacity[0], sizeof one);
    assert_int_equal(trip.update.capacity[1], sizeof many);
    point *there = trip_seen_pointer(&trip, 1);
    there[0].x = ((point *)trip_seen_pointer(&trip, 0))->x;
    there[2].y *= 2;
    trip_back(&trip);
    assert_true(many[0].x == -7 && many[2].y == 5.0 && many[1].tag == 0);
    trip_end(&trip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_travel_in_their_direction_only),
        cmocka_unit_test(no_app_address_and_no_out_content_leaves_the_app),
        cmocka_unit_test(lengths_before_behind_and_of_every_type),
        cmocka_unit_test(null_stays_null_whatever_the_length_says),
        cmocka_unit_test(negative_lengths_are_refused),
        cmocka_unit_test(lengths_whose_bytes_overflow_are_too_large),
        cmocka_unit_test(out_buffers_count_before_the_call),
        cmocka_unit_test(strings_in_end_at_their_terminator),
        cmocka_unit_test(a_string_without_end_is_too_long),
        cmocka_unit_test(string_out_writes_only_what_the_callee_wrote),
        cmocka_unit_test(string_out_may_fill_the_buffer_to_the_last_byte),
        cmocka_unit_test(string_inout_sends_no_byte_behind_the_terminator),
        cmocka_unit_test(structures_behind_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
