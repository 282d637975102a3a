/**
 * @file made_update.h
 * The update's side of a call that a fuzzer made: rebuilt, called, answered.
 */
#ifndef HP_TESTS_FUZZ_MADE_UPDATE_H
#define HP_TESTS_FUZZ_MADE_UPDATE_H

#include "tests/fuzz/made_source.h"
#include "proxygen/marshal.h"

/**
 * Rebuild a call, require that the callee finds what the frame says, play a callee that writes wherever it
 * may, answer, and require that the reply says what it left behind.
 *
 * @param call   as hp_frame_read gave it
 * @param bytes  receives the reply, written and readable; freed with free; NULL on failure
 * @return as hp_marshal_rebuild
 */
HRESULT made_update_answer(const hp_marshal *marshal, const hp_frame *call, made_source *source,
                           unsigned char **bytes, uint32_t *size);

#endif
