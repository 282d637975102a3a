/**
 * @file chaos_ledger.h
 * Handles that the code of this EXE, so also hotpatch::client, has opened and not closed. What the system's
 * DLLs open for themselves is not in it: under Wine 8, RPC loses a pipe and an event with each connection
 * that breaks under a call, and nobody can close those for it.
 */
#ifndef HP_TESTS_E2E_CHAOS_LEDGER_H
#define HP_TESTS_E2E_CHAOS_LEDGER_H

/** Begin: events, files and duplicates from now on. Fails the test if it cannot. Once. */
void chaos_ledger_open(void);

/** How many are open of those that were opened since. */
int chaos_ledger_count(void);

#endif
