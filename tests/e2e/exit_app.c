// An app that ends in every way there is. Command line: the way. It says "ready <pid of the update>", waits
// for a line, and goes. The exit code is 7 where it is its own.
#include <windows.h>
#include <objbase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/policy_app.h"
#include "hotpatch/client.h"

static const char *way;
static hp_watch *watch;
static HANDLE attached; /* event, set by the watch */
static DWORD update_pid;

static int is(const char *name) {
    return strcmp(way, name) == 0;
}

static void say(const char *format, int a, int b) {
    char line[128];
    DWORD written;
    int length = snprintf(line, sizeof line, format, a, b);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)length, &written, NULL);
}

HP_PATCHABLE(int, policy_add, (int order, int a)) {
    if (order == POLICY_FAULT && is("original"))
        exit(7);
    return order + a;
}

HP_PATCHABLE(int, policy_other, (int a)) {
    return a;
}

static void kill_update(void) {
    HANDLE update = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, update_pid);
    if (update != NULL && TerminateProcess(update, 1))
        WaitForSingleObject(update, 30000);
}

/* All other threads are gone. */
static void at_process_detach(void) {
    /* A replacement that runs although it was given up waits: that can be seen. */
    const int order = is("suspended-return") ? POLICY_WAIT : POLICY_ANSWER;
    const int sum = policy_add(order, 5 - order);
    say("add %d other %d\r\n", sum, policy_other(6));
    if (is("suspended-return")) /* the update is let go on while this process is there */
        WaitForSingleObject(OpenEventW(SYNCHRONIZE, FALSE, POLICY_LEAVE), 30000);
    if (is("killed-late")) {
        kill_update();
        say("killed: add %d other %d\r\n", policy_add(POLICY_ANSWER, 5), policy_other(6));
    }
    if (watch != NULL) {
        hp_com_unwatch(watch);
        say("unwatched %d\r\n", policy_add(POLICY_ANSWER, 8), 0);
    }
    hp_watch *another;
    say("detach 0x%08x watch 0x%08x\r\n", (int)hp_com_detach(POLICY, INFINITE),
        (int)hp_com_watch(POLICY, NULL, &another));
    hp_session_status status = {.size = sizeof status};
    say("status 0x%08x attach 0x%08x\r\n", (int)hp_com_status(POLICY, &status), (int)hp_com_attach(POLICY));
    say("again %d unregister 0x%08x\r\n", policy_add(POLICY_ANSWER, 7), (int)hp_com_unregister(POLICY));
}

static void dll_told(DWORD reason) {
    if (reason == DLL_PROCESS_DETACH)
        at_process_detach();
}

/* All threads are there. */
static void at_exit(void) {
    int sum = is("suspended-exit") ? 0 : policy_add(POLICY_ANSWER, 5); /* else it would wait */
    say("at exit: add %d detach 0x%08x\r\n", sum, (int)hp_com_detach(POLICY, INFINITE));
}

static hp_failure_action decide(void *context, const hp_failure *failure, hp_policy_value *value) {
    (void)context;
    (void)value;
    if (wcscmp(failure->function, L"policy_add") == 0 && is("decide"))
        exit(7);
    return HP_FAILURE_ORIGINAL;
}

static void be_ready(const hp_report *report) {
    update_pid = report->server_pid;
    say("ready %d\r\n", (int)update_pid, 0);
}

static void hear(void *context, const hp_event *event) {
    (void)context;
    if (event->kind == HP_EVENT_ATTACHED) {
        be_ready(event->report);
        SetEvent(attached);
    }
}

static DWORD WINAPI call_and_wait(void *apartment) {
    if (apartment != NULL)
        CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
    policy_add(POLICY_WAIT, 5);
    return 0;
}

/* One call waits in the update, and another one needs a channel of its own. */
static int open_two_channels(void) {
    HANDLE entered = OpenEventW(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, POLICY_ENTERED);
    HANDLE leave = OpenEventW(EVENT_MODIFY_STATE, FALSE, POLICY_LEAVE);
    HANDLE caller = CreateThread(NULL, 0, call_and_wait, NULL, 0, NULL);
    hp_session_status status = {.size = sizeof status};
    return WaitForSingleObject(entered, 30000) == WAIT_OBJECT_0 && policy_other(1) == 1001 &&
           SetEvent(leave) && WaitForSingleObject(caller, 30000) == WAIT_OBJECT_0 &&
           hp_com_status(POLICY, &status) == S_OK && status.channels == 2;
}

static int start(void) {
    const hp_policy policy = {
        .size = sizeof policy, .deadline_ms = strncmp(way, "abandoned", 9) == 0 ? 200 : 0, .decide = decide};
    const hp_policy value = {.size = sizeof value, .action = HP_FAILURE_VALUE, .value.integer = 77};
    const hp_function_policy other = {"policy_other", value};
    hp_watch_options options = {.size = sizeof options,
                                .attach = {.size = sizeof options.attach,
                                           .flags = HP_ATTACH_ALLOW_ELEVATED | HP_ATTACH_PARTIAL,
                                           .policy = &policy,
                                           .functions = &other,
                                           .function_count = 1,
                                           .breaker = {.failures = UINT32_MAX, .hangs = UINT32_MAX}},
                                .sink = hear};
    if (is("watch")) {
        attached = CreateEventW(NULL, TRUE, FALSE, NULL);
        return hp_com_watch(POLICY, &options, &watch) == S_OK &&
               WaitForSingleObject(attached, 30000) == WAIT_OBJECT_0;
    }
    hp_report *report;
    HRESULT hr = hp_com_attach_ex(POLICY, &options.attach, &report);
    if (hr == HP_S_PARTIAL && is("frozen") && !open_two_channels())
        hr = E_FAIL;
    if (hr == HP_S_PARTIAL)
        be_ready(report);
    else
        say("attach 0x%08x\r\n", (int)hr, 0);
    hp_report_free(report);
    return hr == HP_S_PARTIAL;
}

static DWORD WINAPI end_process(void *how) {
    HANDLE entered = OpenEventW(SYNCHRONIZE, FALSE, POLICY_ENTERED);
    WaitForSingleObject(entered, 30000);
    if (how == NULL)
        ExitProcess(7);
    TerminateProcess(GetCurrentProcess(), 7);
    return 0;
}

/* From other threads while calls are with the update. */
static void go_during_calls(void) {
    CreateThread(NULL, 0, call_and_wait, NULL, 0, NULL);
    CreateThread(NULL, 0, call_and_wait, &way, 0, NULL);
    CreateThread(NULL, 0, end_process, is("terminate") ? &way : NULL, 0, NULL);
    policy_add(POLICY_WAIT, 5);
}

static int go(void) {
    if (is("exit") || is("decide") || is("original") || is("suspended-exit") || is("abandoned-exit"))
        atexit(at_exit);
    if (is("other") || is("terminate"))
        go_during_calls();
    if (is("decide") || is("original"))
        policy_add(POLICY_FAULT, 5);
    if (strncmp(way, "abandoned", 9) == 0)
        say("abandoned %d\r\n", policy_add(POLICY_WAIT, 5), 0);
    if (is("exit"))
        exit(7);
    return 7;
}

int main(int count, char **arguments) {
    char line[16];
    way = count > 1 ? arguments[1] : "";
    HMODULE dll = LoadLibraryW(L"exit_dll.dll");
    void (*set)(void (*)(DWORD)) =
        (void (*)(void (*)(DWORD)))(void (*)(void))GetProcAddress(dll, "exit_dll_set");
    if (set == NULL || !start() || fgets(line, sizeof line, stdin) == NULL)
        return 1;
    set(dll_told);
    return go();
}
