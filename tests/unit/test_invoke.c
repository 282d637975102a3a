// hp_invoke_call: what the callee gets, what comes back, that faults end here, and
// that stack walks pass through.
#include "hotpatch/error.h"
#include "hotpatch/function.h"
#include "idl/frame.h"
#include "proxygen/thunk.h"
#include "tests/unit/abi_calls.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOME (HP_X64 ? 32u : 0u)
enum { LARGEST = 65536 };

static abi_state callee;
static uintptr_t sent[LARGEST / sizeof(uintptr_t)];

static hp_registers registers_with_values(void) {
    hp_registers registers;
    memset(&registers, 0, sizeof registers);
    for (unsigned i = 0; i < sizeof registers.gp / sizeof *registers.gp; i++)
        registers.gp[i] = (uintptr_t)0xF1E2D3C4B5A60000ull + i * 0x0101;
#if HP_X64
    for (unsigned i = 0; i < sizeof registers.xmm; i++)
        registers.xmm[i / 16][i % 16] = (unsigned char)(i ^ 0x5A);
#endif
    registers.stack = (unsigned char *)sent;
    registers.result = HP_RETURN_INTEGER;
    return registers;
}

// A call that has to return.
static void call_function(void (*function)(void), hp_registers *registers, size_t stack_bytes) {
    hp_invoke_fault fault = {.code = 0x5A5A5A5A, .address = &fault};
    assert_int_equal(hp_invoke_call(function, registers, stack_bytes, &fault), S_OK);
    assert_int_equal(fault.code, 0x5A5A5A5A);
    assert_ptr_equal(fault.address, &fault);
}

static int setup(void **state) {
    (void)state;
    memset(&callee, 0, sizeof callee);
    abi_set_state(&callee);
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
        sent[i] = (uintptr_t)0x7700000000000000ull + i;
    return 0;
}

static void callee_gets_the_register_arguments(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    const hp_registers given = registers;
    call_function(abi_callee, &registers, 0);
    assert_int_equal(callee.seen_gp[HP_GP_CX], given.gp[HP_GP_CX]);
    assert_int_equal(callee.seen_gp[HP_GP_DX], given.gp[HP_GP_DX]);
#if HP_X64
    assert_int_equal(callee.seen_gp[HP_GP_R8], given.gp[HP_GP_R8]);
    assert_int_equal(callee.seen_gp[HP_GP_R9], given.gp[HP_GP_R9]);
    assert_memory_equal(callee.seen_xmm, given.xmm, 4 * 16);
#endif
}

static void results_are_stored_and_nothing_else(void **state) {
    (void)state;
    hp_registers registers = registers_with_values(), expected = registers;
    callee.result_ax = expected.gp[HP_GP_AX] = (uintptr_t)0x0102030405060708ull;
    callee.result_dx = expected.gp[HP_GP_DX] = (uintptr_t)0x1112131415161718ull;
    memset(callee.result_xmm, 0x99, 16);
#if HP_X64
    memset(expected.xmm[0], 0x99, 16);
#endif
    call_function(abi_callee, &registers, 0);
    assert_memory_equal(&registers, &expected, sizeof expected);
}

static size_t compared_bytes;
static unsigned stack_differs, sp_misaligned;

static void compare_stack(abi_state *state) {
    stack_differs += memcmp((void *)(state->seen_sp + sizeof(void *) + HOME), sent, compared_bytes) != 0;
    sp_misaligned += (state->seen_sp + sizeof(void *)) % 16 != 0;
}

static void stack_arguments_arrive_whole_and_aligned(void **state) {
    (void)state;
    callee.hook = compare_stack;
    stack_differs = sp_misaligned = 0;
    for (compared_bytes = 0; compared_bytes <= LARGEST;
         compared_bytes += compared_bytes < 300 ? sizeof(void *) : 4096 - sizeof(void *)) {
        hp_registers registers = registers_with_values();
        call_function(abi_callee, &registers, compared_bytes);
    }
    assert_int_equal(stack_differs, 0);
    assert_int_equal(sp_misaligned, 0);
}

static DWORD WINAPI invoke_with_much_stack(void *unused) {
    (void)unused;
    abi_set_state(&callee);
    hp_registers registers = registers_with_values();
    compared_bytes = LARGEST;
    return hp_invoke_call(abi_callee, &registers, LARGEST, NULL) == S_OK ? 42 : 43;
}

// A new thread's stack is committed page by page: jumping over the guard page would be an access violation.
static void guard_page_is_not_jumped_over(void **state) {
    (void)state;
    callee.hook = compare_stack;
    stack_differs = sp_misaligned = 0;
    HANDLE thread = CreateThread(NULL, 0, invoke_with_much_stack, NULL, 0, NULL);
    DWORD code = 0;
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    assert_int_equal(code, 42);
    assert_int_equal(stack_differs, 0);
}

// abi_call as the caller of hp_invoke_call itself: it notes every register before and after.
static void call_from(abi_state *outer, void (*function)(void), hp_registers *registers,
                      hp_invoke_fault *fault) {
    for (unsigned i = 0; i < 16; i++)
        outer->in_gp[i] = 0x1000 + i;
    memset(outer->in_xmm, 0x3C, sizeof outer->in_xmm);
    outer->target = (void *)(uintptr_t)hp_invoke_call;
    const uintptr_t arguments[] = {(uintptr_t)function, (uintptr_t)registers, 40, (uintptr_t)fault};
#if HP_X64
    outer->in_gp[HP_GP_CX] = arguments[0];
    outer->in_gp[HP_GP_DX] = arguments[1];
    outer->in_gp[HP_GP_R8] = arguments[2];
    outer->in_gp[HP_GP_R9] = arguments[3];
#else
    memcpy(outer->stack, arguments, sizeof arguments);
    outer->stack_bytes = sizeof arguments;
#endif
    abi_call(outer);
}

static void assert_caller_kept(const abi_state *outer) {
    for (unsigned i = 0; i < (HP_X64 ? 16 : 8); i++)
        if (i == 3 || (i >= 5 && i <= 7) || i >= 12)
            assert_int_equal(outer->out_gp[i], outer->in_gp[i]);
#if HP_X64
    assert_memory_equal(outer->out_xmm[6], outer->in_xmm[6], 160);
#endif
    assert_int_equal(outer->sp_after, outer->sp_at_call);
    assert_int_equal(outer->env[4], 0xFFFF);
}

static void non_volatile_registers_survive(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    abi_state *outer = calloc(1, sizeof *outer);
    assert_non_null(outer);
    call_from(outer, abi_callee, &registers, NULL);
    assert_int_equal((HRESULT)outer->out_gp[HP_GP_AX], S_OK);
    assert_caller_kept(outer);
    free(outer);
}

#if !HP_X64
static void callee_clean_up_of_any_size_leaves_the_stack_right(void **state) {
    (void)state;
    for (uint32_t bytes = 0; bytes <= 128; bytes += 4) {
        hp_registers registers = registers_with_values();
        callee.pop = bytes;
        callee.result_ax = bytes + 1;
        call_function(abi_callee, &registers, bytes);
        assert_int_equal(registers.gp[HP_GP_AX], bytes + 1);
    }
}
#endif

// --- callees in C ---

static long long HP_STDCALL takes_mixed(int a, double b, long long c, float d, int e) {
    return a + (long long)b * 10 + c * 100 + (long long)d * 1000 + e * 10000;
}

static float HP_STDCALL returns_f32(int a) {
    return (float)a / 4;
}

static double returns_f64(int a) {
    return a / 8.0;
}

static void c_function_gets_mixed_arguments(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    const double b = 2;
    const float d = 4;
#if HP_X64
    registers.gp[HP_GP_CX] = 1;
    memcpy(registers.xmm[1], &b, 8);
    registers.gp[HP_GP_R8] = 3;
    memcpy(registers.xmm[3], &d, 4);
    sent[0] = 5;
    call_function((void (*)(void))takes_mixed, &registers, 8);
    assert_int_equal(registers.gp[HP_GP_AX], 54321);
#else
    unsigned char *at = (unsigned char *)sent;
    memcpy(at, &(int){1}, 4);
    memcpy(at + 4, &b, 8);
    memcpy(at + 12, &(long long){3LL << 32}, 8);
    memcpy(at + 20, &d, 4);
    memcpy(at + 24, &(int){5}, 4);
    call_function((void (*)(void))takes_mixed, &registers, 28);
    assert_int_equal(registers.gp[HP_GP_AX], 54021);
    assert_int_equal(registers.gp[HP_GP_DX], 300);
#endif
}

// A result that stays on the x87 stack would overflow it after eight calls.
static void float_results_are_fetched_every_time(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
#if HP_X64
    const unsigned char *const result = registers.xmm[0];
#else
    const unsigned char *const result = registers.st0;
#endif
    for (int i = 0; i < 50; i++) {
        float f32;
        double f64;
        memcpy(sent, &i, 4);
        registers.gp[HP_GP_CX] = (uintptr_t)i;
        registers.result = HP_RETURN_F32;
        call_function((void (*)(void))returns_f32, &registers, HP_X64 ? 0 : 4);
        memcpy(&f32, result, sizeof f32);
        assert_true(f32 == (float)i / 4);
        registers.gp[HP_GP_CX] = (uintptr_t)i;
        registers.result = HP_RETURN_F64;
        call_function((void (*)(void))returns_f64, &registers, HP_X64 ? 0 : 4);
        memcpy(&f64, result, sizeof f64);
        assert_true(f64 == i / 8.0);
        uint16_t env[14];
        __asm__ volatile("fnstenv %0\n fldenv %0" : "=m"(env));
        assert_int_equal(env[4], 0xFFFF);
    }
}

// --- faults ---

static volatile LONG guard_refuses, guard_unwound;

EXCEPTION_DISPOSITION __cdecl abi_guarded_handler(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                                  void *dispatcher) {
    (void)dispatcher;
    if (record->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) {
        if (!(record->ExceptionFlags & EXCEPTION_TARGET_UNWIND))
            InterlockedIncrement(&guard_unwound);
        return ExceptionContinueSearch;
    }
    if (guard_refuses)
        return ExceptionContinueSearch;
#if HP_X64
    static CONTEXT scratch;
    (void)context;
    RtlUnwindEx(frame, (void *)(uintptr_t)abi_guarded_resume, record,
                (void *)(uintptr_t)record->ExceptionCode, &scratch, NULL);
    return ExceptionContinueSearch; // not reached
#else
    context->Eip = (DWORD)(uintptr_t)abi_guarded_resume;
    context->Esp = (DWORD)(uintptr_t)frame;
    context->Eax = record->ExceptionCode;
    return ExceptionContinueExecution;
#endif
}

static int is_within(const void *place, void (*function)(void), size_t bytes) {
    return (uintptr_t)place >= (uintptr_t)function && (uintptr_t)place < (uintptr_t)function + bytes;
}

static DWORD raised, raised_flags;

static void raises(void) {
    RaiseException(raised, raised_flags, 0, NULL);
}

static void writes_nowhere(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1; // NOLINT(clang-analyzer-core.NullDereference): the fault is what is tested
}

static void divides_by_zero(void) {
    __asm__ volatile("xorl %%ecx, %%ecx\n divl %%ecx" : : : "eax", "ecx", "edx");
}

static void is_no_instruction(void) {
    __asm__ volatile("ud2");
}

static void is_privileged(void) {
    __asm__ volatile("hlt");
}

static void expect_fault(void (*function)(void), size_t stack_bytes, DWORD code) {
    hp_registers registers = registers_with_values(), before = registers;
    hp_invoke_fault fault = {.address = &fault};
    assert_int_equal(hp_invoke_call(function, &registers, stack_bytes, &fault), HP_E_REPLACEMENT_FAULT);
    assert_int_equal(fault.code, code);
    assert_memory_equal(&registers, &before, sizeof before);
    if (function == raises)
        assert_ptr_not_equal(fault.address, &fault);
    else
        assert_true(is_within(fault.address, function, function ? 64 : 1));
    assert_int_equal(hp_invoke_call(function, &registers, stack_bytes, NULL), HP_E_REPLACEMENT_FAULT);
}

static void faults_come_back_as_a_result_with_code_and_address(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 8, 72, 5000, LARGEST};
    static const DWORD codes[] = {0xE0001234, 0xE06D7363, 0x20474343, 0xC0000005, 0xC000008E, 0x80000001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_fault(writes_nowhere, sizes[i], (DWORD)EXCEPTION_ACCESS_VIOLATION);
        expect_fault(divides_by_zero, sizes[i], (DWORD)EXCEPTION_INT_DIVIDE_BY_ZERO);
        expect_fault(is_no_instruction, sizes[i], (DWORD)EXCEPTION_ILLEGAL_INSTRUCTION);
        expect_fault(is_privileged, sizes[i], (DWORD)EXCEPTION_PRIV_INSTRUCTION);
        expect_fault(NULL, sizes[i], (DWORD)EXCEPTION_ACCESS_VIOLATION);
        for (size_t c = 0; c < 2 * (sizeof codes / sizeof *codes); c++) {
            raised = codes[c / 2];
            raised_flags = c % 2 ? EXCEPTION_NONCONTINUABLE : 0;
            expect_fault(raises, sizes[i], raised);
        }
    }
}

// The function has put its own values into every register, and abi_call has saved the caller's, when it
// faults.
static abi_state *inner, *outer_state;

static void hands_state_back_and_faults(void) {
    abi_set_state(outer_state);
    writes_nowhere();
}

static void clobbers_and_faults(void) {
    abi_call(inner);
}

static void caller_of_a_faulting_function_finds_its_registers_and_stack(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    hp_invoke_fault fault = {0};
    inner = calloc(1, sizeof *inner);
    outer_state = calloc(1, sizeof *outer_state);
    assert_non_null(inner);
    assert_non_null(outer_state);
    for (unsigned i = 0; i < 16; i++)
        inner->in_gp[i] = 0x2000 + i;
    memset(inner->in_xmm, 0xC3, sizeof inner->in_xmm);
    inner->target = (void *)(uintptr_t)hands_state_back_and_faults;
    call_from(outer_state, clobbers_and_faults, &registers, &fault);
    assert_int_equal((HRESULT)outer_state->out_gp[HP_GP_AX], HP_E_REPLACEMENT_FAULT);
    assert_int_equal(fault.code, EXCEPTION_ACCESS_VIOLATION);
    assert_caller_kept(outer_state);
    free(inner);
    free(outer_state);
}

static void spoils_the_float_unit(void) {
    static const uint32_t mxcsr = 0x1F80 | 0x2000;
    static const uint16_t control = 0x027F;
    __asm__ volatile("ldmxcsr %0\n fldcw %1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n"
                     "std\n ud2"
                     :
                     : "m"(mxcsr), "m"(control));
}

static void float_unit_is_as_before_after_a_fault(void **state) {
    (void)state;
    const uint32_t mxcsr_before = 0x1F80 | 0xE000;
    const uint16_t control_before = 0x0F7F;
    uint32_t mxcsr_kept, mxcsr;
    uint16_t env_kept[14], env[14];
    uintptr_t flags;
    hp_registers registers = registers_with_values();
    __asm__ volatile("stmxcsr %0\n fnstenv %1\n fldenv %1" : "=m"(mxcsr_kept), "=m"(env_kept));
    __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr_before), "m"(control_before));
    HRESULT hr = hp_invoke_call(spoils_the_float_unit, &registers, 40, NULL);
    __asm__ volatile("pushf\n pop %0" : "=r"(flags));
    __asm__ volatile("stmxcsr %0\n fnstenv %1\n fldenv %1" : "=m"(mxcsr), "=m"(env));
    __asm__ volatile("cld\n ldmxcsr %0\n fldenv %1" : : "m"(mxcsr_kept), "m"(env_kept));
    assert_int_equal(hr, HP_E_REPLACEMENT_FAULT);
    assert_int_equal(mxcsr & 0xFFC0, mxcsr_before);
    assert_int_equal(env[0], control_before);
    assert_int_equal(env[4], 0xFFFF); // tag word: the x87 stack is empty
    assert_int_equal(flags & 0x400, 0);
}

// It returns, but leaves things as no function may.
static void leaves_the_float_unit_spoiled(void) {
    static const uint32_t mxcsr = 0x1F80 & ~0x200u; // division by zero is a fault
    static const uint16_t control = 0x027B;
    __asm__ volatile("ldmxcsr %0\n fldcw %1\n fld1\n fld1\n std" : : "m"(mxcsr), "m"(control));
}

static void float_unit_is_as_before_after_a_return(void **state) {
    (void)state;
    uint32_t mxcsr_before, mxcsr;
    uint16_t env_before[14], env[14];
    uintptr_t flags;
    hp_registers registers = registers_with_values();
    __asm__ volatile("stmxcsr %0\n fnstenv %1\n fldenv %1" : "=m"(mxcsr_before), "=m"(env_before));
    HRESULT hr = hp_invoke_call(leaves_the_float_unit_spoiled, &registers, 8, NULL);
    __asm__ volatile("pushf\n pop %0\n cld" : "=r"(flags));
    __asm__ volatile("stmxcsr %0\n fnstenv %1\n fldenv %1" : "=m"(mxcsr), "=m"(env));
    assert_int_equal(hr, S_OK);
    assert_int_equal(mxcsr & 0xFFC0, mxcsr_before & 0xFFC0);
    assert_int_equal(env[0], env_before[0]);
    assert_int_equal(env[4], 0xFFFF);
    assert_int_equal(flags & 0x400, 0);
}

// Nothing but a full stack, whose top is where it was; or what only MMX has left.
static void fills_the_float_stack(void) {
    __asm__ volatile("fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1");
}

static void leaves_mmx_in_use(void) {
    __asm__ volatile("pcmpeqd %mm0, %mm0");
}

static void leaves_the_top_elsewhere(void) {
    __asm__ volatile("fdecstp");
}

static void float_stack_is_empty_after_a_return(void **state) {
    (void)state;
    void (*const functions[])(void) = {fills_the_float_stack, leaves_mmx_in_use, leaves_the_top_elsewhere};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        uint16_t env_before[14], env[14];
        hp_registers registers = registers_with_values();
        __asm__ volatile("fnstenv %0\n fldenv %0" : "=m"(env_before));
        HRESULT hr = hp_invoke_call(functions[i], &registers, 8, NULL);
        __asm__ volatile("fnstenv %0\n fninit\n fldcw %1" : "=m"(env) : "m"(env_before[0]));
        assert_int_equal(hr, S_OK);
        assert_int_equal(env[0], env_before[0]);
        assert_int_equal(env[2] & 0x3800, 0);
        assert_int_equal(env[4], 0xFFFF);
    }
}

static uint16_t control_seen;
static uint32_t mxcsr_seen;

static void looks_at_the_float_unit(void) {
    __asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(control_seen), "=m"(mxcsr_seen));
}

// With another rounding or precision than its caller's the same code gives other results.
static void function_calculates_as_its_caller_and_its_thread_as_before(void **state) {
    (void)state;
    static const struct {
        uint16_t control;
        uint32_t mxcsr;
    } modes[] = {{0x007F, 0x1F80},  // single precision
                 {0x027F, 0x3F80},  // double precision, rounding down
                 {0x0F7F, 0x7F80},  // rounding to zero
                 {0x0B7F, 0xDF80},  // rounding up; results that are denormal are 0
                 {0x037F, 0x9FC0},  // denormals are 0
                 {0x037A, 0x1D00}}; // some exceptions are faults
    uint16_t control_before, control;
    uint32_t mxcsr_before, mxcsr;
    __asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(control_before), "=m"(mxcsr_before));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        hp_registers registers = registers_with_values();
        registers.modes = (modes[i].mxcsr << 16 | modes[i].control) & HP_FRAME_MODES;
        call_function(looks_at_the_float_unit, &registers, 24);
        __asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(control), "=m"(mxcsr));
        assert_int_equal(control_seen & 0xF3F, modes[i].control & 0xF3F);
        assert_int_equal(mxcsr_seen & 0xFFC0, modes[i].mxcsr);
        assert_int_equal(control, control_before);
        assert_int_equal(mxcsr & 0xFFC0, mxcsr_before & 0xFFC0);
    }
    hp_registers registers = registers_with_values();
    call_function(looks_at_the_float_unit, &registers, 24); // nothing said
    assert_int_equal(control_seen, control_before);
    assert_int_equal(mxcsr_seen & 0xFFC0, mxcsr_before & 0xFFC0);
}

static void fault_says_what_was_accessed(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    hp_invoke_fault fault = {0};
    assert_int_equal(hp_invoke_call(writes_nowhere, &registers, 0, &fault), HP_E_REPLACEMENT_FAULT);
    assert_int_equal(fault.parameters, 2);
    assert_int_equal(fault.parameter[0], 1);
    assert_int_equal(fault.parameter[1], 0);
    assert_null(fault.thrown);
}

static unsigned fault_often(unsigned count) {
    unsigned missed = 0;
    for (unsigned i = 0; i < count; i++) {
        hp_registers registers = registers_with_values();
        hp_invoke_fault fault = {0};
        void (*function)(void) = i % 2 ? writes_nowhere : is_no_instruction;
        missed += hp_invoke_call(function, &registers, 8 * (i % 9), &fault) != HP_E_REPLACEMENT_FAULT;
        missed += !is_within(fault.address, function, 64);
    }
    return missed;
}

// NtTib.ExceptionList: on x86 the list of handlers.
static void *first_handler(void) {
    void *first;
#if HP_X64
    __asm__ volatile("movq %%gs:0, %0" : "=r"(first));
#else
    __asm__ volatile("movl %%fs:0, %0" : "=r"(first));
#endif
    return first;
}

static void thousand_faults_in_a_row_cost_nothing(void **state) {
    (void)state;
    void *first = first_handler();
    assert_int_equal(fault_often(1000), 0);
    assert_ptr_equal(first_handler(), first);
    hp_registers registers = registers_with_values();
    callee.result_ax = 77;
    call_function(abi_callee, &registers, 8);
    assert_int_equal(registers.gp[HP_GP_AX], 77);
}

static DWORD WINAPI fault_in_a_thread(void *start) {
    return WaitForSingleObject(start, 20000) == WAIT_OBJECT_0 ? fault_often(500) : 12345;
}

static void threads_fault_at_once(void **state) {
    (void)state;
    HANDLE threads[4], start = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_non_null(start);
    for (int i = 0; i < 4; i++) {
        threads[i] = CreateThread(NULL, 0, fault_in_a_thread, start, 0, NULL);
        assert_non_null(threads[i]);
    }
    SetEvent(start);
    assert_int_equal(WaitForMultipleObjects(4, threads, TRUE, 30000), WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++) {
        DWORD missed = 1;
        assert_true(GetExitCodeThread(threads[i], &missed));
        assert_int_equal(missed, 0);
        CloseHandle(threads[i]);
    }
    CloseHandle(start);
}

static HRESULT nested_result;

static int invokes_another_that_faults(void) {
    hp_registers registers = registers_with_values();
    nested_result = hp_invoke_call(writes_nowhere, &registers, 16, NULL);
    return 4321;
}

static void fault_in_a_nested_call_ends_the_inner_one_only(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    nested_result = S_OK;
    call_function((void (*)(void))invokes_another_that_faults, &registers, 24);
    assert_int_equal(nested_result, HP_E_REPLACEMENT_FAULT);
    assert_int_equal(registers.gp[HP_GP_AX] & 0xFFFFFFFF, 4321);
}

static uintptr_t guards_a_fault(void) {
    volatile uintptr_t seen = abi_guarded((void *)(uintptr_t)writes_nowhere, 0, 0, 0, 0);
    return seen;
}

static void handlers_of_the_function_itself_come_first_and_are_unwound(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    guard_refuses = guard_unwound = 0;
    call_function((void (*)(void))guards_a_fault, &registers, 8);
    assert_int_equal(registers.gp[HP_GP_AX], EXCEPTION_ACCESS_VIOLATION);
    assert_int_equal(guard_unwound, 0);
    guard_refuses = 1;
    HRESULT hr = hp_invoke_call((void (*)(void))guards_a_fault, &registers, 8, NULL);
    guard_refuses = 0;
    assert_int_equal(hr, HP_E_REPLACEMENT_FAULT);
    assert_int_equal(guard_unwound, 1);
}

static void what_is_no_fault_passes_on_to_a_handler_outside(void **state) {
    (void)state;
    static const DWORD codes[] = {
        0x40010006, 0x4001000A, 0x406D1388, // text for the debugger, name of a thread
        0x80000003, 0x80000004,             // breakpoint, single step
        0x40010005,                         // Ctrl-C under a debugger
    };
    hp_registers registers = registers_with_values();
    hp_invoke_fault fault = {0};
    const uintptr_t parameters[] = {(uintptr_t)&registers, 72, (uintptr_t)&fault};
    raised_flags = 0;
    for (size_t i = 0; i < 20 * (sizeof codes / sizeof *codes); i++) {
        raised = codes[i / 20];
        uintptr_t seen = abi_guarded((void *)(uintptr_t)hp_invoke_call, (uintptr_t)raises, parameters[0],
                                     parameters[1], parameters[2]);
        assert_int_equal(seen, raised);
        assert_int_equal(fault.code, 0);
    }
    // All else does not get that far, whatever its severity: an error, somebody's own, Delphi's.
    static const DWORD faults[] = {0xE0001234, 0x00000001, 0x0EEDFADE, 0x60001234, 0xA0001234};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        raised = faults[i];
        assert_int_equal((HRESULT)abi_guarded((void *)(uintptr_t)hp_invoke_call, (uintptr_t)raises,
                                              parameters[0], parameters[1], parameters[2]),
                         HP_E_REPLACEMENT_FAULT);
        assert_int_equal(fault.code, raised);
    }
}

#if !HP_X64
// (x64: there the system has to be told to keep more of the stack, see server/guard.c and test_kinds.c.)
static int dig(volatile int *depth) {
    volatile char room[4096];
    room[0] = (char)*depth;
    ++*depth;
    int below = *depth > 0 ? dig(depth) : 0;
    return below + room[0];
}

static void digs_without_end(void) {
    volatile int depth = 1;
    dig(&depth);
}

static DWORD WINAPI overflow(void *unused) {
    (void)unused;
    DWORD good = 0;
    for (int i = 0; i < 3; i++) {
        hp_registers registers = registers_with_values();
        hp_invoke_fault fault = {0};
        HRESULT hr = hp_invoke_call(digs_without_end, &registers, 8, &fault);
        good +=
            hr == HP_E_REPLACEMENT_FAULT && fault.code == (DWORD)EXCEPTION_STACK_OVERFLOW && _resetstkoflw();
    }
    return good;
}

static void stack_overflow_comes_back_again_and_again(void **state) {
    (void)state;
    HANDLE thread = CreateThread(NULL, 0, overflow, NULL, 0, NULL);
    DWORD good = 0;
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &good));
    assert_int_equal(good, 3);
    CloseHandle(thread);
}
#endif

// --- stack walks ---

static void *frames[62];
static unsigned frame_count;

static void captures(void) {
    frame_count = RtlCaptureStackBackTrace(0, 62, frames, NULL);
}

// What follows the call keeps it from becoming a tail call.
static __attribute__((noinline)) int invoke_from_c(hp_registers *registers, size_t bytes) {
    HRESULT hr = hp_invoke_call(captures, registers, bytes, NULL);
    volatile int not_a_tail_call = hr == S_OK;
    return not_a_tail_call;
}

static void stack_walk_reaches_the_caller_and_beyond(void **state) {
    (void)state;
    hp_registers registers = registers_with_values();
    for (size_t bytes = 0; bytes < 10000; bytes += 1000) {
        unsigned i = 0;
        invoke_from_c(&registers, bytes);
        while (i < frame_count && !is_within(frames[i], (void (*)(void))hp_invoke_call, HP_X64 ? 0xC0 : 0x90))
            i++;
        assert_true(i + 2 < frame_count);
        assert_true(is_within(frames[i + 1], (void (*)(void))invoke_from_c, 100));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(callee_gets_the_register_arguments, setup),
        cmocka_unit_test_setup(results_are_stored_and_nothing_else, setup),
        cmocka_unit_test_setup(stack_arguments_arrive_whole_and_aligned, setup),
        cmocka_unit_test_setup(guard_page_is_not_jumped_over, setup),
        cmocka_unit_test_setup(non_volatile_registers_survive, setup),
#if !HP_X64
        cmocka_unit_test_setup(callee_clean_up_of_any_size_leaves_the_stack_right, setup),
#endif
        cmocka_unit_test_setup(c_function_gets_mixed_arguments, setup),
        cmocka_unit_test_setup(float_results_are_fetched_every_time, setup),
        cmocka_unit_test_setup(faults_come_back_as_a_result_with_code_and_address, setup),
        cmocka_unit_test_setup(caller_of_a_faulting_function_finds_its_registers_and_stack, setup),
        cmocka_unit_test_setup(float_unit_is_as_before_after_a_fault, setup),
        cmocka_unit_test_setup(float_unit_is_as_before_after_a_return, setup),
        cmocka_unit_test_setup(float_stack_is_empty_after_a_return, setup),
        cmocka_unit_test_setup(function_calculates_as_its_caller_and_its_thread_as_before, setup),
        cmocka_unit_test_setup(fault_says_what_was_accessed, setup),
        cmocka_unit_test_setup(thousand_faults_in_a_row_cost_nothing, setup),
        cmocka_unit_test_setup(threads_fault_at_once, setup),
        cmocka_unit_test_setup(fault_in_a_nested_call_ends_the_inner_one_only, setup),
        cmocka_unit_test_setup(handlers_of_the_function_itself_come_first_and_are_unwound, setup),
        cmocka_unit_test_setup(what_is_no_fault_passes_on_to_a_handler_outside, setup),
#if !HP_X64
        cmocka_unit_test_setup(stack_overflow_comes_back_again_and_again, setup),
#endif
        cmocka_unit_test_setup(stack_walk_reaches_the_caller_and_beyond, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
