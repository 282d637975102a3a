/**
 * @file hostile_argument.h
 * Good and bad arguments for Invoke.
 */
#ifndef HP_TESTS_E2E_HOSTILE_ARGUMENT_H
#define HP_TESTS_E2E_HOSTILE_ARGUMENT_H

#include "e2e/server_process.h"

// What an argument is. Everything from FRAME on is an array made from a valid call frame of fixture_add.
typedef enum argument_kind {
    NAME,
    NAME_REFERENCE,
    NAME_VARIABLE,
    NAME_VARIABLE_REFERENCE, // a variable that holds a reference
    NAME_NULL,
    NAME_UNKNOWN,
    NAME_PREFIX,
    NAME_FOREIGN, // not ASCII
    NAME_LONG,
    NAME_WITH_NUL,
    NAME_REFERENCE_NULL, // local
    VARIABLE_NULL,       // local
    INTEGER,
    NEGATIVE,
    REAL,
    EMPTY,
    NULL_VALUE,
    OBJECT_NULL,
    PROCESS_NONE,
    FRAME,
    FRAME_REFERENCE,
    FRAME_VARIABLE,
    FRAME_FROM_7, // lower bound
    FRAME_FROM_MINIMUM,
    FRAME_TO_MAXIMUM,
    FRAME_SIGNED,
    FRAME_OF_WORDS,
    FRAME_OF_VARIANTS,
    FRAME_2D,
    FRAME_NULL,
    FRAME_REFERENCE_NULL, // local
    FRAME_LYING,          // local: the VARIANT says bytes, the array says signed bytes
    FRAME_LYING_WIDE,     // local: the array says VARIANTs
    FRAME_EMPTY,
    FRAME_SHORT,
    FRAME_LONGER,
    FRAME_VERSION,
    FRAME_ARCHITECTURE,
    FRAME_REPLY_KIND,
    FRAME_GARBAGE,
    FRAME_1_WORD,
    FRAME_3_WORDS,
    FRAME_WIDE_WORD,
    FRAME_WITH_BLOCK,
} argument_kind;

// An argument with whatever it refers to.
typedef struct argument {
    VARIANT outer;
    VARIANT inner;
    VARIANT innermost;
} argument;

/** Make one, in place: outer may refer to the others. Cleared with argument_clear. */
void argument_make(argument *a, argument_kind what);

/** Free what it holds. */
void argument_clear(argument *a);

#endif
