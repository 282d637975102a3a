/**
 * @file report.h
 * Makes the hp_report of client.h.
 */
#ifndef HP_CLIENT_REPORT_H
#define HP_CLIENT_REPORT_H

#include "client/plan.h"
#include "hotpatch/client.h"

/**
 * A report of one attach.
 *
 * @param result      what attach returns
 * @param trouble     the failure, if any
 * @param plan        function by function; may be empty
 * @param redirected  number of functions that now run in the update
 * @param exe         of the update; NULL if no class was found
 * @param pid         of the update, 0 if it was not reached
 * @return the report, NULL without memory
 */
hp_report *hp_report_make(HRESULT result, const hp_trouble *trouble, const hp_plan *plan, size_t redirected,
                          const wchar_t *exe, uint32_t pid);

/**
 * Add what calls use. Without memory for it, the report is freed, and *report NULL.
 *
 * @param report  *report may be NULL
 * @param detail  why it is not shared memory, if it might have been
 */
void hp_report_note_transport(hp_report **report, hp_transport_kind transport, const char *detail);

#endif
