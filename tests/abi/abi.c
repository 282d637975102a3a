#include "abi/abi.h"
#include "support/process.h"

volatile uint32_t hp_abi_in_update;

static wchar_t abi_progid[40];
static uint32_t abi_expected;
static uint32_t abi_pid;
static HANDLE
    abi_update; // open from attach on, so that the process can be waited for even after it has ended

uint32_t hp_abi_expected(void) {
    return abi_expected;
}

uint32_t hp_abi_update_pid(void) {
    return abi_pid;
}

// The update has to find the same ProgID by itself, also where COM starts it with an environment of its own:
// so it is made from the one thing that both know, the path of the EXE.
static int name_class(void) {
    static wchar_t path[32768];
    DWORD length = GetModuleFileNameW(NULL, path, ARRAYSIZE(path));
    if (length == 0 || length == ARRAYSIZE(path))
        return 0;
    uint64_t hash = hp_abi_fold(HP_ABI_FOLD, path, length * sizeof *path);
    swprintf(abi_progid, ARRAYSIZE(abi_progid), L"HpAbi.x%016llx", (unsigned long long)hash);
    return 1;
}

static void say(void *context, hp_log_level level, const char *line) {
    (void)context;
    fprintf(stderr, "# hotpatch %d: %s\n", (int)level, line);
}

void hp_abi_log_set(hp_log_sink *sink) {
    hp_log_set(sink ? sink : say, NULL, sink ? HP_LOG_DEBUG : HP_LOG_WARNING);
}

static int run_myself(const wchar_t *arguments) {
    static wchar_t path[32768];
    if (!GetModuleFileNameW(NULL, path, ARRAYSIZE(path)))
        return 0;
    PROCESS_INFORMATION process;
    if (!process_start(path, arguments, NULL, &process)) {
        fprintf(stderr, "# cannot start myself: error %lu\n", GetLastError());
        return 0;
    }
    DWORD code = ~0ul;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    if (code != 0)
        fprintf(stderr, "# %ls %ls ended with %lu\n", path, arguments, code);
    return code == 0;
}

static void print_report(const hp_report *report) {
    fprintf(stderr, "# attach: 0x%08lx %s\n", (unsigned long)report->result, report->message);
    for (uint32_t i = 0; i < report->count; i++) {
        const hp_report_item *item = &report->items[i];
        if (item->result != S_OK)
            fprintf(stderr, "#   %s: 0x%08lx %s \"%s\"\n", item->name, (unsigned long)item->result,
                    item->detail, item->signature);
    }
}

static int attach(void) {
    // Wine's user is elevated, and the EXE that is to be started is this one.
    const hp_attach_options options = {.size = sizeof options, .flags = HP_ATTACH_ALLOW_ELEVATED};
    hp_report *report = NULL;
    HRESULT hr = hp_com_attach_ex(abi_progid, &options, &report);
    int good = hr == S_OK && report && report->count > 0 && report->redirected == report->count;
    if (!good)
        fprintf(stderr, "# attach returned 0x%08lx\n", (unsigned long)hr);
    if (!good && report)
        print_report(report);
    abi_pid = report ? report->server_pid : 0;
    hp_report_free(report);
    if (abi_update)
        CloseHandle(abi_update);
    abi_update = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, abi_pid);
    if (!abi_update) {
        fprintf(stderr, "# the update, process %u, cannot be opened: error %lu\n", (unsigned)abi_pid,
                GetLastError());
        good = 0;
    }
    abi_expected = good ? HP_ABI_UPDATE : 0;
    return good ? 0 : -1;
}

void hp_abi_kill_update(void) {
    TerminateProcess(abi_update, 3); // fails if it has ended by itself
    if (WaitForSingleObject(abi_update, 20000) != WAIT_OBJECT_0)
        fail_msg("the update, process %u, does not end", (unsigned)abi_pid);
    abi_expected = 0;
}

static int set_up_attached(void **state) {
    (void)state;
    return run_myself(L"/regserver") ? attach() : -1;
}

static int set_up_attached_again(void **state) {
    (void)state;
    return attach();
}

static int set_up_killed(void **state) {
    (void)state;
    if (!abi_update)
        return -1;
    hp_abi_kill_update();
    return 0;
}

static int tear_down_by_detach(void **state) {
    (void)state;
    HRESULT hr = hp_com_detach(abi_progid, 10000);
    if (hr != S_OK)
        fprintf(stderr, "# detach returned 0x%08lx\n", (unsigned long)hr);
    abi_expected = 0;
    return hr == S_OK ? 0 : -1;
}

static int tear_down_by_unregister(void **state) {
    (void)state;
    HRESULT hr = hp_com_unregister(abi_progid);
    HRESULT again = hp_com_attach(abi_progid);
    if (hr != S_OK || again != HP_E_PROGID_UNKNOWN)
        fprintf(stderr, "# unregister returned 0x%08lx, attach after it 0x%08lx\n", (unsigned long)hr,
                (unsigned long)again);
    return hr == S_OK && again == HP_E_PROGID_UNKNOWN ? 0 : -1;
}

static const struct {
    const char *name;
    CMFixtureFunction set_up, tear_down;
} abi_phases[] = {
    {"before", NULL, NULL},
    {"attached", set_up_attached, tear_down_by_detach},
    {"detached", NULL, NULL},
    {"attached again", set_up_attached_again, NULL},
    {"killed", set_up_killed, tear_down_by_unregister},
};

static void run_check(void **state) {
    const hp_abi_check *check = *state;
    check->run();
}

static int run_phase(const char *phase, const hp_abi_check *checks, size_t count, CMFixtureFunction set_up,
                     CMFixtureFunction tear_down) {
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    char(*names)[160] = calloc(count, sizeof *names);
    if (!tests || !names)
        return 1;
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s: %s", phase, checks[i].name);
        tests[i].name = names[i];
        tests[i].test_func = run_check;
        tests[i].initial_state = (void *)(uintptr_t)&checks[i];
    }
    int failed = _cmocka_run_group_tests(phase, tests, count, set_up, tear_down);
    free(tests);
    free(names);
    return failed;
}

int hp_abi_main(const hp_abi_check *checks, size_t count) {
    if (!name_class())
        return 1;
    const hp_server_class update = {.size = sizeof update, .version = 1, .progid = abi_progid};
    hp_abi_log_set(NULL);
    hp_abi_in_update = HP_ABI_UPDATE;
    int code = hp_com_main(&update);
    if (code != HP_NOT_A_SERVER)
        return code;
    hp_abi_in_update = 0;

    int failed = 0;
    for (size_t i = 0; i < ARRAYSIZE(abi_phases); i++)
        failed += run_phase(abi_phases[i].name, checks, count, abi_phases[i].set_up, abi_phases[i].tear_down);
    return failed != 0;
}
