#include "client/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idl/fault.h"

static const char *copy(const char *text) {
    return HP_FAULT("memory for the report") ? NULL : _strdup(text);
}

static int fill_items(hp_report *report, const hp_plan *plan) {
    if (plan->count == 0)
        return 1;
    report->items = HP_FAULT("memory for the report") ? NULL : calloc(plan->count, sizeof *report->items);
    if (report->items == NULL)
        return 0;
    report->count = (uint32_t)plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        const hp_plan_item *from = &plan->items[i];
        hp_report_item *item = &report->items[i];
        item->name = copy(from->offer->name);
        item->detail = copy(from->detail);
        item->signature = copy(from->offer->signature != NULL ? from->offer->signature : "");
        item->own_signature = copy(from->own_signature != NULL ? from->own_signature : "");
        item->result = from->result;
        if (item->name == NULL || item->detail == NULL || item->signature == NULL ||
            item->own_signature == NULL)
            return 0;
    }
    return 1;
}

static void write_message(const hp_report *report, const hp_trouble *trouble, const wchar_t *exe, char *text,
                          size_t capacity) {
    if (FAILED(report->result))
        hp_trouble_format(trouble, text, capacity);
    else if (report->result == S_FALSE)
        snprintf(text, capacity, "attached already: %lu functions run in %ls (process %lu)",
                 (unsigned long)report->redirected, exe, (unsigned long)report->server_pid);
    else
        snprintf(text, capacity, "%lu of %lu functions now run in %ls (process %lu)",
                 (unsigned long)report->redirected, (unsigned long)report->count, exe,
                 (unsigned long)report->server_pid);
}

hp_report *hp_report_make(HRESULT result, const hp_trouble *trouble, const hp_plan *plan, size_t redirected,
                          const wchar_t *exe, uint32_t pid) {
    char message[1024];
    hp_report *report = HP_FAULT("memory for the report") ? NULL : calloc(1, sizeof *report);
    if (report == NULL)
        return NULL;
    report->size = sizeof *report;
    report->result = result;
    report->server_pid = pid;
    report->redirected = (uint32_t)redirected;
    int filled = fill_items(report, plan);
    write_message(report, trouble, exe, message, sizeof message);
    report->message = copy(message);
    if (report->message == NULL || !filled) {
        hp_report_free(report);
        return NULL;
    }
    return report;
}

void hp_report_note_transport(hp_report **report, hp_transport_kind transport, const char *detail) {
    if (*report == NULL)
        return;
    (*report)->transport = transport;
    (*report)->transport_detail = copy(detail);
    if ((*report)->transport_detail == NULL) {
        hp_report_free(*report);
        *report = NULL;
    }
}

void hp_report_free(hp_report *report) {
    if (report == NULL)
        return;
    for (uint32_t i = 0; i < report->count; i++) {
        free((void *)(uintptr_t)report->items[i].name);
        free((void *)(uintptr_t)report->items[i].detail);
        free((void *)(uintptr_t)report->items[i].signature);
        free((void *)(uintptr_t)report->items[i].own_signature);
    }
    free(report->items);
    free((void *)(uintptr_t)report->message);
    free((void *)(uintptr_t)report->transport_detail);
    free(report);
}
