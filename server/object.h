/**
 * @file object.h
 * The dispatch object that an app talks to. One per client; it keeps the server process alive.
 */
#ifndef HP_SERVER_OBJECT_H
#define HP_SERVER_OBJECT_H

#include "server/connection.h"
#include "server/exports.h"

#include <oaidl.h>

typedef struct hp_object {
    IDispatch dispatch;
    volatile LONG references;
    const hp_exports *exports;
    hp_connection connection;
    volatile LONG channels; /**< that are served, see worker.h; each holds a reference */
} hp_object;

/**
 * Make an object with one reference.
 *
 * @param exports  what it offers; must outlive it
 * @param object   receives it
 * @return S_OK, E_OUTOFMEMORY, CO_E_SERVER_STOPPING
 */
HRESULT hp_object_create(const hp_exports *exports, hp_object **object);

/** Nonzero if objects have this interface. */
int hp_object_answers(REFIID iid);

/** Add a reference unless the last one is gone; nonzero if added. Thread-safe. */
int hp_object_try_addref(hp_object *object);

#endif
