/**
 * @file server.h
 * The update's side: one call at the top of main makes a program a COM local server for its HP_EXPORT
 * functions.
 *
 *     int main(void)
 *     {
 *         static const hp_server_class update = {
 *             .size = sizeof update, .progid = L"Acme.Game.Update", .version = 2};
 *         int code = hp_com_main(&update);
 *         return code != HP_NOT_A_SERVER ? code : run_the_program();
 *     }
 */
#ifndef HOTPATCH_SERVER_H
#define HOTPATCH_SERVER_H

#include "hotpatch/base.h"
#include "hotpatch/error.h"
#include "hotpatch/function.h"
#include "hotpatch/log.h"

#ifndef _WIN32
#error "hotpatch/server.h is for Windows programs"
#endif

/** hp_com_main's answer to a command line that is not its own: start the program normally. */
#define HP_NOT_A_SERVER (-1)

/** The class that an update registers. */
typedef struct hp_server_class {
    uint32_t size; /**< sizeof(hp_server_class) */
    uint32_t
        version; /**< version of this update, at least 1: the ProgID's last part, and what CurVer compares */
    /**
     * Version-independent ProgID: ASCII letters, digits and single periods, beginning with a letter. With
     * "." and the decimal version it has at most COM's 39 characters: 37 for versions 1 to 9, 36 up to 99.
     */
    const wchar_t *progid;
    const wchar_t *name; /**< friendly name; NULL: the ProgID */
    const CLSID
        *clsid; /**< class id of this version; NULL: derived from ProgID and version (RFC 9562, version 5) */
    uint32_t idle_ms; /**< a server that nobody connects to ends after this; 0: 30,000 */
} hp_server_class;

HP_BEGIN_DECLS

/**
 * Understand the command line of this process and act on it.
 *
 *     /regserver     register the class for this user (HKEY_CURRENT_USER, no administrator)
 *     /unregserver   remove exactly what /regserver wrote; what a newer version wrote stays
 *     /Embedding     serve until the last client is gone
 *
 * Each also with `-`, in any case. Call it first thing in main, before threads, windows or COM. A process
 * that serves has COM's security set so (CoInitializeSecurity) that only this user and the system get in.
 *
 * @param description  the class; read during the call only
 * @return HP_NOT_A_SERVER if the command line holds none of these; otherwise the exit code for main: 0, or 1
 *         after an error that was written to stderr and the log
 */
int hp_com_main(const hp_server_class *description);

HP_END_DECLS

#endif
