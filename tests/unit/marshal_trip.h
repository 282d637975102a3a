/**
 * @file marshal_trip.h
 * A call's way there and back without machine code: tests put arguments where the ABI has them, play
 * the callee on what was rebuilt, and look at what arrived. Every step asserts S_OK; the hostile
 * tests use the fields directly.
 */
#ifndef HP_TESTS_MARSHAL_TRIP_H
#define HP_TESTS_MARSHAL_TRIP_H

#include "proxygen/marshal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct marshal_trip {
    hp_marshal marshal;
    hp_registers app; /**< as the thunk would have spilled them; unused bits are garbage */
    unsigned char stack[1024];
    unsigned char copy[HP_SIGNATURE_MAX_PARAMETERS][64]; /**< what "indirect" places point to */
    hp_frame call, read_call, reply, read_reply;
    unsigned char *call_bytes, *reply_bytes;
    uint32_t call_size, reply_size;
    hp_invocation update;
    uintptr_t action;
} marshal_trip;

/** Parse the signature, fill registers and stack with garbage. */
void trip_begin(marshal_trip *trip, const char *signature);
/** Caller: put a by-value argument; the rest of its register or stack word stays garbage. */
void trip_value(marshal_trip *trip, unsigned index, const void *value);
void trip_integer(marshal_trip *trip, unsigned index, int64_t value);
void trip_pointer(marshal_trip *trip, unsigned index, const void *pointer);
/** Caller: memory for a structure that is returned through a pointer. */
void trip_hidden(marshal_trip *trip, void *memory);
/** gather, measure, write, read. */
void trip_send(marshal_trip *trip);
/** trip_send, and rebuild. */
void trip_there(marshal_trip *trip);
/** Callee: the bytes of a by-value argument, the whole register or stack word of it if it is not indirect. */
void *trip_seen(marshal_trip *trip, unsigned index);
int64_t trip_seen_integer(marshal_trip *trip, unsigned index);
/** Callee: a pointer argument. */
void *trip_seen_pointer(marshal_trip *trip, unsigned index);
/** Callee: leave a result behind, with garbage beside it. */
void trip_result(marshal_trip *trip, const void *value);
/** answer, measure, write, read. */
void trip_answer(marshal_trip *trip);
/** trip_answer, and accept. */
void trip_back(marshal_trip *trip);
void trip_end(marshal_trip *trip);

#endif
