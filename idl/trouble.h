/**
 * @file trouble.h
 * One failure with everything that is known of it: code, name of the thing, detail. Inner functions
 * fill it, the public function on top logs it once and reports it. The first failure is kept; later
 * ones (of cleaning up) do not cover it.
 */
#ifndef HP_IDL_TROUBLE_H
#define HP_IDL_TROUBLE_H

#include "hotpatch/error.h"

/** A failure. Zero-initialise; all zero means: none so far. */
typedef struct hp_trouble {
    HRESULT result;
    char thing[264];  /**< name of the function, ProgID, key or file, UTF-8; empty if none */
    char detail[512]; /**< what is known beyond the code, UTF-8; empty if nothing */
} hp_trouble;

/**
 * Note a failure unless one is noted already.
 *
 * @param trouble  NULL is allowed: then nothing is noted
 * @param result   the code, returned
 * @param thing    UTF-8 name, NULL for none; cut off if too long, never in the middle of a character
 * @param format   printf format of the detail, NULL for none
 * @return result
 */
HRESULT hp_trouble_set(hp_trouble *trouble, HRESULT result, const char *thing, const char *format, ...)
    HP_PRINTF(4, 5);

/** Append to the detail of a failure that is noted; cut off like it. Does nothing without one. */
void hp_trouble_add(hp_trouble *trouble, const char *text);

#ifdef _WIN32
/** The same with a wide name. */
HRESULT hp_trouble_set_wide(hp_trouble *trouble, HRESULT result, const wchar_t *thing, const char *format,
                            ...) HP_PRINTF(4, 5);
/**
 * Note the calling thread's GetLastError as HRESULT (E_FAIL if it is 0); detail is
 * "<call> failed". Returns the code.
 */
HRESULT hp_trouble_set_last_error(hp_trouble *trouble, const char *thing, const char *call);
#endif

/** The line for people, see hp_error_format. */
size_t hp_trouble_format(const hp_trouble *trouble, char *text, size_t capacity);

#endif
