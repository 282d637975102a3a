/**
 * @file hostile.h
 * Every wrong way to call Invoke, as a table: arguments -> result. Run against an object in the own
 * process and against one in another.
 */
#ifndef HP_TESTS_E2E_HOSTILE_H
#define HP_TESTS_E2E_HOSTILE_H

#include "e2e/server_process.h"

/**
 * Run the table. After each row a valid call must succeed.
 *
 * @param object  offers fixture_add
 * @param local   nonzero: also rows with pointers that no proxy would take
 */
void hostile_run(IDispatch *object, int local);

#endif
