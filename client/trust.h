/**
 * @file trust.h
 * Is the update's process the program that was registered, and the one that the app expects? Asked before
 * anything is planted; see docs/security.md for what the answer is worth.
 */
#ifndef HP_CLIENT_TRUST_H
#define HP_CLIENT_TRUST_H

#include <oaidl.h>

#include "hotpatch/client.h"
#include "idl/trouble.h"

/**
 * Take hold of an EXE: until the handle is closed nobody can write to, rename or delete the file. Then check
 * its hash and its signer, if the options name them.
 *
 * @param exe      full path
 * @param options  sha256 and signer are looked at
 * @param file     receives the handle, closed by the caller once a process was compared with it; NULL on
 *                 failure
 * @return S_OK; HP_E_IMAGE_UNTRUSTED: hash or signer differ, or the signer cannot be verified here; a wrapped
 *         error if the hash cannot be computed or the file cannot be held, because somebody is writing to it
 *         for instance. Thread-safe.
 */
HRESULT hp_trust_hold(const wchar_t *exe, const hp_attach_options *options, HANDLE *file,
                      hp_trouble *trouble);

/** Which file it is, as the file system says; true of a file for as long as it is open. */
typedef struct hp_trust_identity {
    FILE_ID_INFO full; /**< 128 bits, which ReFS needs; zeroed where they cannot be had (before Windows 8) */
    uint32_t volume;
    uint64_t number; /**< 64 bits: every file system's, but not always one of its own */
} hp_trust_identity;

/**
 * Are two files one? Pure. By their 128 bits if both have them, else by the 64 bits of both.
 *
 * A number that is all zeros or all ones is none: the file system does not number its files, or this one has
 * no number of so few bits ([MS-FSCC] 2.1.9 and 2.1.10).
 *
 * @return 1 or 0; -1 if nobody can tell
 */
int hp_trust_same(const hp_trust_identity *a, const hp_trust_identity *b);

/**
 * Does a process run this very file? Files are compared, not their paths.
 *
 * @param file     as hp_trust_hold gave it
 * @param exe      its path, for the trouble
 * @param process  with PROCESS_QUERY_LIMITED_INFORMATION; it may be suspended
 * @return S_OK; HP_E_IMAGE_UNTRUSTED if it runs another one; a wrapped Win32 error if that cannot be found
 *         out. Thread-safe.
 */
HRESULT hp_trust_compare(HANDLE file, const wchar_t *exe, HANDLE process, hp_trouble *trouble);

/**
 * The same for a process that COM has started, or that ran already: which one it is only the update can say.
 * So this proves that a process of this user runs the file, not that the object lives in it.
 *
 * @param update  asked for ProcessId; the calling thread is in the multithreaded apartment
 * @return as hp_trust_compare; HP_E_UPDATE_GONE if there is no such process; HP_E_SERVER_NOT_HOTPATCH or
 *         COM's error if it does not answer
 */
HRESULT hp_trust_claim(HANDLE file, const wchar_t *exe, IDispatch *update, hp_trouble *trouble);

#endif
