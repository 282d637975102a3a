/**
 * @file policy_world.h
 * What the tests of failure policies share, with policy_app.h: attach, detach and what there is to see of the
 * session. Failures end the running test.
 */
#ifndef HP_TESTS_E2E_POLICY_WORLD_H
#define HP_TESTS_E2E_POLICY_WORLD_H

#include "e2e/policy_app.h"
#include "e2e/session_app.h"

/** POLICY_ENTERED and POLICY_LEAVE, manual-reset; made by policy_set_up. */
extern HANDLE policy_entered, policy_leave;

/**
 * Attach without a breaker, expect S_OK.
 *
 * @param policy     for all functions, NULL for none
 * @param functions  policies of count functions, NULL for 0
 * @return the update's process (SYNCHRONIZE, TERMINATE), closed by the caller
 */
HANDLE policy_attach(const hp_policy *policy, const hp_function_policy *functions, uint32_t count);

/** Detach, expect S_OK and the update's end, which closes the handle, and that the app is itself again. */
void policy_detach(HANDLE process);

/** hp_com_status, which has to succeed. */
hp_session_status policy_status(void);

/** Wait until no call is inside but so many. */
void policy_expect_inside(uint32_t count);

/** Of cmocka's groups: make the events, register the update; unregister it. It is policy_update.exe, unless
 * the group's state is the name of another one. */
int policy_set_up(void **state);
int policy_tear_down(void **state);

/** After each test: nothing waits for policy_leave, nothing is attached. */
int policy_detach_all(void **state);

#endif
