/**
 * @file wait.h
 * Waiting for a word that another process writes: spin a little, then sleep. How long is spun adapts: who is
 * answered at once does not pay for an event, and who waits in vain sleeps early.
 *
 * Two sides that the system has put on one processor take turns there, ten times as slow as beside each
 * other, and may go on to: neither ever sleeps, so neither is woken elsewhere. So the update's side moves
 * away when that has happened to it several times in a row. The app's thread is left where it is.
 */
#ifndef HP_IDL_WAIT_H
#define HP_IDL_WAIT_H

#include "hotpatch/error.h"

/** One side's way of waiting. Belongs to one thread at a time. */
typedef struct hp_wait {
    HANDLE event;                /**< auto-reset; the other side sets it when it finds sleeps set */
    HANDLE process;              /**< of the other side: its end ends the wait */
    HANDLE cancel;               /**< ends the wait too; NULL for none */
    volatile LONG *sleeps;       /**< shared with the other side */
    const volatile LONG *closed; /**< shared: set by the other side when nothing more will come */
    volatile LONG *place;        /**< shared, a hint: 1 + number of the processor where the app waits */
    int moves;                   /**< this is the update's side */
    uint32_t crowded;            /**< its waits in a row that ended on the app's processor */
    ULONGLONG moved;             /**< GetTickCount64 */
    DWORD_PTR wide;              /**< where the thread may run but for having moved; 0: it has not */
    DWORD_PTR narrow;            /**< where it may run since */
    uint32_t spins;              /**< so many looks before it sleeps */
    uint32_t most;
} hp_wait;

/** Milliseconds until GetTickCount64 is that, 0 if it has been; INFINITE for 0, which is never. */
uint32_t hp_wait_left(ULONGLONG until);

/** Set spins and most for this machine. */
void hp_wait_prepare(hp_wait *wait);

/** Has a counter come as far as that? Counters wrap around. */
static inline int hp_wait_has_come(const volatile LONG *counter, uint32_t target) {
    return (int32_t)((uint32_t)*counter - target) >= 0;
}

/**
 * Wait until a shared counter has come as far as target. Pumps no messages.
 *
 * @param counter  written by the other side, which afterwards, behind a full barrier, looks at sleeps
 * @param until    GetTickCount64 at which the wait ends; 0: never
 * @return S_OK; HP_E_DEADLINE; HRESULT_FROM_WIN32(ERROR_BROKEN_PIPE) if the other side has ended or closed;
 *         HRESULT_FROM_WIN32(ERROR_CANCELLED); HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE) if one of the handles
 *         is none to wait for. What came before any of these counts.
 */
HRESULT hp_wait_until(hp_wait *wait, const volatile LONG *counter, uint32_t target, ULONGLONG until);

#endif
