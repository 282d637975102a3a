/**
 * @file caller.h
 * Who may call an update: processes of the user that it runs as, and no less trusted than it is itself.
 */
#ifndef HP_SERVER_CALLER_H
#define HP_SERVER_CALLER_H

#include "hotpatch/base.h"
#include "idl/trouble.h"

/** Whom a token stands for. */
typedef struct hp_caller_identity {
    union {
        SID sid;
        unsigned char room[SECURITY_MAX_SID_SIZE];
    } user;
    uint32_t integrity; /**< last part of the integrity level: 0x2000 is medium, 0x3000 elevated */
} hp_caller_identity;

/**
 * Have COM refuse other users, in the whole process: CoInitializeSecurity with a descriptor that lets in this
 * user and the system, on this machine, and calls that are authenticated and sealed. Before anything is
 * marshalled.
 *
 * @return S_OK; RPC_E_TOO_LATE if the program has set COM's security itself, which then counts; a wrapped
 *         Win32 error or COM's
 */
HRESULT hp_caller_protect(hp_trouble *trouble);

/**
 * Is the call that this thread is serving one of our own user's? Asked of COM by impersonation.
 *
 * @return S_OK, also where COM says that there is no call: from inside this process, and always under Wine 8,
 *         so it is logged once; HP_E_CALLER. The thread impersonates nobody afterwards. Thread-safe.
 */
HRESULT hp_caller_check(hp_trouble *trouble);

/** What hp_caller_check makes of CoImpersonateClient's result. */
typedef enum hp_caller_news {
    HP_CALLER_SHOWN,   /**< the thread's token is the caller's */
    HP_CALLER_UNKNOWN, /**< no call from outside, or the system does not tell: let in */
    HP_CALLER_HIDDEN,  /**< the caller could not be found out: refuse */
} hp_caller_news;

hp_caller_news hp_caller_read(HRESULT impersonated);

/** Whom does a token stand for? @return S_OK or a wrapped Win32 error */
HRESULT hp_caller_identify(HANDLE token, hp_caller_identity *identity);

/** May this one call us? S_OK or HP_E_CALLER. */
HRESULT hp_caller_judge(const hp_caller_identity *caller, const hp_caller_identity *own, hp_trouble *trouble);

#endif
