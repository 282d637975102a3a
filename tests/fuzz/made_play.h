/**
 * @file made_play.h
 * A generated call against the readers of both sides: tests/fuzz gives it libFuzzer's inputs, tests/unit
 * numbers of a series.
 *
 *     u8  way            what is done, see made_way; from bit 3 the compiler; bit 7: the signature is text
 *     u8  n, n bytes     what made_signature makes a signature of; or its text and a newline
 *     u8  n, n bytes     what made_call_make makes registers and memory of
 *     ..                 the frame, or what the callee writes and how the frame is spoilt
 */
#ifndef HP_TESTS_FUZZ_MADE_PLAY_H
#define HP_TESTS_FUZZ_MADE_PLAY_H

#include <stddef.h>
#include <stdint.h>

typedef enum made_way {
    MADE_CALL,         /**< update: any bytes as a call */
    MADE_CALL_SPOILT,  /**< update: a call, changed */
    MADE_REPLY,        /**< app: any bytes as a reply */
    MADE_REPLY_SPOILT, /**< app: the reply of a callee, changed */
} made_way;

typedef enum made_outcome {
    MADE_NOTHING,    /**< no signature */
    MADE_NO_CALL,    /**< gather refused lengths that cannot be, as it has to */
    MADE_UNREADABLE, /**< the frame cannot be read */
    MADE_REFUSED,    /**< it can, and does not fit the signature */
    MADE_TAKEN,
} made_outcome;

/** Play it. Aborts where a promise of marshal.h or frame.h is broken. */
made_outcome made_play(const uint8_t *input, size_t length);

#endif
