/**
 * @file answer.h
 * One call of a redirected function: who answers it, how often it is tried, and what its caller gets when the
 * update cannot.
 */
#ifndef HP_CLIENT_ANSWER_H
#define HP_CLIENT_ANSWER_H

#include "client/target.h"

/**
 * Have a call answered. Any thread, inside hp_dispatch_enter.
 *
 * @param registers  of the call; receives the results
 * @return HP_RETURN_..., HP_RETURN_ORIGINAL if the app's own function is to run
 */
uintptr_t hp_answer_call(hp_target *target, hp_registers *registers);

#endif
