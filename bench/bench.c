/*
 * What a call costs, by every way that it can take, in one table. App and update are this one EXE, and so is
 * the process that plays ping-pong with the app.
 */
#include <hotpatch/hotpatch.h>

#include <stdio.h>
#include <string.h>

#include "bench/bench_self.h"
#include "bench/bench_transport.h"
#include "client/com.h"

enum { PATIENCE_MS = 240000 };

/* A benchmark that hangs would keep who waits for it. */
static DWORD WINAPI watch_over(void *context) {
    (void)context;
    Sleep(PATIENCE_MS);
    fputs("bench: no end in sight\n", stderr);
    TerminateProcess(GetCurrentProcess(), 1);
    return 1;
}

static HRESULT attach(const wchar_t *progid, hp_bench_link *link, hp_bench_results *results) {
    /* Not SHARED: without it the rest is measured all the same. */
    const hp_attach_options options = {
        .size = sizeof options, .flags = HP_ATTACH_ALLOW_ELEVATED, .transport = HP_TRANSPORT_AUTO};
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    if (FAILED(hr))
        fprintf(stderr, "bench: %s\n", report != NULL ? report->message : hp_error_what(hr));
    const int is_shared = report != NULL && report->transport == HP_TRANSPORT_SHARED;
    if (report != NULL && !is_shared)
        snprintf(results->transport, sizeof results->transport, "%s",
                 report->transport_detail != NULL ? report->transport_detail : "nobody says why");
    hp_report_free(report);
    if (FAILED(hr))
        return hr;
    link->session = hp_com_observe(progid);
    link->shared = is_shared ? link->session->transport : NULL;
    return S_OK;
}

/* Figures of calls that did not reach the update would be wrong. */
static HRESULT check(const wchar_t *progid, const hp_bench_link *link) {
    hp_session_status status = {.size = sizeof status};
    HRESULT hr = hp_com_status(progid, &status);
    if (FAILED(hr))
        return hr;
    if (status.failures == 0 && (link->shared == NULL || status.shared_calls > 0))
        return S_OK;
    fprintf(stderr, "bench: %llu calls failed, %llu went through shared memory\n",
            (unsigned long long)status.failures, (unsigned long long)status.shared_calls);
    return E_UNEXPECTED;
}

static HRESULT run(const wchar_t *progid, hp_bench_results *results) {
    hp_bench_link link = {0};
    HRESULT hr = attach(progid, &link, results);
    if (FAILED(hr))
        return hr;
    hr = hp_bench_transport_measure(&link, results);
    if (SUCCEEDED(hr))
        hr = hp_bench_transport_threads(&link, results);
    if (link.shared != NULL)
        hp_bench_transport_link_shared(&link);
    else
        hp_bench_transport_link_com(&link);
    if (SUCCEEDED(hr))
        results->idle_percent = hp_bench_transport_measure_rest();
    if (SUCCEEDED(hr))
        hr = check(progid, &link);
    hp_session_unobserve(link.session);
    return hr;
}

int main(int argc, char **argv) {
    static const hp_server_class update = {.size = sizeof update, .progid = L"Hotpatch.Bench", .version = 1};
    static hp_bench_results results = {.idle_percent = -1};
    int code = hp_com_main(&update);
    if (code != HP_NOT_A_SERVER)
        return code;
    if (hp_bench_transport_raw_play(argc, argv))
        return 0;
    hp_bench_transport_payload_app();
    HANDLE guard = CreateThread(NULL, 0, watch_over, NULL, 0, NULL);
    if (guard != NULL)
        CloseHandle(guard);
    HRESULT hr = hp_bench_transport_raw_open();
    if (SUCCEEDED(hr))
        hr = hp_bench_self_register();
    if (SUCCEEDED(hr))
        hr = run(update.progid, &results);
    HRESULT undone = hp_com_unregister(update.progid);
    HRESULT closed = hp_bench_transport_raw_close();
    if (FAILED(hr) || FAILED(undone) || FAILED(closed)) {
        fprintf(stderr, "bench: failed (0x%08lX, 0x%08lX, 0x%08lX)\n", (unsigned long)hr,
                (unsigned long)undone, (unsigned long)closed);
        return 1;
    }
    const int json = argc > 1 && strcmp(argv[1], "--json") == 0;
    (json ? hp_bench_transport_print_json : hp_bench_transport_print)(&results);
    return 0;
}
