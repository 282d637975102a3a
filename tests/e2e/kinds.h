/**
 * @file kinds.h
 * The ways in which a replacement of kinds_update.c fails. kinds_run(data, size, how) writes 0xEE into all of
 * data and then fails as it is told; the app's own answers how + 1 and writes 0x77 into the first byte.
 */
#ifndef HP_TESTS_E2E_KINDS_H
#define HP_TESTS_E2E_KINDS_H

enum kind {
    KIND_NONE, /**< none: 1000 is the answer */
    /* it lives on */
    KIND_WRITE_NULL,
    KIND_READ_MEMBER,
    KIND_CALL_NULL,
    KIND_WRITE_CODE,
    KIND_IN_LIBRARY,
    KIND_DIVIDE,
    KIND_QUOTIENT,
    KIND_NO_INSTRUCTION,
    KIND_PRIVILEGED,
    KIND_FLOAT,
    KIND_RECURSION,
    KIND_LARGE_FRAMES,
    KIND_CALLBACK,
    KIND_VISUAL_CXX,
    KIND_SOFTWARE,
    KIND_CXX,
    KIND_CXX_INT,
    KIND_CXX_IN_CATCH,
    /* no fault: 1000 is the answer */
    KIND_SPOIL_FLOAT,
    KIND_DEBUG_TEXT,
    KIND_INVALID_PARAMETER,
    KIND_CXX_CAUGHT,
    /* it ends */
    KIND_ABORT,
    KIND_RAISE_ABORT,
    KIND_EXIT,
    KIND_EXIT_AT_ONCE,
    KIND_EXIT_PROCESS,
    KIND_TERMINATE_PROCESS,
    KIND_ASSERT,
    KIND_FAIL_FAST,
    KIND_FAIL_FAST_INTERRUPT,
    KIND_HEAP_CORRUPTION,
    KIND_EXIT_THREAD,
    KIND_TERMINATE_THREAD,
    KIND_OTHER_THREAD,
    KIND_NO_STACK,
    KIND_TERMINATE, /**< C++: a throw in what must not throw */
    /* it may do either */
    KIND_JUMP_PAST_GUARD,
    KIND_RETURN_ADDRESS,
    KIND_LONGJMP,
    KINDS
};

/* kinds_throw.cpp; without C++ the kinds named after it answer 1000. */
int kinds_throw(int how);

#endif
