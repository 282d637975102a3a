#include "e2e/chaos_mishaps.h"

#include <windows.h>

#include "client/target.h"
#include "client/session.h"
#include "e2e/chaos_callers.h"
#include "e2e/freeze.h"
#include "e2e/session_app.h"

enum { ALL_CALLS = 1 << 30 };

const char *const chaos_mishap_names[MISHAPS] = {
    "killed",          "killed as it starts", "suspended",      "frozen",   "faults",  "exits",
    "aborts",          "overflows",           "one call hangs", "all hang", "garbage", "no offer",
    "version changes", "unregistered"};

static int version = CHAOS_V1; /* that is registered */

int chaos_mishap_choose(storm_dice *dice) {
    static const unsigned char weights[MISHAPS] = {4, 2, 3, 1, 3, 2, 2, 2, 2, 1, 6, 1, 2, 1};
    uint32_t left = storm_roll(dice, 32);
    int mishap = 0;
    while (left >= weights[mishap])
        left -= weights[mishap++];
    return mishap;
}

/* The update's process; NULL if there is none. */
static HANDLE open_update(DWORD *pid) {
    hp_session_status status = {.size = sizeof status};
    if (hp_com_status(CHAOS, &status) != S_OK)
        return NULL;
    *pid = status.server_pid;
    return OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, status.server_pid);
}

static int happening; /* now, or last */

/* For who looks into a failure. */
static void print_circuits(void) {
    for (int i = 0; i < CHAOS_FUNCTIONS; i++) {
        const hp_target *target = hp_target_find(chaos_entry(i));
        const hp_binding *binding = target != NULL ? target->binding : NULL;
        if (binding != NULL)
            print_message(
                "# function %d: circuit %d, failures %u, doublings %u, due in %lld ms; hangs %ld, hung "
                "%ld, abandoned %ld\n",
                i, (int)binding->circuit.state, binding->circuit.failures, binding->circuit.doublings,
                (long long)(binding->circuit.due - GetTickCount64()), binding->session->hangs,
                binding->session->hung, binding->session->abandoned);
    }
}

static void expect_end(HANDLE process, const char *of_what) {
    if (WaitForSingleObject(process, PATIENCE_MS) == WAIT_OBJECT_0)
        return;
    print_circuits();
    fail_msg("%s: the update does not end", of_what);
}

/* Until enough calls got what was ordered, or the process that was to do it has ended. */
static void expect_done(LONG enough, HANDLE process) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    const HANDLE either[] = {process, chaos_progress};
    while (chaos_shared->done < enough && GetTickCount64() < limit)
        if (WaitForMultipleObjects(process != NULL ? 2 : 1, process != NULL ? either : either + 1, FALSE,
                                   20) == WAIT_OBJECT_0 &&
            process != NULL)
            break;
    if (chaos_shared->done == 0)
        fail_msg("order %ld does not reach the update", chaos_shared->deed);
}

static void order(LONG deed, LONG budget) {
    chaos_shared->done = 0;
    InterlockedExchange(&chaos_shared->budget, budget);
    InterlockedExchange(&chaos_shared->deed, deed);
}

static void linger(HANDLE process, storm_dice *dice, uint32_t most_ms) {
    WaitForSingleObject(process, storm_roll(dice, most_ms));
}

/* Its end is to be waited for, or it goes on after a while. */
static void suspend(HANDLE process, DWORD pid, int for_ever, storm_dice *dice) {
    freeze *frozen = freeze_begin_soon(pid);
    if (for_ever) {
        expect_end(process, "frozen");
        freeze_forget(frozen);
    } else {
        linger(process, dice, 600);
        freeze_thaw(frozen);
    }
}

static void do_kill(HANDLE process) {
    TerminateProcess(process, 99);
    expect_end(process, "killed");
}

static void kill_newborns(HANDLE process, storm_dice *dice) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    LONG last = chaos_shared->newborn;
    uint32_t left = 1 + storm_roll(dice, 3);
    do_kill(process);
    while (left > 0 && GetTickCount64() < limit) {
        const LONG now = chaos_shared->newborn;
        if (now == last) {
            WaitForSingleObject(chaos_progress, 1);
            continue;
        }
        last = now;
        HANDLE newborn = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, (DWORD)now);
        if (newborn == NULL)
            continue;
        linger(newborn, dice, 60);
        do_kill(newborn);
        CloseHandle(newborn);
        left--;
    }
    assert_int_equal(left, 0);
}

static void change_version(void) {
    if (version == CHAOS_V1)
        session_register(L"chaos_v2.exe");
    else
        session_unregister(L"chaos_v2.exe");
    version = version == CHAOS_V1 ? CHAOS_V2 : CHAOS_V1;
}

/* Who are not answered by who since the answers were noted. */
static int missing(int who, const LONG before[CHAOS_FUNCTIONS]) {
    int left = 0;
    for (int i = 0; i < CHAOS_FUNCTIONS; i++)
        left |= (chaos_seen_so_far.answers[i][who] == before[i]) << i;
    return left;
}

static void await_answers_of(int who) {
    const ULONGLONG limit = GetTickCount64() + PATIENCE_MS;
    LONG before[CHAOS_FUNCTIONS];
    for (int i = 0; i < CHAOS_FUNCTIONS; i++)
        before[i] = chaos_seen_so_far.answers[i][who];
    while (missing(who, before) && !chaos_seen_so_far.wrong) {
        if (GetTickCount64() >= limit) {
            print_message("# after: %s\n", chaos_mishap_names[happening]);
            print_circuits();
        }
        if (GetTickCount64() >= limit)
            fail_msg("functions (by bit) %x are not answered by %d", (unsigned)missing(who, before), who);
        WaitForSingleObject(chaos_progress, 20);
    }
    if (chaos_seen_so_far.wrong)
        fail_msg("wrong: %s", chaos_seen_so_far.first_wrong);
}

void chaos_mishap_recover(void) {
    await_answers_of(version);
}

static void unregister(void) {
    if (version == CHAOS_V2)
        change_version();
    session_unregister(L"chaos_v1.exe");
    await_answers_of(CHAOS_APP);
    session_register(L"chaos_v1.exe");
}

/* Attaching fails, and perhaps only another class can help. */
static void spoil_offer(HANDLE process, storm_dice *dice) {
    order(CHAOS_NO_OFFER, 1 + (LONG)storm_roll(dice, 4));
    do_kill(process);
    expect_done(1, NULL);
    order(CHAOS_ANSWER, 0);
    change_version();
}

static void give_order(int mishap, HANDLE process, storm_dice *dice) {
    static const struct {
        LONG deed;
        uint32_t most;
    } orders[MISHAPS] = {[MISHAP_FAULT] = {CHAOS_FAULT, 20},    [MISHAP_EXIT] = {CHAOS_EXIT, 1},
                         [MISHAP_ABORT] = {CHAOS_ABORT, 1},     [MISHAP_OVERFLOW] = {CHAOS_OVERFLOW, 3},
                         [MISHAP_HANG_ONE] = {CHAOS_HANG, 1},   [MISHAP_HANG_ALL] = {CHAOS_HANG, ALL_CALLS},
                         [MISHAP_GARBAGE] = {CHAOS_GARBAGE, 60}};
    chaos_shared->garbage = (LONG64)storm_bits(dice);
    order(orders[mishap].deed,
          mishap == MISHAP_HANG_ALL ? ALL_CALLS : (LONG)(1 + storm_roll(dice, orders[mishap].most)));
    expect_done(1, process);
    if (mishap == MISHAP_EXIT || mishap == MISHAP_ABORT || mishap == MISHAP_HANG_ALL)
        expect_end(process, chaos_mishap_names[mishap]);
    else if (mishap == MISHAP_HANG_ONE)
        chaos_mishap_recover();
    else
        linger(process, dice, 150);
    order(CHAOS_ANSWER, 0);
}

int chaos_mishap_happen(int mishap, storm_dice *dice) {
    DWORD pid = 0;
    happening = mishap;
    HANDLE process = open_update(&pid);
    if (process == NULL)
        return 0;
    switch (mishap) {
    case MISHAP_KILL:
        do_kill(process);
        break;
    case MISHAP_KILL_NEWBORN:
        kill_newborns(process, dice);
        break;
    case MISHAP_SUSPEND:
    case MISHAP_FREEZE:
        suspend(process, pid, mishap == MISHAP_FREEZE, dice);
        break;
    case MISHAP_NO_OFFER:
        spoil_offer(process, dice);
        break;
    case MISHAP_VERSION:
        change_version();
        break;
    case MISHAP_UNREGISTER:
        unregister();
        break;
    default:
        give_order(mishap, process, dice);
    }
    CloseHandle(process);
    chaos_mishap_recover();
    return 1;
}
