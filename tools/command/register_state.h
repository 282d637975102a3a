/**
 * @file register_state.h
 * For register.c: what an update that was ended while it registered itself has left in the registry.
 */
#ifndef HP_TOOLS_REGISTER_STATE_H
#define HP_TOOLS_REGISTER_STATE_H

#include "registry/class_list.h"

/** Which classes were there. Freed with hp_register_state_free. */
typedef struct hp_register_state {
    wchar_t (*clsids)[40];
    size_t count, room;
    int failed; /**< there was no memory for all of them */
} hp_register_state;

/** Note them, before the update runs. @return as hp_class_list, E_OUTOFMEMORY */
HRESULT hp_register_state_note(hp_register_state *before, hp_trouble *trouble);

/**
 * Look what has become of the update's classes, and say it on stderr. A class that is only half there, and is
 * this EXE's or was not there before, is removed: no app could use it.
 *
 * @param command  the subcommand that says it
 * @param exe      full path
 */
void hp_register_state_settle(const hp_register_state *before, const char *command, const wchar_t *exe);

void hp_register_state_free(hp_register_state *before);

#endif
