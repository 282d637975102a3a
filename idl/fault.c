#include "idl/fault.h"

#ifdef HP_FAULT_INJECTION

#include "idl/text.h"

static hp_fault_state own;
static hp_fault_state *state = &own;

void hp_fault_share(hp_fault_state *shared) {
    state = shared;
}

int hp_fault_hit(const char *step) {
    unsigned number = atomic_fetch_add(&state->steps, 1) + 1;
    if (number != atomic_load(&state->armed) && number != atomic_load(&state->second))
        return 0;
    hp_text_copy(state->failed, sizeof state->failed, step);
#ifdef _WIN32
    SetLastError(atomic_load(&state->error));
#endif
    return 1;
}

void hp_fault_arm(unsigned nth) {
    atomic_store(&state->second, 0);
#ifdef _WIN32
    atomic_store(&state->error, ERROR_GEN_FAILURE);
#endif
    atomic_store(&state->armed, 0); // no step may meet the new count with the old number
    atomic_store(&state->steps, 0);
    state->failed[0] = '\0';
    atomic_store(&state->armed, nth);
}

void hp_fault_arm_second(unsigned nth) {
    atomic_store(&state->second, nth);
}

void hp_fault_arm_error(unsigned code) {
    atomic_store(&state->error, code);
}

unsigned hp_fault_count(void) {
    return atomic_load(&state->steps);
}

const char *hp_fault_name(void) {
    return state->failed;
}

#endif
