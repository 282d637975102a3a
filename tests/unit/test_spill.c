// The spill routine, from both sides: a caller that fills and checks every register, and
// dispatch functions written in C.
#include "hotpatch/function.h"
#include "tests/unit/abi_calls.h"
#include "tests/unit/code_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GP_COUNT (HP_X64 ? 16 : 8)
#define NOPS 2 // bytes of a patchable function's no-op entry

// A context with what its dispatch has to do and what it saw.
typedef struct probe {
    hp_context context;
    void *thunk;
    uintptr_t action; // HP_RETURN_...
    uintptr_t ax, dx;
    unsigned char xmm0[16], st0[8];
    uint32_t cleanup;
    void (*inside)(struct probe *probe, hp_registers *registers);
    hp_registers seen;
    uintptr_t stack_seen[ABI_WORDS];
    unsigned stack_words; // how many to note
    unsigned calls;
    unsigned misaligned;
    unsigned long frames_seen;
    unsigned long expected;
} probe;

// What a C function may do to its caller's volatile registers.
static void spoil_volatile_registers(void) {
#if HP_X64
    __asm__ volatile(
        "movq $-1, %%rax\n movq %%rax, %%rcx\n movq %%rax, %%rdx\n movq %%rax, %%r8\n movq %%rax, %%r9\n"
        "movq %%rax, %%r10\n movq %%rax, %%r11\n pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n"
        "movaps %%xmm0, %%xmm2\n movaps %%xmm0, %%xmm3\n movaps %%xmm0, %%xmm4\n movaps %%xmm0, %%xmm5\n"
        :
        :
        : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5");
#else
    __asm__ volatile("movl $-1, %%eax\n movl %%eax, %%ecx\n movl %%eax, %%edx\n" : : : "eax", "ecx", "edx");
#endif
}

static uintptr_t dispatch(hp_registers *registers, hp_context *context) {
    probe *p = (probe *)context;
    p->calls++;
    p->misaligned +=
        (uintptr_t)registers % 16 != 0; // the frame lies a multiple of 16 above the stack pointer
    p->seen = *registers;
    memcpy(p->stack_seen, registers->stack, p->stack_words * sizeof(uintptr_t));
    if (p->inside)
        p->inside(p, registers);
    if (p->action != HP_RETURN_ORIGINAL) {
        registers->gp[HP_GP_AX] = p->ax;
        registers->gp[HP_GP_DX] = p->dx;
#if HP_X64
        memcpy(registers->xmm[0], p->xmm0, 16);
#endif
        memcpy(registers->st0, p->st0, 8);
        registers->cleanup = p->cleanup;
    }
    const uintptr_t action = p->action;
    spoil_volatile_registers();
    return action;
}

static void arm(probe *p, uintptr_t action, void (*original)(void)) {
    memset(p, 0, sizeof *p);
    p->context.enter = (void *)(uintptr_t)hp_spill_enter;
    p->context.original = (void *)(uintptr_t)original;
    p->context.dispatch = dispatch;
    p->action = action;
    p->thunk = code_page_thunk(&p->context);
    assert_non_null(p->thunk);
}

static void disarm(probe *p) {
    VirtualFree(p->thunk, 0, MEM_RELEASE);
}

// A state with a different value in every register and stack word.
static abi_state *make_state(void *target) {
    abi_state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (unsigned i = 0; i < 16; i++) {
        s->in_gp[i] = (uintptr_t)0xA1B2C3D4E5F60700ull + i * 0x01010101u;
        for (unsigned j = 0; j < 16; j++)
            s->in_xmm[i][j] = (unsigned char)(i * 16 + j);
    }
    for (unsigned i = 0; i < ABI_WORDS; i++)
        s->stack[i] = (uintptr_t)0x5700000057000000ull + i;
    s->stack_bytes = 16 * sizeof(uintptr_t);
    s->target = target;
    return s;
}

static int is_non_volatile(unsigned gp) {
    return gp == 3 || (gp >= 5 && gp <= 7) || (gp >= 12 && gp <= 15);
}

// What every call has to leave as the ABI promises.
static void assert_caller_is_undisturbed(const abi_state *s, uintptr_t cleaned) {
    for (unsigned i = 0; i < GP_COUNT; i++)
        if (is_non_volatile(i))
            assert_int_equal(s->out_gp[i], s->in_gp[i]);
    assert_int_equal(s->sp_after, s->sp_at_call + cleaned);
#if HP_X64
    assert_memory_equal(s->out_xmm[6], s->in_xmm[6], 10 * 16);
#endif
}

static void assert_x87_empty(const abi_state *s, int results) {
    assert_int_equal(s->env[4], results ? 0x3FFF : 0xFFFF); // tag word; register 7 holds the one result
    assert_int_equal(s->env_after[4], 0xFFFF);
}

static void dispatch_sees_every_register_and_the_stack(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    abi_state *s = make_state(p.thunk);
    p.stack_words = 16;
    abi_call(s);
    assert_int_equal(p.calls, 1);
    assert_int_equal(p.misaligned, 0);
    for (unsigned i = 0; i < GP_COUNT; i++)
        if (i != HP_GP_R11 && i != 4 && (HP_X64 || i != HP_GP_AX))
            assert_int_equal(p.seen.gp[i], s->in_gp[i]);
    assert_int_equal(p.seen.gp[HP_X64 ? HP_GP_R11 : HP_GP_AX], (uintptr_t)&p.context);
    assert_int_equal(p.seen.gp[4], s->sp_at_call - sizeof(void *));
    assert_int_equal((uintptr_t)p.seen.stack, s->sp_at_call + (HP_X64 ? 32 : 0));
    assert_memory_equal(p.stack_seen, s->stack, 16 * sizeof(uintptr_t));
    assert_int_equal(p.seen.cleanup, 0);
    assert_int_equal(p.seen.result, 0);
#if HP_X64
    assert_memory_equal(p.seen.xmm, s->in_xmm, sizeof p.seen.xmm);
#endif
    free(s);
    disarm(&p);
}

static void integer_results_come_back_and_nothing_else_changes(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.ax = (uintptr_t)0x1122334455667788ull;
    p.dx = (uintptr_t)0x99aabbccddeeff00ull;
    for (unsigned i = 0; i < 16; i++)
        p.xmm0[i] = (unsigned char)(0xC0 + i);
    abi_state *s = make_state(p.thunk);
    abi_call(s);
    assert_int_equal(s->out_gp[HP_GP_AX], p.ax);
    assert_int_equal(s->out_gp[HP_GP_DX], p.dx);
#if HP_X64
    assert_memory_equal(s->out_xmm[0], p.xmm0, 16);
#endif
    assert_caller_is_undisturbed(s, 0);
    assert_x87_empty(s, 0);
    free(s);
    disarm(&p);
}

// x64: the same three actions, xmm0 always. x86: st0, and the x87 stack is empty afterwards.
static void float_results_come_back(void **state) {
    (void)state;
    const float f32 = -1.375f;
    const double f64 = 3.14159265358979;
    probe p;
    arm(&p, HP_RETURN_F32, NULL);
    memcpy(p.st0, &f32, sizeof f32);
    memcpy(p.xmm0, &f32, sizeof f32);
    assert_true(((float (*)(void))(uintptr_t)p.thunk)() == f32);
    abi_state *s = make_state(p.thunk);
    s->floating = HP_RETURN_F32;
    abi_call(s);
    assert_x87_empty(s, !HP_X64);
    assert_caller_is_undisturbed(s, 0);

    p.action = s->floating = HP_RETURN_F64;
    memcpy(p.st0, &f64, sizeof f64);
    memcpy(p.xmm0, &f64, sizeof f64);
    assert_true(((double (*)(void))(uintptr_t)p.thunk)() == f64);
    for (int i = 0; i < 100; i++) { // a leak would overflow the eight x87 registers
        abi_call(s);
        assert_memory_equal(HP_X64 ? s->out_xmm[0] : s->st0, &f64, sizeof f64);
        assert_x87_empty(s, !HP_X64);
    }
    free(s);
    disarm(&p);
}

#if !HP_X64
static void callee_clean_up_of_any_size_is_exact(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.st0[3] = p.st0[7] = 0x40; // not zero: the tag word tells zero from other values
    abi_state *s = make_state(p.thunk);
    for (uint32_t bytes = 0; bytes <= 128; bytes += 4)
        for (uintptr_t kind = HP_RETURN_INTEGER; kind <= HP_RETURN_F64; kind++) {
            s->stack_bytes = p.cleanup = bytes;
            s->floating = p.action = kind;
            p.ax = 0x1000 + bytes;
            abi_call(s);
            assert_caller_is_undisturbed(s, bytes);
            assert_x87_empty(s, kind != HP_RETURN_INTEGER);
            assert_int_equal(s->out_gp[HP_GP_AX], p.ax);
        }
    assert_int_equal(p.misaligned, 0); // though the caller's stack pointer was any multiple of 4
    free(s);
    disarm(&p);
}
#endif

static void original_gets_every_register_as_the_caller_left_it(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_ORIGINAL, abi_callee);
    abi_state *s = make_state(p.thunk);
    s->result_ax = 0x51;
    s->result_dx = 0x52;
    s->result_xmm[3] = 0x53;
    abi_call(s);
    assert_int_equal(p.calls, 1);
    for (unsigned i = 0; i < GP_COUNT; i++)
        if (i != HP_GP_R11 && i != 4 && (HP_X64 || i != HP_GP_AX))
            assert_int_equal(s->seen_gp[i], s->in_gp[i]);
#if HP_X64
    assert_memory_equal(s->seen_xmm, s->in_xmm, sizeof s->in_xmm);
    assert_memory_equal(s->out_xmm[0], s->result_xmm, 16);
#endif
    assert_int_equal(s->seen_sp, s->sp_at_call - sizeof(void *));
    assert_int_equal(s->out_gp[HP_GP_AX], 0x51);
    assert_int_equal(s->out_gp[HP_GP_DX], 0x52);
    assert_caller_is_undisturbed(s, 0);
    assert_x87_empty(s, 0);
    free(s);
    disarm(&p);
}

// --- originals in C, entered behind their no-op ---

HP_PATCHABLE(double, spill_mixed,
             (int a, double b, long long c, float d, int e, double f, short g, float h)) {
    return a + b * 2 + (double)c * 3 + (double)d * 4 + e * 5 + f * 6 + g * 7 + (double)h * 8;
}

HP_PATCHABLE(long long HP_STDCALL, spill_stdcall, (int a, long long b, signed char c)) {
    return a + b * 1000 + c;
}

HP_PATCHABLE(int HP_FASTCALL, spill_fastcall, (int a, int b, int c)) {
    return a * 100 + b * 10 + c;
}

HP_PATCHABLE(int, spill_variadic, (char *text, const char *format, ...)) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

typedef struct big {
    int values[9];
} big;

HP_PATCHABLE(big, spill_big, (big in, int factor)) {
    for (unsigned i = 0; i < 9; i++)
        in.values[i] *= factor;
    return in;
}

// A thunk that leads to the body of a function; typed like the function.
#define THUNK_FOR(p, name)                                                                                   \
    (arm(&(p), HP_RETURN_ORIGINAL, (void (*)(void))((uintptr_t)name + NOPS)),                                \
     (__typeof__(&name))(uintptr_t)(p).thunk)

static void original_of_every_shape_computes_what_it_did(void **state) {
    (void)state;
    probe p;
    double (*mixed)(int, double, long long, float, int, double, short, float) = THUNK_FOR(p, spill_mixed);
    assert_true(mixed(1, 2.5, 1LL << 33, 4.5f, 5, 6.25, 7, 8.5f) ==
                spill_mixed(1, 2.5, 1LL << 33, 4.5f, 5, 6.25, 7, 8.5f));
    assert_int_equal(p.calls, 1);
    disarm(&p);

    long long(HP_STDCALL * stdcall)(int, long long, signed char) = THUNK_FOR(p, spill_stdcall);
    assert_true(stdcall(1, -5000000000LL, -3) == -5000000000LL * 1000 - 2);
    disarm(&p);

    int(HP_FASTCALL * fastcall)(int, int, int) = THUNK_FOR(p, spill_fastcall);
    assert_int_equal(fastcall(1, 2, 3), 123);
    disarm(&p);

    char text[80], expected[80];
    int (*variadic)(char *, const char *, ...) = THUNK_FOR(p, spill_variadic);
    assert_int_equal(variadic(text, "%d %.2f %s %lld %.1f", 7, 2.25, "seven", 1LL << 40, 0.5),
                     sprintf(expected, "%d %.2f %s %lld %.1f", 7, 2.25, "seven", 1LL << 40, 0.5));
    assert_string_equal(text, expected);
    disarm(&p);

    big (*structure)(big, int) = THUNK_FOR(p, spill_big);
    const big in = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
    const big out = structure(in, -2);
    for (int i = 0; i < 9; i++)
        assert_int_equal(out.values[i], -2 * (i + 1));
    disarm(&p);
}

// --- recursion and threads ---

typedef int recursive(int depth);

static void recurse_through_thunk(probe *p, hp_registers *registers) {
#if HP_X64
    const int depth = (int)registers->gp[HP_GP_CX];
#else
    int depth;
    memcpy(&depth, registers->stack, sizeof depth);
#endif
    p->ax = depth ? (uintptr_t)((recursive *)(uintptr_t)p->thunk)(depth - 1) + (uintptr_t)depth : 0;
}

static void recursion_keeps_frames_apart(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.inside = recurse_through_thunk;
    assert_int_equal(((recursive *)(uintptr_t)p.thunk)(200), 200 * 201 / 2);
    assert_int_equal(p.calls, 201);
    disarm(&p);
}

static uintptr_t add_one(hp_registers *registers, hp_context *context) {
    (void)context;
#if HP_X64
    registers->gp[HP_GP_AX] = registers->gp[HP_GP_CX] + 1;
#else
    memcpy(&registers->gp[HP_GP_AX], registers->stack, 4);
    registers->gp[HP_GP_AX]++;
#endif
    spoil_volatile_registers();
    return HP_RETURN_INTEGER;
}

static DWORD WINAPI call_often(void *thunk) {
    DWORD wrong = 0;
    for (int i = 0; i < 200000; i++)
        wrong += ((recursive *)(uintptr_t)thunk)(i) != i + 1;
    return wrong;
}

static void eight_threads_share_one_thunk(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.context.dispatch = add_one;
    HANDLE threads[8];
    for (int i = 0; i < 8; i++)
        assert_non_null(threads[i] = CreateThread(NULL, 0, call_often, p.thunk, 0, NULL));
    assert_int_equal(WaitForMultipleObjects(8, threads, TRUE, 60000), WAIT_OBJECT_0);
    for (int i = 0; i < 8; i++) {
        DWORD wrong = 1;
        assert_true(GetExitCodeThread(threads[i], &wrong));
        assert_int_equal(wrong, 0);
        CloseHandle(threads[i]);
    }
    disarm(&p);
}

// --- stack walks ---

static int contains(void *const *frames, unsigned count, uintptr_t address) {
    for (unsigned i = 0; i < count; i++)
        if ((uintptr_t)frames[i] == address)
            return 1;
    return 0;
}

static uintptr_t caller_address; // where the call below returns to

static void walk_the_stack(probe *p, hp_registers *registers) {
    void *frames[62];
    caller_address = *(uintptr_t *)(uintptr_t)registers->gp[4];
    const unsigned count = RtlCaptureStackBackTrace(0, 62, frames, NULL);
    p->frames_seen = count;
    p->expected = (unsigned long)contains(frames, count, caller_address);
    for (unsigned i = 0; i + 1 < count; i++) // and goes on behind it
        if ((uintptr_t)frames[i] == caller_address)
            p->expected = 2;
}

// The volatile result keeps it from becoming a tail call.
static __attribute__((noinline)) int call_from_c(int (*function)(int)) {
    volatile int result = function(5);
    return result;
}

static void stack_walk_reaches_the_caller_and_beyond(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.inside = walk_the_stack;
    call_from_c((int (*)(int))(uintptr_t)p.thunk);
    const uintptr_t begin = (uintptr_t)call_from_c;
    assert_in_range(caller_address, begin, begin + 200);
    assert_int_equal(p.expected, 2);
    disarm(&p);
}

#if HP_X64
// One step up, as the system's unwinder does it. A function without a table entry is a leaf.
static void unwind_once(CONTEXT *context) {
    DWORD64 base;
    RUNTIME_FUNCTION *function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    if (!function) {
        context->Rip = *(DWORD64 *)context->Rsp;
        context->Rsp += 8;
        return;
    }
    void *data;
    DWORD64 frame;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data, &frame, NULL);
}

static struct {
    abi_state *state;
    uintptr_t thunk;
    unsigned steps, in_thunk, wrong;
    DWORD64 first_wrong;
} trace;

// Behind the routine stands the jump to the original, a leaf.
enum { LEAF = 4 };

static DWORD64 spill_end(void) {
    DWORD64 base;
    const RUNTIME_FUNCTION *spill = RtlLookupFunctionEntry((DWORD64)(uintptr_t)hp_spill_enter, &base, NULL);
    return spill ? base + spill->EndAddress + LEAF : 0;
}

static LONG CALLBACK on_single_step(EXCEPTION_POINTERS *exception) {
    if (exception->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    CONTEXT *now = exception->ContextRecord;
    if (now->Rip == (uintptr_t)abi_call_return) {
        now->EFlags &= ~0x100u;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    now->EFlags |= 0x100;
    const int in_thunk = now->Rip >= trace.thunk && now->Rip < trace.thunk + HP_THUNK_SIZE;
    if (!in_thunk && (now->Rip < (uintptr_t)hp_spill_enter || now->Rip >= spill_end()))
        return EXCEPTION_CONTINUE_EXECUTION;
    trace.in_thunk += in_thunk != 0;
    trace.steps++;
    CONTEXT caller = *now;
    unwind_once(&caller);
    const uintptr_t *in = trace.state->in_gp;
    if (caller.Rip != (uintptr_t)abi_call_return || caller.Rsp != trace.state->sp_at_call ||
        caller.Rbx != in[3] || caller.Rbp != in[5] || caller.Rsi != in[6] || caller.Rdi != in[7] ||
        caller.R12 != in[12] || caller.R15 != in[15]) {
        trace.first_wrong = trace.wrong++ ? trace.first_wrong : now->Rip - (uintptr_t)hp_spill_enter;
    }
    return EXCEPTION_CONTINUE_EXECUTION;
}

// A profiler or an asynchronous exception can stop anywhere: prologue, body, both epilogues.
static void unwinding_works_from_every_instruction(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, abi_callee);
    abi_state *s = make_state(p.thunk);
    s->trace = 1;
    void *handler = AddVectoredExceptionHandler(1, on_single_step);
    for (p.action = HP_RETURN_ORIGINAL; p.action <= HP_RETURN_INTEGER; p.action++) {
        memset(&trace, 0, sizeof trace);
        trace.state = s;
        trace.thunk = (uintptr_t)p.thunk;
        abi_call(s);
        if (trace.wrong)
            print_message("%u of %u wrong, first at hp_spill_enter+0x%llx\n", trace.wrong, trace.steps,
                          trace.first_wrong);
        assert_int_equal(trace.in_thunk, 2);
        assert_true(trace.steps > 40);
        assert_int_equal(trace.wrong, 0);
        assert_caller_is_undisturbed(s, 0);
    }
    RemoveVectoredExceptionHandler(handler);
    free(s);
    disarm(&p);
}

static void unwind_from_inside(probe *p, hp_registers *registers) {
    CONTEXT context;
    (void)registers;
    RtlCaptureContext(&context);
    for (int i = 0; i < 8 && context.Rip; i++) {
        if (context.Rip == (uintptr_t)abi_call_return) {
            p->expected = context.Rsp == trace.state->sp_at_call && context.Rbx == trace.state->in_gp[3] &&
                          context.R14 == trace.state->in_gp[14] &&
                          memcmp(&context.Xmm6, trace.state->in_xmm[6], 160) == 0;
            return;
        }
        unwind_once(&context);
    }
}

static void unwinding_from_dispatch_restores_the_callers_registers(void **state) {
    (void)state;
    probe p;
    arm(&p, HP_RETURN_INTEGER, NULL);
    p.inside = unwind_from_inside;
    trace.state = make_state(p.thunk);
    abi_call(trace.state);
    assert_int_equal(p.expected, 1);
    free(trace.state);
    disarm(&p);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dispatch_sees_every_register_and_the_stack),
        cmocka_unit_test(integer_results_come_back_and_nothing_else_changes),
        cmocka_unit_test(float_results_come_back),
#if !HP_X64
        cmocka_unit_test(callee_clean_up_of_any_size_is_exact),
#endif
        cmocka_unit_test(original_gets_every_register_as_the_caller_left_it),
        cmocka_unit_test(original_of_every_shape_computes_what_it_did),
        cmocka_unit_test(recursion_keeps_frames_apart),
        cmocka_unit_test(eight_threads_share_one_thunk),
        cmocka_unit_test(stack_walk_reaches_the_caller_and_beyond),
#if HP_X64
        cmocka_unit_test(unwinding_works_from_every_instruction),
        cmocka_unit_test(unwinding_from_dispatch_restores_the_callers_registers),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
