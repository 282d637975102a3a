/**
 * @file fault.h
 * Fallible steps, so that a test can make the n-th one fail. In ordinary builds HP_FAULT is the constant 0
 * and costs nothing; test builds define HP_FAULT_INJECTION for a second build of the libraries.
 *
 *     memory = HP_FAULT("thunk memory") ? NULL : VirtualAlloc(...);
 */
#ifndef HP_IDL_FAULT_H
#define HP_IDL_FAULT_H

#include "hotpatch/base.h"

#ifdef HP_FAULT_INJECTION
#include <stdatomic.h>

/** What is counted and armed; zeroed: nothing is armed. */
typedef struct hp_fault_state {
    atomic_uint steps;  /**< since it was armed */
    atomic_uint armed;  /**< number of the step that fails; 0: none */
    atomic_uint second; /**< another one */
    atomic_uint error;  /**< last error that failing steps leave; Windows only */
    char failed[80];    /**< the step that failed last */
} hp_fault_state;

/**
 * Count and fail by this state from now on, which may lie in memory that another process shares: so a test
 * can arm a process from outside. It stays in use until the process ends. Before other threads use faults.
 */
void hp_fault_share(hp_fault_state *shared);

/**
 * Count a step, of whatever thread: the count is the process's. Nonzero if this is one that shall fail; the
 * last error is then ERROR_GEN_FAILURE, or what hp_fault_arm_error named.
 */
int hp_fault_hit(const char *step);
/** Fail the n-th step from now on, 1 being the next; 0: none. Resets the count. For the whole process. */
void hp_fault_arm(unsigned nth);
/**
 * Behind hp_fault_arm: fail the n-th step too, counted from hp_fault_arm as well, such as one of cleaning up.
 */
void hp_fault_arm_second(unsigned nth);
/** Behind hp_fault_arm: the last error that failing steps leave. Windows only. */
void hp_fault_arm_error(unsigned error);
/** Steps counted since hp_fault_arm. */
unsigned hp_fault_count(void);
/** The step that failed last, "" if none did. */
const char *hp_fault_name(void);
#define HP_FAULT(step) hp_fault_hit(step)
#else
#define HP_FAULT(step) 0
#endif

#endif
