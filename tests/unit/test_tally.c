// The counting routine: that it counts, and that neither caller nor replacement can tell that it is there.
#include "hotpatch/function.h"
#include "proxygen/thunk.h"
#include "tests/unit/abi_calls.h"
#include "tests/unit/tally_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wattributes" // gcc: thiscall outside of C++
#endif

#define WORD sizeof(uintptr_t)
#define HOME (HP_X64 ? 4u : 0u) // words

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

static void set_tally(unsigned i, void *replacement, unsigned words) {
    page.tally[i].stack_words = (uint16_t)words;
    page.tally[i].replacement = replacement;
}

// The first thunk, leading to a function, typed like it.
#define THUNK_FOR(function, words)                                                                           \
    (set_tally(0, (void *)(uintptr_t)(function), words), (__typeof__(&(function)))(uintptr_t)page.thunk[0])

// --- bytes ---

static void nothing_is_written_beyond_the_sizes(void **state) {
    (void)state;
    static __attribute__((aligned(16))) unsigned char memory[HP_TALLY_ROUTINE_SIZE + 32];
    static void *const volatile slot;
    for (unsigned which = 0; which < 3; which++) {
        unsigned char *const place = memory + 16;
        const size_t size = which == 0   ? HP_TALLY_ROUTINE_SIZE
                            : which == 1 ? HP_TALLY_THUNK_SIZE
                                         : HP_TALLY_JUMP_SIZE;
        memset(memory, 0x77, sizeof memory);
        if (which == 0)
            hp_tally_write_routine(place);
        else if (which == 1)
            hp_tally_write_thunk(place, &page.tally[0], memory);
        else
            hp_tally_write_jump(place, &slot);
        for (size_t i = 0; i < sizeof memory; i++)
            if (i < 16 || i >= 16 + size)
                assert_int_equal(memory[i], 0x77);
        assert_int_equal(place[size - 1], 0xCC); // the rest is int3
    }
}

static void thunk_and_jump_are_the_documented_code(void **state) {
    (void)state;
    const hp_tally *tally = &page.tally[1];
    void *const volatile *slot = page.slot;
    unsigned char thunk[HP_TALLY_THUNK_SIZE], jump[HP_TALLY_JUMP_SIZE];
    memset(thunk, 0xCC, sizeof thunk);
    memset(jump, 0xCC, sizeof jump);
    memcpy(thunk, HP_X64 ? "\x49\xBB" : "\xB8", HP_X64 ? 2 : 1);
    memcpy(thunk + (HP_X64 ? 2 : 1), &tally, sizeof tally);
    const unsigned end = HP_X64 ? 15 : 10;
    const int32_t to_routine = (int32_t)(page.routine - (page.thunk[1] + end));
    thunk[end - 5] = 0xE9;
    memcpy(thunk + end - 4, &to_routine, 4);
    assert_memory_equal(page.thunk[1], thunk, sizeof thunk);
    assert_true(to_routine < 0);

    const int32_t to_slot = (int32_t)((uintptr_t)slot - (HP_X64 ? (uintptr_t)page.jump + 6 : 0));
    memcpy(jump, "\xFF\x25", 2);
    memcpy(jump + 2, &to_slot, 4);
    assert_memory_equal(page.jump, jump, sizeof jump);
}

// --- registers and stack ---

typedef struct seen {
    LONG inside;
    uintptr_t sp, return_address, stack[ABI_WORDS];
} seen;

static seen callee;

static void note_callee(abi_state *state) {
    callee.inside = page.tally[0].inside;
    callee.sp = state->seen_sp;
    const uintptr_t *words = (const uintptr_t *)state->seen_sp;
    callee.return_address = words[0];
    memcpy(callee.stack, words + 1 + HOME, state->stack_bytes);
}

// A state with a different value in every register and stack word, about to call the first thunk.
static abi_state *make_state(unsigned words) {
    abi_state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (unsigned i = 0; i < 16; i++) {
        s->in_gp[i] = (uintptr_t)0xA1B2C3D4E5F60700ull + i * 0x01010101u;
        for (unsigned j = 0; j < 16; j++) {
            s->in_xmm[i][j] = (unsigned char)(i * 16 + j);
            s->result_xmm[j] = (unsigned char)(0xC0 + j);
        }
    }
    for (unsigned i = 0; i < ABI_WORDS; i++)
        s->stack[i] = (uintptr_t)0x5700000057000000ull + i;
    s->stack_bytes = words * WORD;
    s->result_ax = (uintptr_t)0x1122334455667788ull;
    s->result_dx = (uintptr_t)0x99aabbccddeeff00ull;
    s->hook = note_callee;
    s->target = page.thunk[0];
    memset(&callee, 0, sizeof callee);
    return s;
}

// What every call has to leave as the ABI promises.
static void assert_caller_is_undisturbed(const abi_state *s, uintptr_t cleaned) {
    for (unsigned i = 0; i < (HP_X64 ? 16 : 8); i++)
        if (i == 3 || (i >= 5 && i <= 7) || i >= 12)
            assert_int_equal(s->out_gp[i], s->in_gp[i]);
    assert_int_equal(s->sp_after, s->sp_at_call + cleaned);
    assert_int_equal(s->out_gp[HP_GP_AX], s->result_ax);
    assert_int_equal(s->out_gp[HP_GP_DX], s->result_dx);
#if HP_X64
    assert_memory_equal(s->out_xmm[6], s->in_xmm[6], 10 * 16);
    assert_memory_equal(s->out_xmm[0], s->result_xmm, 16);
#endif
}

static void assert_callee_got_everything(const abi_state *s) {
    for (unsigned i = 0; i < (HP_X64 ? 16 : 8); i++)
        if (i != (HP_X64 ? HP_GP_R11 : HP_GP_AX) && i != HP_GP_SP && i != 5)
            assert_int_equal(s->seen_gp[i], s->in_gp[i]);
#if HP_X64
    assert_memory_equal(s->seen_xmm, s->in_xmm, sizeof s->in_xmm);
#endif
    assert_memory_equal(callee.stack, s->stack, s->stack_bytes);
}

static void replacement_gets_every_register_and_word_and_its_results_come_back(void **state) {
    (void)state;
    for (unsigned words = 0; words <= (HP_X64 ? 16 : ABI_WORDS); words++) {
        abi_state *s = make_state(words);
        set_tally(0, (void *)(uintptr_t)abi_callee, words);
        abi_call(s);
        assert_int_equal(callee.inside, 1);
        assert_int_equal(page.tally[0].inside, 0);
        assert_callee_got_everything(s);
        assert_caller_is_undisturbed(s, 0);
        assert_int_equal(callee.sp % 16, (s->sp_at_call - WORD) % 16);
        assert_true(tally_page_in_routine(&page, callee.return_address));
        free(s);
    }
}

static void uncounted_call_jumps_straight(void **state) {
    (void)state;
    abi_state *s = make_state(16);
    set_tally(0, (void *)(uintptr_t)abi_callee, HP_TALLY_UNCOUNTED);
    abi_call(s);
    assert_int_equal(callee.inside, 0);
    assert_int_equal(page.tally[0].inside, 0);
    assert_int_equal(callee.sp, s->sp_at_call - WORD);
    assert_int_equal(callee.return_address, (uintptr_t)abi_call_return);
    assert_int_equal(s->seen_gp[5], s->in_gp[5]);
    assert_callee_got_everything(s);
    assert_caller_is_undisturbed(s, 0);
    free(s);
}

#if !HP_X64
static void callee_clean_up_of_any_size_is_repeated(void **state) {
    (void)state;
    const double f64 = 3.14159265358979;
    for (unsigned words = 0; words <= ABI_WORDS; words++)
        for (unsigned pop = 0; pop <= words; pop += words < 5 ? 1 : words - pop ? words - pop : 1)
            for (unsigned floating = 0; floating < 2; floating++) {
                abi_state *s = make_state(words);
                s->pop = pop * WORD;
                s->floating = floating ? HP_RETURN_F64 : HP_RETURN_INTEGER;
                memcpy(s->st0, &f64, sizeof f64);
                set_tally(0, (void *)(uintptr_t)abi_callee, words);
                abi_call(s);
                assert_callee_got_everything(s);
                assert_caller_is_undisturbed(s, pop * WORD);
                assert_int_equal(s->env[4], floating ? 0x3FFF : 0xFFFF); // x87: one value, or none
                assert_int_equal(s->env_after[4], 0xFFFF);
                assert_memory_equal(s->st0, &f64, sizeof f64);
                assert_int_equal(page.tally[0].inside, 0);
                free(s);
            }
}
#endif

static uintptr_t sent[HP_TALLY_WORDS_MAX];
static size_t compared_words;
static unsigned differs;

static void compare_stack(abi_state *state) {
    const uintptr_t *words = (const uintptr_t *)state->seen_sp + 1 + HOME;
    differs += memcmp(words, sent, compared_words * WORD) != 0;
    differs += (state->seen_sp + WORD) % 16 != 0;
    differs += page.tally[0].inside != 1;
}

static void any_number_of_words_arrives_aligned_up_to_the_most(void **state) {
    (void)state;
    abi_state *s = make_state(0);
    s->hook = compare_stack;
    abi_set_state(s);
    for (size_t i = 0; i < HP_TALLY_WORDS_MAX; i++)
        sent[i] = (uintptr_t)0x7700000000000000ull + i;
    differs = 0;
    for (compared_words = 0; compared_words <= HP_TALLY_WORDS_MAX; compared_words++) {
        hp_registers registers = {.stack = (unsigned char *)sent, .result = HP_RETURN_INTEGER};
        set_tally(0, (void *)(uintptr_t)abi_callee, (unsigned)compared_words);
        s->pop = HP_X64 ? 0 : compared_words * WORD;
        assert_int_equal(
            hp_invoke_call((void (*)(void))(uintptr_t)page.thunk[0], &registers, compared_words * WORD, NULL),
            S_OK);
        assert_int_equal(registers.gp[HP_GP_AX], s->result_ax);
    }
    assert_int_equal(differs, 0);
    assert_int_equal(page.tally[0].inside, 0);
    free(s);
}

// --- replacements in C ---

static LONG inside_seen;

static void note_inside(void) {
    inside_seen = page.tally[0].inside;
}

static double mixed(int a, double b, long long c, float d, int e, double f, short g, float h) {
    note_inside();
    return a + b * 2 + (double)c * 3 + (double)d * 4 + e * 5 + f * 6 + g * 7 + (double)h * 8;
}

static long long HP_STDCALL by_stdcall(int a, long long b, signed char c) {
    note_inside();
    return a + b * 1000 + c;
}

static int HP_FASTCALL by_fastcall(int a, int b, int c) {
    note_inside();
    return a * 100 + b * 10 + c;
}

static int HP_THISCALL by_thiscall(const int *self, int b, int c) {
    note_inside();
    return *self * 100 + b * 10 + c;
}

static int twenty(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j, int k, int l, int m,
                  int n, int o, int p, int q, int r, int s, int t) {
    const int all[] = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t};
    int sum = 0;
    for (int at = 0; at < 20; at++)
        sum += all[at] * (at + 1);
    note_inside();
    return sum;
}

typedef struct big {
    int values[9];
} big;

static big structure(big in, int factor) {
    for (unsigned i = 0; i < 9; i++)
        in.values[i] *= factor;
    note_inside();
    return in;
}

static float quarter(int a) {
    note_inside();
    return (float)a / 4;
}

static void assert_counted_in_and_out(void) {
    assert_int_equal(inside_seen, 1);
    assert_int_equal(page.tally[0].inside, 0);
    inside_seen = 0;
}

static void replacement_of_every_shape_computes_what_it_does(void **state) {
    (void)state;
    double (*to_mixed)(int, double, long long, float, int, double, short, float) =
        THUNK_FOR(mixed, HP_X64 ? 4 : 11);
    const double direct = mixed(1, 2.5, 1LL << 33, 4.5f, 5, 6.25, 7, 8.5f);
    assert_true(to_mixed(1, 2.5, 1LL << 33, 4.5f, 5, 6.25, 7, 8.5f) == direct);
    assert_counted_in_and_out();

    long long(HP_STDCALL * to_stdcall)(int, long long, signed char) = THUNK_FOR(by_stdcall, HP_X64 ? 0 : 4);
    assert_true(to_stdcall(1, -5000000000LL, -3) == -5000000000LL * 1000 - 2);
    assert_counted_in_and_out();

    int(HP_FASTCALL * to_fastcall)(int, int, int) = THUNK_FOR(by_fastcall, HP_X64 ? 0 : 1);
    assert_int_equal(to_fastcall(1, 2, 3), 123);
    assert_counted_in_and_out();

    int self = 4;
    int(HP_THISCALL * to_thiscall)(const int *, int, int) = THUNK_FOR(by_thiscall, HP_X64 ? 0 : 2);
    assert_int_equal(to_thiscall(&self, 5, 6), 456);
    assert_counted_in_and_out();

    __typeof__(&twenty) to_twenty = THUNK_FOR(twenty, HP_X64 ? 16 : 20);
    assert_int_equal(to_twenty(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20), 2870);
    assert_counted_in_and_out();

    big (*to_structure)(big, int) = THUNK_FOR(structure, HP_X64 ? 0 : 11);
    const big in = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
    const big out = to_structure(in, -2);
    for (int i = 0; i < 9; i++)
        assert_int_equal(out.values[i], -2 * (i + 1));
    assert_counted_in_and_out();

    float (*to_quarter)(int) = THUNK_FOR(quarter, HP_X64 ? 0 : 1);
    for (int i = 0; i < 20; i++) { // more than there are x87 registers
        assert_true(to_quarter(i) == (float)i / 4);
        assert_counted_in_and_out();
    }
}

// --- recursion, exchange, slot ---

static int (*again)(int);
static LONG most_inside;

static int recurse(int depth) {
    most_inside = page.tally[0].inside > most_inside ? page.tally[0].inside : most_inside;
    return depth ? again(depth - 1) + depth : 0;
}

static void recursion_is_counted_by_depth(void **state) {
    (void)state;
    again = THUNK_FOR(recurse, HP_X64 ? 0 : 1);
    most_inside = 0;
    assert_int_equal(again(200), 200 * 201 / 2);
    assert_int_equal(most_inside, 201);
    assert_int_equal(page.tally[0].inside, 0);
}

static int returns_its_double(int a) {
    most_inside = page.tally[0].inside;
    return 2 * a;
}

static int exchanges_and_calls(int a) {
    page.tally[0].replacement = (void *)(uintptr_t)returns_its_double;
    const int got = again(a);
    return got + (int)page.tally[0].inside * 1000;
}

static void call_that_is_inside_ends_well_when_the_replacement_is_exchanged(void **state) {
    (void)state;
    again = THUNK_FOR(exchanges_and_calls, HP_X64 ? 0 : 1);
    assert_int_equal(again(21), 1042);
    assert_int_equal(most_inside, 2);
    assert_int_equal(page.tally[0].inside, 0);
    assert_int_equal(again(4), 8);
}

static void jump_follows_its_slot(void **state) {
    (void)state;
    int (*jump)(int) = (int (*)(int))(uintptr_t)page.jump;
    set_tally(0, (void *)(uintptr_t)returns_its_double, HP_X64 ? 0 : 1);
    assert_int_equal(jump(8), 16);
    assert_int_equal(most_inside, 1);
    *page.slot = (void *)(uintptr_t)returns_its_double;
    assert_int_equal(jump(9), 18);
    assert_int_equal(most_inside, 0);
}

// --- when the replacement is read ---

static struct {
    hp_tally *tally; // its first two members end a page that cannot be read at first
    unsigned faults;
    LONG inside;
} watched;

static int is_old(int a) {
    return -a;
}

// The latest moment at which the replacement can be exchanged: the very instruction that reads it.
static LONG CALLBACK exchange_when_read(EXCEPTION_POINTERS *exception) {
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    DWORD old;
    if (record->ExceptionCode != (DWORD)EXCEPTION_ACCESS_VIOLATION ||
        record->ExceptionInformation[1] != (ULONG_PTR)&watched.tally->replacement)
        return EXCEPTION_CONTINUE_SEARCH;
    watched.faults++;
    watched.inside = watched.tally->inside;
    VirtualProtect((void *)&watched.tally->replacement, sizeof(void *), PAGE_READWRITE, &old);
    watched.tally->replacement = (void *)(uintptr_t)returns_its_double;
    return EXCEPTION_CONTINUE_EXECUTION;
}

// Whoever exchanges it and then finds nobody inside may rely on it that nobody enters the old one.
static void replacement_is_read_once_and_after_counting_in(void **state) {
    (void)state;
    DWORD old;
    unsigned char *data = VirtualAlloc(NULL, 8192, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    unsigned char *code = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    assert_non_null(data);
    assert_non_null(code);
    memset(&watched, 0, sizeof watched);
    watched.tally = (hp_tally *)(data + 4096 - HP_TALLY_INSIDE);
    watched.tally->replacement = (void *)(uintptr_t)is_old;
    watched.tally->stack_words = HP_X64 ? 0 : 1;
    hp_tally_write_routine(code);
    hp_tally_write_thunk(code + HP_TALLY_ROUTINE_SIZE, watched.tally, code);
    assert_true(VirtualProtect(code, 4096, PAGE_EXECUTE_READ, &old));
    assert_true(VirtualProtect(data, 4096, PAGE_NOACCESS, &old));
    void *handler = AddVectoredExceptionHandler(1, exchange_when_read);
    const int result = ((int (*)(int))(uintptr_t)(code + HP_TALLY_ROUTINE_SIZE))(5);
    RemoveVectoredExceptionHandler(handler);
    assert_int_equal(watched.faults, 1);
    assert_int_equal(watched.inside, 1);
    assert_int_equal(result, 10);
    assert_int_equal(watched.tally->inside, 0);
    VirtualFree(code, 0, MEM_RELEASE);
    VirtualFree(data, 0, MEM_RELEASE);
}

// --- threads ---

static int add_one(int a, int b, int c, int d, int e, int f) {
    return a + b + c + d + e + f + 1;
}

static int add_two(int a, int b, int c, int d, int e, int f) {
    return a + b + c + d + e + f + 2;
}

static HANDLE go; // the threads start together

static DWORD WINAPI call_often(void *thunk) {
    DWORD wrong = WaitForSingleObject(go, 20000) != WAIT_OBJECT_0;
    for (int i = 0; i < 1000000; i++) {
        const int got = ((__typeof__(&add_one))(uintptr_t)thunk)(i, 10, 20, 30, 40, 50);
        wrong += got != i + 151 && got != i + 152;
    }
    return wrong;
}

static DWORD run_threads(LPTHREAD_START_ROUTINE start, void *parameter, int (*meanwhile)(HANDLE *threads)) {
    HANDLE threads[8];
    DWORD wrong = 0;
    assert_non_null(go = CreateEventW(NULL, TRUE, FALSE, NULL));
    for (int i = 0; i < 8; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, start, parameter, 0, NULL));
    SetEvent(go);
    const int good = meanwhile(threads);
    assert_int_equal(WaitForMultipleObjects(8, threads, TRUE, 60000), WAIT_OBJECT_0);
    for (int i = 0; i < 8; i++) {
        DWORD code = 1;
        assert_true(GetExitCodeThread(threads[i], &code));
        wrong += code;
        CloseHandle(threads[i]);
    }
    CloseHandle(go);
    assert_true(good);
    return wrong;
}

static int exchange_until_they_end(HANDLE *threads) {
    for (unsigned i = 0; WaitForMultipleObjects(8, threads, TRUE, 1) == WAIT_TIMEOUT; i++)
        page.tally[0].replacement = (void *)(uintptr_t)(i % 2 ? add_one : add_two);
    return 1;
}

static void eight_threads_share_one_tally(void **state) {
    (void)state;
    set_tally(0, (void *)(uintptr_t)add_one, HP_X64 ? 2 : 6);
    assert_int_equal(run_threads(call_often, page.thunk[0], exchange_until_they_end), 0);
    assert_int_equal(page.tally[0].inside, 0);
}

// Two replacements take turns. Each is entered only while it is not retired: that is what unloading needs.
static volatile LONG retired[2], entered_retired, calls, ended;
enum { TURNS = 100, CALLS = 400000, CALLS_AT_ONCE = 100 };

static int first(int a) {
    if (retired[0])
        InterlockedIncrement(&entered_retired);
    return a + !!retired[0];
}

static int second(int a) {
    if (retired[1])
        InterlockedIncrement(&entered_retired);
    return a + !!retired[1];
}

static int below(int a) {
    return a;
}

static DWORD WINAPI call_through_slot(void *jump) {
    DWORD wrong = WaitForSingleObject(go, 20000) != WAIT_OBJECT_0;
    while (!ended) {
        for (int i = 0; i < CALLS_AT_ONCE; i++)
            wrong += ((int (*)(int))(uintptr_t)jump)(i) != i;
        InterlockedExchangeAdd(&calls, CALLS_AT_ONCE);
        SwitchToThread();
    }
    return wrong;
}

static int retire_in_turns(HANDLE *threads) {
    void *const replacements[] = {(void *)(uintptr_t)first, (void *)(uintptr_t)second};
    int good = 1;
    (void)threads;
    for (unsigned turn = 1; good && (turn <= TURNS || calls < CALLS); turn++) {
        const unsigned next = turn % 2, last = !next;
        InterlockedExchange(&retired[next], 0);
        InterlockedExchangePointer((PVOID volatile *)&page.tally[next].replacement, replacements[next]);
        InterlockedExchangePointer((PVOID volatile *)page.slot, page.thunk[next]);
        InterlockedExchangePointer((PVOID volatile *)&page.tally[last].replacement, (void *)(uintptr_t)below);
        for (unsigned patience = 0; page.tally[last].inside; patience++) {
            if (patience == 200000) {
                good = 0;
                break;
            }
            SwitchToThread();
        }
        InterlockedExchange(&retired[last], 1);
    }
    ended = 1;
    return good;
}

static void nobody_enters_a_drained_replacement(void **state) {
    (void)state;
    set_tally(0, (void *)(uintptr_t)first, HP_X64 ? 0 : 1);
    set_tally(1, (void *)(uintptr_t)below, HP_X64 ? 0 : 1);
    retired[0] = retired[1] = entered_retired = calls = ended = 0;
    assert_int_equal(run_threads(call_through_slot, page.jump, retire_in_turns), 0);
    assert_int_equal(entered_retired, 0);
    assert_int_equal(page.tally[0].inside, 0);
    assert_int_equal(page.tally[1].inside, 0);
}

// --- stack walks ---

static int walked; // 1: the caller is on the stack, 2: and so is somebody above it
static uintptr_t caller_begin;

static int walks(int a) {
    void *frames[62];
    const unsigned count = RtlCaptureStackBackTrace(0, 62, frames, NULL);
    walked = 0;
    for (unsigned i = 0; i < count; i++)
        if ((uintptr_t)frames[i] - caller_begin < 100)
            walked = i + 1 < count ? 2 : 1;
    return a;
}

// The volatile result keeps it from becoming a tail call.
static __attribute__((noinline)) int call_from_c(int (*function)(int)) {
    volatile int result = function(5);
    return result;
}

static void stack_walk_reaches_the_caller_and_beyond(void **state) {
    (void)state;
    caller_begin = (uintptr_t)call_from_c;
    assert_int_equal(call_from_c(THUNK_FOR(walks, HP_X64 ? 0 : 1)), 5);
    assert_int_equal(walked, 2);
    for (unsigned words = 0; words < 9; words++) { // more than there are: only what the walk steps over
        call_from_c(THUNK_FOR(walks, words + 1));
        assert_int_equal(walked, 2);
    }
    call_from_c(THUNK_FOR(walks, HP_TALLY_UNCOUNTED));
    assert_int_equal(walked, 2);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_beyond_the_sizes),
        TEST(thunk_and_jump_are_the_documented_code),
        TEST(replacement_gets_every_register_and_word_and_its_results_come_back),
        TEST(uncounted_call_jumps_straight),
#if !HP_X64
        TEST(callee_clean_up_of_any_size_is_repeated),
#endif
        TEST(any_number_of_words_arrives_aligned_up_to_the_most),
        TEST(replacement_of_every_shape_computes_what_it_does),
        TEST(recursion_is_counted_by_depth),
        TEST(call_that_is_inside_ends_well_when_the_replacement_is_exchanged),
        TEST(jump_follows_its_slot),
        TEST(replacement_is_read_once_and_after_counting_in),
        TEST(eight_threads_share_one_tally),
        TEST(nobody_enters_a_drained_replacement),
        TEST(stack_walk_reaches_the_caller_and_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
