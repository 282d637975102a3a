// The update works on memory that the frame brought, if all of it is there; else it gets memory of its own.
#include "unit/marshal_trip.h"

static int is_in_frame(const marshal_trip *trip, const void *pointer) {
    return (const unsigned char *)pointer >= trip->call_bytes &&
           (const unsigned char *)pointer < trip->call_bytes + trip->call_size;
}

static void complete_block_is_not_copied_and_comes_back(void **state) {
    (void)state;
    marshal_trip trip;
    unsigned char data[4096];
    memset(data, 0x5A, sizeof data);
    trip_begin(&trip, "void(inout u8 data[size], u32 size)");
    trip_pointer(&trip, 0, data);
    trip_integer(&trip, 1, sizeof data);
    trip_there(&trip);
    unsigned char *seen = trip_seen_pointer(&trip, 0);
    /* malloc's memory need not lie at a multiple of 16: then there is a copy */
    assert_int_equal(is_in_frame(&trip, seen), (uintptr_t)trip.read_call.block[0].data % 16 == 0);
    assert_memory_equal(seen, data, sizeof data);
    seen[0] = 1;
    seen[sizeof data - 1] = 2;
    assert_int_equal(data[0], 0x5A);
    trip_back(&trip);
    assert_int_equal(data[0], 1);
    assert_int_equal(data[sizeof data - 1], 2);
    trip_end(&trip);
}

static void block_that_is_larger_than_what_was_sent_gets_memory_of_its_own(void **state) {
    (void)state;
    marshal_trip trip;
    char text[64] = "short";
    unsigned char out[48];
    trip_begin(&trip, "void(inout str text[64], out u8 data[48])");
    trip_pointer(&trip, 0, text);
    trip_pointer(&trip, 1, out);
    trip_there(&trip);
    char *seen = trip_seen_pointer(&trip, 0);
    unsigned char *seen_out = trip_seen_pointer(&trip, 1);
    assert_false(is_in_frame(&trip, seen));
    assert_false(is_in_frame(&trip, seen_out));
    memset(seen, 'y', 63); /* as far as the signature allows */
    seen[63] = '\0';
    memset(seen_out, 7, sizeof out);
    trip_back(&trip);
    assert_int_equal(strlen(text), 63);
    assert_int_equal(out[47], 7);
    trip_end(&trip);
}

static void block_at_an_odd_place_gets_memory_of_its_own(void **state) {
    (void)state;
    marshal_trip trip;
    unsigned char data[32] = {9};
    trip_begin(&trip, "void(inout u8 data[32])");
    trip_pointer(&trip, 0, data);
    trip_send(&trip);
    unsigned char odd[64];
    unsigned char *at = odd + (17 - (uintptr_t)odd % 16);
    memcpy(at, trip.read_call.block[0].data, sizeof data);
    trip.read_call.block[0].data = at;
    assert_int_equal(hp_marshal_adopt(&trip.marshal, &trip.read_call, &trip.update), S_OK);
    assert_ptr_not_equal(trip_seen_pointer(&trip, 0), at);
    assert_int_equal((uintptr_t)trip_seen_pointer(&trip, 0) % 16, 0);
    trip_end(&trip);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_block_is_not_copied_and_comes_back),
        cmocka_unit_test(block_that_is_larger_than_what_was_sent_gets_memory_of_its_own),
        cmocka_unit_test(block_at_an_odd_place_gets_memory_of_its_own),
    };
    return cmocka_run_group_tests_name("marshal_adopts", tests, NULL, NULL);
}
