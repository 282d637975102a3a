/**
 * @file log.h
 * Inside: how Hotpatch's own code says something. The public half is hotpatch/log.h.
 */
#ifndef HP_IDL_LOG_H
#define HP_IDL_LOG_H

#include "hotpatch/log.h"
#include "idl/trouble.h"

/** Would a line of this level be said? For lines that cost something to make. Thread-safe. */
int hp_log_wants(hp_log_level level);

/** Say a line, printf-like; cut off at 1,023 bytes. Keeps GetLastError and errno. Thread-safe. */
void hp_log_write(hp_log_level level, const char *format, ...) HP_PRINTF(2, 3);

/**
 * Say a failure as hp_trouble_format makes it, and return its code, for `return
 * hp_log_trouble(...)`. Thread-safe.
 */
HRESULT hp_log_trouble(hp_log_level level, const hp_trouble *trouble);

#endif
