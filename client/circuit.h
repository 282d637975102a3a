/**
 * @file circuit.h
 * A circuit breaker: after so many failures in a row calls are not tried for a while, then one is. Pure, and
 * not thread-safe: health.c guards it.
 */
#ifndef HP_CLIENT_CIRCUIT_H
#define HP_CLIENT_CIRCUIT_H

#include <stdint.h>

typedef enum hp_circuit_state {
    HP_CIRCUIT_CLOSED = 0, /**< calls are tried */
    HP_CIRCUIT_OPEN,       /**< they are not, until it is due */
    HP_CIRCUIT_PROBING,    /**< one is being tried */
} hp_circuit_state;

/** Zero-initialised it is closed. */
typedef struct hp_circuit {
    hp_circuit_state state;
    uint32_t failures;  /**< in a row, while closed */
    uint32_t doublings; /**< of the pause */
    uint64_t due;       /**< when the next call is tried, milliseconds */
} hp_circuit;

/** What a call may do. */
typedef enum hp_circuit_ticket {
    HP_CIRCUIT_REFUSED = 0,
    HP_CIRCUIT_CALL,
    HP_CIRCUIT_PROBE, /**< the only one: its end decides */
} hp_circuit_ticket;

/** May a call be tried now? Each ticket is handed back to one of the three functions below. */
hp_circuit_ticket hp_circuit_admit(hp_circuit *circuit, uint64_t now);

/** The call succeeded. Returns 1 if that closes the circuit. */
int hp_circuit_succeed(hp_circuit *circuit, hp_circuit_ticket ticket);

/**
 * The call failed.
 *
 * @param limit  failures in a row that open it; UINT32_MAX: never
 * @param pause  milliseconds until the first probe; doubled with each one that fails, up to 64-fold
 * @return 1 if that opens the circuit: not for a failed probe, as it was open
 */
int hp_circuit_fail(hp_circuit *circuit, hp_circuit_ticket ticket, uint64_t now, uint32_t limit,
                    uint32_t pause);

/** The call never got as far as to tell anything about the update. */
void hp_circuit_give_back(hp_circuit *circuit, hp_circuit_ticket ticket);

#endif
