/**
 * @file activate.h
 * From a class to the running update's object. A class of all users is COM's to start. A class of this
 * user is started here as COM would start it (start.h): COM does not know it everywhere (not in an
 * elevated process, and not under Wine 8), may name a process that was killed, and reports an EXE that
 * dies at start only after a long wait.
 */
#ifndef HP_CLIENT_ACTIVATE_H
#define HP_CLIENT_ACTIVATE_H

#include <oaidl.h>

#include "hotpatch/client.h"
#include "client/start.h"
#include "registry/class.h"

/**
 * Get the update's object, starting it if it does not run.
 *
 * @param found    the class
 * @param options  flags, sha256, signer and start_timeout_ms are looked at; the latter for a class of this
 *                 user
 * @param limits   of a start, but for its time; NULL for none
 * @param update   receives the object, released by the caller; the calling thread is
 *                 in the multithreaded apartment
 * @param started  receives the process and its event if it was started here, closed by the caller; else zero
 * @return S_OK; HP_E_SERVER_MISSING, HP_E_SERVER_NOT_EXECUTABLE, HP_E_SERVER_ARCHITECTURE,
 *         HP_E_SERVER_EXITED, HP_E_SERVER_SILENT, HP_E_ELEVATED, HP_E_IMAGE_UNTRUSTED, or COM's error. No
 *         process that was started here stays, and no handle.
 */
HRESULT hp_activate_update(const hp_class_found *found, const hp_attach_options *options,
                           const hp_start_limits *limits, IDispatch **update, hp_started *started,
                           hp_trouble *trouble);

#endif
