// x64: the unwind data of the counting routine. Walks from every instruction find the caller, and whatever
// leaves a replacement without returning is counted out, exactly once.
#include "tests/unit/abi_calls.h"
#include "tests/unit/tally_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static tally_page page;

static int setup(void **state) {
    (void)state;
    return tally_page_open(&page) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    tally_page_close(&page);
    return 0;
}

static void set_tally(unsigned i, void (*replacement)(void), unsigned words) {
    page.tally[i].stack_words = (uint16_t)words;
    page.tally[i].replacement = (void *)(uintptr_t)replacement;
}

static void call_thunk(unsigned i) {
    ((void (*)(void))(uintptr_t)page.thunk[i])();
}

static void assert_nobody_inside(void) {
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(page.tally[i].inside, 0);
}

// --- from every instruction ---

// One step up, as the system's unwinder does it. A function without a table entry is a leaf.
static void *unwind_once(CONTEXT *context, DWORD type) {
    DWORD64 base, frame;
    void *data;
    RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    if (function)
        return (void *)(uintptr_t)RtlVirtualUnwind(type, base, context->Rip, function, context, &data, &frame,
                                                   NULL);
    context->Rip = *(DWORD64 *)context->Rsp;
    context->Rsp += 8;
    return NULL;
}

static struct {
    abi_state *state;
    unsigned in_thunk, in_routine, counted_in, wrong, wrong_handler;
    DWORD64 first_wrong;
} trace;

static void check_unwinding(const CONTEXT *now) {
    CONTEXT caller = *now, same = *now, search = *now;
    const int handled = unwind_once(&caller, UNW_FLAG_UHANDLER) != NULL;
    const uintptr_t *in = trace.state->in_gp;
    if (caller.Rip != (uintptr_t)abi_call_return || caller.Rsp != trace.state->sp_at_call ||
        caller.Rbx != in[3] || caller.Rbp != in[5] || caller.Rsi != in[6] || caller.Rdi != in[7] ||
        caller.R12 != in[12] || caller.R15 != in[15])
        trace.first_wrong = trace.wrong++ ? trace.first_wrong : now->Rip - (uintptr_t)page.routine;
    unwind_once(&same, UNW_FLAG_NHANDLER);
    trace.wrong += same.Rip != caller.Rip || same.Rsp != caller.Rsp;
    // The handler counts out, so it may run exactly where the call is in, and never in a search.
    trace.counted_in += page.tally[0].inside != 0;
    if (handled != (page.tally[0].inside != 0) || unwind_once(&search, UNW_FLAG_EHANDLER))
        trace.first_wrong = trace.wrong_handler++ ? trace.first_wrong : now->Rip - (uintptr_t)page.routine;
}

static LONG CALLBACK on_single_step(EXCEPTION_POINTERS *exception) {
    if (exception->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    CONTEXT *now = exception->ContextRecord;
    if (now->Rip == (uintptr_t)abi_call_return) {
        now->EFlags &= ~0x100u;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    now->EFlags |= 0x100;
    const int in_thunk = now->Rip - (uintptr_t)page.thunk[0] < HP_TALLY_THUNK_SIZE;
    const int in_routine = tally_page_in_routine(&page, now->Rip);
    trace.in_thunk += in_thunk != 0;
    trace.in_routine += in_routine != 0;
    if (in_thunk || in_routine)
        check_unwinding(now);
    return EXCEPTION_CONTINUE_EXECUTION;
}

// A profiler or an asynchronous exception can stop anywhere: prologue, body, epilogue.
static void unwinding_works_from_every_instruction(void **state) {
    (void)state;
    static const unsigned words[] = {0, 1, 2, 15, 16, HP_TALLY_UNCOUNTED};
    abi_state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (unsigned i = 0; i < 16; i++)
        s->in_gp[i] = (uintptr_t)0xA1B2C3D4E5F60700ull + i * 0x01010101u;
    s->target = page.thunk[0];
    s->trace = 1;
    void *handler = AddVectoredExceptionHandler(1, on_single_step);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        const int counted = words[i] != HP_TALLY_UNCOUNTED;
        memset(&trace, 0, sizeof trace);
        trace.state = s;
        set_tally(0, abi_callee, words[i]);
        abi_call(s);
        if (trace.wrong || trace.wrong_handler)
            print_message("%u words: first wrong at routine+0x%llx\n", words[i], trace.first_wrong);
        assert_int_equal(trace.wrong, 0);
        assert_int_equal(trace.wrong_handler, 0);
        assert_int_equal(trace.in_thunk, 2);
        assert_true(trace.in_routine >= (counted ? 18 + 3 * words[i] : 3));
        assert_true(counted ? trace.counted_in >= 9 + 3 * words[i] : trace.counted_in == 0);
        assert_int_equal(s->sp_after, s->sp_at_call);
        assert_nobody_inside();
    }
    RemoveVectoredExceptionHandler(handler);
    free(s);
}

static int walk_result;

static void walk_from_inside(abi_state *state) {
    CONTEXT context;
    RtlCaptureContext(&context);
    walk_result = 0;
    for (int i = 0; i < 8 && context.Rip; i++) {
        if (context.Rip == (uintptr_t)abi_call_return) {
            walk_result = context.Rsp == state->sp_at_call && context.Rbx == state->in_gp[3] &&
                          context.Rbp == state->in_gp[5] && context.R14 == state->in_gp[14] &&
                          memcmp(&context.Xmm6, state->in_xmm[6], 160) == 0;
            return;
        }
        unwind_once(&context, UNW_FLAG_NHANDLER);
    }
}

static void unwinding_from_the_replacement_restores_the_callers_registers(void **state) {
    (void)state;
    for (unsigned words = 0; words <= 16; words++) {
        abi_state *s = calloc(1, sizeof *s);
        assert_non_null(s);
        for (unsigned i = 0; i < 16; i++)
            s->in_gp[i] = 0x1000 + i;
        memset(s->in_xmm, 0x3C, sizeof s->in_xmm);
        s->target = page.thunk[0];
        s->hook = walk_from_inside;
        set_tally(0, abi_callee, words);
        abi_call(s);
        assert_int_equal(walk_result, 1);
        free(s);
    }
}

// --- leaving without returning ---

static int continues; // what the guard does: go on behind RaiseException, or unwind
static LONG inside_at_search[2];
static void *guard_frame;
static CONTEXT guard_scratch;

EXCEPTION_DISPOSITION __cdecl abi_guarded_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                                  void *dispatcher) {
    (void)context;
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND))
        return ExceptionContinueSearch;
    inside_at_search[0] = page.tally[0].inside;
    inside_at_search[1] = page.tally[1].inside;
    if (continues)
        return ExceptionContinueExecution;
    guard_frame = frame;
    RtlUnwindEx(frame, (void *)(uintptr_t)abi_guarded_resume, record,
                (void *)(uintptr_t)record->ExceptionCode, &guard_scratch, NULL);
    return ExceptionContinueSearch; // not reached
}

static void raises(void) {
    RaiseException(0xE0001234, 0, 0, NULL);
}

static void writes_nowhere(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
}

static void calls_second(void) {
    call_thunk(1);
    walk_result = 0; // what follows the call keeps it from becoming a tail call
}

static void exception_counts_out_every_frame_once(void **state) {
    (void)state;
    void (*const faults[])(void) = {raises, writes_nowhere};
    const DWORD codes[] = {0xE0001234, (DWORD)EXCEPTION_ACCESS_VIOLATION};
    for (unsigned i = 0; i < 200; i++) {
        set_tally(0, calls_second, i % 5);
        set_tally(1, faults[i % 2], i % 7);
        assert_int_equal(abi_guarded(page.thunk[0], 0, 0, 0, 0), codes[i % 2]);
        assert_int_equal(inside_at_search[0], 1); // nothing is counted out while a handler is searched
        assert_int_equal(inside_at_search[1], 1);
        assert_nobody_inside();
    }
}

static void exception_that_is_continued_counts_out_on_return_only(void **state) {
    (void)state;
    set_tally(0, calls_second, 2);
    set_tally(1, raises, 3);
    continues = 1;
    abi_guarded(page.thunk[0], 0, 0, 0, 0);
    continues = 0;
    assert_int_equal(inside_at_search[0], 1);
    assert_int_equal(inside_at_search[1], 1);
    assert_nobody_inside();
}

static void guards_raises(void) {
    walk_result = abi_guarded(page.thunk[1], 0, 0, 0, 0) == 0xE0001234 && page.tally[0].inside == 1 &&
                  page.tally[1].inside == 0;
}

static void frame_that_handles_the_exception_stays_in(void **state) {
    (void)state;
    set_tally(0, guards_raises, 1);
    set_tally(1, raises, 1);
    call_thunk(0);
    assert_int_equal(walk_result, 1);
    assert_nobody_inside();
}

static LONG dives;

static void dives_and_raises(void) {
    if (++dives == 100)
        raises();
    call_thunk(0);
    walk_result = 0;
}

static void exception_counts_out_all_depths_of_a_recursion(void **state) {
    (void)state;
    dives = 0;
    set_tally(0, dives_and_raises, 4);
    assert_int_equal(abi_guarded(page.thunk[0], 0, 0, 0, 0), 0xE0001234);
    assert_int_equal(inside_at_search[0], 100);
    assert_nobody_inside();
}

static jmp_buf away;

static void jumps_away(void) {
    longjmp(away, 1);
}

static void longjmp_counts_out(void **state) {
    (void)state;
    set_tally(0, calls_second, 2);
    set_tally(1, jumps_away, 5);
    for (volatile unsigned i = 0; i < 100; i++) {
        if (setjmp(away) == 0)
            call_thunk(0);
        assert_nobody_inside();
    }
}

// --- an unwinding within an unwinding ---

void tally_cleans_up(void (*function)(void));
static volatile LONG cleaned, inside_at_clean_up[2];

// Called by the first unwinding, breaks it off with a second one, as a catch or an exception in a destructor
// does; then the second one comes by, too.
EXCEPTION_DISPOSITION __cdecl tally_clean_up(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                             void *dispatcher) {
    static CONTEXT scratch;
    (void)frame;
    (void)context;
    (void)dispatcher;
    if (InterlockedIncrement(&cleaned) == 1) {
        inside_at_clean_up[0] = page.tally[0].inside;
        inside_at_clean_up[1] = page.tally[1].inside;
        EXCEPTION_RECORD second = {.ExceptionCode = 0xE0005678};
        RtlUnwindEx(guard_frame, (void *)(uintptr_t)abi_guarded_resume, &second, (void *)(uintptr_t)0x5678,
                    &scratch, NULL);
    }
    (void)record;
    return ExceptionContinueSearch;
}

static void cleans_up_around_second(void) {
    tally_cleans_up(calls_second);
    walk_result = 0;
}

static void collided_unwinding_counts_out_once(void **state) {
    (void)state;
    set_tally(0, cleans_up_around_second, 2);
    set_tally(1, raises, 3);
    cleaned = 0;
    assert_int_equal(abi_guarded(page.thunk[0], 0, 0, 0, 0), 0x5678);
    assert_true(cleaned >= 1);
    assert_int_equal(inside_at_clean_up[0], 1);
    assert_int_equal(inside_at_clean_up[1], 0);
    assert_nobody_inside();
}

// The handler itself, with the flags that an unwinder may pass.
static void handler_counts_only_frames_that_are_really_left(void **state) {
    (void)state;
    DWORD64 base = (DWORD64)(uintptr_t)page.routine, establisher;
    uintptr_t stack[8] = {0};
    CONTEXT context = {0};
    void *data;
    context.Rip = base + page.function.EndAddress - 10; // lock dec, which is still in
    context.Rbp = context.Rsp = (DWORD64)(uintptr_t)stack;
    const PEXCEPTION_ROUTINE handler = RtlVirtualUnwind(UNW_FLAG_UHANDLER, base, context.Rip, &page.function,
                                                        &context, &data, &establisher, NULL);
    assert_non_null(handler);
    assert_true(tally_page_in_routine(&page, (uintptr_t)handler));
    assert_int_equal(establisher, (uintptr_t)stack);
    static const struct {
        DWORD flags;
        LONG left;
    } cases[] = {{0, 5},
                 {EXCEPTION_NONCONTINUABLE, 5},
                 {EXCEPTION_UNWINDING | EXCEPTION_TARGET_UNWIND, 5},
                 {EXCEPTION_UNWINDING, 4},
                 {EXCEPTION_UNWINDING | EXCEPTION_COLLIDED_UNWIND, 4},
                 {EXCEPTION_EXIT_UNWIND | EXCEPTION_UNWINDING, 4}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        EXCEPTION_RECORD record = {.ExceptionFlags = cases[i].flags};
        stack[0] = (uintptr_t)&page.tally[0];
        page.tally[0].inside = 5;
        for (unsigned times = 0; times < 2; times++) { // a second one must not count again
            assert_int_equal(handler(&record, stack, NULL, NULL), ExceptionContinueSearch);
            assert_int_equal(page.tally[0].inside, cases[i].left);
        }
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(unwinding_works_from_every_instruction),
        TEST(unwinding_from_the_replacement_restores_the_callers_registers),
        TEST(exception_counts_out_every_frame_once),
        TEST(exception_that_is_continued_counts_out_on_return_only),
        TEST(frame_that_handles_the_exception_stays_in),
        TEST(exception_counts_out_all_depths_of_a_recursion),
        TEST(longjmp_counts_out),
        TEST(collided_unwinding_counts_out_once),
        TEST(handler_counts_only_frames_that_are_really_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
