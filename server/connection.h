/**
 * @file connection.h
 * Which process uses an object. COM notices a killed client late or, for calls on one machine, never;
 * the process handle knows at once. And a client's release may get lost on its way; its farewell does not.
 */
#ifndef HP_SERVER_CONNECTION_H
#define HP_SERVER_CONNECTION_H

#include "idl/trouble.h"

struct hp_object;

/** Part of an object; all zero: no client known. */
typedef struct hp_connection {
    volatile LONG taken; /**< a process was named */
    HANDLE process;
    PTP_WAIT wait;
    volatile LONG
        orphaned; /**< the client's process has ended: only calls that are inside still hold the object */
} hp_connection;

/**
 * Watch a process from now on: when it ends, all remote references to the object are dropped.
 *
 * @param object      whose connection it is; the caller holds a reference
 * @param process_id  the client
 * @return S_OK; HRESULT_FROM_WIN32(ERROR_ALREADY_INITIALIZED) if the object has a client already, or why the
 *         process cannot be opened or watched; then the object is as before. Thread-safe.
 */
HRESULT hp_connection_open(struct hp_object *object, DWORD process_id, hp_trouble *trouble);

/**
 * The client goes. Its release should follow; if it does not within a second, all remote references to the
 * object are dropped.
 *
 * @param object  the caller holds a reference
 * @return S_OK; HRESULT_FROM_WIN32(ERROR_NOT_CONNECTED) without a client. Thread-safe.
 */
HRESULT hp_connection_end(struct hp_object *object, hp_trouble *trouble);

/**
 * Stop watching; for the object's destruction, on any thread, also the one that was told of the client's end.
 */
void hp_connection_close(hp_connection *connection);

#endif
