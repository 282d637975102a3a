/**
 * @file remote.h
 * An update, started and asked as a running app would do it. For one thread.
 */
#ifndef HP_TOOLS_REMOTE_H
#define HP_TOOLS_REMOTE_H

#include "client/apartment.h"
#include "client/offer.h"
#include "client/start.h"
#include "idl/frame.h"
#include "registry/class.h"

/** A connection to an update. Zero-initialise; ended with hp_remote_close. */
typedef struct hp_remote {
    hp_class_found found;
    hp_apartment apartment;
    IDispatch *update;
    hp_started started;
    hp_offer offer; /**< process id and names; no signatures */
} hp_remote;

/** Option --allow-elevated, for the texts of --help. */
#define HP_REMOTE_HELP                                                                                       \
    "  --allow-elevated  start the update even if this process is elevated and the update was\n"             \
    "                    registered for this user only. Any program of the user can register one,\n"         \
    "                    and would run elevated then. Under Wine every process counts as elevated.\n"

/**
 * Look the class up, start the update, connect to it, and ask for its names.
 *
 * @param progid  UTF-8, either form
 * @return S_OK; what hp_class_lookup, hp_activate_update and hp_offer_ask say. Close it in either case.
 */
HRESULT hp_remote_open(const char *progid, int allow_elevated, hp_remote *remote, hp_trouble *trouble);

/**
 * The signature of a function, as the update gives it.
 *
 * @param signature  receives it, malloc'ed
 * @return S_OK; HP_E_NAME_UNKNOWN with the nearest name as the detail, HP_E_SIGNATURE_LIMIT, or the update's
 * error
 */
HRESULT hp_remote_signature(hp_remote *remote, const char *name, char **signature, hp_trouble *trouble);

/**
 * Run a function.
 *
 * @param call   is written as a frame
 * @param reply  receives the reply, read but not compared with a signature
 * @param hold   keeps the reply's bytes; the caller clears it with VariantClear
 */
HRESULT hp_remote_call(hp_remote *remote, const char *name, hp_frame *call, hp_frame *reply, VARIANT *hold,
                       hp_trouble *trouble);

/** Let the update go, and wait until it has ended if it was started here. */
void hp_remote_close(hp_remote *remote);

#endif
