/**
 * @file storm_answers.h
 * Valid calls of the storm's update, made by hand, and what they have to give. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_STORM_ANSWERS_H
#define HP_TESTS_E2E_STORM_ANSWERS_H

#include <stdint.h>

#include <oaidl.h>

/** Each function once. */
void storm_answers_expect(IDispatch *object);

/** What the update tells of itself: STORM_HANDLES and so on. */
uint64_t storm_measured(IDispatch *object, uint32_t what);

/** Thousands of large replies, after which the update's memory is what it was. */
void storm_answers_are_freed(IDispatch *object);

#endif
