/**
 * @file start.h
 * Starts an update as COM would, where COM does not know its class, and receives its
 * class object; see idl/handover.h.
 */
#ifndef HP_CLIENT_START_H
#define HP_CLIENT_START_H

#include <oaidl.h>

#include "client/leash.h"
#include "idl/trouble.h"

/** What is to be started. */
typedef struct hp_start_exe {
    const wchar_t *path; /**< full */
    HANDLE file;         /**< the same file, held by hp_trust_hold */
} hp_start_exe;

/** An update that was started here. */
typedef struct hp_started {
    HANDLE process;
    HANDLE let_go; /**< event: set it once the update's object was released; the update waits for it, for a
                    * while, before it ends, so that RPC does not lose the connection in the middle of it */
} hp_started;

/** How long a start may take, and who may end it. */
typedef struct hp_start_limits {
    uint32_t timeout_ms;
    HANDLE cancel;   /**< event that ends the wait; NULL for none */
    hp_leash *leash; /**< is tied to the process; NULL for none */
} hp_start_limits;

/**
 * Start the EXE of a class and wait, without pumping messages, until it hands its class object over. Nothing
 * of it runs before its process was found to be one of that file.
 *
 * @param exe         its EXE
 * @param limits      see there
 * @param update      receives a new object of the update, released by the caller
 * @param started     receives the process and the event, closed by the caller
 * @return S_OK; HP_E_IMAGE_UNTRUSTED, HP_E_SERVER_EXITED, HP_E_SERVER_SILENT,
 *         HRESULT_FROM_WIN32(ERROR_CANCELLED), a wrapped Win32 error or COM's. On failure the process has
 *         been ended: no process and no handle stays.
 */
HRESULT hp_start_update(const hp_start_exe *exe, const hp_start_limits *limits, IDispatch **update,
                        hp_started *started, hp_trouble *trouble);

/**
 * An update that was started here is not wanted: let it end by itself, its object having been released, and
 * end it if it does not. It has ended on return, and the handles are closed.
 */
void hp_start_end(hp_started *started);

#endif
