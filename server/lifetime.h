/**
 * @file lifetime.h
 * How long the server process lives: as long as there are objects and locks. Counts this server's
 * own references and keeps COM's count (CoAddRefServerProcess) in step, so that COM stops handing
 * out a server that is about to end.
 */
#ifndef HP_SERVER_LIFETIME_H
#define HP_SERVER_LIFETIME_H

#include "idl/trouble.h"

/**
 * Get ready; once per process, before the class object is registered. Needs COM.
 *
 * @return S_OK or a wrapped Win32 error
 */
HRESULT hp_lifetime_open(hp_trouble *trouble);

/**
 * One more object or lock.
 *
 * @return S_OK, paired with hp_lifetime_leave; CO_E_SERVER_STOPPING once the end has been decided.
 *         Thread-safe.
 */
HRESULT hp_lifetime_enter(void);

/** One less; the last one decides the end. Thread-safe. */
void hp_lifetime_leave(void);

/**
 * The client of one object has died: only calls that are inside still hold it. Thread-safe.
 */
void hp_lifetime_orphan(void);

/** Such an object has gone. Thread-safe. */
void hp_lifetime_mourn(void);

/**
 * Wait until the last reference is gone, or until nobody has come for idle_ms after the start. Where calls
 * that nobody waits for hold all that is left, and do so for five seconds, the process is ended here: they
 * may never return, and an update must not outlive its app.
 *
 * @return S_OK; S_FALSE if nobody came
 */
HRESULT hp_lifetime_wait(uint32_t idle_ms);

/** Free what hp_lifetime_open made. */
void hp_lifetime_close(void);

/** How many objects and locks there have been. Thread-safe. */
LONG hp_lifetime_total(void);

#endif
