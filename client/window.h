/**
 * @file window.h
 * Code made writable for a moment. The pages stay executable, since threads may be running there: the one
 * moment in which pages are both.
 */
#ifndef HP_CLIENT_WINDOW_H
#define HP_CLIENT_WINDOW_H

#include "client/plant.h"

/** A run of pages that had one protection. */
typedef struct hp_window_run {
    unsigned char *start;
    size_t size;
    DWORD protection; /**< as it was */
} hp_window_run;

/** All runs. Zero-initialise. */
typedef struct hp_window {
    size_t count;
    hp_window_run *runs;
} hp_window;

/**
 * Make the first bytes of some functions, and the room before them, writable.
 *
 * @param plants  pointers, any order; not changed
 * @return S_OK; HP_E_OVERLAP if two lie less than the room apart; E_OUTOFMEMORY, HP_E_DYNAMIC_CODE or what
 *         VirtualProtect says: then all protections are as they were
 */
HRESULT hp_window_open(hp_plant *const *plants, size_t count, hp_window *window, hp_trouble *trouble);

/** Put the protections back and flush the instruction cache. */
void hp_window_close(hp_window *window);

/** What a failed VirtualProtect means, from GetLastError: HP_E_DYNAMIC_CODE or the wrapped code. */
HRESULT hp_window_error(void);

#endif
