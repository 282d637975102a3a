#include "unit/marshal_trip.h"

static unsigned char *place_at(hp_registers *registers, const hp_place *place) {
    if (place->kind == HP_PLACE_STACK)
        return registers->stack + place->offset;
#if HP_X64
    if (place->kind == HP_PLACE_FLOAT)
        return registers->xmm[place->index];
#endif
    return (unsigned char *)&registers->gp[place->index];
}

static void put(hp_registers *registers, const hp_place *place, const void *bytes, size_t size) {
    memcpy(place_at(registers, place), bytes, size);
}

void trip_begin(marshal_trip *trip, const char *signature) {
    memset(trip, 0, sizeof *trip);
    hp_signature_error error;
    if (hp_signature_parse(signature, HP_ARCH_HERE, &trip->marshal.signature, &error) != S_OK)
        fail_msg("%s: %s", signature, error.reason);
    hp_layout_compute(&trip->marshal.signature, HP_COMPILER_HERE, &trip->marshal.layout);
    assert_true(trip->marshal.layout.stack_bytes <= sizeof trip->stack);
    memset(&trip->app, 0xC7, sizeof trip->app);
    memset(trip->stack, 0xC7, sizeof trip->stack);
    trip->app.stack = trip->stack;
}

void trip_value(marshal_trip *trip, unsigned index, const void *value) {
    const hp_place *place = &trip->marshal.layout.place[index];
    const size_t size = trip->marshal.signature.parameter[index].type.size;
    if (place->indirect) {
        assert_true(size <= sizeof trip->copy[index]);
        memcpy(trip->copy[index], value, size);
        trip_pointer(trip, index, trip->copy[index]);
    } else {
        put(&trip->app, place, value, size);
    }
}

void trip_integer(marshal_trip *trip, unsigned index, int64_t value) {
    trip_value(trip, index, &value);
}

void trip_pointer(marshal_trip *trip, unsigned index, const void *pointer) {
    put(&trip->app, &trip->marshal.layout.place[index], &pointer, sizeof pointer);
}

void trip_hidden(marshal_trip *trip, void *memory) {
    assert_int_equal(trip->marshal.layout.result, HP_RESULT_HIDDEN);
    put(&trip->app, &trip->marshal.layout.hidden, &memory, sizeof memory);
}

static unsigned char *carry(hp_frame *frame, hp_frame *read, uint32_t *size) {
    assert_int_equal(hp_frame_measure(frame, size), S_OK);
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(hp_frame_write(frame, bytes, *size), S_OK);
    assert_int_equal(hp_frame_read(bytes, *size, HP_ARCH_HERE, frame->kind, read), S_OK);
    return bytes;
}

void trip_send(marshal_trip *trip) {
    assert_int_equal(hp_marshal_gather(&trip->marshal, &trip->app, &trip->call), S_OK);
    trip->call_bytes = carry(&trip->call, &trip->read_call, &trip->call_size);
}

void trip_there(marshal_trip *trip) {
    trip_send(trip);
#ifdef TRIP_ADOPTS /* the same test once more */
    assert_int_equal(hp_marshal_adopt(&trip->marshal, &trip->read_call, &trip->update), S_OK);
#else
    assert_int_equal(hp_marshal_rebuild(&trip->marshal, &trip->read_call, &trip->update), S_OK);
#endif
}

void *trip_seen(marshal_trip *trip, unsigned index) {
    const hp_place *place = &trip->marshal.layout.place[index];
    return place->indirect ? trip_seen_pointer(trip, index) : place_at(&trip->update.registers, place);
}

int64_t trip_seen_integer(marshal_trip *trip, unsigned index) {
    if (trip->marshal.signature.parameter[index].type.size == 8) {
        int64_t value;
        memcpy(&value, trip_seen(trip, index), sizeof value);
        return value;
    }
    intptr_t value; // all of the register or stack word: callees may rely on the extension
    memcpy(&value, trip_seen(trip, index), sizeof value);
    return value;
}

void *trip_seen_pointer(marshal_trip *trip, unsigned index) {
    void *pointer;
    memcpy(&pointer, place_at(&trip->update.registers, &trip->marshal.layout.place[index]), sizeof pointer);
    return pointer;
}

void trip_result(marshal_trip *trip, const void *value) {
    hp_registers *registers = &trip->update.registers;
    const size_t size = trip->marshal.signature.result.size;
    registers->gp[HP_GP_AX] = (uintptr_t)0xA5A5A5A5A5A5A5A5u;
    registers->gp[HP_GP_DX] = (uintptr_t)0xA5A5A5A5A5A5A5A5u;
    memset(registers->st0, 0xA5, sizeof registers->st0);
#if HP_X64
    memset(registers->xmm[0], 0xA5, sizeof registers->xmm[0]);
#endif
    switch (trip->marshal.layout.result) {
    case HP_RESULT_NONE:
        break;
    case HP_RESULT_INTEGER:
        memcpy(&registers->gp[HP_GP_AX], value, size < sizeof(void *) ? size : sizeof(void *));
        if (size > sizeof(void *))
            memcpy(&registers->gp[HP_GP_DX], (const unsigned char *)value + sizeof(void *),
                   size - sizeof(void *));
        break;
    case HP_RESULT_FLOAT:
#if HP_X64
        memcpy(registers->xmm[0], value, size);
#else
        memcpy(registers->st0, value, size);
#endif
        break;
    case HP_RESULT_HIDDEN: {
        void *hidden;
        memcpy(&hidden, place_at(registers, &trip->marshal.layout.hidden), sizeof hidden);
        memcpy(hidden, value, size);
        registers->gp[HP_GP_AX] = (uintptr_t)hidden;
        break;
    }
    }
}

void trip_answer(marshal_trip *trip) {
    assert_int_equal(hp_marshal_answer(&trip->marshal, &trip->update, &trip->reply), S_OK);
    trip->reply_bytes = carry(&trip->reply, &trip->read_reply, &trip->reply_size);
}

void trip_back(marshal_trip *trip) {
    trip_answer(trip);
    assert_int_equal(
        hp_marshal_accept(&trip->marshal, &trip->app, &trip->call, &trip->read_reply, &trip->action), S_OK);
    assert_int_equal(trip->app.cleanup, trip->marshal.layout.cleanup);
}

void trip_end(marshal_trip *trip) {
    hp_marshal_release(&trip->update);
    assert_null(trip->update.memory);
    free(trip->call_bytes);
    free(trip->reply_bytes);
}
