/**
 * @file launch.h
 * Run an update with one of its options, and not for ever.
 */
#ifndef HP_TOOLS_LAUNCH_H
#define HP_TOOLS_LAUNCH_H

#include "idl/trouble.h"

/**
 * Run `"exe" argument` with this process' standard handles, and wait for its end. If it takes too long, it is
 * ended: that process only, by its handle, and not what it may have started.
 *
 * @param exe      full path
 * @param seconds  how long it may take, at most 1,000,000
 * @param code     receives its exit code
 * @return S_OK: it has ended by itself; HRESULT_FROM_WIN32(ERROR_TIMEOUT): it was ended; another wrapped
 *         Win32 error, E_OUTOFMEMORY
 */
HRESULT hp_launch_wait(const wchar_t *exe, const wchar_t *argument, uint32_t seconds, DWORD *code,
                       hp_trouble *trouble);

#endif
