/**
 * @file class_lock.h
 * One writer of a user's classes at a time, across processes and sessions.
 */
#ifndef HP_REGISTRY_CLASS_LOCK_H
#define HP_REGISTRY_CLASS_LOCK_H

#include "idl/trouble.h"

/**
 * Wait until no other process of this user writes: half a minute at most, after which something is stuck.
 *
 * A writer that died in the middle leaves the lock to us: what it left behind is completed by the next
 * register, or removed by the next unregister, of that class.
 *
 * @param lock  receives the lock, NULL on failure; given back by hp_class_lock_release on the same thread
 */
HRESULT hp_class_lock_take(HANDLE *lock, hp_trouble *trouble);

/** Let the next one write. NULL is allowed. */
void hp_class_lock_release(HANDLE lock);

#endif
