/**
 * @file made_spoil.h
 * Frames that were right, until a fuzzer changed them.
 */
#ifndef HP_TESTS_FUZZ_MADE_SPOIL_H
#define HP_TESTS_FUZZ_MADE_SPOIL_H

#include "tests/fuzz/made_source.h"
#include "idl/frame.h"

/** Change what the frame says, as often as the next byte says; it may still be one that can be written. */
void made_spoil_frame(made_source *source, hp_frame *frame);

/**
 * Change bytes, until the source is empty.
 *
 * @param bytes  freed, if another one comes back
 * @return the bytes, exactly as many as *size then says; freed with free
 */
unsigned char *made_spoil_bytes(made_source *source, unsigned char *bytes, uint32_t *size);

#endif
