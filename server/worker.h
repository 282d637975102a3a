/**
 * @file worker.h
 * Serves one channel: a thread that waits for calls, runs them and answers. It ends when its client closes
 * the channel or dies, or sends what is no call, and keeps the object until then.
 */
#ifndef HP_SERVER_WORKER_H
#define HP_SERVER_WORKER_H

#include "idl/channel.h"
#include "server/object.h"

/**
 * Take the other end of a client's channel and serve it from now on.
 *
 * @param object   has a client (hp_connection_open); the caller holds a reference
 * @param handles  as they are named in the client's process
 * @return S_OK; HRESULT_FROM_WIN32(ERROR_NOT_CONNECTED) without a client;
 *         HRESULT_FROM_WIN32(ERROR_NOT_ENOUGH_QUOTA) if it has enough; E_OUTOFMEMORY, or as hp_channel_join.
 *         Thread-safe.
 */
HRESULT hp_worker_start(hp_object *object, const hp_channel_handles *handles, hp_trouble *trouble);

#endif
