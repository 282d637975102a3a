// Routine, thunk and jump are copies of the templates in tally_x64.S and tally_x86.S.
#include "proxygen/tally.h"

#include <string.h>

extern const unsigned char hp_tally_routine[];
extern const unsigned char hp_tally_thunk[], hp_tally_thunk_tally[], hp_tally_thunk_routine[];
extern const unsigned char hp_tally_jump[], hp_tally_jump_slot[];

void hp_tally_write_routine(unsigned char *place) {
    memcpy(place, hp_tally_routine, HP_TALLY_ROUTINE_SIZE);
}

#if defined(__x86_64__)
extern const unsigned char hp_tally_function[], hp_tally_function_end[], hp_tally_unwind[];

static DWORD routine_offset(const unsigned char *label) {
    return (DWORD)(label - hp_tally_routine);
}

void hp_tally_describe(RUNTIME_FUNCTION *function) {
    function->BeginAddress = routine_offset(hp_tally_function);
    function->EndAddress = routine_offset(hp_tally_function_end);
    function->UnwindData = routine_offset(hp_tally_unwind);
}
#endif

// A displacement counts from the end of its instruction, and is the last part of it here.
static void write_displacement(unsigned char *place, const volatile void *to) {
    const uint32_t displacement = (uint32_t)((uintptr_t)to - (uintptr_t)place - sizeof displacement);
    memcpy(place, &displacement, sizeof displacement);
}

void hp_tally_write_thunk(unsigned char *place, const hp_tally *tally, const unsigned char *routine) {
    memcpy(place, hp_tally_thunk, HP_TALLY_THUNK_SIZE);
    memcpy(place + (hp_tally_thunk_tally - hp_tally_thunk), &tally, sizeof tally);
    write_displacement(place + (hp_tally_thunk_routine - hp_tally_thunk), routine);
}

void hp_tally_write_jump(unsigned char *place, void *const volatile *slot) {
    unsigned char *const operand = place + (hp_tally_jump_slot - hp_tally_jump);
    memcpy(place, hp_tally_jump, HP_TALLY_JUMP_SIZE);
#if defined(__x86_64__)
    write_displacement(operand, slot);
#else
    memcpy(operand, &slot, sizeof slot);
#endif
}
