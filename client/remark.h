/**
 * @file remark.h
 * What an update says of a failure, made fit for the app's log and callbacks. Pure.
 */
#ifndef HP_CLIENT_REMARK_H
#define HP_CLIENT_REMARK_H

#include "hotpatch/error.h"

/**
 * An update describes a failure with the whole line of hp_error_format, for those who know nothing of
 * Hotpatch: keep what the code and the name do not say anyway. Control characters become '?', since the line
 * may be meant to look like another.
 *
 * @param text  changed in place: valid UTF-8 stays that
 */
void hp_remark_tidy(HRESULT result, const char *function, char *text);

#endif
