#include "e2e/chaos_callers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <objbase.h>

#include "e2e/session_app.h"
#include "e2e/storm_dice.h"

enum {
    BUFFER_BYTES = 2000000,
    USUAL_BYTES = 120000,
    GUARD_BYTES = 32,
    GUARD = 0xC5,
    BY_POLICY = CHAOS_WHO,
    NOBODY
};

chaos_seen chaos_seen_so_far;
HANDLE chaos_progress;

typedef struct caller {
    int number;
    HANDLE thread;
    storm_dice dice;
    unsigned char before[BUFFER_BYTES], data[BUFFER_BYTES + GUARD_BYTES], expected[BUFFER_BYTES];
} caller;

static caller callers[CHAOS_CALLERS];
static HANDLE stop;
static LONG answers_at_start[2]; /* of the app, and fixed ones */

/* Bit w: this is what w answers. */
typedef unsigned (*one_call)(caller *it, uint32_t ticket);

static unsigned call_int(caller *it, uint32_t ticket) {
    const int32_t a = (int32_t)storm_bits(&it->dice), got = chaos_int(ticket, a);
    unsigned match = 0;
    for (int who = 0; who < CHAOS_WHO; who++)
        match |= (unsigned)(got == chaos_int_of(who, ticket, a)) << who;
    return match;
}

static unsigned call_real(caller *it, uint32_t ticket) {
    const double a = storm_roll(&it->dice, 1000), got = chaos_real(ticket, a);
    unsigned match = 0;
    for (int who = 0; who < CHAOS_WHO; who++)
        match |= (unsigned)(got == chaos_real_of(who, ticket, a)) << who;
    return match;
}

static unsigned call_make(caller *it, uint32_t ticket) {
    const int32_t a = (int32_t)storm_bits(&it->dice);
    const chaos_box got = chaos_make(ticket, a);
    unsigned match = 0;
    for (int who = 0; who < CHAOS_WHO; who++) {
        const chaos_box box = chaos_make_of(who, ticket, a);
        match |= (unsigned)(got.ticket == box.ticket && got.who == box.who && got.check == box.check &&
                            got.real == box.real)
                 << who;
    }
    return match;
}

/* Fills the data, and a guard behind them. */
static void fill(caller *it, uint32_t size) {
    for (uint32_t i = 0; i < size; i++)
        it->before[i] = (unsigned char)storm_bits(&it->dice);
    memcpy(it->data, it->before, size);
    memset(it->data + size, GUARD, GUARD_BYTES);
}

static int guard_stands(const caller *it, uint32_t size) {
    for (int i = 0; i < GUARD_BYTES; i++)
        if (it->data[size + (uint32_t)i] != GUARD)
            return 0;
    return 1;
}

static unsigned call_buffer(caller *it, uint32_t ticket) {
    const uint32_t most = storm_once_in(&it->dice, 3000) ? BUFFER_BYTES /* more than a channel holds */
                          : storm_once_in(&it->dice, 60) ? USUAL_BYTES
                                                         : 600;
    const uint32_t size = storm_roll(&it->dice, most);
    fill(it, size);
    const uint32_t got = chaos_buffer(ticket, it->data, size);
    unsigned match = 0;
    for (int who = 0; who < CHAOS_WHO; who++) {
        memcpy(it->expected, it->before, size);
        const uint32_t sum = chaos_buffer_of(who, ticket, it->expected, size);
        match |= (unsigned)(got == sum && memcmp(it->expected, it->data, size) == 0) << who;
    }
    return guard_stands(it, size) ? match : 0;
}

static unsigned call_text(caller *it, uint32_t ticket) {
    wchar_t text[CHAOS_TEXT_CHARS];
    const uint32_t capacity = 1 + storm_roll(&it->dice, CHAOS_TEXT_CHARS),
                   length = storm_roll(&it->dice, CHAOS_TEXT_CHARS);
    for (uint32_t i = 0; i < length; i++)
        text[i] = (wchar_t)(1 + storm_roll(&it->dice, 0xd000));
    text[length] = L'\0';
    fill(it, capacity);
    const int32_t got = chaos_text(ticket, text, (char *)it->data, capacity);
    unsigned match = 0;
    for (int who = 0; who < CHAOS_WHO; who++) {
        char copy[CHAOS_TEXT_CHARS];
        const int32_t result = chaos_text_of(who, ticket, text, copy, capacity);
        match |= (unsigned)(got == result && memcmp(copy, it->data, strlen(copy) + 1) == 0) << who;
    }
    return guard_stands(it, capacity) ? match : 0;
}

static unsigned call_value(caller *it, uint32_t ticket) {
    fill(it, CHAOS_VALUE_BYTES);
    const int32_t got = chaos_value(ticket, it->data);
    unsigned match = (unsigned)(got == CHAOS_FIXED && memcmp(it->before, it->data, CHAOS_VALUE_BYTES) == 0)
                     << BY_POLICY;
    for (int who = 0; who < CHAOS_WHO; who++) {
        memcpy(it->expected, it->before, CHAOS_VALUE_BYTES);
        const int32_t result = chaos_value_of(who, ticket, it->expected);
        match |= (unsigned)(got == result && memcmp(it->expected, it->data, CHAOS_VALUE_BYTES) == 0) << who;
    }
    return guard_stands(it, CHAOS_VALUE_BYTES) ? match : 0;
}

/* Who answered, given who may have and who ran it. An update may have run it in vain, but only once. */
static int judge(unsigned match, LONG ran) {
    const LONG app = chaos_times(ran, CHAOS_APP), v1 = chaos_times(ran, CHAOS_V1),
               v2 = chaos_times(ran, CHAOS_V2);
    if ((match >> CHAOS_APP & 1) && app == 1 && v1 + v2 <= 1)
        return CHAOS_APP;
    if ((match >> CHAOS_V1 & 1) && app == 0 && v1 == 1 && v2 == 0)
        return CHAOS_V1;
    if ((match >> CHAOS_V2 & 1) && app == 0 && v1 == 0 && v2 == 1)
        return CHAOS_V2;
    return (match >> BY_POLICY & 1) && app == 0 && v1 + v2 <= 1 ? BY_POLICY : NOBODY;
}

static void note_longest(volatile LONG *longest, LONG took) {
    for (LONG seen; (seen = *longest) < took;)
        if (InterlockedCompareExchange(longest, took, seen) == seen)
            return;
}

static void note_wrong(const caller *it, int function, uint32_t ticket, unsigned match, int kept) {
    if (InterlockedIncrement(&chaos_seen_so_far.wrong) == 1)
        snprintf(chaos_seen_so_far.first_wrong, sizeof chaos_seen_so_far.first_wrong,
                 "thread %d, function %d, ticket %lu: matches %x, executions %lx, last error %s", it->number,
                 function, (unsigned long)ticket, match, chaos_shared->ran[ticket],
                 kept ? "kept" : "changed");
}

static void call_once(caller *it) {
    static const one_call calls[CHAOS_FUNCTIONS] = {call_int,    call_real, call_make,
                                                    call_buffer, call_text, call_value};
    /* Half of them stay away from the function without a deadline: somebody has to notice that it hangs. */
    const int first = it->number % 2 == 0 ? 0 : 1;
    const int function = first + (int)storm_roll(&it->dice, (uint32_t)(CHAOS_FUNCTIONS - first));
    const LONG ticket = InterlockedIncrement(&chaos_shared->tickets);
    if (ticket >= CHAOS_TICKETS) {
        WaitForSingleObject(stop, INFINITE); /* settle() complains */
        return;
    }
    const ULONGLONG start = GetTickCount64();
    InterlockedIncrement(&chaos_seen_so_far.begun);
    SetLastError((DWORD)ticket);
    const unsigned match = calls[function](it, (uint32_t)ticket);
    const int kept = GetLastError() == (DWORD)ticket;
    const int who = judge(match, chaos_shared->ran[ticket]);
    note_longest(&chaos_seen_so_far.longest_ms[function], (LONG)(GetTickCount64() - start));
    if (who == NOBODY || !kept)
        note_wrong(it, function, (uint32_t)ticket, match, kept);
    else if (who == BY_POLICY)
        InterlockedIncrement(&chaos_seen_so_far.fixed);
    else
        InterlockedIncrement(&chaos_seen_so_far.answers[function][who]);
    InterlockedIncrement(&chaos_seen_so_far.returned);
    if (who == CHAOS_V1 || who == CHAOS_V2)
        SetEvent(chaos_progress);
    else
        WaitForSingleObject(stop, 1); /* the app's own are that fast that they would keep the update's away */
}

static DWORD WINAPI run(void *context) {
    caller *it = context;
    HRESULT com = E_FAIL;
    if (it->number < 4)
        com = CoInitializeEx(NULL, it->number < 2 ? COINIT_APARTMENTTHREADED : COINIT_MULTITHREADED);
    while (WaitForSingleObject(stop, 0) == WAIT_TIMEOUT)
        call_once(it);
    if (SUCCEEDED(com))
        CoUninitialize();
    return 0;
}

static void take_answers(LONG answers[2]) {
    answers[0] = 0;
    for (int i = 0; i < CHAOS_FUNCTIONS; i++)
        answers[0] += chaos_seen_so_far.answers[i][CHAOS_APP];
    answers[1] = chaos_seen_so_far.fixed;
}

void chaos_callers_start(uint64_t seed) {
    if (stop == NULL) {
        stop = CreateEventW(NULL, TRUE, FALSE, NULL);
        chaos_progress = CreateEventW(NULL, FALSE, FALSE, NULL);
    }
    assert_true(stop != NULL && chaos_progress != NULL && ResetEvent(stop));
    take_answers(answers_at_start);
    for (int i = 0; i < CHAOS_CALLERS; i++) {
        callers[i].number = i;
        callers[i].dice.state = seed + 1000003u * (uint64_t)i;
        callers[i].thread = CreateThread(NULL, 0, run, &callers[i], 0, NULL);
        assert_non_null(callers[i].thread);
    }
}

void chaos_callers_stop(void) {
    SetEvent(stop);
    for (int i = 0; i < CHAOS_CALLERS; i++) {
        if (callers[i].thread == NULL)
            continue;
        if (WaitForSingleObject(callers[i].thread, PATIENCE_MS) != WAIT_OBJECT_0)
            fail_msg("a call of thread %d does not return", i);
        CloseHandle(callers[i].thread);
        callers[i].thread = NULL;
    }
}

LONG chaos_callers_settle(void) {
    LONG count = chaos_shared->tickets, vain = 0, unused = 0, own = 0, now[2];
    assert_true(count < CHAOS_TICKETS);
    for (LONG ticket = 1; ticket <= count; ticket++) {
        const LONG ran = chaos_shared->ran[ticket], app = chaos_times(ran, CHAOS_APP),
                   updates = chaos_times(ran, CHAOS_V1) + chaos_times(ran, CHAOS_V2);
        if (app > 1 || updates > 1)
            fail_msg("ticket %ld was run by %lx", ticket, ran);
        own += app;
        vain += app && updates;
        unused += !app && !updates;
        chaos_shared->ran[ticket] = 0;
    }
    take_answers(now);
    assert_int_equal(own, now[0] - answers_at_start[0]);
    assert_true(unused <= now[1] - answers_at_start[1]); /* only who gets a fixed value is run by nobody */
    chaos_shared->tickets = 0;
    return vain;
}
