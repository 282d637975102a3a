#include "idl/fault.h"

#ifdef HP_FAULT_INJECTION

#include <stdatomic.h>

static atomic_uint steps;
static atomic_uint armed;
static atomic_uint second;
static atomic_uint error;
static const char *_Atomic failed = "";

int hp_fault_hit(const char *step) {
    unsigned number = atomic_fetch_add(&steps, 1) + 1;
    if (number != atomic_load(&armed) && number != atomic_load(&second))
        return 0;
    atomic_store(&failed, step);
#ifdef _WIN32
    SetLastError(atomic_load(&error));
#endif
    return 1;
}

void hp_fault_arm(unsigned nth) {
    atomic_store(&second, 0);
#ifdef _WIN32
    atomic_store(&error, ERROR_GEN_FAILURE);
#endif
    atomic_store(&armed, 0); // no step may meet the new count with the old number
    atomic_store(&steps, 0);
    atomic_store(&failed, "");
    atomic_store(&armed, nth);
}

void hp_fault_arm_second(unsigned nth) {
    atomic_store(&second, nth);
}

void hp_fault_arm_error(unsigned code) {
    atomic_store(&error, code);
}

unsigned hp_fault_count(void) {
    return atomic_load(&steps);
}

const char *hp_fault_name(void) {
    return atomic_load(&failed);
}

#endif
