/**
 * @file client.h
 * The app's side: find the update under its ProgID, start it, redirect the functions of the running app to
 * it.
 *
 * All functions are thread-safe, initialise COM for themselves and leave the calling thread's apartment as it
 * was. Whatever fails leaves the app's code bytes, handles and memory as they were.
 */
#ifndef HOTPATCH_CLIENT_H
#define HOTPATCH_CLIENT_H

#include "hotpatch/base.h"
#include "hotpatch/error.h"
#include "hotpatch/function.h"
#include "hotpatch/log.h"
#include "hotpatch/policy.h"

#ifndef _WIN32
#error "hotpatch/client.h is for Windows programs"
#endif

/** Patch what can be patched, and report the rest. Without it: all or nothing. */
#define HP_ATTACH_PARTIAL 0x1u
/**
 * In an elevated process, still start an EXE that HKEY_CURRENT_USER names. Any unelevated program
 * of the same user can write there, and so choose the EXE. (Wine gives every process an elevated
 * token: this flag is needed there.)
 */
#define HP_ATTACH_ALLOW_ELEVATED 0x2u

/** How calls reach the update. COM finds, starts, identifies and ends it in any case. */
typedef enum hp_transport_kind {
    /**
     * shared memory where it can be had, else COM. The environment variable HOTPATCH_TRANSPORT, if it is
     * "com" or "shared", decides in its place
     */
    HP_TRANSPORT_AUTO = 0,
    HP_TRANSPORT_COM = 1, /**< IDispatch::Invoke */
    /**
     * shared memory, or no attach: HP_E_TRANSPORT, or why there is none (E_OUTOFMEMORY, a Win32 error). A
     * single call still goes over COM while all channels are taken
     */
    HP_TRANSPORT_SHARED = 2,
} hp_transport_kind;

/** How to attach. Zero-initialise, set size, set what differs. */
typedef struct hp_attach_options {
    uint32_t size;             /**< sizeof(hp_attach_options) */
    uint32_t flags;            /**< HP_ATTACH_... */
    HMODULE module;            /**< image whose functions are redirected; NULL: the EXE */
    uint32_t start_timeout_ms; /**< how long the update may take to register its class object; 0: 30,000 */
    /** how long to wait for calls inside an older update that is replaced; 0: 5,000 */
    uint32_t drain_timeout_ms;
    /** for all of the attach but that wait; 0: none. HP_E_DEADLINE when it passes; ending an update that does
     * not listen may take up to ten seconds more */
    uint32_t deadline_ms;
    hp_breaker breaker;      /**< when calls are given up; zero: the defaults */
    const hp_policy *policy; /**< of every function that has none of its own; NULL: the defaults */
    /** policies of single functions, function_count of them; one for a function that the update does not
     * offer is logged and otherwise ignored */
    const hp_function_policy *functions;
    uint32_t function_count; /**< of functions */
    /** SHA-256 of the update's EXE, 32 bytes; NULL: any. HP_E_IMAGE_UNTRUSTED if it is another */
    const uint8_t *sha256;
    /** SHA-256 of the certificate (DER) that the update's EXE must be signed with, 32 bytes; NULL: any. The
     * signature must be valid; the certificate itself need not lead to a trusted root, as it is named here */
    const uint8_t *signer;
    hp_transport_kind transport; /**< how calls are to reach the update */
} hp_attach_options;

/** What became of one function. */
typedef struct hp_report_item {
    const char *name;      /**< the function */
    HRESULT result;        /**< S_OK: redirected, or would have been had nothing else failed */
    const char *detail;    /**< what is known beyond the code; may be empty, never NULL */
    const char *signature; /**< the update's signature text, empty if it could not be had */
    /** the app's own: of its HP_EXPORT, or of its debug information; empty if it has none */
    const char *own_signature;
} hp_report_item;

/** What an attach did. Freed with hp_report_free. */
typedef struct hp_report {
    uint32_t size;       /**< sizeof(hp_report) */
    HRESULT result;      /**< what hp_com_attach_ex returned */
    const char *message; /**< one line: the name of the thing, what happened, what to do; never NULL */
    uint32_t server_pid; /**< process id of the update, 0 if it was not reached */
    uint32_t redirected; /**< number of functions that now run in the update */
    hp_transport_kind transport;  /**< COM or SHARED; AUTO if it came to nothing */
    const char *transport_detail; /**< why it is not shared memory, if it might have been; never NULL */
    uint32_t count;               /**< number of items */
    hp_report_item *items;        /**< one per name that the update offers, in its order */
} hp_report;

/** What an event of a watch is about. */
typedef enum hp_event_kind {
    HP_EVENT_ATTACHED = 1, /**< functions run in the update, for the first time or in a newer version */
    HP_EVENT_FAILED =
        2, /**< the class is there, but attaching failed; tried again when it changes or later */
    HP_EVENT_LOST =
        3, /**< the update died; the app runs its own code; the update is restarted with a back-off */
    HP_EVENT_DETACHED = 4, /**< the class is gone; original code is back */
    HP_EVENT_OPENED = 5, /**< calls failed repeatedly: they follow their policy at once (HP_E_BREAKER_OPEN) */
    HP_EVENT_CLOSED = 6, /**< a call that was let through to try has succeeded: all go to the update again */
    HP_EVENT_HUNG = 7,   /**< the update missed several deadlines in a row and was ended; LOST follows */
} hp_event_kind;

/** What a watch has to say. Valid during the callback. */
typedef struct hp_event {
    hp_event_kind kind; /**< what has happened */
    /** what attach (ATTACHED, FAILED) or detach (DETACHED) gave; HP_E_UPDATE_GONE of LOST;
     * HP_E_BREAKER_OPEN of OPENED; S_OK of CLOSED; HP_E_DEADLINE of HUNG */
    HRESULT result;
    const char *message;     /**< a line for people, never NULL */
    const wchar_t *progid;   /**< as given to hp_com_watch */
    const hp_report *report; /**< of ATTACHED and FAILED, otherwise NULL */
    const wchar_t *function; /**< of OPENED and CLOSED, otherwise NULL */
} hp_event;

/** Called on the watch's own thread. It may call patched functions, but not hp_com_unwatch. Of changes that
 * follow each other fast only the last may be told. */
typedef void hp_event_sink(void *context, const hp_event *event);

/** How to watch. Zero-initialise, set size and attach.size, set what differs. */
typedef struct hp_watch_options {
    uint32_t size; /**< sizeof(hp_watch_options) */
    hp_attach_options
        attach;          /**< how to attach; its size must be set; what it points to stays until unwatch */
    hp_event_sink *sink; /**< NULL: nobody listens */
    void *context;       /**< handed to the sink */
    uint32_t retry_ms;   /**< first back-off after a loss or a failure, doubled up to 64 times; 0: 250 */
} hp_watch_options;

/** A running watch. */
typedef struct hp_watch hp_watch;

/** How a session fares. */
typedef struct hp_session_status {
    uint32_t size;       /**< sizeof(hp_session_status), set by the caller */
    uint32_t server_pid; /**< process id of the update */
    uint32_t functions;  /**< redirected */
    uint32_t gone;       /**< 1: the update has died */
    uint32_t open;       /**< functions whose breaker is open */
    uint32_t inside;     /**< calls that are with the update now, including those whose deadline has passed */
    uint64_t calls;      /**< that the update answered */
    uint64_t failures;   /**< calls that followed their policy instead, each counted once */
    uint64_t retries;    /**< tries beyond the first */
    uint64_t late_answers;       /**< dropped, because their deadline had passed */
    hp_transport_kind transport; /**< COM or SHARED */
    uint32_t channels;     /**< in shared memory: so many calls were, or may have been, under way at once */
    uint64_t shared_calls; /**< of calls, those that were answered through shared memory */
} hp_session_status;

HP_BEGIN_DECLS

/**
 * Start the update registered under a ProgID and redirect to it every function that it offers: all or
 * nothing.
 *
 * @param progid  version-independent ("Acme.Game.Update": the current version) or
 *                versioned ("Acme.Game.Update.2")
 * @return S_OK; S_FALSE if the app is attached to this very update already, which is harmless: nothing is
 *         looked at then, options included. If it is
 *         attached to an older version, or to one that died, it moves to the current one without a moment of
 *         original code. Errors: HP_E_PROGID_UNKNOWN, HP_E_CLASS_DAMAGED, HP_E_SERVER_..., HP_E_PROTOCOL,
 *         HP_E_NO_EXPORTS, HP_E_NAME_..., HP_E_SIGNATURE_..., HP_E_TYPE_MISMATCH, HP_E_NOT_PATCHABLE and the
 * codes after it, HP_E_TABLE_..., HP_E_INLINED, HP_E_CLONE, HP_E_ELEVATED, HP_E_IMAGE_UNTRUSTED, HP_E_POLICY,
 * HP_E_DEADLINE, E_OUTOFMEMORY, and COM's own.
 * Nothing is patched then, a connection that was opened is closed, an update that was started has ended, and
 * the log names the thing.
 *
 * The update is trusted with what its signatures say: where the app has no signature of its own for a
 * function (HP_EXPORT, or "hotpatch prepare"), the update's text alone decides which arguments are pointers
 * and how much memory is read and written there. While an app is attached, its process has a multithreaded
 * apartment and COM's default security; call CoInitializeSecurity before the first attach if it is to be
 * called at all.
 */
HRESULT hp_com_attach(const wchar_t *progid);

/**
 * The same with options and a report.
 *
 * @param progid   as above
 * @param options  NULL for the defaults
 * @param report   receives what happened, function by function, also on failure; free with hp_report_free;
 *                 NULL allowed. *report is NULL only if there was no memory for it.
 * @return as hp_com_attach; HP_S_PARTIAL if HP_ATTACH_PARTIAL left functions out
 */
HRESULT hp_com_attach_ex(const wchar_t *progid, const hp_attach_options *options, hp_report **report);

/**
 * Free a report.
 *
 * @param report  of hp_com_attach_ex; NULL is allowed
 */
void hp_report_free(hp_report *report);

/**
 * Give all functions redirected for this ProgID their original code back and let go of the update.
 *
 * @param progid      as given to attach
 * @param timeout_ms  how long to wait for calls that are inside the update; INFINITE is allowed
 * @return S_OK. HP_E_NOT_ATTACHED. HP_E_CALL_BUSY: the code is reverted, but calls are still inside; they
 *         finish in the update, which is let go of when the last one returns. (Also, without waiting, if it
 *         is this thread's own call, whose policy's callback has come here.) HP_E_FOREIGN_BYTES:
 *         somebody else changed a function after us; that one is left alone (its thunk runs the original
 *         code), all others are reverted. E_INVALIDARG. E_OUTOFMEMORY, HP_E_DYNAMIC_CODE or a wrapped Win32
 *         error if the code could not be made writable: the jumps stay, and their thunks run the original
 *         code.
 *
 * In DLL_PROCESS_DETACH at the end of the process the code stays as it is, but from then on all calls run the
 * original; the answer is S_OK. Not to be called from DllMain otherwise.
 */
HRESULT hp_com_detach(const wchar_t *progid, uint32_t timeout_ms);

/**
 * Look at a session. While the update is dead, or the breaker open, calls whose policy is to run the original
 * are not counted: they cost as good as nothing.
 *
 * @param progid  as given to attach
 * @param status  receives how it fares; its size must be set
 * @return S_OK, HP_E_NOT_ATTACHED, E_INVALIDARG
 */
HRESULT hp_com_status(const wchar_t *progid, hp_session_status *status);

/**
 * Detach if attached (waiting up to 5 s for calls), and remove the registration of the class under
 * HKEY_CURRENT_USER: what `update /unregserver` removes. For an app's exit.
 *
 * @param progid  as given to attach
 * @return S_OK, S_FALSE if nothing was registered, or the error of the first part
 *         that failed; both parts are tried
 */
HRESULT hp_com_unregister(const wchar_t *progid);

/**
 * Attach when the class appears, move on when CurVer changes, detach when it goes, restart the
 * update when it dies. Returns at once; the work is done on a thread of the watch's own, woken
 * by registry and process events. What the app detaches by itself stays detached until the class
 * is registered anew or changes.
 *
 * @param progid   version-independent ProgID
 * @param options  NULL for the defaults
 * @param watch    receives the watch, ended by hp_com_unwatch
 * @return S_OK, E_INVALIDARG, E_OUTOFMEMORY, or what opening `HKEY_CURRENT_USER\Software\Classes` gives
 */
HRESULT hp_com_watch(const wchar_t *progid, const hp_watch_options *options, hp_watch **watch);

/**
 * Stop watching, detach (waiting up to drain_timeout_ms for calls), free the watch. Waits,
 * without pumping messages, for the sink to return and for an update that is being asked what it offers; a
 * wait for an update's start is cut short. In DLL_PROCESS_DETACH at the end of the process it does what
 * hp_com_detach does then, and returns at once.
 *
 * @param watch  of hp_com_watch; NULL is allowed
 */
void hp_com_unwatch(hp_watch *watch);

HP_END_DECLS

#endif
