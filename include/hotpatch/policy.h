/**
 * @file policy.h
 * What a call does when the update cannot answer it: how long it waits, whether it is tried again, and what
 * its caller gets instead.
 */
#ifndef HOTPATCH_POLICY_H
#define HOTPATCH_POLICY_H

#include "hotpatch/base.h"

#ifndef _WIN32
#error "hotpatch/policy.h is for Windows programs"
#endif

/** What a caller gets when the update does not answer. */
typedef enum hp_failure_action {
    HP_FAILURE_ORIGINAL = 0, /**< the app's own function runs, with its own memory */
    HP_FAILURE_VALUE = 1,    /**< the policy's value; what the function would have written stays as it was */
    HP_FAILURE_RETRY = 2,    /**< from hp_failure_decide only: try again if that is allowed, else the policy's
                                  action */
} hp_failure_action;

/** A result: as many of its bytes as the function's result has. */
typedef union hp_policy_value {
    uint64_t bits;   /**< unsigned integers; any result as it is */
    int64_t integer; /**< signed integers */
    double f64;      /**< a result of type double */
    float f32;       /**< a result of type float */
    void *pointer;   /**< a pointer, which is a handle in the signature */
} hp_policy_value;

/** A call that the update did not answer. Valid during the callback. */
typedef struct hp_failure {
    uint32_t size;      /**< sizeof(hp_failure) */
    HRESULT result;     /**< why: HP_E_UPDATE_GONE, HP_E_DEADLINE, ... */
    const char *detail; /**< what is known beyond the code: exception and place, for instance; never NULL */
    const wchar_t *progid;   /**< of the update */
    const wchar_t *function; /**< its name */
    uint32_t tries; /**< that were made, at least 1; 0 if the call was not tried, as the update is gone */
    uint32_t dispatched; /**< 0: it is certain that the update has not begun to run this call */
} hp_failure;

/**
 * Decides what a failed call does. Runs on the thread that called, which waits; functions that it calls run
 * the app's own code. It may be entered by many threads at once. Code and context must stay until the last
 * call has returned, which may be after a detach that gave HP_E_CALL_BUSY. It may detach: that gives
 * HP_E_CALL_BUSY, as its own call is inside; it may not attach, nor end the watch.
 *
 * @param context  the policy's
 * @param failure  what happened
 * @param value    the policy's value; what is there afterwards is returned if it says HP_FAILURE_VALUE
 * @return what to do
 */
typedef hp_failure_action hp_failure_decide(void *context, const hp_failure *failure, hp_policy_value *value);

/**
 * The function may run twice for one call. So a call may be tried again even if the update may have begun to
 * run it; without this flag, only if it certainly has not.
 */
#define HP_POLICY_IDEMPOTENT 0x1u

/** What a call does. All zero but size is the default: no deadline, no retry, the original. */
typedef struct hp_policy {
    uint32_t size;  /**< sizeof(hp_policy) */
    uint32_t flags; /**< HP_POLICY_... */
    uint32_t
        deadline_ms;  /**< for all tries together; 0: none. Calls that have one cost a thread switch more */
    uint32_t retries; /**< tries beyond the first, at most 16 */
    hp_failure_action action; /**< HP_FAILURE_ORIGINAL or HP_FAILURE_VALUE */
    hp_policy_value
        value; /**< of HP_FAILURE_VALUE; for functions that return a number, a pointer or nothing */
    hp_failure_decide *decide; /**< asked after each failed try; NULL: action */
    void *context;             /**< handed to decide */
} hp_policy;

/** The policy of one function. */
typedef struct hp_function_policy {
    const char
        *function;    /**< name as in the report; without what tells overloads apart it means all of them */
    hp_policy policy; /**< its size must be set */
} hp_function_policy;

/**
 * When calls of a function are given up for a while. Each function has a breaker of its own, so that one that
 * fails does not keep the others from the update. Zero in a member is its default.
 */
typedef struct hp_breaker {
    uint32_t failures; /**< so many failed calls of a function in a row open it; 0: 8; UINT32_MAX: never */
    /** after this time one call is let through to try; doubled up to 64-fold while that fails; 0: 1,000 */
    uint32_t probe_ms;
    /** so many deadlines missed in a row, and an update that was started by this app is ended, to be started
     * again by the watch; 0: 3; UINT32_MAX: never */
    uint32_t hangs;
} hp_breaker;

#endif
