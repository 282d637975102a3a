#include "client/circuit.h"

enum { MOST_DOUBLINGS = 6 };

hp_circuit_ticket hp_circuit_admit(hp_circuit *circuit, uint64_t now) {
    if (circuit->state == HP_CIRCUIT_CLOSED)
        return HP_CIRCUIT_CALL;
    if (circuit->state == HP_CIRCUIT_PROBING || now < circuit->due)
        return HP_CIRCUIT_REFUSED;
    circuit->state = HP_CIRCUIT_PROBING;
    return HP_CIRCUIT_PROBE;
}

/* What calls say that began before the circuit opened comes too late. */
int hp_circuit_succeed(hp_circuit *circuit, hp_circuit_ticket ticket) {
    if (ticket == HP_CIRCUIT_PROBE) {
        *circuit = (hp_circuit){0};
        return 1;
    }
    if (circuit->state == HP_CIRCUIT_CLOSED)
        circuit->failures = 0;
    return 0;
}

static void open_until(hp_circuit *circuit, uint64_t now, uint32_t pause) {
    circuit->state = HP_CIRCUIT_OPEN;
    circuit->due = now + ((uint64_t)pause << circuit->doublings);
}

int hp_circuit_fail(hp_circuit *circuit, hp_circuit_ticket ticket, uint64_t now, uint32_t limit,
                    uint32_t pause) {
    if (ticket == HP_CIRCUIT_PROBE) {
        if (circuit->doublings < MOST_DOUBLINGS)
            circuit->doublings++;
        open_until(circuit, now, pause);
        return 0;
    }
    if (circuit->state != HP_CIRCUIT_CLOSED || limit == UINT32_MAX || ++circuit->failures < limit)
        return 0;
    open_until(circuit, now, pause);
    return 1;
}

void hp_circuit_give_back(hp_circuit *circuit, hp_circuit_ticket ticket) {
    if (ticket == HP_CIRCUIT_PROBE)
        circuit->state = HP_CIRCUIT_OPEN; /* still due: the next call tries */
}
