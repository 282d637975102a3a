/*
 * What a call costs beyond the original when its update cannot answer: because its breaker is open, because
 * it has died, and because it has died and the function's policy wants to be asked. Each is measured in turn
 * with the same function that was never patched.
 */
#include <hotpatch/hotpatch.h>

#include <stdio.h>
#include <string.h>

#include "bench/bench_clock.h"
#include "bench/bench_self.h"

enum { CALLS = 400000, GOAL_NS = 50 };

HP_PATCHABLE(int32_t, dead_add, (int32_t a, int32_t b)) {
    return a + b;
}

HP_PATCHABLE(int32_t, dead_value, (int32_t a, int32_t b)) {
    return a + b;
}

HP_PATCHABLE(int32_t, dead_twin, (int32_t a, int32_t b)) { /* never offered */
    return a + b;
}

static volatile int32_t sink;
static volatile LONG is_update;
static volatile int32_t *volatile nowhere; /* NULL */

/* In the update: an access violation, so that the breaker opens. */
static int32_t fail_add(int32_t a, int32_t b) {
    return is_update ? *nowhere : a + b;
}
HP_EXPORT_AS("dead_add", fail_add, "i32(i32 a, i32 b)");
HP_EXPORT(dead_value, "i32(i32 a, i32 b)");

static void call_twin(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = dead_twin((int32_t)i, 1);
}

static void call_add(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = dead_add((int32_t)i, 1);
}

static void call_value(void *context, unsigned count) {
    (void)context;
    for (unsigned i = 0; i < count; i++)
        sink = dead_value((int32_t)i, 1);
}

static void measure(const char *what, hp_bench_work *work, int json, int last) {
    hp_bench_figure patched, twin, ratio;
    hp_bench_clock_pair(work, call_twin, NULL, CALLS, &patched, &twin, &ratio);
    double more = patched.median - twin.median;
    if (json)
        printf("  {\"arch\": \"%s\", \"state\": \"%s\", \"original_ns\": %.2f, \"patched_ns\": %.2f, "
               "\"more_ns\": %.2f, \"ratio\": %.2f}%s\n",
               HP_X64 ? "x64" : "x86", what, twin.median, patched.median, more, ratio.median,
               last ? "" : ",");
    else
        printf("%-4s %-36s %8.2f ns %8.2f ns %8.2f ns   %.2f (%.2f - %.2f)\n", HP_X64 ? "x64" : "x86", what,
               twin.median, patched.median, more, ratio.median, ratio.low, ratio.high);
}

static HRESULT kill_update(uint32_t pid) {
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, pid);
    if (process == NULL || !TerminateProcess(process, 1))
        return HRESULT_FROM_WIN32(GetLastError());
    WaitForSingleObject(process, INFINITE);
    CloseHandle(process);
    return S_OK;
}

static HRESULT run(const wchar_t *progid, int json) {
    const hp_function_policy value = {"dead_value", {.size = sizeof(hp_policy), .action = HP_FAILURE_VALUE}};
    const hp_attach_options options = {.size = sizeof options,
                                       .flags = HP_ATTACH_ALLOW_ELEVATED,
                                       .breaker = {.failures = 2, .probe_ms = UINT32_MAX},
                                       .functions = &value,
                                       .function_count = 1};
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(progid, &options, &report);
    if (FAILED(hr))
        fprintf(stderr, "bench_dead: %s\n", report != NULL ? report->message : hp_error_what(hr));
    uint32_t pid = report != NULL ? report->server_pid : 0;
    hp_report_free(report);
    if (FAILED(hr))
        return hr;
    if (json)
        puts("[");
    else
        printf("arch state                                   original     patched        more   ratio "
               "(quartiles)      goal: below %d ns more\n",
               GOAL_NS);
    call_add(NULL, 4);
    hp_session_status status = {.size = sizeof status};
    hr = hp_com_status(progid, &status);
    if (SUCCEEDED(hr) && status.open != 1)
        hr = E_UNEXPECTED;
    if (SUCCEEDED(hr)) {
        measure("breaker open", call_add, json, 0);
        hr = kill_update(pid);
    }
    if (SUCCEEDED(hr)) {
        call_value(NULL, 1); /* finds out */
        measure("update dead", call_add, json, 0);
        measure("update dead, a fixed value is returned", call_value, json, 1);
    }
    if (json)
        puts("]");
    return hr;
}

int main(int argc, char **argv) {
    static const hp_server_class update = {
        .size = sizeof update, .progid = L"Hotpatch.BenchDead", .version = 1};
    is_update = 1;
    int code = hp_com_main(&update);
    is_update = 0;
    if (code != HP_NOT_A_SERVER)
        return code;
    int json = argc > 1 && strcmp(argv[1], "--json") == 0;
    hp_log_set(NULL, NULL, HP_LOG_ERROR);
    HRESULT hr = hp_bench_self_register();
    if (SUCCEEDED(hr))
        hr = run(update.progid, json);
    HRESULT undone = hp_com_unregister(update.progid);
    if (FAILED(hr) || FAILED(undone))
        fprintf(stderr, "bench_dead: failed (0x%08lX, 0x%08lX)\n", (unsigned long)hr, (unsigned long)undone);
    return FAILED(hr) || FAILED(undone);
}
