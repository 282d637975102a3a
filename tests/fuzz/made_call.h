/**
 * @file made_call.h
 * A call of the app as its thunk would have spilled it: registers, stack and memory, all of a fuzzer's
 * making, and whether they are as they have to be after an answer.
 */
#ifndef HP_TESTS_FUZZ_MADE_CALL_H
#define HP_TESTS_FUZZ_MADE_CALL_H

#include "tests/fuzz/made_source.h"
#include "proxygen/marshal.h"

/** Memory between guards; under the address sanitizer its own stand there. */
typedef struct made_memory {
    unsigned char *all;    /**< NULL: there is none */
    unsigned char *at;     /**< the memory itself */
    unsigned char *before; /**< all of it as it was, with the guards */
    uint32_t size;
} made_memory;

enum { MADE_STACK = HP_SIGNATURE_MAX_PARAMETERS, MADE_HIDDEN, MADE_MEMORIES };

/** Most bytes at one pointer. */
enum { MADE_MOST = 1 << 16 };

typedef struct made_call {
    const hp_marshal *marshal;
    hp_registers registers, registers_before;
    made_memory memory[MADE_MEMORIES]; /**< of parameters with a pointer, of the stack and of the result */
    /** what gather has to say: S_OK, or why no call can have the first of the lengths that are too much */
    HRESULT expected;
} made_call;

/** Make a call: values, lengths that suit, texts, NULLs. Freed with made_call_free. */
void made_call_make(made_call *call, const hp_marshal *marshal, made_source *source);

/** Make the call that this frame, which hp_marshal_rebuild took, can have come from. */
void made_call_of_frame(made_call *call, const hp_marshal *marshal, const hp_frame *frame);

/**
 * Give the call this reply, and require: a refused one changes nothing at all; an accepted one changes the
 * result, the cleanup and the memory that the signature gives to the callee, to what the reply says.
 *
 * @param frame  what gather said of the call
 * @return as hp_marshal_accept
 */
HRESULT made_call_accept(made_call *call, const hp_frame *frame, const hp_frame *reply);

void made_call_free(made_call *call);

/**
 * Elements at a parameter's pointer whose length is a number or a parameter, as the documentation of
 * signatures has it; negative: no call can have so many.
 */
int64_t made_count(const hp_marshal *marshal, hp_registers *registers, const hp_parameter *parameter);

/** The place itself. */
unsigned char *made_place(hp_registers *registers, const hp_place *place);

#endif
